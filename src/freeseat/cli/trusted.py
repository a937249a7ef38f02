"""`freeseat trusted`: networks from which people may register as themselves (R2.2)."""

from __future__ import annotations

from typing import Annotated

import typer

from freeseat.application.directory.rules import add_trusted, delete_trusted
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, give
from freeseat.domain.directory import TrustedNetwork

app = noun("Networks from which people may register as themselves, with extension and PIN. None: nobody may.")

Cidr = Annotated[str, typer.Argument(metavar="CIDR", help="A network, such as 10.1.0.0/16 or 2001:db8::/32.")]


@command(app, "add", example="freeseat trusted add 10.1.0.0/16 'head office' --location-id 'head office'")
def add(
    here: Here,
    cidr: Cidr,
    about: Annotated[str, typer.Argument(metavar="[DESCRIPTION]", help="What it is.", show_default=False)] = "",
    description: Annotated[str, typer.Option("--description", metavar="TEXT", help="Likewise.")] = "",
    location_id: Annotated[
        str, typer.Option("--location-id", metavar="TEXT", help="Emergency location of unknown devices there.")
    ] = "",
) -> None:
    """Trust a network."""
    network = TrustedNetwork(0, cidr, description or about, location_id)
    added = here.write(lambda tx: add_trusted(tx, network, here.actor, here.now))
    give(here, as_data(added), f"{added.cidr} is trusted now")


@command(app, "list", example="freeseat trusted list")
def list_(here: Here) -> None:
    """List the trusted networks."""
    networks = here.read(lambda tx: tx.trusted.list())
    rows = [(each.cidr, each.description, each.location_id) for each in networks]
    empty = "No trusted networks: nobody can register as himself."
    give(here, [as_data(each) for each in networks], Listing(("network", "description", "location id"), rows, empty))


@command(app, "delete", example="freeseat trusted delete 10.1.0.0/16")
def delete(here: Here, cidr: Cidr) -> None:
    """Trust a network no longer: people there are refused at their next REGISTER."""
    here.write(lambda tx: delete_trusted(tx, cidr, here.actor, here.now))
    give(here, {"deleted": {"trusted": cidr}}, f"{cidr} is trusted no longer")


def as_data(network: TrustedNetwork) -> dict[str, object]:
    """A trusted network for programs."""
    return {"cidr": network.cidr, "description": network.description, "location_id": network.location_id}
