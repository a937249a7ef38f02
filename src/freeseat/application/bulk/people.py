"""Users as lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from freeseat.application.bulk.columns import Column, counts, flags, given, id_of, texts, twice
from freeseat.application.bulk.lines import Fault, Line
from freeseat.application.bulk.steps import Checked, Do, Progress, Step, exists_already
from freeseat.application.directory.users import add_user, change_user, set_pin
from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor
from freeseat.domain.checks import check_user
from freeseat.domain.directory import User
from freeseat.domain.errors import Clash, FreeseatError, InvalidValue
from freeseat.domain.numbering import Claim

NUMBERS = Column("external_numbers", lambda cell: tuple(cell.split()), " ".join, empty_counts=True)
COLUMNS = (
    *texts("name", "email", "department", "location"),
    *texts("language", "logged_out_to", empty_counts=False),
    *texts("caller_number", "caller_name", "key_profile", "primary_node", "secondary_node", "busy_to", "no_answer_to"),
    *texts("group"),
    NUMBERS,
    *flags("hot_desk_access", "permanent_login", "enabled"),
    *counts("ring_seconds"),
)
ALL = ("number", "class", "pin", *(column.name for column in COLUMNS))
EXPORTED = tuple(name for name in ALL if name != "pin")
REQUIRED = ("number",)


def check_lines(
    tx: Transaction, lines: Sequence[Line], *, change: bool, new_secret: Callable[[], str], progress: Progress
) -> Checked:
    """What these lines would do; nothing is written."""
    checked = Checked(faults=twice(lines, "number"))
    known = {user.number: user for user in tx.users.among("number", [_number(line) for line in lines])}
    classes = {cos.name: cos.id for cos in tx.classes.list()}
    ids = [user.id for user in known.values()]
    owners = {phone.owner_id for phone in tx.phones.among("owner_id", ids)}
    returns = {phone.default_owner_id: phone.number for phone in tx.phones.among("default_owner_id", ids)}
    for done, line in enumerate(lines, start=1):
        before = len(checked.faults)
        old = known.get(_number(line))
        if old is not None and not change:
            checked.faults.append(exists_already(line.number, old.number))
        fields = _fields(line, classes, checked.faults)
        if len(checked.faults) == before:
            try:
                checked.steps.append(_step(tx, line, old, fields, owners, returns))
            except FreeseatError as error:
                checked.faults.append(Fault.of(line.number, error))
        progress(done, len(lines))
    return checked


def exported(tx: Transaction) -> Iterator[list[str]]:
    """All users by number, PINs left out."""
    classes = {cos.id: cos.name for cos in tx.classes.list()}
    for user in sorted(tx.users.list(), key=lambda user: user.number):
        yield [user.number, classes[user.class_id], *(column.show(getattr(user, column.name)) for column in COLUMNS)]


def _number(line: Line) -> str:
    return line.cells.get("number", "").strip()


def _fields(line: Line, classes: dict[str, int], faults: list[Fault]) -> dict[str, Any]:
    fields = given(line, (*COLUMNS, Column("class", id_of(classes, "class", "class of service"))), faults)
    if "class" in fields:
        fields["class_id"] = fields.pop("class")
    return fields


def _step(
    tx: Transaction,
    line: Line,
    old: User | None,
    fields: dict[str, Any],
    owners: set[int | None],
    returns: dict[int | None, str],
) -> Step:
    number, pin, policy = _number(line), line.cells.get("pin", "").strip(), tx.policy()
    user = replace(old or User(0, number, "", _first_class(tx)), **fields)
    check_user(user, policy, owns_phone=old is not None and old.id in owners)
    if pin:
        policy.pin.check(pin, number)
    if old is None:
        owner = f"user {number}"
        if by := tx.claims.taken_by(Claim(number, owner)):
            raise Clash("number", number, owner, by)
        return Step(line.number, True, _adding(user, pin))
    if old.id in returns and not user.hot_desk_access:
        raise InvalidValue("hot_desk_access", "no", f"phone {returns[old.id]} returns to this user; change that first")
    changes = {name: value for name, value in fields.items() if getattr(old, name) != value}
    new_pin = pin if pin and tx.vault.open(old.pin) != pin else ""
    return Step(line.number, False, _changing(number, changes, new_pin) if changes or new_pin else None)


def _first_class(tx: Transaction) -> int:
    """The class of those for whom none is named: the first there is, as for a user entered by hand."""
    return tx.classes.list()[0].id


def _adding(user: User, pin: str) -> Do:
    return lambda tx, actor, now: add_user(tx, user, pin or None, actor, now)


def _changing(number: str, changes: dict[str, Any], pin: str) -> Do:
    def do(tx: Transaction, actor: Actor, now: datetime) -> None:
        change_user(tx, number, changes, actor, now)
        if pin:
            set_pin(tx, number, pin, actor, now)

    return do
