"""Who a request is from, by the token in its cookie or its Authorization header."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from freeseat.application.accounts.principal import Principal
from freeseat.application.ports import Database, Transaction
from freeseat.domain.accounts import API_TOKEN_MARK, SEEN_SECONDS, SignInReason, prefix_of
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.events import Event, Kind
from freeseat.domain.tokens import digest_of

_TOKEN_FAILURES = "bad token"  # noqa: S105 - under which they are counted
_MOST_REFUSALS = 20


def identify_sign_in(database: Database, token: str, source: str, now: datetime) -> Principal | None:
    """`sign_in_of`, and that he was seen is written down, without waiting for it. Raises Unavailable."""
    found = database.read(lambda tx: sign_in_of(tx, token, source, now))
    if found is not None and to_be_noted(found, now):
        # Nobody waits for it: what is lost here the next request writes down.
        database.submit(lambda tx: note_seen(tx, found, now), durable=False)
    return found


def identify_token(database: Database, token: str, source: str, now: datetime) -> Principal | None:
    """`token_of`, and that it was used, or refused, is written down, without waiting for it. Raises Unavailable."""
    found = database.read(lambda tx: token_of(tx, token, source, now))
    if found is None:
        database.submit(lambda tx: refuse_token(tx, token, source, now), durable=False)
    elif to_be_noted(found, now):
        database.submit(lambda tx: note_seen(tx, found, now), durable=False)
    return found


def sign_in_of(tx: Transaction, token: str, source: str, now: datetime) -> Principal | None:
    """Who has signed in with this token of a cookie; None if nobody, or not any more (idle, too old, disabled)."""
    found = tx.sign_ins.get(digest=digest_of(token))
    if found is None or not found.holds(tx.policy().sign_in, now):
        return None
    account = tx.accounts.get(id=found.account_id)
    if account is None or not account.enabled:
        return None
    return Principal.of_account(account, Actor(account.name, source, Channel.WEB), found, token)


def token_of(tx: Transaction, token: str, source: str, now: datetime) -> Principal | None:
    """The program that has this token; None if there is none, or it is revoked or too old."""
    found = tx.tokens.get(digest=digest_of(token))
    if found is None or not found.holds(now):
        return None
    return Principal.of_token(found, Actor(f"token {found.name}", source, Channel.API))


def to_be_noted(principal: Principal, now: datetime) -> bool:
    """Whether it is time to write down that he was seen: at most once in SEEN_SECONDS."""
    if principal.sign_in is not None:
        return now - principal.sign_in.last_seen_at >= timedelta(seconds=SEEN_SECONDS)
    if principal.token is not None:
        last = principal.token.last_used_at
        return last is None or now - last >= timedelta(seconds=SEEN_SECONDS)
    return False


def note_seen(tx: Transaction, principal: Principal, now: datetime) -> None:
    """Write down that he was seen, if that is still so: he may have signed out meanwhile."""
    if principal.sign_in is not None:
        sign_in = tx.sign_ins.get(id=principal.sign_in.id)
        if sign_in is not None and to_be_noted(replace(principal, sign_in=sign_in), now):
            tx.sign_ins.update(replace(sign_in, last_seen_at=now))
    if principal.token is not None:
        token = tx.tokens.get(id=principal.token.id)
        if token is not None and to_be_noted(replace(principal, token=token), now):
            tx.tokens.update(replace(token, last_used_at=now))


def refuse_token(tx: Transaction, token: str, source: str, now: datetime) -> None:
    """Write down that a token was refused: each once, and only so many from one source, lest it fill the disk.

    It locks nothing: 256 bits cannot be guessed, and other programs may have the same address.
    """
    if len(tx.failures.times(_TOKEN_FAILURES, source)) >= _MOST_REFUSALS:
        return
    if not tx.failures.add(_TOKEN_FAILURES, source, digest_of(token), now):
        return
    data = {
        "token": prefix_of(token) if token.startswith(API_TOKEN_MARK) else "",
        "reason": SignInReason.BAD_TOKEN.value,
    }
    tx.events.append(Event(now, Kind.SIGN_IN_REFUSED, Actor("", source, Channel.API), data=data))
