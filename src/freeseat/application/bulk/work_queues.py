"""Queues with their members as lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from freeseat.application.bulk.columns import counts, flags, given, texts, twice, words
from freeseat.application.bulk.lines import Fault, Line
from freeseat.application.bulk.steps import Checked, Do, Progress, Step, exists_already
from freeseat.application.ports import Transaction
from freeseat.application.queues.directory import add_member, add_queue, change_queue, remove_member
from freeseat.domain.actors import Actor
from freeseat.domain.checks import check_priority, check_queue
from freeseat.domain.errors import Clash, FreeseatError, InvalidValue
from freeseat.domain.queues import Queue, Strategy, queue_claims, queue_owner

COLUMNS = (
    *texts("code", empty_counts=False),
    *texts("name", "overflow_to", "no_agents_to"),
    *texts("language", empty_counts=False),
    words("strategy", Strategy),
    *counts("ring_seconds", "wrap_up_seconds", "misses_until_pause", "announce_seconds"),
    *counts("max_wait_seconds", "max_length", bounded=False),
    *flags("reversed_digits", "logout_at_desk_logout", "logout_if_unregistered", "login_when_registered"),
    *flags("no_unreg_warning"),
)
MEMBERS = "members"
ALL = ("number", *(column.name for column in COLUMNS), MEMBERS)
EXPORTED = ALL
REQUIRED = ("number",)


def check_lines(
    tx: Transaction, lines: Sequence[Line], *, change: bool, new_secret: Callable[[], str], progress: Progress
) -> Checked:
    """What these lines would do; nothing is written. Cells of members are like `2019 2020/2`: number/priority."""
    checked = Checked(faults=twice(lines, "number"))
    known = {queue.number: queue for queue in tx.queues.list()}
    taken: dict[str, str] = {}
    for done, line in enumerate(lines, start=1):
        before = len(checked.faults)
        old = known.get(_number(line))
        if old is not None and not change:
            checked.faults.append(exists_already(line.number, old.number))
        fields = given(line, COLUMNS, checked.faults)
        if len(checked.faults) == before:
            try:
                checked.steps.append(_step(tx, line, old, fields, taken))
            except FreeseatError as error:
                checked.faults.append(Fault.of(line.number, error))
        progress(done, len(lines))
    return checked


def exported(tx: Transaction) -> Iterator[list[str]]:
    """All queues by number, with their members by number."""
    members = tx.members.list()
    numbers = {user.id: user.number for user in tx.users.among("id", {each.user_id for each in members})}
    of_queue: dict[int, list[str]] = {}
    for member in sorted(members, key=lambda member: numbers[member.user_id]):
        of_queue.setdefault(member.queue_id, []).append(f"{numbers[member.user_id]}/{member.priority}")
    for queue in sorted(tx.queues.list(), key=lambda queue: queue.number):
        cells = (column.show(getattr(queue, column.name)) for column in COLUMNS)
        yield [queue.number, *cells, " ".join(of_queue.get(queue.id, ()))]


def _number(line: Line) -> str:
    return line.cells.get("number", "").strip()


def _step(tx: Transaction, line: Line, old: Queue | None, fields: dict[str, Any], taken: dict[str, str]) -> Step:
    number = _number(line)
    queue = replace(old or Queue(0, number, "", ""), **fields)
    check_queue(queue, tx.policy())
    _check_strings(tx, queue, taken)
    wanted = _members(tx, line)
    if old is None:
        return Step(line.number, True, _doing(queue, {}, wanted or {}, [], is_new=True))
    changes = {name: value for name, value in fields.items() if getattr(old, name) != value}
    present = _present(tx, old)
    added = {user: priority for user, priority in (wanted or {}).items() if present.get(user) != priority}
    gone = [user for user in present if wanted is not None and user not in wanted]
    changed = bool(changes or added or gone)
    return Step(line.number, False, _doing(queue, changes, added, gone, is_new=False) if changed else None)


def _check_strings(tx: Transaction, queue: Queue, taken: dict[str, str]) -> None:
    """Every string of a queue is free, in the database and among the lines before (R1.5)."""
    own: set[str] = set()
    for claim in queue_claims(queue):
        field = "number" if claim.string == queue.number else "code"
        by = tx.claims.taken_by(claim)
        if by and by != queue_owner(queue):
            raise Clash(field, claim.string, claim.owner, by)
        if claim.string in own:
            raise Clash("code", claim.string, f"{claim.owner}'s codes", f"{claim.owner} itself")
        if claim.string in taken:
            raise Clash(field, claim.string, claim.owner, f"{taken[claim.string]} of this file")
        own.add(claim.string)
    taken.update(dict.fromkeys(own, queue_owner(queue)))


def _members(tx: Transaction, line: Line) -> dict[str, int] | None:
    """Priorities by user number; None where the file does not speak of members."""
    cell = line.cells.get(MEMBERS)
    if cell is None:
        return None
    wanted: dict[str, int] = {}
    for word in cell.split():
        number, slash, priority = word.partition("/")
        if slash and not (priority.isascii() and priority.isdigit() and len(priority) < 10):
            raise InvalidValue(MEMBERS, word, "write a user's number, or number/priority like 2020/2")
        check_priority(int(priority or 1))
        wanted[number] = int(priority or 1)
    known = {user.number for user in tx.users.among("number", wanted)}
    for number in wanted:
        if number not in known:
            raise InvalidValue(MEMBERS, number, "there is no such user")
    return wanted


def _present(tx: Transaction, queue: Queue) -> dict[str, int]:
    priorities = {member.user_id: member.priority for member in tx.members.list(queue_id=queue.id)}
    return {user.number: priorities[user.id] for user in tx.users.among("id", priorities)}


def _doing(queue: Queue, changes: dict[str, Any], members: dict[str, int], gone: list[str], *, is_new: bool) -> Do:
    def do(tx: Transaction, actor: Actor, now: datetime) -> None:
        if is_new:
            add_queue(tx, queue, actor, now)
        else:
            change_queue(tx, queue.number, changes, actor, now)
        for user in gone:
            remove_member(tx, queue.number, user, actor, now)
        for user, priority in members.items():
            add_member(tx, queue.number, user, priority, actor, now)

    return do
