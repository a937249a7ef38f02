"""The policy as a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from freeseat.application.directory.rules import set_policy
from freeseat.application.ports import Transaction
from freeseat.domain.lamps import LoggedOutLamp
from freeseat.domain.numbering import NumberRange
from freeseat.domain.pin import LockoutPolicy, PinPolicy
from freeseat.domain.policy import EmergencyNumber, Policy
from freeseat.domain.signing_in import SignInRules
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.portal.asking import words
from freeseat.edge.web.portal.forms import Field, Form, Group, Sheet
from freeseat.edge.web.portal.kinds import (
    CHECK,
    COUNT,
    COUNT_OR_NONE,
    DURATION,
    ITEMS,
    LINES,
    TEXT,
    Control,
    Kind,
    Option,
    Unreadable,
    one_of,
)
from freeseat.edge.web.portal.settings.tabs import POLICY, tab_page
from freeseat.edge.web.portal.visitors import SettingsChanger, SettingsReader


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)


def _ranges(text: str) -> tuple[NumberRange, ...]:
    return tuple(NumberRange.parse(each) for each in ITEMS.read(text))


def _emergency(text: str) -> tuple[EmergencyNumber, ...]:
    return tuple(EmergencyNumber(*line.split(None, 1)) for line in LINES.read(text))


def _apart(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [line.replace(":", " ").split() for line in LINES.read(text)]
    if any(len(pair) != 2 for pair in pairs):
        raise Unreadable("name two groups on each line, like: sales traders")
    return tuple((pair[0], pair[1]) for pair in pairs)


_RANGES = Kind(Control.TEXT, _ranges, lambda ranges: ", ".join(str(each) for each in ranges))
_EMERGENCY = Kind(
    Control.LINES, _emergency, lambda numbers: "\n".join(f"{each.number} {each.uri}".strip() for each in numbers)
)
_APART = Kind(Control.LINES, _apart, lambda pairs: "\n".join(" ".join(pair) for pair in pairs))
_LAMPS = (
    Option(LoggedOutLamp.HELD.value, _("like a call on hold: most blink slowly")),
    Option(LoggedOutLamp.BUSY.value, _("busy")),
    Option(LoggedOutLamp.IDLE.value, _("idle")),
)

FORM = Form(
    (
        Group(
            _("PINs"),
            (
                Field("pin.min_length", _("Fewest digits"), COUNT, _("0 to 8.")),
                Field("pin.max_length", _("Most digits"), COUNT, _("0 to 8.")),
                Field("pin.expiry_days", _("Must be changed after"), COUNT_OR_NONE, _("Days; empty: never.")),
                Field(
                    "pin.allow_blank", _("Allow a blank PIN"), CHECK, _("Whoever knows an extension can log in as it.")
                ),
                Field(
                    "pin.refuse_weak", _("Refuse weak PINs"), CHECK, _("The extension itself, repetitions and runs.")
                ),
            ),
            _("PINs that exist already stay as they are until they are changed."),
        ),
        Group(
            _("Wrong PINs and passwords"),
            (
                Field("lockout.failures", _("Lock after"), COUNT, _("So many wrong ones from one source.")),
                Field("lockout.window_seconds", _("Counted within"), DURATION),
                Field("lockout.lock_seconds", _("Locked for"), DURATION),
            ),
            _("A lock holds for that number from that address only: nobody can lock somebody else out from elsewhere."),
        ),
        Group(
            _("Numbers"),
            (
                Field(
                    "shared_phone_ranges",
                    _("Shared phones' ranges"),
                    _RANGES,
                    _("Shared phones get their numbers from here, and nobody else does."),
                    placeholder="3000-3999",
                ),
                Field("main_number", _("Main number"), TEXT, _("Caller number of phones with nobody logged in.")),
                Field("national_prefixes", _("National prefixes"), ITEMS),
                Field(
                    "international_prefixes",
                    _("International prefixes"),
                    ITEMS,
                    _("The longest prefix that fits decides whether a call is international."),
                ),
                Field(
                    "queues_reversed_digits",
                    _("Code of all queues: 0 logs in, 1 out"),
                    CHECK,
                    _("Usually it is the other way round."),
                ),
            ),
        ),
        Group(
            _("Emergency numbers"),
            (
                Field(
                    "emergency",
                    _("Number and SIP URI, one each line"),
                    _EMERGENCY,
                    _("Without a URI the caller hears that none is configured: 112 sip:192.0.2.1"),
                    required=True,
                ),
            ),
            _("They work from every phone, logged in or not, and carry the phone's emergency location."),
        ),
        Group(
            _("Groups that may not call each other"),
            (
                Field(
                    "apart",
                    _("Two groups, one pair each line"),
                    _APART,
                    _("Groups are named at people and phones."),
                    placeholder="sales traders",
                ),
            ),
        ),
        Group(
            _("Signing in to these pages"),
            (
                Field("sign_in.idle_seconds", _("Ends after idle for"), DURATION),
                Field("sign_in.longest_seconds", _("Ends in any case after"), DURATION),
                Field("sign_in.invitation_seconds", _("One-time links hold for"), DURATION),
                Field("sign_in.password_length", _("Fewest characters of a password"), COUNT, _("8 to 64.")),
            ),
        ),
        Group(
            _("Other"),
            (
                Field(
                    "logged_out_lamp",
                    _("Lamps of who is logged out"),
                    one_of(LoggedOutLamp),
                    _("On phones that know no such state."),
                    options=_LAMPS,
                ),
                Field(
                    "longest_call_hours",
                    _("Longest call"),
                    COUNT,
                    _("Hours, 1 to 168. After that a call whose end nobody saw is taken for ended."),
                ),
                Field(
                    "webhook_networks",
                    _("Networks for webhooks"),
                    ITEMS,
                    _("Where webhooks may go by plain http, and on this machine."),
                    placeholder="10.1.2.0/24",
                ),
            ),
        ),
    ),
    aliases={
        "pin length": "pin.max_length",
        "range": "shared_phone_ranges",
        **{f"lockout {name}": f"lockout.{name}" for name in ("failures", "window_seconds", "lock_seconds")},
        **{
            f"sign_in {name}": f"sign_in.{name}"
            for name in ("idle_seconds", "longest_seconds", "invitation_seconds", "password_length")
        },
    },
)
_PARTS: Mapping[str, type[PinPolicy] | type[LockoutPolicy] | type[SignInRules]] = {
    "pin": PinPolicy,
    "lockout": LockoutPolicy,
    "sign_in": SignInRules,
}


@router.get(POLICY)
async def policy(request: Request, visitor: SettingsReader) -> Response:
    """The policy's form."""
    sheet = await web_of(request).read(lambda tx: FORM.shown(tx.policy()))
    return await _page(request, visitor, sheet)


@router.post(POLICY)
async def change(request: Request, visitor: SettingsChanger) -> Response:
    """Replace the policy."""
    sheet = await FORM.sent(request)

    def save(tx: Transaction, values: Mapping[str, Any]) -> None:
        sheet.require_unchanged(FORM.shown(tx.policy()))
        set_policy(tx, policy_with(tx.policy(), values), visitor.principal.actor, now())

    done = await sheet.carry_out(request, save)
    if isinstance(done, Sheet):
        return await _page(request, visitor, done)
    return go(POLICY, words(visitor, _("The policy was saved and holds from now on.")))


def policy_with(old: Policy, values: Mapping[str, Any]) -> Policy:
    """The policy with these values, named as in the form. Raises InvalidValue."""
    whole: dict[str, Any] = {name: value for name, value in values.items() if "." not in name}
    for part, kind in _PARTS.items():
        within = {name.partition(".")[2]: value for name, value in values.items() if name.startswith(f"{part}.")}
        whole[part] = kind(**within)
    return replace(old, **whole)


async def _page(request: Request, visitor: Visitor, sheet: Sheet) -> Response:
    return await tab_page(request, visitor, "policy.html", POLICY, {"sheet": sheet}, status=sheet.status)
