"""The plans there are: list, add, change, delete (R10.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import UploadFile

from freeseat.application.accounts.principal import Principal
from freeseat.application.plans.directory import add_plan, change_plan, delete_plan
from freeseat.application.ports import Transaction
from freeseat.domain.errors import InvalidValue, NotFound
from freeseat.domain.permissions import Permission
from freeseat.domain.plans import LARGEST_IMAGE, FloorPlan
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.portal.asking import Question, ask, words
from freeseat.edge.web.portal.forms import Field, Form, Group, Sheet
from freeseat.edge.web.portal.frame import portal_page


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
HERE = "/portal/floor"
Looking = Annotated[Visitor, Depends(needs(Permission.DESKS_READ))]
Drawing = Annotated[Visitor, Depends(needs(Permission.SETTINGS_WRITE))]
PlanId = Annotated[int, Path(ge=1, le=2**63 - 1)]

PLAN = Form(
    (
        Group(
            "",
            (
                Field("name", _("Name"), help=_("Such as Berlin, 2nd floor."), required=True),
                Field("site", _("Site"), help=_("As written at its phones; supervisors see the plans of their sites.")),
            ),
        ),
    )
)


@router.get(HERE)
async def plans(request: Request, visitor: Looking) -> HTMLResponse:
    """The plans that the visitor may see, by site and name, with how many desks each has."""
    sphere = visitor.principal.sphere

    def question(tx: Transaction) -> dict[str, object]:
        mine = [plan for plan in tx.plans.list() if sphere.covers_site(plan.site)]
        placed = {plan.id: len(tx.placements.list(plan_id=plan.id)) for plan in mine}
        return {"plans": sorted(mine, key=lambda plan: (plan.site, plan.name)), "placed": placed}

    return await portal_page(request, visitor, "floor/list.html", HERE, question=question)


@router.get(f"{HERE}/new")
async def new(request: Request, visitor: Drawing) -> Response:
    """The form for a new plan."""
    return await _plan_page(request, visitor, PLAN.shown(None, name="", site=""))


@router.post(f"{HERE}/new")
async def add(request: Request, visitor: Drawing) -> Response:
    """Add a plan with its picture."""
    principal, sheet, image = visitor.principal, await PLAN.sent(request), await _picture(request)
    principal.require(Permission.SETTINGS_WRITE, site=sheet.text("site"))

    def do(tx: Transaction, values: Mapping[str, Any]) -> FloorPlan:
        if image is None:
            raise InvalidValue("image", "", "choose a picture")
        return add_plan(tx, values["name"], values["site"], image, principal.actor, now())

    done = await sheet.carry_out(request, do)
    if isinstance(done, Sheet):
        return await _plan_page(request, visitor, done)
    return go(f"{HERE}/{done.id}/edit", words(visitor, _("{name} was added. Now place its desks."), name=done.name))


@router.get(f"{HERE}/{{plan_id}}/change")
async def edit(request: Request, visitor: Drawing, plan_id: PlanId) -> Response:
    """The form of a plan."""
    plan = await web_of(request).read(lambda tx: plan_within(tx, plan_id, visitor.principal))
    return await _plan_page(request, visitor, PLAN.shown(plan), plan)


@router.post(f"{HERE}/{{plan_id}}/change")
async def change(request: Request, visitor: Drawing, plan_id: PlanId) -> Response:
    """Change name, site or picture; desks keep their places."""
    principal, sheet, image = visitor.principal, await PLAN.sent(request), await _picture(request)
    old = await web_of(request).read(lambda tx: plan_within(tx, plan_id, principal))
    principal.require(Permission.SETTINGS_WRITE, site=sheet.text("site"))

    def do(tx: Transaction, values: Mapping[str, Any]) -> FloorPlan:
        plan = plan_within(tx, plan_id, principal)
        return change_plan(
            tx, plan.name, principal.actor, now(), new_name=values["name"], site=values["site"], image=image
        )

    done = await sheet.carry_out(request, do)
    if isinstance(done, Sheet):
        return await _plan_page(request, visitor, done, old)
    return go(f"{HERE}/{plan_id}", words(visitor, _("The changes were saved.")))


@router.get(f"{HERE}/{{plan_id}}/delete")
async def ask_delete(request: Request, visitor: Drawing, plan_id: PlanId) -> Response:
    """Ask before a plan is deleted."""
    plan = await web_of(request).read(lambda tx: plan_within(tx, plan_id, visitor.principal))
    question = Question(
        words(visitor, _("Delete {name}?"), name=plan.name),
        words(visitor, _("The places of desks on it are lost. The phones stay as they are.")),
        words(visitor, _("Delete")),
        f"{HERE}/{plan_id}",
    )
    return await ask(request, visitor, HERE, question)


@router.post(f"{HERE}/{{plan_id}}/delete")
async def delete(request: Request, visitor: Drawing, plan_id: PlanId) -> Response:
    """Delete a plan."""
    principal = visitor.principal

    def do(tx: Transaction) -> str:
        name = plan_within(tx, plan_id, principal).name
        delete_plan(tx, name, principal.actor, now())
        return name

    name = await web_of(request).write(do)
    return go(HERE, words(visitor, _("{name} was deleted."), name=name))


def plan_within(tx: Transaction, plan_id: int, principal: Principal) -> FloorPlan:
    """The plan of an id. Raises NotFound, also for one of a site outside of the sphere."""
    plan = tx.plans.get(id=plan_id)
    if plan is None or not principal.sphere.covers_site(plan.site):
        raise NotFound("plan", str(plan_id))
    return plan


async def _picture(request: Request) -> bytes | None:
    """The picture that was sent, None if none was chosen; no more of it than tells that it is too large."""
    async with request.form() as form:
        given = form.get("image")
        if not isinstance(given, UploadFile) or not given.filename:
            return None
        return await given.read(LARGEST_IMAGE + 1)


async def _plan_page(request: Request, visitor: Visitor, sheet: Sheet, plan: FloorPlan | None = None) -> Response:
    values = {"sheet": sheet, "plan": plan, "image_fault": sheet.faults.get("", "")}
    return await portal_page(request, visitor, "floor/form.html", HERE, values, status=sheet.status)
