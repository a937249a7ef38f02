"""The stream of a page is the agent client's presence: log in to queues when it starts, out when it stops (R5.5)."""

from __future__ import annotations

from freeseat.application.workplaces.clients import GRACE, clients_lost
from freeseat.domain.events import Kind
from freeseat.domain.workplaces import OpenPage
from tests.clients.waiting import until
from tests.web.desk.client import AgentClient, DeskCentre


def pages(centre: DeskCentre) -> list[OpenPage]:
    return centre.read(lambda tx: tx.open_pages.list())


def wants_both(pc: AgentClient) -> None:
    pc.see(f"{pc.base}/settings")
    given = {"layout": "columns", "theme": "auto", "language": "", "log_in_at_start": "1", "log_out_at_stop": "1"}
    assert pc.submit(f"{pc.base}/settings", user="2019", **given).status_code == 303


def test_opening_logs_in_and_closing_logs_out(centre: DeskCentre, pc: AgentClient) -> None:
    centre.login("2019", "3001")
    wants_both(pc)
    text = pc.page()
    with pc.streamed(page=text) as stream:
        stream.event()
        until(lambda: centre.one("2019").logged_in, "it became so", 10)
    until(lambda: all(each.stops_at is not None for each in pages(centre)), "it became so", 10)
    (stopping,) = pages(centre)
    assert stopping.stops_at is not None
    assert centre.one("2019").logged_in
    centre.now = stopping.stops_at
    centre.timers()
    assert not centre.one("2019").logged_in
    whys = [event.data["why"] for event in centre.events(Kind.QUEUE_LOGGED_IN, Kind.QUEUE_LOGGED_OUT)]
    assert whys == ["client_started", "client_stopped"]


def test_a_reload_and_a_lost_connection_change_nothing(centre: DeskCentre, pc: AgentClient) -> None:
    """The same page's next stream may be open before the last one is seen to be closed."""
    centre.login("2019", "3001")
    text = pc.page()
    with pc.streamed(page=text) as first:
        first.event()
        with pc.streamed(page=text) as second:
            second.event()
        until(lambda: len(pages(centre)) == 1, "it became so", 10)
        assert pages(centre)[0].stops_at is None
    until(lambda: pages(centre)[0].stops_at is not None, "it became so", 10)
    with pc.streamed(page=text) as again:
        again.event()
        until(lambda: pages(centre)[0].stops_at is None, "it became so", 10)


def test_who_takes_the_desk_starts_the_client_anew(centre: DeskCentre, pc: AgentClient) -> None:
    centre.login("2019", "3001")
    with pc.streamed() as stream:
        stream.event()
        until(lambda: len(centre.events(Kind.PAGE_OPENED)) == 1, "it became so", 10)
        centre.login("2020", "3001")
        until(lambda: [event.user for event in centre.events(Kind.PAGE_OPENED)] == ["2019", "2020"], "it became so", 10)


def test_an_open_page_counts_again_when_another_node_took_it_for_lost(centre: DeskCentre, pc: AgentClient) -> None:
    centre.login("2019", "3001")
    with pc.streamed() as stream:
        stream.event()
        until(lambda: len(pages(centre)) == 1, "it became so", 10)
        centre.write(lambda tx: clients_lost(tx, centre.now))
        assert GRACE.total_seconds() > 10
        until(lambda: pages(centre)[0].stops_at is None, "it became so", 10)


def test_the_page_of_an_account_is_a_client_as_well(centre: DeskCentre, own: AgentClient) -> None:
    centre.login("2019", "3001")
    wants_both(own)
    with own.streamed() as stream:
        stream.event()
        until(lambda: centre.one("2019").logged_in, "it became so", 10)
    until(lambda: all(each.stops_at is not None for each in pages(centre)), "it became so", 10)
    (stopping,) = pages(centre)
    assert stopping.stops_at is not None
    centre.now = stopping.stops_at
    centre.timers()
    assert not centre.one("2019").logged_in
