"""Tokens of programs: add, revoke."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from freeseat.application.accounts.directory import check_queues
from freeseat.application.accounts.principal import Principal
from freeseat.application.directory.changes import shown
from freeseat.application.ports import Transaction
from freeseat.domain.accounts import API_TOKEN_MARK, ApiToken, check_token, prefix_of
from freeseat.domain.errors import InvalidValue, NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.permissions import Role, sphere_of
from freeseat.domain.tokens import digest_of, digest_of_new


def add_token(tx: Transaction, token: ApiToken, secret: str, by: Principal, now: datetime) -> ApiToken:
    """Give a program a token; `secret` is API_TOKEN_MARK and 256 random bits as text, shown once and never kept.

    Of `token` its name, scopes, queues, sites and end count. Raises InvalidValue, Clash or NotAllowed.
    """
    if not secret.startswith(API_TOKEN_MARK):
        raise InvalidValue("token", "***", f"begin it with {API_TOKEN_MARK}")
    check_token(token, now)
    check_queues(tx, token.queues)
    by.require_grant(token.scopes, sphere_of(Role.API_CLIENT, token.queues, token.sites))
    digest_of_new(secret.removeprefix(API_TOKEN_MARK))  # the mark adds nothing to guess
    given = replace(token, digest=digest_of(secret), prefix=prefix_of(secret), added_at=now, added_by=by.who)
    given = replace(given, last_used_at=None, revoked_at=None)
    added = tx.tokens.add(given)
    tx.events.append(Event(now, Kind.TOKEN_ADDED, by.actor, data={"token": added.name, **shown(added)}))
    return added


def revoke_token(tx: Transaction, name: str, by: Principal, now: datetime) -> ApiToken:
    """Take a program's token away, at once and for good. Raises NotFound or NotAllowed."""
    token = tx.tokens.get(name=name, revoked_at=None)
    if token is None:
        raise NotFound("token", name)
    by.require_grant(token.scopes, sphere_of(Role.API_CLIENT, token.queues, token.sites))
    revoked = replace(token, revoked_at=now)
    tx.tokens.update(revoked)
    tx.events.append(Event(now, Kind.TOKEN_REVOKED, by.actor, data={"token": name}))
    return revoked
