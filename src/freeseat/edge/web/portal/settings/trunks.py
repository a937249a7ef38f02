"""Trunks and inbound numbers (R4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from freeseat.application.directory.trunks import (
    add_trunk,
    change_trunk,
    delete_inbound,
    delete_trunk,
    set_inbound,
    set_trunk_secret,
)
from freeseat.application.listing import PageWanted
from freeseat.application.ports import Transaction
from freeseat.domain.errors import NotFound
from freeseat.domain.trunks import EXTERNAL_LOGIN, InboundNumber, Trunk
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.portal import listed
from freeseat.edge.web.portal.asking import Question, ask, words
from freeseat.edge.web.portal.form_pages import FormPage, form_page
from freeseat.edge.web.portal.forms import Field, Form, Group, Sheet
from freeseat.edge.web.portal.kinds import CHECK, COUNT, DURATION, ITEMS, SECRET, TEXT
from freeseat.edge.web.portal.settings.tabs import CRUMBS, HERE, TRUNKS, tab_page
from freeseat.edge.web.portal.visitors import SettingsChanger, SettingsReader


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
INBOUND = "/portal/settings/inbound"
FORM = Form(
    (
        Group(
            _("Trunk"),
            (
                Field("name", _("Name"), TEXT, required=True),
                Field(
                    "uri",
                    _("SIP URI"),
                    TEXT,
                    _("Of the carrier or PBX, without a user."),
                    required=True,
                    placeholder="sip:carrier.example:5060",
                ),
                Field(
                    "sources",
                    _("Calls come from"),
                    ITEMS,
                    _("Addresses or networks of the other side; only calls from there are taken."),
                ),
                Field(
                    "priority",
                    _("Priority"),
                    COUNT,
                    _("1 is tried first; the next one takes over where a trunk fails."),
                ),
                Field("enabled", _("Enabled"), CHECK),
            ),
        ),
        Group(
            _("Credentials"),
            (
                Field("username", _("User name"), TEXT),
                Field("secret", _("Password"), SECRET, _("Never shown. Empty keeps the one there is.")),
                Field("registers", _("Register there"), CHECK, _("Where the other side has to be told our address.")),
                Field("register_seconds", _("Registration is renewed within"), DURATION),
            ),
        ),
        Group(
            _("Numbers that go this way"),
            (
                Field(
                    "prefixes",
                    _("Prefixes"),
                    ITEMS,
                    _("Numbers that begin so; empty: all. The longest prefix wins over the priority."),
                ),
                Field("strip", _("Digits taken from the front"), COUNT),
                Field("prepend", _("Digits put there"), TEXT),
            ),
        ),
    )
)
INBOUND_FORM = Form(
    (
        Group(
            _("New inbound number"),
            (
                Field("number", _("Number"), TEXT, _("As the trunk sends it, with or without its +."), required=True),
                Field(
                    "destination",
                    _("Goes to"),
                    TEXT,
                    _("A person's or queue's number, or external_login: people log in from outside there."),
                    required=True,
                ),
                Field("description", _("Description"), TEXT),
            ),
        ),
    )
)


@router.get(TRUNKS)
async def trunks(
    request: Request,
    visitor: SettingsReader,
    search: str = "",
    after: Annotated[str, Query(max_length=32)] = "",
) -> Response:
    """Trunks, inbound numbers, and a form for another one."""
    return await _list(request, visitor, INBOUND_FORM.shown(InboundNumber(0, "", "")), search, after)


@router.post(INBOUND)
async def put_inbound(request: Request, visitor: SettingsChanger) -> Response:
    """Say whom an inbound number means."""
    sheet = await INBOUND_FORM.sent(request)
    actor = visitor.principal.actor
    done = await sheet.carry_out(request, lambda tx, values: set_inbound(tx, InboundNumber(0, **values), actor, now()))
    if isinstance(done, Sheet):
        return await _list(request, visitor, done)
    notice = words(visitor, _("{number} goes to {to}."), number=sheet.values["number"], to=sheet.values["destination"])
    return go(f"{TRUNKS}#inbound", notice)


@router.post(INBOUND + "/{id}/remove")
async def drop_inbound(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """An inbound number means nobody any more."""

    def do(tx: Transaction) -> str:
        found = tx.inbound.get(id=id)
        if found is None:
            raise NotFound("inbound number", str(id))
        delete_inbound(tx, found.number, visitor.principal.actor, now())
        return found.number

    number = await web_of(request).write(do)
    return go(f"{TRUNKS}#inbound", words(visitor, _("{number} goes nowhere any more."), number=number))


@router.get(f"{TRUNKS}/new")
async def new(request: Request, visitor: SettingsChanger) -> Response:
    """The form for a new trunk."""
    return await _new_page(request, visitor, FORM.shown(Trunk(0, "", "")))


@router.post(f"{TRUNKS}/new")
async def add(request: Request, visitor: SettingsChanger) -> Response:
    """Add a trunk."""
    sheet = await FORM.sent(request)
    actor = visitor.principal.actor

    def enter(tx: Transaction, values: Mapping[str, Any]) -> Trunk:
        return add_trunk(tx, Trunk(0, **_fields(values)), values["secret"], actor, now())

    done = await sheet.carry_out(request, enter)
    if isinstance(done, Sheet):
        return await _new_page(request, visitor, done)
    return go(TRUNKS, words(visitor, _("{name} was added."), name=done.name))


@router.get(TRUNKS + "/{id}")
async def edit(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """The form of a trunk."""
    trunk = await web_of(request).read(lambda tx: _trunk(tx, id))
    return await _edit_page(request, visitor, trunk, FORM.shown(trunk))


@router.post(TRUNKS + "/{id}")
async def change(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Change a trunk, and its password if one was typed."""
    sheet = await FORM.sent(request)
    actor = visitor.principal.actor

    def save(tx: Transaction, values: Mapping[str, Any]) -> Trunk:
        old = _trunk(tx, id)
        sheet.require_unchanged(FORM.shown(old))
        new = change_trunk(tx, old.name, _fields(values), actor, now())
        if values["secret"]:
            set_trunk_secret(tx, new.name, values["secret"], actor, now())
        return new

    done = await sheet.carry_out(request, save)
    if isinstance(done, Sheet):
        return await _edit_page(request, visitor, await web_of(request).read(lambda tx: _trunk(tx, id)), done)
    return go(TRUNKS, words(visitor, _("{name} was saved."), name=done.name))


