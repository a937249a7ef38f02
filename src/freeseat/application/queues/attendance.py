"""Taking part in queues: logging in and out, pausing; what desk logins and registrations do to it (R5.1 to R5.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from freeseat.application.callers import caller_at
from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal, refuse
from freeseat.application.queues.offers import withdraw_offers
from freeseat.domain.actors import Actor
from freeseat.domain.directory import User
from freeseat.domain.errors import NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.queues import Attendance, Queue, QueueVerb, toggled
from freeseat.domain.reasons import Reason


@dataclass(frozen=True, slots=True)
class TakingPart:
    """What a wish came to: whether the member is logged in now, at which queues; position of the last event."""

    user: User
    queues: tuple[Queue, ...]
    logged_in: bool
    position: int


def dial_queue_code(
    tx: Transaction, aor: str, verb: QueueVerb, queue: str, actor: Actor, now: datetime
) -> TakingPart | Refusal:
    """Somebody at a phone dialled a queue's code, or with `queue` empty the code of all his queues (R5.1, R5.2).

    On a shared phone the caller is its occupant. Who is no member is refused, and nothing changes.
    """
    caller = caller_at(tx, aor)
    if caller is None or caller.user is None:
        return refuse(tx, Reason.NOT_LOGGED_IN, actor, now, phone=aor)
    queues = queues_of(tx, caller.user)
    if queue:
        queues = [each for each in queues if each.number == queue]
    if not queues:
        return refuse(tx, Reason.NOT_A_MEMBER, actor, now, user=caller.user.number, phone=aor, detail=queue)
    states = [each is not None and each.logged_in for each in attendances(tx, caller.user, queues)]
    log_in = toggled(states) if verb is QueueVerb.TOGGLE else verb is QueueVerb.LOG_IN
    return take_part(tx, caller.user, queues, actor, now, log_in=log_in)


def take_part(
    tx: Transaction,
    user: User,
    queues: Iterable[Queue],
    actor: Actor,
    now: datetime,
    *,
    log_in: bool,
    why: str = "self",
) -> TakingPart:
    """Log a member in to queues, or out of them. Those where nothing changes are passed over."""
    queues = tuple(queues)
    for queue in queues:
        if log_in:
            _log_in(tx, user, queue, actor, now, why)
        else:
            _log_out(tx, user, queue, actor, now, why)
    return TakingPart(user, queues, log_in, tx.events.last_position())


def pause(tx: Transaction, user: User, queues: Iterable[Queue], reason: str, actor: Actor, now: datetime) -> int:
    """Pause a member with a reason where he is logged in (R5.7); gives at how many queues."""
    return _change_each(
        tx, user, queues, lambda each: each.pausing(reason, now), Kind.QUEUE_PAUSED, actor, now, {"reason": reason}
    )


def resume(tx: Transaction, user: User, queues: Iterable[Queue], actor: Actor, now: datetime) -> int:
    """End a member's pause and wrap-up where he is logged in; gives at how many queues something changed."""
    return _change_each(tx, user, queues, Attendance.resuming, Kind.QUEUE_RESUMED, actor, now, {})


def desk_login_began(tx: Transaction, user: User, now: datetime) -> None:
    """A new desk login starts queue-logged-out, unless the class of service says otherwise (R5.5)."""
    cos = tx.classes.get(id=user.class_id)
    if cos is not None and cos.queue_login_at_desk_login:
        take_part(tx, user, queues_of(tx, user), Actor.system(), now, log_in=True, why="desk_login")


def desk_login_ended(tx: Transaction, user: User, now: datetime) -> None:
    """A user has left his last desk: queues that say so are left too; the others keep him, not ready (R5.5, R5.6)."""
    if tx.logins.of_user(user.id):
        return
    for queue, attendance in _logged_in(tx, user):
        if queue.logout_at_desk_logout:
            _log_out(tx, user, queue, Actor.system(), now, "desk_logout")
        else:
            _warn(tx, user, queue, now)
        withdraw_offers(tx, attendance.user_id, now)


def registered(tx: Transaction, aor: str, now: datetime) -> None:
    """There is a binding at a place again: who was logged out for want of one returns (R5.5)."""
    user = _person_at(tx, aor)
    if user is None:
        return
    for attendance in tx.attendances.list(user_id=user.id, suspended=True):
        queue = tx.queues.get(id=attendance.queue_id)
        if queue is not None and queue.login_when_registered:
            _log_in(tx, user, queue, Actor.system(), now, "registered")


