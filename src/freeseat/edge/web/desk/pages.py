"""The pages of desks: a workplace's link, the page itself, an agent's own desk (R6.1, R6.2, R10.1)."""

from __future__ import annotations

import secrets
from io import BytesIO

import segno
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from freeseat.application.ports import Transaction
from freeseat.application.workplaces.desk import shown_queues
from freeseat.application.workplaces.directory import Link, login_token_of, workplace_by_token
from freeseat.application.workplaces.own import OwnSeen, chosen, own_seen
from freeseat.application.workplaces.place import places_of_user
from freeseat.domain.directory import Function
from freeseat.domain.queues import Queue
from freeseat.domain.tokens import DESK_LINK, LOGIN_LINK, digest_of
from freeseat.domain.workplaces import OwnDesk, Workplace
from freeseat.edge.web.context import now, page, source_of, web_of
from freeseat.edge.web.desk.cookies import forget_token, keep_token, tokens_in
from freeseat.edge.web.desk.entrance import NOW, AtDesk, Here, LinkOver
from freeseat.edge.web.desk.fragments import MINE, OWN, QUEUE
from freeseat.edge.web.entrance import signed_in
from freeseat.edge.web.live.fragments import Asked
from freeseat.edge.web.problems import NotSignedIn
from freeseat.edge.web.signing_in import viewer_of_nobody

router = APIRouter(include_in_schema=False)


@router.get(DESK_LINK + "{token}")
async def open_link(request: Request, token: str) -> Response:
    """A workplace's link: from now on this PC shows it."""
    web = web_of(request)
    web.rates.streams.take(source_of(request))
    workplace = await web.read(lambda tx: workplace_by_token(tx, token, Link.PAGE))
    if workplace is None:
        return await page(request, viewer_of_nobody(request), "desk/over.html", status=404)
    answer = RedirectResponse(f"/desk/w/{workplace.id}", 303)
    keep_token(answer, workplace.id, token)
    return answer


@router.get("/desk")
async def choose(request: Request) -> Response:
    """To the one workplace of this PC, or the own desk of who has signed in; else all that there are to choose from."""
    known = tokens_in(request.cookies)

    def theirs(tx: Transaction) -> list[Workplace]:
        found = tx.workplaces.among("id", known)
        return [each for each in found if each.enabled and each.digest == digest_of(known[each.id])]

    workplaces = await web_of(request).read(theirs) if known else []
    try:
        visitor = await signed_in(request)
        own = visitor.principal.user_id is not None
    except NotSignedIn:
        visitor, own = None, False
    if own and not workplaces:
        return RedirectResponse(f"/desk/me/{NOW}", 303)
    if len(workplaces) == 1 and not own:
        return RedirectResponse(f"/desk/w/{workplaces[0].id}", 303)
    if not workplaces and visitor is None:
        return RedirectResponse("/sign-in?next=/desk", 303)
    viewer = visitor.viewer if visitor is not None else viewer_of_nobody(request)
    values = {"workplaces": sorted(workplaces, key=lambda each: each.name), "own": own, "now": NOW}
    answer = await page(request, viewer, "desk/choose.html", values)
    for gone in known.keys() - {each.id for each in workplaces}:
        forget_token(answer, gone)
    return answer


@router.get("/desk/{kind}/{which}")
async def show(request: Request, here: Here) -> Response:
    """The page of a desk; with `queue` a window for that one only."""
    queues = await web_of(request).read(lambda tx: _chosen(tx, here))
    alone = "1" if here.queue else ""
    asked = [Asked.of(OWN.name, queue=here.queue)]
    for queue in queues:
        asked += [Asked.of(MINE.name, queue=queue.number, alone=alone), Asked.of(QUEUE.name, queue=queue.number)]
    name = secrets.token_urlsafe(16)
    values = {
        "here": here,
        "base": here.credential.base,
        "stream": f"{here.credential.base}/live/{name}" + (f"?queue={here.queue}" if here.queue else ""),
        "queues": queues,
        "window": next((each.name for each in queues), here.queue) if here.queue else "",
        "is_workplace": isinstance(here.desk, Workplace),
        "is_account": isinstance(here.desk, OwnDesk),
        "csrf": here.csrf,
        "name_of": lambda each, queue: str(Asked.of(each, queue=queue, alone=alone if each == MINE.name else "")),
    }
    return await page(request, here.viewer, "desk/page.html", values, question=lambda tx: _facts(tx, here), live=asked)


def _facts(tx: Transaction, here: AtDesk) -> dict[str, object]:
    seen: OwnSeen = own_seen(tx, here.desk, now(), here.queue)
    code = tx.codes.get(function=Function.LOGIN)
    places = places_of_user(tx, here.desk.user_id) if isinstance(here.desk, OwnDesk) else []
    return {
        "seen": seen,
        "login_code": code.code if code is not None else "",
        "places": [each.aor for each in places],
    }


def _chosen(tx: Transaction, here: AtDesk) -> list[Queue]:
    if here.user is None:
        return []
    return chosen(shown_queues(tx, here.desk, here.user), here.settings, here.queue)


@router.get("/desk/{kind}/{which}/code.svg")
async def code(request: Request, here: Here) -> Response:
    """The QR code by which somebody logs in at this desk with a mobile phone of his own (R2.4)."""
    if not isinstance(here.desk, Workplace):
        raise LinkOver("this desk has no code")
    address = f"{request.url.scheme}://{request.url.netloc}{LOGIN_LINK}{login_token_of(here.desk)}"
    drawn = BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", border=2, scale=1, light="#ffffff", omitsize=True)
    return Response(drawn.getvalue(), media_type="image/svg+xml")
