"""(i) `kill -9` of any process, and of all: logins, bindings and call records survive; calls and refreshes go on.

R2.14: desk logins survive a restart of everything. This module has a node of its own.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from freeseat.domain.events import Kind
from tests.acceptance.office import PIN, Office, hear_each_other, shown
from tests.acceptance.pages import Page
from tests.clients.baresip import Baresip
from tests.clients.node import Node, Process
from tests.clients.ports import tail
from tests.clients.raw import RawPhone
from tests.clients.sip import Message
from tests.clients.waiting import NeverHappenedError, until

pytestmark = pytest.mark.sip

EVERY: tuple[Process, ...] = ("kamailio", "control", "voice")


@pytest.fixture(scope="module")
def doomed_office(prompts: Path) -> Iterator[Office]:
    """An office at a node whose processes are killed."""
    with Node(prompts=prompts) as node, Office(node, prompts) as office:
        yield office


@pytest.fixture
def office(doomed_office: Office) -> Iterator[Office]:
    """2019 sits at 3001, 2020 is registered as himself, Ann has a phone of her own."""
    doomed_office.user("2019", name="Bill")
    doomed_office.user("2020", name="Zoe")
    doomed_office.user("2001", name="Ann", hot_desk_access=False)
    doomed_office.phone("3001")
    doomed_office.phone("4001", owner="2001")
    doomed_office.trust("127.1.0.0/16")
    doomed_office.seat("2019", "3001")
    yield doomed_office
    doomed_office.clear()


@pytest.fixture
def desk(office: Office) -> Baresip:
    """The phone 3001."""
    return office.desk("3001", tone=440)


@pytest.fixture
def ann(office: Office) -> Baresip:
    """Ann's phone 4001."""
    return office.desk("4001", tone=1_000)


@pytest.fixture
def zoe(office: Office) -> RawPhone:
    """2020, registered as herself."""
    phone = office.raw("2020", PIN, ip="127.1.0.5")
    assert phone.register().code == 200
    return phone


@contextmanager
def nobody_restarts(node: Node) -> Iterator[None]:
    """The supervisor is stopped (SIGSTOP) meanwhile, so that what is killed stays dead."""
    pid = node.supervisor_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def talk(caller: Baresip, callee: Baresip, number: str) -> None:
    """A call is set up, heard both ways, and ended by the caller."""
    caller.dial(number)
    try:
        callee.ringing()
    except NeverHappenedError as error:
        raise NeverHappenedError(f"{error}\nwhat {caller} saw:\n{tail(caller.log, 80)}") from None
    callee.answer()
    caller.wait("CALL_ESTABLISHED")
    hear_each_other(caller, callee)
    caller.hang_up()
    callee.closed()


def talk_and_be_recorded(office: Office, ann: Baresip, desk: Baresip) -> None:
    """Ann calls 2019, and the end is written down: a call's lines wait in Kamailio's memory for up to 50 ms."""
    talk(ann, desk, "2019")
    office.await_call(lambda call: call.ended_at is not None, "the call's end is recorded", user="2019")


def assert_all_is_as_before(office: Office, desk: Baresip, ann: Baresip) -> None:
    """Logins and bindings are there, without any phone having registered again."""
    assert office.where() == {"3001": "2019", "2020": "2020"}
    assert all(len(office.bindings(aor)) == 1 for aor in ("3001", "4001", "2020"))
    registers = len([message for message in desk.sent() if message.method == "REGISTER"])
    talk(ann, desk, "2019")
    talk(desk, ann, "2001")
    assert shown(ann.last_invite()) == ("Bill", "2019")
    assert len([message for message in desk.sent() if message.method == "REGISTER"]) == registers


def test_calls_and_refreshes_go_on_while_the_control_plane_is_down(
    office: Office, desk: Baresip, ann: Baresip, zoe: RawPhone
) -> None:
    office.user("2021")
    office.phone("3002")
    empty = office.raw_desk("3002")
    newcomer = office.raw("2021", PIN, ip="127.1.0.6")
    with nobody_restarts(office.node):
        old = office.node.kill("control")
        talk(ann, desk, "2019")
        talk(desk, ann, "2001")
        assert shown(ann.last_invite()) == ("Bill", "2019")
        assert empty.register().code == 200, "a phone refreshes"
        assert zoe.register().code == 200, "and so does who is registered as herself"
        assert office.raw("3002").register().code == 200, "a phone comes back from a reboot"
        answer = newcomer.register()
        assert (answer.code, answer.header("retry-after")) == (503, "5"), "a new login by REGISTER is told to retry"
        call = empty.call("*452021")
        call.digits(f"{PIN}#2")
        office.ear_of(call).hear("now_owns_this_phone")
        assert office.where() == {"3001": "2019", "2020": "2020", "3002": "2021"}, "the menu writes by itself"
        assert office.calls(user="2001") == [], "records wait in the journal"
    office.node.await_restart("control", old)
    until(lambda: len(office.calls(user="2001")) == 2 or None, "the records are written after all")
    assert [call.cause for call in office.calls(user="2001")] == ["normal", "normal"]
    assert newcomer.register().code == 200
    assert office.where() == {"3001": "2019", "2020": "2020", "2021": "2021"}, "by then 2021 has moved"


def test_kill_9_of_kamailio(office: Office, desk: Baresip, ann: Baresip, zoe: RawPhone) -> None:
    desk.dial("2001")
    ann.ringing()
    ann.answer()
    desk.wait("CALL_ESTABLISHED")
    office.node.await_restart("kamailio", office.node.kill("kamailio"))
    hear_each_other(desk, ann)
    desk.hang_up()
    ann.closed()
    record = office.await_call(lambda call: call.cause == "normal", "its BYE finds its way, no dialog state is lost")
    assert (record.caller, record.called) == ("2019", "2001")
    assert zoe.register().code == 200
    assert_all_is_as_before(office, desk, ann)


