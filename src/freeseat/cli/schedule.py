"""`freeseat schedule`: logouts at set times (R2.12)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from freeseat.application.directory.rules import add_schedule, delete_schedule
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, give
from freeseat.cli.values import clock
from freeseat.domain.directory import Schedule, Scope
from freeseat.domain.timers import next_run

app = noun("Scheduled logouts: cron-like times in a time zone, and whom they concern.")


@command(app, "add", example="freeseat schedule add '0 20 * * 1-5' --timezone Europe/Berlin")
def add(
    here: Here,
    cron: Annotated[str, typer.Argument(metavar="CRON", help="Minute hour day month weekday.")],
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="Time zone of these times.")] = "UTC",
    scope: Annotated[Scope, typer.Option(help="Whom it concerns.")] = Scope.ALL,
    scope_value: Annotated[
        str, typer.Option("--scope-value", metavar="TEXT", help="Which site or queue, for such a scope.")
    ] = "",
    description: Annotated[str, typer.Option(metavar="TEXT", help="What it is for.")] = "",
) -> None:
    """Enter a scheduled logout. Who is on a call then is logged out after it."""
    wanted = Schedule(0, cron, timezone, scope, scope_value, description)
    added = here.write(lambda tx: add_schedule(tx, wanted, here.actor, here.now))
    data = as_data(added, here.now)
    give(here, data, f"schedule {added.id}: first at {_next(added, here.now) or 'no time at all'}")


@command(app, "list", example="freeseat schedule list")
def list_(here: Here) -> None:
    """List the scheduled logouts, with the next time of each."""
    schedules, now = here.read(lambda tx: tx.schedules.list()), here.now
    rows = [
        (
            str(each.id),
            each.cron,
            each.timezone,
            f"{each.scope} {each.scope_value}".strip(),
            each.description,
            _next(each, now),
        )
        for each in schedules
    ]
    heads = ("id", "times", "time zone", "whom", "description", "next (UTC)")
    give(here, [as_data(each, now) for each in schedules], Listing(heads, rows, "No scheduled logouts."))


@command(app, "delete", example="freeseat schedule delete 1")
def delete(
    here: Here, schedule: Annotated[int, typer.Argument(metavar="ID", help="Its id, as the list has it.")]
) -> None:
    """Delete a scheduled logout."""
    here.write(lambda tx: delete_schedule(tx, schedule, here.actor, here.now))
    give(here, {"deleted": {"schedule": schedule}}, f"schedule {schedule} is deleted")


def as_data(schedule: Schedule, now: datetime) -> dict[str, object]:
    """A scheduled logout for programs."""
    return {
        "id": schedule.id,
        "cron": schedule.cron,
        "timezone": schedule.timezone,
        "scope": schedule.scope,
        "scope_value": schedule.scope_value,
        "description": schedule.description,
        "enabled": schedule.enabled,
        "last_run": schedule.last_run,
        "next_run": next_run(schedule, now),
    }


def _next(schedule: Schedule, now: datetime) -> str:
    return clock(next_run(schedule, now))
