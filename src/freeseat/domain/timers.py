"""When a desk login ends by itself: maximum time, idle time, schedules (R2.12)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from freeseat.domain.desk_login import DeskLogin, EndReason, Method
from freeseat.domain.directory import ClassOfService, Phone, Schedule, Scope, User
from freeseat.domain.errors import InvalidValue

LONGEST_LOGIN_SECONDS = 168 * 3600
_CRON_FIELDS = 5


def timed_end(
    login: DeskLogin, user_class: ClassOfService, last_call_at: datetime | None, now: datetime
) -> EndReason | None:
    """The reason for which a login's time is up, or None. Idle time counts from the last call or the login."""
    if _passed(login.started_at, user_class.max_login_seconds, now):
        return EndReason.MAX_TIME
    idle_since = max(login.started_at, last_call_at) if last_call_at is not None else login.started_at
    if _passed(idle_since, user_class.idle_logout_seconds, now):
        return EndReason.IDLE
    return None


def _passed(since: datetime, seconds: int | None, now: datetime) -> bool:
    return seconds is not None and now - since >= timedelta(seconds=seconds)


def check_schedule(schedule: Schedule) -> None:
    """Check a schedule's times, zone and texts; raises InvalidValue."""
    _check_lengths(schedule)
    try:
        zone = ZoneInfo(schedule.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of the zone database, such as Europe
        raise InvalidValue("timezone", schedule.timezone, "use a zone's name such as Europe/Berlin or UTC") from None
    try:
        if len(schedule.cron.split()) != _CRON_FIELDS:
            raise CronSimError("not five fields")
        CronSim(schedule.cron, datetime(2026, 1, 1, tzinfo=zone))
    except CronSimError as error:
        raise InvalidValue(
            "cron", schedule.cron, f"use five fields: minute hour day month weekday, like '0 20 * * 1-5' ({error})"
        ) from None
    if schedule.scope in (Scope.SITE, Scope.QUEUE) and not schedule.scope_value:
        raise InvalidValue("scope_value", "", f"name the {schedule.scope} whose people are logged out")


def _check_lengths(schedule: Schedule) -> None:
    for name, longest in (("cron", 100), ("scope_value", 80), ("description", 200)):
        value = getattr(schedule, name)
        if len(value) > longest or not value.isprintable():
            raise InvalidValue(name, value[:longest], f"use at most {longest} printable characters")


def next_run(schedule: Schedule, after: datetime) -> datetime | None:
    """The first time (UTC) after `after` at which the schedule is due; None if never."""
    zone = ZoneInfo(schedule.timezone)
    found = next(iter(CronSim(schedule.cron, after.astimezone(zone))), None)
    return None if found is None else found.astimezone(after.tzinfo)


def concerns(
    schedule: Schedule, login: DeskLogin, user: User, phone: Phone | None, queues: Collection[str] = ()
) -> bool:
    """Whether a schedule ends this login; permanent logins are spared by the external schedule (R2.12).

    `queues` are the numbers of the queues that the user is a member of.
    """
    external = login.method is Method.EXTERNAL
    if external and user.permanent_login:
        return False
    match schedule.scope:
        case Scope.ALL:
            return True
        case Scope.INTERNAL:
            return not external
        case Scope.EXTERNAL:
            return external
        case Scope.SITE:
            return phone is not None and phone.site == schedule.scope_value
        case Scope.QUEUE:
            return schedule.scope_value in queues
