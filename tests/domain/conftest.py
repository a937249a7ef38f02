"""Tests of the domain need no fixtures; only the profile of the property-based ones."""

from __future__ import annotations

import tests.domain.profile as profile

__all__ = ["profile"]
