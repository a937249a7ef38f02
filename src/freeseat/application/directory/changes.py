"""Changing entities by field name, and showing changes in events without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from freeseat.domain.errors import InvalidValue

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

E = TypeVar("E", bound="DataclassInstance")

_SECRET = frozenset({"pin", "secret", "pin_set_at", "password", "digest"})


def changed_fields(old: E, changes: Mapping[str, Any], changeable: frozenset[str]) -> E:
    """The entity with these fields replaced. Raises InvalidValue for a field that doesn't exist or can't be changed."""
    for name in changes:
        if name not in changeable:
            raise InvalidValue("field", name, f"use one of {', '.join(sorted(changeable))}")
    return replace(old, **changes)


def shown(entity: DataclassInstance, since: DataclassInstance | None = None) -> dict[str, object]:
    """An entity's fields as JSON values for an event, never a secret; only those that differ if `since` is given."""
    return {
        f.name: _plain(getattr(entity, f.name))
        for f in fields(entity)
        if f.name not in _SECRET and (since is None or getattr(entity, f.name) != getattr(since, f.name))
    }


def _plain(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case frozenset() | tuple():
            return sorted(str(_plain(each)) for each in value)
        case datetime():
            return value.isoformat()
        case None | str() | int() | float() | bool():
            return value
        case _:
            return str(value)
