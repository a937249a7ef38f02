"""Webhooks: the list, forms, deliveries, a test, the secret (R10.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from freeseat.application.ports import Transaction
from freeseat.application.webhooks.directory import (
    add_webhook,
    change_webhook,
    delete_webhook,
    rotate_secret,
    send_test,
    skip_to_now,
    webhook_seen,
)
from freeseat.domain.errors import NotFound
from freeseat.domain.events import Kind
from freeseat.domain.permissions import Permission
from freeseat.domain.webhooks import Webhook
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.drawing import new_link
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.live.fragments import Asked, Fragment, Params, Seen
from freeseat.edge.web.portal.access import principal_of
from freeseat.edge.web.portal.asking import Question, ask, words
from freeseat.edge.web.portal.audit_words import name_of
from freeseat.edge.web.portal.form_pages import FormPage, form_page
from freeseat.edge.web.portal.forms import Field, Form, Group, Sheet
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.portal.kinds import CHECK, TEXT, Option, some_of
from freeseat.edge.web.portal.once import Secret, shown_once
from freeseat.edge.web.portal.visitors import SettingsChanger, SettingsReader
from freeseat.edge.web.viewer import Viewer


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
HERE = "/portal/webhooks"
_CRUMBS = ((HERE, _("Webhooks")),)
_SHOWN_DELIVERIES = 30
_LOOK_AGAIN = timedelta(seconds=2)
"""Deliveries are no events, so while there is something to deliver the page looks by itself."""
_KINDS = tuple(Option(kind.value, name_of(kind)) for kind in Kind if kind is not Kind.WEBHOOK_TESTED)
FORM = Form(
    (
        Group(
            _("Webhook"),
            (
                Field("name", _("Name"), TEXT, required=True),
                Field("url", _("URL"), TEXT, required=True, wide=True, placeholder="https://example.org/freeseat"),
                Field("enabled", _("Enabled"), CHECK, _("Enabled again, it goes on where it stood.")),
            ),
            _("Events are sent by POST as JSON, in order, signed, and tried again for a day."),
        ),
        Group(
            _("Which events"),
            (Field("kinds", _("Only these; none chosen: all"), some_of(Kind), options=_KINDS),),
            folded=True,
        ),
    )
)


@router.get(HERE)
async def webhooks(request: Request, visitor: SettingsReader) -> Response:
    """The list."""

    def question(tx: Transaction) -> dict[str, object]:
        names = sorted(hook.name for hook in tx.webhooks.list())
        return {"hooks": [webhook_seen(tx, name, 1) for name in names]}

    return await portal_page(request, visitor, "webhooks/list.html", HERE, question=question)


@router.get(f"{HERE}/new")
async def new(request: Request, visitor: SettingsChanger) -> Response:
    """The form for a new webhook."""
    return await _new_page(request, visitor, FORM.shown(Webhook(0, "", "")))


@router.post(f"{HERE}/new")
async def add(request: Request, visitor: SettingsChanger) -> Response:
    """Add a webhook, and show its secret."""
    sheet, secret = await FORM.sent(request), new_link()
    actor = visitor.principal.actor
    done = await sheet.carry_out(
        request, lambda tx, values: add_webhook(tx, Webhook(0, **values), secret, actor, now())
    )
    if isinstance(done, Sheet):
        return await _new_page(request, visitor, done)
    return await _secret_page(request, visitor, done, secret)


@router.get(HERE + "/{id}")
async def show(request: Request, visitor: SettingsReader, id: int) -> Response:
    """A webhook and its deliveries."""
    live = [Asked.of("webhook", id=id)]
    return await portal_page(
        request, visitor, "webhooks/show.html", HERE, question=lambda tx: {"hook": _hook(tx, id)}, live=live
    )


@router.get(HERE + "/{id}/edit")
async def edit(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """The form of a webhook."""
    hook = await web_of(request).read(lambda tx: _hook(tx, id))
    return await _edit_page(request, visitor, hook, FORM.shown(hook))


@router.post(HERE + "/{id}/edit")
async def change(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Change a webhook."""
    sheet = await FORM.sent(request)

    def save(tx: Transaction, values: Mapping[str, Any]) -> Webhook:
        old = _hook(tx, id)
        sheet.require_unchanged(FORM.shown(old))
        return change_webhook(tx, old.name, values, visitor.principal.actor, now())

    done = await sheet.carry_out(request, save)
    if isinstance(done, Sheet):
        return await _edit_page(request, visitor, await web_of(request).read(lambda tx: _hook(tx, id)), done)
    return go(f"{HERE}/{id}", words(visitor, _("The changes were saved.")))


