"""The API as a whole: its routers, and its description (OpenAPI 3.1)."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field

from freeseat.edge.web.api.accounts import accounts
from freeseat.edge.web.api.agents import agents
from freeseat.edge.web.api.attendance import attendance
from freeseat.edge.web.api.boards import boards
from freeseat.edge.web.api.bulk import bulk
from freeseat.edge.web.api.desks import desks
from freeseat.edge.web.api.me import me
from freeseat.edge.web.api.node import node, usual
from freeseat.edge.web.api.phones import phones
from freeseat.edge.web.api.plans import plans
from freeseat.edge.web.api.policy import policy
from freeseat.edge.web.api.queues import queues
from freeseat.edge.web.api.records import records
from freeseat.edge.web.api.reports import reports
from freeseat.edge.web.api.resource import Resource
from freeseat.edge.web.api.rules import rules
from freeseat.edge.web.api.streaming import streaming
from freeseat.edge.web.api.tokens import tokens
from freeseat.edge.web.api.trunks import trunks
from freeseat.edge.web.api.users import users
from freeseat.edge.web.api.webhooks import webhooks
from freeseat.edge.web.api.workplaces import workplaces

RESOURCES: tuple[Resource, ...] = (
    users,
    phones,
    desks,
    queues,
    attendance,
    agents,
    records,
    reports,
    rules,
    policy,
    trunks,
    workplaces,
    boards,
    plans,
    webhooks,
    bulk,
    me,
    accounts,
    tokens,
    streaming,
    node,
)

ROUTERS: tuple[APIRouter, ...] = (*(each.router for each in RESOURCES), usual)

_ABOUT = """Everything that the portal does, for programs. `docs/api.md` tells how to begin.

Send a token as `Authorization: Bearer fst_...`. Errors are problem bodies (RFC 9457); lists are read page by page."""


class Fault(BaseModel):
    """A value that does not fit its description."""

    field: str = Field(description="Where it is.")
    detail: str = Field(description="What is wrong with it.")


class Problem(BaseModel):
    """Why a request was not carried out (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="`urn:freeseat:<code>`.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    code: str = Field(description="A stable word for what went wrong.")
    detail: str = Field(description="A sentence for people.")
    field: str | None = Field(default=None, description="The field that is not acceptable.")
    faults: list[Fault] = Field(default_factory=list, description="What does not fit the description.")


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of an application's API; made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _made(app)
    return app.openapi_schema


def _made(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title="Freeseat",
        version=version("freeseat"),
        description=_ABOUT,
        routes=app.routes,
        tags=[{"name": each.tag, "description": each.about} for each in RESOURCES],
        license_info={"name": "GPL-2.0-or-later", "identifier": "GPL-2.0-or-later"},
    )
    parts = made.setdefault("components", {})
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    faults = schema.pop("$defs", {})
    parts["schemas"] = dict(sorted({**parts.get("schemas", {}), **faults, "Problem": schema}.items()))
    for unused in ("HTTPValidationError", "ValidationError"):
        parts["schemas"].pop(unused, None)
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A program's token, `fst_...`."},
        "signIn": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-freeseat",
            "description": "The cookie of somebody who has signed in; changes need the header `X-CSRF-Token` too.",
        },
    }
    made["security"] = [{"token": []}, {"signIn": []}]
    return made
