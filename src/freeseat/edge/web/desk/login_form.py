"""The form behind a desk's QR code: log in at that desk, and out again with the PIN (R2.4). It shows nothing else."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from freeseat.application.log_in import LoggedIn
from freeseat.application.log_out import log_out
from freeseat.application.ports import Transaction
from freeseat.application.proving import PinProof, Refusal
from freeseat.application.workplaces.acting import log_in_at
from freeseat.application.workplaces.directory import Link, workplace_by_token
from freeseat.application.workplaces.place import phone_of
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.tokens import LOGIN_LINK
from freeseat.domain.workplaces import Workplace
from freeseat.edge.web.context import now, page, source_of, web_of
from freeseat.edge.web.desk.acts import told
from freeseat.edge.web.entrance import ForgedRequest
from freeseat.edge.web.protection import is_same_origin
from freeseat.edge.web.signing_in import viewer_of_nobody

router = APIRouter(include_in_schema=False)
_FORM = "desk/login.html"
Word = Annotated[str, Form(max_length=64)]


@router.get(LOGIN_LINK + "{token}")
async def ask(request: Request, token: str) -> HTMLResponse:
    """The form."""
    return await _form(request, token)


@router.post(LOGIN_LINK + "{token}")
async def enter(request: Request, token: str, user: Word, pin: Word = "") -> HTMLResponse:
    """Log in."""
    _guard(request, token)
    actor = Actor("", source_of(request), Channel.WEB)

    def use_case(tx: Transaction) -> tuple[Workplace | None, LoggedIn | Refusal | None]:
        workplace = workplace_by_token(tx, token, Link.LOGIN)
        return workplace, log_in_at(tx, workplace, user.strip(), pin, actor, now()) if workplace else None

    workplace, done = await web_of(request).write(use_case)
    if workplace is None or done is None:
        return await _over(request)
    if isinstance(done, Refusal):
        return await _form(request, token, user=user, fault=told(done))
    return await _inside(request, token, workplace, done.user.number, done.user.name)


@router.post(LOGIN_LINK + "{token}/out")
async def leave(request: Request, token: str, user: Word, pin: Word = "") -> HTMLResponse:
    """Log out there; the PIN of whoever is there proves it."""
    _guard(request, token)
    actor = Actor("", source_of(request), Channel.WEB)

    def use_case(tx: Transaction) -> tuple[Workplace | None, object]:
        workplace = workplace_by_token(tx, token, Link.LOGIN)
        phone = phone_of(tx, workplace) if workplace is not None else None
        number = phone.number if phone is not None else ""
        return workplace, log_out(tx, number, PinProof(pin), actor, now()) if workplace else None

    workplace, done = await web_of(request).write(use_case)
    if workplace is None:
        return await _over(request)
    if isinstance(done, Refusal):
        return await _inside(request, token, workplace, user, "", fault=told(done))
    return await _form(request, token, left=True)


def _guard(request: Request, token: str) -> None:
    if not is_same_origin(request):
        raise ForgedRequest("this form is not ours; load the page again")
    web_of(request).rates.sign_in.take(f"pin {source_of(request)} {token[:16]}")


async def _form(request: Request, token: str, *, user: str = "", fault: str = "", left: bool = False) -> HTMLResponse:
    def question(tx: Transaction) -> dict[str, object]:
        workplace = workplace_by_token(tx, token, Link.LOGIN)
        phone = phone_of(tx, workplace) if workplace is not None else None
        return {"workplace": workplace, "phone": phone.number if phone is not None else ""}

    found = await web_of(request).read(question)
    if found["workplace"] is None:
        return await _over(request)
    values = {**found, "action": LOGIN_LINK + token, "user": user, "fault": fault, "left": left, "inside": False}
    return await page(request, viewer_of_nobody(request), _FORM, values, status=401 if fault else 200)


async def _inside(
    request: Request, token: str, workplace: Workplace, user: str, name: str, fault: str = ""
) -> HTMLResponse:
    phone = await web_of(request).read(lambda tx: phone_of(tx, workplace))
    values = {
        "workplace": workplace,
        "phone": phone.number if phone is not None else "",
        "action": LOGIN_LINK + token,
        "user": user,
        "name": name,
        "fault": fault,
        "left": False,
        "inside": True,
    }
    return await page(request, viewer_of_nobody(request), _FORM, values, status=401 if fault else 200)


async def _over(request: Request) -> HTMLResponse:
    return await page(request, viewer_of_nobody(request), "desk/over.html", status=404)
