"""Where somebody has signed in, and signing out elsewhere."""

from __future__ import annotations

from datetime import datetime

from freeseat.application.accounts.principal import Principal
from freeseat.application.ports import Transaction
from freeseat.domain.accounts import SignIn
from freeseat.domain.events import Event, Kind


def own_sign_ins(tx: Transaction, by: Principal, now: datetime) -> list[SignIn]:
    """Where somebody is signed in now, the place seen last first; none without an account."""
    if by.account is None:
        return []
    rules = tx.policy().sign_in
    found = [each for each in tx.sign_ins.list(account_id=by.account.id) if each.holds(rules, now)]
    return sorted(found, key=lambda each: each.last_seen_at, reverse=True)


def sign_out_elsewhere(tx: Transaction, by: Principal, now: datetime) -> int:
    """End all sign-ins of somebody but the one he is asking by; gives how many there were."""
    ended = [each for each in own_sign_ins(tx, by, now) if by.sign_in is None or each.id != by.sign_in.id]
    for each in ended:
        tx.sign_ins.delete(each)
    if ended and by.account is not None:
        data = {"account": by.account.name, "elsewhere": len(ended)}
        tx.events.append(Event(now, Kind.SIGNED_OUT, by.actor, data=data))
    return len(ended)
