"""Placing desks on a plan: by pointer, by arrow keys, or by typing where (R10.4)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from freeseat.application.directory.spheres import phone_within
from freeseat.application.listing import LARGEST_PAGE, PageWanted, PhonesWanted
from freeseat.application.plans.directory import floor_seen, place_desk, remove_desk
from freeseat.application.ports import Transaction
from freeseat.domain.errors import InvalidValue, NotFound
from freeseat.domain.plans import FloorPlan
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.portal.asking import words
from freeseat.edge.web.portal.floor.plans import HERE, Drawing, PlanId, plan_within
from freeseat.edge.web.portal.frame import portal_page


def _(text: str) -> str:
    """Mark a text for translation."""
    return text


router = APIRouter(include_in_schema=False)
Share = Annotated[float, Form()]


@router.get(f"{HERE}/{{plan_id}}/edit")
async def edit(request: Request, visitor: Drawing, plan_id: PlanId) -> HTMLResponse:
    """The page on which desks are moved."""

    def question(tx: Transaction) -> dict[str, object]:
        plan = plan_within(tx, plan_id, visitor.principal)
        return {"plan": plan, "desks": floor_seen(tx, plan.name).desks, "unplaced": _unplaced(tx, plan)}

    return await portal_page(request, visitor, "floor/edit.html", HERE, question=question)


@router.post(f"{HERE}/{{plan_id}}/desks")
async def put(
    request: Request, visitor: Drawing, plan_id: PlanId, phone: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    """Put a phone into the middle of a plan."""
    number, back = phone.strip(), f"{HERE}/{plan_id}/edit"
    try:
        await _place(request, visitor, plan_id, number, 0.5, 0.5)
    except NotFound as error:
        if error.kind != "phone":
            raise
        return go(back, words(visitor, _("There is no phone {number}."), number=number or "–"), "warn")
    return go(f"{back}#desk-{number}", words(visitor, _("{number} stands in the middle; move it."), number=number))


@router.post(f"{HERE}/{{plan_id}}/desks/{{number}}")
async def move(request: Request, visitor: Drawing, plan_id: PlanId, number: str, x: Share, y: Share) -> Response:
    """Move a desk; `x` and `y` are per cent of width and height. A script is answered with 204, a form with the page.

    Raises InvalidValue for a place beside the plan.
    """
    if request.headers.get("X-Placing"):
        await _place(request, visitor, plan_id, number, x / 100, y / 100)
        return Response(status_code=204)
    back = f"{HERE}/{plan_id}/edit"
    try:
        await _place(request, visitor, plan_id, number, x / 100, y / 100)
    except InvalidValue:
        return go(back, words(visitor, _("Use 0 to 100 per cent.")), "warn")
    return go(f"{back}#desk-{number}", words(visitor, _("{number} was moved."), number=number))


@router.post(f"{HERE}/{{plan_id}}/desks/{{number}}/remove")
async def remove(request: Request, visitor: Drawing, plan_id: PlanId, number: str) -> Response:
    """Take a desk off the plan."""
    principal = visitor.principal

    def do(tx: Transaction) -> None:
        plan, phone = plan_within(tx, plan_id, principal), phone_within(tx, number, principal.sphere)
        if tx.placements.get(plan_id=plan.id, phone_id=phone.id) is None:
            raise NotFound("place on this plan of phone", number)
        remove_desk(tx, number, principal.actor, now())

    await web_of(request).write(do)
    return go(f"{HERE}/{plan_id}/edit", words(visitor, _("{number} is on the plan no more."), number=number))


async def _place(request: Request, visitor: Drawing, plan_id: int, number: str, x: float, y: float) -> None:
    principal = visitor.principal

    def do(tx: Transaction) -> None:
        plan = plan_within(tx, plan_id, principal)
        phone_within(tx, number, principal.sphere)
        place_desk(tx, plan.name, number, x, y, principal.actor, now())

    await web_of(request).write(do)


def _unplaced(tx: Transaction, plan: FloorPlan) -> list[str]:
    """The first phones of the plan's site that stand on no plan."""
    rows = tx.listing.phones(PhonesWanted(site=plan.site), PageWanted(limit=LARGEST_PAGE)).rows
    placed = {each.phone_id for each in tx.placements.among("phone_id", [row.id for row in rows])}
    return [row.number for row in rows if row.id not in placed]
