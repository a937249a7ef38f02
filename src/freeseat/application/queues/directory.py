"""Queues and their members: enter, change, delete (R5.1, R1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from freeseat.application.accounts.directory import queue_renumbered
from freeseat.application.directory.changes import changed_fields, shown
from freeseat.application.directory.trunks import check_no_inbound, inbound_follows
from freeseat.application.directory.users import user_of
from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import queue_of, take_part
from freeseat.application.workplaces.directory import shown_queues_follow
from freeseat.domain.actors import Actor
from freeseat.domain.checks import check_priority, check_queue
from freeseat.domain.errors import Clash, InUse, NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.queues import Queue, QueueMember, queue_claims, queue_codes, queue_owner

CHANGEABLE = frozenset(f.name for f in fields(Queue)) - {"id"}


def add_queue(tx: Transaction, queue: Queue, actor: Actor, now: datetime) -> Queue:
    """Enter a queue. Raises InvalidValue, or Clash naming both owners of a number or code (R1.5)."""
    check_queue(queue, tx.policy())
    _claim(tx, queue)
    added = tx.queues.add(queue)
    data = shown(added) | {"queue": added.number, "strings": _strings(added)}
    tx.events.append(Event(now, Kind.QUEUE_ADDED, actor, data=data))
    return added


def change_queue(tx: Transaction, number: str, changes: Mapping[str, Any], actor: Actor, now: datetime) -> Queue:
    """Change fields of a queue; see CHANGEABLE. Raises NotFound, InvalidValue or Clash; then nothing is done."""
    old = queue_of(tx, number)
    new = changed_fields(old, changes, CHANGEABLE)
    if new == old:
        return old
    check_queue(new, tx.policy())
    tx.claims.release(queue_owner(old))
    _claim(tx, new)
    if new.number != old.number:
        inbound_follows(tx, old.number, new.number, actor, now)
        shown_queues_follow(tx, old.number, new.number)
        queue_renumbered(tx, old.number, new.number)
    tx.queues.update(new)
    strings = sorted({*_strings(old), *_strings(new)})
    data = {"queue": new.number, "changes": shown(new, since=old), "strings": strings}
    tx.events.append(Event(now, Kind.QUEUE_CHANGED, actor, data=data))
    return new


def delete_queue(tx: Transaction, number: str, actor: Actor, now: datetime) -> None:
    """Delete a queue without callers; its members are logged out first. Raises NotFound or InUse."""
    queue = queue_of(tx, number)
    if calls := tx.queue_calls.list(queue_id=queue.id, ended_at=None):
        raise InUse("queue", number, f"{len(calls)} callers")
    check_no_inbound(tx, "queue", number)
    for member in tx.members.list(queue_id=queue.id):
        user = tx.users.get(id=member.user_id)
        if user is not None:
            remove_member(tx, number, user.number, actor, now)
    tx.claims.release(queue_owner(queue))
    tx.queues.delete(queue)
    data = shown(queue) | {"queue": number, "strings": _strings(queue)}
    tx.events.append(Event(now, Kind.QUEUE_DELETED, actor, data=data))


def add_member(tx: Transaction, number: str, user: str, priority: int, actor: Actor, now: datetime) -> QueueMember:
    """Entitle a user to a queue, or change his priority there. Raises NotFound or InvalidValue."""
    check_priority(priority)
    queue, person = queue_of(tx, number), user_of(tx, user)
    data = {"queue": number, "priority": priority}
    old = tx.members.get(queue_id=queue.id, user_id=person.id)
    if old is not None:
        tx.members.update(replace(old, priority=priority))
        tx.events.append(Event(now, Kind.MEMBER_CHANGED, actor, user, data=data))
        return replace(old, priority=priority)
    added = tx.members.add(QueueMember(0, queue.id, person.id, priority))
    tx.events.append(Event(now, Kind.MEMBER_ADDED, actor, user, data=data))
    return added


def remove_member(tx: Transaction, number: str, user: str, actor: Actor, now: datetime) -> None:
    """Entitle a user no longer; he is logged out of the queue first. Raises NotFound."""
    queue, person = queue_of(tx, number), user_of(tx, user)
    member = tx.members.get(queue_id=queue.id, user_id=person.id)
    if member is None:
        raise NotFound("member", f"{user} of queue {number}")
    take_part(tx, person, [queue], actor, now, log_in=False, why="member_removed")
    attendance = tx.attendances.get(queue_id=queue.id, user_id=person.id)
    if attendance is not None:
        tx.attendances.delete(attendance)
    tx.members.delete(member)
    tx.events.append(Event(now, Kind.MEMBER_REMOVED, actor, user, data={"queue": number}))


def _claim(tx: Transaction, queue: Queue) -> None:
    claims = queue_claims(queue)
    for place, claim in enumerate(claims):
        twice = next((other for other in claims[:place] if other.string == claim.string), None)
        if twice is not None:
            raise Clash("code", claim.string, f"{claim.owner}'s codes", f"{twice.owner} itself")
        tx.claims.add(claim)


def _strings(queue: Queue) -> list[str]:
    return sorted({queue.number, *queue_codes(queue)})
