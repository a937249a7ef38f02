"""`freeseat queue member add`, `list`, `remove`: who is entitled to a queue's calls."""

from __future__ import annotations

from typing import Annotated

import typer

from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import queue_of
from freeseat.application.queues.directory import add_member, remove_member
from freeseat.cli.command import command
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, give
from freeseat.cli.queues.app import Number, User, member
from freeseat.cli.values import yes
from freeseat.domain.queues import Queue


@command(member, "add", example="freeseat queue member add 800 2019 --priority 2")
def add(
    here: Here,
    number: Number,
    users: Annotated[list[str], typer.Argument(metavar="USER...", help="Numbers of users.")],
    priority: Annotated[int, typer.Option(metavar="COUNT", help="Offered first with 1, then 2 and so on.")] = 1,
) -> None:
    """Entitle users to a queue, all of them or none; for those who are members already, change the priority."""

    def do(tx: Transaction) -> None:
        for user in users:
            add_member(tx, number, user, priority, here.actor, here.now)

    here.write(do)
    data = {"queue": number, "added": users, "priority": priority}
    give(here, data, f"{', '.join(users)} may take calls of queue {number}, with priority {priority}")


@command(member, "list", example="freeseat queue member list 800")
def list_(here: Here, number: Number) -> None:
    """List the members of a queue."""

    def question(tx: Transaction) -> list[dict[str, object]]:
        queue = queue_of(tx, number)
        return _members(tx, queue)

    data = here.read(question)
    rows = [(str(m["user"]), str(m["name"]), str(m["priority"]), yes(bool(m["logged_in"]))) for m in data]
    empty = f"Queue {number} has no members; add one: freeseat queue member add {number} USER"
    give(here, data, Listing(("user", "name", "priority", "logged in"), rows, empty))


@command(member, "remove", example="freeseat queue member remove 800 2019")
def remove(here: Here, number: Number, user: User) -> None:
    """Entitle a user to a queue no longer; he is logged out of it first."""
    here.write(lambda tx: remove_member(tx, number, user, here.actor, here.now))
    give(here, {"removed": {"queue": number, "user": user}}, f"{user} is no member of queue {number} any more")


def _members(tx: Transaction, queue: Queue) -> list[dict[str, object]]:
    """The members for programs, by number."""
    members = {each.user_id: each for each in tx.members.list(queue_id=queue.id)}
    present = {each.user_id for each in tx.attendances.list(queue_id=queue.id) if each.logged_in}
    people = sorted(tx.users.among("id", members), key=lambda user: user.number)
    return [
        {
            "user": user.number,
            "name": user.name,
            "priority": members[user.id].priority,
            "logged_in": user.id in present,
        }
        for user in people
    ]
