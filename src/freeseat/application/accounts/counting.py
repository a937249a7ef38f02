"""Failures to sign in are counted like wrong PINs, per account name and source, on all nodes (R2.15)."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from freeseat.application.accounts.refusal import SignInRefused, refuse, shown_name
from freeseat.application.ports import Transaction
from freeseat.application.proving import count_failure
from freeseat.domain.accounts import SignInReason, normal_name
from freeseat.domain.actors import Actor
from freeseat.domain.events import Event, Kind


def failure_key(name: str) -> str:
    """The name under which failures of an account are counted: no number of a user, and as long as one may be."""
    return "account " + sha256(normal_name(name).encode("utf-8", "replace")).hexdigest()[:24]


def locked(tx: Transaction, name: str, source: str, now: datetime) -> bool:
    """Whether an account is locked for a source now; names that nobody has are locked alike."""
    until = tx.failures.locked_until(failure_key(name), source)
    return until is not None and now < until


def refuse_and_count(tx: Transaction, reason: SignInReason, name: str, actor: Actor, now: datetime) -> SignInRefused:
    """Refuse, and count it; the last of too many locks the pair of name and source."""
    until = count_failure(tx, failure_key(name), actor.source, "", now)
    if until is not None:
        data = {"account": shown_name(name), "until": until.isoformat()}
        tx.events.append(Event(now, Kind.SIGN_IN_LOCKED, actor, data=data))
    return refuse(tx, reason, name, actor, now)
