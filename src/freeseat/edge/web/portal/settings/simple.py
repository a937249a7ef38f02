"""Settings that are short lists: feature codes, trusted networks, scheduled logouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from freeseat.application.directory.rules import (
    add_schedule,
    add_trusted,
    delete_code,
    delete_schedule,
    delete_trusted,
    set_code,
)
from freeseat.application.ports import Transaction
from freeseat.domain.directory import DEFAULT_CODES, FeatureCode, Function, Schedule, Scope, TrustedNetwork
from freeseat.domain.errors import Clash, InvalidValue, NotFound
from freeseat.domain.timers import next_run
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.portal.asking import words
from freeseat.edge.web.portal.forms import Field, Form, Group, Sheet
from freeseat.edge.web.portal.kinds import TEXT, Option, one_of
from freeseat.edge.web.portal.settings.tabs import CODES, SCHEDULES, TRUSTED, tab_page
from freeseat.edge.web.portal.visitors import SettingsChanger, SettingsReader


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
Question = Callable[[Transaction], Mapping[str, Any]]

_DEFAULTS = {each.function: each.code for each in DEFAULT_CODES}
_FUNCTIONS = {
    Function.LOGIN: (_("Log in"), _("Asks for extension and PIN; the extension may be dialled right behind the code.")),
    Function.LOGOUT: (_("Log out"), _("Asks for the PIN of who is logged in at the phone.")),
    Function.REMOTE_LOGOUT: (_("Log out somebody else"), _("The extension follows. Their classes have to allow it.")),
    Function.LOCATE: (_("Where is somebody?"), _("The extension follows; the phone is spoken.")),
    Function.CHANGE_PIN: (_("Change the PIN"), _("The old one, then the new one twice.")),
    Function.QUEUES: (_("All my queues"), _("Toggles; code + 1 logs in to all queues, code + 0 out.")),
}
CODES_FORM = Form(
    (
        Group(
            "",
            tuple(
                Field(function.value, title, TEXT, help, placeholder=_DEFAULTS[function])
                for function, (title, help) in _FUNCTIONS.items()
            ),
            _("Dialled at any phone. An empty code switches the function off. Keys of phones have to follow."),
        ),
    )
)

TRUSTED_FORM = Form(
    (
        Group(
            _("Trust another network"),
            (
                Field("cidr", _("Network"), TEXT, required=True, placeholder="10.1.0.0/16"),
                Field("description", _("Description"), TEXT),
                Field("location_id", _("Emergency location"), TEXT, _("Of devices there that are no known phones.")),
            ),
        ),
    )
)

_SCOPES = (
    Option(Scope.ALL.value, _("everybody")),
    Option(Scope.INTERNAL.value, _("people at phones here")),
    Option(Scope.EXTERNAL.value, _("people at outside telephones")),
    Option(Scope.SITE.value, _("people at a site")),
    Option(Scope.QUEUE.value, _("members of a queue")),
)
SCHEDULE_FORM = Form(
    (
        Group(
            _("New scheduled logout"),
            (
                Field(
                    "cron",
                    _("When"),
                    TEXT,
                    _("Minute, hour, day, month, weekday: 0 20 * * 1-5 is 8 p.m. from Monday to Friday."),
                    required=True,
                    placeholder="0 20 * * 1-5",
                ),
                Field("timezone", _("Time zone"), TEXT, required=True, placeholder="Europe/Berlin"),
                Field("scope", _("Who"), one_of(Scope), options=_SCOPES),
                Field("scope_value", _("Site or queue"), TEXT, _("The site's name or the queue's number.")),
                Field("description", _("Description"), TEXT),
            ),
        ),
    )
)


@router.get(CODES)
async def codes(request: Request, visitor: SettingsReader) -> Response:
    """The codes' form."""
    sheet = await web_of(request).read(_codes_shown)
    return await tab_page(request, visitor, "codes.html", CODES, {"sheet": sheet})