@router.get(TRUNKS + "/{id}/delete")
async def ask_delete(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Ask before a trunk is deleted."""
    trunk = await web_of(request).read(lambda tx: _trunk(tx, id))
    question = Question(
        words(visitor, _("Delete trunk {name}?"), name=trunk.name),
        words(visitor, _("Calls that are under way go on; new ones take another trunk, or fail.")),
        words(visitor, _("Delete")),
        f"{TRUNKS}/{id}",
    )
    return await ask(request, visitor, HERE, question)


@router.post(TRUNKS + "/{id}/delete")
async def delete(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Delete a trunk."""
    actor = visitor.principal.actor
    await web_of(request).write(lambda tx: delete_trunk(tx, _trunk(tx, id).name, actor, now()))
    return go(TRUNKS, words(visitor, _("The trunk was deleted.")))


def _trunk(tx: Transaction, id: int) -> Trunk:
    found = tx.trunks.get(id=id)
    if found is None:
        raise NotFound("trunk", str(id))
    return found


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "secret"}


async def _list(request: Request, visitor: Visitor, sheet: Sheet, search: str = "", after: str = "") -> Response:
    filters = listed.given({"search": search})

    def question(tx: Transaction) -> dict[str, object]:
        trunks = sorted(tx.trunks.list(), key=lambda each: (each.priority, each.name))
        page = tx.listing.inbound(filters.get("search", ""), PageWanted(after=after or None, limit=listed.ROWS))
        numbers = [each.destination for each in page.rows]
        names = listed.names_of(tx, numbers)
        names |= {queue.number: queue.name for queue in tx.queues.among("number", numbers)}
        links = listed.links(TRUNKS, {**filters, "after": after}, page.next)
        return {"trunks": trunks, "inbound": page, "names": names, **links}

    values = {"sheet": sheet, "external_login": EXTERNAL_LOGIN, "search": search}
    return await tab_page(request, visitor, "trunks.html", TRUNKS, values, question=question, status=sheet.status)


async def _new_page(request: Request, visitor: Visitor, sheet: Sheet) -> Response:
    around = FormPage(HERE, words(visitor, _("New trunk")), (*CRUMBS, (TRUNKS, _("Trunks"))), _("Add"), TRUNKS)
    return await form_page(request, visitor, around, sheet)


async def _edit_page(request: Request, visitor: Visitor, trunk: Trunk, sheet: Sheet) -> Response:
    crumbs = (*CRUMBS, (TRUNKS, _("Trunks")))
    around = FormPage(HERE, trunk.name, crumbs, _("Save"), TRUNKS, delete=f"{TRUNKS}/{trunk.id}/delete")
    return await form_page(request, visitor, around, sheet)
