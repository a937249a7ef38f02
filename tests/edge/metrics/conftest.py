"""Metrics of a real office."""

from __future__ import annotations

from tests.application.conftest import office, sqlite_copies
from tests.domain import profile

__all__ = ["office", "profile", "sqlite_copies"]
