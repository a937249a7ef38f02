"""Adding and changing phones, and their SIP secrets, which are shown once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from freeseat.application.directory.phones import add_phone, change_phone, phone_of, set_secret
from freeseat.application.ports import Transaction
from freeseat.domain.directory import Phone
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.drawing import new_secret
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.portal.asking import Question, ask, words
from freeseat.edge.web.portal.form_pages import FormPage, form_page
from freeseat.edge.web.portal.forms import Sheet
from freeseat.edge.web.portal.once import Secret, shown_once
from freeseat.edge.web.portal.phones import form
from freeseat.edge.web.portal.phones.list import HERE
from freeseat.edge.web.portal.visitors import DirectoryChanger


def _(text: str) -> str:
    """Mark a text for translation."""
    return text


router = APIRouter(include_in_schema=False)


@router.get("/portal/phones/new")
async def new(request: Request, visitor: DirectoryChanger) -> Response:
    """The form for a new phone."""
    sheet = await web_of(request).read(form.new)
    return await _page(request, visitor, sheet, words(visitor, _("New phone")), _("Add"), HERE)


@router.post("/portal/phones/new")
async def add(request: Request, visitor: DirectoryChanger) -> Response:
    """Add a phone, and show its secret."""
    sheet, secret = await form.PHONE.sent(request), new_secret()

    def enter(tx: Transaction, values: Mapping[str, Any]) -> Phone:
        return add_phone(
            tx,
            Phone(id=0, **form.changes(tx, values, visitor.principal.sphere)),
            secret,
            visitor.principal.actor,
            now(),
        )

    done = await sheet.carry_out(request, enter)
    if isinstance(done, Sheet):
        return await _page(request, visitor, done, words(visitor, _("New phone")), _("Add"), HERE)
    return await _secret_page(request, visitor, done.number, secret)


@router.get("/portal/phones/{number}/edit")
async def edit(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """The form of a phone."""
    sheet = await web_of(request).read(lambda tx: form.shown(tx, phone_of(tx, number)))
    return await _page(request, visitor, sheet, _heading(visitor, number), _("Save"), f"{HERE}/{number}")


@router.post("/portal/phones/{number}/edit")
async def change(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Change a phone."""
    sheet = await form.PHONE.sent(request)

    def save(tx: Transaction, values: Mapping[str, Any]) -> Phone:
        sheet.require_unchanged(form.shown(tx, phone_of(tx, number)))
        return change_phone(
            tx, number, form.changes(tx, values, visitor.principal.sphere), visitor.principal.actor, now()
        )

    done = await sheet.carry_out(request, save)
    if isinstance(done, Sheet):
        return await _page(request, visitor, done, _heading(visitor, number), _("Save"), f"{HERE}/{number}")
    return go(f"{HERE}/{done.number}", words(visitor, _("The changes were saved.")))


@router.get("/portal/phones/{number}/secret")
async def ask_secret(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Ask before a phone gets a new secret."""
    await web_of(request).read(lambda tx: phone_of(tx, number))
    question = Question(
        words(visitor, _("New SIP secret for phone {number}?"), number=number),
        words(visitor, _("The old one stops working: the phone cannot register or call until it has the new one.")),
        words(visitor, _("Make a new secret")),
        f"{HERE}/{number}",
    )
    return await ask(request, visitor, HERE, question)


@router.post("/portal/phones/{number}/secret")
async def renew_secret(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Give a phone a new secret, and show it."""
    secret, actor = new_secret(), visitor.principal.actor
    await web_of(request).write(lambda tx: set_secret(tx, number, secret, actor, now()))
    return await _secret_page(request, visitor, number, secret)


async def _secret_page(request: Request, visitor: Visitor, number: str, secret: str) -> Response:
    shown = [
        Secret(words(visitor, _("SIP user name")), number),
        Secret(words(visitor, _("SIP secret")), secret),
    ]
    lead = words(visitor, _("Enter both in the phone's account. The secret is shown only this once."))
    return await shown_once(request, visitor, HERE, _heading(visitor, number), lead, shown, f"{HERE}/{number}")


def _heading(visitor: Visitor, number: str) -> str:
    return words(visitor, _("Phone {number}"), number=number)


async def _page(request: Request, visitor: Visitor, sheet: Sheet, heading: str, button: str, back: str) -> Response:
    crumbs = [(HERE, _("Phones"))] + ([(back, back.rpartition("/")[2])] if back != HERE else [])
    around = FormPage(HERE, heading, crumbs, button, back)
    return await form_page(request, visitor, around, sheet, form.offering)
