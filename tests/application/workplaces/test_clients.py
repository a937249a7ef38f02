"""Log in to queues when the agent client starts, out when it stops (R5.5)."""

from __future__ import annotations

from freeseat.application.directory.users import user_of
from freeseat.application.workplaces.clients import GRACE, client_started, client_stopped, clients_lost
from freeseat.domain.events import Kind
from freeseat.domain.workplaces import OwnDesk, SettingsScope
from tests.application.workplaces.desk import Desk


def test_log_in_to_queues_when_the_client_starts_and_out_when_it_stops(desk: Desk) -> None:
    desk.login("2019", "3001")
    desk.save(log_in_at_start=True, log_out_at_stop=True)
    desk.opens()
    assert desk.logged_in()
    desk.closes()
    desk.later(GRACE.total_seconds() - 1)
    desk.timers()
    assert desk.logged_in()
    desk.later(1)
    desk.timers()
    assert not desk.logged_in()
    assert [event.data["why"] for event in desk.events(Kind.QUEUE_LOGGED_IN, Kind.QUEUE_LOGGED_OUT)] == [
        "client_started", "client_stopped",
    ]  # fmt: skip


def test_reloading_the_page_changes_nothing(desk: Desk) -> None:
    """Not even for who has logged out of a queue meanwhile; the new page has another name."""
    desk.login("2019", "3001")
    desk.save(log_in_at_start=True, log_out_at_stop=True)
    desk.opens("p1")
    desk.closes("p1")
    desk.later(1)
    desk.opens("p2")
    desk.later(60)
    desk.timers()
    assert desk.logged_in()
    desk.take_part("2019", log_in=False)
    desk.closes("p2")
    desk.opens("p3")
    assert not desk.logged_in()
    desk.opens("p3")
    desk.closes("p3")
    desk.opens("p3")
    desk.later(60)
    desk.timers()
    assert len(desk.read(lambda tx: tx.open_pages.list())) == 1


def test_without_those_settings_nothing_happens(desk: Desk) -> None:
    desk.login("2019", "3001")
    desk.opens()
    assert not desk.logged_in()
    desk.take_part("2019")
    desk.closes()
    desk.later(60)
    desk.timers()
    assert desk.logged_in()


def test_a_second_window_keeps_the_client(desk: Desk) -> None:
    desk.login("2019", "3001")
    desk.save(log_in_at_start=True, log_out_at_stop=True)
    desk.opens("p1")
    desk.opens("p2")
    desk.closes("p1")
    desk.later(60)
    desk.timers()
    assert desk.logged_in()


def test_windows_of_single_queues(desk: Desk) -> None:
    """R6.3: locally, each workplace and queue has its own settings."""
    desk.queue("801", "822")
    desk.member("801", "2019")
    desk.alter(settings_scope=SettingsScope.LOCAL)
    desk.login("2019", "3001")
    desk.save(queue="801", log_in_at_start=True, log_out_at_stop=True)
    desk.opens("a", "800")
    desk.opens("b", "801")
    assert (desk.logged_in(number="800"), desk.logged_in(number="801")) == (False, True)
    desk.closes("b")
    desk.later(60)
    desk.timers()
    assert not desk.logged_in(number="801")


def test_a_takeover_is_a_start_for_one_and_a_stop_for_the_other(desk: Desk) -> None:
    desk.login("2019", "3001")
    for user in ("2019", "2020"):
        desk.save(user, log_in_at_start=True, log_out_at_stop=True)
    desk.opens()
    desk.login("2020", "3001")
    desk.opens()
    assert desk.logged_in("2020")
    assert desk.logged_in("2019")
    desk.later(60)
    desk.timers()
    assert (desk.logged_in("2019"), desk.logged_in("2020")) == (False, True)


def test_moving_to_another_desk_with_a_page_keeps_the_queues(desk: Desk) -> None:
    desk.add("other", phone_number="3002")
    desk.login("2019", "3001")
    desk.save(log_in_at_start=True, log_out_at_stop=True)
    desk.opens("p1")
    desk.opens("p2", name="other")
    desk.login("2019", "3002")
    desk.opens("p1")
    desk.opens("p2", name="other")
    desk.later(60)
    desk.timers()
    assert desk.logged_in()


def test_pages_that_do_not_come_back_after_a_restart_have_stopped(desk: Desk) -> None:
    desk.login("2019", "3001")
    desk.save(log_out_at_stop=True)
    desk.take_part("2019")
    desk.opens("p1")
    assert desk.write(lambda tx: clients_lost(tx, desk.now)) == 1
    desk.later(5)
    desk.opens("p1")
    desk.later(60)
    desk.timers()
    assert desk.logged_in()
    desk.write(lambda tx: clients_lost(tx, desk.now))
    desk.later(60)
    desk.timers()
    assert not desk.logged_in()


def at_own_desk(desk: Desk, page: str = "own", *, closes: bool = False) -> None:
    """Bill's page by his account, wherever he is, opens or closes."""
    bill = desk.read(lambda tx: user_of(tx, "2019"))
    own = OwnDesk(bill.id, bill.name)
    if closes:
        desk.write(lambda tx: client_stopped(tx, own.key, page, desk.now))
    else:
        desk.write(lambda tx: client_started(tx, own, page, desk.now))


def test_the_page_of_an_account_is_an_agent_client_too(desk: Desk) -> None:
    desk.save(log_in_at_start=True, log_out_at_stop=True)
    at_own_desk(desk)
    assert not desk.logged_in(), "he is at no desk yet"
    desk.login("2019", "3002")
    at_own_desk(desk)
    assert desk.logged_in()
    at_own_desk(desk, closes=True)
    desk.later(60)
    desk.timers()
    assert not desk.logged_in()
    opened, closed = desk.events(Kind.PAGE_OPENED, Kind.PAGE_CLOSED)
    assert (opened.user, opened.data, closed.data) == ("2019", {"workplace": ""}, {"workplace": ""})


def test_a_workplaces_page_goes_on_for_who_closes_his_own(desk: Desk) -> None:
    """The other way round, too: he has a page as long as any shows his queues."""
    desk.save(log_in_at_start=True, log_out_at_stop=True)
    desk.login("2019", "3001")
    desk.opens()
    at_own_desk(desk)
    at_own_desk(desk, closes=True)
    desk.later(60)
    desk.timers()
    assert desk.logged_in()


def test_the_page_of_an_account_that_is_logged_out_stops(desk: Desk) -> None:
    """It goes blank; it is nobody else's, whoever has his desk now."""
    desk.save(log_in_at_start=True, log_out_at_stop=True)
    desk.login("2019", "3001")
    at_own_desk(desk)
    desk.login("2020", "3001")
    at_own_desk(desk)
    desk.later(60)
    desk.timers()
    assert not desk.logged_in()
    assert not desk.logged_in("2020")
