"""Tokens of programs: the list, a new one, revoking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from freeseat.application.accounts.tokens import add_token, revoke_token
from freeseat.application.ports import Transaction
from freeseat.domain.accounts import ApiToken
from freeseat.domain.errors import NotFound
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.drawing import new_api_token
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.portal.accounts import form
from freeseat.edge.web.portal.accounts.accounts import CRUMBS, HERE, TABS, TOKENS
from freeseat.edge.web.portal.asking import Question, ask, words
from freeseat.edge.web.portal.form_pages import FormPage, form_page
from freeseat.edge.web.portal.forms import Sheet
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.portal.once import Secret, shown_once
from freeseat.edge.web.portal.visitors import AccountsChanger


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)


@router.get(TOKENS)
async def tokens(request: Request, visitor: AccountsChanger) -> Response:
    """The list; those that hold first, the newest first."""

    def question(tx: Transaction) -> dict[str, object]:
        rows = sorted(tx.tokens.list(), key=lambda each: (not each.holds(now()), -each.id))
        return {"tokens": [(each, each.holds(now())) for each in rows]}

    values = {"tabs": TABS, "tab": TOKENS}
    return await portal_page(request, visitor, "accounts/tokens.html", HERE, values, question=question)


@router.get(f"{TOKENS}/new")
async def new(request: Request, visitor: AccountsChanger) -> Response:
    """The form for a new token."""
    blank = ApiToken(0, "", "", "", frozenset())
    return await _new_page(request, visitor, form.TOKEN.shown(blank, expires="90"))


@router.post(f"{TOKENS}/new")
async def add(request: Request, visitor: AccountsChanger) -> Response:
    """Make a token, and show it."""
    sheet, secret = await form.TOKEN.sent(request), new_api_token()

    def make(tx: Transaction, values: Mapping[str, Any]) -> ApiToken:
        wanted = ApiToken(
            0,
            values["name"],
            "",
            "",
            frozenset(values["scopes"]),
            values["queues"],
            values["sites"],
            expires_at=form.ends(values, now()),
        )
        return add_token(tx, wanted, secret, visitor.principal, now())

    done = await sheet.carry_out(request, make)
    if isinstance(done, Sheet):
        return await _new_page(request, visitor, done)
    lead = words(visitor, _("The program sends it with each request: Authorization: Bearer, and the token."))
    shown = [Secret(words(visitor, _("Token")), secret)]
    return await shown_once(request, visitor, HERE, done.name, lead, shown, TOKENS)


@router.get(TOKENS + "/{id}/revoke")
async def ask_revoke(request: Request, visitor: AccountsChanger, id: int) -> Response:
    """Ask before a token is revoked."""
    token = await web_of(request).read(lambda tx: _token(tx, id))
    question = Question(
        words(visitor, _("Revoke {name}?"), name=token.name),
        words(visitor, _("The program is refused from the next request on. This cannot be undone.")),
        words(visitor, _("Revoke")),
        TOKENS,
    )
    return await ask(request, visitor, HERE, question)


@router.post(TOKENS + "/{id}/revoke")
async def revoke(request: Request, visitor: AccountsChanger, id: int) -> Response:
    """Revoke a token at once."""
    done = await web_of(request).write(lambda tx: revoke_token(tx, _token(tx, id).name, visitor.principal, now()))
    return go(TOKENS, words(visitor, _("{name} opens nothing any more."), name=done.name))


def _token(tx: Transaction, id: int) -> ApiToken:
    found = tx.tokens.get(id=id)
    if found is None or found.revoked_at is not None:
        raise NotFound("token", str(id))
    return found


async def _new_page(request: Request, visitor: Visitor, sheet: Sheet) -> Response:
    lead = _("For a program that uses the REST API. Give it no more than it needs.")
    crumbs = (*CRUMBS, (TOKENS, _("Tokens of programs")))
    around = FormPage(HERE, words(visitor, _("New token")), crumbs, _("Make the token"), TOKENS, lead)
    return await form_page(request, visitor, around, sheet, form.offering)
