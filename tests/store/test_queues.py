"""Queues and trunks on SQLite and PostgreSQL: rows, callers and offers, and each input of readiness by itself (R5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from freeseat.application.ports import Binding, CallRecord, Transaction
from freeseat.application.queues.ports import MemberState, OfferEnd, OfferRow, Outcome, QueueCall, WaitState
from freeseat.domain.desk_login import EndReason, Method
from freeseat.domain.directory import Phone, User
from freeseat.domain.errors import Clash
from freeseat.domain.policy import Policy
from freeseat.domain.queues import Attendance, Queue, QueueMember, Strategy
from freeseat.domain.trunks import InboundNumber, Trunk
from freeseat.store.database import Database
from tests.domain.entities import COS, NOW, login
from tests.store.databases import open_database

QUEUE = Queue(0, "800", "811", "Sales")


class Desk:
    """A queue with one member, and everything that makes him ready or not, one at a time."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.write = database.write
        self.cos = self.write(lambda tx: tx.classes.add(COS)).id
        self.user = self.person("2019")
        self.phone = self.write(lambda tx: tx.phones.add(Phone(0, "3001", self.cos)))
        self.queue = self.write(lambda tx: tx.queues.add(QUEUE))
        self.member = self.join(self.queue, self.user)

    def person(self, number: str) -> User:
        return self.write(lambda tx: tx.users.add(User(0, number, f"User {number}", self.cos)))

    def join(self, queue: Queue, user: User, priority: int = 1) -> QueueMember:
        return self.write(lambda tx: tx.members.add(QueueMember(0, queue.id, user.id, priority)))

    def attend(self, user: User | None = None, **fields: object) -> Attendance:
        who = user or self.user
        attendance = Attendance(0, self.queue.id, who.id, NOW)
        return self.write(lambda tx: tx.attendances.add(replace(attendance, **fields)))  # type: ignore[arg-type]

    def sit(self, **fields: object) -> None:
        self.write(lambda tx: tx.logins.add(login(self.user.id, self.phone.id, place="3001", **fields)))

    def bind(self, aor: str) -> None:
        self.write(lambda tx: tx.bindings.add(Binding(0, aor, f"sip:{aor}@10.0.0.7", "main", 1.0, 501, 500)))

    def caller(self, call_id: str, at: datetime = NOW, queue: Queue | None = None, **fields: object) -> QueueCall:
        call = QueueCall(0, (queue or self.queue).id, "voice", call_id, "0171", "Carla", at)
        return self.write(lambda tx: tx.queue_calls.add(replace(call, **fields)))  # type: ignore[arg-type]

    def offer(self, call: QueueCall, user: User | None = None, **fields: object) -> OfferRow:
        row = OfferRow(0, call.id, call.queue_id, (user or self.user).id, NOW)
        return self.write(lambda tx: tx.offers.add(replace(row, **fields)))  # type: ignore[arg-type]

    def state(self) -> MemberState:
        (state,) = self.database.read(lambda tx: tx.queue_states.of_queue(self.queue))
        return state

    def inputs(self) -> set[str]:
        state = self.state()
        return {name for name in ("at_desk", "reachable", "on_call", "offered") if getattr(state, name)}


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


# -- rows


