"""`freeseat bindings`: registered SIP Contacts."""

from __future__ import annotations

from typing import Annotated

import typer

from freeseat.application.ports import Binding
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, give
from freeseat.cli.values import clock, utc

app = noun("Bindings: which phones, and which people as themselves, are registered from where.")


@command(app, "list", example="freeseat bindings list --aor 3001")
def list_(
    here: Here,
    aor: Annotated[str | None, typer.Option(metavar="NUMBER", help="Only of this phone or user.")] = None,
) -> None:
    """List the live bindings; `since` is when each began, renewals don't change it."""
    where: dict[str, object] = {"aor": aor} if aor is not None else {}
    bindings = here.read(lambda tx: tx.bindings.list(**where))
    heads = ("AoR", "contact", "from", "node", "since (UTC)", "device")
    rows = [
        (each.aor, each.contact, each.source, each.node, clock(each.at), each.user_agent or each.instance)
        for each in bindings
    ]
    give(here, [as_data(each) for each in bindings], Listing(heads, rows, "Nothing is registered."))


def as_data(binding: Binding) -> dict[str, object]:
    """A binding for programs. `granted` is in seconds."""
    return {
        "aor": binding.aor,
        "contact": binding.contact,
        "source": binding.source,
        "node": binding.node,
        "since": utc(binding.at),
        "granted": binding.granted,
        "user_agent": binding.user_agent,
        "instance": binding.instance,
        "received": binding.received,
        "socket": binding.socket,
        "call_id": binding.call_id,
    }
