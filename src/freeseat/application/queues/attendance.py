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
from freeseat.domain.checks import check_pause_reason
from freeseat.domain.desk_login import EndReason, Method
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
    return ask_to_take_part(tx, caller.user, verb, queue, actor, now, phone=aor)


def ask_to_take_part(
    tx: Transaction, user: User, verb: QueueVerb, queue: str, actor: Actor, now: datetime, *, phone: str = ""
) -> TakingPart | Refusal:
    """A member, or somebody on his behalf (R5.4), wants to be logged in to a queue or out of it; '' = all his queues.

    A toggle of several with mixed states logs in to the rest (R5.1).
    """
    queues = _wanted(tx, user, queue, actor, now, phone=phone)
    if isinstance(queues, Refusal):
        return queues
    states = [each is not None and each.logged_in for each in attendances(tx, user, queues)]
    log_in = toggled(states) if verb is QueueVerb.TOGGLE else verb is QueueVerb.LOG_IN
    return take_part(tx, user, queues, actor, now, log_in=log_in)


@dataclass(frozen=True, slots=True)
class Pausing:
    """What a wish to pause or resume came to: the queues where that changed something; position of the last event."""

    user: User
    queues: tuple[Queue, ...]
    position: int


def ask_to_pause(
    tx: Transaction, user: User, reason: str | None, queue: str, actor: Actor, now: datetime
) -> Pausing | Refusal:
    """Pause a member with a reason, or resume with None, at a queue or with '' at all where he is logged in (R5.7).

    Refused where he is logged in to none of them. Raises InvalidValue for a reason that cannot be stored.
    """
    queues = _wanted(tx, user, queue, actor, now)
    if isinstance(queues, Refusal):
        return queues
    there = [
        each for each, state in zip(queues, attendances(tx, user, queues), strict=True) if state and state.logged_in
    ]
    if not there:
        detail = f"{user.number} takes part in none of these queues"
        return refuse(tx, Reason.NOT_LOGGED_IN, actor, now, user=user.number, detail=detail)
    if reason is None:
        changed = resume(tx, user, there, actor, now)
    else:
        changed = pause(tx, user, there, check_pause_reason(reason), actor, now)
    return Pausing(user, changed, tx.events.last_position())


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
    """Log a member in to queues, or out of them. Those where nothing changes are passed over.

    Who logs in although he cannot be reached raises the *unreg* warning (R5.6).
    """
    queues = tuple(queues)
    warn = log_in and why == "self" and not reachable(tx, user)
    for queue in queues:
        if not log_in:
            _log_out(tx, user, queue, actor, now, why)
        elif _log_in(tx, user, queue, actor, now, why) and warn:
            _warn(tx, user, queue, now)
    return TakingPart(user, queues, log_in, tx.events.last_position())


def pause(
    tx: Transaction, user: User, queues: Iterable[Queue], reason: str, actor: Actor, now: datetime
) -> tuple[Queue, ...]:
    """Pause a member with a reason where he is logged in (R5.7); gives where something changed."""
    return _change_each(
        tx, user, queues, lambda each: each.pausing(reason, now), Kind.QUEUE_PAUSED, actor, now, {"reason": reason}
    )


def resume(tx: Transaction, user: User, queues: Iterable[Queue], actor: Actor, now: datetime) -> tuple[Queue, ...]:
    """End a member's pause and wrap-up where he is logged in; gives where something changed."""
    return _change_each(tx, user, queues, Attendance.resuming, Kind.QUEUE_RESUMED, actor, now, {})


def desk_login_began(tx: Transaction, user: User, now: datetime, *, moved: bool) -> None:
    """A new desk login starts queue-logged-out, unless the class of service says otherwise (R5.5).

    Who only `moved` to another desk, or comes back after his registration was lost, keeps what he had.
    """
    cos = tx.classes.get(id=user.class_id)
    if cos is not None and cos.queue_login_at_desk_login:
        take_part(tx, user, queues_of(tx, user), Actor.system(), now, log_in=True, why="desk_login")
        return
    if not tx.attendances.list(user_id=user.id):
        return
    if not moved and _begins_anew(tx, user):
        for queue, _ in _logged_in(tx, user):
            _log_out(tx, user, queue, Actor.system(), now, "desk_login")
    if reachable(tx, user):
        _return(tx, user, now)


def _begins_anew(tx: Transaction, user: User) -> bool:
    """Whether the one open login of a user is no continuation: he had left, and not because of a lost registration."""
    last = tx.logins.last_ended(user.id)
    return len(tx.logins.of_user(user.id)) == 1 and (last is None or last.end_reason is not EndReason.UNREGISTERED)


def desk_moved(tx: Transaction, user: User, now: datetime) -> None:
    """A user goes on elsewhere: what rings at the desk he left is offered anew."""
    withdraw_offers(tx, user.id, now)