def test_every_field_comes_back_as_it_was(desk: Desk, database: Database) -> None:
    """Everything set that can be set."""
    moment = NOW + timedelta(microseconds=123_456)
    queue = Queue(
        0, "801", "812", "Sërvice 漢", Strategy.RING_ALL, 15, 30, 2, 600, 25, "number:800", "reject", 45, "de",
        reversed_digits=True, logout_at_desk_logout=True, logout_if_unregistered=True, login_when_registered=True,
        no_unreg_warning=True,
    )  # fmt: skip
    queue = database.write(lambda tx: tx.queues.add(queue))
    assert database.read(lambda tx: tx.queues.get(code="812")) == queue
    member = desk.join(queue, desk.user, 7)
    assert database.read(lambda tx: tx.members.get(queue_id=queue.id, user_id=desk.user.id)) == member
    attendance = Attendance(0, queue.id, desk.user.id, moment, True, moment, "lunch", moment, 2, 40, moment, moment)
    attendance = database.write(lambda tx: tx.attendances.add(attendance))
    assert database.read(lambda tx: tx.attendances.list(user_id=desk.user.id, suspended=True)) == [attendance]
    call = QueueCall(
        0, queue.id, "voice-1", "a@b", "0171", "Carla", moment, WaitState.ENDED, desk.user.id, moment, moment,
        Outcome.MAX_WAIT, '{"leg": 1}',
    )  # fmt: skip
    call = database.write(lambda tx: tx.queue_calls.add(call))
    assert database.read(lambda tx: tx.queue_calls.get(call_id="a@b", node="voice-1")) == call
    offer = desk.offer(call, ended_at=moment, end=OfferEnd.UNREACHABLE)
    assert database.read(lambda tx: tx.offers.get(id=offer.id)) == offer
    trunk = Trunk(
        0, "carrier", "sip:carrier.example", "4930555", b"\x00\xff", True, 600, ("192.0.2.7", "2001:db8::/64"),
        ("0", "+"), 1, "+49", 3, False,
    )  # fmt: skip
    trunk = database.write(lambda tx: tx.trunks.add(trunk))
    assert database.read(lambda tx: tx.trunks.get(name="carrier")) == trunk
    inbound = database.write(lambda tx: tx.inbound.add(InboundNumber(0, "+4930555800", "800", "main line")))
    assert database.read(lambda tx: tx.inbound.list(destination="800")) == [inbound]
    database.write(lambda tx: tx.set_policy(Policy(queues_reversed_digits=True)))
    assert database.read(lambda tx: tx.policy()).queues_reversed_digits


@pytest.mark.parametrize(
    ("add", "field"),
    [
        (lambda desk: lambda tx: tx.queues.add(replace(QUEUE, code="899")), "number"),
        (lambda desk: lambda tx: tx.queues.add(replace(QUEUE, number="899")), "code"),
        (lambda desk: lambda tx: tx.members.add(replace(desk.member, id=0)), "user_id"),
    ],
)
def test_the_database_holds_what_is_unique(
    desk: Desk, add: Callable[[Desk], Callable[[Transaction], object]], field: str
) -> None:
    with pytest.raises(Clash) as error:
        desk.write(add(desk))
    assert error.value.field == field


def test_a_deleted_user_or_queue_takes_what_is_theirs_along(desk: Desk, database: Database) -> None:
    ann = desk.person("2020")
    desk.join(desk.queue, ann)
    for user in (desk.user, ann):
        desk.attend(user)
    call = desk.caller("a")
    desk.offer(call)
    database.write(lambda tx: tx.users.delete(ann))
    assert database.read(lambda tx: (len(tx.members.list()), len(tx.attendances.list()))) == (1, 1)
    database.write(lambda tx: tx.queues.delete(desk.queue))
    kinds = ("members", "attendances", "queue_calls", "offers")
    assert database.read(lambda tx: [len(getattr(tx, kind).list()) for kind in kinds]) == [0, 0, 0, 0]


# -- offers: who wins is the database's decision


def test_a_member_has_one_open_offer_whoever_makes_it(desk: Desk, url: str) -> None:
    """R5.8: two processes, two connections, two queues."""
    other_queue = desk.write(lambda tx: tx.queues.add(replace(QUEUE, number="801", code="812")))
    first, second = desk.caller("a"), desk.caller("b", queue=other_queue)
    open_offer = desk.offer(first)
    other = open_database(url)
    try:
        with pytest.raises(Clash) as error:
            other.write(lambda tx: tx.offers.add(OfferRow(0, second.id, other_queue.id, desk.user.id, NOW)))
        assert error.value.field == "user_id"
        ended = replace(open_offer, ended_at=NOW, end=OfferEnd.MISSED)
        desk.write(lambda tx: tx.offers.update(ended))
        other.write(lambda tx: tx.offers.add(OfferRow(0, second.id, other_queue.id, desk.user.id, NOW)))
        with pytest.raises(Clash):
            desk.write(lambda tx: tx.offers.update(open_offer))
    finally:
        other.close()


def test_one_caller_may_be_offered_to_several(desk: Desk, database: Database) -> None:
    """*Ring all*."""
    call = desk.caller("a")
    for user in (desk.user, desk.person("2020")):
        desk.offer(call, user)
    assert len(database.read(lambda tx: tx.waiting.offered(desk.queue.id))) == 2


# -- callers


