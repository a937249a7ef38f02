"""Signing in by an OpenID provider: to it, and back again."""

from __future__ import annotations

import hmac
import json

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from freeseat.application.accounts.refusal import SignInRefused
from freeseat.application.accounts.signing_in import sign_in_by_oidc
from freeseat.domain.errors import NotFound
from freeseat.edge.web.context import now, source_of, web_of
from freeseat.edge.web.cookies import own_path, set_cookie
from freeseat.edge.web.drawing import new_link
from freeseat.edge.web.provider import Provider, ProviderFault

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)

_PENDING = "__Host-freeseat-oidc"
_PENDING_SECONDS = 600


@router.get("/oidc/start")
async def start(request: Request, next: str = "/") -> Response:
    """Send the browser to the provider."""
    provider = _provider(request)
    web_of(request).rates.sign_in.take(source_of(request))
    state, nonce, verifier = (new_link() for _ in range(3))
    response = RedirectResponse(await provider.address(_redirect(request), state, nonce, verifier), 303)
    pending = json.dumps({"state": state, "nonce": nonce, "verifier": verifier, "next": own_path(next)})
    # Lax: the provider sends the browser back from another site.
    response.set_cookie(
        _PENDING, pending, max_age=_PENDING_SECONDS, path="/", secure=True, httponly=True, samesite="lax"
    )
    return response


@router.get("/oidc/back")
async def back(request: Request, state: str = "", code: str = "", error: str = "") -> Response:
    """The browser comes back from the provider: sign in whom it names."""
    web, source = web_of(request), source_of(request)
    provider, pending = _provider(request), _pending(request)
    if not pending or not hmac.compare_digest(pending["state"].encode(), state.encode()):
        raise ProviderFault("this sign-in was not begun here, or too long ago; try again")
    if error or not code:
        raise ProviderFault(f"the sign-in provider refused: {error[:100] or 'no code'}")
    claims = await provider.claims(_redirect(request), code, pending["nonce"], pending["verifier"])
    token = new_link()
    done = await web.write(lambda tx: sign_in_by_oidc(tx, claims, provider.rules, token, source, now()))
    if isinstance(done, SignInRefused):
        log.info("sign_in.refused", by="oidc", reason=done.reason.value)
        raise ProviderFault("you are known there, but have no account here; ask an administrator")
    response = RedirectResponse(pending["next"], 303)
    set_cookie(response, token)
    response.delete_cookie(_PENDING, path="/", secure=True, httponly=True, samesite="lax")
    return response


def _provider(request: Request) -> Provider:
    provider = web_of(request).provider
    if provider is None:
        raise NotFound("sign-in provider", "")
    return provider


def _redirect(request: Request) -> str:
    return str(request.url.replace(path="/oidc/back", query="", fragment=""))


def _pending(request: Request) -> dict[str, str]:
    """What `start` has left in the browser; {} if nothing of ours."""
    try:
        pending = json.loads(request.cookies.get(_PENDING, ""))
        return {name: str(pending[name]) for name in ("state", "nonce", "verifier")} | {
            "next": own_path(str(pending["next"]))
        }
    except (ValueError, KeyError, TypeError):
        return {}
