"""Wallboards: what is shown across the room, and when it turns red (R6.4)."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from freeseat.domain.checks import check_language, check_text
from freeseat.domain.errors import InvalidValue
from freeseat.domain.queues import service_level
from freeseat.domain.workplaces import Theme, check_queue_numbers


class BoardColumn(StrEnum):
    """A figure of a queue."""

    WAITING = "waiting"
    LONGEST_WAIT = "longest_wait"
    READY = "ready"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    UNREGISTERED = "unregistered"
    LOGGED_IN = "logged_in"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    SERVICE_LEVEL = "service_level"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on a figure is red; None = never. The service level is red below its threshold, all others above."""

    waiting: int | None = None
    longest_wait_seconds: int | None = None
    service_level_percent: int | None = None
    abandoned: int | None = None

    def over(
        self, *, waiting: int, longest_wait: float, service_level: float | None, abandoned: int
    ) -> frozenset[BoardColumn]:
        """The figures that are red. `longest_wait` in seconds, `service_level` in percent (None: no calls yet)."""
        above = (
            (BoardColumn.WAITING, waiting, self.waiting),
            (BoardColumn.LONGEST_WAIT, longest_wait, self.longest_wait_seconds),
            (BoardColumn.ABANDONED, abandoned, self.abandoned),
        )
        red = {column for column, value, bound in above if bound is not None and value > bound}
        if None not in (self.service_level_percent, service_level) and service_level < self.service_level_percent:  # type: ignore[operator]
            red.add(BoardColumn.SERVICE_LEVEL)
        return frozenset(red)


DEFAULT_COLUMNS = (
    BoardColumn.WAITING,
    BoardColumn.LONGEST_WAIT,
    BoardColumn.READY,
    BoardColumn.ON_CALL,
    BoardColumn.ANSWERED,
    BoardColumn.ABANDONED,
    BoardColumn.SERVICE_LEVEL,
)


@dataclass(frozen=True, slots=True)
class Board:
    """A wallboard of some queues (numbers; empty: all). Days begin at midnight in `timezone`.

    The service level is the share of today's calls answered within `service_seconds`. `digest` is that of the token in
    its read-only link; a board that was revoked shows nothing any more.
    """

    id: int
    name: str
    queues: tuple[str, ...] = ()
    thresholds: Thresholds = field(default_factory=Thresholds)
    columns: tuple[BoardColumn, ...] = DEFAULT_COLUMNS
    language: str = "en"
    theme: Theme = Theme.DARK
    timezone: str = "UTC"
    service_seconds: int = 20
    digest: str | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DayCounts:
    """What became of the callers who entered a queue since some time.

    `in_time` of the `answered` ones waited no longer than the service level allows, and `early` of the `abandoned` ones
    hung up within that time. `decided` counts all who wait no more.
    """

    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    early: int = 0
    decided: int = 0

    @property
    def service_level(self) -> float | None:
        """See `domain.queues.service_level`."""
        return service_level(self.in_time, self.decided, self.early)

    def plus(self, other: DayCounts) -> DayCounts:
        """Both together."""
        return DayCounts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def check_board(board: Board) -> None:
    """A board's fields. Raises InvalidValue."""
    check_text("name", board.name, required=True)
    check_queue_numbers(board.queues)
    if not board.columns or len(set(board.columns)) != len(board.columns):
        raise InvalidValue("columns", ", ".join(board.columns), "name at least one column, each once")
    check_language(board.language)
    zone_of(board.timezone)
    if not 1 <= board.service_seconds <= 3600:
        raise InvalidValue("service_seconds", board.service_seconds, "use 1 to 3600 seconds")
    _check_thresholds(board.thresholds)


def _check_thresholds(thresholds: Thresholds) -> None:
    bounds = (("waiting", 10_000), ("longest_wait_seconds", 86_400), ("service_level_percent", 100))
    for field_, most in (*bounds, ("abandoned", 100_000)):
        value = getattr(thresholds, field_)
        if value is not None and not 0 <= value <= most:
            raise InvalidValue(field_, value, f"use 0 to {most}, or nothing for never")


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name. Raises InvalidValue."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of the zone database, such as Europe
        raise InvalidValue("timezone", name, "use a zone's name such as Europe/Berlin or UTC") from None


def day_began(now: datetime, timezone: str) -> datetime:
    """When the day of `now` began in a time zone, as UTC."""
    there = now.astimezone(zone_of(timezone))
    return there.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)
