"""`/queues`: work queues, their members, how they stand, and taking part in them (R5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import Field, StrictInt

from freeseat.application.listing import PageWanted, QueueRow
from freeseat.application.queues.attendance import queue_of
from freeseat.application.queues.directory import add_member, add_queue, change_queue, delete_queue, remove_member
from freeseat.application.queues.status import CallerSeen, MemberSeen, QueueSeen, queue_seen
from freeseat.domain.permissions import Permission
from freeseat.domain.queues import Queue, Readiness
from freeseat.edge.web.api.bodies import Body, Listed, PageAsked, Use, answer_of, derived, whole
from freeseat.edge.web.api.resource import Caller, Everywhere, Number, Parts, Resource, User
from freeseat.edge.web.context import now

queues = Resource("queues", "Work queues, their members, and how they stand (R5).")


@derived(Queue, Use.NEW, without=("id",))
class NewQueue(Body):
    """A queue to enter."""


@derived(Queue, Use.CHANGES, without=("id",))
class QueueChanges(Body):
    """What to change of a queue."""


@derived(Queue, Use.ANSWER, without=("id",))
class QueueAnswer(Body):
    """A queue."""


class QueueItem(QueueAnswer):
    """A queue in a list."""

    members: int = Field(description="How many members it has.")
    logged_in: int = Field(description="How many of them are logged in.")
    waiting: int = Field(description="How many callers wait.")


class QueuesAsked(PageAsked):
    """Which queues."""

    search: str = Field("", description="Every word of it stands in number, code or name, in any case.")


@derived(MemberSeen, Use.ANSWER)
class MemberAnswer(Body):
    """A member: registered, queue-logged-in and ready are three different states (R5.6)."""


@derived(CallerSeen, Use.ANSWER)
class CallerAnswer(Body):
    """A waiting caller."""


class QueueStatus(Body):
    """How a queue stands at one moment."""

    number: str
    name: str
    at: datetime
    longest_wait: float = Field(description="Seconds that the longest waiting caller has waited.")
    counts: dict[Readiness, int] = Field(description="How many members are in each state.")
    waiting: list[CallerAnswer] = Field(description="Waiting callers, next first.")
    members: list[MemberAnswer] = Field(description="Members, by number.")


class Entitled(Body):
    """How a user is entitled to a queue's calls."""

    priority: StrictInt = Field(1, description="1 to 1000; a lower one is offered first.")


class EntitledAnswer(Body):
    """A user who is entitled to a queue's calls."""

    queue: str
    user: str
    priority: int


@queues.get("/queues", Permission.QUEUES_READ)
async def list_queues(caller: Caller, web: Parts, asked: Annotated[QueuesAsked, Query()]) -> Listed[QueueItem]:
    """List queues, by number."""
    page: PageWanted = asked.page()
    found = await web.read(lambda tx: tx.listing.queues(asked.search, caller.sphere, page))
    return Listed(items=[_item(row) for row in found.rows], next=found.next, total=found.total)


@queues.post("/queues", Everywhere(Permission.SETTINGS_WRITE), status_code=201)
async def create_queue(caller: Caller, web: Parts, body: NewQueue) -> QueueAnswer:
    """Enter a queue."""
    queue = Queue(0, **body.filled())
    return answer_of(QueueAnswer, await web.write(lambda tx: add_queue(tx, queue, caller.actor, now())))


@queues.get("/queues/{number}", Permission.QUEUES_READ)
async def get_queue(caller: Caller, web: Parts, number: Number) -> QueueAnswer:
    """Show a queue."""
    caller.require(Permission.QUEUES_READ, queue=number)
    return answer_of(QueueAnswer, await web.read(lambda tx: queue_of(tx, number)))


@queues.patch("/queues/{number}", Everywhere(Permission.SETTINGS_WRITE))
async def change_a_queue(caller: Caller, web: Parts, number: Number, body: QueueChanges) -> QueueAnswer:
    """Change a queue."""
    done = await web.write(lambda tx: change_queue(tx, number, body.given(), caller.actor, now()))
    return answer_of(QueueAnswer, done)


@queues.delete("/queues/{number}", Everywhere(Permission.SETTINGS_WRITE))
async def delete_a_queue(caller: Caller, web: Parts, number: Number) -> None:
    """Delete a queue without callers; its members are logged out first."""
    await web.write(lambda tx: delete_queue(tx, number, caller.actor, now()))


@queues.get("/queues/{number}/status", Permission.QUEUES_READ)
async def get_queue_status(caller: Caller, web: Parts, number: Number) -> QueueStatus:
    """Tell how a queue stands now: waiting callers, and each member's state (R5.6)."""
    caller.require(Permission.QUEUES_READ, queue=number)
    at = now()
    return _status(await web.read(lambda tx: queue_seen(tx, queue_of(tx, number), at)), at)


@queues.get("/queues/{number}/members", Permission.QUEUES_READ)
async def list_queue_members(caller: Caller, web: Parts, number: Number) -> Listed[MemberAnswer]:
    """List the members of a queue, by number."""
    caller.require(Permission.QUEUES_READ, queue=number)
    seen = await web.read(lambda tx: queue_seen(tx, queue_of(tx, number), now()))
    return whole([answer_of(MemberAnswer, each) for each in seen.members])


@queues.put("/queues/{number}/members/{user}", Everywhere(Permission.SETTINGS_WRITE))
async def set_queue_member(caller: Caller, web: Parts, number: Number, user: User, body: Entitled) -> EntitledAnswer:
    """Entitle a user to a queue, or change his priority there."""
    done = await web.write(lambda tx: add_member(tx, number, user, body.priority, caller.actor, now()))
    return EntitledAnswer(queue=number, user=user, priority=done.priority)


@queues.delete("/queues/{number}/members/{user}", Everywhere(Permission.SETTINGS_WRITE))
async def delete_queue_member(caller: Caller, web: Parts, number: Number, user: User) -> None:
    """Entitle a user no longer; he is logged out of the queue first."""
    await web.write(lambda tx: remove_member(tx, number, user, caller.actor, now()))


def _item(row: QueueRow) -> QueueItem:
    more: Mapping[str, int] = {"members": row.members, "logged_in": row.logged_in, "waiting": row.waiting}
    return answer_of(QueueItem, row.queue, more)


def _status(seen: QueueSeen, at: datetime) -> QueueStatus:
    return QueueStatus(
        number=seen.queue.number,
        name=seen.queue.name,
        at=at,
        longest_wait=seen.longest_wait,
        counts=seen.counts,
        waiting=[answer_of(CallerAnswer, each) for each in seen.waiting],
        members=[answer_of(MemberAnswer, each) for each in seen.members],
    )
