"""The occupant's own part of a workplace's page: himself, his state at each queue, his call, his wish (R6.1, R6.2).

What all members of a queue see alike, callers and colleagues, is `queue_seen`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from freeseat.application.ports import Transaction
from freeseat.application.queues.status import MemberSeen, member_seen
from freeseat.application.workplaces.desk import CallSeen, Occupant, call_at, shown_queues
from freeseat.application.workplaces.directory import settings_of
from freeseat.application.workplaces.place import Place, occupant_at, place_of
from freeseat.domain.call_wishes import CallWish
from freeseat.domain.directory import User
from freeseat.domain.queues import Queue
from freeseat.domain.workplaces import Desk, DeskSettings

TOLD = timedelta(seconds=12)
"""For how long a page tells how a wish came out."""


@dataclass(frozen=True, slots=True)
class OwnQueue:
    """A queue of the occupant, and how he stands there."""

    queue: Queue
    own: MemberSeen


@dataclass(frozen=True, slots=True)
class OwnSeen:
    """A desk at one moment; without an occupant its page is blank and has no keys for calls.

    `queues` are those that the settings show, in their order; `wish` is the newest that is under way or has just come
    out.
    """

    desk: Desk
    place: Place | None
    occupant: Occupant | None
    settings: DeskSettings
    queues: tuple[OwnQueue, ...] = ()
    call: CallSeen | None = None
    wish: CallWish | None = None


def own_seen(tx: Transaction, desk: Desk, now: datetime, queue: str = "") -> OwnSeen:
    """What a desk's page shows now; a window for one `queue` (number) shows only that."""
    place = place_of(tx, desk)
    user = occupant_at(tx, place) if place is not None else None
    settings = settings_of(tx, desk, user, queue)
    if place is None or user is None:
        return OwnSeen(desk, place, None, settings)
    login = place.login
    occupant = (
        Occupant(user, login.started_at, login.method, login.pending)
        if login is not None
        else Occupant(user, None, None, None)
    )
    shown = chosen(shown_queues(tx, desk, user), settings, queue)
    stands = [(each, member_seen(tx, each, user.number, now)) for each in shown]
    queues = tuple(OwnQueue(each, own) for each, own in stands if own is not None)
    return OwnSeen(desk, place, occupant, settings, queues, call_at(tx, place, user), _wish(tx, place, user, now))


def chosen(queues: list[Queue], settings: DeskSettings, queue: str = "") -> list[Queue]:
    """Of a desk's queues the one that a window is for, else those that the settings name in their order, else all."""
    if queue:
        return [each for each in queues if each.number == queue]
    by_number = {each.number: each for each in queues}
    return [by_number[number] for number in settings.queues if number in by_number] or queues


def _wish(tx: Transaction, place: Place, user: User, now: datetime) -> CallWish | None:
    found = tx.wishes.list(phone=place.aor, user=user.number)
    newest = found[-1] if found else None
    if newest is None or (newest.done_at is not None and now - newest.done_at > TOLD):
        return None
    return newest
