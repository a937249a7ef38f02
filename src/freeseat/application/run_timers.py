"""Timed and scheduled logouts, and sweeping (R2.12). Run every few seconds; doing it twice changes nothing more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from freeseat.application.close_calls import close_calls
from freeseat.application.log_out import finish, finish_pending
from freeseat.application.ports import CallRecord, Transaction
from freeseat.application.queues.attendance import queues_of
from freeseat.application.queues.offers import end_call
from freeseat.application.queues.ports import Outcome
from freeseat.application.workplaces.clients import clients_due, stop_clients
from freeseat.application.workplaces.wishes import end_old_wishes, wishes_due
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.calls import AssumedEnd
from freeseat.domain.desk_login import DeskLogin, EndReason, State
from freeseat.domain.directory import ClassOfService, Schedule, Scope
from freeseat.domain.events import Event, Kind
from freeseat.domain.timers import concerns, next_run, timed_end

FAILURES_KEPT = timedelta(days=1)
"""Wrong PINs and ended locks are kept so long: longer than any window, and the same wrong digest still counts once."""


@dataclass(frozen=True, slots=True)
class TimersRun:
    """How many logins were told to end by timers and by schedules, and how many calls were closed."""

    timed: int
    scheduled: int
    calls_closed: int


def run_timers(tx: Transaction, now: datetime) -> TimersRun:
    """End every login whose time is up, carry out due schedules, close calls that nobody ended, sweep old failures."""
    timed = sum(_end_outlasting(tx, cos, now) for cos in tx.classes.list())
    scheduled = sum(_run_schedule(tx, schedule, now) for schedule in tx.schedules.list(enabled=True))
    tx.failures.forget(_failures_until(tx, now))
    stop_clients(tx, now)
    end_old_wishes(tx, now)
    return TimersRun(timed, scheduled, _close_endless_calls(tx, now))


def timers_due(tx: Transaction, now: datetime) -> bool:
    """Whether `run_timers` would find anything to do: asked first, so that nobody writes for nothing."""
    return (
        any(_outlasting(tx, cos, now) for cos in tx.classes.list())
        or any(_is_due(schedule, now) for schedule in tx.schedules.list(enabled=True))
        or bool(_endless_calls(tx, now))
        or bool(tx.waiting.open_since_before(now - _longest_call(tx)))
        or tx.failures.any_before(_failures_until(tx, now))
        or clients_due(tx, now)
        or wishes_due(tx, now)
    )


def _failures_until(tx: Transaction, now: datetime) -> datetime:
    return now - max(FAILURES_KEPT, timedelta(seconds=tx.policy().lockout.window_seconds))


def _outlasting(tx: Transaction, cos: ClassOfService, now: datetime) -> list[DeskLogin]:
    """Logins of that class whose time is up, by the database's count."""
    found: list[DeskLogin] = []
    if cos.max_login_seconds is not None:
        found += tx.logins.older_than(cos.id, now - timedelta(seconds=cos.max_login_seconds))
    if cos.idle_logout_seconds is not None:
        found += tx.logins.idle_since(cos.id, now - timedelta(seconds=cos.idle_logout_seconds))
    return [login for login in dict.fromkeys(found) if login.state is State.ACTIVE]


def _end_outlasting(tx: Transaction, cos: ClassOfService, now: datetime) -> int:
    actor, count = Actor("timer", "", Channel.TIMER), 0
    for login in _outlasting(tx, cos, now):
        last = tx.calls.last_at([login.place])
        why = timed_end(login, cos, datetime.fromtimestamp(last, UTC) if last else None, now)
        if why is not None:
            finish(tx, [login], why, actor, now)
            count += 1
    return count


def _is_due(schedule: Schedule, now: datetime) -> bool:
    if schedule.last_run is None:
        return True
    due = next_run(schedule, schedule.last_run)
    return due is not None and due <= now


def _run_schedule(tx: Transaction, schedule: Schedule, now: datetime) -> int:
    if not _is_due(schedule, now):
        return 0
    tx.schedules.update(replace(schedule, last_run=now))
    if schedule.last_run is None:
        return 0
    actor = Actor(f"schedule {schedule.id}", "", Channel.TIMER)
    chosen = [login for login in tx.logins.open() if login.state is State.ACTIVE and _concerned(tx, schedule, login)]
    done = finish(tx, chosen, EndReason.SCHEDULE, actor, now)
    pending = sum(each.pending for each in done.ended)
    data = {"schedule": schedule.id, "logged_out": len(done.ended) - pending, "pending": pending}
    tx.events.append(Event(now, Kind.SCHEDULE_RUN, actor, data=data))
    return len(done.ended)


def _concerned(tx: Transaction, schedule: Schedule, login: DeskLogin) -> bool:
    user = tx.users.get(id=login.user_id)
    phone = tx.phones.get(id=login.phone_id) if login.phone_id is not None else None
    if user is None:
        return False
    queues = [queue.number for queue in queues_of(tx, user)] if schedule.scope is Scope.QUEUE else []
    return concerns(schedule, login, user, phone, queues)


def _longest_call(tx: Transaction) -> timedelta:
    """A call whose end nobody saw is taken for ended after this; phones that lose power send no BYE."""
    return timedelta(hours=tx.policy().longest_call_hours)


def _endless_calls(tx: Transaction, now: datetime) -> list[CallRecord]:
    return tx.calls.open_since_before((now - _longest_call(tx)).timestamp())


def _close_endless_calls(tx: Transaction, now: datetime) -> int:
    endless = _endless_calls(tx, now)
    for call in tx.waiting.open_since_before(now - _longest_call(tx)):
        end_call(tx, call.id, Outcome.LOST, now)
    if close_calls(tx, endless, AssumedEnd.NO_END_SEEN, Actor("timer", "", Channel.TIMER), now):
        finish_pending(tx, now)
    return len(endless)
