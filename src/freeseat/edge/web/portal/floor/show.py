"""A plan, live, and its picture (R10.4)."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from freeseat.application.plans.directory import floor_seen, image_of
from freeseat.application.ports import Transaction
from freeseat.domain.errors import NotFound
from freeseat.domain.permissions import Permission
from freeseat.domain.plans import DeskState, FloorPlan
from freeseat.edge.web.context import web_of
from freeseat.edge.web.live.fragments import Asked, Fragment, Params, Seen
from freeseat.edge.web.portal.access import principal_of
from freeseat.edge.web.portal.floor.plans import HERE, Looking, PlanId, plan_within
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.viewer import Viewer


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
STATES = (
    (DeskState.FREE, _("free")),
    (DeskState.OCCUPIED, _("occupied")),
    (DeskState.UNREGISTERED, _("not registered")),
    (DeskState.DISABLED, _("disabled")),
)
_CHANGES = frozenset({"kind:plan_changed", "kind:desk_placed"})


@router.get(f"{HERE}/{{plan_id}}")
async def plan(request: Request, visitor: Looking, plan_id: PlanId) -> HTMLResponse:
    """The page."""

    def question(tx: Transaction) -> dict[str, object]:
        return {"plan": plan_within(tx, plan_id, visitor.principal)}

    live = [Asked.of("floor", plan=plan_id)]
    return await portal_page(request, visitor, "floor/show.html", HERE, question=question, live=live)


@router.get(f"{HERE}/{{plan_id}}/image")
async def image(request: Request, visitor: Looking, plan_id: PlanId) -> Response:
    """The picture. Its address changes with it, so that browsers may keep it."""

    def question(tx: Transaction) -> tuple[FloorPlan, bytes]:
        return image_of(tx, plan_within(tx, plan_id, visitor.principal).name)

    found, data = await web_of(request).read(question)
    return Response(data, media_type=found.media_type.value, headers={"Cache-Control": "private, max-age=86400"})


def _seen(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    principal = principal_of(viewer, Permission.DESKS_READ)
    number = params.get("plan", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NotFound("plan", number[:40])
    found = plan_within(tx, int(number), principal)
    seen = floor_seen(tx, found.name)
    interests = _CHANGES | {f"phone:{desk.phone}" for desk in seen.desks}
    interests |= {f"user:{desk.occupant}" for desk in seen.desks if desk.occupant}
    counts = [(state, text, sum(desk.state is state for desk in seen.desks)) for state, text in STATES]
    return Seen({"plan": found, "desks": seen.desks, "texts": dict(STATES), "counts": counts}, interests)


FLOOR = Fragment("floor", "portal/parts/floor.html", _seen)
