"""One's own account: name, language, colours, password, and where one is signed in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from freeseat.application.accounts.directory import change_own
from freeseat.application.accounts.elsewhere import own_sign_ins, sign_out_elsewhere
from freeseat.application.accounts.passwords import change_own_password
from freeseat.application.accounts.refusal import SignInRefused
from freeseat.application.ports import Transaction
from freeseat.domain.accounts import Account
from freeseat.domain.errors import InvalidValue, NotAllowed
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.entrance import Visitor, signed_in
from freeseat.edge.web.portal.accounts import form
from freeseat.edge.web.portal.asking import words
from freeseat.edge.web.portal.forms import Sheet
from freeseat.edge.web.portal.frame import portal_page


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
HERE = "/portal/me"


async def of_the_portal(request: Request) -> Visitor:
    """Somebody who has signed in and may see anything of the portal: agents have a page of their own.

    Raises NotSignedIn, ForgedRequest or NotAllowed.
    """
    visitor = await signed_in(request)
    if not visitor.principal.permissions:
        raise NotAllowed(visitor.principal.who, "portal")
    return visitor


Member = Annotated[Visitor, Depends(of_the_portal)]


@router.get(HERE)
async def me(request: Request, visitor: Member) -> Response:
    """The page."""
    return await _page(request, visitor)


@router.post(HERE)
async def change(request: Request, visitor: Member) -> Response:
    """Change how one likes it."""
    sheet = await form.OWN.sent(request)

    def save(tx: Transaction, values: Mapping[str, Any]) -> Account:
        return change_own(tx, visitor.principal, values, now())

    done = await sheet.carry_out(request, save)
    if isinstance(done, Sheet):
        return await _page(request, visitor, own=done)
    return go(HERE, words(visitor, _("The changes were saved.")))


@router.post(f"{HERE}/password")
async def change_password(request: Request, visitor: Member) -> Response:
    """Change one's password, proving the present one."""
    sheet = await form.PASSWORD.sent(request)
    old, new = (str(sheet.values.get(name, "")) for name in ("old", "password"))
    if new != sheet.values.get("again"):
        error = InvalidValue("again", "***", "type the same password twice")
        return await _page(request, visitor, password=sheet.with_fault(error))
    web = web_of(request)
    try:
        done = await asyncio.to_thread(
            change_own_password, web.database, web.hasher, visitor.principal, old, new, now()
        )
    except InvalidValue as error:
        return await _page(request, visitor, password=sheet.with_fault(error))
    if isinstance(done, SignInRefused):
        refused = InvalidValue("old", "***", "this is not your present password, or there were too many attempts")
        return await _page(request, visitor, password=sheet.with_fault(refused))
    return go(HERE, words(visitor, _("Your password was changed. You are signed out everywhere else.")))


@router.post(f"{HERE}/sign-out-elsewhere")
async def leave_elsewhere(request: Request, visitor: Member) -> Response:
    """Sign out everywhere but here."""
    ended = await web_of(request).write(lambda tx: sign_out_elsewhere(tx, visitor.principal, now()))
    return go(HERE, words(visitor, _("Signed out elsewhere: {count}"), count=ended))


async def _page(
    request: Request, visitor: Visitor, own: Sheet | None = None, password: Sheet | None = None
) -> Response:
    account, here = visitor.principal.account, visitor.principal.sign_in

    def question(tx: Transaction) -> dict[str, object]:
        found = own_sign_ins(tx, visitor.principal, now())
        return {"sign_ins": [(each, here is not None and each.id == here.id) for each in found]}

    values = {
        "own": own or form.OWN.shown(account),
        "password": replace(password, texts={})
        if password
        else form.PASSWORD.shown(None, old="", password="", again=""),
        "may_have_password": bool(account and account.password),
    }
    status = max(each.status for each in (own, password) if each is not None) if own or password else 200
    return await portal_page(request, visitor, "accounts/me.html", HERE, values, question=question, status=status)
