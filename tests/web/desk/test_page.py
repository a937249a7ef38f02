"""The page of a workplace is always its occupant's (R6.1 to R6.3, R2.4)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from freeseat.domain.permissions import Role
from freeseat.domain.queues import Readiness
from freeseat.domain.workplaces import SettingsScope
from tests.application.office import PIN
from tests.web.desk.client import AgentClient, DeskCentre
from tests.web.serving import Served
from tests.web.test_live import Stream


def own(stream: Stream) -> str:
    """The next state of the occupant's own part."""
    while True:
        name, text = stream.event()
        if name == "desk-own":
            return text


# -- the link (R6.1)


def test_the_link_makes_the_pc_the_workplaces(centre: DeskCentre) -> None:
    with AgentClient(centre.served.url) as client:
        answer = client.get("/desk/link/" + centre.tokens["desk 1"])
        (cookie,) = answer.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-freeseat-desk-")
        assert all(each in cookie for each in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
        assert client.get("/desk").headers["location"] == answer.headers["location"]


def test_a_wrong_or_revoked_link_opens_nothing(centre: DeskCentre, pc: AgentClient) -> None:
    with AgentClient(centre.served.url) as stranger:
        assert stranger.get("/desk/link/" + "x" * 43).status_code == 404
    centre.revoke("desk 1")
    assert pc.get(pc.base).status_code == 403
    assert pc.get("/desk").headers["location"].startswith("/sign-in")


def test_a_revoked_link_ends_the_stream(centre: DeskCentre, pc: AgentClient) -> None:
    with pc.streamed() as stream:
        own(stream)
        centre.revoke("desk 1")
        assert stream.event()[0] == "gone"


def test_several_workplaces_in_one_browser(centre: DeskCentre, pc: AgentClient) -> None:
    first = pc.base
    centre.desk("desk 2", phone_number="3002")
    centre.opened("desk 2", pc)
    centre.login("2020", "3002")
    assert "User 2020" in pc.page()
    pc.base = first
    assert "This desk is free" in pc.page()
    choice = pc.see("/desk")
    assert "desk 1" in choice
    assert "desk 2" in choice


def test_another_workplaces_page_is_not_shown(centre: DeskCentre, pc: AgentClient) -> None:
    other = centre.desk("desk 2", phone_number="3002")
    assert pc.get(f"/desk/w/{other.id}").status_code == 403
    assert pc.get("/desk/w/999").status_code == 403
    assert pc.get("/desk/w/x").status_code == 404
    assert pc.get("/desk/z/1").status_code == 404


# -- whose it is (R6.1)


def test_a_free_desk_is_blank_and_has_no_keys_for_calls(pc: AgentClient) -> None:
    text = pc.page()
    assert "This desk is free" in text
    assert "*45" in text
    assert 'data-when="somebody" data-clears="number" hidden' in text
    for key in ("Answer</button>", "Hang up</button>", 'data-queue="'):
        assert key not in text


def test_the_page_becomes_the_users_on_login_switches_on_takeover_and_goes_blank(
    centre: DeskCentre, pc: AgentClient
) -> None:
    with pc.streamed() as stream:
        assert "This desk is free" in own(stream)
        centre.login("2019", "3001")
        text = own(stream)
        assert "User 2019" in text
        assert 'data-queues="800"' in text
        centre.login("2020", "3001")
        text = own(stream)
        assert "User 2020" in text
        assert "2019" not in text
        centre.logout("3001")
        text = own(stream)
        assert "This desk is free" in text
        assert "2020" not in text


def test_who_registers_as_himself_at_the_address_is_shown(centre: DeskCentre, pc: AgentClient) -> None:
    centre.trust("10.0.0.0/8")
    centre.alter("desk 1", address="10.0.0.33", phone_number="")
    with pc.streamed() as stream:
        assert "No phone is known here" in own(stream)
        centre.register("2019", source="10.0.0.33")
        centre.bind("2019", call_id="call-1", source="10.0.0.33")
        assert "User 2019" in own(stream)


def test_the_phone_at_an_address_changes(centre: DeskCentre, pc: AgentClient) -> None:
    centre.alter("desk 1", address="10.0.0.33")
    centre.login("2020", "3002")
    with pc.streamed() as stream:
        assert "This desk is free" in own(stream)
        bound = centre.bind("3002", source="10.0.0.33")
        assert "User 2020" in own(stream)
        centre.unbind(bound)
        assert "This desk is free" in own(stream)


# -- logging in on the page (R2.4, R2.15)


def test_logging_in_and_out_on_the_page(centre: DeskCentre, pc: AgentClient) -> None:
    assert pc.act("log-in", user="2019", pin=PIN) == ""
    assert centre.occupant("3001") == "2019"
    assert "User 2019" in pc.page()
    assert pc.act("log-out", user="2019") == ""
    assert centre.occupant("3001") == ""


def test_refusals_look_alike_unless_the_pin_was_proved(centre: DeskCentre, pc: AgentClient) -> None:
    wrong = "unknown extension or wrong PIN"
    assert pc.act("log-in", user="2019", pin="0000") == wrong
    assert pc.act("log-in", user="2999", pin="0000") == wrong
    centre.user("2001", hot_desk_access=False)
    assert pc.act("log-in", user="2001", pin=PIN) == "the user has no hot desk access"


def test_forms_need_the_pages_word(pc: AgentClient) -> None:
    answer = pc.post(f"{pc.base}/log-in", data={"user": "2019", "pin": PIN})
    assert answer.status_code == 403


def test_a_form_of_who_has_gone_changes_nothing(centre: DeskCentre, pc: AgentClient) -> None:
    centre.agent("2019", "3001")
    centre.login("2020", "3001")
    assert pc.act("log-out", user="2019") == "nobody is logged in there"
    assert pc.act("attend", user="2019", verb="queue_log_in") == "nobody is logged in there"
    assert centre.occupant("3001") == "2020"


# -- queues (R6.2, R5.4, R5.7)


def test_queue_login_pause_and_ready(centre: DeskCentre, pc: AgentClient) -> None:
    centre.login("2019", "3001")
    centre.bind("3001")
    assert pc.act("attend", user="2019", verb="queue_log_in", number="800") == ""
    assert centre.state("2019") is Readiness.READY
    pc.act("pause", user="2019", reason="lunch")
    assert centre.one("2019").pause_reason == "lunch"
    text = pc.page()
    assert "paused: lunch" in text.lower()
    pc.act("ready", user="2019", number="800")
    assert centre.state("2019") is Readiness.READY
    pc.act("attend", user="2019", verb="queue_log_out")
    assert centre.state("2019") is Readiness.LOGGED_OUT
    assert "not a member" in pc.act("attend", user="2019", verb="queue_log_in", number="899")


def test_own_state_callers_and_colleagues_are_live(centre: DeskCentre, pc: AgentClient) -> None:
    centre.login("2019", "3001")
    seen: dict[str, str] = {}
    with pc.streamed() as stream:

        def until(fragment: str, *words: str) -> None:
            while not all(word in seen.get(fragment, "") for word in words):
                name, text = stream.event()
                seen[name] = text

        mine, queue = "desk-mine?queue=800", "desk-queue?queue=800"
        until(mine, "logged out")
        centre.take_part("2019")
        until(mine, "phone not registered", "You get no calls")
        centre.bind("3001")
        until(mine, "ready")
        until(queue, 'data-waiting="0"', "User 2020")
        centre.waits()
        until(queue, 'data-waiting="1"', "Carla", "0171")
        (offer,) = centre.offers()
        until(mine, "ringing")
        until("desk-own", "Carla", "Ringing", "/answer", "Refuse")
        centre.answer(offer)
        until(queue, 'data-waiting="0"', "on a call")
        until("desk-own", "Talking", "Hang up")
        centre.login("2020", "3002")
        centre.take_part("2020")
        centre.bind("3002")
        until(queue, "ready")


def test_the_end_of_wrap_up_shows_by_itself(centre: DeskCentre, pc: AgentClient) -> None:
    centre.change("800", wrap_up_seconds=2)
    centre.agent("2019", "3001")
    call = centre.waits()
    (offer,) = centre.offers()
    centre.answer(offer)
    with pc.streamed("desk-mine?queue=800") as stream:
        assert "on a call" in stream.event()[1]
        centre.now = datetime.now(UTC)
        centre.end(call)
        assert "wrap-up" in stream.event()[1]
        assert ">ready<" in stream.event()[1]


def test_a_stream_gives_only_the_occupants_queues(centre: DeskCentre, pc: AgentClient) -> None:
    centre.queue("801", "822")
    centre.member("801", "2020")
    centre.login("2019", "3001")
    with pc.streamed("desk-queue?queue=801", "desk-queue?queue=800", "overview", "desk-own") as stream:
        names = {stream.event()[0] for _ in range(2)}
        assert names == {"desk-own", "desk-queue?queue=800"}
        centre.login("2020", "3001")
        assert "User 2020" in own(stream)


def test_nobody_else_is_given_a_desks_fragments(served: Served, centre: DeskCentre) -> None:
    with served.account("susi", Role.SUPERVISOR, queues=("800",)) as susi:
        for fragment in ("desk-queue?queue=800", "desk-own", "desk-who"):
            assert susi.get("/live", params={"f": fragment}, headers={"Accept": "*/*"}).status_code == 401


def test_a_queue_is_rendered_once_for_all_its_agents(centre: DeskCentre, pc: AgentClient) -> None:
    centre.desk("desk 2", phone_number="3002")
    centre.login("2019", "3001")
    centre.login("2020", "3002")
    web = centre.served.web
    assert web is not None
    with (
        centre.opened("desk 2") as other,
        pc.streamed("desk-queue?queue=800") as one,
        other.streamed("desk-queue?queue=800") as two,
    ):
        one.event()
        two.event()
        assert web.hub.size == (3, 4)  # of each desk who is there, and the queue


def test_a_window_for_one_queue_is_named(centre: DeskCentre, pc: AgentClient) -> None:
    centre.queue("801", "822")
    centre.member("801", "2019")
    centre.login("2019", "3001")
    text = pc.page("?queue=801")
    assert "<title>Queue 801 " in text
    assert 'data-queue="800"' not in text
    assert 'data-queue="801"' in text


# -- calls (R6.2)


def test_click_to_dial_shows_how_it_goes(centre: DeskCentre, pc: AgentClient) -> None:
    centre.login("2019", "3001")
    with pc.streamed() as stream:
        own(stream)
        assert pc.act("dial", user="2019", number="20 20") == ""
        text = own(stream)
        assert "Dial 2020" in text
        assert "the phone is being asked" in text
    assert "number" in pc.act("dial", user="2019", number="hello")


def test_calls_at_the_phone_are_shown(centre: DeskCentre, pc: AgentClient) -> None:
    centre.login("2019", "3001")
    centre.login("2020", "3002")
    with pc.streamed() as stream:
        assert "Ringing" not in own(stream)
        centre.call("3002", "2019", call_id="c7")
        text = own(stream)
        assert "Ringing" in text
        assert "User 2020" in text
        assert pc.act("answer", user="2019", call_id="c7") == ""
        assert "<b>Answer</b>" in own(stream)
        centre.hang_up("c7")
        assert "Ringing" not in own(stream)


# -- an agent with an account


def test_an_agent_with_an_account_sees_his_own_desk(served: Served, centre: DeskCentre) -> None:
    person = centre.read(lambda tx: tx.users.get(number="2019"))
    assert person is not None
    with served.account("bill", Role.AGENT, user_id=person.id) as browser:
        assert browser.get("/").headers["location"] == "/desk"
        assert browser.get("/desk").headers["location"] == "/desk/me/now"
        assert "logged in at no phone" in browser.see("/desk/me/now")
        centre.login("2019", "3003")
        text = browser.see("/desk/me/now")
        assert "User 2019" in text
        assert "3003" in text
        assert browser.submit("/desk/me/now/attend", user="2019", verb="queue_log_in").status_code == 303
        assert centre.one("2019").logged_in
        assert browser.submit("/desk/me/now/log-out", user="2019").status_code == 303
        assert centre.occupant("3003") == ""
        assert browser.get("/portal").status_code == 403


def test_an_account_of_nobody_has_no_desk(admin: AgentClient) -> None:
    assert "There is no desk here" in admin.see("/desk")
    assert admin.get("/desk/me/now").status_code == 404


# -- settings (R6.3)


def test_settings_follow_the_user(centre: DeskCentre, pc: AgentClient) -> None:
    centre.queue("801", "822")
    centre.member("801", "2019")
    assert pc.get(f"{pc.base}/settings").headers["location"] == pc.base
    centre.login("2019", "3001")
    assert "follow you" in pc.see(f"{pc.base}/settings")
    given = {"user": "2019", "queues": ["801"], "layout": "list", "theme": "dark", "language": "", "sound": "1"}
    assert pc.submit(f"{pc.base}/settings", **given).status_code == 303
    text = pc.page()
    assert 'data-theme="dark"' in text
    assert 'class="queues list"' in text
    assert 'data-queue="800"' not in text
    centre.login("2020", "3001")
    assert 'data-theme="auto"' in pc.page()
    assert pc.submit(f"{pc.base}/settings", **given).status_code == 422


def test_settings_stay_at_the_workplace(centre: DeskCentre, pc: AgentClient) -> None:
    centre.alter("desk 1", settings_scope=SettingsScope.LOCAL)
    centre.login("2019", "3001")
    assert "stay at desk 1" in pc.see(f"{pc.base}/settings")
    given = {"user": "2019", "layout": "columns", "theme": "light", "language": ""}
    pc.submit(f"{pc.base}/settings?queue=800", **given)
    centre.login("2020", "3001")
    assert 'data-theme="light"' in pc.page("?queue=800")
    assert 'data-theme="auto"' in pc.page()


@pytest.mark.parametrize("wrong", [{"layout": "round"}, {"language": "deutsch"}])
def test_wrong_settings_are_refused(centre: DeskCentre, pc: AgentClient, wrong: dict[str, str]) -> None:
    centre.login("2019", "3001")
    pc.see(f"{pc.base}/settings")
    given = {"user": "2019", "layout": "columns", "theme": "light", "language": ""} | wrong
    assert pc.submit(f"{pc.base}/settings", **given).status_code == 422
