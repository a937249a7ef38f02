"""`/calls` and `/events`: what happened (R4.5, R10.2)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, cast

from fastapi import Query
from pydantic import Field

from freeseat.application.close_calls import close_call
from freeseat.application.listing import CallRow, CallsWanted, EventsWanted
from freeseat.application.ports import CallRecord, Transaction
from freeseat.domain.actors import Actor
from freeseat.domain.events import Event, Kind
from freeseat.domain.permissions import Permission
from freeseat.domain.webhooks import without_secrets
from freeseat.edge.web.api.bodies import Body, Listed, PageAsked, Use, answer_of, derived
from freeseat.edge.web.api.resource import Caller, Everywhere, Id, Parts, Resource
from freeseat.edge.web.context import now

records = Resource("records", "Calls and the audit log (R4.5, R10.2).")


@derived(CallRecord, Use.ANSWER, without=("started_at", "answered_at", "ended_at"))
class CallAnswer(Body):
    """A call. `caller` and `called` are numbers, their `phone`s AoRs."""

    started_at: datetime
    answered_at: datetime | None = Field(description="Null where nobody answered.")
    ended_at: datetime | None = Field(description="Null while it goes on.")
    talk_seconds: float | None = Field(description="Null where it was not answered or goes on.")


class CallItem(CallAnswer):
    """A call in a list, with the names behind its numbers."""

    caller_name: str
    called_name: str
    queue_name: str


@derived(CallsWanted, Use.FILTER, without=("within",))
class CallsAsked(PageAsked):
    """Which calls."""


@derived(Actor, Use.ANSWER)
class ActorAnswer(Body):
    """Who did it, from where, by which channel."""


class EventAnswer(Body):
    """Something that happened. Events are never changed; `position` grows in the order in which they happened."""

    position: int
    at: datetime
    kind: Kind
    actor: ActorAnswer
    user: str = Field(description="The user it is about, by number.")
    phone: str = Field(description="The phone it is about, by number.")
    data: dict[str, Any] = Field(description="More about it, by kind; never a secret.")


@derived(EventsWanted, Use.FILTER, without=("within",))
class EventsAsked(PageAsked):
    """Which events."""


@records.get("/calls", Permission.CALLS_READ)
async def list_calls(caller: Caller, web: Parts, asked: Annotated[CallsAsked, Query()]) -> Listed[CallItem]:
    """List calls, those that began last first."""
    wanted = CallsWanted(**asked.filters(), within=caller.sphere)
    found = await web.read(lambda tx: tx.listing.calls(wanted, asked.page()))
    return Listed(items=[_item(row) for row in found.rows], next=found.next, total=found.total)


@records.post("/calls/{id}/close", Everywhere(Permission.DESKS_WRITE))
async def close_a_call(caller: Caller, web: Parts, id: Id) -> CallAnswer:
    """Close the record of a call that is over though nobody saw its end; what waited for its end happens now.

    Only the record is closed: a call that goes on all the same is not cut off.
    """

    def close(tx: Transaction) -> CallRecord:
        return close_call(tx, id, caller.actor, now())

    return answer_of(CallAnswer, done := await web.write(close), _times(done))


@records.get("/events", Permission.AUDIT_READ)
async def list_events(caller: Caller, web: Parts, asked: Annotated[EventsAsked, Query()]) -> Listed[EventAnswer]:
    """List events of the audit log, newest first.

    To follow what happens use `/stream`.
    """
    wanted = EventsWanted(**asked.filters(), within=caller.sphere)
    found = await web.read(lambda tx: tx.listing.events(wanted, asked.page()))
    return Listed(items=[event_answer(each) for each in found.rows], next=found.next, total=found.total)


def event_answer(event: Event) -> EventAnswer:
    """An event for programs."""
    return EventAnswer(
        position=event.position,
        at=event.at,
        kind=event.kind,
        actor=answer_of(ActorAnswer, event.actor),
        user=event.user,
        phone=event.phone,
        data=cast(dict[str, Any], without_secrets(event.data)),
    )


def _item(row: CallRow) -> CallItem:
    more = {"caller_name": row.caller_name, "called_name": row.called_name, "queue_name": row.queue_name}
    return answer_of(CallItem, row.call, _times(row.call) | more)


def _times(call: CallRecord) -> dict[str, Any]:
    talked = call.answered_at is not None and call.ended_at is not None
    return {
        "started_at": _moment(call.started_at),
        "answered_at": _moment(call.answered_at),
        "ended_at": _moment(call.ended_at),
        "talk_seconds": round(call.ended_at - call.answered_at, 3) if talked else None,  # type: ignore[operator]
    }


def _moment(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
