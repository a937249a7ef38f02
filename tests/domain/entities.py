"""Entities for tests of the domain: what matters is given, the rest is ordinary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from freeseat.domain.desk_login import DeskLogin, Method
from freeseat.domain.directory import ClassOfService, Phone, User

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""

COS = ClassOfService(1, "standard")


def user(number: str = "2019", **fields: Any) -> User:
    """A hot desk user whose id is his number."""
    return replace(User(int(number), number, "Bill", class_id=1, hot_desk_access=True), **fields)


def phone(number: str = "3001", **fields: Any) -> Phone:
    """A shared phone whose id is its number."""
    return replace(Phone(int(number), number, class_id=1), **fields)


def login(user_id: int = 2019, phone_id: int | None = 3001, **fields: Any) -> DeskLogin:
    """An open login by voice menu."""
    return replace(DeskLogin(1, user_id, phone_id, str(phone_id or user_id), Method.MENU, NOW), **fields)
