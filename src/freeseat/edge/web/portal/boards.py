"""Wallboards: the list, forms, and read-only links, shown once (R6.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from freeseat.application.boards.directory import (
    add_board,
    change_board,
    delete_board,
    give_board_link,
    revoke_board_link,
)
from freeseat.application.ports import Transaction
from freeseat.domain.boards import Board, BoardColumn, Thresholds
from freeseat.domain.errors import NotFound
from freeseat.domain.permissions import Permission, Sphere
from freeseat.domain.tokens import BOARD_LINK
from freeseat.domain.workplaces import Theme
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.drawing import new_link
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.links import address_of
from freeseat.edge.web.portal.asking import Question, ask, words
from freeseat.edge.web.portal.form_pages import FormPage, form_page
from freeseat.edge.web.portal.forms import Field, Form, Group, Sheet
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.portal.kinds import (
    CHOICE,
    COUNT_OR_NONE,
    DURATION,
    DURATION_OR_NEVER,
    SEVERAL,
    TEXT,
    Option,
    one_of,
    some_of,
)
from freeseat.edge.web.portal.once import Secret, qr_of, shown_once
from freeseat.edge.web.portal.visitors import SettingsChanger
from freeseat.edge.web.portal.workplaces import offering_queues
from freeseat.edge.web.texts import LANGUAGES


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
HERE = "/portal/boards"
_CRUMBS = ((HERE, _("Wallboards")),)
_COLUMNS = (
    Option(BoardColumn.WAITING.value, _("callers waiting")),
    Option(BoardColumn.LONGEST_WAIT.value, _("longest wait")),
    Option(BoardColumn.READY.value, _("ready")),
    Option(BoardColumn.ON_CALL.value, _("on a call")),
    Option(BoardColumn.WRAP_UP.value, _("wrapping up")),
    Option(BoardColumn.PAUSED.value, _("paused")),
    Option(BoardColumn.UNREGISTERED.value, _("not registered")),
    Option(BoardColumn.LOGGED_IN.value, _("logged in")),
    Option(BoardColumn.ANSWERED.value, _("answered today")),
    Option(BoardColumn.ABANDONED.value, _("abandoned today")),
    Option(BoardColumn.SERVICE_LEVEL.value, _("service level")),
)
_THEMES = (
    Option(Theme.DARK.value, _("dark")),
    Option(Theme.LIGHT.value, _("light")),
    Option(Theme.AUTO.value, _("as the screen is")),
)
_T = "thresholds."
FORM = Form(
    (
        Group(
            _("Wallboard"),
            (
                Field("name", _("Name"), TEXT, required=True),
                Field("language", _("Language"), CHOICE, options=tuple(Option(*each) for each in LANGUAGES.items())),
                Field("theme", _("Colours"), one_of(Theme), options=_THEMES),
                Field("timezone", _("Time zone"), TEXT, _("The day's figures begin at midnight there."), required=True),
                Field("queues", _("Queues; none chosen: all"), SEVERAL),
                Field("columns", _("Figures"), some_of(BoardColumn), options=_COLUMNS),
            ),
        ),
        Group(
            _("Red when"),
            (
                Field(f"{_T}waiting", _("More callers wait than"), COUNT_OR_NONE),
                Field(f"{_T}longest_wait_seconds", _("Somebody waits longer than"), DURATION_OR_NEVER),
                Field(f"{_T}abandoned", _("More were abandoned than"), COUNT_OR_NONE),
                Field(f"{_T}service_level_percent", _("The service level is below"), COUNT_OR_NONE, _("Percent.")),
                Field("service_seconds", _("Service level: answered within"), DURATION),
            ),
            _("Empty: never."),
        ),
    )
)
Reader = Annotated[Visitor, Depends(needs(Permission.QUEUES_READ))]


@router.get(HERE)
async def boards(request: Request, visitor: Reader) -> Response:
    """The list: of those whose queues the visitor may see."""

    def question(tx: Transaction) -> dict[str, object]:
        rows = sorted(tx.boards.list(), key=lambda each: each.name.casefold())
        return {"boards": [each for each in rows if _covers(visitor.principal.sphere, each)]}

    return await portal_page(request, visitor, "boards/list.html", HERE, question=question)


@router.get(f"{HERE}/new")
async def new(request: Request, visitor: SettingsChanger) -> Response:
    """The form for a new wallboard."""
    return await _new_page(request, visitor, FORM.shown(Board(0, "")))


@router.post(f"{HERE}/new")
async def add(request: Request, visitor: SettingsChanger) -> Response:
    """Add a wallboard; its link comes next."""
    sheet = await FORM.sent(request)
    actor = visitor.principal.actor
    done = await sheet.carry_out(
        request, lambda tx, values: add_board(tx, replace(Board(0, ""), **_fields(values)), actor, now())
    )
    if isinstance(done, Sheet):
        return await _new_page(request, visitor, done)
    notice = words(visitor, _("{name} was added. Now make its link, and open it at the screen."), name=done.name)
    return go(f"{HERE}/{done.id}/edit", notice)


@router.get(HERE + "/{id}/edit")
async def edit(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """The form of a wallboard, and its link."""
    board = await web_of(request).read(lambda tx: _board(tx, id))
    return await _edit_page(request, visitor, board, FORM.shown(board))


@router.post(HERE + "/{id}/edit")
async def change(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Change a wallboard."""
    sheet = await FORM.sent(request)

    def save(tx: Transaction, values: Mapping[str, Any]) -> Board:
        old = _board(tx, id)
        sheet.require_unchanged(FORM.shown(old))
        return change_board(tx, old.name, _fields(values), visitor.principal.actor, now())

    done = await sheet.carry_out(request, save)
    if isinstance(done, Sheet):
        return await _edit_page(request, visitor, await web_of(request).read(lambda tx: _board(tx, id)), done)
    return go(f"{HERE}/{id}/edit", words(visitor, _("The changes were saved.")))


