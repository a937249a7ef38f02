"""Workplaces: the list, forms, links and QR codes, shown once (R6.1, R2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from freeseat.application.listing import PageWanted, WorkplacesWanted
from freeseat.application.ports import Transaction
from freeseat.application.workplaces.directory import (
    Link,
    add_workplace,
    change_workplace,
    delete_workplace,
    give_link,
    revoke_link,
)
from freeseat.domain.errors import NotFound
from freeseat.domain.tokens import DESK_LINK, LOGIN_LINK
from freeseat.domain.workplaces import SettingsScope, Workplace
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.drawing import new_link
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.links import address_of
from freeseat.edge.web.portal import listed
from freeseat.edge.web.portal.asking import Question, ask, words
from freeseat.edge.web.portal.form_pages import FormPage, form_page
from freeseat.edge.web.portal.forms import Field, Form, Group, Sheet
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.portal.kinds import CHECK, SEVERAL, TEXT, Option, one_of
from freeseat.edge.web.portal.once import Secret, qr_of, shown_once
from freeseat.edge.web.portal.phones.form import written_mac
from freeseat.edge.web.portal.visitors import SettingsChanger, SettingsReader


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
HERE = "/portal/workplaces"
_CRUMBS = ((HERE, _("Workplaces")),)
_SCOPES = (
    Option(SettingsScope.USER.value, _("follow the person")),
    Option(SettingsScope.LOCAL.value, _("stay at this workplace")),
)
FORM = Form(
    (
        Group(
            _("Workplace"),
            (
                Field("name", _("Name"), TEXT, required=True, placeholder="Support, window"),
                Field("site", _("Site"), TEXT),
                Field("enabled", _("Enabled"), CHECK, _("Its links open nothing while it is disabled.")),
            ),
        ),
        Group(
            _("Its phone"),
            (
                Field("address", _("IP address of the phone"), TEXT, placeholder="192.0.2.7"),
                Field("mac", _("MAC address"), TEXT, placeholder="00:15:65:12:34:56"),
                Field("phone_number", _("Number of the phone"), TEXT, placeholder="3001"),
            ),
            _("One is enough. The address wins over the MAC, the MAC over the number."),
        ),
        Group(
            _("The page"),
            (
                Field("settings_scope", _("Settings"), one_of(SettingsScope), options=_SCOPES),
                Field("queues", _("Queues shown; none chosen: those of who is logged in"), SEVERAL),
            ),
        ),
    ),
    aliases={"phone": "address"},
)


@router.get(HERE)
async def workplaces(
    request: Request,
    visitor: SettingsReader,
    search: str = "",
    site: str = "",
    after: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """The list."""
    filters = listed.given({"search": search, "site": site})
    wanted = WorkplacesWanted(filters.get("search", ""), filters.get("site", ""), visitor.principal.sphere)

    def question(tx: Transaction) -> dict[str, object]:
        page = tx.listing.workplaces(wanted, PageWanted(after=after or None, limit=listed.ROWS))
        rows = [(each, written_mac(each.mac)) for each in page.rows]
        return {"workplaces": rows, "total": page.total, **listed.links(HERE, {**filters, "after": after}, page.next)}

    values = {"filters": filters, "search": search}
    return await portal_page(request, visitor, "workplaces/list.html", HERE, values, question=question)


@router.get(f"{HERE}/new")
async def new(request: Request, visitor: SettingsChanger, phone: str = "") -> Response:
    """The form for a new workplace, perhaps at a phone."""
    blank = Workplace(0, "", phone_number=phone[:15])
    return await _new_page(request, visitor, FORM.shown(blank))


@router.post(f"{HERE}/new")
async def add(request: Request, visitor: SettingsChanger) -> Response:
    """Add a workplace; its links come next."""
    sheet = await FORM.sent(request)
    actor = visitor.principal.actor
    done = await sheet.carry_out(request, lambda tx, values: add_workplace(tx, Workplace(0, **values), actor, now()))
    if isinstance(done, Sheet):
        return await _new_page(request, visitor, done)
    notice = words(visitor, _("{name} was added. Now make its link, and open it at the PC."), name=done.name)
    return go(f"{HERE}/{done.id}", notice)


@router.get(HERE + "/{id}")
async def edit(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """The form of a workplace, and its links."""
    workplace = await web_of(request).read(lambda tx: _workplace(tx, id))
    return await _edit_page(request, visitor, workplace, _shown(workplace))


@router.post(HERE + "/{id}")
async def change(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Change a workplace."""
    sheet = await FORM.sent(request)

    def save(tx: Transaction, values: Mapping[str, Any]) -> Workplace:
        old = _workplace(tx, id)
        sheet.require_unchanged(_shown(old))
        return change_workplace(tx, old.name, values, visitor.principal.actor, now())

    done = await sheet.carry_out(request, save)
    if isinstance(done, Sheet):
        return await _edit_page(request, visitor, await web_of(request).read(lambda tx: _workplace(tx, id)), done)
    return go(f"{HERE}/{id}", words(visitor, _("The changes were saved.")))


