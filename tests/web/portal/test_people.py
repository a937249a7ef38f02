"""Pages of people (R1.1, R1.4, R1.8, R1.9, R2.13, R10.1)."""

from __future__ import annotations

from freeseat.application.proving import Refusal
from freeseat.domain.permissions import Role
from tests.web.portal.filling import done, fill, form_at
from tests.web.serving import Browser, Served
from tests.web.test_live import streamed


def test_a_person_is_added_and_can_log_in(served: Served, admin: Browser) -> None:
    answer = fill(admin, "/portal/users/new", number="2050", name="Zoë", pin="4712", pin_again="4712")
    page = done(answer, admin)
    assert "Zoë was added." in page
    assert served.office.login("2050", "3001", "4712").user.name == "Zoë"


def test_the_new_person_is_a_hot_desk_user_of_the_first_class(served: Served, admin: Browser) -> None:
    done(fill(admin, "/portal/users/new", number="2050", name="Zoë"), admin)
    user = served.office.read(lambda tx: tx.users.get(number="2050"))
    assert user is not None
    assert user.hot_desk_access
    assert user.pin_set_at is None


def test_a_fault_stands_at_its_field_and_nothing_typed_is_lost(admin: Browser) -> None:
    cases: tuple[tuple[str, dict[str, str], str], ...] = (
        ("number", {"number": "3005"}, "which is the shared phones&#39; range"),
        ("number", {"number": "2019"}, "taken by user 2019"),
        ("name", {"name": " "}, "Fill this in."),
        ("pin_again", {"pin": "1234", "pin_again": "4321"}, "Type the same PIN twice."),
        ("pin", {"pin": "1", "pin_again": "1"}, "Use 4 digits."),
        ("ring_seconds", {"ring_seconds": "an hour"}, "Write a length of time"),
        ("ring_seconds", {"ring_seconds": "1 h"}, "Use 5 to 180 seconds."),
        ("logged_out_to", {"logged_out_to": "nowhere"}, "Use announce:&lt;prompt&gt;"),
    )
    for field, values, fault in cases:
        given = {"number": "2050", "name": "Zoë", "email": "zoe@example.org", **values}
        answer = fill(admin, "/portal/users/new", **given)
        assert answer.status_code in (409, 422), field
        place = answer.text[answer.text.index(f'id="field-{field}"') :]
        assert fault in place[: place.index("</div>")]
        assert 'value="zoe@example.org"' in answer.text
        assert 'value="4321"' not in answer.text


def test_a_person_is_changed(served: Served, admin: Browser) -> None:
    page = done(fill(admin, "/portal/users/2019/edit", name="Bill", department="Sales"), admin)
    assert "Bill" in page
    assert "Sales" in page


def test_what_somebody_else_changed_meanwhile_is_not_undone_unseen(served: Served, admin: Browser) -> None:
    form = form_at(admin, "/portal/users/2019/edit")
    served.office.change_user("2019", department="Sales")
    form.values["name"] = ["Bill"]
    answer = admin.post(form.action, data=form.values)
    assert answer.status_code == 409
    assert "Somebody else changed this meanwhile" in answer.text
    assert served.office.read(lambda tx: tx.users.list(number="2019"))[0].department == "Sales"


def test_a_pin_is_reset_and_locks_are_lifted(served: Served, admin: Browser) -> None:
    for _ in range(3):
        assert isinstance(served.office.try_login("2019", "3001", "0000"), Refusal)
    assert "too many wrong PINs" in admin.see("/portal/users/2019")
    done(fill(admin, "/portal/users/2019/pin", pin="5555", pin_again="5555"), admin)
    assert served.office.login("2019", "3001", "5555")


def test_locks_are_lifted_by_a_button(served: Served, admin: Browser) -> None:
    for _ in range(3):
        served.office.try_login("2019", "3001", "0000")
    admin.see("/portal/users/2019")
    assert "Locks lifted: 1" in done(admin.submit("/portal/users/2019/unlock"), admin)
    assert served.office.login("2019", "3001")


