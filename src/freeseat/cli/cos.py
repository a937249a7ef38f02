"""`freeseat cos`: classes of service, the permissions and timers that users and phones point at (R2.8, R2.9)."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from freeseat.application.directory.rules import add_class, change_class, class_of, delete_class
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, Sheet, give
from freeseat.cli.values import duration, items, seconds_of, yes
from freeseat.domain.directory import ClassOfService, Elsewhere, Right
from freeseat.domain.errors import InvalidValue

app = noun("Classes of service: permissions and timers that users and phones point at.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the class of service.")]


def _flag(flag: str, meaning: str) -> Any:
    return Annotated[bool | None, typer.Option(flag, help=meaning, show_default=False)]


FIELDS: dict[str, Any] = {
    "name": Annotated[str | None, typer.Option("--name", metavar="TEXT", help="A new name.")],
    "rights": Annotated[
        str | None,
        typer.Option(
            "--rights", metavar="LIST", help="What may be called: features,internal,national,international; or none."
        ),
    ],
    "hot_desk_login_accept": _flag("--accept-logins/--no-accept-logins", "Phones: people may log in there (R2.9)."),
    "remote_logout_accept": _flag(
        "--accept-remote-logout/--no-accept-remote-logout", "Users: may be logged out remotely (R2.9)."
    ),
    "remote_logout_enabled": _flag(
        "--remote-logout/--no-remote-logout", "Callers: may log others out remotely (R2.9)."
    ),
    "locate_enabled": _flag("--locate/--no-locate", "Callers: may ask where somebody is (R2.11)."),
    "elsewhere": Annotated[
        Elsewhere | None, typer.Option("--elsewhere", help="Who logs in while logged in elsewhere (R2.8).")
    ],
    "max_login_seconds": Annotated[
        str | None,
        typer.Option("--max-login", metavar="TIME", help="Longest login, such as 8h, at most 168h; or never."),
    ],
    "idle_logout_seconds": Annotated[
        str | None, typer.Option("--idle-logout", metavar="TIME", help="Logged out after such time without a call.")
    ],
    "unregistered_logout": _flag(
        "--unregistered-logout/--no-unregistered-logout", "Logged out when the phone is registered no more."
    ),
    "queue_login_at_desk_login": _flag(
        "--queue-login/--no-queue-login", "Logged in to queues when logging in at a desk (R5.5)."
    ),
    "high_security": _flag("--high-security/--no-high-security", "Logged out when the phone lost power (R2.14)."),
}


@command(
    app, "add", fields=FIELDS, example="freeseat cos add staff --rights features,internal,national --max-login 10h"
)
def add(here: Here, name: Name, **fields: Any) -> None:
    """Enter a class of service."""
    cos = ClassOfService(id=0, name=name, **_changes(fields))
    _give(here, here.write(lambda tx: add_class(tx, cos, here.actor, here.now)))


@command(app, "show", example="freeseat cos show staff")
def show(here: Here, name: Name) -> None:
    """Show a class of service."""
    _give(here, here.read(lambda tx: class_of(tx, name)))


@command(app, "list", example="freeseat cos list --json")
def list_(here: Here) -> None:
    """List the classes of service."""
    classes = here.read(lambda tx: tx.classes.list())
    heads = ("name", "rights", "elsewhere", "logins", "logs others out", "may be logged out", "longest", "idle")
    give(here, [as_data(each) for each in classes], Listing(heads, [_row(each) for each in classes]))


@command(app, "change", fields=FIELDS, example="freeseat cos change staff --elsewhere deny --idle-logout 30m")
def change(here: Here, which: Name, **fields: Any) -> None:
    """Change a class of service, for everybody who points at it."""
    _give(here, here.write(lambda tx: change_class(tx, which, _changes(fields), here.actor, here.now)))


@command(app, "delete", example="freeseat cos delete staff")
def delete(here: Here, name: Name) -> None:
    """Delete a class of service that nobody points at."""
    here.write(lambda tx: delete_class(tx, name, here.actor, here.now))
    give(here, {"deleted": {"class": name}}, f"class of service {name} is deleted")


def as_data(cos: ClassOfService) -> dict[str, object]:
    """A class of service for programs; rights in the order of what they allow, times in seconds or null."""
    return {
        "name": cos.name,
        "rights": _rights(cos),
        "hot_desk_login_accept": cos.hot_desk_login_accept,
        "remote_logout_accept": cos.remote_logout_accept,
        "remote_logout_enabled": cos.remote_logout_enabled,
        "locate_enabled": cos.locate_enabled,
        "elsewhere": cos.elsewhere,
        "max_login_seconds": cos.max_login_seconds,
        "idle_logout_seconds": cos.idle_logout_seconds,
        "unregistered_logout": cos.unregistered_logout,
        "queue_login_at_desk_login": cos.queue_login_at_desk_login,
        "high_security": cos.high_security,
    }


def _rights(cos: ClassOfService) -> list[str]:
    return [right.value for right in Right if right in cos.rights]


def _changes(fields: dict[str, Any]) -> dict[str, Any]:
    """The given options as fields of a class of service."""
    changes = dict(fields)
    if "rights" in changes:
        changes["rights"] = _rights_of(changes["rights"])
    for name in ("max_login_seconds", "idle_logout_seconds"):
        if name in changes:
            changes[name] = seconds_of(name.removesuffix("_seconds"), changes[name])
    return changes


def _rights_of(text: str) -> frozenset[Right]:
    words = () if text == "none" else items(text)
    unknown = sorted(set(words) - {right.value for right in Right})
    if unknown:
        raise InvalidValue("rights", unknown[0], f"use some of {', '.join(Right)}, with commas, or none")
    return frozenset(Right(word) for word in words)


def _give(here: Here, cos: ClassOfService) -> None:
    fields = {
        "rights": ", ".join(_rights(cos)) or "none",
        "accepts logins (phones)": yes(cos.hot_desk_login_accept),
        "may be logged out remotely": yes(cos.remote_logout_accept),
        "may log others out remotely": yes(cos.remote_logout_enabled),
        "may ask where somebody is": yes(cos.locate_enabled),
        "logging in while elsewhere": cos.elsewhere.value,
        "longest login": duration(cos.max_login_seconds),
        "logged out when idle for": duration(cos.idle_logout_seconds),
        "logged out when unregistered": yes(cos.unregistered_logout),
        "logged in to queues with a desk login": yes(cos.queue_login_at_desk_login),
        "high security": yes(cos.high_security),
    }
    give(here, as_data(cos), Sheet(f"Class of service {cos.name}", fields))


def _row(cos: ClassOfService) -> tuple[str, ...]:
    return (
        cos.name,
        ", ".join(_rights(cos)) or "none",
        cos.elsewhere.value,
        yes(cos.hot_desk_login_accept),
        yes(cos.remote_logout_enabled),
        yes(cos.remote_logout_accept),
        duration(cos.max_login_seconds),
        duration(cos.idle_logout_seconds),
    )
