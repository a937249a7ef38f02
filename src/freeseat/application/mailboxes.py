"""Waiting messages: an external mailbox tells their number, the lamps follow the user (R3.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from freeseat.application.directory.users import user_of
from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor
from freeseat.domain.errors import InvalidValue
from freeseat.domain.events import Event, Kind
from freeseat.domain.mailbox import Mailbox

MOST = 99_999


def set_messages(tx: Transaction, number: str, new: int, old: int, actor: Actor, now: datetime) -> Mailbox:
    """So many new and old messages wait for a user now. Raises NotFound or InvalidValue."""
    user = user_of(tx, number)
    for field, count in (("new", new), ("old", old)):
        if not 0 <= count <= MOST:
            raise InvalidValue(field, count, f"use a number from 0 to {MOST}")
    before = tx.mailboxes.get(user_id=user.id)
    if before is None:
        after = tx.mailboxes.add(Mailbox(0, user.id, new, old))
    else:
        after = replace(before, new=new, old=old)
        if after == before:
            return before
        tx.mailboxes.update(after)
    tx.events.append(Event(now, Kind.MESSAGES_WAITING, actor, user.number, data={"new": new, "old": old}))
    return after


def messages_of(tx: Transaction, number: str) -> Mailbox:
    """How many messages wait for a user. Raises NotFound."""
    user = user_of(tx, number)
    return tx.mailboxes.get(user_id=user.id) or Mailbox(0, user.id)
