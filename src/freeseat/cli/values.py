"""Values as people type and read them: durations, lists, times, yes and no."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from freeseat.domain.errors import InvalidValue

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")


def seconds_of(field: str, text: str) -> int | None:
    """A duration such as `8h`, `1h30m`, `45s` or `90` in seconds; `never` is None. Raises InvalidValue."""
    if text in ("never", ""):
        return None
    match = _DURATION.fullmatch(text)
    if match is None:
        raise InvalidValue(field, text, "use a duration like 8h, 30m, 1h30m or 90s, or never")
    return sum(int(count or 0) * unit for count, unit in zip(match.groups(), _UNITS.values(), strict=True))


def duration(seconds: int | None) -> str:
    """Seconds as a duration that `seconds_of` reads: `8h`, `1h30m`, `never`."""
    if seconds is None:
        return "never"
    parts = []
    for name, unit in list(_UNITS.items())[1:]:
        count, seconds = divmod(seconds, unit)
        if count:
            parts.append(f"{count}{name}")
    return "".join(parts) or "0s"


def items(text: str) -> tuple[str, ...]:
    """A list written with commas; blanks around items do not count."""
    return tuple(item.strip() for item in text.split(",") if item.strip())


def moment(field: str, text: str, now: datetime) -> datetime:
    """A time: ISO 8601 (UTC unless it has a zone), or a duration back from now. Raises InvalidValue."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        try:
            back = seconds_of(field, text)
        except InvalidValue:
            back = None
        if back is None:
            right = "use a time like 2026-05-01 or 2026-05-01T08:30 (UTC), or how long ago, like 2h"
            raise InvalidValue(field, text, right) from None
        return now - timedelta(seconds=back)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def truth(field: str, text: str) -> bool:
    """Yes or no, in several words. Raises InvalidValue."""
    if text.lower() in ("yes", "true", "on", "1"):
        return True
    if text.lower() in ("no", "false", "off", "0"):
        return False
    raise InvalidValue(field, text, "use yes or no")


def yes(value: bool) -> str:
    """`yes` or `no`."""
    return "yes" if value else "no"


def clock(at: datetime | float | None) -> str:
    """A time or unix seconds to the second, UTC; nothing for None."""
    if at is None:
        return ""
    when = at if isinstance(at, datetime) else datetime.fromtimestamp(at, UTC)
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def utc(at: float | None) -> datetime | None:
    """Unix seconds as a time."""
    return None if at is None else datetime.fromtimestamp(at, UTC)
