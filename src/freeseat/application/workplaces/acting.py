"""What the occupant of a desk does from its page: log in and out, take part in queues, pause (R2.4, R5.4, R6.2).

The workplace's link is the PC's credential; the person is proved by being logged in at the phone. Every action names
whom the page believes to be there: a page that has not yet seen a takeover changes nothing of the newcomer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from freeseat.application.log_in import LoggedIn, LogIn, log_in
from freeseat.application.log_out import LoggedOut, finish
from freeseat.application.ports import Transaction
from freeseat.application.proving import PinProof, Refusal, refuse
from freeseat.application.queues.attendance import Pausing, TakingPart, ask_to_pause, ask_to_take_part
from freeseat.application.workplaces.place import Place, occupant_at, place_of
from freeseat.domain.actors import Actor
from freeseat.domain.desk_login import EndReason, Method
from freeseat.domain.directory import User
from freeseat.domain.queues import QueueVerb
from freeseat.domain.reasons import Reason
from freeseat.domain.workplaces import Desk


def log_in_at(tx: Transaction, workplace: Desk, user: str, pin: str, actor: Actor, now: datetime) -> LoggedIn | Refusal:
    """Somebody typed extension and PIN on a workplace's page, or on the form of its QR code (R2.4).

    The same `log_in` as everywhere; wrong PINs count for `actor.source`, the browser's address (R2.15).
    """
    place = place_of(tx, workplace)
    if place is None or place.phone is None:
        return refuse(tx, Reason.PHONE_UNKNOWN, actor, now, user=user, detail=workplace.name)
    return log_in(tx, LogIn(user, place.phone.number, PinProof(pin), Method.WEB, actor), now)


def log_out_at(tx: Transaction, workplace: Desk, user: str, actor: Actor, now: datetime) -> LoggedOut | Refusal:
    """The occupant of a workplace logs out there."""
    there = at_desk(tx, workplace, user, actor, now)
    if isinstance(there, Refusal):
        return there
    place, _, actor = there
    if place.login is None:  # his own phone: nobody logs out of that
        return refuse(tx, Reason.NOT_LOGGED_IN, actor, now, user=user, phone=place.aor)
    return finish(tx, [place.login], EndReason.LOGOUT, actor, now)


def take_part_at(
    tx: Transaction, workplace: Desk, user: str, verb: QueueVerb, queue: str, actor: Actor, now: datetime
) -> TakingPart | Refusal:
    """The occupant logs in to a queue or out of it; '' = all his queues."""
    there = at_desk(tx, workplace, user, actor, now)
    if isinstance(there, Refusal):
        return there
    place, person, actor = there
    return ask_to_take_part(tx, person, verb, queue, actor, now, phone=place.aor)


def pause_at(
    tx: Transaction, workplace: Desk, user: str, reason: str | None, queue: str, actor: Actor, now: datetime
) -> Pausing | Refusal:
    """The occupant pauses with a reason, or resumes with None, at a queue or with '' at all. Raises InvalidValue."""
    there = at_desk(tx, workplace, user, actor, now)
    if isinstance(there, Refusal):
        return there
    _, person, actor = there
    return ask_to_pause(tx, person, reason, queue, actor, now)


def at_desk(
    tx: Transaction, workplace: Desk, user: str, actor: Actor, now: datetime
) -> tuple[Place, User, Actor] | Refusal:
    """The place, its occupant, and him as the one who acts; refused unless he is `user` (a number), and enabled."""
    place = place_of(tx, workplace)
    person = occupant_at(tx, place) if place is not None else None
    if place is None or person is None or person.number != user:
        return refuse(tx, Reason.NOT_LOGGED_IN, actor, now, user=user, detail=workplace.name)
    if not person.enabled:
        return refuse(tx, Reason.USER_DISABLED, actor, now, user=user, phone=place.aor)
    return place, person, replace(actor, who=person.number)
