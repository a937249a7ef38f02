"""`/trunks` and `/inbound-numbers`: ways outside, and whom numbers from there mean (R4.3)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from freeseat.application.directory.trunks import (
    add_trunk,
    change_trunk,
    delete_inbound,
    delete_trunk,
    set_inbound,
    set_trunk_secret,
    trunk_of,
)
from freeseat.application.ports import Transaction
from freeseat.domain.errors import NotFound
from freeseat.domain.permissions import Permission
from freeseat.domain.trunks import InboundNumber, Trunk
from freeseat.edge.web.api.bodies import Body, Listed, PageAsked, Use, answer_of, derived, whole
from freeseat.edge.web.api.resource import Caller, Everywhere, Name, Number, Parts, Resource
from freeseat.edge.web.context import now

trunks = Resource("trunks", "Trunks to carriers or a PBX, and the numbers that come in on them (R4.3).")


@derived(Trunk, Use.NEW, without=("id", "secret"))
class NewTrunk(Body):
    """A trunk to enter."""

    secret: str = Field("", description="Digest password; empty: none.")


@derived(Trunk, Use.CHANGES, without=("id", "secret"))
class TrunkChanges(Body):
    """What to change of a trunk."""


class InboundAsked(PageAsked):
    """Which inbound numbers."""

    search: str = Field("", description="Every word of it stands in number, destination or description, in any case.")


@derived(Trunk, Use.ANSWER, without=("id", "secret"))
class TrunkAnswer(Body):
    """A trunk; never its password."""

    has_secret: bool = Field(description="Whether it has a digest password.")


class TrunkSecret(Body):
    """Another digest password."""

    secret: str = Field(description="Digest password; empty: none.")


@derived(InboundNumber, Use.NEW, without=("id", "number"))
class NewInbound(Body):
    """Whom an inbound number means."""


@derived(InboundNumber, Use.ANSWER, without=("id",))
class InboundAnswer(Body):
    """A number that comes in on a trunk, and whom it means."""


@trunks.get("/trunks", Everywhere(Permission.SETTINGS_READ))
async def list_trunks(web: Parts) -> Listed[TrunkAnswer]:
    """List the trunks."""
    return whole([_answer(each) for each in await web.read(lambda tx: tx.trunks.list())])


@trunks.post("/trunks", Everywhere(Permission.SETTINGS_WRITE), status_code=201)
async def create_trunk(caller: Caller, web: Parts, body: NewTrunk) -> TrunkAnswer:
    """Enter a trunk."""
    given = body.filled()
    secret = given.pop("secret")
    trunk = Trunk(0, **given)
    return _answer(await web.write(lambda tx: add_trunk(tx, trunk, secret, caller.actor, now())))


@trunks.get("/trunks/{name}", Everywhere(Permission.SETTINGS_READ))
async def get_trunk(web: Parts, name: Name) -> TrunkAnswer:
    """Show a trunk."""
    return _answer(await web.read(lambda tx: trunk_of(tx, name)))


@trunks.patch("/trunks/{name}", Everywhere(Permission.SETTINGS_WRITE))
async def change_a_trunk(caller: Caller, web: Parts, name: Name, body: TrunkChanges) -> TrunkAnswer:
    """Change a trunk."""
    return _answer(await web.write(lambda tx: change_trunk(tx, name, body.given(), caller.actor, now())))


@trunks.put("/trunks/{name}/secret", Everywhere(Permission.SETTINGS_WRITE), status_code=204)
async def set_a_trunk_secret(caller: Caller, web: Parts, name: Name, body: TrunkSecret) -> None:
    """Give a trunk another digest password."""
    secret = body.secret
    await web.write(lambda tx: set_trunk_secret(tx, name, secret, caller.actor, now()))


@trunks.delete("/trunks/{name}", Everywhere(Permission.SETTINGS_WRITE))
async def delete_a_trunk(caller: Caller, web: Parts, name: Name) -> None:
    """Delete a trunk."""
    await web.write(lambda tx: delete_trunk(tx, name, caller.actor, now()))


@trunks.get("/inbound-numbers", Everywhere(Permission.SETTINGS_READ))
async def list_inbound_numbers(web: Parts, asked: Annotated[InboundAsked, Query()]) -> Listed[InboundAnswer]:
    """List inbound numbers, by number."""
    found = await web.read(lambda tx: tx.listing.inbound(asked.search, asked.page()))
    return Listed(items=[answer_of(InboundAnswer, each) for each in found.rows], next=found.next, total=found.total)


@trunks.put("/inbound-numbers/{number}", Everywhere(Permission.SETTINGS_WRITE))
async def set_inbound_number(caller: Caller, web: Parts, number: Number, body: NewInbound) -> InboundAnswer:
    """Say whom an inbound number means, or say it anew."""
    inbound = InboundNumber(0, number, **body.filled())

    def change(tx: Transaction) -> InboundNumber:
        set_inbound(tx, inbound, caller.actor, now())
        kept = tx.inbound.get(number=number)
        assert kept is not None, "it was written in this transaction"
        return kept

    return answer_of(InboundAnswer, await web.write(change))


@trunks.get("/inbound-numbers/{number}", Everywhere(Permission.SETTINGS_READ))
async def get_inbound_number(web: Parts, number: Number) -> InboundAnswer:
    """Show whom an inbound number means."""
    found = await web.read(lambda tx: tx.inbound.get(number=number))
    if found is None:
        raise NotFound("inbound number", number)
    return answer_of(InboundAnswer, found)


@trunks.delete("/inbound-numbers/{number}", Everywhere(Permission.SETTINGS_WRITE))
async def delete_inbound_number(caller: Caller, web: Parts, number: Number) -> None:
    """An inbound number means nobody any more."""
    await web.write(lambda tx: delete_inbound(tx, number, caller.actor, now()))


def _answer(trunk: Trunk) -> TrunkAnswer:
    return answer_of(TrunkAnswer, trunk, {"has_secret": trunk.secret != b""})
