"""`/plans`: floor plans, and the places of phones on them (R10.4)."""

from __future__ import annotations

import base64
import binascii

from fastapi import Response
from pydantic import Field

from freeseat.application.accounts.principal import Principal
from freeseat.application.directory.spheres import phone_within
from freeseat.application.plans.directory import (
    DeskOnPlan,
    FloorSeen,
    add_plan,
    change_plan,
    delete_plan,
    floor_seen,
    image_of,
    place_desk,
    plan_of,
    remove_desk,
)
from freeseat.application.ports import Transaction
from freeseat.domain.errors import InvalidValue, NotFound
from freeseat.domain.permissions import Permission
from freeseat.domain.plans import FloorPlan, MediaType, Placement
from freeseat.edge.web.api.bodies import Body, Listed, Use, answer_of, derived, whole
from freeseat.edge.web.api.resource import Caller, Name, Number, Parts, Resource
from freeseat.edge.web.context import now

plans = Resource("plans", "Floor plans, and the places of phones on them (R10.4).")

_IMAGE = "The picture: PNG, JPEG or WebP of at most 8 MiB, in base64 (RFC 4648 section 4)."
_PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class NewPlan(Body):
    """A plan to enter."""

    name: str = Field(examples=["Berlin, 2nd floor"])
    site: str = Field("", examples=["berlin"])
    image: str = Field(description=_IMAGE, examples=[_PICTURE])


class PlanChanges(Body):
    """What to change of a plan; desks keep their places."""

    name: str = Field(default="", examples=["Berlin, 2nd floor"])
    site: str = Field(default="", examples=["berlin"])
    image: str = Field(default="", description=_IMAGE, examples=[_PICTURE])


@derived(FloorPlan, Use.ANSWER, without=("id",))
class PlanAnswer(Body):
    """A floor plan; width and height in pixels."""


@derived(DeskOnPlan, Use.ANSWER)
class DeskAnswer(Body):
    """A desk on a plan."""


class FloorAnswer(PlanAnswer):
    """A floor plan with its desks as they stand now."""

    desks: list[DeskAnswer]


@derived(Placement, Use.NEW, only=("x", "y"))
class NewPlace(Body):
    """Where a phone stands."""


@derived(Placement, Use.ANSWER, only=("x", "y"))
class PlaceOnPlan(Body):
    """Where a phone stands."""

    plan: str
    phone: str


@plans.get("/plans", Permission.DESKS_READ)
async def list_plans(caller: Caller, web: Parts) -> Listed[PlanAnswer]:
    """List the floor plans, by name."""
    found = await web.read(lambda tx: tx.plans.list())
    mine = (each for each in found if caller.sphere.covers_site(each.site))
    return whole([answer_of(PlanAnswer, each) for each in sorted(mine, key=lambda each: each.name)])


@plans.post("/plans", Permission.SETTINGS_WRITE, status_code=201)
async def create_plan(caller: Caller, web: Parts, body: NewPlan) -> PlanAnswer:
    """Enter a floor plan with its picture."""
    caller.require(Permission.SETTINGS_WRITE, site=body.site)
    image = _picture(body.image)
    return answer_of(
        PlanAnswer, await web.write(lambda tx: add_plan(tx, body.name, body.site, image, caller.actor, now()))
    )


@plans.get("/plans/{name}", Permission.DESKS_READ)
async def get_plan(caller: Caller, web: Parts, name: Name) -> FloorAnswer:
    """Show a floor plan with its desks as they stand now."""

    def question(tx: Transaction) -> FloorSeen:
        _within(tx, name, caller)
        return floor_seen(tx, name)

    seen = await web.read(question)
    return answer_of(FloorAnswer, seen.plan, {"desks": [answer_of(DeskAnswer, each) for each in seen.desks]})


_PICTURES = {kind.value: {"schema": {"type": "string", "format": "binary"}} for kind in MediaType}


@plans.get(
    "/plans/{name}/image",
    Permission.DESKS_READ,
    response_class=Response,
    responses={200: {"description": "The picture.", "content": _PICTURES}},
)
async def get_plan_image(caller: Caller, web: Parts, name: Name) -> Response:
    """Give the picture of a plan."""

    def question(tx: Transaction) -> tuple[FloorPlan, bytes]:
        _within(tx, name, caller)
        return image_of(tx, name)

    plan, data = await web.read(question)
    return Response(data, media_type=plan.media_type.value)


@plans.patch("/plans/{name}", Permission.SETTINGS_WRITE)
async def change_a_plan(caller: Caller, web: Parts, name: Name, body: PlanChanges) -> PlanAnswer:
    """Change a floor plan; desks keep their places."""
    given = body.given()
    image = _picture(given["image"]) if "image" in given else None

    def change(tx: Transaction) -> FloorPlan:
        site = given.get("site", _within(tx, name, caller).site)
        caller.require(Permission.SETTINGS_WRITE, site=site)
        return change_plan(tx, name, caller.actor, now(), new_name=given.get("name"), site=site, image=image)

    return answer_of(PlanAnswer, await web.write(change))


@plans.delete("/plans/{name}", Permission.SETTINGS_WRITE)
async def delete_a_plan(caller: Caller, web: Parts, name: Name) -> None:
    """Delete a floor plan with the places on it."""

    def delete(tx: Transaction) -> None:
        _within(tx, name, caller)
        delete_plan(tx, name, caller.actor, now())

    await web.write(delete)


@plans.put("/plans/{name}/desks/{number}", Permission.SETTINGS_WRITE)
async def place_phone(caller: Caller, web: Parts, name: Name, number: Number, body: NewPlace) -> PlaceOnPlan:
    """Put a phone on a plan, or move it, from another plan too."""
    x, y = body.filled()["x"], body.filled()["y"]

    def place(tx: Transaction) -> Placement:
        _within(tx, name, caller)
        phone_within(tx, number, caller.sphere)
        return place_desk(tx, name, number, x, y, caller.actor, now())

    return answer_of(PlaceOnPlan, await web.write(place), {"plan": name, "phone": number})


@plans.delete("/plans/{name}/desks/{number}", Permission.SETTINGS_WRITE)
async def take_phone_off(caller: Caller, web: Parts, name: Name, number: Number) -> None:
    """Take a phone off a plan."""

    def take(tx: Transaction) -> None:
        plan, phone = _within(tx, name, caller), phone_within(tx, number, caller.sphere)
        if tx.placements.get(plan_id=plan.id, phone_id=phone.id) is None:
            raise NotFound("place on this plan of phone", number)
        remove_desk(tx, number, caller.actor, now())

    await web.write(take)


def _picture(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidValue("image", f"{len(text)} letters", "write the picture in base64") from None


def _within(tx: Transaction, name: str, caller: Principal) -> FloorPlan:
    """The plan of a name. Raises NotFound, also for one of a site outside of the caller's sphere."""
    plan = plan_of(tx, name)
    if not caller.sphere.covers_site(plan.site):
        raise NotFound("plan", name)
    return plan
