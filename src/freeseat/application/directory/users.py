"""Users: enter, change, delete, set a PIN (R1.1, R1.4, R1.8, R1.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from freeseat.application.directory.changes import changed_fields, shown
from freeseat.application.directory.trunks import check_no_inbound, inbound_follows
from freeseat.application.log_out import finish
from freeseat.application.ports import Transaction
from freeseat.application.proving import PinProof, Refusal, prove
from freeseat.application.queues.attendance import user_removed
from freeseat.domain.actors import Actor
from freeseat.domain.checks import check_user
from freeseat.domain.desk_login import EndReason
from freeseat.domain.directory import User
from freeseat.domain.errors import InUse, InvalidValue, NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.numbering import Claim

_OWN_VERBS = frozenset({"id", "pin", "pin_set_at"})
CHANGEABLE = frozenset(f.name for f in fields(User)) - _OWN_VERBS


def add_user(tx: Transaction, user: User, pin: str | None, actor: Actor, now: datetime) -> User:
    """Enter a user; `user.pin` is ignored, `pin` None leaves him without one (he cannot log in).

    Raises InvalidValue or Clash; then nothing is done.
    """
    policy = tx.policy()
    check_user(user, policy, owns_phone=False)
    if pin is not None:
        policy.pin.check(pin, user.number)
    tx.claims.add(Claim(user.number, _owner(user)))
    sealed = tx.vault.seal(pin) if pin is not None else b""
    added = tx.users.add(replace(user, pin=sealed, pin_set_at=now if pin is not None else None))
    tx.events.append(Event(now, Kind.USER_ADDED, actor, added.number, data=shown(added)))
    return added


def change_user(tx: Transaction, number: str, changes: Mapping[str, Any], actor: Actor, now: datetime) -> User:
    """Change fields of a user; see CHANGEABLE. Losing access or being disabled ends his logins at once (R1.9).

    Raises NotFound, InvalidValue or Clash; then nothing is done.
    """
    old = user_of(tx, number)
    new = changed_fields(old, changes, CHANGEABLE)
    if new == old:
        return old
    check_user(new, tx.policy(), owns_phone=tx.phones.get(owner_id=old.id) is not None)
    desk = tx.phones.get(default_owner_id=old.id)
    if desk is not None and not new.hot_desk_access:
        raise InvalidValue("hot_desk_access", False, f"phone {desk.number} returns to this user; change that first")
    if new.number != old.number:
        tx.claims.release(_owner(old))
        tx.claims.add(Claim(new.number, _owner(new)))
        inbound_follows(tx, old.number, new.number, actor, now)
        finish(tx, tx.logins.of_user(old.id), EndReason.RULES_CHANGED, actor, now)
    elif not new.enabled:
        finish(tx, tx.logins.of_user(old.id), EndReason.USER_REMOVED, actor, now)
    elif not new.hot_desk_access:
        finish(tx, tx.logins.of_user(old.id), EndReason.RULES_CHANGED, actor, now)
    if not new.enabled:
        user_removed(tx, old, actor, now)
    tx.users.update(new)
    data = {"changes": shown(new, since=old), "was": old.number}
    tx.events.append(Event(now, Kind.USER_CHANGED, actor, new.number, data=data))
    return new


def delete_user(tx: Transaction, number: str, actor: Actor, now: datetime) -> None:
    """Delete a user; his desk logins end first, in the same transaction (R1.9). Raises NotFound or InUse."""
    user = user_of(tx, number)
    owned = tx.phones.get(owner_id=user.id) or tx.phones.get(default_owner_id=user.id)
    if owned is not None:
        raise InUse("user", number, f"phone {owned.number}, which is assigned to this user")
    check_no_inbound(tx, "user", number)
    finish(tx, tx.logins.of_user(user.id), EndReason.USER_REMOVED, actor, now)
    user_removed(tx, user, actor, now)
    tx.claims.release(_owner(user))
    tx.users.delete(user)
    tx.events.append(Event(now, Kind.USER_DELETED, actor, number, data=shown(user)))


def set_pin(tx: Transaction, number: str, pin: str, actor: Actor, now: datetime) -> None:
    """An administrator sets a new PIN, without knowing the old one (R1.8). Raises NotFound or InvalidValue."""
    _store_pin(tx, user_of(tx, number), pin, actor, now, by_self=False)
    tx.failures.unlock(number)


def change_pin(tx: Transaction, number: str, old: str, new: str, actor: Actor, now: datetime) -> User | Refusal:
    """A user changes his own PIN, proving the old one (R1.8). Raises InvalidValue if the new one is not acceptable."""
    user = prove(tx, number, PinProof(old), actor, now, even_expired=True)
    if isinstance(user, Refusal):
        return user
    if tx.vault.open(user.pin) == new and tx.policy().pin.expiry_days is not None:
        raise InvalidValue("pin", "***", "use a PIN that differs from the old one")
    _store_pin(tx, user, new, actor, now, by_self=True)
    return user


def unlock_user(tx: Transaction, number: str, actor: Actor, now: datetime) -> int:
    """Lift all locks of a number; gives how many there were. Raises NotFound."""
    user_of(tx, number)
    lifted = tx.failures.unlock(number)
    tx.events.append(Event(now, Kind.USER_CHANGED, actor, number, data={"unlocked": lifted}))
    return lifted


def user_of(tx: Transaction, number: str) -> User:
    """The user of a number. Raises NotFound."""
    user = tx.users.get(number=number)
    if user is None:
        raise NotFound("user", number)
    return user


def _store_pin(tx: Transaction, user: User, pin: str, actor: Actor, now: datetime, *, by_self: bool) -> None:
    tx.policy().pin.check(pin, user.number)
    tx.users.update(replace(user, pin=tx.vault.seal(pin), pin_set_at=now))
    tx.events.append(Event(now, Kind.PIN_CHANGED, actor, user.number, data={"by_self": by_self}))


def _owner(user: User) -> str:
    return f"user {user.number}"
