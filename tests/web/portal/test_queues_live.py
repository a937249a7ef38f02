"""Queues as supervisors work with them: who waits, three states of members, acts on their behalf (R5.4, R5.6, R5.7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from freeseat.application.queues.directory import add_member, add_queue
from freeseat.application.queues.ports import OfferRow, Outcome, QueueCall, WaitState
from freeseat.domain.permissions import Role
from freeseat.domain.queues import Queue
from tests.application.office import ADMIN
from tests.web.portal.filling import done, fill
from tests.web.serving import Browser, Served
from tests.web.test_live import streamed


@pytest.fixture
def sales(served: Served) -> Queue:
    """A queue whose members are 2019 and 2020."""

    def add() -> Queue:
        at = served.office.now
        queue = served.office.write(lambda tx: add_queue(tx, Queue(0, "801", "811", "Sales"), ADMIN, at))
        for user in ("2019", "2020"):
            served.office.write(lambda tx, user=user: add_member(tx, "801", user, 1, ADMIN, at))  # type: ignore[misc]
        return queue

    return add()


def caller(served: Served, queue: Queue, number: str, **fields: object) -> QueueCall:
    at = served.office.now - timedelta(seconds=70)
    call = QueueCall(0, queue.id, "voice", f"c-{number}", number, "Carla", at, **fields)  # type: ignore[arg-type]
    return served.office.write(lambda tx: tx.queue_calls.add(call))


def row(page: str, name: str) -> str:
    start = page.index(f'id="{name}"')
    return page[start : page.index("</tr>", start)]


def test_the_list_shows_who_waits_and_who_takes_part(served: Served, admin: Browser, sales: Queue) -> None:
    caller(served, sales, "0301")
    page = row(admin.see("/portal/queues"), "queue-801")
    assert "<b>1</b>" in page
    assert "nobody takes calls" in page
    assert '<td class="number" data-label="Members">2</td>' in page
    admin.submit("/portal/queues/801/members/2019/log-in")
    page = row(admin.see("/portal/queues"), "queue-801")
    assert '<td class="number" data-label="Logged in">1</td>' in page
    assert "1 not registered" in page
    assert "data-since" in page


def test_a_queue_shows_callers_with_running_waits_and_whom_they_ring(
    served: Served, admin: Browser, sales: Queue
) -> None:
    call = caller(served, sales, "0301")
    person = served.office.read(lambda tx: tx.users.get(number="2020"))
    assert person is not None
    offer = OfferRow(0, call.id, sales.id, person.id, served.office.now)
    served.office.write(lambda tx: tx.offers.add(offer))
    page = admin.see("/portal/queues/801")
    waiting = page[page.index('id="caller-0301') : page.index('id="members"')]
    assert "Carla" in waiting
    assert "data-since" in waiting
    assert "User 2020" in waiting


def test_registered_logged_in_and_ready_are_three_states(served: Served, admin: Browser, sales: Queue) -> None:
    """R5.6: and who is logged in to the queue without being reachable is warned of."""
    admin.see("/portal/queues/801")
    admin.submit("/portal/queues/801/members/2019/log-in")
    page = admin.see("/portal/queues/801")
    assert "not reachable" in page
    assert "at no desk" in row(page, "member-2019")
    served.office.login("2019", "3001")  # which begins logged out of queues (R5.5)
    admin.submit("/portal/queues/801/members/2019/log-in")
    assert "not registered" in row(admin.see("/portal/queues/801"), "member-2019")
    served.office.bind("3001")
    page = admin.see("/portal/queues/801")
    assert "ready" in row(page, "member-2019")
    assert "not reachable" not in page
    assert "logged out" in row(page, "member-2020")


def test_a_supervisor_logs_in_pauses_resumes_and_logs_out(served: Served, sales: Queue) -> None:
    """R5.4, R5.7."""
    served.office.login("2019", "3001")
    served.office.bind("3001")
    with served.account("susi", Role.SUPERVISOR, queues=("801",)) as susi:
        susi.see("/portal/queues/801")
        base = "/portal/queues/801/members/2019"
        assert "2019 is logged in to the queue." in done(susi.submit(f"{base}/log-in"), susi)
        page = done(fill(susi, f"{base}/pause", reason="dentist"), susi)
        assert "pause" in row(page, "member-2019")
        assert "dentist" in row(page, "member-2019")
        page = done(susi.submit(f"{base}/resume"), susi)
        assert "ready" in row(page, "member-2019")
        page = done(susi.submit(f"{base}/log-out"), susi)
        assert "logged out" in row(page, "member-2019")


def test_a_pause_of_who_does_not_take_part_is_refused_with_its_reason(admin: Browser, sales: Queue) -> None:
    assert "nobody is logged in there" in done(fill(admin, "/portal/queues/801/members/2019/pause"), admin)


def test_a_queue_is_live(served: Served, admin: Browser, sales: Queue) -> None:
    admin.see("/portal/queues/801")
    with streamed(admin, "queue?number=801") as stream:
        assert "logged out" in row(stream.event()[1], "member-2019")
        admin.submit("/portal/queues/801/members/2019/log-in")
        assert "at no desk" in row(stream.event()[1], "member-2019")


def test_the_day_is_counted_by_half_hours(served: Served, admin: Browser, sales: Queue) -> None:
    at = served.office.now
    over = {"state": WaitState.ENDED, "ended_at": at}
    caller(served, sales, "0301", answered_at=at - timedelta(seconds=60), outcome=Outcome.ANSWERED, **over)
    caller(served, sales, "0302", outcome=Outcome.ABANDONED, **over)
    page = admin.see("/portal/queues/801")
    day = page[page.index('id="today"') :]
    assert "<dt>callers</dt><dd>2</dd>" in day
    assert "<dt>hung up</dt><dd>1</dd>" in day
    assert 'role="img"' in day
    assert "<title id=" in day


def test_a_supervisor_sees_and_changes_only_his_own_queues(served: Served, sales: Queue) -> None:
    at = served.office.now
    served.office.write(lambda tx: add_queue(tx, Queue(0, "802", "812", "Support"), ADMIN, at))
    with served.account("susi", Role.SUPERVISOR, queues=("802",)) as susi:
        page = susi.see("/portal/queues")
        assert "Support" in page
        assert "Sales" not in page
        assert "Rules and members" not in susi.see("/portal/queues/802")
        susi.see("/portal/queues/801", 404)
        susi.see("/portal/queues/801/members/2019/pause", 403)
        assert susi.submit("/portal/queues/801/members/2019/log-in").status_code == 403
        answer = susi.get("/live", params={"f": "queue?number=801"}, headers={"Accept": "*/*"})
        assert answer.status_code == 404
