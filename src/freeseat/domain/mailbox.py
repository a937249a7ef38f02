"""Waiting messages of a user (R3.6). The mailbox itself is elsewhere; it tells how many there are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mailbox:
    """How many new and old (heard) messages wait for a user."""

    id: int
    user_id: int
    new: int = 0
    old: int = 0
