"""Desks: who sits where now and who sat there, logging in and out on somebody's behalf (R2.5, R2.13, R10.1)."""

from __future__ import annotations

from freeseat.domain.events import Kind
from freeseat.domain.permissions import Role
from tests.web.portal.filling import done, fill
from tests.web.serving import Browser, Served
from tests.web.test_live import streamed


def test_every_shared_phone_is_listed_with_who_is_there(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    page = admin.see("/portal/desks")
    row = page[page.index('id="desk-3001"') :]
    assert "User 2019" in row[: row.index("</tr>")]
    assert 'id="desk-3003"' in page


def test_desks_are_filtered_by_state(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    served.office.bind("3002")
    cases = (
        ("occupied", {"3001"}),
        ("free", {"3002"}),
        ("unregistered", {"3001", "3003"}),
        ("", {"3001", "3002", "3003"}),
    )
    for state, shown in cases:
        page = admin.see(f"/portal/desks?state={state}")
        assert {number for number in ("3001", "3002", "3003") if f'id="desk-{number}"' in page} == shown


def test_a_login_shows_at_once(served: Served, admin: Browser) -> None:
    with streamed(admin, "desks") as stream:
        assert "User 2019" not in stream.event()[1]
        served.office.login("2019", "3001")
        assert "User 2019" in stream.event()[1]


def test_pages_go_on_behind_the_last_row(served: Served, admin: Browser) -> None:
    for number in range(3004, 3060):
        served.office.phone(str(number))
    first = admin.see("/portal/desks")
    assert 'id="desk-3050"' in first
    assert 'id="desk-3051"' not in first
    assert 'href="/portal/desks?after=3050"' in first
    assert 'id="desk-3051"' in admin.see("/portal/desks?after=3050")


def test_a_logout_waits_for_the_call_unless_it_is_forced(served: Served, admin: Browser) -> None:
    """R2.13: nobody is cut off; who is sure frees the phone at once."""
    served.office.login("2019", "3001")
    served.office.call("3001", answered_at="3002")
    assert "A call is under way" in admin.see("/portal/desks/3001/log-out")
    page = done(admin.submit("/portal/desks/3001/log-out", how="after_call"), admin)
    assert "2019 will be logged out of 3001 when the call is over." in page
    assert "leaves after the call" in page
    assert served.office.occupant("3001") == "2019"
    done(admin.submit("/portal/desks/3001/log-out", how="now"), admin)
    assert served.office.occupant("3001") == ""


def test_without_a_call_a_logout_is_done_at_once(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    assert "3001 is free." in done(fill(admin, "/portal/desks/3001/log-out"), admin)
    assert served.office.occupant("3001") == ""
    assert "Nobody is logged in there any more." in done(admin.get("/portal/desks/3001/log-out"), admin)


def test_somebody_is_logged_in_on_his_behalf(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    assert "sits here now" in admin.see("/portal/desks/3001/log-in")
    page = done(fill(admin, "/portal/desks/3001/log-in", user="2020"), admin)
    assert "User 2020 is logged in at phone 3001." in page
    assert served.office.occupant("3001") == "2020"


def test_a_login_that_is_refused_says_why_and_keeps_what_was_typed(served: Served, admin: Browser) -> None:
    served.office.change_user("2020", enabled=False)
    for user, fault in (("2020", "the user is disabled"), ("4711", "There is nobody with the number 4711.")):
        answer = fill(admin, "/portal/desks/3001/log-in", user=user)
        assert answer.status_code == 422
        assert fault in answer.text
        assert f'value="{user}"' in answer.text


def test_past_logins_say_who_sat_where(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    served.office.logout("3001")
    served.office.login("2020", "3002")
    page = admin.see("/portal/desks/past?user=2019")
    assert "User 2019" in page
    assert "User 2020" not in page
    assert "User 2020" in admin.see("/portal/desks/now")
    assert "No login fits" in admin.see("/portal/desks/past?place=3003")
    assert "No login fits" in admin.see("/portal/desks/past?until=2001-01-01")
    admin.see("/portal/desks/past?since=yesterday", 422)


def test_past_logins_are_saved_as_a_file(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    served.office.logout("3001")
    answer = admin.get("/portal/desks/past?csv=1")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "desk-logins.csv" in answer.headers["content-disposition"]
    heads, row = answer.text.splitlines()
    assert heads.startswith("number,name,place,site,method")
    assert row.startswith("2019,User 2019,3001,")


def test_a_supervisor_sees_and_frees_only_his_own(served: Served) -> None:
    served.office.change_phone("3001", site="north")
    served.office.login("2019", "3001")
    served.office.login("2020", "3002")
    with served.account("susi", Role.SUPERVISOR, sites=("north",)) as susi:
        page = susi.see("/portal/desks")
        assert 'id="desk-3001"' in page
        assert 'id="desk-3002"' not in page
        assert "User 2020" not in susi.see("/portal/desks/now")
        susi.see("/portal/desks/3002/log-out", 404)
        assert susi.submit("/portal/desks/3002/log-out", how="now").status_code == 404
        assert susi.submit("/portal/desks/3002/log-in", user="2019").status_code == 404
        done(susi.submit("/portal/desks/3001/log-out", how="now"), susi)
    assert served.office.occupant("3002") == "2020"
    assert served.office.occupant("3001") == ""


def test_who_only_reads_changes_nothing(served: Served) -> None:
    served.office.login("2019", "3001")
    with served.account("rita", Role.READ_ONLY) as rita:
        assert "log-out" not in rita.see("/portal/desks")
        assert rita.submit("/portal/desks/3001/log-out", how="now").status_code == 403
    with served.account("andi", Role.AGENT) as andi:
        andi.see("/portal/desks", 403)


def test_the_audit_log_names_who_freed_a_desk(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    admin.see("/portal/desks")
    admin.submit("/portal/desks/3001/log-out", how="now")
    events = served.office.read(lambda tx: tx.events.after(0, 1000))
    assert [(event.actor.who, event.user) for event in events if event.kind is Kind.LOGGED_OUT] == [("root", "2019")]
