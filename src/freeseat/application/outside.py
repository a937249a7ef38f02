"""Logging in at an outside telephone by calling in from one, and out again (R2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from freeseat.application.log_in import Judged, LogIn, judge_login
from freeseat.application.log_out import LoggedOut, finish
from freeseat.application.ports import Transaction
from freeseat.application.proving import Proof, Refusal, prove, refuse
from freeseat.domain.actors import Actor
from freeseat.domain.desk_login import DeskLogin, EndReason, Method
from freeseat.domain.directory import User
from freeseat.domain.reasons import Reason


@dataclass(frozen=True, slots=True)
class OutsideCaller:
    """Who calls in, and where outside he is logged in already."""

    user: User
    logins: tuple[DeskLogin, ...]


def identify_outside(tx: Transaction, user: str, proof: Proof, actor: Actor, now: datetime) -> OutsideCaller | Refusal:
    """Who calls in from outside: he may log in there, or has done so and may move or leave."""
    found = prove(tx, user, proof, actor, now)
    if isinstance(found, Refusal):
        return found
    logins = _outside(tx, found)
    if logins:
        return OutsideCaller(found, logins)
    judged = judge_login(tx, LogIn(user, None, proof, Method.EXTERNAL, actor), now)
    return OutsideCaller(judged.user, ()) if isinstance(judged, Judged) else judged


def log_out_outside(tx: Transaction, user: str, proof: Proof, actor: Actor, now: datetime) -> LoggedOut | Refusal:
    """Somebody who is logged in outside leaves with his PIN, from whatever telephone he calls."""
    found = prove(tx, user, proof, actor, now, even_expired=True)
    if isinstance(found, Refusal):
        return found
    logins = _outside(tx, found)
    if not logins:
        return refuse(tx, Reason.NOT_LOGGED_IN, actor, now, user=user)
    return finish(tx, logins, EndReason.LOGOUT, actor, now)


def _outside(tx: Transaction, user: User) -> tuple[DeskLogin, ...]:
    return tuple(login for login in tx.logins.of_user(user.id) if login.method is Method.EXTERNAL)
