"""Which time a report is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from freeseat.domain.buckets import Span, Unit, buckets
from freeseat.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` until before `until` (aware), counted in hours, days or months of a time zone (its IANA name)."""

    since: datetime
    until: datetime
    unit: Unit = Unit.DAY
    timezone: str = "UTC"

    def buckets(self) -> list[Span]:
        """The period's buckets. Raises InvalidValue for an unknown zone, an empty period, too many buckets."""
        return buckets(self.since, self.until, self.unit, zone_of(self.timezone))


def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises InvalidValue."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidValue("timezone", name, "use a name like Europe/Berlin or UTC") from None
