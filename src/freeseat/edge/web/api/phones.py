"""`/phones`: devices, shared or assigned, and their SIP secrets (R1.2, R1.3, R1.9)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from freeseat.application.directory.phones import add_phone, change_phone, delete_phone, next_free_number, set_secret
from freeseat.application.directory.spheres import person_named, phone_within, user_within
from freeseat.application.directory.views import PhoneSeen, phones_seen
from freeseat.application.listing import PhoneRow, PhonesWanted
from freeseat.application.ports import Binding, Transaction
from freeseat.domain.checks import normal_mac
from freeseat.domain.directory import Phone
from freeseat.domain.errors import InvalidValue
from freeseat.domain.permissions import Permission, Sphere
from freeseat.edge.web.api.bodies import Body, Listed, PageAsked, Use, answer_of, class_id, derived, whole
from freeseat.edge.web.api.resource import Caller, Number, Parts, Resource
from freeseat.edge.web.context import now
from freeseat.edge.web.drawing import new_secret

phones = Resource("phones", "Devices, shared or assigned, their SIP secrets and bindings (R1.2, R1.3).")

_INNER = ("id", "class_id", "secret", "owner_id", "default_owner_id")
_OWNER = "The user it is assigned to, by number; null: nobody, it is shared."
_DEFAULT_OWNER = "The user to whom it returns when a visitor leaves, by number; null: nobody."


@derived(Phone, Use.NEW, without=(*_INNER, "number", "shared"))
class NewPhone(Body):
    """A phone to enter: a shared one, unless it has an owner."""

    number: str | None = Field(None, description="Its number; a shared one gets the next free number without.")
    cos: str = Field("standard", description="Class of service, by name.")
    owner: str | None = Field(None, description=_OWNER)
    default_owner: str | None = Field(None, description=_DEFAULT_OWNER)
    secret: str | None = Field(None, description="SIP password; made at random without.")


@derived(Phone, Use.CHANGES, without=(*_INNER, "shared"))
class PhoneChanges(Body):
    """What to change of a phone."""

    cos: str = Field("standard", description="Class of service, by name.")
    owner: str | None = Field(None, description=_OWNER)
    default_owner: str | None = Field(None, description=_DEFAULT_OWNER)


@derived(Phone, Use.ANSWER, without=_INNER)
class PhoneAnswer(Body):
    """A phone."""

    cos: str = Field(description="Class of service, by name.")
    owner: str = Field(description="The user it is assigned to, by number; empty: nobody.")
    default_owner: str = Field(description="The user to whom it returns, by number; empty: nobody.")
    occupant: str = Field(description="Who is logged in there, by number; empty: nobody.")
    occupant_name: str
    registered: bool = Field(description="Whether a binding of it is live.")


class PhoneMade(PhoneAnswer):
    """A phone that was entered, with its SIP secret: the secret is told this once."""

    secret: str = Field(description="SIP password.")


@derived(PhoneRow, Use.ANSWER, without=("id", "class_name"))
class PhoneItem(Body):
    """A phone in a list."""

    cos: str = Field(description="Class of service, by name.")


@derived(PhonesWanted, Use.FILTER, without=("within",))
class PhonesAsked(PageAsked):
    """Which phones."""


class NewSecret(Body):
    """A new SIP secret; without one it is made at random."""

    secret: str | None = Field(None, description="SIP password: 8 to 128 printable characters without blanks.")


class SecretAnswer(Body):
    """A new SIP secret: told this once."""

    number: str
    secret: str


@derived(Binding, Use.ANSWER, without=("id", "cseq", "call_id", "path"))
class BindingAnswer(Body):
    """A registered SIP Contact, as Kamailio told it. Times are unix seconds, `granted` is in seconds."""


@phones.get("/phones", Permission.DIRECTORY_READ)
async def list_phones(caller: Caller, web: Parts, asked: Annotated[PhonesAsked, Query()]) -> Listed[PhoneItem]:
    """List phones, by number."""
    wanted = PhonesWanted(**asked.filters(), within=caller.sphere)
    found = await web.read(lambda tx: tx.listing.phones(wanted, asked.page()))
    items = [answer_of(PhoneItem, row, {"cos": row.class_name}) for row in found.rows]
    return Listed(items=items, next=found.next, total=found.total)


@phones.post("/phones", Permission.DIRECTORY_WRITE, status_code=201)
async def create_phone(caller: Caller, web: Parts, body: NewPhone) -> PhoneMade:
    """Enter a phone; its SIP secret is in the answer, this once."""
    caller.require(Permission.DIRECTORY_WRITE, site=body.given().get("site", ""))
    secret = new_secret() if body.secret is None else body.secret

    def enter(tx: Transaction) -> PhoneMade:
        given = {name: getattr(body, name) for name in type(body).model_fields if name != "secret"}
        given = _fields(tx, {"shared": body.owner is None, **given}, caller.sphere)
        if given["number"] is None:
            if not given["shared"]:
                raise InvalidValue("number", "", "an assigned phone needs a number")
            given["number"] = next_free_number(tx)
        phone = add_phone(tx, Phone(id=0, **given), secret, caller.actor, now())
        return answer_of(PhoneMade, phone, _more(phones_seen(tx, [phone])[0]) | {"secret": secret})

    return await web.write(enter)


@phones.get("/phones/{number}", Permission.DIRECTORY_READ)
async def get_phone(caller: Caller, web: Parts, number: Number) -> PhoneAnswer:
    """Show a phone, who is there, and whether it is registered."""
    return await web.read(lambda tx: _answer(tx, phone_within(tx, number, caller.sphere)))


@phones.patch("/phones/{number}", Permission.DIRECTORY_WRITE)
async def change_a_phone(caller: Caller, web: Parts, number: Number, body: PhoneChanges) -> PhoneAnswer:
    """Change a phone.

    An `owner` makes it assigned, without one it is shared. Being disabled or no longer shared logs its occupant out.
    """

    def change(tx: Transaction) -> PhoneAnswer:
        old, given = phone_within(tx, number, caller.sphere), body.given()
        caller.require(Permission.DIRECTORY_WRITE, site=given.get("site", old.site))
        if "owner" in given:
            given["shared"] = given["owner"] is None
        return _answer(tx, change_phone(tx, number, _fields(tx, given, caller.sphere), caller.actor, now()))

    return await web.write(change)


@phones.delete("/phones/{number}", Permission.DIRECTORY_WRITE)
async def delete_a_phone(caller: Caller, web: Parts, number: Number) -> None:
    """Delete a phone; its occupant is logged out first (R1.9)."""

    def delete(tx: Transaction) -> None:
        phone_within(tx, number, caller.sphere)
        delete_phone(tx, number, caller.actor, now())

    await web.write(delete)


@phones.put("/phones/{number}/secret", Permission.DIRECTORY_WRITE)
async def set_phone_secret(caller: Caller, web: Parts, number: Number, body: NewSecret) -> SecretAnswer:
    """Give a phone a new SIP secret, which is in the answer, this once."""
    secret = new_secret() if body.secret is None else body.secret

    def change(tx: Transaction) -> None:
        phone_within(tx, number, caller.sphere)
        set_secret(tx, number, secret, caller.actor, now())

    await web.write(change)
    return SecretAnswer(number=number, secret=secret)


@phones.get("/phones/{number}/bindings", Permission.DIRECTORY_READ)
async def list_phone_bindings(caller: Caller, web: Parts, number: Number) -> Listed[BindingAnswer]:
    """List where a phone is registered."""

    def question(tx: Transaction) -> list[Binding]:
        phone_within(tx, number, caller.sphere)
        return tx.bindings.list(aor=number)

    return whole([answer_of(BindingAnswer, each) for each in await web.read(question)])


@phones.get("/users/{number}/bindings", Permission.DIRECTORY_READ)
async def list_user_bindings(caller: Caller, web: Parts, number: Number) -> Listed[BindingAnswer]:
    """List where somebody has registered as himself (R2.2)."""

    def question(tx: Transaction) -> list[Binding]:
        user_within(tx, number, caller.sphere)
        return tx.bindings.list(aor=number)

    return whole([answer_of(BindingAnswer, each) for each in await web.read(question)])


def _answer(tx: Transaction, phone: Phone) -> PhoneAnswer:
    return answer_of(PhoneAnswer, phone, _more(phones_seen(tx, [phone])[0]))


def _more(seen: PhoneSeen) -> dict[str, Any]:
    named = ("owner", "default_owner", "occupant", "occupant_name", "registered")
    return {"cos": seen.class_name, **{name: getattr(seen, name) for name in named}}


def _fields(tx: Transaction, given: dict[str, Any], sphere: Sphere) -> dict[str, Any]:
    """What was given, as fields of a phone."""
    if "cos" in given:
        given["class_id"] = class_id(tx, given.pop("cos"))
    for name in ("owner", "default_owner"):
        if name in given:
            given[f"{name}_id"] = person_named(tx, name, given.pop(name), sphere)
    if given.get("mac") is not None:
        given["mac"] = normal_mac(given["mac"])
    return given
