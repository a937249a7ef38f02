"""An office with work queues, in a real database: members, callers, and what the voice process asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal
from freeseat.application.queues import attendance, directory
from freeseat.application.queues.attendance import TakingPart, dial_queue_code, queue_of
from freeseat.application.queues.offers import OfferMade, end_call, offer_answered, offer_failed
from freeseat.application.queues.ports import OfferEnd, Outcome, QueueCall
from freeseat.application.queues.serving import Served, serve
from freeseat.application.queues.status import MemberSeen, QueueSeen, queue_seen
from freeseat.application.queues.waiting import Caller, Sent, enter
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.directory import Function
from freeseat.domain.queues import Queue, QueueVerb, Readiness, code_pair, queue_codes
from freeseat.domain.reasons import Reason
from tests.application.office import ADMIN, Office

VOICE = "voice"
"""The voice process that carries all callers."""


class Centre(Office):
    """The office, with queue 800 (code 811) for 2019 and 2020."""

    def __init__(self, office: Office) -> None:
        self.database, self.now = office.database, office.now
        self.queue("800", "811")
        for user in ("2019", "2020"):
            self.member("800", user)

    # -- the directory

    def queue(self, number: str, code: str, **fields: Any) -> Queue:
        """Enter a queue."""
        entry = replace(Queue(0, number, code, f"Queue {number}"), **fields)
        return self.write(lambda tx: directory.add_queue(tx, entry, ADMIN, self.now))

    def change(self, number: str = "800", /, **changes: Any) -> Queue:
        """Change fields of a queue."""
        return self.write(lambda tx: directory.change_queue(tx, number, changes, ADMIN, self.now))

    def member(self, number: str, user: str, priority: int = 1) -> None:
        """Entitle a user to a queue."""
        self.write(lambda tx: directory.add_member(tx, number, user, priority, ADMIN, self.now))

    # -- members

    def dial(self, phone: str, digits: str) -> TakingPart | Refusal:
        """Somebody at a phone dials a code of a queue, or of all queues."""
        actor = Actor(phone, "10.0.0.1", Channel.VOICE)

        def dialled(tx: Transaction) -> TakingPart | Refusal:
            verb, queue = _meant(tx, digits)
            return dial_queue_code(tx, phone, verb, queue, actor, self.now)

        return self.write(dialled)

    def dialled(self, phone: str, digits: str) -> bool:
        """`dial` that must succeed: whether the caller is logged in now."""
        done = self.dial(phone, digits)
        assert isinstance(done, TakingPart), done
        return done.logged_in

    def not_dialled(self, phone: str, digits: str) -> Reason:
        """`dial` that must not."""
        done = self.dial(phone, digits)
        assert isinstance(done, Refusal), done
        return done.reason

    def agent(self, user: str, phone: str, number: str = "800") -> None:
        """Somebody sits down at a registered phone and takes part in a queue."""
        self.login(user, phone)
        if not self.read(lambda tx: tx.bindings.get(aor=phone)):
            self.bind(phone)
        self.take_part(user, number)

    def take_part(self, user: str, number: str = "800", *, log_in: bool = True) -> None:
        """A member logs in to a queue, or out."""

        def do(tx: Transaction) -> None:
            person = tx.users.get(number=user)
            assert person is not None
            attendance.take_part(tx, person, [queue_of(tx, number)], ADMIN, self.now, log_in=log_in)

        self.write(do)

    def pause(self, user: str, reason: str | None) -> None:
        """A member pauses at all his queues, or with None resumes."""

        def do(tx: Transaction) -> object:
            person = tx.users.get(number=user)
            assert person is not None
            return attendance.ask_to_pause(tx, person, reason, "", ADMIN, self.now)

        assert not isinstance(self.write(do), Refusal)

    def seen(self, number: str = "800") -> QueueSeen:
        """How a queue stands."""
        return self.read(lambda tx: queue_seen(tx, queue_of(tx, number), self.now))

    def one(self, user: str, number: str = "800") -> MemberSeen:
        """A member as a supervisor sees him."""
        return next(each for each in self.seen(number).members if each.user == user)

    def state(self, user: str, number: str = "800") -> Readiness:
        """A member's readiness."""
        return self.one(user, number).readiness

    # -- callers

    def enter(self, call_id: str = "a", number: str = "800") -> QueueCall | Sent:
        """A caller enters."""
        caller = Caller("0171", "Carla", VOICE, call_id, "{}")
        return self.write(lambda tx: enter(tx, queue_of(tx, number), caller, self.now))

    def waits(self, call_id: str = "a", number: str = "800") -> QueueCall:
        """A caller enters and waits."""
        call = self.enter(call_id, number)
        assert isinstance(call, QueueCall), call
        return call

    def serve(self, number: str = "800") -> Served:
        """The voice process looks after the queue."""
        served = self.write(lambda tx: serve(tx, number, VOICE, self.now))
        assert served is not None
        return served

    def offers(self, number: str = "800") -> list[OfferMade]:
        """The offers that are new."""
        return list(self.serve(number).offers)

    def rung(self, number: str = "800") -> list[tuple[str, str]]:
        """New offers as pairs of user and the caller's Call-ID."""
        return [(each.user, each.call.call_id) for each in self.offers(number)]

    def answer(self, offer: OfferMade) -> QueueCall | None:
        """A member answers."""
        return self.write(lambda tx: offer_answered(tx, offer.offer.id, self.now))

    def fail(self, offer: OfferMade, end: OfferEnd = OfferEnd.MISSED) -> None:
        """An offer comes to nothing."""
        self.write(lambda tx: offer_failed(tx, offer.offer.id, end, self.now))

    def end(self, call: QueueCall, outcome: Outcome = Outcome.ANSWERED) -> QueueCall | None:
        """A call is over."""
        return self.write(lambda tx: end_call(tx, call.id, outcome, self.now))

    def row(self, call_id: int) -> Any:
        """A queue call as the database has it."""
        return self.read(lambda tx: tx.queue_calls.get(id=call_id))


def _meant(tx: Transaction, digits: str) -> tuple[QueueVerb, str]:
    for queue in tx.queues.list():
        if digits in (codes := queue_codes(queue)):
            return codes[digits], queue.number
    code = tx.codes.get(function=Function.QUEUES)
    assert code is not None
    return code_pair(code.code, reversed_digits=tx.policy().queues_reversed_digits)[digits], ""
