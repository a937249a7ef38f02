"""`/users`: people, their numbers and PINs (R1.1, R1.8, R1.9)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from freeseat.application.directory.spheres import user_within
from freeseat.application.directory.users import add_user, change_user, delete_user, set_pin, unlock_user
from freeseat.application.directory.views import UserSeen, users_seen
from freeseat.application.listing import UserRow, UsersWanted
from freeseat.application.locate import Whereabouts, locate
from freeseat.application.ports import Transaction
from freeseat.domain.directory import User
from freeseat.domain.permissions import Permission
from freeseat.edge.web.api.bodies import Body, Listed, PageAsked, Use, answer_of, class_id, derived, whole
from freeseat.edge.web.api.resource import Caller, Everywhere, Number, Parts, Resource
from freeseat.edge.web.context import now
from freeseat.edge.web.drawing import new_pin

users = Resource("users", "People, their numbers and PINs (R1.1, R1.8, R1.9).")

_INNER = ("id", "class_id", "pin", "pin_set_at")


@derived(User, Use.NEW, without=_INNER)
class NewUser(Body):
    """A user to enter. Without a PIN nobody can log in as this user."""

    cos: str = Field("standard", description="Class of service, by name.")
    pin: str | None = Field(None, description="The PIN, as digits; it can be set but never read.", examples=["4711"])


@derived(User, Use.CHANGES, without=_INNER)
class UserChanges(Body):
    """What to change of a user."""

    cos: str = Field("standard", description="Class of service, by name.")


@derived(User, Use.ANSWER, without=_INNER)
class UserAnswer(Body):
    """A user."""

    cos: str = Field(description="Class of service, by name.")
    has_pin: bool = Field(description="Whether there is a PIN.")
    pin_set_at: datetime | None = Field(description="When the PIN was set.")
    places: list[str] = Field(description="Where he is logged in, as AoRs, oldest first.")
    phones: list[str] = Field(description="Phones assigned to him, by number.")


@derived(UserRow, Use.ANSWER, without=("id", "class_name"))
class UserItem(Body):
    """A user in a list."""

    cos: str = Field(description="Class of service, by name.")


@derived(UsersWanted, Use.FILTER, without=("within",))
class UsersAsked(PageAsked):
    """Which users."""


class NewPin(Body):
    """A new PIN; without one it is made at random."""

    pin: str | None = Field(None, description="The PIN, as digits.", examples=["4711"])


class PinAnswer(Body):
    """What became of a PIN."""

    number: str
    pin: str | None = Field(description="The PIN where it was made at random, told this once; else null.")


class Unlocked(Body):
    """Locks that were lifted."""

    lifted: int = Field(description="How many there were.")


@derived(Whereabouts, Use.ANSWER)
class PlaceAnswer(Body):
    """Where somebody is logged in."""


@users.get("/users", Permission.DIRECTORY_READ)
async def list_users(caller: Caller, web: Parts, asked: Annotated[UsersAsked, Query()]) -> Listed[UserItem]:
    """List users, by number."""
    wanted = UsersWanted(**asked.filters(), within=caller.sphere)
    found = await web.read(lambda tx: tx.listing.users(wanted, asked.page()))
    items = [answer_of(UserItem, row, {"cos": row.class_name}) for row in found.rows]
    return Listed(items=items, next=found.next, total=found.total)


@users.post("/users", Everywhere(Permission.DIRECTORY_WRITE), status_code=201)
async def create_user(caller: Caller, web: Parts, body: NewUser) -> UserAnswer:
    """Enter a user."""

    def enter(tx: Transaction) -> UserAnswer:
        wanted = {name: getattr(body, name) for name in type(body).model_fields if name not in ("pin", "cos")}
        user = User(id=0, class_id=class_id(tx, body.cos), **wanted)
        return _answer(tx, add_user(tx, user, body.pin, caller.actor, now()))

    return await web.write(enter)


@users.get("/users/{number}", Permission.DIRECTORY_READ)
async def get_user(caller: Caller, web: Parts, number: Number) -> UserAnswer:
    """Show a user."""
    return await web.read(lambda tx: _answer(tx, user_within(tx, number, caller.sphere)))


@users.patch("/users/{number}", Permission.DIRECTORY_WRITE)
async def change_a_user(caller: Caller, web: Parts, number: Number, body: UserChanges) -> UserAnswer:
    """Change a user.

    Whoever loses hot desk access or is disabled is logged out at once (R1.9).
    """

    def change(tx: Transaction) -> UserAnswer:
        user_within(tx, number, caller.sphere)
        return _answer(tx, change_user(tx, number, _changes(tx, body.given()), caller.actor, now()))

    return await web.write(change)


@users.delete("/users/{number}", Permission.DIRECTORY_WRITE)
async def delete_a_user(caller: Caller, web: Parts, number: Number) -> None:
    """Delete a user; he is logged out first (R1.9)."""

    def delete(tx: Transaction) -> None:
        user_within(tx, number, caller.sphere)
        delete_user(tx, number, caller.actor, now())

    await web.write(delete)


@users.put("/users/{number}/pin", Permission.DIRECTORY_WRITE)
async def set_user_pin(caller: Caller, web: Parts, number: Number, body: NewPin) -> PinAnswer:
    """Set a new PIN, and lift locks (R1.8).

    A PIN made at random is in the answer, this once.
    """

    def change(tx: Transaction) -> PinAnswer:
        user_within(tx, number, caller.sphere)
        made = new_pin(tx.policy(), number) if body.pin is None else None
        set_pin(tx, number, made or body.pin or "", caller.actor, now())
        return PinAnswer(number=number, pin=made)

    return await web.write(change)


@users.post("/users/{number}/unlock", Permission.DIRECTORY_WRITE)
async def unlock_a_user(caller: Caller, web: Parts, number: Number) -> Unlocked:
    """Lift all locks after wrong PINs (R2.15)."""

    def unlock(tx: Transaction) -> Unlocked:
        user_within(tx, number, caller.sphere)
        return Unlocked(lifted=unlock_user(tx, number, caller.actor, now()))

    return await web.write(unlock)


@users.get("/users/{number}/places", Permission.DESKS_READ)
async def locate_user(caller: Caller, web: Parts, number: Number) -> Listed[PlaceAnswer]:
    """Tell where a user is logged in (R2.11)."""

    def question(tx: Transaction) -> tuple[Whereabouts, ...]:
        user_within(tx, number, caller.sphere)
        return locate(tx, number) or ()

    return whole([answer_of(PlaceAnswer, each) for each in await web.read(question)])


def _answer(tx: Transaction, user: User) -> UserAnswer:
    return user_answer(users_seen(tx, [user])[0])


def user_answer(seen: UserSeen) -> UserAnswer:
    """A user for programs; never his PIN."""
    more = {"cos": seen.class_name, "places": list(seen.places), "phones": list(seen.phones)}
    user = seen.user
    return answer_of(UserAnswer, user, more | {"has_pin": user.pin_set_at is not None, "pin_set_at": user.pin_set_at})


def _changes(tx: Transaction, given: dict[str, Any]) -> dict[str, Any]:
    """What was given, as fields of a user."""
    if "cos" in given:
        given["class_id"] = class_id(tx, given.pop("cos"))
    return given
