"""The agent client starts and stops: its user may be logged in to queues with it, and out (R5.5, R6.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import take_part
from freeseat.application.workplaces.desk import shown_queues
from freeseat.application.workplaces.directory import settings_of
from freeseat.application.workplaces.place import desk_of, occupant_at, place_of
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.directory import User
from freeseat.domain.events import Event, Kind
from freeseat.domain.queues import Queue
from freeseat.domain.workplaces import Desk, DeskKey, DeskSettings, OpenPage, OwnDesk

GRACE = timedelta(seconds=15)
"""A page that was closed is taken for stopped after this: reloading it logs nobody out."""


def client_started(tx: Transaction, desk: Desk, page: str, now: datetime, queue: str = "") -> OpenPage:
    """A page of a desk is open, or has become somebody else's; `page` is its random name, `queue` what it shows.

    To be told again whenever the occupant changes; telling twice changes nothing more. It is a start for its user only
    if he has no other page there, so that neither a reload nor a second window logs him in again.
    """
    place = place_of(tx, desk)
    user = occupant_at(tx, place) if place is not None else None
    user_id = user.id if user is not None else None
    whose = desk.key._asdict()
    known = tx.open_pages.get(**whose, page=page)
    if known is not None and known.user_id == user_id:
        if known.stops_at is not None:
            known = replace(known, stops_at=None)
            tx.open_pages.update(known)
        return known
    others = tx.open_pages.list(**whose, user_id=user_id, queue=queue)
    if known is not None:
        # The page goes on as another's; for who left it, it stops, unless he opens one elsewhere in time.
        tx.open_pages.update(replace(known, page=f"{page[:40]}~{known.id}", stops_at=known.stops_at or now + GRACE))
    opened = tx.open_pages.add(OpenPage(0, *desk.key, page, user_id, queue, now))
    if user is not None and not others:
        _event(tx, Kind.PAGE_OPENED, desk, user, now)
        settings = settings_of(tx, desk, user, queue)
        if settings.log_in_at_start:
            queues = _of_page(tx, desk, user, settings, queue)
            take_part(tx, user, queues, _client(user), now, log_in=True, why="client_started")
    return opened


def client_stopped(tx: Transaction, desk: DeskKey, page: str, now: datetime) -> None:
    """A page of a desk was closed, or is out of touch: it stops in a moment, unless it is back by then."""
    known = tx.open_pages.get(**desk._asdict(), page=page)
    if known is not None and known.stops_at is None:
        tx.open_pages.update(replace(known, stops_at=now + GRACE))


def clients_lost(tx: Transaction, now: datetime) -> int:
    """The process that serves pages has started anew: pages that don't come back have stopped. Gives how many."""
    found = tx.open_pages.list(stops_at=None)
    for page in found:
        tx.open_pages.update(replace(page, stops_at=now + GRACE))
    return len(found)


def clients_due(tx: Transaction, now: datetime) -> bool:
    """Whether `stop_clients` would find anything."""
    return bool(tx.sweeping.closed_pages(now))


def stop_clients(tx: Transaction, now: datetime) -> int:
    """Pages that did not come back have stopped: who wants it is logged out of their queues. Gives how many pages."""
    stopped = tx.sweeping.closed_pages(now)
    for page in stopped:
        tx.open_pages.delete(page)
    for page in stopped:
        desk = desk_of(tx, page.desk)
        user = tx.users.get(id=page.user_id) if page.user_id is not None else None
        if desk is None or user is None or _has_a_page(tx, user, page):
            continue
        _event(tx, Kind.PAGE_CLOSED, desk, user, now)
        settings = settings_of(tx, desk, user, page.queue)
        if settings.log_out_at_stop:
            queues = _of_page(tx, desk, user, settings, page.queue)
            take_part(tx, user, queues, _client(user), now, log_in=False, why="client_stopped")
    return len(stopped)


def _has_a_page(tx: Transaction, user: User, stopped: OpenPage) -> bool:
    """Whether a user has some page open that shows the same queue, here or where he has moved."""
    return any(page.queue in ("", stopped.queue) for page in tx.open_pages.list(user_id=user.id))


def _of_page(tx: Transaction, desk: Desk, user: User, settings: DeskSettings, queue: str) -> Sequence[Queue]:
    """The queues a page shows: the one it is for, else those of the settings, else all of the desk."""
    found = shown_queues(tx, desk, user)
    wanted = (queue,) if queue else settings.queues
    return [each for each in found if each.number in wanted] if wanted else found


def _client(user: User) -> Actor:
    return Actor(user.number, "", Channel.WEB)


def _event(tx: Transaction, kind: Kind, desk: Desk, user: User, now: datetime) -> None:
    workplace = "" if isinstance(desk, OwnDesk) else desk.name
    tx.events.append(Event(now, kind, _client(user), user.number, data={"workplace": workplace}))
