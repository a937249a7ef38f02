"""Closing the records of calls whose end nobody saw, so that no logout waits for them for ever (R2.13, R4.5).

Only the record: a call that goes on all the same goes on between its phones, and what is seen of it later counts more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from freeseat.application.log_out import finish_pending
from freeseat.application.ports import CallEnded, CallRecord, Transaction
from freeseat.domain.actors import Actor
from freeseat.domain.calls import AssumedEnd
from freeseat.domain.errors import InvalidValue, NotFound
from freeseat.domain.events import Event, Kind


def close_calls(tx: Transaction, calls: Iterable[CallRecord], why: AssumedEnd, actor: Actor, at: datetime) -> int:
    """Close open calls as of `at`, with an event for each; gives how many.

    Logins that wait for them are left to the caller (`finish_pending`), who may know more of their phones.
    """
    calls = list(calls)
    if calls:
        tx.calls.record([], [], [CallEnded(call.node, call.call_id, at.timestamp(), 0, why) for call in calls])
    for call in calls:
        data = {
            "call": call.id,
            "node": call.node,
            "call_id": call.call_id,
            "caller": call.caller,
            "called": call.called,
            "cause": why,
        }
        ours = call.caller if call.caller_phone else call.called
        tx.events.append(Event(at, Kind.CALL_CLOSED, actor, ours, call.caller_phone or call.called_phone, data))
    return len(calls)


def close_call(tx: Transaction, id: int, actor: Actor, now: datetime) -> CallRecord:
    """An administrator knows that a call is over; what waited for its end happens now.

    Gives the closed record. Raises NotFound; InvalidValue if its end is known.
    """
    call = tx.calls.get(id=id)
    if call is None:
        raise NotFound("call", str(id))
    if call.ended_at is not None:
        raise InvalidValue("call", id, f"it has ended already: {call.cause}")
    close_calls(tx, [call], AssumedEnd.CLOSED, actor, now)
    finish_pending(tx, now)
    closed = tx.calls.get(id=id)
    assert closed is not None, "nobody deletes call records in this transaction"
    return closed