def test_callers_wait_in_the_order_in_which_they_came(desk: Desk, database: Database) -> None:
    elsewhere = desk.write(lambda tx: tx.queues.add(replace(QUEUE, number="801", code="812")))
    late = desk.caller("late", NOW + timedelta(seconds=1))
    early = desk.caller("early", NOW - timedelta(seconds=1), node="voice-2")
    same = desk.caller("same", NOW + timedelta(seconds=1))
    desk.caller("answered", state=WaitState.ANSWERED, user_id=desk.user.id, answered_at=NOW)
    desk.caller("over", state=WaitState.ENDED, ended_at=NOW, outcome=Outcome.ABANDONED)
    desk.caller("elsewhere", queue=elsewhere)
    assert database.read(lambda tx: tx.waiting.of_queue(desk.queue.id)) == [early, late, same]
    entered = database.read(lambda tx: tx.waiting.entered(desk.queue.id))
    assert entered == [(each.id, each.entered_at) for each in (early, late, same)]
    mine = database.read(lambda tx: tx.waiting.entered(desk.queue.id, "voice"))
    assert [call_id for call_id, _ in mine] == [late.id, same.id]


def test_what_a_voice_process_carries(desk: Desk, database: Database) -> None:
    """Until it forgets the leg, also of callers who left the queue for somebody else."""
    desk.caller("over", state=WaitState.ENDED, ended_at=NOW)
    desk.caller("other", node="voice-2")
    carried = [desk.caller("waits"), desk.caller("sent on", state=WaitState.ENDED, ended_at=NOW, leg="{}")]
    assert database.read(lambda tx: tx.waiting.carried("voice")) == carried


def test_calls_that_nobody_ended(desk: Desk, database: Database) -> None:
    old = desk.caller("old", NOW - timedelta(hours=1), state=WaitState.ANSWERED)
    desk.caller("new", NOW)
    desk.caller("over", NOW - timedelta(hours=1), ended_at=NOW)
    assert database.read(lambda tx: tx.waiting.open_since_before(NOW)) == [old]


def test_who_declined_a_caller_and_how_often(desk: Desk, database: Database) -> None:
    ann = desk.person("2020")
    first, second = desk.caller("a"), desk.caller("b")
    gone = desk.caller("c", state=WaitState.ENDED, ended_at=NOW)
    for call, user, ends in (
        (first, desk.user, [OfferEnd.MISSED, OfferEnd.REFUSED, OfferEnd.UNREACHABLE, OfferEnd.WITHDRAWN]),
        (first, ann, [OfferEnd.MISSED]),
        (second, ann, [OfferEnd.WITHDRAWN, OfferEnd.ANSWERED]),
        (gone, ann, [OfferEnd.MISSED]),
    ):
        for end in ends:
            desk.offer(call, user, ended_at=NOW, end=end)
    declined = database.read(lambda tx: tx.waiting.declined(desk.queue.id))
    assert declined == {first.id: {desk.user.id: 3, ann.id: 1}}


def test_the_mean_length_of_the_last_calls(desk: Desk, database: Database) -> None:
    assert database.read(lambda tx: tx.waiting.mean_call_seconds(desk.queue.id, 2)) is None
    for number, seconds in enumerate((600, 100, 200)):
        answered = NOW + timedelta(hours=number)
        ended = answered + timedelta(seconds=seconds)
        desk.caller(f"{number}", state=WaitState.ENDED, answered_at=answered, ended_at=ended)
    desk.caller("abandoned", state=WaitState.ENDED, ended_at=NOW + timedelta(days=1))
    assert database.read(lambda tx: tx.waiting.mean_call_seconds(desk.queue.id, 2)) == 150.0


# -- readiness: each input by itself (R5.6)


def test_nobody_knows_anything_of_a_member_at_first(desk: Desk) -> None:
    state = desk.state()
    assert (state.member, state.attendance, state.user, state.name) == (desk.member, None, "2019", "User 2019")
    assert desk.inputs() == set()


def test_attendance_alone(desk: Desk) -> None:
    attendance = desk.attend(paused_at=NOW, pause_reason="lunch")
    assert desk.state().attendance == attendance
    assert desk.inputs() == set()


def test_a_desk_login_alone(desk: Desk) -> None:
    desk.sit()
    assert desk.inputs() == {"at_desk"}