def desk_left(tx: Transaction, user: User, now: datetime) -> None:
    """A user may have left his last place: queues that say so are left, others keep him, not ready (R5.5, R5.6)."""
    if places_of(tx, user):
        return
    for queue, _ in _logged_in(tx, user):
        if queue.logout_at_desk_logout:
            _log_out(tx, user, queue, Actor.system(), now, "desk_logout")
        else:
            _warn(tx, user, queue, now)
    withdraw_offers(tx, user.id, now)


def user_removed(tx: Transaction, user: User, actor: Actor, now: datetime) -> None:
    """A user is disabled or deleted: his queue logins end at once, with events (R1.9)."""
    for attendance in tx.attendances.list(user_id=user.id):
        queue = tx.queues.get(id=attendance.queue_id)
        if queue is not None:
            _log_out(tx, user, queue, actor, now, "user_removed")
    withdraw_offers(tx, user.id, now)


def registered(tx: Transaction, aor: str, now: datetime) -> None:
    """There is a binding at a place again: who was logged out for want of one returns (R5.5)."""
    user = _person_at(tx, aor)
    if user is not None:
        _return(tx, user, now)


def unregistered(tx: Transaction, aor: str, now: datetime) -> None:
    """The last binding at a place is gone: log out where the queue says so, else warn (R5.5, R5.6)."""
    user = _person_at(tx, aor)
    if user is None or reachable(tx, user):
        return
    for queue, _ in _logged_in(tx, user):
        if queue.logout_if_unregistered:
            _log_out(tx, user, queue, Actor.system(), now, "unregistered", suspended=queue.login_when_registered)
        else:
            _warn(tx, user, queue, now)
    withdraw_offers(tx, user.id, now)


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
    return places + [phone.number for phone in tx.phones.list(owner_id=user.id, enabled=True)]


def reachable(tx: Transaction, user: User) -> bool:
    """Whether a user has a live binding somewhere, or sits at an outside telephone."""
    if any(login.method is Method.EXTERNAL for login in tx.logins.of_user(user.id)):
        return True
    return any(tx.bindings.get(aor=place) is not None for place in places_of(tx, user))


def _person_at(tx: Transaction, aor: str) -> User | None:
    caller = caller_at(tx, aor)
    return caller.user if caller else None


def _logged_in(tx: Transaction, user: User) -> list[tuple[Queue, Attendance]]:
    pairs = ((tx.queues.get(id=each.queue_id), each) for each in tx.attendances.list(user_id=user.id) if each.logged_in)
    return [(queue, attendance) for queue, attendance in pairs if queue is not None]


def _wanted(
    tx: Transaction, user: User, queue: str, actor: Actor, now: datetime, *, phone: str = ""
) -> list[Queue] | Refusal:
    """The queue of that number, or with '' all of a user's; refused if he is no member, or disabled (R5.2)."""
    queues = [each for each in queues_of(tx, user) if queue in ("", each.number)]
    if not user.enabled:
        return refuse(tx, Reason.USER_DISABLED, actor, now, user=user.number, phone=phone)
    if not queues:
        return refuse(tx, Reason.NOT_A_MEMBER, actor, now, user=user.number, phone=phone, detail=queue)
    return queues


def _return(tx: Transaction, user: User, now: datetime) -> None:
    for attendance in tx.attendances.list(user_id=user.id, suspended=True):
        queue = tx.queues.get(id=attendance.queue_id)
        if queue is not None and queue.login_when_registered:
            _log_in(tx, user, queue, Actor.system(), now, "registered")


def _log_in(tx: Transaction, user: User, queue: Queue, actor: Actor, now: datetime, why: str) -> bool:
    """Whether that changed anything."""
    old = tx.attendances.get(queue_id=queue.id, user_id=user.id)
    if old is not None and old.logged_in:
        return False
    if old is None:
        tx.attendances.add(Attendance(0, queue.id, user.id).logging_in(now))
    else:
        tx.attendances.update(old.logging_in(now))
    tx.events.append(Event(now, Kind.QUEUE_LOGGED_IN, actor, user.number, data={"queue": queue.number, "why": why}))
    return True


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
) -> tuple[Queue, ...]:
    changed = []
    for queue in queues:
        old = tx.attendances.get(queue_id=queue.id, user_id=user.id)
        if old is None or not old.logged_in or (new := change(old)) == old:
            continue
        tx.attendances.update(new)
        tx.events.append(Event(now, kind, actor, user.number, data={"queue": queue.number, **data}))
        if new.paused_at is not None:
            withdraw_offers(tx, user.id, now, queue_id=queue.id)
        changed.append(queue)
    return tuple(changed)


def _warn(tx: Transaction, user: User, queue: Queue, now: datetime) -> None:
    if not queue.no_unreg_warning:
        tx.events.append(Event(now, Kind.QUEUE_UNREG, Actor.system(), user.number, data={"queue": queue.number}))
