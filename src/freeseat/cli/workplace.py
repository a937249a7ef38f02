"""`freeseat workplace`: pages of PCs beside phones (R6.1)."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from freeseat.application.workplaces.desk import DeskSeen, desk_seen
from freeseat.application.workplaces.directory import (
    Link,
    add_workplace,
    change_workplace,
    delete_workplace,
    give_link,
    revoke_link,
    workplace_of,
)
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, Sheet, give
from freeseat.cli.values import clock, items, yes
from freeseat.domain.drawing import draw_token
from freeseat.domain.tokens import DESK_LINK, LOGIN_LINK
from freeseat.domain.workplaces import SettingsScope, Workplace

app = noun("Workplaces: the page of a PC beside a phone, which is always that of the person at the phone.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the workplace.")]
LinkOption = Annotated[Link, typer.Option("--for", help="What it opens: the page, or only the form to log in (QR).")]


def _text(flag: str, meaning: str, metavar: str = "TEXT") -> Any:
    return Annotated[str | None, typer.Option(flag, metavar=metavar, help=meaning)]


FIELDS: dict[str, Any] = {
    "name": _text("--name", "A new name."),
    "address": _text("--address", "IP address of its phone; wins over MAC and number. Empty: not by address.", "IP"),
    "mac": _text("--mac", "MAC address of its phone; wins over the number. Empty: not by MAC.", "MAC"),
    "phone_number": _text("--phone", "Number of its phone. Empty: not by number.", "NUMBER"),
    "queues": _text("--queues", "Queues it shows, by number, with commas; empty: all of whoever is there.", "LIST"),
    "site": _text("--site", "Where it is."),
    "settings_scope": Annotated[
        SettingsScope | None,
        typer.Option("--settings", help="user: settings follow the user; local: they stay here.", show_default=False),
    ],
    "enabled": Annotated[
        bool | None, typer.Option("--enabled/--disabled", help="A disabled one shows nothing.", show_default=False)
    ],
}


@command(app, "add", fields=FIELDS, example="freeseat workplace add 'desk 7' --phone 3001 --site berlin")
def add(here: Here, name: Name, **fields: Any) -> None:
    """Enter a workplace; its phone is found by address, else by MAC, else by number."""
    workplace = Workplace(0, name, **_changes(fields))
    added = here.write(lambda tx: add_workplace(tx, workplace, here.actor, here.now))
    _give(here, here.read(lambda tx: desk_seen(tx, added, here.now)))


@command(app, "show", example="freeseat workplace show 'desk 7'")
def show(here: Here, name: Name) -> None:
    """Show a workplace, which phone that is now, and who is there."""
    _give(here, here.read(lambda tx: desk_seen(tx, workplace_of(tx, name), here.now)))


@command(app, "list", example="freeseat workplace list")
def list_(here: Here) -> None:
    """List the workplaces."""
    seen = here.read(lambda tx: [desk_seen(tx, each, here.now) for each in tx.workplaces.list()])
    seen.sort(key=lambda each: each.workplace.name)
    heads = ("name", "site", "phone", "user", "since (UTC)", "queues", "enabled")
    empty = "No workplaces. Add one: freeseat workplace add --help"
    give(here, [as_data(each) for each in seen], Listing(heads, [_row(each) for each in seen], empty))


@command(app, "change", fields=FIELDS, example="freeseat workplace change 'desk 7' --address 10.1.7.7")
def change(here: Here, which: Name, **fields: Any) -> None:
    """Change a workplace; its open page follows at once."""
    new = here.write(lambda tx: change_workplace(tx, which, _changes(fields), here.actor, here.now))
    _give(here, here.read(lambda tx: desk_seen(tx, new, here.now)))


@command(app, "delete", example="freeseat workplace delete 'desk 7'")
def delete(here: Here, name: Name) -> None:
    """Delete a workplace with its settings; its links open nothing any more."""
    here.write(lambda tx: delete_workplace(tx, name, here.actor, here.now))
    give(here, {"deleted": {"workplace": name}}, f"workplace {name} is deleted")


@command(app, "link", example="freeseat workplace link 'desk 7' --for login")
def link(here: Here, name: Name, opens: LinkOption = Link.PAGE) -> None:
    """Make a new link; it is shown this once, and the one before opens nothing any more."""
    from freeseat.bootstrap.first_run import web_address

    token = draw_token(here.randomness)
    here.write(lambda tx: give_link(tx, name, opens, token, here.actor, here.now))
    url = web_address(here.settings) + (DESK_LINK if opens is Link.PAGE else LOGIN_LINK) + token
    give(here, {"workplace": name, "for": opens, "url": url}, url)


@command(app, "unlink", example="freeseat workplace unlink 'desk 7'")
def unlink(here: Here, name: Name, opens: LinkOption = Link.PAGE) -> None:
    """Let a link open nothing any more."""
    here.write(lambda tx: revoke_link(tx, name, opens, here.actor, here.now))
    give(here, {"workplace": name, "for": opens, "url": None}, f"workplace {name} has no link for its {opens} any more")


def as_data(seen: DeskSeen) -> dict[str, object]:
    """A workplace for programs; never its tokens."""
    workplace, place, occupant = seen.workplace, seen.place, seen.occupant
    return {
        "name": workplace.name,
        "address": workplace.address,
        "mac": workplace.mac,
        "phone_number": workplace.phone_number,
        "queues": workplace.queues,
        "site": workplace.site,
        "settings": workplace.settings_scope,
        "enabled": workplace.enabled,
        "has_link": workplace.digest is not None,
        "has_login_link": workplace.login_digest is not None,
        "phone": place.phone.number if place is not None and place.phone is not None else None,
        "user": occupant.user.number if occupant is not None else None,
        "since": occupant.since if occupant is not None else None,
    }


def _changes(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "queues": items(fields["queues"])} if "queues" in fields else fields


def _phone(seen: DeskSeen) -> str:
    if seen.place is None:
        return ""
    return seen.place.phone.number if seen.place.phone is not None else f"a device of {seen.place.aor}"


def _row(seen: DeskSeen) -> tuple[str, ...]:
    workplace, occupant = seen.workplace, seen.occupant
    return (
        workplace.name,
        workplace.site,
        _phone(seen),
        f"{occupant.user.number} {occupant.user.name}" if occupant is not None else "",
        clock(occupant.since) if occupant is not None else "",
        ", ".join(workplace.queues) or "all",
        yes(workplace.enabled),
    )


def _give(here: Here, seen: DeskSeen) -> None:
    workplace = seen.workplace
    _, site, phone, user, since, queues, enabled = _row(seen)
    fields = {
        "site": site,
        "by address": workplace.address,
        "by MAC": workplace.mac,
        "by number": workplace.phone_number,
        "phone now": phone,
        "user now": user,
        "since (UTC)": since,
        "queues": queues,
        "settings": "follow the user" if workplace.settings_scope is SettingsScope.USER else "stay here",
        "link": yes(workplace.digest is not None),
        "link to log in": yes(workplace.login_digest is not None),
        "enabled": enabled,
    }
    give(here, as_data(seen), Sheet(f"Workplace {workplace.name}", fields))
