"""`freeseat code`: which feature code starts which function."""

from __future__ import annotations

from typing import Annotated

import typer

from freeseat.application.directory.rules import delete_code, set_code
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, give
from freeseat.domain.directory import FeatureCode, Function

app = noun("Feature codes: what to dial to log in, log out and so on.")

Which = Annotated[Function, typer.Argument(metavar="FUNCTION", help=f"One of {', '.join(Function)}.")]


@command(app, "list", example="freeseat code list")
def list_(here: Here) -> None:
    """List all functions and their codes."""
    codes = here.read(lambda tx: {each.function: each.code for each in tx.codes.list()})
    data = [{"function": each, "code": codes.get(each, "")} for each in Function]
    give(here, data, Listing(("function", "code"), [(each.value, codes.get(each, "-")) for each in Function]))


@command(app, "set", example="freeseat code set login '*45'")
def set_(
    here: Here, function: Which, code: Annotated[str, typer.Argument(metavar="CODE", help="What is dialled.")]
) -> None:
    """Give a function its code; more digits may follow a code when it is dialled."""
    here.write(lambda tx: set_code(tx, FeatureCode(function, code), here.actor, here.now))
    give(here, {"function": function, "code": code}, f"{code} is the code of {function} now")


@command(app, "delete", example="freeseat code delete locate")
def delete(here: Here, function: Which) -> None:
    """Take a function's code away: it can't be dialled any more."""
    here.write(lambda tx: delete_code(tx, function, here.actor, here.now))
    give(here, {"deleted": {"code": function}}, f"{function} has no code any more")
