"""Signing in and out, and one-time links (R10.1)."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from freeseat.application.accounts.invitations import accept_invitation, invitation_of
from freeseat.application.accounts.refusal import SignInRefused
from freeseat.application.accounts.signing_in import sign_in, sign_out
from freeseat.domain.errors import FreeseatError
from freeseat.edge.web.context import go, now, page, source_of, web_of
from freeseat.edge.web.cookies import COOKIE, own_path, set_cookie
from freeseat.edge.web.drawing import new_link
from freeseat.edge.web.entrance import ForgedRequest, SignedIn, signed_in
from freeseat.edge.web.problems import NotSignedIn
from freeseat.edge.web.protection import is_same_origin
from freeseat.edge.web.texts import language_for
from freeseat.edge.web.viewer import Nobody, Viewer


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)


@router.get("/")
async def start(request: Request) -> RedirectResponse:
    """To where the visitor belongs."""
    try:
        visitor = await signed_in(request)
    except NotSignedIn:
        return RedirectResponse("/sign-in", 303)
    return RedirectResponse("/portal" if visitor.principal.permissions else "/desk", 303)


@router.get("/sign-in")
async def ask(request: Request, next: str = "/") -> HTMLResponse:
    """The form to sign in; then on to `next`."""
    return await _ask(request, next)


@router.post("/sign-in")
async def enter(
    request: Request,
    name: Annotated[str, Form(max_length=256)],
    password: Annotated[str, Form(max_length=1024)],
    next: Annotated[str, Form(max_length=1000)] = "/",
) -> Response:
    """Sign in by name and password; every refusal looks the same (R2.15)."""
    web, source = web_of(request), source_of(request)
    if not is_same_origin(request):
        raise ForgedRequest("this form is not ours; load the page again")
    web.rates.sign_in.take(source)
    token = new_link()
    done = await asyncio.to_thread(sign_in, web.database, web.hasher, name, password, token, source, now())
    if isinstance(done, SignInRefused):
        return await _ask(request, next, name=name, refused=True)
    response = RedirectResponse(own_path(next), 303)
    set_cookie(response, token)
    return response


@router.post("/sign-out")
async def leave(request: Request, visitor: SignedIn) -> Response:
    """Sign out here."""
    await web_of(request).write(lambda tx: sign_out(tx, visitor.principal, now()))
    response = go("/sign-in")
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return response


@router.get("/welcome/{token}")
async def welcome(request: Request, token: str) -> HTMLResponse:
    """The page behind a one-time link: name your account and give it a password."""
    return await _welcome(request, token)


@router.post("/welcome/{token}")
async def accept(
    request: Request,
    token: str,
    password: Annotated[str, Form(max_length=1024)],
    again: Annotated[str, Form(max_length=1024)],
    name: Annotated[str, Form(max_length=256)] = "",
    full_name: Annotated[str, Form(max_length=256)] = "",
) -> Response:
    """Accept a one-time link, and sign in at once."""
    web, source = web_of(request), source_of(request)
    if not is_same_origin(request):
        raise ForgedRequest("this form is not ours; load the page again")
    web.rates.sign_in.take(source)
    given = {"name": name, "full_name": full_name}
    if password != again:
        return await _welcome(request, token, **given, fault=_("The two passwords differ."))
    try:
        language = viewer_of_nobody(request).language
        done = await asyncio.to_thread(
            partial(accept_invitation, full_name=full_name, language=language),
            *(web.database, web.hasher, token, name, password, source, now()),
        )
    except FreeseatError as error:
        return await _welcome(request, token, **given, fault=str(error))
    if isinstance(done, SignInRefused):
        return await _welcome(request, token)
    cookie = new_link()
    entered = await asyncio.to_thread(sign_in, web.database, web.hasher, done.name, password, cookie, source, now())
    response = RedirectResponse("/sign-in" if isinstance(entered, SignInRefused) else "/", 303)
    if not isinstance(entered, SignInRefused):
        set_cookie(response, cookie)
    return response


def viewer_of_nobody(request: Request) -> Viewer:
    """A viewer who has not signed in, in his browser's language."""
    return Viewer(Nobody(), language_for("", request.headers.get("accept-language", "")))


async def _ask(request: Request, onward: str, *, name: str = "", refused: bool = False) -> HTMLResponse:
    provider = web_of(request).provider
    values = {"onward": own_path(onward), "name": name, "refused": refused, "other": provider.title if provider else ""}
    return await page(request, viewer_of_nobody(request), "sign_in.html", values, status=401 if refused else 200)


async def _welcome(
    request: Request, token: str, *, name: str = "", full_name: str = "", fault: str = ""
) -> HTMLResponse:
    web, viewer = web_of(request), viewer_of_nobody(request)
    invitation = await web.read(lambda tx: invitation_of(tx, token, now()))
    if invitation is None:
        return await page(request, viewer, "link_over.html", status=404)
    values = {"is_new": invitation.account_id is None, "name": name, "full_name": full_name, "fault": fault}
    return await page(request, viewer, "welcome.html", values, status=422 if fault else 200)
