"""Classes of service, trusted networks, feature codes, schedules and the policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from freeseat.application.directory.changes import changed_fields, shown
from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor
from freeseat.domain.checks import (
    check_class,
    check_code,
    check_phone,
    check_policy,
    check_trusted,
    check_user,
)
from freeseat.domain.directory import ClassOfService, FeatureCode, Function, Schedule, TrustedNetwork
from freeseat.domain.errors import InUse, NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.numbering import Claim
from freeseat.domain.policy import Policy
from freeseat.domain.queues import code_pair
from freeseat.domain.timers import check_schedule

CLASS_CHANGEABLE = frozenset(f.name for f in fields(ClassOfService)) - {"id"}


def add_class(tx: Transaction, cos: ClassOfService, actor: Actor, now: datetime) -> ClassOfService:
    """Enter a class of service. Raises InvalidValue or Clash."""
    check_class(cos)
    added = tx.classes.add(cos)
    tx.events.append(Event(now, Kind.CLASS_ADDED, actor, data=shown(added)))
    return added


def change_class(tx: Transaction, name: str, changes: Mapping[str, Any], actor: Actor, now: datetime) -> ClassOfService:
    """Change a class of service for all who point at it. Raises NotFound, InvalidValue or Clash."""
    old = class_of(tx, name)
    new = changed_fields(old, changes, CLASS_CHANGEABLE)
    if new == old:
        return old
    check_class(new)
    tx.classes.update(new)
    tx.events.append(Event(now, Kind.CLASS_CHANGED, actor, data={"name": new.name, "changes": shown(new, since=old)}))
    return new


def delete_class(tx: Transaction, name: str, actor: Actor, now: datetime) -> None:
    """Delete a class of service that nobody points at. Raises NotFound or InUse."""
    cos = class_of(tx, name)
    users, phones = tx.users.list(class_id=cos.id), tx.phones.list(class_id=cos.id)
    if users or phones:
        raise InUse("class of service", name, f"{len(users)} users and {len(phones)} phones")
    tx.classes.delete(cos)
    tx.events.append(Event(now, Kind.CLASS_DELETED, actor, data=shown(cos)))


def class_of(tx: Transaction, name: str) -> ClassOfService:
    """The class of service of a name. Raises NotFound."""
    cos = tx.classes.get(name=name)
    if cos is None:
        raise NotFound("class of service", name)
    return cos


def add_trusted(tx: Transaction, network: TrustedNetwork, actor: Actor, now: datetime) -> TrustedNetwork:
    """Trust a network (R2.2). Raises InvalidValue or Clash."""
    check_trusted(network)
    added = tx.trusted.add(network)
    tx.events.append(Event(now, Kind.TRUSTED_ADDED, actor, data=shown(added)))
    return added


def delete_trusted(tx: Transaction, cidr: str, actor: Actor, now: datetime) -> None:
    """Trust a network no longer: people from there are refused at their next REGISTER. Raises NotFound."""
    network = tx.trusted.get(cidr=cidr)
    if network is None:
        raise NotFound("trusted network", cidr)
    tx.trusted.delete(network)
    tx.events.append(Event(now, Kind.TRUSTED_DELETED, actor, data=shown(network)))


def set_code(tx: Transaction, code: FeatureCode, actor: Actor, now: datetime) -> None:
    """Give a function its code. Raises InvalidValue or Clash (R1.5)."""
    check_code(code)
    owner = f"feature code {code.function}"
    tx.claims.release(owner)
    for claim in code_claims(code, owner):
        tx.claims.add(claim)
    old = tx.codes.get(function=code.function)
    if old is None:
        tx.codes.add(code)
    else:
        tx.codes.update(code)
    data = {"function": code.function, "code": code.code, "was": old.code if old else ""}
    tx.events.append(Event(now, Kind.CODE_CHANGED, actor, data=data))


def code_claims(code: FeatureCode, owner: str) -> list[Claim]:
    """The strings that a feature code makes dialable: any digits may follow, but for the code of all queues (R5.1)."""
    if code.function is Function.QUEUES:
        return [Claim(each, owner) for each in code_pair(code.code, reversed_digits=False)]
    return [Claim(code.code, owner, is_prefix=True)]


def delete_code(tx: Transaction, function: Function, actor: Actor, now: datetime) -> None:
    """Take a function's code away; it can't be dialled any more. Raises NotFound."""
    code = tx.codes.get(function=function)
    if code is None:
        raise NotFound("feature code", function)
    tx.claims.release(f"feature code {function}")
    tx.codes.delete(code)
    tx.events.append(Event(now, Kind.CODE_CHANGED, actor, data={"function": function, "code": "", "was": code.code}))


def add_schedule(tx: Transaction, schedule: Schedule, actor: Actor, now: datetime) -> Schedule:
    """Enter a scheduled logout (R2.12); it is due for the first time after now. Raises InvalidValue."""
    check_schedule(schedule)
    added = tx.schedules.add(replace(schedule, last_run=now))
    tx.events.append(Event(now, Kind.SCHEDULE_ADDED, actor, data=shown(added)))
    return added


def delete_schedule(tx: Transaction, schedule_id: int, actor: Actor, now: datetime) -> None:
    """Delete a scheduled logout. Raises NotFound."""
    schedule = tx.schedules.get(id=schedule_id)
    if schedule is None:
        raise NotFound("schedule", str(schedule_id))
    tx.schedules.delete(schedule)
    tx.events.append(Event(now, Kind.SCHEDULE_DELETED, actor, data=shown(schedule)))


def set_policy(tx: Transaction, policy: Policy, actor: Actor, now: datetime) -> None:
    """Replace the policy. Raises InvalidValue or Clash if the directory as it is would break the new rules."""
    check_policy(policy)
    old = tx.policy()
    if policy.shared_phone_ranges != old.shared_phone_ranges:
        _check_directory(tx, policy)
    if policy.emergency != old.emergency:
        tx.claims.release("emergency numbers")
        for each in policy.emergency:
            tx.claims.add(Claim(each.number, "emergency numbers"))
    tx.set_policy(policy)
    tx.events.append(Event(now, Kind.POLICY_CHANGED, actor, data=shown(policy, since=old)))


def _check_directory(tx: Transaction, policy: Policy) -> None:
    for user in tx.users.list():
        check_user(user, policy, owns_phone=False)
    for phone in tx.phones.list():
        check_phone(phone, policy, tx.users.get(id=phone.owner_id) if phone.owner_id is not None else None)


def found(tx: Transaction, actor: Actor, now: datetime, codes: tuple[FeatureCode, ...]) -> bool:
    """Give a new database its first class of service, feature codes and emergency numbers. False if it has them."""
    if tx.classes.list():
        return False
    add_class(tx, ClassOfService(0, "standard"), actor, now)
    for code in codes:
        set_code(tx, code, actor, now)
    for each in tx.policy().emergency:
        tx.claims.add(Claim(each.number, "emergency numbers"))
    return True
