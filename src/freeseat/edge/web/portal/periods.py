"""Times that somebody types or chooses, in his own time zone: the browser tells it by a cookie, else it is UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from urllib.parse import unquote

from fastapi import Request

from freeseat.application.reports.period import Period, zone_of
from freeseat.domain.buckets import Unit
from freeseat.domain.errors import InvalidValue

_COOKIE = "freeseat-zone"
_HOURLY, _DAILY = timedelta(days=3), timedelta(days=100)


def zone_from(request: Request) -> str:
    """The name of the viewer's time zone; what is no zone is taken for UTC."""
    name = unquote(request.cookies.get(_COOKIE, ""))[:60]
    try:
        zone_of(name)
    except InvalidValue:
        return "UTC"
    return name


def day_of(field: str, text: str) -> date | None:
    """A day as browsers send it (YYYY-MM-DD), None for nothing. Raises InvalidValue."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidValue(field, text[:20], "write a day as YYYY-MM-DD") from None


def between(since: str, until: str, zone: str) -> tuple[datetime | None, datetime | None]:
    """The time from the beginning of a day to the end of another, either of which may be left open.

    Raises InvalidValue.
    """
    first, last = day_of("since", since), day_of("until", until)
    return (
        _midnight(first, zone) if first else None,
        _midnight(last + timedelta(days=1), zone) if last else None,
    )


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone_of(zone)).astimezone(UTC)


class Preset(StrEnum):
    """Periods that are usually wanted."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "week"
    MONTH = "month"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    YEAR = "year"
    CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A period as somebody chose it: by a preset, or from a first to a last day."""

    preset: Preset
    first: date
    last: date
    zone: str

    @property
    def period(self) -> Period:
        """In buckets that make a chart one can read."""
        since, until = _midnight(self.first, self.zone), _midnight(self.last + timedelta(days=1), self.zone)
        length = until - since
        unit = Unit.HOUR if length <= _HOURLY else Unit.DAY if length <= _DAILY else Unit.MONTH
        return Period(since, until, unit, self.zone)


def chosen(preset: str, since: str, until: str, zone: str, now: datetime, *, otherwise: Preset = Preset.WEEK) -> Chosen:
    """What was chosen; two days count more than a preset, and nothing is `otherwise`. Raises InvalidValue."""
    first, last = day_of("since", since), day_of("until", until)
    today = now.astimezone(zone_of(zone)).date()
    if preset == Preset.CHOSEN and (first or last):
        first, last = first or last or today, last or today
        if last < first:
            raise InvalidValue("until", str(last), f"choose a day from {first} on")
        return Chosen(Preset.CHOSEN, first, last, zone)
    try:
        wanted = Preset(preset)
    except ValueError:
        wanted = otherwise
    return Chosen(wanted, *_days(wanted, today), zone)


def _days(preset: Preset, today: date) -> tuple[date, date]:
    month = today.replace(day=1)
    match preset:
        case Preset.TODAY:
            return today, today
        case Preset.YESTERDAY:
            return today - timedelta(days=1), today - timedelta(days=1)
        case Preset.MONTH:
            return today - timedelta(days=29), today
        case Preset.THIS_MONTH:
            return month, today
        case Preset.LAST_MONTH:
            end = month - timedelta(days=1)
            return end.replace(day=1), end
        case Preset.YEAR:
            return month.replace(year=month.year - 1), today
        case Preset.WEEK | Preset.CHOSEN:
            return today - timedelta(days=6), today
