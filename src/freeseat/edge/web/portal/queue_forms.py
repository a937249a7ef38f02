"""Queues and their members: forms (R5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import queue_of
from freeseat.application.queues.directory import add_member, add_queue, change_queue, delete_queue, remove_member
from freeseat.domain.errors import InUse, InvalidValue, NotFound
from freeseat.domain.queues import Queue, Strategy
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.portal import forms
from freeseat.edge.web.portal.asking import Question, ask, words
from freeseat.edge.web.portal.form_pages import FormPage, form_page
from freeseat.edge.web.portal.forms import Field, Group, Sheet
from freeseat.edge.web.portal.kinds import (
    CHECK,
    CHOICE,
    COUNT,
    COUNT_OR_NONE,
    DURATION,
    DURATION_OR_NEVER,
    TEXT,
    Option,
    one_of,
)
from freeseat.edge.web.portal.users.form import LANGUAGES
from freeseat.edge.web.portal.visitors import SettingsChanger


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
HERE = "/portal/queues"
_CRUMBS = ((HERE, _("Queues")),)
_STRATEGIES = (
    Option(Strategy.LONGEST_IDLE.value, _("who has been idle longest")),
    Option(Strategy.ROUND_ROBIN.value, _("one after the other")),
    Option(Strategy.FEWEST_CALLS.value, _("who had the fewest calls")),
    Option(Strategy.PRIORITY.value, _("by the members' priority")),
    Option(Strategy.RING_ALL.value, _("all at once")),
)
_DESTINATION = _("announce:PROMPT, number:NUMBER or reject; empty: they go on waiting.")

QUEUE = forms.Form(
    (
        Group(
            _("Queue"),
            (
                Field("name", _("Name"), TEXT, required=True),
                Field("number", _("Number"), TEXT, _("What callers dial."), required=True),
                Field(
                    "code",
                    _("Code"),
                    TEXT,
                    _("What members dial: the code itself toggles, code + 1 logs in, code + 0 logs out."),
                    required=True,
                ),
                Field("reversed_digits", _("Code + 0 logs in, code + 1 out"), CHECK),
                Field("language", _("Language"), CHOICE, _("Of announcements to callers."), options=LANGUAGES),
            ),
        ),
        Group(
            _("Distribution"),
            (
                Field("strategy", _("Calls go to"), one_of(Strategy), options=_STRATEGIES),
                Field("ring_seconds", _("Rings for"), DURATION, _("At each member, 5 to 180 seconds.")),
                Field(
                    "wrap_up_seconds",
                    _("Wrap-up time"),
                    DURATION,
                    _("After a call the member is left in peace for so long."),
                ),
                Field(
                    "misses_until_pause",
                    _("Pause after missed calls"),
                    COUNT,
                    _("So many in a row pause a member, with an event; 0: never."),
                ),
            ),
        ),
        Group(
            _("Callers"),
            (
                Field(
                    "max_wait_seconds",
                    _("Longest wait"),
                    DURATION_OR_NEVER,
                    _("Then they go to the overflow; empty: no bound."),
                ),
                Field(
                    "max_length",
                    _("Most callers"),
                    COUNT_OR_NONE,
                    _("Who comes when so many wait goes to the overflow; empty: no bound."),
                ),
                Field("overflow_to", _("Overflow goes to"), TEXT, _DESTINATION),
                Field("no_agents_to", _("With nobody logged in"), TEXT, _DESTINATION),
                Field("announce_seconds", _("Position is announced every"), DURATION, _("5 s to 10 min.")),
            ),
        ),
        Group(
            _("Members' logins"),
            (
                Field(
                    "logout_at_desk_logout",
                    _("Log out of the queue with the desk"),
                    CHECK,
                    _("When a member leaves the phone."),
                ),
                Field(
                    "logout_if_unregistered",
                    _("Log out if not registered"),
                    CHECK,
                    _("Otherwise the member stays, gets no calls and is warned of."),
                ),
                Field(
                    "login_when_registered",
                    _("Log in again when registered again"),
                    CHECK,
                    _("Undoes the logout before."),
                ),
                Field(
                    "no_unreg_warning",
                    _("No warning of unregistered members"),
                    CHECK,
                    _("The table shows them all the same."),
                ),
            ),
        ),
    )
)


@router.get("/portal/queues/new")
async def new(request: Request, visitor: SettingsChanger) -> Response:
    """The form for a new queue."""
    return await _new_page(request, visitor, QUEUE.shown(Queue(0, "", "", "")))


@router.post("/portal/queues/new")
async def add(request: Request, visitor: SettingsChanger) -> Response:
    """Add a queue; its members come next."""
    sheet = await QUEUE.sent(request)
    actor = visitor.principal.actor
    done = await sheet.carry_out(request, lambda tx, values: add_queue(tx, Queue(0, **values), actor, now()))
    if isinstance(done, Sheet):
        return await _new_page(request, visitor, done)
    notice = words(visitor, _("{name} was added. Now name its members."), name=done.name)
    return go(f"{HERE}/{done.number}/edit", notice)


@router.get("/portal/queues/{number}/edit")
async def edit(request: Request, visitor: SettingsChanger, number: str) -> Response:
    """The form of a queue, and its members."""
    sheet = await web_of(request).read(lambda tx: QUEUE.shown(queue_of(tx, number)))
    return await _edit_page(request, visitor, number, sheet)


@router.post("/portal/queues/{number}/edit")
async def change(request: Request, visitor: SettingsChanger, number: str) -> Response:
    """Change a queue."""
    sheet = await QUEUE.sent(request)

    def save(tx: Transaction, values: Mapping[str, Any]) -> Queue:
        sheet.require_unchanged(QUEUE.shown(queue_of(tx, number)))
        return change_queue(tx, number, values, visitor.principal.actor, now())

    done = await sheet.carry_out(request, save)
    if isinstance(done, Sheet):
        return await _edit_page(request, visitor, number, done)
    return go(f"{HERE}/{done.number}/edit", words(visitor, _("The changes were saved.")))


@router.post("/portal/queues/{number}/members")
async def put_member(
    request: Request,
    visitor: SettingsChanger,
    number: str,
    user: Annotated[str, Form(max_length=40)] = "",
    priority: Annotated[str, Form(max_length=10)] = "1",
) -> Response:
    """Add a member, or change his priority."""
    person, rank = user.strip(), int(priority) if priority.isascii() and priority.isdigit() else 0
    back = f"{HERE}/{number}/edit"
    try:
        await web_of(request).write(lambda tx: add_member(tx, number, person, rank, visitor.principal.actor, now()))
    except InvalidValue as error:
        return go(back, words(visitor, error.expected), "warn")
    except NotFound as error:
        if error.kind != "user":
            raise
        return go(back, words(visitor, _("There is nobody with the number {user}."), user=person), "warn")
    return go(back, words(visitor, _("{user} is a member, with priority {rank}."), user=person, rank=rank))


@router.post("/portal/queues/{number}/members/{user}/remove")
async def drop_member(request: Request, visitor: SettingsChanger, number: str, user: str) -> Response:
    """Remove a member; he is logged out of the queue first."""
    await web_of(request).write(lambda tx: remove_member(tx, number, user, visitor.principal.actor, now()))
    return go(f"{HERE}/{number}/edit", words(visitor, _("{user} is no member any more."), user=user))


@router.get("/portal/queues/{number}/delete")
async def ask_delete(request: Request, visitor: SettingsChanger, number: str) -> Response:
    """Ask before a queue is deleted."""
    return await _ask_delete(request, visitor, number)


@router.post("/portal/queues/{number}/delete")
async def delete(request: Request, visitor: SettingsChanger, number: str) -> Response:
    """Delete a queue without callers."""
    try:
        await web_of(request).write(lambda tx: delete_queue(tx, number, visitor.principal.actor, now()))
    except InUse as error:
        return await _ask_delete(request, visitor, number, str(error))
    return go(HERE, words(visitor, _("Queue {number} was deleted."), number=number))


async def _ask_delete(request: Request, visitor: Visitor, number: str, fault: str = "") -> Response:
    name = await web_of(request).read(lambda tx: queue_of(tx, number).name)
    question = Question(
        words(visitor, _("Delete queue {name}?"), name=f"{name} ({number})"),
        words(visitor, _("Its members are logged out of it. Call records and the audit log stay.")),
        words(visitor, _("Delete")),
        f"{HERE}/{number}/edit",
    )
    return await ask(request, visitor, HERE, question, fault=fault, status=409 if fault else 200)


async def _new_page(request: Request, visitor: Visitor, sheet: Sheet) -> Response:
    around = FormPage(HERE, words(visitor, _("New queue")), _CRUMBS, _("Add"), HERE)
    return await form_page(request, visitor, around, sheet)


async def _edit_page(request: Request, visitor: Visitor, number: str, sheet: Sheet) -> Response:
    def members(tx: Transaction) -> list[tuple[str, str, int]]:
        rows = tx.members.list(queue_id=queue_of(tx, number).id)
        people = {user.id: user for user in tx.users.among("id", [row.user_id for row in rows])}
        return sorted((people[row.user_id].number, people[row.user_id].name, row.priority) for row in rows)

    around = FormPage(
        HERE,
        words(visitor, _("Queue {number}"), number=number),
        (*_CRUMBS, (f"{HERE}/{number}", number)),
        _("Save"),
        f"{HERE}/{number}",
        delete=f"{HERE}/{number}/delete",
        template="queues/edit.html",
    )
    found = await web_of(request).read(members)
    return await form_page(request, visitor, around, sheet, members=found, number=number)
