"""Accounts: enter, change, delete. The last administrator who can sign in stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from freeseat.application.accounts.counting import failure_key
from freeseat.application.accounts.principal import Principal
from freeseat.application.directory.changes import changed_fields, shown
from freeseat.application.listing import AccountRow
from freeseat.application.ports import Transaction
from freeseat.domain.accounts import Account, check_account, normal_name
from freeseat.domain.errors import InvalidValue, LastAdministrator, NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.permissions import Role, permissions_of, sphere_of

CHANGEABLE = frozenset(f.name for f in fields(Account)) - {"id", "password", "added_at", "signed_in_at"}
OWN = frozenset({"full_name", "language", "theme"})


def account_seen(tx: Transaction, account: Account) -> AccountRow:
    """An account with the person that it belongs to."""
    user = tx.users.get(id=account.user_id) if account.user_id is not None else None
    return AccountRow(account, user.number if user is not None else "")


def add_account(tx: Transaction, account: Account, by: Principal, now: datetime) -> Account:
    """Enter an account; its `password` is a hash (`hash_password`) or ''. Raises InvalidValue, Clash or NotAllowed."""
    wanted = replace(_normal(account), added_at=now, signed_in_at=None)
    _check(tx, wanted)
    require_over(by, wanted)
    added = tx.accounts.add(wanted)
    tx.events.append(Event(now, Kind.ACCOUNT_ADDED, by.actor, data={"account": added.name, **shown(added)}))
    return added


def change_account(tx: Transaction, name: str, changes: Mapping[str, Any], by: Principal, now: datetime) -> Account:
    """Change fields of an account; see CHANGEABLE. Who is disabled is signed out everywhere.

    Raises NotFound, InvalidValue, Clash, LastAdministrator or NotAllowed; then nothing is done.
    """
    old = account_of(tx, name)
    new = _normal(changed_fields(old, changes, CHANGEABLE))
    require_over(by, old)
    require_over(by, new)
    if new == old:
        return old
    _check(tx, new, old)
    _keep_an_administrator(tx, old, new)
    if not new.enabled:
        _end_sign_ins(tx, old)
    return _store(tx, old, new, by, now)


def change_own(tx: Transaction, by: Principal, changes: Mapping[str, Any], now: datetime) -> Account:
    """Somebody who has signed in changes how he likes it; see OWN. Raises NotFound or InvalidValue."""
    old = account_of(tx, by.account.name if by.account is not None else by.who)
    new = changed_fields(old, changes, OWN)
    _check(tx, new, old)
    return old if new == old else _store(tx, old, new, by, now)


def delete_account(tx: Transaction, name: str, by: Principal, now: datetime) -> None:
    """Delete an account; it is signed out everywhere. Raises NotFound, LastAdministrator or NotAllowed."""
    account = account_of(tx, name)
    require_over(by, account)
    _keep_an_administrator(tx, account, None)
    _end_sign_ins(tx, account)
    for invitation in tx.invitations.list(account_id=account.id):
        tx.invitations.delete(invitation)
    tx.accounts.delete(account)
    tx.events.append(Event(now, Kind.ACCOUNT_DELETED, by.actor, data={"account": name, **shown(account)}))


def unlock_account(tx: Transaction, name: str, by: Principal, now: datetime) -> int:
    """Lift all locks of an account; gives how many there were. Raises NotFound or NotAllowed."""
    account = account_of(tx, name)
    require_over(by, account)
    lifted = tx.failures.unlock(failure_key(account.name))
    data = {"account": account.name, "unlocked": lifted}
    tx.events.append(Event(now, Kind.ACCOUNT_CHANGED, by.actor, data=data))
    return lifted


def account_of(tx: Transaction, name: str) -> Account:
    """The account of a name. Raises NotFound."""
    account = tx.accounts.get(name=normal_name(name))
    if account is None:
        raise NotFound("account", name)
    return account


def has_administrator(tx: Transaction, but: int | None = None) -> bool:
    """Whether an administrator can sign in, one of that id left aside."""
    administrators = tx.accounts.list(role=Role.ADMINISTRATOR, enabled=True)
    return any(each.can_sign_in and each.id != but for each in administrators)


def require_over(by: Principal, account: Account) -> None:
    """Only who has all that an account has may make, change or delete it. Raises NotAllowed."""
    by.require_grant(permissions_of(account.role), sphere_of(account.role, account.queues, account.sites))


def queue_renumbered(tx: Transaction, old: str, new: str) -> None:
    """A queue has another number: accounts and tokens bounded by it follow.

    A queue that is deleted is left in their bounds, so that nobody's sphere grows by losing its last one.
    """
    for account in tx.accounts.list():
        if old in account.queues:
            tx.accounts.update(replace(account, queues=_renumbered(account.queues, old, new)))
    for token in tx.tokens.list(revoked_at=None):
        if old in token.queues:
            tx.tokens.update(replace(token, queues=_renumbered(token.queues, old, new)))


def check_queues(tx: Transaction, queues: Iterable[str]) -> None:
    """Raises InvalidValue if there is no queue of one of these numbers."""
    for number in queues:
        if tx.queues.get(number=number) is None:
            raise InvalidValue("queues", number, "name queues that exist, by number")


def check_person(tx: Transaction, user_id: int | None) -> None:
    """Raises InvalidValue if there is no such person in the directory."""
    if user_id is not None and tx.users.get(id=user_id) is None:
        raise InvalidValue("user", user_id, "name a user who exists")


def _renumbered(queues: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if each == old else each for each in queues)


def _store(tx: Transaction, old: Account, new: Account, by: Principal, now: datetime) -> Account:
    tx.accounts.update(new)
    data = {"account": new.name, "was": old.name, "changes": shown(new, since=old)}
    tx.events.append(Event(now, Kind.ACCOUNT_CHANGED, by.actor, data=data))
    return new


def _normal(account: Account) -> Account:
    return replace(account, name=normal_name(account.name), email=account.email.strip().lower())


def _check(tx: Transaction, account: Account, old: Account | None = None) -> None:
    check_account(account)
    check_person(tx, account.user_id)
    check_queues(tx, [each for each in account.queues if old is None or each not in old.queues])


def _keep_an_administrator(tx: Transaction, old: Account, new: Account | None) -> None:
    def serves(account: Account) -> bool:
        return account.role is Role.ADMINISTRATOR and account.can_sign_in

    if serves(old) and (new is None or not serves(new)) and not has_administrator(tx, but=old.id):
        raise LastAdministrator(old.name)


def _end_sign_ins(tx: Transaction, account: Account) -> None:
    for sign_in in tx.sign_ins.list(account_id=account.id):
        tx.sign_ins.delete(sign_in)
