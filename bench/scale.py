"""How much of everything a run does: the full measurement, and the one that ends within a minute."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Sizes of one run. Rates are per second; counts are of one round where there are rounds.

    `phones` register, so many as the memory budget is for; the first `occupied` have an occupant and take part in
    calls. People from there on register as themselves. A scaled figure is held against the budget's share:
    `shift_people` against the same rate of logins, `rebuild_size` against its share of the time. `watched` people are
    watched by ten phones each.
    """

    rounds: int
    refreshes: int
    refreshes_saturated: int
    calls: int
    fast_calls: int
    phones: int
    occupied: int
    login_people: int
    half_rate_people: int
    shift_people: int
    shift_calls: int
    propagated: int
    watched: int
    rebuild_size: int
    own_nodes: bool


FULL = Scale(
    rounds=7,
    refreshes=3000,
    refreshes_saturated=30_000,
    calls=300,
    fast_calls=2000,
    phones=10_000,
    occupied=1000,
    login_people=4000,
    half_rate_people=2500,
    shift_people=10_000,
    shift_calls=1000,
    propagated=500,
    watched=100,
    rebuild_size=100_000,
    own_nodes=True,
)

QUICK = Scale(
    rounds=3,
    refreshes=1000,
    refreshes_saturated=10_000,
    calls=100,
    fast_calls=0,
    phones=10_000,
    occupied=1000,
    login_people=1000,
    half_rate_people=375,
    shift_people=1000,
    shift_calls=100,
    propagated=50,
    watched=100,
    rebuild_size=10_000,
    own_nodes=False,
)
