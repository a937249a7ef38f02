"""`freeseat phone`: devices, shared or assigned, and their SIP secrets (R1.2, R1.3)."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from freeseat.application.directory.phones import (
    add_phone,
    change_phone,
    delete_phone,
    next_free_number,
    phone_of,
    secret_of,
    set_secret,
)
from freeseat.application.directory.rules import class_of
from freeseat.application.directory.users import user_of
from freeseat.application.directory.views import PhoneSeen, phones_seen
from freeseat.application.ports import Transaction
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, Sheet, give
from freeseat.cli.values import yes
from freeseat.domain.checks import normal_mac
from freeseat.domain.directory import IdlePolicy, Phone
from freeseat.domain.drawing import draw_secret
from freeseat.domain.errors import InvalidValue

app = noun("Phones: shared ones, which are nobody's, and assigned ones.")

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The phone's number.")]


def _text(flag: str, meaning: str) -> Any:
    return Annotated[str | None, typer.Option(flag, metavar="TEXT", help=meaning)]


FIELDS: dict[str, Any] = {
    "number": Annotated[
        str | None, typer.Option("--number", metavar="NUMBER", help="Its number; a new one: next free shared number.")
    ],
    "shared": Annotated[bool | None, typer.Option("--shared", help="Nobody's: whoever logs in may use it.")],
    "owner": _text("--owner", "Assign it to this user, by number."),
    "cos": _text("--class", "Class of service, by name."),
    "mac": _text("--mac", "MAC address; empty: none."),
    "instance": _text("--instance", "Instance id (+sip.instance, RFC 5626); empty: none."),
    "vendor": _text("--vendor", "Vendor, such as yealink."),
    "model": _text("--model", "Model."),
    "template": _text("--template", "Key and label template."),
    "site": _text("--site", "Site."),
    "location_id": _text("--location-id", "Emergency location id: where this desk is."),
    "language": _text("--language", "Language of prompts with nobody logged in."),
    "idle_policy": Annotated[
        IdlePolicy | None, typer.Option("--idle-policy", help="What may be called with nobody logged in (R4.8).")
    ],
    "default_owner": _text("--default-owner", "User to whom it returns when a visitor leaves; empty: none."),
    "group": _text("--group", "Interconnect group with nobody logged in."),
    "primary_node": _text("--primary-node", "Primary node."),
    "secondary_node": _text("--secondary-node", "Secondary node."),
    "enabled": Annotated[
        bool | None, typer.Option("--enabled/--disabled", help="A disabled phone cannot register.", show_default=False)
    ],
}


@command(
    app, "add", fields=FIELDS, example="freeseat phone add --site berlin --location-id 'Berlin, 2nd floor, desk 4'"
)
def add(
    here: Here,
    secret: Annotated[
        str | None, typer.Option("--secret", metavar="TEXT", help="SIP password; otherwise made at random.")
    ] = None,
    **fields: Any,
) -> None:
    """Enter a phone: a shared one unless --owner is given. Prints its SIP secret."""
    chosen = draw_secret(here.randomness) if secret is None else secret

    def enter(tx: Transaction) -> PhoneSeen:
        given = _changes(tx, {"cos": "standard", **fields})
        if "number" not in given:
            if given.get("shared") is False:
                raise InvalidValue("number", "", "an assigned phone needs --number")
            given["number"] = next_free_number(tx)
        return phones_seen(tx, [add_phone(tx, Phone(id=0, **given), chosen, here.actor, here.now)])[0]

    _give(here, here.write(enter), chosen)


@command(app, "show", example="freeseat phone show 3001")
def show(here: Here, number: Number) -> None:
    """Show a phone, who is there, and whether it is registered."""
    _give(here, here.read(lambda tx: phones_seen(tx, [phone_of(tx, number)])[0]))


@command(app, "list", example="freeseat phone list --site berlin")
def list_(
    here: Here,
    site: Annotated[str | None, typer.Option(metavar="TEXT", help="Only of this site.")] = None,
    shared: Annotated[bool | None, typer.Option("--shared/--assigned", help="Only these.", show_default=False)] = None,
) -> None:
    """List phones."""

    def question(tx: Transaction) -> list[PhoneSeen]:
        where: dict[str, object] = {"site": site} if site is not None else {}
        if shared is not None:
            where["shared"] = shared
        return phones_seen(tx, tx.phones.list(**where))

    seen = here.read(question)
    heads = ("number", "kind", "class", "site", "location id", "registered", "occupant", "device", "enabled")
    empty = (
        "No phones yet; add one: freeseat phone add --help" if site is None and shared is None else "No such phones."
    )
    give(here, [as_data(each) for each in seen], Listing(heads, [_row(each) for each in seen], empty))


@command(app, "change", fields=FIELDS, example="freeseat phone change 3001 --default-owner 2019")
def change(here: Here, which: Number, **fields: Any) -> None:
    """Change fields of a phone; being disabled or no longer shared logs its occupant out."""

    def do(tx: Transaction) -> PhoneSeen:
        return phones_seen(tx, [change_phone(tx, which, _changes(tx, fields), here.actor, here.now)])[0]

    _give(here, here.write(do))


@command(app, "delete", example="freeseat phone delete 3001")
def delete(here: Here, number: Number) -> None:
    """Delete a phone; its occupant is logged out first."""
    here.write(lambda tx: delete_phone(tx, number, here.actor, here.now))
    give(here, {"deleted": {"phone": number}}, f"phone {number} is deleted")


@command(app, "secret", example="freeseat phone secret 3001 --new")
def secret_(
    here: Here,
    number: Number,
    new: Annotated[bool, typer.Option("--new", help="Make a new one; the phone has to be set up with it.")] = False,
    to: Annotated[str | None, typer.Option("--set", metavar="TEXT", help="Use this one from now on.")] = None,
) -> None:
    """Show the SIP secret of a phone, or give it another."""
    if new and to is not None:
        raise InvalidValue("secret", "***", "give either --new or --set")
    if new or to is not None:
        chosen = draw_secret(here.randomness) if to is None else to
        here.write(lambda tx: set_secret(tx, number, chosen, here.actor, here.now))
    secret = here.read(lambda tx: secret_of(tx, number))
    give(here, {"number": number, "secret": secret}, secret)


def as_data(seen: PhoneSeen) -> dict[str, object]:
    """A phone for programs; never its secret."""
    phone = seen.phone
    return {
        "number": phone.number,
        "shared": phone.shared,
        "class": seen.class_name,
        "enabled": phone.enabled,
        "registered": seen.registered,
        "occupant": seen.occupant,
        "occupant_name": seen.occupant_name,
        "owner": seen.owner,
        "default_owner": seen.default_owner,
        "mac": phone.mac,
        "instance": phone.instance,
        "vendor": phone.vendor,
        "model": phone.model,
        "template": phone.template,
        "site": phone.site,
        "location_id": phone.location_id,
        "language": phone.language,
        "idle_policy": phone.idle_policy,
        "group": phone.group,
        "primary_node": phone.primary_node,
        "secondary_node": phone.secondary_node,
    }


def _changes(tx: Transaction, fields: dict[str, Any]) -> dict[str, Any]:
    """The given options as fields of a phone. An owner makes it assigned, --shared makes it nobody's."""
    changes = dict(fields)
    if "cos" in changes:
        changes["class_id"] = class_of(tx, changes.pop("cos")).id
    if "mac" in changes:
        text = changes["mac"]
        changes["mac"] = (normal_mac(text) or text) if text else None
    if "instance" in changes:
        changes["instance"] = changes["instance"] or None
    if "default_owner" in changes:
        changes["default_owner_id"] = _user_id(tx, changes.pop("default_owner"))
    if "owner" in changes:
        changes["owner_id"] = _user_id(tx, changes.pop("owner"))
        changes.setdefault("shared", changes["owner_id"] is None)
    elif changes.get("shared"):
        changes["owner_id"] = None
    return changes


def _user_id(tx: Transaction, number: str) -> int | None:
    return user_of(tx, number).id if number else None


def _give(here: Here, seen: PhoneSeen, secret: str | None = None) -> None:
    data = as_data(seen)
    sheet = {name.replace("_", " "): _word(value) for name, value in data.items()}
    if secret is not None:
        data["secret"] = sheet["SIP secret"] = secret
    kind = "Shared phone" if seen.phone.shared else "Phone"
    give(here, data, Sheet(f"{kind} {seen.phone.number}", sheet))


def _word(value: object) -> str:
    if value is None:
        return ""
    return yes(value) if isinstance(value, bool) else str(value)


def _row(seen: PhoneSeen) -> tuple[str, ...]:
    phone = seen.phone
    occupant = f"{seen.occupant} {seen.occupant_name}".strip()
    return (
        phone.number,
        "shared" if phone.shared else f"of {seen.owner}",
        seen.class_name,
        phone.site,
        phone.location_id,
        yes(seen.registered),
        occupant,
        " ".join(each for each in (phone.vendor, phone.model, phone.mac) if each),
        yes(phone.enabled),
    )
