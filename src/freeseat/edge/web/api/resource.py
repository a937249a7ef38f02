"""How a route of the API is written: who may, what it answers, how it is described. Said once, for all of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, cast
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.routing import APIRoute
from pydantic import AfterValidator

from freeseat.application.accounts.principal import Principal
from freeseat.application.bulk import BulkKind
from freeseat.domain.errors import NotFound
from freeseat.domain.permissions import Permission
from freeseat.edge.web.context import Web, web_of
from freeseat.edge.web.entrance import api_caller
from freeseat.edge.web.problems import MEDIA_TYPE

PREFIX = "/api/v1"
KNOWN = "known"
"""Any caller who is known."""
OPEN = "open"
"""Anybody at all."""
_MARK, _UNBOUNDED = "x-permission", "x-everywhere"

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Everywhere:
    """A permission that must be without bounds: what the route does concerns all queues and sites."""

    permission: Permission


Needed = Permission | Everywhere | str
"""What a route needs: a permission, KNOWN or OPEN."""


def marks_of(needed: Needed) -> dict[str, Any]:
    """What a route needs, as its description says it and its guard reads it (`openapi_extra`)."""
    if isinstance(needed, Everywhere):
        return {_MARK: str(needed.permission), _UNBOUNDED: True}
    return {_MARK: str(needed)}


_FAULTS = {
    400: "The body cannot be read.",
    401: "No token or sign-in that holds.",
    403: "The caller's permissions or sphere do not suffice.",
    404: "There is no such thing, or none that the caller may see.",
    409: "It clashes with what there is, is in use, or the rules refuse it; `code` says which.",
    413: "The body is too large.",
    422: "A value is not acceptable; `field` or `faults` say which.",
    429: "Too many requests; try again after `Retry-After` seconds.",
    503: "The database cannot be reached now; try again after `Retry-After` seconds.",
}
_LATER = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string"}}}


class ApiRoute(APIRoute):
    """A route whose caller is known, and may do this, before anything of the request is read further."""

    @property
    def permission(self) -> str:
        """The permission it needs, KNOWN or OPEN. A route without one cannot be made."""
        return str((self.openapi_extra or {})[_MARK])

    @property
    def everywhere(self) -> bool:
        """Whether its permission must be without bounds."""
        return bool((self.openapi_extra or {}).get(_UNBOUNDED))

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, guarded."""
        handle, permission, everywhere = super().get_route_handler(), self.permission, self.everywhere

        async def guarded(request: Request) -> Response:
            if permission != OPEN:
                caller = await api_caller(request)
                if everywhere:
                    caller.require_everywhere(Permission(permission))
                elif permission != KNOWN:
                    caller.require(Permission(permission))
                request.state.caller = caller
            return await handle(request)

        return guarded


class Resource:
    """A router of one resource. The function's name is the operation's id; its docstring's first line the summary."""

    def __init__(self, tag: str, about: str) -> None:
        self.tag, self.about = tag, about
        self.router = APIRouter(prefix=PREFIX, tags=[tag], route_class=ApiRoute)

    def get(self, path: str, permission: Needed, **more: Any) -> Callable[[F], F]:
        """A route that only reads."""
        return self._route("GET", path, permission, more)

    def post(self, path: str, permission: Needed, **more: Any) -> Callable[[F], F]:
        """A route that enters or does something."""
        return self._route("POST", path, permission, more)

    def put(self, path: str, permission: Needed, **more: Any) -> Callable[[F], F]:
        """A route that sets something as a whole."""
        return self._route("PUT", path, permission, more)

    def patch(self, path: str, permission: Needed, **more: Any) -> Callable[[F], F]:
        """A route that changes what is named, and leaves the rest."""
        return self._route("PATCH", path, permission, more)

    def delete(self, path: str, permission: Needed, **more: Any) -> Callable[[F], F]:
        """A route that deletes something; it answers 204."""
        return self._route("DELETE", path, permission, {"status_code": 204, **more})

    def _route(self, method: str, path: str, permission: Needed, more: Mapping[str, Any]) -> Callable[[F], F]:
        answers = {**_faults(method, path, permission), **more.get("responses", {})}
        extra: dict[str, Any] = {**marks_of(permission), **more.get("openapi_extra", {})}
        if permission == OPEN:
            extra["security"] = []

        def register(function: F) -> F:
            summary, _, text = inspect.getdoc(function).partition("\n")  # type: ignore[union-attr]
            given = {
                "methods": [method],
                "operation_id": cast(Any, function).__name__,
                "summary": summary.rstrip("."),
                "description": f"{text.strip()}\n\n{_needs(permission)}".strip(),
                **more,
                "openapi_extra": extra,
                "responses": answers,
            }
            self.router.add_api_route(path, function, **given)
            return function

        return register


def _needs(permission: Needed) -> str:
    if isinstance(permission, Everywhere):
        return f"Needs `{permission.permission}` without bounds."
    if permission == OPEN:
        return "Open to everybody."
    return "Needs only a caller who is known." if permission == KNOWN else f"Needs `{permission}`."


def _faults(method: str, path: str, permission: Needed) -> dict[int | str, dict[str, Any]]:
    """Which problems a route may answer with."""
    statuses = {422, 429, 503} if permission == OPEN else {401, 403, 422, 429, 503}
    if "{" in path:
        statuses.add(404)
    if method != "GET":
        statuses |= {400, 404, 409, 413}
    return {status: fault(status) for status in sorted(statuses)}


def fault(status: int) -> dict[str, Any]:
    """How a problem is described (RFC 9457)."""
    told: dict[str, Any] = {
        "description": _FAULTS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    return told | ({"headers": _LATER} if status in (429, 503) else {})


def _caller(request: Request) -> Principal:
    return cast(Principal, request.state.caller)


def _key(value: str) -> str:
    """A part of the path as it is meant: it comes as it was written (`RawPaths`), so that %2F is part of a name.

    Raises NotFound for what is no text: nothing has such a name.
    """
    try:
        text = unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        raise NotFound("name", value[:80]) from None
    if not text.isprintable():
        raise NotFound("name", repr(text[:80]))
    return text


Caller = Annotated[Principal, Depends(_caller)]
Parts = Annotated[Web, Depends(web_of)]
Number = Annotated[str, Path(description="Its number.", examples=["2019"]), AfterValidator(_key)]
Name = Annotated[str, Path(description="Its name, percent-encoded.", examples=["standard"]), AfterValidator(_key)]
Id = Annotated[int, Path(description="Its id.", ge=1, le=2**31 - 1)]
User = Annotated[str, Path(description="A user's number.", examples=["2019"]), AfterValidator(_key)]
Kind = Annotated[BulkKind, Path(description="What the file holds.")]
