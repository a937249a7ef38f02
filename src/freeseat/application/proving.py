"""Proving who somebody is, counted across all channels (R2.15). Every use case that takes a PIN comes through here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor
from freeseat.domain.directory import User
from freeseat.domain.events import Event, Kind
from freeseat.domain.pin import matches
from freeseat.domain.reasons import Reason


@dataclass(frozen=True, slots=True)
class PinProof:
    """A PIN that somebody typed."""

    pin: str

    def __repr__(self) -> str:
        return "PinProof(***)"


@dataclass(frozen=True, slots=True)
class DigestProof:
    """A digest response that the switch compared. `fingerprint` is the response itself: the same one counts once."""

    right: bool
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Authority:
    """The actor's role suffices: an administrator acts on somebody's behalf (R2.5), or Freeseat itself does."""


Proof = PinProof | DigestProof | Authority


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused wish. It is a result, not an exception: the attempt and its event are committed."""

    reason: Reason
    detail: str = ""
    position: int = 0

    @property
    def text(self) -> str:
        """A sentence for the log and the command line; never for an unproven caller."""
        return self.reason.text + (f" ({self.detail})" if self.detail else "")


def prove(
    tx: Transaction,
    number: str,
    proof: Proof,
    actor: Actor,
    now: datetime,
    *,
    phone: str = "",
    even_expired: bool = False,
) -> User | Refusal:
    """The user of that number if the proof holds; else a refusal, counted and written down.

    `phone` is only written into the event; `even_expired` lets an expired PIN prove (to change it).

    An unknown number is counted and locked exactly like a known one, so that neither answer nor lock tells whether an
    extension exists.
    """
    user = tx.users.get(number=number)
    if isinstance(proof, Authority):
        if user is not None:
            return user
        detail = "there is no such user"  # an administrator may be told
        return refuse(tx, Reason.WRONG_CREDENTIALS, actor, now, user=number, phone=phone, detail=detail)
    until = tx.failures.locked_until(number, actor.source)
    if until is not None and now < until:
        detail = f"until {until:%H:%M:%S} UTC"
        return refuse(tx, Reason.LOCKED, actor, now, user=number, phone=phone, detail=detail)
    if user is not None and _holds(tx, user, proof):
        tx.failures.clear(number, actor.source)
        if not even_expired and tx.policy().pin.expired(user.pin_set_at, now):
            return refuse(tx, Reason.PIN_EXPIRED, actor, now, user=number, phone=phone)
        return user
    _count(tx, number, proof, actor, now)
    return refuse(tx, Reason.WRONG_CREDENTIALS, actor, now, user=number, phone=phone, detail=_detail(user, proof))


def refuse(
    tx: Transaction, reason: Reason, actor: Actor, now: datetime, *, user: str = "", phone: str = "", detail: str = ""
) -> Refusal:
    """Write a refusal down and give it."""
    data = {"reason": str(reason), "detail": detail}
    position = tx.events.append(Event(now, Kind.LOGIN_REFUSED, actor, user, phone, data))
    return Refusal(reason, detail, position)


def _detail(user: User | None, proof: PinProof | DigestProof) -> str:
    """Why a user who may not register as himself was refused, for the log: his digest is never compared."""
    if user is None or isinstance(proof, PinProof):
        return ""
    if not user.enabled:
        return Reason.USER_DISABLED.text
    return "" if user.hot_desk_access else Reason.NO_HOT_DESK_ACCESS.text


def _holds(tx: Transaction, user: User, proof: PinProof | DigestProof) -> bool:
    if isinstance(proof, DigestProof):
        return proof.right
    right = tx.vault.open(user.pin)
    blank_is_right = tx.policy().pin.allow_blank and user.pin_set_at is not None
    return matches(proof.pin, right) and (right != "" or blank_is_right)


def count_failure(tx: Transaction, number: str, source: str, fingerprint: str, now: datetime) -> datetime | None:
    """Count a wrong attempt for this pair (R2.15); gives until when it is locked if this one locks it.

    The same `fingerprint` (unless empty) counts once.
    """
    if not tx.failures.add(number, source, fingerprint, now):
        return None
    lockout = tx.policy().lockout
    if not lockout.locks(tx.failures.times(number, source), now):
        return None
    until = lockout.until(now)
    tx.failures.lock(number, source, until)
    return until


def _count(tx: Transaction, number: str, proof: PinProof | DigestProof, actor: Actor, now: datetime) -> None:
    fingerprint = proof.fingerprint if isinstance(proof, DigestProof) else ""
    until = count_failure(tx, number, actor.source, fingerprint, now)
    if until is not None:
        tx.events.append(Event(now, Kind.PIN_LOCKED, actor, number, "", {"until": until.isoformat()}))
