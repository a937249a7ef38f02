"""Adding and changing people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from freeseat.application.directory.users import add_user, change_user, set_pin, user_of
from freeseat.application.ports import Transaction
from freeseat.domain.directory import User
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.portal.asking import words
from freeseat.edge.web.portal.form_pages import FormPage, form_page
from freeseat.edge.web.portal.forms import Sheet
from freeseat.edge.web.portal.users import form
from freeseat.edge.web.portal.users.list import HERE
from freeseat.edge.web.portal.visitors import DirectoryChanger


def _(text: str) -> str:
    """Mark a text for translation."""
    return text


router = APIRouter(include_in_schema=False)


@router.get("/portal/users/new")
async def new(request: Request, visitor: DirectoryChanger) -> Response:
    """The form for a new person."""
    sheet = await web_of(request).read(lambda tx: form.shown(tx, form.NO_PIN, form.NEW_USER))
    return await _page(request, visitor, sheet, words(visitor, _("New person")), _("Add"), HERE)


@router.post("/portal/users/new")
async def add(request: Request, visitor: DirectoryChanger) -> Response:
    """Add a person."""
    sheet = await form.NEW_USER.sent(request)

    def enter(tx: Transaction, values: Mapping[str, Any]) -> User:
        user = User(id=0, **form.changes(tx, values))
        pin = form.pin_typed(values)
        return add_user(tx, user, pin or None, visitor.principal.actor, now())

    done = await sheet.carry_out(request, enter)
    if isinstance(done, Sheet):
        return await _page(request, visitor, done, words(visitor, _("New person")), _("Add"), HERE)
    return go(f"{HERE}/{done.number}", words(visitor, _("{name} was added."), name=done.name))


@router.get("/portal/users/{number}/edit")
async def edit(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """The form of a person."""
    sheet = await web_of(request).read(lambda tx: form.shown(tx, user_of(tx, number)))
    return await _page(request, visitor, sheet, await _name(request, number), _("Save"), f"{HERE}/{number}")


@router.post("/portal/users/{number}/edit")
async def change(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Change a person."""
    sheet = await form.USER.sent(request)

    def save(tx: Transaction, values: Mapping[str, Any]) -> User:
        sheet.require_unchanged(form.shown(tx, user_of(tx, number)))
        return change_user(tx, number, form.changes(tx, values), visitor.principal.actor, now())

    done = await sheet.carry_out(request, save)
    if isinstance(done, Sheet):
        return await _page(request, visitor, done, await _name(request, number), _("Save"), f"{HERE}/{number}")
    return go(f"{HERE}/{done.number}", words(visitor, _("The changes were saved.")))


@router.get("/portal/users/{number}/pin")
async def ask_pin(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """The form for a new PIN."""
    await _name(request, number)
    return await _pin_page(request, visitor, number, form.PIN.shown(None, pin="", pin_again=""))


@router.post("/portal/users/{number}/pin")
async def reset_pin(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Set a new PIN; locks are lifted (R1.8)."""
    sheet = await form.PIN.sent(request)
    done = await sheet.carry_out(
        request, lambda tx, values: set_pin(tx, number, form.pin_typed(values), visitor.principal.actor, now())
    )
    if isinstance(done, Sheet):
        return await _pin_page(request, visitor, number, done)
    return go(f"{HERE}/{number}", words(visitor, _("The new PIN holds from now on, and all locks are lifted.")))


async def _name(request: Request, number: str) -> str:
    return await web_of(request).read(lambda tx: user_of(tx, number).name)


async def _pin_page(request: Request, visitor: Visitor, number: str, sheet: Sheet) -> Response:
    lead = _("A PIN can be set but never read: tell the person, or let him change it by phone.")
    heading = words(visitor, _("New PIN for {name}"), name=await _name(request, number))
    return await _page(request, visitor, sheet, heading, _("Set the PIN"), f"{HERE}/{number}", lead)


async def _page(
    request: Request, visitor: Visitor, sheet: Sheet, heading: str, button: str, back: str, lead: str = ""
) -> Response:
    crumbs = [(HERE, _("People"))] + ([(back, back.rpartition("/")[2])] if back != HERE else [])
    around = FormPage(HERE, heading, crumbs, button, back, lead)
    return await form_page(request, visitor, around, sheet, form.offering)