@router.post(CODES)
async def set_codes(request: Request, visitor: SettingsChanger) -> Response:
    """Change the codes: all of them or, if one is not acceptable, none."""
    sheet = await CODES_FORM.sent(request)
    actor = visitor.principal.actor

    def save(tx: Transaction, values: Mapping[str, Any]) -> None:
        sheet.require_unchanged(_codes_shown(tx))
        old = {each.function: each.code for each in tx.codes.list()}
        gone = [function for function in Function if not values[function.value] and function in old]
        changed = [function for function in Function if values[function.value] not in ("", old.get(function))]
        for function in gone:
            delete_code(tx, function, actor, now())
        for function in changed:
            _set(tx, FeatureCode(function, values[function.value]), visitor)

    done = await sheet.carry_out(request, save)
    if isinstance(done, Sheet):
        return await tab_page(request, visitor, "codes.html", CODES, {"sheet": done}, status=done.status)
    return go(CODES, words(visitor, _("The codes were saved.")))


def _set(tx: Transaction, code: FeatureCode, visitor: Visitor) -> None:
    try:
        set_code(tx, code, visitor.principal.actor, now())
    except InvalidValue as error:
        raise InvalidValue(code.function.value, error.value, error.expected) from error
    except Clash as error:
        raise Clash(code.function.value, error.value, error.wanted_by, error.taken_by) from error


def _codes_shown(tx: Transaction) -> Sheet:
    codes = {each.function.value: each.code for each in tx.codes.list()}
    return CODES_FORM.shown(None, **{function.value: codes.get(function.value, "") for function in Function})


@router.get(TRUSTED)
async def trusted(request: Request, visitor: SettingsReader) -> Response:
    """The trusted networks, and a form for another one."""
    sheet = TRUSTED_FORM.shown(TrustedNetwork(0, ""))
    return await tab_page(request, visitor, "trusted.html", TRUSTED, {"sheet": sheet}, question=_networks)


@router.post(TRUSTED)
async def trust(request: Request, visitor: SettingsChanger) -> Response:
    """Trust another network (R2.2)."""
    sheet = await TRUSTED_FORM.sent(request)
    actor = visitor.principal.actor
    done = await sheet.carry_out(request, lambda tx, values: add_trusted(tx, TrustedNetwork(0, **values), actor, now()))
    if isinstance(done, Sheet):
        values = {"sheet": done}
        return await tab_page(request, visitor, "trusted.html", TRUSTED, values, question=_networks, status=done.status)
    return go(TRUSTED, words(visitor, _("{network} is trusted."), network=done.cidr))


@router.post(TRUSTED + "/{id}/remove")
async def distrust(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Trust a network no longer."""

    def do(tx: Transaction) -> str:
        found = tx.trusted.get(id=id)
        if found is None:
            raise NotFound("trusted network", str(id))
        delete_trusted(tx, found.cidr, visitor.principal.actor, now())
        return found.cidr

    cidr = await web_of(request).write(do)
    return go(TRUSTED, words(visitor, _("{network} is trusted no longer."), network=cidr))


def _networks(tx: Transaction) -> dict[str, object]:
    return {"networks": tx.trusted.list()}


@router.get(SCHEDULES)
async def schedules(request: Request, visitor: SettingsReader) -> Response:
    """The scheduled logouts, and a form for another one."""
    sheet = SCHEDULE_FORM.shown(Schedule(0, ""))
    return await tab_page(request, visitor, "schedules.html", SCHEDULES, {"sheet": sheet}, question=_scheduled)


@router.post(SCHEDULES)
async def schedule(request: Request, visitor: SettingsChanger) -> Response:
    """Add a scheduled logout (R2.12)."""
    sheet = await SCHEDULE_FORM.sent(request)
    actor = visitor.principal.actor
    done = await sheet.carry_out(request, lambda tx, values: add_schedule(tx, Schedule(0, **values), actor, now()))
    if isinstance(done, Sheet):
        values = {"sheet": done}
        return await tab_page(
            request, visitor, "schedules.html", SCHEDULES, values, question=_scheduled, status=done.status
        )
    return go(SCHEDULES, words(visitor, _("The logout is scheduled.")))


@router.post(SCHEDULES + "/{id}/remove")
async def unschedule(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Delete a scheduled logout."""
    await web_of(request).write(lambda tx: delete_schedule(tx, id, visitor.principal.actor, now()))
    return go(SCHEDULES, words(visitor, _("The scheduled logout was deleted.")))


def _scheduled(tx: Transaction) -> dict[str, object]:
    rows = tx.schedules.list()
    scopes = {option.value: option.text for option in _SCOPES}
    return {"schedules": [(each, next_run(each, now()) if each.enabled else None) for each in rows], "scopes": scopes}
