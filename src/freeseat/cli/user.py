"""`freeseat user`: people and their PINs (R1.1, R1.8, R1.9)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from freeseat.application.directory.rules import class_of
from freeseat.application.directory.users import add_user, change_user, delete_user, set_pin, unlock_user, user_of
from freeseat.application.directory.views import UserSeen, users_seen
from freeseat.application.ports import Transaction
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, Sheet, give
from freeseat.cli.pins import is_terminal, pin_given, pin_typed
from freeseat.cli.values import clock, items, yes
from freeseat.domain.directory import User
from freeseat.domain.drawing import draw_pin
from freeseat.domain.errors import InvalidValue

app = noun("People: their numbers, caller ID, PINs and class of service.")

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The user's number.")]
PinOption = Annotated[
    str | None, typer.Option("--pin", metavar="PIN", help="The PIN; - reads it from standard input, unseen by others.")
]
AtRandom = Annotated[bool, typer.Option("--random-pin", help="Make a PIN at random and print it this once.")]


def _text(flag: str, meaning: str) -> Any:
    return Annotated[str | None, typer.Option(flag, metavar="TEXT", help=meaning)]


def _flag(flag: str, meaning: str) -> Any:
    return Annotated[bool | None, typer.Option(flag, help=meaning, show_default=False)]


FIELDS: dict[str, Any] = {
    "number": Annotated[str | None, typer.Option("--number", metavar="NUMBER", help="Extension number.")],
    "name": _text("--name", "Name."),
    "hot_desk_access": _flag("--hot-desk/--no-hot-desk", "May log in at shared phones; off unless given."),
    "cos": _text("--class", "Class of service, by name."),
    "email": _text("--email", "E-mail address."),
    "department": _text("--department", "Department."),
    "location": _text("--location", "Where the user usually works."),
    "language": _text("--language", "Language of prompts: two letters, such as en."),
    "caller_number": _text("--caller-number", "Number shown to those he calls; otherwise his own."),
    "caller_name": _text("--caller-name", "Name shown to those he calls; otherwise his own."),
    "external_numbers": _text("--external-numbers", "Numbers outside, with commas."),
    "logged_out_to": _text("--logged-out-to", "Where calls go when logged out: announce:PROMPT, number:N or reject."),
    "busy_to": _text("--busy-to", "Likewise when busy; empty passes the busy signal back."),
    "no_answer_to": _text("--no-answer-to", "Likewise without an answer."),
    "ring_seconds": Annotated[
        int | None, typer.Option("--ring-seconds", metavar="SECONDS", help="How long it rings before that, 5 to 180.")
    ],
    "permanent_login": _flag(
        "--permanent-login/--no-permanent-login", "Spared by scheduled logouts of external users."
    ),
    "group": _text("--group", "Interconnect group (see policy, apart)."),
    "key_profile": _text("--key-profile", "Key profile."),
    "primary_node": _text("--primary-node", "Primary node."),
    "secondary_node": _text("--secondary-node", "Secondary node."),
    "enabled": _flag("--enabled/--disabled", "A disabled user cannot log in or be called."),
}


@command(app, "add", fields=FIELDS, example="freeseat user add --number 2019 --name Bill --hot-desk --pin -")
def add(
    here: Here,
    number: Annotated[str, typer.Option("--number", metavar="NUMBER", help="Extension number.")],
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="Name.")],
    pin: PinOption = None,
    random_pin: AtRandom = False,
    **fields: Any,
) -> None:
    """Enter a user. Without --pin it is asked for twice at a terminal; without one nobody can log in as this user."""
    wanted = _pin_wanted(here, number, pin, at_random=random_pin, needed=False)

    def enter(tx: Transaction) -> UserSeen:
        changes = _changes(tx, {"cos": "standard", **fields})
        user = User(id=0, number=number, name=name, **changes)
        return users_seen(tx, [add_user(tx, user, wanted, here.actor, here.now)])[0]

    _give(here, here.write(enter), wanted if random_pin else None)


@command(app, "show", example="freeseat user show 2019")
def show(here: Here, number: Number) -> None:
    """Show a user, where he is logged in, the phones assigned to him, and locks after wrong PINs."""
    seen, locks = here.read(lambda tx: (users_seen(tx, [user_of(tx, number)])[0], tx.failures.locks(number, here.now)))
    _give(here, seen, locks=locks)


@command(app, "list", example="freeseat user list --class standard --json")
def list_(
    here: Here,
    cos: Annotated[str | None, typer.Option("--class", metavar="TEXT", help="Only of this class of service.")] = None,
    department: Annotated[str | None, typer.Option(metavar="TEXT", help="Only of this department.")] = None,
) -> None:
    """List users."""

    def question(tx: Transaction) -> list[UserSeen]:
        where: dict[str, object] = {"class_id": class_of(tx, cos).id} if cos is not None else {}
        if department is not None:
            where["department"] = department
        return users_seen(tx, tx.users.list(**where))

    seen = here.read(question)
    heads = ("number", "name", "class", "department", "hot desk", "PIN", "enabled", "at", "own phones")
    empty = "No such users." if cos or department else "No users yet; add one: freeseat user add --help"
    give(here, [as_data(each) for each in seen], Listing(heads, [_row(each) for each in seen], empty))


@command(app, "change", fields=FIELDS, example="freeseat user change 2019 --class staff --caller-name 'Bill, sales'")
def change(here: Here, who: Number, **fields: Any) -> None:
    """Change fields of a user; whoever loses hot desk access or is disabled is logged out at once."""

    def do(tx: Transaction) -> UserSeen:
        return users_seen(tx, [change_user(tx, who, _changes(tx, fields), here.actor, here.now)])[0]

    _give(here, here.write(do))


@command(app, "delete", example="freeseat user delete 2019")
def delete(here: Here, number: Number) -> None:
    """Delete a user; he is logged out first."""
    here.write(lambda tx: delete_user(tx, number, here.actor, here.now))
    give(here, {"deleted": {"user": number}}, f"user {number} is deleted")


@command(app, "pin", example="freeseat user pin 2019 --random-pin")
def pin_(here: Here, number: Number, pin: PinOption = None, random_pin: AtRandom = False) -> None:
    """Set a new PIN, and lift locks. A PIN can be set but never read."""
    wanted = _pin_wanted(here, number, pin, at_random=random_pin, needed=True)
    assert wanted is not None, "it was needed"
    here.write(lambda tx: set_pin(tx, number, wanted, here.actor, here.now))
    data = {"user": number, "pin_set": True} | ({"pin": wanted} if random_pin else {})
    words = f"user {number} has a new PIN" + (f": {wanted} (shown this once)" if random_pin else "")
    give(here, data, words)


@command(app, "unlock", example="freeseat user unlock 2019")
def unlock(here: Here, number: Number) -> None:
    """Lift all locks after wrong PINs."""
    lifted = here.write(lambda tx: unlock_user(tx, number, here.actor, here.now))
    give(here, {"user": number, "lifted": lifted}, f"user {number}: {lifted} locks lifted")


def as_data(seen: UserSeen) -> dict[str, object]:
    """A user for programs."""
    user = seen.user
    return {
        "number": user.number,
        "name": user.name,
        "class": seen.class_name,
        "enabled": user.enabled,
        "hot_desk_access": user.hot_desk_access,
        "permanent_login": user.permanent_login,
        "has_pin": user.pin_set_at is not None,
        "pin_set_at": user.pin_set_at,
        "places": seen.places,
        "phones": seen.phones,
        "email": user.email,
        "department": user.department,
        "location": user.location,
        "language": user.language,
        "caller_number": user.caller_number,
        "caller_name": user.caller_name,
        "external_numbers": user.external_numbers,
        "logged_out_to": user.logged_out_to,
        "busy_to": user.busy_to,
        "no_answer_to": user.no_answer_to,
        "ring_seconds": user.ring_seconds,
        "group": user.group,
        "key_profile": user.key_profile,
        "primary_node": user.primary_node,
        "secondary_node": user.secondary_node,
    }


def _pin_wanted(here: Here, number: str, pin: str | None, *, at_random: bool, needed: bool) -> str | None:
    """The new PIN as given, typed twice or made; None if there is to be none, which only a new user may have."""
    if at_random:
        if pin is not None:
            raise InvalidValue("pin", "***", "give either --pin or --random-pin")
        return here.read(lambda tx: draw_pin(tx.policy(), number, here.randomness))
    if pin is not None:
        return pin_given(pin)
    if is_terminal():
        typed = pin_typed(f"user {number}" + ("" if needed else " (empty: none yet)"))
        return typed if typed or needed else None
    if needed:
        raise InvalidValue("pin", "", "give --pin - and the PIN on standard input, or --random-pin")
    return None


def _changes(tx: Transaction, fields: dict[str, Any]) -> dict[str, Any]:
    """The given options as fields of a user."""
    changes = dict(fields)
    if "cos" in changes:
        changes["class_id"] = class_of(tx, changes.pop("cos")).id
    if "external_numbers" in changes:
        changes["external_numbers"] = items(changes["external_numbers"])
    return changes


def _give(here: Here, seen: UserSeen, pin: str | None = None, locks: list[tuple[str, datetime]] | None = None) -> None:
    data = as_data(seen)
    sheet = {name.replace("_", " "): _word(value) for name, value in data.items() if name != "has_pin"}
    sheet["pin set at"] = clock(seen.user.pin_set_at) + " UTC" if seen.user.pin_set_at else "no PIN"
    if locks is not None:
        data["locks"] = [{"source": source, "until": until} for source, until in locks]
        sheet["locked"] = ", ".join(f"for {source} until {clock(until)} UTC" for source, until in locks)
    if pin is not None:
        data["pin"], sheet["PIN (shown this once)"] = pin, pin
    give(here, data, Sheet(f"User {seen.user.number}", sheet))


def _word(value: object) -> str:
    if isinstance(value, bool):
        return yes(value)
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _row(seen: UserSeen) -> tuple[str, ...]:
    user = seen.user
    return (
        user.number,
        user.name,
        seen.class_name,
        user.department,
        yes(user.hot_desk_access),
        yes(user.pin_set_at is not None),
        yes(user.enabled),
        ", ".join(seen.places),
        ", ".join(seen.phones),
    )
