"""What forms ask of accounts, invitations and tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from freeseat.application.ports import Transaction
from freeseat.domain.permissions import Permission, Role
from freeseat.domain.workplaces import Theme
from freeseat.edge.web.portal.forms import Field, Form, Group, Sheet
from freeseat.edge.web.portal.kinds import CHECK, CHOICE, LINES, SECRET, SEVERAL, TEXT, Option, one_of, some_of
from freeseat.edge.web.texts import LANGUAGES


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


ROLES = {
    Role.ADMINISTRATOR: _("administrator: everything"),
    Role.SUPERVISOR: _("supervisor: the queues and sites named below"),
    Role.READ_ONLY: _("read only: sees, changes nothing"),
    Role.AGENT: _("agent: only his own page"),
}
_ROLES = tuple(Option(role.value, text) for role, text in ROLES.items())
_THEMES = (
    Option(Theme.AUTO.value, _("as the device is")),
    Option(Theme.LIGHT.value, _("light")),
    Option(Theme.DARK.value, _("dark")),
)
_LANGUAGE = tuple(Option(code, name) for code, name in LANGUAGES.items())
SCOPES = {
    Permission.DIRECTORY_READ: _("see people, phones and classes"),
    Permission.DIRECTORY_WRITE: _("change people and phones, reset PINs, import"),
    Permission.DESKS_READ: _("see who is where"),
    Permission.DESKS_WRITE: _("log people in and out"),
    Permission.QUEUES_READ: _("see queues, callers and members"),
    Permission.QUEUES_WRITE: _("log members in and out of queues, pause them"),
    Permission.CALLS_READ: _("read call records"),
    Permission.AUDIT_READ: _("read the audit log"),
    Permission.REPORTS_READ: _("read reports"),
    Permission.SETTINGS_READ: _("see settings"),
    Permission.SETTINGS_WRITE: _("change settings"),
    Permission.ACCOUNTS_WRITE: _("make accounts and tokens"),
}
_DAYS = (
    Option("90", _("in 90 days")),
    Option("30", _("in 30 days")),
    Option("365", _("in a year")),
    Option("", _("never")),
)

SPHERE = Group(
    _("Queues and sites"),
    (
        Field("queues", _("Queues"), SEVERAL),
        Field("sites", _("Sites, one each line"), LINES, _("As phones name them.")),
    ),
    _("A supervisor sees just these. Who only reads, and a program, is bounded by them; by nothing if none is named."),
)
_ROLE = (
    Field("role", _("Role"), one_of(Role), options=_ROLES),
    Field("user", _("Person"), TEXT, _("The number of the person whose account this is, if there is one.")),
)
INVITATION = Form((Group(_("Account"), _ROLE), SPHERE), aliases={"user_id": "user"})
ACCOUNT = Form(
    (
        Group(
            _("Account"),
            (
                Field("name", _("Name to sign in with"), TEXT, required=True),
                Field("full_name", _("Full name"), TEXT),
                Field(
                    "email", _("E-mail address"), TEXT, _("An OpenID provider's verified address is matched with it.")
                ),
                *_ROLE,
                Field("language", _("Language"), CHOICE, options=_LANGUAGE),
                Field("theme", _("Colours"), one_of(Theme), options=_THEMES),
                Field("enabled", _("Enabled"), CHECK, _("Taking this away signs out everywhere at once.")),
            ),
        ),
        SPHERE,
    ),
    aliases={"user_id": "user"},
)
TOKEN = Form(
    (
        Group(
            _("Token"),
            (
                Field("name", _("Name"), TEXT, _("What program will use it."), required=True),
                Field("expires", _("Ends"), CHOICE, options=_DAYS),
                Field(
                    "scopes",
                    _("The program may"),
                    some_of(Permission),
                    options=tuple(Option(scope.value, text, scope.value) for scope, text in SCOPES.items()),
                ),
            ),
        ),
        replace(SPHERE, folded=True),
    ),
    aliases={"expires_at": "expires"},
)
OWN = Form(
    (
        Group(
            _("How you like it"),
            (
                Field("full_name", _("Your name"), TEXT),
                Field("language", _("Language"), CHOICE, options=_LANGUAGE),
                Field("theme", _("Colours"), one_of(Theme), options=_THEMES),
            ),
        ),
    )
)
PASSWORD = Form(
    (
        Group(
            _("Password"),
            (
                Field("old", _("Present password"), SECRET, attributes={"autocomplete": "current-password"}),
                Field(
                    "password", _("New password"), SECRET, _("A sentence is best. You are signed out everywhere else.")
                ),
                Field("again", _("New password once more"), SECRET),
            ),
        ),
    )
)


def offering(tx: Transaction, sheet: Sheet) -> Sheet:
    """The form with the queues that there are."""
    queues = sorted(tx.queues.list(), key=lambda each: each.number)
    return sheet.offering(queues=[Option(each.number, each.name, each.number) for each in queues])


def ends(values: Mapping[str, Any], now: datetime) -> datetime | None:
    """When a token ends."""
    return now + timedelta(days=int(values["expires"])) if values["expires"].isdigit() else None
