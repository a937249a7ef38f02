"""`/health`, `/metrics`, `/lamps`: how this node does, and what is live (R10.5, R6.6)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from freeseat.application.boards.console import ConsoleLamp, Shown, lamps_of
from freeseat.application.listing import PhonesWanted, UsersWanted
from freeseat.application.metrics import health
from freeseat.application.ports import Transaction
from freeseat.domain.errors import Unavailable
from freeseat.domain.permissions import Permission
from freeseat.edge.web.api.bodies import Body, Listed, PageAsked, Use, answer_of, derived
from freeseat.edge.web.api.resource import OPEN, ApiRoute, Caller, Everywhere, Parts, Resource, marks_of
from freeseat.edge.web.context import source_of

node = Resource("node", "Health, metrics and lamps (R10.5, R6.6).")


class Alive(Body):
    """The process answers."""

    status: Literal["ok"]


class HealthAnswer(Body):
    """What an administrator should look at."""

    status: Literal["ok", "look"] = Field(description="`look`: something fails.")
    position: int = Field(description="The newest position of the feed.")
    newest: datetime | None = Field(description="When the last event happened.")
    failing_webhooks: list[str]


@derived(ConsoleLamp, Use.ANSWER)
class LampAnswer(Body):
    """The lamp of a user or phone: a user with where he is, a phone with who is there, by number."""


class LampsAsked(PageAsked):
    """Whose lamps."""

    shown: Shown = Field(Shown.USERS, description="Those of users, or of phones.")
    search: str = Field("", description="Every word of it stands somewhere in the user or phone, in any case.")


@node.get("/health", OPEN)
async def get_health(web: Parts, request: Request, ready: bool = False) -> Alive:
    """Tell whether this process is alive; with `ready` whether it can reach the database, too (else 503)."""
    web.rates.api.take(source_of(request))
    if ready:
        await web.read(lambda tx: tx.events.last_position())
    return Alive(status="ok")


@node.get("/health/details", Everywhere(Permission.SETTINGS_READ))
async def get_health_details(web: Parts) -> HealthAnswer:
    """Tell how things stand: what fails, and how far the feed is."""
    found = await web.read(health)
    failing = list(found.failing_webhooks)
    return HealthAnswer(
        status="look" if failing else "ok", position=found.position, newest=found.newest, failing_webhooks=failing
    )


@node.get(
    "/metrics",
    Everywhere(Permission.REPORTS_READ),
    response_class=Response,
    responses={200: {"description": "Prometheus' text format.", "content": {"text/plain": {}}}},
)
async def get_metrics(web: Parts) -> Response:
    """Give what Prometheus reads.

    Only with a token, from everywhere: behind a proxy on the same machine the whole world seems to be on loopback.
    """
    if web.metrics is None:
        raise Unavailable("this process measures nothing")
    text, kind = await asyncio.to_thread(web.metrics)
    return Response(text, media_type=kind)


usual = APIRouter(route_class=ApiRoute, include_in_schema=False)
usual.add_api_route("/metrics", get_metrics, openapi_extra=marks_of(Everywhere(Permission.REPORTS_READ)))
"""Where Prometheus looks unless it is told otherwise."""


@node.get("/lamps", Permission.DESKS_READ)
async def list_lamps(caller: Caller, web: Parts, asked: Annotated[LampsAsked, Query()]) -> Listed[LampAnswer]:
    """List the lamps of users or phones, by number: who is there, who talks (R6.6)."""

    def question(tx: Transaction) -> Listed[LampAnswer]:
        if asked.shown is Shown.USERS:
            people = tx.listing.users(UsersWanted(asked.search, within=caller.sphere), asked.page())
            numbers, following, total = [row.number for row in people.rows], people.next, people.total
        else:
            devices = tx.listing.phones(PhonesWanted(asked.search, within=caller.sphere), asked.page())
            numbers, following, total = [row.number for row in devices.rows], devices.next, devices.total
        lamps = [answer_of(LampAnswer, each) for each in lamps_of(tx, asked.shown, numbers)]
        return Listed(items=lamps, next=following, total=total)

    return await web.read(question)
