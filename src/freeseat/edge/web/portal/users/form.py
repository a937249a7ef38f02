"""What forms ask of a person, and what it means for the directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from freeseat.application.directory.rules import class_of
from freeseat.application.ports import Transaction
from freeseat.domain.directory import User
from freeseat.domain.errors import InvalidValue
from freeseat.edge.web.portal.forms import Field, Form, Group, Sheet
from freeseat.edge.web.portal.kinds import CHECK, CHOICE, DURATION, ITEMS, SECRET, TEXT, Option


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


LANGUAGES = (Option("en", "English"), Option("de", "Deutsch"))
"""Those the voice menus speak."""
NO_PIN = User(id=0, number="", name="", class_id=0, hot_desk_access=True)
"""What a new person begins as: most of those who are entered here are hot desk users."""

USER = Form(
    (
        Group(
            _("Person"),
            (
                Field(
                    "number",
                    _("Number"),
                    TEXT,
                    _("The extension: 1 to 15 digits, outside the shared phones' range."),
                    required=True,
                    attributes={"inputmode": "numeric"},
                ),
                Field("name", _("Name"), TEXT, _("Shown on phones and in lists."), required=True),
                Field("email", _("E-mail address"), TEXT),
                Field("department", _("Department"), TEXT),
                Field("location", _("Location"), TEXT, _("Where this person usually works.")),
                Field("language", _("Language"), CHOICE, _("Of the voice menus."), options=LANGUAGES),
            ),
        ),
        Group(
            _("Rights"),
            (
                Field(
                    "cos", _("Class of service"), CHOICE, _("What may be called, and when logins end by themselves.")
                ),
                Field(
                    "group",
                    _("Interconnect group"),
                    TEXT,
                    _("Groups that may not call each other are named in the policy."),
                ),
                Field(
                    "hot_desk_access",
                    _("May log in at shared phones"),
                    CHECK,
                    _("Not for people who have a phone of their own."),
                ),
                Field(
                    "permanent_login",
                    _("Stays logged in outside"),
                    CHECK,
                    _("Spared by scheduled logouts of people at outside telephones."),
                ),
                Field(
                    "enabled",
                    _("Enabled"),
                    CHECK,
                    _("A disabled person cannot log in and is not called; taking this away logs out at once."),
                ),
            ),
        ),
        Group(
            _("Caller ID and outside numbers"),
            (
                Field("caller_number", _("Number shown"), TEXT, _("To those who are called; empty: the extension.")),
                Field("caller_name", _("Name shown"), TEXT, _("Empty: the name.")),
                Field(
                    "external_numbers",
                    _("Outside numbers"),
                    ITEMS,
                    _("Where this person can be reached outside; commas between them."),
                ),
            ),
            folded=True,
        ),
        Group(
            _("Unanswered calls"),
            (
                Field(
                    "logged_out_to",
                    _("When logged out"),
                    TEXT,
                    _("announce:PROMPT, number:NUMBER or reject."),
                    required=True,
                ),
                Field("busy_to", _("When busy"), TEXT, _("Likewise; empty gives the caller the busy signal.")),
                Field("no_answer_to", _("Without an answer"), TEXT, _("Likewise; empty: it ends.")),
                Field("ring_seconds", _("Rings for"), DURATION, _("5 to 180 seconds.")),
            ),
            folded=True,
        ),
        Group(
            _("Phone and nodes"),
            (
                Field("key_profile", _("Key profile"), TEXT, _("Which keys phones get while this person is there.")),
                Field("primary_node", _("Primary node"), TEXT),
                Field("secondary_node", _("Secondary node"), TEXT),
            ),
            folded=True,
        ),
    )
)

NEW_PIN = Group(
    _("PIN"),
    (
        Field(
            "pin",
            _("PIN"),
            SECRET,
            _("Typed at the phone to log in. Without one nobody can log in as this person."),
            attributes={"inputmode": "numeric"},
        ),
        Field("pin_again", _("PIN once more"), SECRET, attributes={"inputmode": "numeric"}),
    ),
)
NEW_USER = replace(USER, groups=(USER.groups[0], NEW_PIN, *USER.groups[1:]))
PIN = Form((Group("", NEW_PIN.fields),))


def shown(tx: Transaction, user: User, form: Form = USER) -> Sheet:
    """A person in a form."""
    cos = tx.classes.get(id=user.class_id)
    sheet = form.shown(user, cos=cos.name if cos else "", pin="", pin_again="")
    return offering(tx, sheet)


def offering(tx: Transaction, sheet: Sheet) -> Sheet:
    """The form with what can be chosen."""
    return sheet.offering(cos=[Option(each.name, each.name) for each in tx.classes.list()])


def changes(tx: Transaction, values: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed as fields of a User. Raises NotFound for a class that is no more."""
    given = {name: value for name, value in values.items() if name not in ("cos", "pin", "pin_again")}
    return given | {"class_id": class_of(tx, values["cos"]).id}


def pin_typed(values: Mapping[str, Any]) -> str:
    """The PIN that was typed twice (R1.8). Raises InvalidValue if both differ."""
    if values["pin"] != values["pin_again"]:
        raise InvalidValue("pin_again", "***", "type the same PIN twice")
    return str(values["pin"])
