"""What forms ask of a phone, and what it means for the directory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from freeseat.application.directory.phones import next_free_number
from freeseat.application.directory.rules import class_of
from freeseat.application.directory.spheres import person_named
from freeseat.application.ports import Transaction
from freeseat.domain.checks import normal_mac
from freeseat.domain.directory import IdlePolicy, Phone
from freeseat.domain.errors import InvalidValue
from freeseat.domain.permissions import Sphere
from freeseat.edge.web.portal.forms import Field, Form, Group, Sheet
from freeseat.edge.web.portal.kinds import CHECK, CHOICE, TEXT, TEXT_OR_NONE, Option, one_of
from freeseat.edge.web.portal.users.form import LANGUAGES


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


_USE = (
    Option("shared", _("shared: anybody with hot desk access logs in here")),
    Option("assigned", _("assigned: it is one person's own")),
)
_IDLE = (
    Option(IdlePolicy.FEATURES.value, _("feature codes only")),
    Option(IdlePolicy.INTERNAL.value, _("internal calls too")),
    Option(IdlePolicy.ALL.value, _("all that the class of service allows")),
)

PHONE = Form(
    (
        Group(
            _("Phone"),
            (
                Field(
                    "number", _("Number"), TEXT, _("Of shared phones: in their range (see the policy)."), required=True
                ),
                Field("use", _("Use"), CHOICE, options=_USE),
                Field("owner", _("Owner"), TEXT, _("Number of the person; only of an assigned phone.")),
                Field(
                    "default_owner",
                    _("Default owner"),
                    TEXT,
                    _("To whom a shared phone returns when a visitor leaves; empty: nobody."),
                ),
                Field("cos", _("Class of service"), CHOICE),
                Field(
                    "site",
                    _("Site"),
                    TEXT,
                    _("Supervisors are bounded by sites, floor plans and schedules go by them."),
                ),
                Field("location_id", _("Emergency location"), TEXT, _("Sent with emergency calls from here.")),
                Field("enabled", _("Enabled"), CHECK, _("Whoever is there is logged out when this is taken away.")),
            ),
        ),
        Group(
            _("Nobody logged in"),
            (
                Field("idle_policy", _("May call"), one_of(IdlePolicy), _("Emergency numbers always."), options=_IDLE),
                Field(
                    "language",
                    _("Language"),
                    CHOICE,
                    _("Of the voice menus until somebody is logged in."),
                    options=LANGUAGES,
                ),
                Field("group", _("Interconnect group"), TEXT),
            ),
        ),
        Group(
            _("Device"),
            (
                Field(
                    "mac",
                    _("MAC address"),
                    TEXT_OR_NONE,
                    _("12 hexadecimal digits, however they are separated."),
                    placeholder="00:15:65:12:34:56",
                ),
                Field("instance", _("Instance id"), TEXT_OR_NONE, _("Of a softphone: +sip.instance, without its < >.")),
                Field("vendor", _("Vendor"), TEXT),
                Field("model", _("Model"), TEXT),
                Field("template", _("Key template"), TEXT),
                Field("primary_node", _("Primary node"), TEXT),
                Field("secondary_node", _("Secondary node"), TEXT),
            ),
            folded=True,
        ),
    ),
    aliases={"owner_id": "owner", "default_owner_id": "default_owner"},
)


def new(tx: Transaction) -> Sheet:
    """The form of a new phone: shared, with the next free number if there is one."""
    try:
        number = next_free_number(tx)
    except InvalidValue:
        number = ""
    return shown(tx, Phone(id=0, number=number, class_id=tx.classes.list()[0].id))


def shown(tx: Transaction, phone: Phone) -> Sheet:
    """A phone in a form."""
    cos = tx.classes.get(id=phone.class_id)
    sheet = PHONE.shown(
        phone,
        cos=cos.name if cos else "",
        use="shared" if phone.shared else "assigned",
        owner=_number(tx, phone.owner_id),
        default_owner=_number(tx, phone.default_owner_id),
        mac=written_mac(phone.mac),
    )
    return offering(tx, sheet)


def offering(tx: Transaction, sheet: Sheet) -> Sheet:
    """The form with what can be chosen."""
    return sheet.offering(cos=[Option(each.name, each.name) for each in tx.classes.list()])


def changes(tx: Transaction, values: Mapping[str, Any], sphere: Sphere) -> dict[str, Any]:
    """What was typed as fields of a Phone. Raises InvalidValue for people who are not in the sphere."""
    apart = ("cos", "use", "owner", "default_owner", "mac")
    given = {name: value for name, value in values.items() if name not in apart}
    shared = values["use"] == "shared"
    return given | {
        "class_id": class_of(tx, values["cos"]).id,
        "shared": shared,
        "owner_id": person_named(tx, "owner", values["owner"], sphere),
        "default_owner_id": person_named(tx, "default_owner", values["default_owner"], sphere),
        "mac": (normal_mac(values["mac"]) or values["mac"]) if values["mac"] else None,
    }


def written_mac(mac: str | None) -> str:
    """A MAC address as people write it."""
    return ":".join(mac[at : at + 2] for at in range(0, len(mac), 2)) if mac else ""


def _number(tx: Transaction, user_id: int | None) -> str:
    user = tx.users.get(id=user_id) if user_id is not None else None
    return user.number if user else ""
