"""`freeseat mwi`: waiting messages, told by a mailbox elsewhere (R3.6)."""

from __future__ import annotations

from typing import Annotated

import typer

from freeseat.application.mailboxes import messages_of, set_messages
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Sheet, give
from freeseat.domain.mailbox import Mailbox

app = noun("Waiting messages: how many, for the message lamp, which follows the user.")

Number = Annotated[str, typer.Argument(metavar="USER", help="The user's number.")]


@command(app, "set", example="freeseat mwi set 2019 --new 2 --old 5")
def set_(
    here: Here,
    number: Number,
    new: Annotated[int, typer.Option("--new", metavar="COUNT", help="Messages not heard yet.")],
    old: Annotated[int, typer.Option("--old", metavar="COUNT", help="Messages heard already.")] = 0,
) -> None:
    """Tell how many messages wait for a user."""
    _give(here, number, here.write(lambda tx: set_messages(tx, number, new, old, here.actor, here.now)))


@command(app, "show", example="freeseat mwi show 2019")
def show(here: Here, number: Number) -> None:
    """How many messages wait for a user."""
    _give(here, number, here.read(lambda tx: messages_of(tx, number)))


def _give(here: Here, number: str, box: Mailbox) -> None:
    data = {"user": number, "new": box.new, "old": box.old}
    give(here, data, Sheet(f"Messages of {number}", {"new": str(box.new), "old": str(box.old)}))