def test_a_forced_logout_is_asked_first(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    assert "Logged in at 3001" in admin.see("/portal/users/2019/log-out")
    assert served.office.read(lambda tx: tx.logins.open())
    done(fill(admin, "/portal/users/2019/log-out"), admin)
    assert not served.office.read(lambda tx: tx.logins.open())


def test_disabling_logs_out_and_enabling_is_possible_again(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    assert "disabled" in done(fill(admin, "/portal/users/2019/disable"), admin)
    assert not served.office.read(lambda tx: tx.logins.open())
    assert "Enabled." in done(admin.submit("/portal/users/2019/enable"), admin)


def test_who_has_a_phone_is_not_deleted_and_told_why(served: Served, admin: Browser) -> None:
    person = served.office.user("2060", hot_desk_access=False)
    served.office.phone("4001", shared=False, owner_id=person.id)
    answer = fill(admin, "/portal/users/2060/delete")
    assert answer.status_code == 409
    assert "4001" in answer.text
    done(fill(admin, "/portal/users/2019/delete"), admin)
    assert served.office.read(lambda tx: tx.users.get(number="2019")) is None


def test_the_list_is_searched_filtered_and_paged(served: Served, admin: Browser) -> None:
    for number in range(2100, 2160):
        served.office.user(str(number), department="Sales" if number % 2 else "Support")
    served.office.login("2101", "3001")
    first = admin.see("/portal/users")
    assert "62 in all" in first
    assert 'href="/portal/users?after=2147"' in first
    assert "2159" in admin.see("/portal/users?after=2147")
    assert "Nobody fits this search." in admin.see("/portal/users?search=nobody")
    here = admin.see("/portal/users?department=Sales&logged_in=yes")
    assert "user-2101" in here
    assert "user-2103" not in here


def test_the_list_and_the_page_follow_logins(served: Served, admin: Browser) -> None:
    with streamed(admin, "users?search=2019") as stream:
        assert "logged out" in stream.event()[1]
        served.office.login("2019", "3001")
        assert "at a desk" in stream.event()[1]
    with streamed(admin, "user?number=2019") as stream:
        assert "3001" in stream.event()[1]
        served.office.force("2019")
        assert "Logged out everywhere." in stream.event()[1]


def test_a_page_shows_calls_events_and_queues(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    page = admin.see("/portal/users/2019")
    assert 'href="/portal/phones/3001"' in page
    assert "2019 logged in at 3001" in page


def test_a_supervisor_sees_his_own_and_changes_nothing(served: Served) -> None:
    served.office.phone("3010", site="north")
    served.office.login("2019", "3010")
    with served.account("susi", Role.SUPERVISOR, sites=("north",)) as susi:
        assert "user-2019" in susi.see("/portal/users")
        assert "user-2020" not in susi.see("/portal/users")
        assert "/portal/users/2019/edit" not in susi.see("/portal/users/2019")
        susi.see("/portal/users/2020", 404)
        susi.see("/portal/users/2020/log-out", 404)
        susi.see("/portal/users/2019/edit", 403)
        susi.see("/portal/users/new", 403)
        assert susi.submit("/portal/users/2019/delete").status_code == 403
        assert susi.submit("/portal/users/2020/log-out").status_code == 404
        done(fill(susi, "/portal/users/2019/log-out"), susi)
    assert not served.office.read(lambda tx: tx.logins.open())


def test_an_agent_sees_nothing(served: Served) -> None:
    with served.account("ann", Role.AGENT) as ann:
        for path in ("/portal/users", "/portal/users/2019", "/portal/phones", "/portal/settings", "/portal/me"):
            ann.see(path, 403)


def test_a_form_without_the_word_of_the_page_is_refused(admin: Browser) -> None:
    assert admin.post("/portal/users/2019/delete", data={}).status_code == 403
