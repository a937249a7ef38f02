"""Floor plans and the places of phones on them (R10.4)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from freeseat.application.directory.changes import shown
from freeseat.application.directory.phones import phone_of
from freeseat.application.directory.views import phones_seen
from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor
from freeseat.domain.errors import NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.plans import (
    DeskState,
    FloorPlan,
    Placement,
    PlanImage,
    check_plan,
    check_position,
    desk_state,
    picture_of,
)


@dataclass(frozen=True, slots=True)
class DeskOnPlan:
    """A desk on a plan: where (shares of width and height), its phone, its colour, and who is there since when."""

    phone: str
    x: float
    y: float
    state: DeskState
    occupant: str
    occupant_name: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class FloorSeen:
    """A plan at one moment: its desks by the number of the phone."""

    plan: FloorPlan
    desks: tuple[DeskOnPlan, ...]


def add_plan(tx: Transaction, name: str, site: str, image: bytes, actor: Actor, now: datetime) -> FloorPlan:
    """Enter a plan with its picture (PNG, JPEG or WebP). Raises InvalidValue or Clash."""
    check_plan(name, site)
    picture = picture_of(image)
    plan = tx.plans.add(FloorPlan(0, name, site, picture.media_type, picture.width, picture.height, now))
    tx.plan_images.add(PlanImage(0, plan.id, image))
    _changed(tx, name, {"added": shown(plan)}, actor, now)
    return plan


def change_plan(
    tx: Transaction,
    name: str,
    actor: Actor,
    now: datetime,
    *,
    new_name: str | None = None,
    site: str | None = None,
    image: bytes | None = None,
) -> FloorPlan:
    """Change what is given of a plan; desks keep their places. Raises NotFound, InvalidValue or Clash."""
    old = plan_of(tx, name)
    new = replace(old, name=old.name if new_name is None else new_name, site=old.site if site is None else site)
    check_plan(new.name, new.site)
    if image is not None:
        picture = picture_of(image)
        new = replace(new, media_type=picture.media_type, width=picture.width, height=picture.height, changed_at=now)
        kept = tx.plan_images.get(plan_id=old.id)
        if kept is not None:
            tx.plan_images.update(replace(kept, data=image))
    if new == old:
        return old
    tx.plans.update(new)
    _changed(tx, new.name, {"was": old.name, "changes": shown(new, since=old)}, actor, now)
    return new


def delete_plan(tx: Transaction, name: str, actor: Actor, now: datetime) -> None:
    """Delete a plan with the places on it. Raises NotFound."""
    plan = plan_of(tx, name)
    tx.plans.delete(plan)
    _changed(tx, name, {"deleted": shown(plan)}, actor, now)


def place_desk(tx: Transaction, name: str, phone: str, x: float, y: float, actor: Actor, now: datetime) -> Placement:
    """Put a phone on a plan, or move it, from another plan too. Raises NotFound or InvalidValue."""
    check_position(x, y)
    plan, device = plan_of(tx, name), phone_of(tx, phone)
    old = tx.placements.get(phone_id=device.id)
    new = Placement(old.id if old is not None else 0, plan.id, device.id, x, y)
    if new == old:
        return new
    if old is None:
        new = tx.placements.add(new)
    else:
        tx.placements.update(new)
    data = {"plan": name, "x": x, "y": y}
    tx.events.append(Event(now, Kind.DESK_PLACED, actor, phone=phone, data=data))
    return new


def remove_desk(tx: Transaction, phone: str, actor: Actor, now: datetime) -> None:
    """Take a phone off its plan. Raises NotFound, also where it is on none."""
    placement = tx.placements.get(phone_id=phone_of(tx, phone).id)
    if placement is None:
        raise NotFound("place on a plan of phone", phone)
    tx.placements.delete(placement)
    data: dict[str, object] = {"plan": "", "x": None, "y": None}
    tx.events.append(Event(now, Kind.DESK_PLACED, actor, phone=phone, data=data))


def image_of(tx: Transaction, name: str) -> tuple[FloorPlan, bytes]:
    """A plan and its picture. Raises NotFound."""
    plan = plan_of(tx, name)
    image = tx.plan_images.get(plan_id=plan.id)
    if image is None:
        raise NotFound("picture of plan", name)
    return plan, image.data


def floor_seen(tx: Transaction, name: str) -> FloorSeen:
    """How the desks of a plan stand now, in a handful of statements. Raises NotFound."""
    plan = plan_of(tx, name)
    placements = {each.phone_id: each for each in tx.placements.list(plan_id=plan.id)}
    phones = sorted(tx.phones.among("id", placements), key=lambda phone: phone.number)
    since = {each.phone_id: each for each in tx.logins.among("phone_id", placements, ended_at=None)}
    places = {login.place for login in since.values()}
    bound = {binding.aor for binding in tx.bindings.among("aor", places)}
    names = {user.id: user.name for user in tx.users.among("id", {phone.owner_id for phone in phones} - {None})}
    desks = []
    for seen in phones_seen(tx, phones):
        placement, login = placements[seen.phone.id], since.get(seen.phone.id)
        registered = seen.registered or (login is not None and login.place in bound)
        occupant, name_of = (
            (seen.occupant, seen.occupant_name)
            if login is not None
            else (seen.owner, names.get(seen.phone.owner_id or 0, ""))
        )
        state = desk_state(enabled=seen.phone.enabled, registered=registered, occupied=bool(occupant))
        at = login.started_at if login is not None else None
        desks.append(DeskOnPlan(seen.phone.number, placement.x, placement.y, state, occupant, name_of, at))
    return FloorSeen(plan, tuple(desks))


def plan_of(tx: Transaction, name: str) -> FloorPlan:
    """The plan of a name. Raises NotFound."""
    plan = tx.plans.get(name=name)
    if plan is None:
        raise NotFound("plan", name)
    return plan


def _changed(tx: Transaction, name: str, data: dict[str, object], actor: Actor, now: datetime) -> None:
    tx.events.append(Event(now, Kind.PLAN_CHANGED, actor, data={"plan": name, **data}))
