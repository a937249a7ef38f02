"""Lamps are right again after Kamailio or the control plane was killed; what happens to watchers (docs/lamps.md)."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from freeseat.application.log_in import LogIn, log_in
from freeseat.application.proving import Authority
from freeseat.bootstrap.database import opened_database
from freeseat.domain.desk_login import Method
from freeseat.edge.switch import watchers_file
from freeseat.settings import read_settings
from tests.acceptance.office import ADMINISTRATOR, Office
from tests.clients.waiting import until
from tests.lamps.watcher import Watcher

pytestmark = pytest.mark.sip


def test_kamailio_killed_watchers_go_on(office: Office) -> None:
    office.seat("2020", "3003")
    watcher = Watcher(office.raw_desk("3003"))
    lamp = watcher.watch("2019")
    lamp.until("logged-out")
    file = office.node.runtime / watchers_file.NAME
    until(lambda: ("dialog", "2019") in watchers_file.watched(file, time.time()), "Kamailio has written it down", 15.0)
    young = watcher.watch("3001")
    young.until("logged-out")
    node = office.node
    node.await_restart("kamailio", node.kill("kamailio"))
    office.seat("2019", "3001")
    lamp.until("idle")
    if young.refresh() != 200:  # the last seconds are lost: RFC 6665 4.1.2.2 has the phone subscribe anew
        young = watcher.watch("3001")
    young.until("idle")


def test_control_plane_killed_lamps_are_brought_up(office: Office) -> None:
    office.seat("2020", "3003")
    office.user("2021")
    office.seat("2021", "3002")
    caller, desk = office.desk("3002"), office.desk("3003")
    watcher = Watcher(office.raw("3003"))
    user, phone, other = watcher.watch("2019"), watcher.watch("3001"), watcher.watch("2021")
    user.until("logged-out")
    phone.until("logged-out")
    other.until("idle")
    node = office.node
    killed = node.kill("control")
    wish = LogIn("2019", "3001", Authority(), Method.CLI, ADMINISTRATOR)
    with opened_database(read_settings(node.config)) as database:
        database.write(lambda tx: log_in(tx, wish, datetime.now(UTC)))
    caller.dial("2020")
    desk.ringing()
    desk.answer()
    node.await_restart("control", killed)
    assert user.until("idle").plain == "idle", "one document, not the old one beside the new one"
    phone.until("idle")
    other.until("talking")
    caller.hang_up()
    other.until("idle")
