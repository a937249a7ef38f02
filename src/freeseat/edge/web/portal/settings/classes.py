"""Classes of service: a list and a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from freeseat.application.directory.rules import add_class, change_class, delete_class
from freeseat.application.ports import Transaction
from freeseat.domain.directory import ClassOfService, Elsewhere, Right
from freeseat.domain.errors import InUse, NotFound
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.portal.asking import Question, ask, words
from freeseat.edge.web.portal.form_pages import FormPage, form_page
from freeseat.edge.web.portal.forms import Field, Form, Group, Sheet
from freeseat.edge.web.portal.kinds import CHECK, DURATION_OR_NEVER, TEXT, Option, one_of, some_of
from freeseat.edge.web.portal.settings.tabs import CLASSES, CRUMBS, HERE, tab_page
from freeseat.edge.web.portal.visitors import SettingsChanger, SettingsReader


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
_RIGHTS = (
    Option(Right.FEATURES.value, _("feature codes"), _("login, logout, queues, finding people")),
    Option(Right.INTERNAL.value, _("internal calls"), _("people, phones and queues here")),
    Option(Right.NATIONAL.value, _("national calls")),
    Option(Right.INTERNATIONAL.value, _("international calls")),
)
_ELSEWHERE = (
    Option(Elsewhere.MOVE.value, _("moves: the old login ends")),
    Option(Elsewhere.DENY.value, _("is refused")),
    Option(Elsewhere.SEVERAL.value, _("may be in several places, all ring")),
)
FORM = Form(
    (
        Group(
            _("Class of service"),
            (
                Field("name", _("Name"), TEXT, required=True),
                Field("rights", _("May call"), some_of(Right), _("Emergency numbers need no right."), options=_RIGHTS),
            ),
        ),
        Group(
            _("Logging in"),
            (
                Field("elsewhere", _("Who is logged in elsewhere"), one_of(Elsewhere), options=_ELSEWHERE),
                Field(
                    "hot_desk_login_accept",
                    _("Phones of this class accept logins"),
                    CHECK,
                    _("Only for phones; without it nobody can log in there."),
                ),
                Field(
                    "queue_login_at_desk_login",
                    _("Log in to queues too"),
                    CHECK,
                    _("To all queues of the person, when logging in at a desk."),
                ),
                Field("locate_enabled", _("May ask where people are"), CHECK),
            ),
        ),
        Group(
            _("Logging out"),
            (
                Field(
                    "max_login_seconds",
                    _("Longest login"),
                    DURATION_OR_NEVER,
                    _("Like 10 h; up to 168 h; empty: no bound."),
                ),
                Field(
                    "idle_logout_seconds",
                    _("Logged out when idle for"),
                    DURATION_OR_NEVER,
                    _("Without a call; empty: never."),
                ),
                Field("unregistered_logout", _("Log out when the phone is not registered any more"), CHECK),
                Field(
                    "high_security",
                    _("Log out when the phone restarts"),
                    CHECK,
                    _("High security: whoever was there has to log in again."),
                ),
                Field("remote_logout_enabled", _("May log out others by code"), CHECK),
                Field("remote_logout_accept", _("May be logged out by others"), CHECK),
            ),
            _("Nobody is cut off: a login that is over ends when the call does."),
        ),
    )
)


@router.get(CLASSES)
async def classes(request: Request, visitor: SettingsReader) -> Response:
    """The list."""

    def question(tx: Transaction) -> dict[str, object]:
        return {"classes": sorted(tx.classes.list(), key=lambda each: each.name), "rights": _RIGHTS}

    return await tab_page(request, visitor, "classes.html", CLASSES, question=question)


@router.get(f"{CLASSES}/new")
async def new(request: Request, visitor: SettingsChanger) -> Response:
    """The form for a new class."""
    return await _new_page(request, visitor, FORM.shown(ClassOfService(0, "")))


@router.post(f"{CLASSES}/new")
async def add(request: Request, visitor: SettingsChanger) -> Response:
    """Add a class."""
    sheet = await FORM.sent(request)
    actor = visitor.principal.actor
    done = await sheet.carry_out(
        request, lambda tx, values: add_class(tx, ClassOfService(0, **_fields(values)), actor, now())
    )
    if isinstance(done, Sheet):
        return await _new_page(request, visitor, done)
    return go(CLASSES, words(visitor, _("{name} was added."), name=done.name))


@router.get(CLASSES + "/{id}")
async def edit(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """The form of a class."""
    cos = await web_of(request).read(lambda tx: _class(tx, id))
    return await _edit_page(request, visitor, cos, FORM.shown(cos))


@router.post(CLASSES + "/{id}")
async def change(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Change a class."""
    sheet = await FORM.sent(request)

    def save(tx: Transaction, values: Mapping[str, Any]) -> ClassOfService:
        old = _class(tx, id)
        sheet.require_unchanged(FORM.shown(old))
        return change_class(tx, old.name, _fields(values), visitor.principal.actor, now())

    done = await sheet.carry_out(request, save)
    if isinstance(done, Sheet):
        return await _edit_page(request, visitor, await web_of(request).read(lambda tx: _class(tx, id)), done)
    return go(CLASSES, words(visitor, _("{name} was saved."), name=done.name))


@router.get(CLASSES + "/{id}/delete")
async def ask_delete(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Ask before a class is deleted."""
    return await _ask_delete(request, visitor, id)


@router.post(CLASSES + "/{id}/delete")
async def delete(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Delete a class that nobody has."""
    actor = visitor.principal.actor
    try:
        await web_of(request).write(lambda tx: delete_class(tx, _class(tx, id).name, actor, now()))
    except InUse as error:
        return await _ask_delete(request, visitor, id, str(error))
    return go(CLASSES, words(visitor, _("The class was deleted.")))


async def _ask_delete(request: Request, visitor: Visitor, id: int, fault: str = "") -> Response:
    cos = await web_of(request).read(lambda tx: _class(tx, id))
    question = Question(
        words(visitor, _("Delete class {name}?"), name=cos.name),
        words(visitor, _("Only a class that no person and no phone has can be deleted.")),
        words(visitor, _("Delete")),
        f"{CLASSES}/{id}",
    )
    return await ask(request, visitor, HERE, question, fault=fault, status=409 if fault else 200)


def _class(tx: Transaction, id: int) -> ClassOfService:
    found = tx.classes.get(id=id)
    if found is None:
        raise NotFound("class of service", str(id))
    return found


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "rights": frozenset(values["rights"])}


async def _new_page(request: Request, visitor: Visitor, sheet: Sheet) -> Response:
    crumbs = (*CRUMBS, (CLASSES, _("Classes of service")))
    around = FormPage(HERE, words(visitor, _("New class of service")), crumbs, _("Add"), CLASSES)
    return await form_page(request, visitor, around, sheet)


async def _edit_page(request: Request, visitor: Visitor, cos: ClassOfService, sheet: Sheet) -> Response:
    crumbs = (*CRUMBS, (CLASSES, _("Classes of service")))
    lead = _("What is changed here holds at once for all people and phones of this class.")
    around = FormPage(HERE, cos.name, crumbs, _("Save"), CLASSES, lead, f"{CLASSES}/{cos.id}/delete")
    return await form_page(request, visitor, around, sheet)
