"""An OpenID provider: authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636)."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from freeseat.application.accounts.signing_in import OidcClaims, OidcRules
from freeseat.domain.errors import FreeseatError, Unavailable

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
