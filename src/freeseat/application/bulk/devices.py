"""Phones as lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from freeseat.application.bulk.columns import Column, flags, given, id_of, texts, twice, words
from freeseat.application.bulk.lines import Fault, Line
from freeseat.application.bulk.steps import Checked, Do, Progress, Step, exists_already
from freeseat.application.directory.phones import add_phone, change_phone, set_secret
from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor
from freeseat.domain.checks import check_default_owner, check_phone, check_secret, normal_mac
from freeseat.domain.directory import IdlePolicy, Phone, User
from freeseat.domain.errors import Clash, FreeseatError
from freeseat.domain.numbering import Claim

COLUMNS = (
    Column("mac", lambda cell: _mac(cell) or None, lambda mac: mac or "", empty_counts=True),
    Column("instance", lambda cell: cell.strip() or None, lambda text: text or "", empty_counts=True),
    *texts("vendor", "model", "template", "site", "location_id", "primary_node", "secondary_node", "group"),
    *texts("language", empty_counts=False),
    *flags("shared", "enabled"),
    words("idle_policy", IdlePolicy),
)
_REFERRED = ("class", "owner", "default_owner")
ALL = ("number", *_REFERRED, "secret", *(column.name for column in COLUMNS))
EXPORTED = tuple(name for name in ALL if name != "secret")
REQUIRED = ("number",)


def check_lines(
    tx: Transaction, lines: Sequence[Line], *, change: bool, new_secret: Callable[[], str], progress: Progress
) -> Checked:
    """What these lines would do; nothing is written. Who has no secret yet and is given none gets a new one."""
    checked = Checked(faults=twice(lines, "number") + twice(lines, "mac", _mac) + twice(lines, "instance"))
    known = {phone.number: phone for phone in tx.phones.among("number", [_number(line) for line in lines])}
    people = _people(tx, lines, known.values())
    classes = {cos.name: cos.id for cos in tx.classes.list()}
    columns = _columns(classes, {user.number: user.id for user in people.values()})
    devices = {
        name: {getattr(phone, name): phone for phone in tx.phones.among(name, _values(lines, name))}
        for name in ("mac", "instance")
    }
    for done, line in enumerate(lines, start=1):
        before = len(checked.faults)
        old = known.get(_number(line))
        if old is not None and not change:
            checked.faults.append(exists_already(line.number, old.number))
        fields = _fields(line, columns, checked.faults)
        if len(checked.faults) == before:
            try:
                checked.steps.append(_step(tx, line, old, fields, people, devices, new_secret))
            except FreeseatError as error:
                checked.faults.append(Fault.of(line.number, error))
        progress(done, len(lines))
    return checked


def exported(tx: Transaction) -> Iterator[list[str]]:
    """All phones by number, secrets left out."""
    classes = {cos.id: cos.name for cos in tx.classes.list()}
    phones = sorted(tx.phones.list(), key=lambda phone: phone.number)
    owners = {each for phone in phones for each in (phone.owner_id, phone.default_owner_id)} - {None}
    numbers = {user.id: user.number for user in tx.users.among("id", owners)} | {None: ""}
    for phone in phones:
        referred = [classes[phone.class_id], numbers[phone.owner_id], numbers[phone.default_owner_id]]
        yield [phone.number, *referred, *(column.show(getattr(phone, column.name)) for column in COLUMNS)]


def _number(line: Line) -> str:
    return line.cells.get("number", "").strip()


def _mac(cell: str) -> str:
    """A MAC as it is stored; what is none is left as it is, to be refused with its own words."""
    return normal_mac(cell) if cell.strip(" 0123456789abcdefABCDEF:.-") == "" else cell


def _values(lines: Sequence[Line], name: str) -> list[str]:
    read = _mac if name == "mac" else str.strip
    return [value for line in lines if (value := read(line.cells.get(name, "")))]


def _people(tx: Transaction, lines: Sequence[Line], known: Any) -> dict[int, User]:
    named = {line.cells.get(name, "").strip() for line in lines for name in ("owner", "default_owner")} - {""}
    ids = {each for phone in known for each in (phone.owner_id, phone.default_owner_id)} - {None}
    return {user.id: user for user in (*tx.users.among("number", named), *tx.users.among("id", ids))}


def _columns(classes: dict[str, int], people: dict[str, int]) -> tuple[Column, ...]:
    def nobody_or(name: str) -> Column:
        read = id_of(people, name, "user")
        return Column(name, lambda cell: read(cell) if cell.strip() else None, empty_counts=True)

    of_class = Column("class", id_of(classes, "class", "class of service"))
    return (*COLUMNS, of_class, nobody_or("owner"), nobody_or("default_owner"))


def _fields(line: Line, columns: tuple[Column, ...], faults: list[Fault]) -> dict[str, Any]:
    fields = given(line, columns, faults)
    if fields.get("owner") is not None and "shared" not in fields:
        fields["shared"] = False
    return {f"{name}_id" if name in _REFERRED else name: value for name, value in fields.items()}


def _step(
    tx: Transaction,
    line: Line,
    old: Phone | None,
    fields: dict[str, Any],
    people: dict[int, User],
    devices: dict[str, dict[Any, Phone]],
    new_secret: Callable[[], str],
) -> Step:
    number, secret = _number(line), line.cells.get("secret", "")
    phone = replace(old or Phone(0, number, tx.classes.list()[0].id), **fields)
    if secret:
        check_secret(secret)
    check_phone(phone, tx.policy(), people.get(phone.owner_id) if phone.owner_id is not None else None)
    if phone.default_owner_id is not None and (old is None or phone.default_owner_id != old.default_owner_id):
        check_default_owner(people.get(phone.default_owner_id))
    for name, those in devices.items():
        other = those.get(getattr(phone, name))
        if other is not None and other.number != number:
            raise Clash(name, getattr(phone, name), f"phone {number}", f"phone {other.number}")
    if old is None:
        owner = f"phone {number}"
        if by := tx.claims.taken_by(Claim(number, owner)):
            raise Clash("number", number, owner, by)
        chosen = secret or new_secret()
        return Step(line.number, True, lambda tx, actor, now: add_phone(tx, phone, chosen, actor, now))
    changes = {name: value for name, value in fields.items() if getattr(old, name) != value}
    changed_secret = secret if secret and tx.vault.open(old.secret) != secret else ""
    return Step(line.number, False, _changing(number, changes, changed_secret) if changes or changed_secret else None)


def _changing(number: str, changes: dict[str, Any], secret: str) -> Do:
    def do(tx: Transaction, actor: Actor, now: Any) -> None:
        change_phone(tx, number, changes, actor, now)
        if secret:
            set_secret(tx, number, secret, actor, now)

    return do
