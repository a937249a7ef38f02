"""Timed and scheduled logouts, and sweeping (R2.12). Run every few seconds; doing it twice changes nothing more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from freeseat.application.log_out import finish
from freeseat.application.observe import CallEnded, observe
from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.desk_login import DeskLogin, EndReason, State
from freeseat.domain.directory import ClassOfService, Schedule
from freeseat.domain.events import Event, Kind
from freeseat.domain.timers import concerns, next_run, timed_end

LONGEST_CALL = timedelta(hours=12)
"""A call without a seen end is closed after this; phones that lose power send no BYE."""


@dataclass(frozen=True, slots=True)
class TimersRun:
    """How many logins were told to end by timers and by schedules, and how many calls were closed."""

    timed: int
    scheduled: int
    calls_closed: int


def run_timers(tx: Transaction, now: datetime) -> TimersRun:
    """End every login whose time is up, carry out due schedules, and close calls that nobody ended."""
    logins = [login for login in tx.logins.open() if login.state is State.ACTIVE]
    classes = {cos.id: cos for cos in tx.classes.list()}
    timed = sum(_end_if_due(tx, login, classes, now) for login in logins)
    scheduled = sum(_run_schedule(tx, schedule, now) for schedule in tx.schedules.list(enabled=True))
    return TimersRun(timed, scheduled, _close_endless_calls(tx, now))


def _end_if_due(tx: Transaction, login: DeskLogin, classes: dict[int, ClassOfService], now: datetime) -> bool:
    user = tx.users.get(id=login.user_id)
    if user is None or (not (cos := classes[user.class_id]).max_login_seconds and not cos.idle_logout_seconds):
        return False
    last = tx.calls.last_at([login.place]) if cos.idle_logout_seconds else None
    why = timed_end(login, cos, datetime.fromtimestamp(last, UTC) if last else None, now)
    if why is not None:
        finish(tx, [login], why, Actor("timer", "", Channel.TIMER), now)
    return why is not None


def _run_schedule(tx: Transaction, schedule: Schedule, now: datetime) -> int:
    if schedule.last_run is None:
        tx.schedules.update(replace(schedule, last_run=now))
        return 0
    due = next_run(schedule, schedule.last_run)
    if due is None or due > now:
        return 0
    tx.schedules.update(replace(schedule, last_run=now))
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
    return user is not None and concerns(schedule, login, user, phone)


def _close_endless_calls(tx: Transaction, now: datetime) -> int:
    endless = [c for c in tx.calls.list(ended_at=None) if now.timestamp() - c.started_at > LONGEST_CALL.total_seconds()]
    for call in endless:
        observe(tx, CallEnded(call.node, call.call_id, now.timestamp(), 0, "no end seen"), now)
    return len(endless)