@router.post(HERE + "/{id}/links/{link}")
async def make_link(request: Request, visitor: SettingsChanger, id: int, link: Link) -> Response:
    """Make a link, and show it with its QR code; the one before opens nothing any more."""
    token, actor = new_link(), visitor.principal.actor
    done = await web_of(request).write(lambda tx: give_link(tx, _workplace(tx, id).name, link, token, actor, now()))
    if link is Link.PAGE:
        path, label = DESK_LINK, words(visitor, _("Link to the page"))
        lead = words(visitor, _("Open it once in the browser of the PC: from then on that browser is this workplace."))
    else:
        path, label = LOGIN_LINK, words(visitor, _("Link to log in at this desk"))
        lead = words(
            visitor, _("Print the QR code and put it on the desk. It opens a form that asks for extension and PIN.")
        )
    address = address_of(request, path + token)
    secrets = [Secret(label, address, qr_of(address))]
    return await shown_once(request, visitor, HERE, done.name, lead, secrets, f"{HERE}/{id}")


@router.post(HERE + "/{id}/links/{link}/revoke")
async def take_link(request: Request, visitor: SettingsChanger, id: int, link: Link) -> Response:
    """A link opens nothing any more."""
    actor = visitor.principal.actor
    await web_of(request).write(lambda tx: revoke_link(tx, _workplace(tx, id).name, link, actor, now()))
    return go(f"{HERE}/{id}", words(visitor, _("The link opens nothing any more.")))


@router.get(HERE + "/{id}/delete")
async def ask_delete(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Ask before a workplace is deleted."""
    workplace = await web_of(request).read(lambda tx: _workplace(tx, id))
    question = Question(
        words(visitor, _("Delete workplace {name}?"), name=workplace.name),
        words(visitor, _("Its page and its QR code open nothing any more. The phone stays as it is.")),
        words(visitor, _("Delete")),
        f"{HERE}/{id}",
    )
    return await ask(request, visitor, HERE, question)


@router.post(HERE + "/{id}/delete")
async def delete(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Delete a workplace."""
    actor = visitor.principal.actor
    await web_of(request).write(lambda tx: delete_workplace(tx, _workplace(tx, id).name, actor, now()))
    return go(HERE, words(visitor, _("The workplace was deleted.")))


def _workplace(tx: Transaction, id: int) -> Workplace:
    found = tx.workplaces.get(id=id)
    if found is None:
        raise NotFound("workplace", str(id))
    return found


def _shown(workplace: Workplace) -> Sheet:
    return FORM.shown(workplace, mac=written_mac(workplace.mac))


def offering_queues(tx: Transaction, sheet: Sheet) -> Sheet:
    """The form with the queues that there are."""
    queues = sorted(tx.queues.list(), key=lambda each: each.number)
    return sheet.offering(queues=[Option(each.number, each.name, each.number) for each in queues])


async def _new_page(request: Request, visitor: Visitor, sheet: Sheet) -> Response:
    lead = _("The page of a PC beside a phone: it becomes that of whoever logs in at the phone.")
    around = FormPage(HERE, words(visitor, _("New workplace")), _CRUMBS, _("Add"), HERE, lead)
    return await form_page(request, visitor, around, sheet, offering_queues)


async def _edit_page(request: Request, visitor: Visitor, workplace: Workplace, sheet: Sheet) -> Response:
    around = FormPage(
        HERE,
        workplace.name,
        _CRUMBS,
        _("Save"),
        HERE,
        delete=f"{HERE}/{workplace.id}/delete",
        template="workplaces/edit.html",
    )
    return await form_page(request, visitor, around, sheet, offering_queues, workplace=workplace)
