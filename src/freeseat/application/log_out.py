"""Log out: by the person, remotely, by force, by what the phone did (R2.1, R2.10, R2.13)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from freeseat.application.callers import class_of_caller
from freeseat.application.ending import Ended, end_after_call, end_login
from freeseat.application.log_in import hand_back
from freeseat.application.ports import Transaction
from freeseat.application.proving import Authority, Proof, Refusal, prove, refuse
from freeseat.domain.actors import Actor
from freeseat.domain.desk_login import DeskLogin, EndReason
from freeseat.domain.policy import decide_remote_logout
from freeseat.domain.reasons import Reason


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """Logins that ended or will end after the call. `position` is that of the last event."""

    ended: tuple[Ended, ...]
    position: int


def log_out(tx: Transaction, phone: str, proof: Proof, actor: Actor, now: datetime) -> LoggedOut | Refusal:
    """The occupant of a phone logs out with his PIN (R2.1), or somebody with authority frees the phone."""
    login = _login_at(tx, phone, actor.source)
    if login is None:
        return refuse(tx, Reason.NOT_LOGGED_IN, actor, now, phone=phone)
    occupant = tx.users.get(id=login.user_id)
    assert occupant is not None, "the database holds that a login's user exists"
    proved = prove(tx, occupant.number, proof, actor, now, phone=phone, even_expired=True)
    if isinstance(proved, Refusal):
        return proved
    return finish(tx, [login], EndReason.FORCED if isinstance(proof, Authority) else EndReason.LOGOUT, actor, now)


def log_out_after_call(tx: Transaction, place: str, actor: Actor, now: datetime) -> LoggedOut | Refusal:
    """Somebody with authority logs out who is at a phone, or at the AoR of somebody who registered as himself.

    Unlike a forced logout it waits for a call that is under way (R2.13).
    """
    login = _login_at(tx, place, actor.source)
    if login is None:
        return refuse(tx, Reason.NOT_LOGGED_IN, actor, now, phone=place)
    return finish(tx, [login], EndReason.REMOTE, actor, now)


def log_out_user(tx: Transaction, user: str, actor: Actor, now: datetime) -> LoggedOut | Refusal:
    """An administrator ends all logins of a user at once, calls surviving (R2.13 forced)."""
    found = tx.users.get(number=user)
    logins = tx.logins.of_user(found.id) if found else ()
    if not logins:
        return refuse(tx, Reason.NOT_LOGGED_IN, actor, now, user=user)
    return finish(tx, logins, EndReason.FORCED, actor, now)


def log_out_remotely(tx: Transaction, caller_phone: str, user: str, actor: Actor, now: datetime) -> LoggedOut | Refusal:
    """Somebody at a phone logs out a user elsewhere: caller's, user's and phone's bits are checked (R2.9, R2.10)."""
    caller_class = class_of_caller(tx, caller_phone)
    if caller_class is None:
        return refuse(tx, Reason.NOT_PERMITTED, actor, now, user=user, phone=caller_phone)
    found = tx.users.get(number=user)
    logins = tx.logins.of_user(found.id) if found else ()
    if not caller_class.remote_logout_enabled:
        return refuse(tx, Reason.REMOTE_LOGOUT_NOT_ENABLED, actor, now, user=user, phone=caller_phone)
    if found is None or not logins:
        return refuse(tx, Reason.NOT_LOGGED_IN, actor, now, user=user, phone=caller_phone)
    user_class = tx.classes.get(id=found.class_id)
    assert user_class is not None, "the database holds that every user has a class"
    for login in logins:
        phone = tx.phones.get(id=login.phone_id) if login.phone_id is not None else None
        phone_class = tx.classes.get(id=phone.class_id) if phone else None
        reason = decide_remote_logout(caller_class, user_class, phone_class)
        if reason is not None:
            return refuse(tx, reason, actor, now, user=user, phone=phone.number if phone else "")
    return finish(tx, logins, EndReason.REMOTE, actor, now)


def log_out_registration(
    tx: Transaction, user: str, proof: Proof, call_id: str, actor: Actor, now: datetime
) -> LoggedOut | Refusal:
    """Somebody who registered as himself unregisters (R2.2): the login of that Call-ID ends.

    Ended by himself, the Call-ID is forgotten, so that he may come back with it: phones keep one until they restart
    (RFC 3261 section 10.2). Every other end leaves it, and a late refresh of it is refused.
    """
    proved = prove(tx, user, proof, actor, now, even_expired=True)
    if isinstance(proved, Refusal):
        return proved
    logins = [login for login in tx.logins.of_user(proved.id) if login.call_id == call_id]
    done = finish(tx, logins, EndReason.LOGOUT, actor, now)
    for each in done.ended:
        tx.logins.update(replace(each.login, call_id=""))
    return done


def finish(
    tx: Transaction, logins: tuple[DeskLogin, ...] | list[DeskLogin], why: EndReason, actor: Actor, now: datetime
) -> LoggedOut:
    """End these logins; phones with a default owner go back to him (R1.2)."""
    ended = tuple(end_login(tx, login, why, actor, now) for login in logins)
    for each in ended:
        hand_back(tx, each.login, now)
    return LoggedOut(ended, tx.events.last_position())


def finish_pending(tx: Transaction, now: datetime) -> LoggedOut:
    """Calls have ended: pending logins at whose place no call goes on any more end now (R2.13)."""
    ended = [
        done for each in tx.logins.pending() if (done := end_after_call(tx, each, Actor.system(), now)) is not None
    ]
    for each in ended:
        hand_back(tx, each.login, now)
    return LoggedOut(tuple(ended), tx.events.last_position() if ended else 0)


def _login_at(tx: Transaction, aor: str, source: str) -> DeskLogin | None:
    """The login at a phone; or, at the AoR of somebody who registered as himself, the one of that source address."""
    found = tx.phones.get(number=aor)
    if found is not None:
        return tx.logins.at_phone(found.id)
    logins = tx.logins.list(place=aor, ended_at=None)
    return next((login for login in logins if login.source == source), logins[0] if logins else None)
