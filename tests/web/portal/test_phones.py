"""Pages of phones (R1.2, R1.3, R1.4, R2.5, R10.1)."""

from __future__ import annotations

import re

from freeseat.application.directory.phones import secret_of
from freeseat.application.ports import Binding
from freeseat.domain.permissions import Role
from tests.web.portal.filling import done, fill, form_at
from tests.web.serving import Browser, Served


def test_a_phone_gets_the_next_free_number_and_its_secret_is_shown_once(served: Served, admin: Browser) -> None:
    assert form_at(admin, "/portal/phones/new").values["number"] == ["3000"]
    answer = fill(admin, "/portal/phones/new", site="north", mac="00:15:65:12:34:56")
    secret = served.office.read(lambda tx: secret_of(tx, "3000"))
    assert f'<code id="secret-2" aria-labelledby="secret-2-label">{secret}</code>' in answer.text
    page = admin.see("/portal/phones/3000")
    assert secret not in page
    assert "00:15:65:12:34:56" in page


def test_a_number_outside_the_range_is_refused_with_the_range_named(admin: Browser) -> None:
    answer = fill(admin, "/portal/phones/new", number="5000")
    assert answer.status_code == 422
    assert "3000-3999" in answer.text


def test_roles_do_not_mix(served: Served, admin: Browser) -> None:
    answer = fill(admin, "/portal/phones/new", number="4001", use="assigned", owner="2019")
    assert answer.status_code == 422
    assert "A hot desk user cannot have an assigned phone." in answer.text
    answer = fill(admin, "/portal/phones/new", number="4001", use="assigned", owner="9999")
    assert "Name a person who exists, by number." in answer.text
    served.office.user("2060", hot_desk_access=False)
    assert fill(admin, "/portal/phones/new", number="4001", use="assigned", owner="2060").status_code == 200
    assert 'href="/portal/users/2060"' in admin.see("/portal/phones/4001")


def test_a_phone_is_changed(served: Served, admin: Browser) -> None:
    done(fill(admin, "/portal/phones/3001/edit", default_owner="2019", idle_policy="internal", site="south"), admin)
    page = admin.see("/portal/phones/3001")
    assert "south" in page
    assert "internal calls too" in page
    assert "2019" in page
    answer = fill(admin, "/portal/phones/3001/edit", mac="nonsense")
    assert "Use 12 hexadecimal digits." in answer.text


def test_a_new_secret_is_asked_first_and_shown_once(served: Served, admin: Browser) -> None:
    old = served.office.read(lambda tx: secret_of(tx, "3001"))
    assert "stops working" in admin.see("/portal/phones/3001/secret")
    answer = fill(admin, "/portal/phones/3001/secret")
    new = served.office.read(lambda tx: secret_of(tx, "3001"))
    assert new != old
    assert new in answer.text


def test_somebody_is_logged_in_on_his_behalf_and_out_again(served: Served, admin: Browser) -> None:
    admin.see("/portal/phones/3001")
    page = done(admin.submit("/portal/phones/3001/log-in", user="2019"), admin)
    assert "User 2019 is logged in at phone 3001." in page
    assert "User 2019 is logged out at once." in admin.see("/portal/phones/3001/log-out")
    done(fill(admin, "/portal/phones/3001/log-out"), admin)
    assert not served.office.read(lambda tx: tx.logins.open())


def test_a_refused_login_says_why(served: Served, admin: Browser) -> None:
    served.office.user("2060", hot_desk_access=False)
    admin.see("/portal/phones/3001")
    assert "no hot desk access" in done(admin.submit("/portal/phones/3001/log-in", user="2060"), admin)
    assert "There is nobody with the number 7." in done(admin.submit("/portal/phones/3001/log-in", user="7"), admin)


def test_registrations_and_the_list(served: Served, admin: Browser) -> None:
    binding = Binding(0, "3002", "sip:3002@192.0.2.9:5060", "main", 1.0, 4_000_000_000, 300, user_agent="Phone 1.0")
    served.office.write(lambda tx: tx.bindings.add(binding))
    served.office.login("2019", "3001")
    page = admin.see("/portal/phones/3002")
    assert "sip:3002@192.0.2.9:5060" in page
    assert "Phone 1.0" in page
    occupied = admin.see("/portal/phones?occupied=yes")
    assert re.findall(r'id="phone-(\d+)"', occupied) == ["3001"]
    assert re.findall(r'id="phone-(\d+)"', admin.see("/portal/phones?registered=yes")) == ["3002"]


def test_disabling_and_deleting_log_out(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    done(fill(admin, "/portal/phones/3001/disable"), admin)
    assert not served.office.read(lambda tx: tx.logins.open())
    done(admin.submit("/portal/phones/3001/enable"), admin)
    served.office.login("2019", "3001")
    done(fill(admin, "/portal/phones/3001/delete"), admin)
    assert not served.office.read(lambda tx: tx.logins.open())
    admin.see("/portal/phones/3001", 404)


def test_a_supervisor_seats_his_own_only(served: Served) -> None:
    served.office.phone("3010", site="north")
    served.office.login("2019", "3010")
    with served.account("susi", Role.SUPERVISOR, sites=("north",)) as susi:
        susi.see("/portal/phones/3001", 404)
        susi.see("/portal/phones/3010")
        assert susi.submit("/portal/phones/3001/log-in", user="2019").status_code == 404
        assert "nobody with the number 2020" in done(susi.submit("/portal/phones/3010/log-in", user="2020"), susi)
        assert susi.submit("/portal/phones/3010/secret").status_code == 403
