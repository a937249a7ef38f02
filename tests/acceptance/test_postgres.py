"""The same on PostgreSQL: login, takeover, registering as oneself, lockout, and a restart of everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from freeseat.domain.events import Kind
from tests.acceptance.office import PIN, Office, hear_each_other
from tests.clients.node import Node
from tests.clients.postgres import Postgres
from tests.clients.waiting import until

pytestmark = [pytest.mark.sip, pytest.mark.postgres]


@pytest.fixture(scope="module")
def office(postgres: Postgres, prompts: Path) -> Iterator[Office]:
    """An office at a node on PostgreSQL."""
    url = postgres.create()
    with Node(url, prompts=prompts) as node, Office(node, prompts) as office:
        yield office
    postgres.drop(url)


def test_login_takeover_lockout_and_a_power_cut(office: Office) -> None:
    office.user("2019", name="Bill")
    office.user("2020", name="Zoe")
    office.user("2021")
    office.user("2001", hot_desk_access=False)
    office.phone("3001")
    office.phone("4001", owner="2001")
    office.trust("127.1.0.0/16")
    desk, ann = office.desk("3001", tone=440), office.desk("4001", tone=1_000)
    phone = office.raw("3001")
    office.menu(phone, "*452019", f"{PIN}#2", "now_owns_this_phone")
    assert office.where() == {"3001": "2019"}
    office.menu(phone, "*452020", f"{PIN}#2", "now_owns_this_phone")
    assert office.where() == {"3001": "2020"}
    assert office.await_event(Kind.LOGGED_OUT, user="2019").data["reason"] == "taken_over"
    himself = office.raw("2019", PIN, ip="127.1.0.5")
    assert himself.register().code == 200
    stranger = office.raw("2021", "0000", ip="127.1.0.6")
    assert [stranger.register().code for _ in range(3)] == [403] * 3
    assert office.events(Kind.PIN_LOCKED, user="2021")

    ann.dial("2020")
    desk.ringing()
    desk.answer()
    hear_each_other(desk, ann)
    ann.hang_up()
    desk.closed()

    office.node.kill_all()
    office.node.start()
    assert office.where() == {"3001": "2020", "2019": "2019"}
    ann.dial("2020")
    desk.ringing()
    desk.answer()
    hear_each_other(desk, ann)
    ann.hang_up()
    desk.closed()
    assert himself.register().code == 200
    assert stranger.register(PIN).code == 403
    until(lambda: len(office.calls(user="2001")) == 2 or None, "both calls are recorded")
    office.menu(phone, "*46", f"{PIN}#", "logged_out")
    assert office.where() == {"2019": "2019"}
