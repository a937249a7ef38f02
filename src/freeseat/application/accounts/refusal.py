"""Refusing to sign somebody in: a result, not an exception, so that the attempt and its event are committed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from freeseat.application.ports import Transaction
from freeseat.domain.accounts import SignInReason, is_name, normal_name
from freeseat.domain.actors import Actor
from freeseat.domain.events import Event, Kind


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """Refused. `reason` is for the log: who has proved nothing is told the same whichever it is."""

    reason: SignInReason
    position: int = 0


def refuse(tx: Transaction, reason: SignInReason, name: str, actor: Actor, now: datetime) -> SignInRefused:
    """Write a refusal down and give it."""
    data = {"account": shown_name(name), "reason": reason.value}
    return SignInRefused(reason, tx.events.append(Event(now, Kind.SIGN_IN_REFUSED, actor, data=data)))


def shown_name(name: str) -> str:
    """A name that somebody typed, for the log: what can be no name may be a password typed into the wrong field."""
    normal = normal_name(name)
    return normal if is_name(normal) else "(no name)" if normal else ""
