"""Property-based tests take the same examples in every run, and as many as fit a quick one."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "quick",
    derandomize=True,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.differing_executors],
)
settings.load_profile("quick")
