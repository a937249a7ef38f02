"""A budget is kept or missed by its own limit; rows are what `--json` promises."""

from __future__ import annotations

import json

import pytest
from bench import budgets
from bench.budgets import judge
from bench.desks import percentile

PROMISED = {"name", "value", "unit", "baseline", "ratio", "budget", "ok"}


def test_a_ratio_is_held_against_the_baseline_of_the_same_run() -> None:
    kept = judge(budgets.REFRESH, 1.2, baseline=1.0)
    assert kept.ok
    assert kept.ratio == pytest.approx(1.2)
    assert not judge(budgets.REFRESH, 1.4, baseline=1.0).ok
    with pytest.raises(ValueError, match="baseline"):
        judge(budgets.REFRESH, 1.0)


def test_values_are_held_against_most_or_least() -> None:
    assert judge(budgets.PROPAGATION, 50).ok
    assert not judge(budgets.PROPAGATION, 50.1).ok
    assert judge(budgets.LOGIN_RATE, 500).ok
    assert not judge(budgets.LOGIN_RATE, 499).ok


def test_a_smaller_run_is_held_against_its_share() -> None:
    row = judge(budgets.REBUILD, 3, bound=2)
    assert (row.budget, row.ok) == (2, False)


def test_a_row_has_all_that_was_promised_and_is_json() -> None:
    row = judge(budgets.MEMORY, 150.5, details={"control": 90})
    assert set(json.loads(json.dumps(row.as_json()))) >= PROMISED


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([5.0], 0.99) == 5.0