@router.post(HERE + "/{id}/link")
async def make_link(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Make the read-only link, and show it; the one before shows nothing any more."""
    token, actor = new_link(), visitor.principal.actor
    done = await web_of(request).write(lambda tx: give_board_link(tx, _board(tx, id).name, token, actor, now()))
    lead = words(visitor, _("Open it at the screen. Whoever has it sees these queues' figures, and nothing else."))
    address = address_of(request, BOARD_LINK + token)
    secrets = [Secret(words(visitor, _("Link to the wallboard")), address, qr_of(address))]
    return await shown_once(request, visitor, HERE, done.name, lead, secrets, f"{HERE}/{id}/edit")


@router.post(HERE + "/{id}/link/revoke")
async def take_link(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """The link shows nothing any more."""
    actor = visitor.principal.actor
    await web_of(request).write(lambda tx: revoke_board_link(tx, _board(tx, id).name, actor, now()))
    return go(f"{HERE}/{id}/edit", words(visitor, _("The link shows nothing any more.")))


@router.get(HERE + "/{id}/delete")
async def ask_delete(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Ask before a wallboard is deleted."""
    board = await web_of(request).read(lambda tx: _board(tx, id))
    question = Question(
        words(visitor, _("Delete wallboard {name}?"), name=board.name),
        words(visitor, _("Screens that show it go blank.")),
        words(visitor, _("Delete")),
        f"{HERE}/{id}/edit",
    )
    return await ask(request, visitor, HERE, question)


@router.post(HERE + "/{id}/delete")
async def delete(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Delete a wallboard."""
    actor = visitor.principal.actor
    await web_of(request).write(lambda tx: delete_board(tx, _board(tx, id).name, actor, now()))
    return go(HERE, words(visitor, _("The wallboard was deleted.")))


def _board(tx: Transaction, id: int) -> Board:
    found = tx.boards.get(id=id)
    if found is None:
        raise NotFound("board", str(id))
    return found


def _covers(sphere: Sphere, board: Board) -> bool:
    """Whether all that a board shows may be seen; one without queues shows all."""
    return sphere.queues is None or (bool(board.queues) and sphere.queues.issuperset(board.queues))


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    bounds = {name.removeprefix(_T): value for name, value in values.items() if name.startswith(_T)}
    order = list(BoardColumn)
    return {
        **{name: value for name, value in values.items() if not name.startswith(_T)},
        "columns": tuple(sorted(values["columns"], key=order.index)),
        "thresholds": Thresholds(**bounds),
    }


async def _new_page(request: Request, visitor: Visitor, sheet: Sheet) -> Response:
    around = FormPage(HERE, words(visitor, _("New wallboard")), _CRUMBS, _("Add"), HERE)
    return await form_page(request, visitor, around, sheet, offering_queues)


async def _edit_page(request: Request, visitor: Visitor, board: Board, sheet: Sheet) -> Response:
    around = FormPage(
        HERE, board.name, _CRUMBS, _("Save"), HERE, delete=f"{HERE}/{board.id}/delete", template="boards/edit.html"
    )
    return await form_page(request, visitor, around, sheet, offering_queues, board=board)
