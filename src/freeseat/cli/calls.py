"""`freeseat calls`: call records (R4.5)."""

from __future__ import annotations

import csv
import sys
from typing import Annotated

import typer

from freeseat.application.close_calls import close_call
from freeseat.application.ports import CallRecord
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, give
from freeseat.cli.values import clock, moment, utc

app = noun("Call records: one for every call, also those that were not answered.")


@command(app, "list", example="freeseat calls list --user 2019 --since 24h --csv > calls.csv")
def list_(
    here: Here,
    user: Annotated[str, typer.Option(metavar="NUMBER", help="Only calls of this user.")] = "",
    phone: Annotated[str, typer.Option(metavar="NUMBER", help="Only calls at this phone.")] = "",
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only since then: 2026-05-01 (UTC), or 2h for two hours ago.")
    ] = None,
    going_on: Annotated[bool, typer.Option("--open", help="Only calls that go on.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 100,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, with a line of heads.")] = False,
) -> None:
    """List calls, the newest last."""
    after = moment("since", since, here.now).timestamp() if since is not None else None
    found = here.read(lambda tx: tx.calls.find(user=user, phone=phone, since=after, going_on=going_on, limit=limit))
    calls = found[::-1]
    data = [as_data(call) for call in calls]
    if as_csv:
        _print_csv(data)
        return
    heads = ("id", "start (UTC)", "caller", "at phone", "dialled", "called", "at phone", "kind", "talk", "end")
    give(here, data, Listing(heads, [_row(call) for call in calls], "No calls."))


@command(app, "close", example="freeseat calls close 4711")
def close(
    here: Here,
    call: Annotated[int, typer.Argument(metavar="ID", help="The call's id, as `calls list` shows it.")],
) -> None:
    """Close the record of a call that is over though nobody saw its end; what waited for its end happens now.

    Only the record is closed: a call that goes on all the same is not cut off.
    """
    closed = here.write(lambda tx: close_call(tx, call, here.actor, here.now))
    give(here, as_data(closed), f"Call {call} is closed.")


def as_data(call: CallRecord) -> dict[str, object]:
    """A call for programs. `talk_seconds` is null where it was not answered or goes on."""
    return {
        "id": call.id,
        "node": call.node,
        "call_id": call.call_id,
        "started_at": utc(call.started_at),
        "answered_at": utc(call.answered_at),
        "ended_at": utc(call.ended_at),
        "talk_seconds": _talk(call),
        "caller": call.caller,
        "caller_phone": call.caller_phone,
        "dialled": call.dialled,
        "called": call.called,
        "called_phone": call.called_phone,
        "queue": call.queue,
        "kind": call.kind,
        "code": call.code,
        "cause": call.cause,
        "source": call.source,
    }


def _talk(call: CallRecord) -> float | None:
    if call.answered_at is None or call.ended_at is None:
        return None
    return round(call.ended_at - call.answered_at, 3)


def _row(call: CallRecord) -> tuple[str, ...]:
    talk = _talk(call)
    return (
        str(call.id),
        clock(call.started_at),
        call.caller,
        call.caller_phone,
        call.dialled,
        call.called,
        call.called_phone,
        call.kind,
        f"{talk:.0f} s" if talk is not None else "",
        f"{call.cause} ({call.code})" if call.ended_at is not None else "goes on",
    )


def _print_csv(data: list[dict[str, object]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(as_data(CallRecord(0, "", "", 0.0)))
    for each in data:
        writer.writerow(
            clock(value) if name.endswith("_at") else value  # type: ignore[arg-type]
            for name, value in each.items()
        )
