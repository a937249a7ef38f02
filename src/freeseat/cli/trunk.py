"""`freeseat trunk`: ways outside, to carriers or to an existing PBX (R4.3)."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from freeseat.application.directory.trunks import add_trunk, change_trunk, delete_trunk, set_trunk_secret, trunk_of
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, Sheet, give
from freeseat.cli.pins import STDIN, is_terminal, secret_typed
from freeseat.cli.values import duration, items, seconds_of, yes
from freeseat.domain.errors import InvalidValue
from freeseat.domain.trunks import Trunk

app = noun("Trunks to carriers or to an existing PBX: numbers that nobody here has go there, in order of priority.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the trunk.")]
SecretOption = Annotated[
    str | None,
    typer.Option("--secret", metavar="TEXT", help="Its password; - reads it from standard input, unseen by others."),
]


def _text(flag: str, meaning: str, metavar: str = "TEXT") -> Any:
    return Annotated[str | None, typer.Option(flag, metavar=metavar, help=meaning)]


def _count(flag: str, meaning: str) -> Any:
    return Annotated[int | None, typer.Option(flag, metavar="COUNT", help=meaning)]


FIELDS: dict[str, Any] = {
    "name": _text("--name", "A new name."),
    "uri": _text("--uri", "Where it is, such as sip:carrier.example:5060 or sip:192.0.2.7;transport=tcp.", "URI"),
    "username": _text("--username", "User name by which it knows us."),
    "registers": Annotated[
        bool | None,
        typer.Option(
            "--register/--by-address", help="Whether we register there, or it knows our address.", show_default=False
        ),
    ],
    "register_seconds": _text("--register-every", "How long a registration holds, such as 5m.", "TIME"),
    "sources": _text("--sources", "Addresses or networks that its calls come from, with commas.", "LIST"),
    "prefixes": _text("--prefixes", "It carries only numbers that begin so, with commas; empty: all.", "LIST"),
    "strip": _count("--strip", "Digits to take off the front of a number."),
    "prepend": _text("--prepend", "Digits to put there instead.", "DIGITS"),
    "priority": _count("--priority", "Tried first with 1, then 2 and so on when one fails."),
    "enabled": Annotated[
        bool | None, typer.Option("--enabled/--disabled", help="A disabled trunk is not used.", show_default=False)
    ],
}


@command(
    app, "add", fields=FIELDS,
    example="freeseat trunk add carrier --uri sip:carrier.example --username 4930555 --register --secret -",
)  # fmt: skip
def add(
    here: Here,
    name: Name,
    uri: Annotated[str, typer.Option("--uri", metavar="URI", help="Where it is, such as sip:carrier.example:5060.")],
    secret: SecretOption = None,
    **fields: Any,
) -> None:
    """Enter a trunk. Without --secret it has none: then it knows us by address."""
    password = _secret_given(secret) if secret is not None else ""
    trunk = Trunk(id=0, name=name, uri=uri, **_changes(fields))
    _give(here, here.write(lambda tx: add_trunk(tx, trunk, password, here.actor, here.now)))


@command(app, "show", example="freeseat trunk show carrier")
def show(here: Here, name: Name) -> None:
    """Show a trunk; never its password."""
    _give(here, here.read(lambda tx: trunk_of(tx, name)))


@command(app, "list", example="freeseat trunk list")
def list_(here: Here) -> None:
    """List the trunks, in the order in which they are tried."""
    trunks = sorted(here.read(lambda tx: tx.trunks.list()), key=lambda each: (each.priority, each.id))
    heads = ("name", "priority", "where", "user", "registers", "calls from", "numbers", "enabled")
    empty = "No trunks: calls outside go nowhere. Add one: freeseat trunk add --help"
    give(here, [as_data(each) for each in trunks], Listing(heads, [_row(each) for each in trunks], empty))


@command(app, "change", fields=FIELDS, example="freeseat trunk change carrier --priority 2 --prefixes 00,+")
def change(here: Here, which: Name, **fields: Any) -> None:
    """Change a trunk; calls that are up go on."""
    _give(here, here.write(lambda tx: change_trunk(tx, which, _changes(fields), here.actor, here.now)))


@command(app, "delete", example="freeseat trunk delete carrier")
def delete(here: Here, name: Name) -> None:
    """Delete a trunk; calls that are up go on."""
    here.write(lambda tx: delete_trunk(tx, name, here.actor, here.now))
    give(here, {"deleted": {"trunk": name}}, f"trunk {name} is deleted")


@command(app, "secret", example="freeseat trunk secret carrier --secret - < password.txt")
def secret_(here: Here, name: Name, secret: SecretOption = None) -> None:
    """Give a trunk another password; without --secret it is asked for twice. It can be set but never read."""
    if secret is None and not is_terminal():
        raise InvalidValue("secret", "", "give --secret - and the password on standard input")
    password = _secret_given(secret) if secret is not None else secret_typed(f"trunk {name}")
    here.write(lambda tx: set_trunk_secret(tx, name, password, here.actor, here.now))
    give(here, {"trunk": name, "has_secret": bool(password)}, f"trunk {name} has a new password")


def as_data(trunk: Trunk) -> dict[str, object]:
    """A trunk for programs; never its password."""
    return {
        "name": trunk.name,
        "uri": trunk.uri,
        "username": trunk.username,
        "has_secret": bool(trunk.secret),
        "registers": trunk.registers,
        "register_seconds": trunk.register_seconds,
        "sources": trunk.sources,
        "prefixes": trunk.prefixes,
        "strip": trunk.strip,
        "prepend": trunk.prepend,
        "priority": trunk.priority,
        "enabled": trunk.enabled,
    }


def _secret_given(text: str) -> str:
    return sys.stdin.readline().rstrip("\r\n") if text == STDIN else text


def _changes(fields: dict[str, Any]) -> dict[str, Any]:
    """The given options as fields of a trunk."""
    changes = dict(fields)
    for name in ("sources", "prefixes"):
        if name in changes:
            changes[name] = items(changes[name])
    if "register_seconds" in changes:
        seconds = seconds_of("register-every", changes["register_seconds"])
        if seconds is None:
            raise InvalidValue("register-every", changes["register_seconds"], "use a duration like 5m")
        changes["register_seconds"] = seconds
    return changes


def _give(here: Here, trunk: Trunk) -> None:
    fields = {
        "where": trunk.uri,
        "user name": trunk.username,
        "password": "set" if trunk.secret else "none",
        "registers": f"every {duration(trunk.register_seconds)}" if trunk.registers else "no",
        "calls come from": ", ".join(trunk.sources),
        "numbers": ", ".join(trunk.prefixes) or "all",
        "dialled": _dialled(trunk),
        "priority": str(trunk.priority),
        "enabled": yes(trunk.enabled),
    }
    give(here, as_data(trunk), Sheet(f"Trunk {trunk.name}", fields))


def _dialled(trunk: Trunk) -> str:
    parts = [f"without the first {trunk.strip}"] if trunk.strip else []
    parts += [f"with {trunk.prepend} in front"] if trunk.prepend else []
    return ", ".join(parts) or "as they are"


def _row(trunk: Trunk) -> tuple[str, ...]:
    return (
        trunk.name,
        str(trunk.priority),
        trunk.uri,
        trunk.username,
        yes(trunk.registers),
        ", ".join(trunk.sources),
        ", ".join(trunk.prefixes) or "all",
        yes(trunk.enabled),
    )
