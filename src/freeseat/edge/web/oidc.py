"""Signing in by an OpenID provider: authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636)."""

from __future__ import annotations

import hmac
import json
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import structlog
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from freeseat.application.accounts.refusal import SignInRefused
from freeseat.application.accounts.signing_in import OidcClaims, OidcRules, sign_in_by_oidc
from freeseat.domain.errors import FreeseatError, NotFound, Unavailable
from freeseat.edge.web.context import now, source_of, web_of
from freeseat.edge.web.cookies import own_path, set_cookie
from freeseat.edge.web.drawing import new_link

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)

_PENDING = "__Host-freeseat-oidc"
_PENDING_SECONDS = 600
_KEYS_SECONDS = 3600.0
_TIMEOUT_SECONDS = 10.0
_LEEWAY_SECONDS = 60
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""Signed with a key of the provider's; what is signed with a shared secret or not at all is not accepted."""


class ProviderFault(FreeseatError):
    """The provider refused, or its answer does not hold; the text is for the log and the person."""

    code = "not_signed_in"


@dataclass(slots=True)
class Provider:
    """An OpenID provider, known by its discovery document (OpenID Connect Discovery 1.0), which is read when needed.

    `issuer`, `client_id` and `client_secret` are as registered there; `title` is what the button says; `rules` tell
    whom it may sign in; `certificates` is a file of the authorities that are trusted beside the usual ones.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    title: str = "OpenID"
    rules: OidcRules = field(default_factory=OidcRules)
    certificates: Path | None = None
    _known: dict[str, Any] = field(default_factory=dict, repr=False)
    _keys: KeySet | None = field(default=None, repr=False)
    _read_at: float = 0.0

    async def address(self, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser is sent to sign in. Raises Unavailable."""
        await self._discover()
        async with self._client(redirect) as client:
            url, _ = client.create_authorization_url(
                self._known["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return str(url)

    async def claims(self, redirect: str, code: str, nonce: str, verifier: str) -> OidcClaims:
        """Who the browser that came back with this code is. Raises ProviderFault or Unavailable."""
        await self._discover()
        try:
            async with self._client(redirect) as client:
                token = await client.fetch_token(self._known["token_endpoint"], code=code, code_verifier=verifier)
        except httpx2.HTTPError as error:
            raise Unavailable(f"the sign-in provider cannot be reached: {error}") from error
        except Exception as error:  # the library has no common base for what a provider may answer
            raise ProviderFault(f"the sign-in provider refused: {error}") from error
        return self._verified(str(token.get("id_token", "")), nonce)

    def _verified(self, id_token: str, nonce: str) -> OidcClaims:
        assert self._keys is not None, "keys are read with the discovery document"
        try:
            decoded = jwt.decode(id_token, self._keys, algorithms=_ALGORITHMS)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={"iss": {"value": self.issuer}, "aud": {"value": self.client_id}},
                params={"nonce": nonce, "client_id": self.client_id},
            )
            claims.validate(leeway=_LEEWAY_SECONDS)
        except (JoseError, ValueError) as error:
            self._keys = None  # it may have new ones
            raise ProviderFault(f"the sign-in provider's word does not hold: {error}") from error
        return OidcClaims(
            issuer=self.issuer,
            subject=str(claims["sub"]),
            email=str(claims.get("email", "")),
            email_verified=claims.get("email_verified") is True,
            name=str(claims.get("name", "")),
            username=str(claims.get("preferred_username", "")),
        )

    async def _discover(self) -> None:
        if self._keys is not None and time.monotonic() - self._read_at < _KEYS_SECONDS:
            return
        try:
            async with httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, verify=self._trust()) as client:
                known = (await client.get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")).json()
                keys = (await client.get(known["jwks_uri"])).json()
        except (httpx2.HTTPError, ValueError, KeyError) as error:
            raise Unavailable(f"the sign-in provider cannot be reached: {error}") from error
        if known.get("issuer") != self.issuer:
            raise Unavailable(f"the sign-in provider calls itself {known.get('issuer')}, not {self.issuer}")
        self._known, self._keys, self._read_at = known, KeySet.import_key_set(keys), time.monotonic()

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.certificates is not None:
            context.load_verify_locations(self.certificates)
        return context

    def _client(self, redirect: str) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self.client_id,
            self.client_secret,
            scope="openid email profile",
            redirect_uri=redirect,
            code_challenge_method="S256",
            timeout=_TIMEOUT_SECONDS,
            verify=self._trust(),
        )


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