def test_kill_9_of_kamailio_while_a_phone_rings(office: Office, desk: Baresip, ann: Baresip) -> None:
    """R2.13, R4.5: the call's transaction is gone; its record says so, and the logout that waited for it happens."""
    desk.dial("2001")
    ann.ringing()
    office.await_call(lambda call: call.answered_at is None, "the call is known", user="2019")
    office.cos("agents", max_login_seconds=1)
    office.change_user("2019", class_id=office.cos("agents").id)
    office.await_event(Kind.LOGOUT_PENDING, user="2019")
    office.node.await_restart("kamailio", office.node.kill("kamailio"))
    record = office.await_call(lambda call: call.ended_at is not None, "the call's end is recorded", user="2019")
    assert (record.cause, record.answered_at) == ("switch restarted", None)
    closed = office.await_event(Kind.CALL_CLOSED, user="2019", phone="3001", cause="switch restarted")
    logged_out = office.await_event(Kind.LOGGED_OUT, user="2019", phone="3001", reason="max_time")
    assert logged_out.position == closed.position + 1, "committed together"
    desk.hang_up()
    ann.hang_up()


def test_kill_9_of_voice(office: Office, desk: Baresip, ann: Baresip, zoe: RawPhone) -> None:
    office.phone("3002")
    phone = office.raw_desk("3002")
    interrupted = phone.call("*452019")
    interrupted.digits("47")
    old = office.node.kill("voice")
    talk(ann, desk, "2019")
    office.node.await_restart("voice", old)
    assert_all_is_as_before(office, desk, ann)
    office.user("2021")
    office.menu(phone, "*452021", f"{PIN}#2", "now_owns_this_phone")
    assert office.where()["3002"] == "2021"


def test_kill_9_of_all_three_at_once(office: Office, desk: Baresip, ann: Baresip, zoe: RawPhone) -> None:
    talk_and_be_recorded(office, ann, desk)
    with nobody_restarts(office.node):
        old = {process: office.node.kill(process) for process in EVERY}
    for process, pid in old.items():
        office.node.await_restart(process, pid)
    assert_all_is_as_before(office, desk, ann)
    assert zoe.register().code == 200
    until(lambda: len(office.calls(user="2001")) == 3 or None, "all three calls are recorded")


def test_a_power_cut(office: Office, desk: Baresip, ann: Baresip, zoe: RawPhone) -> None:
    """The supervisor too is gone, and the node is started again."""
    talk_and_be_recorded(office, ann, desk)
    office.node.kill_all()
    office.node.start()
    assert_all_is_as_before(office, desk, ann)
    assert zoe.register().code == 200
    until(lambda: len(office.calls(user="2001")) == 3 or None, "all three calls are recorded")


def test_kill_9_of_the_supervisor_leaves_kamailio_running_to_be_adopted(
    office: Office, desk: Baresip, ann: Baresip, zoe: RawPhone
) -> None:
    desk.dial("2001")
    ann.ringing()
    ann.answer()
    desk.wait("CALL_ESTABLISHED")
    kamailio = office.node.pid("kamailio")
    office.node.kill_supervisor()
    assert office.raw("3001").options() is not None, "calls go on without a supervisor"
    office.node.start()
    assert office.node.pid("kamailio") == kamailio
    hear_each_other(desk, ann)
    desk.hang_up()
    ann.closed()
    assert zoe.register().code == 200
    assert_all_is_as_before(office, desk, ann)


def test_a_pending_logout_survives(office: Office, desk: Baresip, ann: Baresip, zoe: RawPhone) -> None:
    """R2.13, R2.14: the call ends while the control plane is down; the logout happens when it is back."""
    desk.dial("2001")
    ann.ringing()
    ann.answer()
    office.await_call(lambda call: call.answered_at is not None, "the call is known", user="2019")
    office.cos("agents", max_login_seconds=1)
    office.change_user("2019", class_id=office.cos("agents").id)
    office.await_event(Kind.LOGOUT_PENDING, user="2019")
    with nobody_restarts(office.node):
        old = office.node.kill("control")
        desk.hang_up()
        ann.closed()
    office.node.await_restart("control", old)
    office.await_event(Kind.LOGGED_OUT, user="2019", phone="3001", reason="max_time")


def no_longer_busy(answer: Message) -> Message | None:
    """An answer other than 503, which a phone obeys by trying again."""
    return None if answer.code == 503 else answer


def test_a_lock_survives(office: Office) -> None:
    """R2.15: failures and locks are persistent."""
    phone = office.raw("2019", PIN, ip="127.1.0.7")
    for _ in range(3):
        phone.register("0000")
    office.node.await_restart("control", office.node.kill("control"))
    answer = until(lambda: no_longer_busy(phone.register()), "registering is not told to retry")
    assert answer.code == 403
    assert office.reasons("2019")[-1] == "locked"


def test_kill_9_of_voice_while_a_phone_dials_for_a_page(office: Office, desk: Baresip, ann: Baresip) -> None:
    """R6.2: what the phone dials is its own call; the call by which it was asked is ended by the next voice process."""
    desk.answer_by_itself(True)
    with Page(office, "3001", "2019") as page:
        wish = page.dial("2001")
        ann.ringing()
        office.node.kill("voice")
        desk.closed()
        ann.answer()
        assert page.came_to(wish) == ("connected", "")
        hear_each_other(desk, ann)
        assert len([m for m in desk.received() if m.method == "REFER"]) == 1
        ann.hang_up()
