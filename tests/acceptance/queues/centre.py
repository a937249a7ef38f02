"""A call centre in the office: queues and members are entered, callers counted, and all taken away again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from freeseat.application.directory.users import user_of
from freeseat.application.ports import Transaction
from freeseat.application.queues import directory
from freeseat.application.queues.attendance import queue_of, queues_of, take_part
from freeseat.application.queues.offers import end_call, state_of
from freeseat.application.queues.ports import OfferEnd, Outcome, QueueCall, WaitState
from freeseat.domain.queues import Queue, Readiness
from tests.acceptance.office import ADMINISTRATOR, Office
from tests.clients.raw import RawPhone
from tests.clients.waiting import until

QUEUE, CODE = "801", "811"


class Centre:
    """Queues at an office. Times of a queue may be shorter here than an administrator would be allowed."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def queue(self, number: str = QUEUE, code: str = CODE, **fields: Any) -> None:
        """Enter a queue."""
        self.office.write(
            lambda tx: directory.add_queue(tx, Queue(0, number, code, f"Queue {number}"), ADMINISTRATOR, _now())
        )
        self.change(number, **fields)

    def change(self, number: str = QUEUE, **fields: Any) -> None:
        """Change a queue's rules: through the use case, and what that refuses straight in the database."""
        quick = {name: value for name, value in fields.items() if name in ("ring_seconds", "max_wait_seconds")}
        usual = {name: value for name, value in fields.items() if name not in quick}

        def use_case(tx: Transaction) -> None:
            directory.change_queue(tx, number, usual, ADMINISTRATOR, _now())
            tx.queues.update(replace(queue_of(tx, number), **quick))

        self.office.write(use_case)

    def member(self, user: str, *queues: str, priority: int = 1) -> None:
        """Entitle a user."""
        for queue in queues or (QUEUE,):
            self.office.write(
                lambda tx, queue=queue: directory.add_member(tx, queue, user, priority, ADMINISTRATOR, _now())  # type: ignore[misc]
            )

    def agent(self, user: str, phone: str, *queues: str, priority: int = 1, logged_in: bool = True) -> None:
        """A hot desk user who sits at a phone and is a member; logged in to his queues."""
        self.office.user(user, name=f"Agent {user}")
        self.office.phone(phone)
        self.office.seat(user, phone)
        self.member(user, *queues, priority=priority)
        if logged_in:
            self.take_part(user)

    def caller(self, user: str, phone: str) -> None:
        """Somebody with a phone of his own, who is no member of anything."""
        self.office.user(user, name=f"Caller {user}", hot_desk_access=False)
        self.office.phone(phone, owner=user)

    def take_part(self, user: str, *queues: str, log_in: bool = True) -> None:
        """Log a member in to queues, or out: to all of his if none is named."""

        def use_case(tx: Transaction) -> None:
            person = user_of(tx, user)
            wanted = [queue_of(tx, each) for each in queues] if queues else queues_of(tx, person)
            take_part(tx, person, wanted, ADMINISTRATOR, _now(), log_in=log_in)

        self.office.write(use_case)

    def dial(self, phone: RawPhone, code: str, *heard: str) -> None:
        """Dial a code, hear these prompts in this order, and the end of the call."""
        call = phone.call(code)
        self.office.ear_of(call).hear(*heard)
        assert call.ended(), "voice hangs up when it has said everything"

    # -- how it stands

    def readiness(self, user: str, queue: str = QUEUE) -> Readiness:
        """A member's readiness."""

        def ask(tx: Transaction) -> Readiness:
            states = tx.queue_states.of_queue(queue_of(tx, queue))
            return state_of(next(each for each in states if each.user == user), _now())

        return self.office.read(ask)

    def taking_part(self, user: str) -> list[str]:
        """The queues where a member is logged in."""

        def ask(tx: Transaction) -> list[str]:
            person = user_of(tx, user)
            found = ((each, tx.attendances.get(queue_id=each.id, user_id=person.id)) for each in queues_of(tx, person))
            return [queue.number for queue, state in found if state is not None and state.logged_in]

        return self.office.read(ask)

    def await_readiness(self, user: str, wanted: Readiness, queue: str = QUEUE) -> None:
        """Wait until a member is so."""
        until(lambda: self.readiness(user, queue) is wanted, f"{user} is {wanted}", interval=0.03)

    def calls(self) -> list[QueueCall]:
        """Callers of this test's queues, first come first."""
        return sorted(self.office.read(lambda tx: tx.queue_calls.list()), key=lambda call: call.id)

    def await_waiting(self, count: int) -> None:
        """Wait until so many callers wait."""
        until(
            lambda: sum(call.state is WaitState.WAITING for call in self.calls()) == count,
            f"{count} waiting; {self.calls()}",
            interval=0.03,
        )

    def await_outcomes(self, *outcomes: Outcome) -> None:
        """Wait until all callers are over, each with his outcome in the order in which they came."""
        until(lambda: all(call.ended_at for call in self.calls()), "all callers are over", interval=0.03)
        assert [call.outcome for call in self.calls()] == list(outcomes)

    def answered_by(self) -> list[str]:
        """Who answered each caller, in the order in which they came; empty: nobody."""
        users = {user.id: user.number for user in self.office.read(lambda tx: tx.users.list())}
        return [users[call.user_id] if call.user_id is not None else "" for call in self.calls()]

    def offers(self) -> list[tuple[str, OfferEnd | None]]:
        """Offers so far: to whom, and how they ended."""
        users = {user.id: user.number for user in self.office.read(lambda tx: tx.users.list())}
        rows = sorted(self.office.read(lambda tx: tx.offers.list()), key=lambda offer: offer.id)
        return [(users[row.user_id], row.end) for row in rows]

    def clear(self) -> None:
        """End what is left of calls, and take all queues away."""

        def use_case(tx: Transaction) -> None:
            for call in tx.queue_calls.list(ended_at=None):
                end_call(tx, call.id, Outcome.LOST, _now())
            for inbound in tx.inbound.list():
                tx.inbound.delete(inbound)
            for queue in tx.queues.list():
                directory.delete_queue(tx, queue.number, ADMINISTRATOR, _now())

        self.office.write(use_case)


def numbers(queue: str) -> Sequence[str]:
    """The prompts that say a number digit by digit."""
    return [f"digit_{digit}" for digit in queue]


def _now() -> datetime:
    return datetime.now(UTC)
