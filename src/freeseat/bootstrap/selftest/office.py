"""The temporary office of a self-test: two phones, two people, a class of service; made and removed without a trace.

Only the audit log keeps that it was there: nobody can edit that (R10.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import SystemRandom

from freeseat.application.directory.phones import add_phone, delete_phone
from freeseat.application.directory.rules import add_class, add_trusted, delete_class, delete_trusted
from freeseat.application.directory.users import add_user, delete_user
from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.directory import ClassOfService, Phone, Right, TrustedNetwork, User
from freeseat.domain.drawing import draw_pin, draw_secret
from freeseat.domain.errors import Unavailable
from freeseat.domain.policy import is_trusted

NAME = "self-test"
ACTOR = Actor(NAME, "", Channel.SYSTEM)
RANDOMNESS = SystemRandom()


@dataclass(frozen=True, slots=True)
class Office:
    """What the test works with: numbers, PINs and secrets; whether it had to trust its own address."""

    phones: tuple[str, str]
    users: tuple[str, str]
    pins: tuple[str, str]
    secrets: tuple[str, str]


def make(tx: Transaction, source: str) -> Office:
    """Enter the office. `source` is the IP address that the test's softphones have; it is trusted while it runs."""
    remove(tx)
    now, policy = datetime.now(UTC), tx.policy()
    cos = add_class(tx, ClassOfService(0, NAME, frozenset({Right.FEATURES, Right.INTERNAL})), ACTOR, now)
    numbers = _free_phone_numbers(tx)
    keys = (draw_secret(RANDOMNESS), draw_secret(RANDOMNESS))
    for number, key in zip(numbers, keys, strict=True):
        add_phone(tx, Phone(0, number, cos.id, model=NAME), key, ACTOR, now)
    people = _free_user_numbers(tx)
    pins = (draw_pin(policy, people[0], RANDOMNESS), draw_pin(policy, people[1], RANDOMNESS))
    for number, pin in zip(people, pins, strict=True):
        add_user(tx, User(0, number, f"Self-test {number}", cos.id, hot_desk_access=True), pin, ACTOR, now)
    if is_trusted(source, tx.trusted.list()) is None:
        length = 128 if ":" in source else 32
        add_trusted(tx, TrustedNetwork(0, f"{source}/{length}", NAME), ACTOR, now)
    return Office(numbers, people, pins, keys)


def remove(tx: Transaction) -> int:
    """Remove whatever a self-test has made, one that was killed too; gives how many things there were."""
    now, count = datetime.now(UTC), 0
    cos = tx.classes.get(name=NAME)
    if cos is None:
        return 0
    for phone in tx.phones.list(class_id=cos.id):
        delete_phone(tx, phone.number, ACTOR, now)
        _forget(tx, phone.number)
        count += 1
    for user in tx.users.list(class_id=cos.id):
        delete_user(tx, user.number, ACTOR, now)
        for login in tx.logins.list(user_id=user.id):
            tx.logins.delete(login)
        tx.failures.unlock(user.number)
        _forget(tx, user.number)
        count += 1
    for network in tx.trusted.list(description=NAME):
        delete_trusted(tx, network.cidr, ACTOR, now)
    delete_class(tx, NAME, ACTOR, now)
    return count


def _forget(tx: Transaction, number: str) -> None:
    """Remove call records and bindings of a number that was only made for the test."""
    for column in ("caller_phone", "called_phone", "caller", "called"):
        for call in tx.calls.list(**{column: number}):
            tx.calls.delete(call)
    for binding in tx.bindings.list(aor=number):
        tx.bindings.delete(binding)


def _free_phone_numbers(tx: Transaction) -> tuple[str, str]:
    """The two highest numbers of the shared phones' ranges that nobody has."""
    free: list[str] = []
    for each in tx.policy().shared_phone_ranges:
        for number in range(int(each.last), int(each.first) - 1, -1):
            text = f"{number:0{len(each.first)}d}"
            if tx.phones.get(number=text) is None:
                free.append(text)
            if len(free) == 2:
                return free[0], free[1]
    raise Unavailable("the shared phones' ranges have no two free numbers for a self-test")


def _free_user_numbers(tx: Transaction) -> tuple[str, str]:
    """Two random numbers of six digits that nobody has, outside the shared phones' ranges."""
    found: list[str] = []
    while len(found) < 2:
        number = "99" + "".join(RANDOMNESS.choice("0123456789") for _ in range(4))
        outside = not any(number in each for each in tx.policy().shared_phone_ranges)
        taken = tx.users.get(number=number) or tx.phones.get(number=number)
        if outside and number not in found and taken is None:
            found.append(number)
    return found[0], found[1]
