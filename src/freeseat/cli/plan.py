"""`freeseat plan`: floor plans and the desks on them (R10.4)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from freeseat.application.plans.directory import (
    FloorSeen,
    add_plan,
    change_plan,
    delete_plan,
    floor_seen,
    place_desk,
    remove_desk,
)
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, Sheet, give
from freeseat.cli.values import clock
from freeseat.domain.errors import InvalidValue
from freeseat.domain.plans import LARGEST_IMAGE

app = noun("Floor plans: desks on a picture of their floor, coloured by who is there.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the plan.")]
PhoneArgument = Annotated[str, typer.Argument(metavar="PHONE", help="Number of the desk's phone.")]
Site = Annotated[str | None, typer.Option("--site", metavar="TEXT", help="The site whose floor it is.")]
Share = Annotated[float, typer.Option(metavar="SHARE", help="From the left or the top, 0 to 1.")]


@command(app, "add", example="freeseat plan add ground --image ground.png --site berlin")
def add(
    here: Here,
    name: Name,
    image: Annotated[Path, typer.Option("--image", metavar="FILE", help="Its picture: PNG, JPEG or WebP.")],
    site: Site = None,
) -> None:
    """Enter a plan."""
    data = _read(image)
    here.write(lambda tx: add_plan(tx, name, site or "", data, here.actor, here.now))
    _give(here, name)


@command(app, "show", example="freeseat plan show ground")
def show(here: Here, name: Name) -> None:
    """Show a plan and how its desks stand now."""
    _give(here, name)


@command(app, "list", example="freeseat plan list")
def list_(here: Here) -> None:
    """List the plans."""
    seen = here.read(lambda tx: [floor_seen(tx, plan.name) for plan in tx.plans.list()])
    seen.sort(key=lambda each: each.plan.name)
    rows = [
        (each.plan.name, each.plan.site, f"{each.plan.width} x {each.plan.height}", str(len(each.desks)))
        for each in seen
    ]
    empty = "No floor plans. Add one: freeseat plan add --help"
    give(here, [as_data(each) for each in seen], Listing(("name", "site", "pixels", "desks"), rows, empty))


@command(app, "change", example="freeseat plan change ground --image new.png")
def change(
    here: Here,
    which: Name,
    name: Annotated[str | None, typer.Option("--name", metavar="TEXT", help="A new name.")] = None,
    site: Site = None,
    image: Annotated[Path | None, typer.Option("--image", metavar="FILE", help="Another picture.")] = None,
) -> None:
    """Change a plan; desks keep their places."""
    data = _read(image) if image is not None else None
    new = here.write(lambda tx: change_plan(tx, which, here.actor, here.now, new_name=name, site=site, image=data))
    _give(here, new.name)


@command(app, "place", example="freeseat plan place ground 3001 --x 0.25 --y 0.4")
def place(here: Here, name: Name, phone: PhoneArgument, x: Share, y: Share) -> None:
    """Put a phone on a plan, or move it there."""
    here.write(lambda tx: place_desk(tx, name, phone, x, y, here.actor, here.now))
    give(here, {"plan": name, "phone": phone, "x": x, "y": y}, f"phone {phone} has its place on plan {name}")


@command(app, "remove", example="freeseat plan remove 3001")
def remove(here: Here, phone: PhoneArgument) -> None:
    """Take a phone off its plan."""
    here.write(lambda tx: remove_desk(tx, phone, here.actor, here.now))
    give(here, {"plan": None, "phone": phone}, f"phone {phone} is on no plan any more")


@command(app, "delete", example="freeseat plan delete ground")
def delete(here: Here, name: Name) -> None:
    """Delete a plan; its phones stay."""
    here.write(lambda tx: delete_plan(tx, name, here.actor, here.now))
    give(here, {"deleted": {"plan": name}}, f"plan {name} is deleted")


def as_data(seen: FloorSeen) -> dict[str, object]:
    """A plan for programs, without its picture."""
    plan = seen.plan
    return {
        "name": plan.name, "site": plan.site, "media_type": plan.media_type, "width": plan.width,
        "height": plan.height, "desks": [asdict(desk) for desk in seen.desks],
    }  # fmt: skip


def _read(file: Path) -> bytes:
    """A picture; not more of it than may be stored. Raises InvalidValue."""
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST_IMAGE + 1)
    except OSError as error:
        raise InvalidValue("image", str(file), error.strerror or "it cannot be read") from None


def _give(here: Here, name: str) -> None:
    seen = here.read(lambda tx: floor_seen(tx, name))
    plan = seen.plan
    fields = {"site": plan.site, "picture": f"{plan.media_type}, {plan.width} x {plan.height}"}
    heads = ("phone", "x", "y", "state", "user", "since (UTC)")
    rows = [
        (desk.phone, f"{desk.x:.3f}", f"{desk.y:.3f}", str(desk.state), f"{desk.occupant} {desk.occupant_name}".strip(),
         clock(desk.since))
        for desk in seen.desks
    ]  # fmt: skip
    give(here, as_data(seen), Sheet(f"Plan {plan.name}", fields), Listing(heads, rows, "no desks on it yet"))
