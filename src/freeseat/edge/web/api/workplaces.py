"""`/workplaces`: the pages of PCs beside phones (R6.1, R2.4)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from freeseat.application.accounts.principal import Principal
from freeseat.application.listing import WorkplacesWanted
from freeseat.application.ports import Transaction
from freeseat.application.workplaces.directory import (
    Link,
    add_workplace,
    change_workplace,
    delete_workplace,
    give_link,
    revoke_link,
    workplace_of,
)
from freeseat.domain.errors import NotFound
from freeseat.domain.permissions import Permission
from freeseat.domain.workplaces import Workplace
from freeseat.edge.web.api.bodies import Body, Listed, PageAsked, Use, answer_of, derived
from freeseat.edge.web.api.resource import Caller, Name, Parts, Resource
from freeseat.edge.web.context import now
from freeseat.edge.web.drawing import new_link

workplaces = Resource("workplaces", "The pages of PCs beside phones, and the QR codes of desks (R6.1, R2.4).")

_INNER = ("id", "digest", "login_digest")
Which = Annotated[Link, Path(description="`page`: the agent client; `login`: the form of the desk's QR code.")]


@derived(Workplace, Use.NEW, without=_INNER)
class NewWorkplace(Body):
    """A workplace to enter; it needs an address, a MAC or a number of its phone."""


@derived(Workplace, Use.CHANGES, without=_INNER)
class WorkplaceChanges(Body):
    """What to change of a workplace."""


@derived(Workplace, Use.ANSWER, without=_INNER)
class WorkplaceAnswer(Body):
    """A workplace; never its links."""

    has_page_link: bool
    has_login_link: bool


@derived(WorkplacesWanted, Use.FILTER, without=("within",))
class WorkplacesAsked(PageAsked):
    """Which workplaces."""


class LinkMade(Body):
    """A link's token: told this once."""

    link: Link
    token: str


@workplaces.get("/workplaces", Permission.SETTINGS_READ)
async def list_workplaces(
    caller: Caller, web: Parts, asked: Annotated[WorkplacesAsked, Query()]
) -> Listed[WorkplaceAnswer]:
    """List workplaces, by name."""
    wanted = WorkplacesWanted(**asked.filters(), within=caller.sphere)
    found = await web.read(lambda tx: tx.listing.workplaces(wanted, asked.page()))
    return Listed(items=[_answer(each) for each in found.rows], next=found.next, total=found.total)


@workplaces.post("/workplaces", Permission.SETTINGS_WRITE, status_code=201)
async def create_workplace(caller: Caller, web: Parts, body: NewWorkplace) -> WorkplaceAnswer:
    """Enter a workplace; it has no link yet."""
    caller.require(Permission.SETTINGS_WRITE, site=body.filled()["site"])
    workplace = Workplace(0, **body.filled())
    return _answer(await web.write(lambda tx: add_workplace(tx, workplace, caller.actor, now())))


@workplaces.get("/workplaces/{name}", Permission.SETTINGS_READ)
async def get_workplace(caller: Caller, web: Parts, name: Name) -> WorkplaceAnswer:
    """Show a workplace."""
    return _answer(await web.read(lambda tx: workplace_within(tx, name, caller)))


@workplaces.patch("/workplaces/{name}", Permission.SETTINGS_WRITE)
async def change_a_workplace(caller: Caller, web: Parts, name: Name, body: WorkplaceChanges) -> WorkplaceAnswer:
    """Change a workplace."""

    def change(tx: Transaction) -> Workplace:
        given = body.given()
        caller.require(Permission.SETTINGS_WRITE, site=given.get("site", workplace_within(tx, name, caller).site))
        return change_workplace(tx, name, given, caller.actor, now())

    return _answer(await web.write(change))


@workplaces.delete("/workplaces/{name}", Permission.SETTINGS_WRITE)
async def delete_a_workplace(caller: Caller, web: Parts, name: Name) -> None:
    """Delete a workplace; its links open nothing any more."""

    def delete(tx: Transaction) -> None:
        workplace_within(tx, name, caller)
        delete_workplace(tx, name, caller.actor, now())

    await web.write(delete)


@workplaces.put("/workplaces/{name}/links/{link}", Permission.SETTINGS_WRITE)
async def give_workplace_link(caller: Caller, web: Parts, name: Name, link: Which) -> LinkMade:
    """Make a link, which is in the answer, this once; the one before opens nothing any more."""
    token = new_link()

    def give(tx: Transaction) -> None:
        workplace_within(tx, name, caller)
        give_link(tx, name, link, token, caller.actor, now())

    await web.write(give)
    return LinkMade(link=link, token=token)


@workplaces.delete("/workplaces/{name}/links/{link}", Permission.SETTINGS_WRITE)
async def revoke_workplace_link(caller: Caller, web: Parts, name: Name, link: Which) -> None:
    """A link opens nothing any more."""

    def revoke(tx: Transaction) -> None:
        workplace_within(tx, name, caller)
        revoke_link(tx, name, link, caller.actor, now())

    await web.write(revoke)


def workplace_within(tx: Transaction, name: str, caller: Principal) -> Workplace:
    """The workplace of a name. Raises NotFound, also for one at a site outside of the caller's sphere."""
    workplace = workplace_of(tx, name)
    if not caller.sphere.covers_site(workplace.site):
        raise NotFound("workplace", name)
    return workplace


def _answer(workplace: Workplace) -> WorkplaceAnswer:
    more = {"has_page_link": workplace.digest is not None, "has_login_link": workplace.login_digest is not None}
    return answer_of(WorkplaceAnswer, workplace, more)