def test_a_desk_login_that_is_pending_counts_and_one_that_is_over_does_not(desk: Desk) -> None:
    desk.sit(ended_at=NOW, end_reason=EndReason.LOGOUT)
    assert desk.inputs() == set()
    desk.sit(pending=EndReason.MAX_TIME, pending_since=NOW)
    assert desk.inputs() == {"at_desk"}


def test_a_binding_alone(desk: Desk) -> None:
    """A phone where he does not sit, or his own number where he is not registered as himself."""
    desk.bind("3001")
    desk.bind("2019")
    assert desk.inputs() == set()
    desk.sit()
    assert desk.inputs() == {"at_desk", "reachable"}


def test_an_outside_telephone_is_reachable(desk: Desk) -> None:
    """R2.6: no binding, but a number."""
    desk.write(lambda tx: tx.logins.add(login(desk.user.id, None, place="tel:+49171", method=Method.EXTERNAL)))
    assert desk.inputs() == {"at_desk", "reachable"}


@pytest.mark.parametrize("enabled", [True, False])
def test_an_assigned_phone(desk: Desk, enabled: bool) -> None:
    own = Phone(0, "4001", desk.cos, shared=False, owner_id=desk.user.id, enabled=enabled)
    desk.write(lambda tx: tx.phones.add(own))
    assert desk.inputs() == ({"at_desk"} if enabled else set())
    desk.bind("4001")
    assert desk.inputs() == ({"at_desk", "reachable"} if enabled else set())


@pytest.mark.parametrize(
    "call",
    [CallRecord(0, "main", "c", 1.0, caller_phone="3001"), CallRecord(0, "main", "c", 1.0, called_phone="3001")],
)
def test_a_call_alone(desk: Desk, call: CallRecord) -> None:
    """By the call records: where he sits, whoever called; not once it is over, nor at other phones."""
    desk.write(lambda tx: tx.calls.record([call, CallRecord(0, "main", "d", 1.0, caller_phone="3002")], [], []))
    assert desk.inputs() == set(), "he does not sit there"
    desk.sit()
    assert desk.inputs() == {"at_desk", "on_call"}
    (kept,) = desk.database.read(lambda tx: tx.calls.list(call_id="c"))
    desk.write(lambda tx: tx.calls.update(replace(kept, ended_at=2.0)))
    assert desk.inputs() == {"at_desk"}


def test_a_call_of_a_queue_is_known_before_its_record(desk: Desk) -> None:
    """Or he would be offered another caller before the journal tells of the first."""
    call = desk.caller("a", state=WaitState.ANSWERED, user_id=desk.user.id, answered_at=NOW)
    assert desk.inputs() == {"on_call"}
    desk.write(lambda tx: tx.queue_calls.update(replace(call, state=WaitState.ENDED, ended_at=NOW)))
    assert desk.inputs() == set()


def test_an_offer_alone_by_whatever_queue(desk: Desk) -> None:
    other = desk.write(lambda tx: tx.queues.add(replace(QUEUE, number="801", code="812")))
    offer = desk.offer(desk.caller("a", queue=other))
    assert desk.inputs() == {"offered"}
    desk.write(lambda tx: tx.offers.update(replace(offer, ended_at=NOW, end=OfferEnd.MISSED)))
    assert desk.inputs() == set()


def test_members_of_a_queue_by_number_without_who_is_disabled(desk: Desk, database: Database) -> None:
    for number, enabled in (("2030", True), ("2010", True), ("2020", False)):
        person = User(0, number, f"User {number}", desk.cos, enabled=enabled)
        desk.join(desk.queue, desk.write(lambda tx, p=person: tx.users.add(p)))  # type: ignore[misc]
    desk.attend()
    states = database.read(lambda tx: tx.queue_states.of_queue(desk.queue))
    assert [(each.user, each.attendance is not None) for each in states] == [
        ("2010", False), ("2019", True), ("2030", False),
    ]  # fmt: skip


def test_the_login_that_ended_last(desk: Desk, database: Database) -> None:
    assert database.read(lambda tx: tx.logins.last_ended(desk.user.id)) is None
    desk.sit(ended_at=NOW + timedelta(hours=2), end_reason=EndReason.UNREGISTERED)
    desk.sit(ended_at=NOW + timedelta(hours=1), end_reason=EndReason.LOGOUT)
    desk.sit()
    last = database.read(lambda tx: tx.logins.last_ended(desk.user.id))
    assert last is not None
    assert last.end_reason is EndReason.UNREGISTERED
