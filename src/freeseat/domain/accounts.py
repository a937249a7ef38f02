"""Accounts of people who sign in, tokens of programs, and what proves them (R10.1); no secret in the clear."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import new as hmac

from freeseat.domain.checks import check_language, check_text
from freeseat.domain.errors import InvalidValue
from freeseat.domain.permissions import Permission, Role
from freeseat.domain.signing_in import SignInRules
from freeseat.domain.workplaces import Theme

API_TOKEN_MARK = "fst_"  # noqa: S105 - no secret
"""How an API token begins, so that scanners for leaked secrets know it."""
SEEN_SECONDS = 60
"""How often at most it is written down that somebody is still here."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_SHOWN_OF_TOKEN = 10
_LONGEST_LIFE = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who signs in. `password` is an argon2id hash, '' for none; `oidc_subject` is issuer and subject.

    `queues` (numbers) and `sites` bound what a supervisor or reader sees; `user_id` is the person of the directory.
    """

    id: int
    name: str
    role: Role
    password: str = field(default="", repr=False)
    full_name: str = ""
    email: str = ""
    oidc_subject: str | None = None
    user_id: int | None = None
    queues: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    language: str = "en"
    theme: Theme = Theme.AUTO
    enabled: bool = True
    added_at: datetime | None = None
    signed_in_at: datetime | None = None

    @property
    def can_sign_in(self) -> bool:
        """Whether there is a way for this account to sign in."""
        return self.enabled and (self.password != "" or self.oidc_subject is not None)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A program's token: `digest` of it, and `prefix`, the beginning by which people know it again."""

    id: int
    name: str
    digest: str = field(repr=False)
    prefix: str
    scopes: frozenset[Permission]
    queues: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    added_at: datetime | None = None
    added_by: str = ""
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it opens anything now."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody who has signed in with a browser, by the digest of the token in its cookie."""

    id: int
    digest: str = field(repr=False)
    account_id: int
    at: datetime
    expires_at: datetime
    last_seen_at: datetime
    source: str = ""

    def holds(self, rules: SignInRules, now: datetime) -> bool:
        """Whether it is neither idle for too long nor too old."""
        return now < self.expires_at and now - self.last_seen_at < timedelta(seconds=rules.idle_seconds)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time link, by the digest of its token: to a new account with this role, or to a new password of one.

    One of the `first_run` is worth something only as long as no administrator can sign in.
    """

    id: int
    digest: str = field(repr=False)
    role: Role
    expires_at: datetime
    account_id: int | None = None
    queues: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    user_id: int | None = None
    used_at: datetime | None = None
    first_run: bool = False

    def holds(self, now: datetime) -> bool:
        """Whether it can be accepted now."""
        return self.used_at is None and now < self.expires_at


class SignInReason(StrEnum):
    """Why somebody may not sign in; for the log. Who has proved nothing is told the same whichever it is."""

    WRONG = "wrong_credentials"
    LOCKED = "locked"
    DISABLED = "disabled"
    NO_ACCOUNT = "no_account"
    OTHER_IDENTITY = "other_identity"
    BAD_LINK = "bad_link"
    BAD_TOKEN = "bad_token"  # noqa: S105 - no secret


def prefix_of(token: str) -> str:
    """The beginning of a program's token, which may be shown."""
    return token[:_SHOWN_OF_TOKEN]


def csrf_of(token: str) -> str:
    """What a form of this sign-in carries to show that it is ours: derived from the cookie's token, never stored."""
    return hmac(token.encode("utf-8", "replace"), b"freeseat form", sha256).hexdigest()


def normal_name(name: str) -> str:
    """An account's name as it is kept and looked up: without blanks around it, in lower case."""
    return name.strip().lower()


def is_name(name: str) -> bool:
    """Whether a text could be the (normal) name of an account."""
    return _NAME.fullmatch(name) is not None


def oidc_identity(issuer: str, subject: str) -> str:
    """Who somebody is at an OpenID provider: issuer and subject together (OpenID Connect Core section 5.7)."""
    return f"{issuer}#{subject}"


def check_account(account: Account) -> None:
    """An account's own fields. Raises InvalidValue."""
    if not is_name(account.name):
        raise InvalidValue("name", account.name[:64], "use 1 to 64 letters a-z, digits, and . _ @ + - behind the first")
    if account.role is Role.API_CLIENT:
        raise InvalidValue("role", account.role.value, "programs have tokens, not accounts")
    check_text("full_name", account.full_name)
    check_text("email", account.email, longest=254)
    check_text("oidc_subject", account.oidc_subject or "", longest=512)
    check_language(account.language)
    check_sphere(account.role, account.queues, account.sites)


def check_sphere(role: Role, queues: tuple[str, ...], sites: tuple[str, ...]) -> None:
    """The bounds of an account or token: readable, and only where the role has any. Raises InvalidValue."""
    for queue in queues:
        check_text("queues", queue, required=True, longest=32)
    for site in sites:
        check_text("sites", site, required=True)
    if role in (Role.ADMINISTRATOR, Role.AGENT) and (queues or sites):
        raise InvalidValue("queues" if queues else "sites", ", ".join(queues or sites), f"an {role.value} has none")


def check_token(token: ApiToken, now: datetime) -> None:
    """A token's own fields. Raises InvalidValue."""
    check_text("name", token.name, required=True)
    check_sphere(Role.API_CLIENT, token.queues, token.sites)
    if not token.scopes:
        raise InvalidValue("scopes", "", f"name at least one of {', '.join(Permission)}")
    if token.expires_at is not None and not now < token.expires_at <= now + _LONGEST_LIFE:
        raise InvalidValue("expires_at", token.expires_at.isoformat(), "use a time to come, within ten years")
