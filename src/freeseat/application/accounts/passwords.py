"""Passwords: hashed before, and outside of, the transaction that stores them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from freeseat.application.accounts.counting import failure_key, locked, refuse_and_count
from freeseat.application.accounts.directory import account_of, require_over
from freeseat.application.accounts.ports import Hasher
from freeseat.application.accounts.principal import Principal
from freeseat.application.accounts.refusal import SignInRefused, refuse
from freeseat.application.ports import Database, Transaction
from freeseat.domain.accounts import Account, SignInReason
from freeseat.domain.errors import NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.signing_in import SignInRules, normal_password


@dataclass(frozen=True, slots=True)
class Hashed:
    """The hash of a password that the policy accepts; `hash_password` makes it."""

    value: str = field(repr=False)


def hash_password(hasher: Hasher, rules: SignInRules, name: str, password: str) -> Hashed:
    """Check a new password for the account of that name, and hash it. Raises InvalidValue.

    Slow: call it outside of transactions, and in a worker thread where an event loop runs.
    """
    rules.check_password(password, name)
    return Hashed(hasher.hash(normal_password(password)))


def set_password(tx: Transaction, name: str, password: Hashed, by: Principal, now: datetime) -> Account:
    """An administrator sets a new password: locks are lifted, and the account's sign-ins end.

    Raises NotFound or NotAllowed.
    """
    account = account_of(tx, name)
    require_over(by, account)
    return store_password(tx, account, password, by, now, by_self=False)


def change_own_password(
    database: Database, hasher: Hasher, by: Principal, old: str, new: str, now: datetime
) -> Account | SignInRefused:
    """Somebody who has signed in changes his password, proving the old one; his other sign-ins end.

    In three steps, so that hashing holds no writer up: read the account, verify and hash, commit. Call it in a worker
    thread. Wrong old ones count like failures to sign in (R2.15). Raises InvalidValue if the new one is not acceptable.
    """
    if by.account is None:
        raise NotFound("account", by.who)
    name, source = by.account.name, by.actor.source
    known, rules, shut = database.read(
        lambda tx: (account_of(tx, name), tx.policy().sign_in, locked(tx, name, source, now))
    )
    right = hasher.verify("" if shut else known.password, normal_password(old))
    hashed = hash_password(hasher, rules, name, new) if right else None

    def settle(tx: Transaction) -> Account | SignInRefused:
        if locked(tx, name, source, now):
            return refuse(tx, SignInReason.LOCKED, name, by.actor, now)
        account = account_of(tx, name)
        if hashed is None or account.password != known.password:
            return refuse_and_count(tx, SignInReason.WRONG, name, by.actor, now)
        return store_password(tx, account, hashed, by, now, by_self=True)

    return database.submit(settle).result()


def store_password(
    tx: Transaction, account: Account, password: Hashed, by: Principal, now: datetime, *, by_self: bool
) -> Account:
    """Write a new password down; ends all sign-ins of the account but the one of `by`, and lifts its locks."""
    changed = replace(account, password=password.value)
    tx.accounts.update(changed)
    for sign_in in tx.sign_ins.list(account_id=account.id):
        if by.sign_in is None or sign_in.id != by.sign_in.id:
            tx.sign_ins.delete(sign_in)
    tx.failures.unlock(failure_key(account.name))
    data = {"account": account.name, "by_self": by_self}
    tx.events.append(Event(now, Kind.PASSWORD_CHANGED, by.actor, data=data))
    return changed
