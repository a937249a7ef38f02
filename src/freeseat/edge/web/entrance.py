"""Who sends a request: dependencies of handlers. Without one of these a route shows nothing of anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from freeseat.application.accounts.identity import identify_sign_in, identify_token
from freeseat.application.accounts.principal import Principal
from freeseat.domain.errors import FreeseatError
from freeseat.domain.permissions import Permission, Sphere
from freeseat.domain.workplaces import Theme
from freeseat.edge.web.context import now, source_of, web_of
from freeseat.edge.web.cookies import COOKIE
from freeseat.edge.web.problems import NotSignedIn
from freeseat.edge.web.protection import is_csrf_right, is_safe, is_same_origin
from freeseat.edge.web.texts import language_for
from freeseat.edge.web.viewer import Viewer

CSRF_FIELD, CSRF_HEADER = "csrf", "X-CSRF-Token"


class ForgedRequest(FreeseatError):
    """A request that did not come from one of our own pages, or from one that is too old."""

    code = "not_allowed"


@dataclass(frozen=True, slots=True)
class PrincipalCredential:
    """Permissions and sphere of somebody known: who has the same sees the same."""

    principal: Principal

    @property
    def shared_key(self) -> str:
        """Role, permissions and sphere as text."""
        who = self.principal
        return f"{who.role.value}|{','.join(sorted(who.permissions))}|{_sphere(who.sphere)}"


def _sphere(sphere: Sphere) -> str:
    parts = (sphere.queues, sphere.sites)
    return "|".join("*" if part is None else ",".join(sorted(part)) for part in parts)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has signed in, and how he wants his pages."""

    principal: Principal
    viewer: Viewer

    @property
    def csrf(self) -> str:
        """What his forms carry."""
        return self.principal.csrf


async def signed_in(request: Request) -> Visitor:
    """Who has signed in by the cookie of this request; for one that changes something, that it came from our page.

    Raises NotSignedIn or ForgedRequest.
    """
    web, token = web_of(request), request.cookies.get(COOKIE, "")
    principal = (
        await asyncio.to_thread(identify_sign_in, web.database, token, source_of(request), now()) if token else None
    )
    if principal is None:
        raise NotSignedIn("sign in first")
    if not is_safe(request):
        await check_form(request, token)
    return Visitor(principal, viewer_of(request, principal))


async def check_form(request: Request, token: str) -> None:
    """That a changing request came from a page of ours: same origin, and the page's CSRF word. Raises ForgedRequest."""
    given = request.headers.get(CSRF_HEADER) or ""
    if not given and request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        field = (await request.form()).get(CSRF_FIELD, "")
        given = field if isinstance(field, str) else ""
    if not is_same_origin(request) or not is_csrf_right(token, given):
        raise ForgedRequest("this page is too old or not ours; load it again")


def viewer_of(request: Request, principal: Principal) -> Viewer:
    """How somebody wants his pages: the account's language and theme, else the browser's language."""
    account = principal.account
    language = language_for(account.language if account else "", request.headers.get("accept-language", ""))
    return Viewer(PrincipalCredential(principal), language, (account.theme if account else Theme.AUTO).value)


def needs(permission: Permission) -> Callable[[Request], Awaitable[Visitor]]:
    """A dependency: somebody who has signed in and has this permission. Raises NotAllowed, too."""

    async def checked(request: Request) -> Visitor:
        visitor = await signed_in(request)
        visitor.principal.require(permission)
        return visitor

    return checked


async def api_caller(request: Request) -> Principal:
    """Who calls the API: a program by its token, or a page of ours by its cookie.

    Raises NotSignedIn, ForgedRequest or TooMany.
    """
    web, source = web_of(request), source_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        web.rates.api.take(f"token {token[:16]}" if token.startswith("fst_") else source)
        found = await asyncio.to_thread(identify_token, web.database, token.strip(), source, now())
        if found is None:
            raise NotSignedIn("this token does not hold")
        return found
    web.rates.api.take(source)
    return (await signed_in(request)).principal


SignedIn = Annotated[Visitor, Depends(signed_in)]
Caller = Annotated[Principal, Depends(api_caller)]
