"""`freeseat inbound`: numbers that come in on trunks (DIDs), and whom they mean (R4.3, R2.6)."""

from __future__ import annotations

from typing import Annotated

import typer

from freeseat.application.directory.trunks import delete_inbound, set_inbound
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, give
from freeseat.domain.trunks import EXTERNAL_LOGIN, InboundNumber

app = noun("Numbers that come in on trunks (DIDs), and whom they mean: a user or a queue, never a shared phone.")

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The number as the trunk sends it.")]


@command(app, "set", example="freeseat inbound set +4930555800 800 --description 'sales, main line'")
def set_(
    here: Here,
    number: Number,
    destination: Annotated[
        str,
        typer.Argument(
            metavar="DESTINATION",
            help=f"A user's or queue's number, or {EXTERNAL_LOGIN}: the menu by which people log in from outside.",
        ),
    ],
    description: Annotated[str, typer.Option(metavar="TEXT", help="What it is for.")] = "",
) -> None:
    """Say whom an inbound number means, or say it anew."""
    inbound = InboundNumber(0, number, destination, description)
    here.write(lambda tx: set_inbound(tx, inbound, here.actor, here.now))
    give(here, as_data(inbound), f"calls to {number} go to {_whom(destination)} now")


@command(app, "list", example="freeseat inbound list")
def list_(here: Here) -> None:
    """List the inbound numbers."""
    found = sorted(here.read(lambda tx: tx.inbound.list()), key=lambda each: each.number)
    rows = [(each.number, each.destination, each.description) for each in found]
    empty = "No inbound numbers: calls from trunks reach nobody. Set one: freeseat inbound set --help"
    give(here, [as_data(each) for each in found], Listing(("number", "goes to", "description"), rows, empty))


@command(app, "delete", example="freeseat inbound delete +4930555800")
def delete(here: Here, number: Number) -> None:
    """Let an inbound number mean nobody any more."""
    here.write(lambda tx: delete_inbound(tx, number, here.actor, here.now))
    give(here, {"deleted": {"inbound": number}}, f"calls to {number} reach nobody any more")


def as_data(inbound: InboundNumber) -> dict[str, object]:
    """An inbound number for programs."""
    return {"number": inbound.number, "destination": inbound.destination, "description": inbound.description}


def _whom(destination: str) -> str:
    return "the menu for logging in from outside" if destination == EXTERNAL_LOGIN else destination