def unregistered(tx: Transaction, aor: str, now: datetime) -> None:
    """The last binding at a place is gone: log out where the queue says so, else warn (R5.5, R5.6)."""
    user = _person_at(tx, aor)
    if user is None or any(tx.bindings.get(aor=place) for place in places_of(tx, user) if place != aor):
        return
    for queue, attendance in _logged_in(tx, user):
        if queue.logout_if_unregistered:
            _log_out(tx, user, queue, Actor.system(), now, "unregistered", suspended=queue.login_when_registered)
        else:
            _warn(tx, user, queue, now)
        withdraw_offers(tx, attendance.user_id, now)


def queues_of(tx: Transaction, user: User) -> list[Queue]:
    """The queues a user is a member of, by number."""
    found = [tx.queues.get(id=member.queue_id) for member in tx.members.list(user_id=user.id)]
    return sorted((queue for queue in found if queue is not None), key=lambda queue: queue.number)


def attendances(tx: Transaction, user: User, queues: Sequence[Queue]) -> list[Attendance | None]:
    """A user's attendance at each of the queues, None where he has never logged in."""
    return [tx.attendances.get(queue_id=queue.id, user_id=user.id) for queue in queues]


def queue_of(tx: Transaction, number: str) -> Queue:
    """The queue of a number. Raises NotFound."""
    queue = tx.queues.get(number=number)
    if queue is None:
        raise NotFound("queue", number)
    return queue


def places_of(tx: Transaction, user: User) -> list[str]:
    """The AoRs at which a user is reached: desk logins and assigned phones."""
    places = [login.place for login in tx.logins.of_user(user.id)]
    return places + [phone.number for phone in tx.phones.list(owner_id=user.id)]


def _person_at(tx: Transaction, aor: str) -> User | None:
    caller = caller_at(tx, aor)
    return caller.user if caller else None


def _logged_in(tx: Transaction, user: User) -> list[tuple[Queue, Attendance]]:
    pairs = ((tx.queues.get(id=each.queue_id), each) for each in tx.attendances.list(user_id=user.id) if each.logged_in)
    return [(queue, attendance) for queue, attendance in pairs if queue is not None]


def _log_in(tx: Transaction, user: User, queue: Queue, actor: Actor, now: datetime, why: str) -> None:
    old = tx.attendances.get(queue_id=queue.id, user_id=user.id)
    if old is not None and old.logged_in:
        return
    if old is None:
        tx.attendances.add(Attendance(0, queue.id, user.id).logging_in(now))
    else:
        tx.attendances.update(old.logging_in(now))
    tx.events.append(Event(now, Kind.QUEUE_LOGGED_IN, actor, user.number, data={"queue": queue.number, "why": why}))


def _log_out(
    tx: Transaction, user: User, queue: Queue, actor: Actor, now: datetime, why: str, *, suspended: bool = False
) -> None:
    old = tx.attendances.get(queue_id=queue.id, user_id=user.id)
    if old is None or (new := old.logging_out(suspended=suspended)) == old:
        return
    tx.attendances.update(new)
    if not old.logged_in:
        return
    data = {"queue": queue.number, "why": why, "suspended": suspended}
    tx.events.append(Event(now, Kind.QUEUE_LOGGED_OUT, actor, user.number, data=data))
    withdraw_offers(tx, user.id, now, queue_id=queue.id)


def _change_each(
    tx: Transaction,
    user: User,
    queues: Iterable[Queue],
    change: Callable[[Attendance], Attendance],
    kind: Kind,
    actor: Actor,
    now: datetime,
    data: dict[str, object],
) -> int:
    changed = 0
    for queue in queues:
        old = tx.attendances.get(queue_id=queue.id, user_id=user.id)
        if old is None or not old.logged_in or (new := change(old)) == old:
            continue
        tx.attendances.update(new)
        tx.events.append(Event(now, kind, actor, user.number, data={"queue": queue.number, **data}))
        if new.paused_at is not None:
            withdraw_offers(tx, user.id, now, queue_id=queue.id)
        changed += 1
    return changed


def _warn(tx: Transaction, user: User, queue: Queue, now: datetime) -> None:
    if not queue.no_unreg_warning:
        tx.events.append(Event(now, Kind.QUEUE_UNREG, Actor.system(), user.number, data={"queue": queue.number}))