@router.post(HERE + "/{id}/test")
async def test(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Send a test, behind what it has not been told yet."""
    actor = visitor.principal.actor
    await web_of(request).write(lambda tx: send_test(tx, _hook(tx, id).name, actor, now()))
    return go(f"{HERE}/{id}", words(visitor, _("A test is on its way; it appears below.")))


@router.post(HERE + "/{id}/skip")
async def skip(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Tell it nothing more of what has happened so far."""
    actor = visitor.principal.actor
    await web_of(request).write(lambda tx: skip_to_now(tx, _hook(tx, id).name, actor, now()))
    return go(f"{HERE}/{id}", words(visitor, _("It is told of what happens from now on.")))


@router.get(HERE + "/{id}/secret")
async def ask_secret(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Ask before the secret is made anew."""
    hook = await web_of(request).read(lambda tx: _hook(tx, id))
    question = Question(
        words(visitor, _("New secret for {name}?"), name=hook.name),
        words(visitor, _("Deliveries are signed with it at once: the other side refuses them until it knows it.")),
        words(visitor, _("Make a new secret")),
        f"{HERE}/{id}",
    )
    return await ask(request, visitor, HERE, question)


@router.post(HERE + "/{id}/secret")
async def renew_secret(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Sign with another secret, and show it."""
    secret, actor = new_link(), visitor.principal.actor
    hook = await web_of(request).write(lambda tx: rotate_secret(tx, _hook(tx, id).name, secret, actor, now()))
    return await _secret_page(request, visitor, hook, secret)


@router.get(HERE + "/{id}/delete")
async def ask_delete(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Ask before a webhook is deleted."""
    hook = await web_of(request).read(lambda tx: _hook(tx, id))
    question = Question(
        words(visitor, _("Delete webhook {name}?"), name=hook.name),
        words(visitor, _("What it was not told yet is not told any more; its log goes too.")),
        words(visitor, _("Delete")),
        f"{HERE}/{id}",
    )
    return await ask(request, visitor, HERE, question)


@router.post(HERE + "/{id}/delete")
async def delete(request: Request, visitor: SettingsChanger, id: int) -> Response:
    """Delete a webhook with its log."""
    actor = visitor.principal.actor
    await web_of(request).write(lambda tx: delete_webhook(tx, _hook(tx, id).name, actor, now()))
    return go(HERE, words(visitor, _("The webhook was deleted.")))


def _seen(tx: Transaction, params: Params, viewer: Viewer, at: datetime) -> Seen:
    principal = principal_of(viewer, Permission.SETTINGS_READ)
    principal.require_everywhere(Permission.SETTINGS_READ)
    number = params.get("id", "")
    hook = _hook(tx, int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0)
    seen = webhook_seen(tx, hook.name, _SHOWN_DELIVERIES)
    interests = {f"kind:{kind}" for kind in (hook.kinds or Kind)} | {"kind:webhook_tested", "kind:webhook_changed"}
    soon = at + _LOOK_AGAIN if hook.enabled and seen.behind else None
    return Seen({"seen": seen, "hook": hook, "name_of": name_of}, frozenset(interests), soon)


WEBHOOK = Fragment("webhook", "portal/parts/webhook.html", _seen)


def _hook(tx: Transaction, id: int) -> Webhook:
    found = tx.webhooks.get(id=id)
    if found is None:
        raise NotFound("webhook", str(id))
    return found


async def _secret_page(request: Request, visitor: Visitor, hook: Webhook, secret: str) -> Response:
    lead = words(visitor, _("The other side checks the header Freeseat-Signature with it. It is shown only this once."))
    shown = [Secret(words(visitor, _("Signing secret")), secret)]
    return await shown_once(request, visitor, HERE, hook.name, lead, shown, f"{HERE}/{hook.id}")


async def _new_page(request: Request, visitor: Visitor, sheet: Sheet) -> Response:
    around = FormPage(HERE, words(visitor, _("New webhook")), _CRUMBS, _("Add"), HERE)
    return await form_page(request, visitor, around, sheet)


async def _edit_page(request: Request, visitor: Visitor, hook: Webhook, sheet: Sheet) -> Response:
    crumbs = (*_CRUMBS, (f"{HERE}/{hook.id}", hook.name))
    around = FormPage(HERE, hook.name, crumbs, _("Save"), f"{HERE}/{hook.id}", delete=f"{HERE}/{hook.id}/delete")
    return await form_page(request, visitor, around, sheet)
