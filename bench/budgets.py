"""The budgets (docs/performance.md says where they come from) and the rows that hold figures against them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


class Limit(enum.Enum):
    """What a budget limits."""

    RATIO_AT_MOST = "ratio at most"
    VALUE_AT_MOST = "value at most"
    VALUE_AT_LEAST = "value at least"


@dataclass(frozen=True)
class Budget:
    """One promise: the figure called `name`, measured in `unit`, keeps within `limit` `bound`."""

    name: str
    unit: str
    limit: Limit
    bound: float


@dataclass(frozen=True)
class Row:
    """One budget and what was measured.

    `baseline` is the same figure of plain Kamailio in the same run and `ratio` = value / baseline; both None where
    Kamailio alone has no such function. `note` says at what scale it was measured; `details` holds what else was seen.
    """

    name: str
    value: float
    unit: str
    baseline: float | None
    ratio: float | None
    budget: float
    limit: str
    ok: bool
    note: str = ""
    details: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Give the row as JSON types."""
        return asdict(self)


_CPU = "CPU s per 10,000"

REFRESH = Budget("refresh at 1,000/s", _CPU, Limit.RATIO_AT_MOST, 1.3)
REFRESH_SATURATED = Budget("refresh, saturated", _CPU, Limit.RATIO_AT_MOST, 1.3)
CALL = Budget("call to a hot desk user at 100/s", _CPU, Limit.RATIO_AT_MOST, 1.4)
CALL_FAST = Budget("call to a hot desk user at 1,000/s", _CPU, Limit.RATIO_AT_MOST, 1.4)
LOGIN_RATE = Budget("desk logins by REGISTER, durable", "per second", Limit.VALUE_AT_LEAST, 500)
LOGIN_P99 = Budget("desk login by REGISTER at half that rate, p99", "ms", Limit.VALUE_AT_MOST, 100)
SHIFT_LOST = Budget("shift change: lost or wrong logins", "people", Limit.VALUE_AT_MOST, 0)
SHIFT_TIME = Budget("shift change: 10,000 people logged in", "s", Limit.VALUE_AT_MOST, 60)
SHIFT_P99 = Budget("shift change: desk login, p99", "ms", Limit.VALUE_AT_MOST, 1000)
PROPAGATION = Budget("login committed to Kamailio table, p99", "ms", Limit.VALUE_AT_MOST, 50)
LAMPS = Budget("login committed to NOTIFY of the lamp, p99", "ms", Limit.VALUE_AT_MOST, 200)
REBUILD = Budget("rebuild of all tables, 100,000 users and phones", "s", Limit.VALUE_AT_MOST, 20)
REBUILD_CALLS = Budget("calls that failed during the rebuild", "calls", Limit.VALUE_AT_MOST, 0)
MEMORY = Budget("memory of Kamailio and control plane, 10,000 phones", "MB", Limit.VALUE_AT_MOST, 400)
RESTART = Budget("calls and refreshes that failed, control plane killed", "operations", Limit.VALUE_AT_MOST, 0)


def judge(
    budget: Budget,
    value: float,
    *,
    baseline: float | None = None,
    note: str = "",
    details: Mapping[str, object] | None = None,
    bound: float | None = None,
) -> Row:
    """Hold `value` against the budget.

    `bound` replaces the budget's own where the run is at a smaller scale; `note` then says so.
    """
    limit_bound = budget.bound if bound is None else bound
    ratio = value / baseline if baseline else None
    if budget.limit is Limit.RATIO_AT_MOST:
        if ratio is None:
            raise ValueError(f"{budget.name} needs a baseline")
        ok = ratio <= limit_bound
    elif budget.limit is Limit.VALUE_AT_MOST:
        ok = value <= limit_bound
    else:
        ok = value >= limit_bound
    return Row(
        name=budget.name,
        value=round(value, 4),
        unit=budget.unit,
        baseline=None if baseline is None else round(baseline, 4),
        ratio=None if ratio is None else round(ratio, 3),
        budget=limit_bound,
        limit=budget.limit.value,
        ok=ok,
        note=note,
        details=details or {},
    )
