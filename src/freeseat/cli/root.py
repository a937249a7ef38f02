"""The command `freeseat` itself: which commands there are, each loaded only when it is used."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from freeseat.cli.errors import told

if TYPE_CHECKING:
    from typer._click import Command, Context

_CONFIG_VARIABLE = "FREESEAT_CONFIG"  # of freeseat.settings, which takes too long to load for `--help`


@dataclass(frozen=True, slots=True)
class _Entry:
    """A command: the module and what in it (a Typer application or one function), a line of help, an example."""

    module: str
    attribute: str
    panel: str
    help: str
    hidden: bool = False
    example: str = ""


_DESK, _DIRECTORY, _RULES, _RECORDS, _NODE = (
    "Logging in and out",
    "People and phones",
    "Rules",
    "What happened",
    "This node",
)
_HERE = "freeseat.cli."
_COMMANDS: dict[str, _Entry] = {
    "login": _Entry("desk", "login", _DESK, "Log a user in at a shared phone."),
    "logout": _Entry("desk", "logout", _DESK, "Free a phone, or log a user out everywhere."),
    "locate": _Entry("desk", "locate_", _DESK, "Where a user is logged in."),
    "where": _Entry("desk", "where", _DESK, "Who is where."),
    "follow": _Entry(
        "follow",
        "follow",
        _DESK,
        "On the PC beside a phone: run commands when its user changes.",
        example="freeseat follow --url https://freeseat.example:8443 --workplace-token-file F --run 'softphone {user}'",
    ),
    "user": _Entry("user", "app", _DIRECTORY, "People: add, show, list, change, delete, pin, unlock."),
    "mwi": _Entry("mwi", "app", _DIRECTORY, "Waiting messages: set, show."),
    "phone": _Entry("phone", "app", _DIRECTORY, "Phones: add, show, list, change, delete, secret."),
    "queue": _Entry("queues", "app", _DIRECTORY, "Queues: their rules and members, who takes part, who waits."),
    "trunk": _Entry(
        "trunk", "app", _DIRECTORY, "Trunks to carriers or another PBX: add, show, list, change, delete, secret."
    ),
    "inbound": _Entry("inbound", "app", _DIRECTORY, "Numbers that come in on trunks, and whom they mean."),
    "workplace": _Entry("workplace", "app", _DIRECTORY, "Pages of PCs beside phones: add, show, list, change, link."),
    "board": _Entry("board", "app", _DIRECTORY, "Wallboards: add, show, list, change, link."),
    "plan": _Entry("plan", "app", _DIRECTORY, "Floor plans: add, show, list, change, place desks on them."),
    "import": _Entry("bulk", "import_", _DIRECTORY, "Import users, phones or queues from CSV."),
    "export": _Entry("bulk", "export", _DIRECTORY, "Print users, phones or queues as CSV."),
    "sample-office": _Entry("sample_office", "sample_office", _DIRECTORY, "Enter a small office to try things with."),
    "account": _Entry("account", "app", _RULES, "Who signs in to the portal, with which rights."),
    "token": _Entry("tokens", "app", _RULES, "What programs use the REST API by."),
    "cos": _Entry("cos", "app", _RULES, "Classes of service: permissions and timers."),
    "trusted": _Entry("trusted", "app", _RULES, "Networks from which people may register as themselves."),
    "code": _Entry("code", "app", _RULES, "Feature codes."),
    "schedule": _Entry("schedule", "app", _RULES, "Scheduled logouts."),
    "policy": _Entry("policy", "app", _RULES, "PINs, lockout, number ranges, emergency numbers and more."),
    "webhook": _Entry("webhook", "app", _RULES, "Events told to other systems: add, show, list, change, secret, test."),
    "calls": _Entry("calls", "app", _RECORDS, "Call records."),
    "events": _Entry("events", "app", _RECORDS, "The audit log."),
    "report": _Entry("report", "app", _RECORDS, "Reports: occupancy, seats, where, queues, failures."),
    "bindings": _Entry("bindings", "app", _RECORDS, "Registered phones."),
    "init": _Entry("node", "init", _NODE, "Make data directory, key, database and prompts."),
    "serve": _Entry("serve", "serve", _NODE, "Run this node.", example="freeseat serve --detach"),
    "stop": _Entry("serve", "stop", _NODE, "Stop this node.", example="freeseat stop --seconds 10"),
    "status": _Entry("serve", "status", _NODE, "Which processes of this node run.", example="freeseat status --json"),
    "doctor": _Entry("node", "doctor", _NODE, "Check everything and say what to do."),
    "selftest": _Entry("selftest", "selftest", _NODE, "Prove this node: register, log in, call, take over, log out."),
    "settings": _Entry("node", "settings", _NODE, "The settings in use, secrets masked."),
    "prompts": _Entry("node", "prompts", _NODE, "Voice prompts."),
    "version": _Entry("node", "version", _NODE, "The version of Freeseat."),
    "control": _Entry("serve", "control", _NODE, "The control plane, in the foreground.", hidden=True),
    "voice": _Entry("serve", "voice", _NODE, "The voice menus, in the foreground.", hidden=True),
    "web": _Entry("serve", "web", _NODE, "Portal, agent client and API, in the foreground.", hidden=True),
}


class _LazyGroup(TyperGroup):
    """Commands by name; a command's module is loaded only when that command is used."""

    def list_commands(self, ctx: Context) -> list[str]:
        """All names, in the order of the help."""
        return list(_COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Name and help only: enough for `--help` and for completing names."""
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        return TyperCommand(cmd_name, help=entry.help, rich_help_panel=entry.panel, hidden=entry.hidden)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """The real command, loaded now."""
        self.commands = {name: TyperCommand(name) for name, entry in _COMMANDS.items() if not entry.hidden}
        name, stub, rest = super().resolve_command(ctx, args)
        if name is None or stub is None:
            return name, stub, rest
        return name, _load(name), rest


def _load(name: str) -> Command:
    entry = _COMMANDS[name]
    found = getattr(import_module(_HERE + entry.module), entry.attribute)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(name, epilog=_epilog(found, entry))(_guarded(found))
        found = alone
    command = typer.main.get_command(found)
    command.name = name
    return command


def _epilog(function: object, entry: _Entry) -> str | None:
    return getattr(function, "epilog", None) or (f"Example: {entry.example}" if entry.example else None)


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, its errors told in words."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        with told(as_json=bool(kwargs.get("as_json"))):
            return function(*args, **kwargs)

    return guarded


app = typer.Typer(
    name="freeseat",
    cls=_LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done, 1 refused by the rules, 2 bad usage or input, 3 unavailable.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _freeseat(
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Settings file; otherwise FREESEAT_CONFIG, else /etc/freeseat/freeseat.toml."),
    ] = None,
) -> None:
    """Freeseat: any person works from any shared phone; calls, caller ID and records follow the person."""
    if config is not None:
        os.environ[_CONFIG_VARIABLE] = str(config.resolve())


def main() -> None:
    """The entry point of the command `freeseat`."""
    app(prog_name="freeseat")
