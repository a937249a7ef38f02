"""Pages of settings and queues (R2.2, R2.12, R4.3, R4.7, R5, R1.8)."""

from __future__ import annotations

from freeseat.domain.directory import Right
from freeseat.domain.permissions import Role
from freeseat.domain.policy import EmergencyNumber
from tests.web.portal.filling import done, fill
from tests.web.serving import Browser, Served

TABS = ("", "/classes", "/codes", "/trusted", "/schedules", "/trunks")


def test_the_policy_is_changed_as_a_whole(served: Served, admin: Browser) -> None:
    answer = fill(
        admin,
        "/portal/settings",
        pin__max_length="6",
        lockout__lock_seconds="1 h",
        shared_phone_ranges="3000-3999, 8000-8999",
        emergency="112 sip:192.0.2.1\n110",
        apart="sales traders",
        pin__refuse_weak="1",
    )
    done(answer, admin)
    policy = served.office.read(lambda tx: tx.policy())
    assert (policy.pin.max_length, policy.pin.refuse_weak, policy.lockout.lock_seconds) == (6, True, 3600)
    assert policy.emergency == (EmergencyNumber("112", "sip:192.0.2.1"), EmergencyNumber("110"))
    assert policy.apart == (("sales", "traders"),)
    assert [str(each) for each in policy.shared_phone_ranges] == ["3000-3999", "8000-8999"]


def test_a_policy_that_cannot_be_is_refused(served: Served, admin: Browser) -> None:
    before = served.office.read(lambda tx: tx.policy())
    for field, value, fault in (
        ("pin__min_length", "9", "Use bounds within 0 and 8"),
        ("lockout__failures", "0", "Use a whole number of at least 1"),
        ("sign_in__password_length", "3", "Use 8 to 64"),
        ("shared_phone_ranges", "1-2000", "Write two numbers of equal length"),
        ("shared_phone_ranges", "5000-5999", "Number: &#39;3001&#39; is not acceptable"),
        ("emergency", "", "Fill this in"),
        ("apart", "sales", "Name two groups"),
        ("longest_call_hours", "200", "Use 1 to 168"),
        ("webhook_networks", "here", "Write a network like"),
    ):
        answer = fill(admin, "/portal/settings", **{field: value})
        assert answer.status_code == 422, field
        assert fault in answer.text, field
    assert served.office.read(lambda tx: tx.policy()) == before


def test_a_class_is_added_changed_and_deleted(served: Served, admin: Browser) -> None:
    done(
        fill(admin, "/portal/settings/classes/new", name="guests", rights=["features"], max_login_seconds="10 h"), admin
    )
    cos = served.office.read(lambda tx: tx.classes.get(name="guests"))
    assert cos is not None
    assert (cos.rights, cos.max_login_seconds) == (frozenset({Right.FEATURES}), 36_000)
    done(fill(admin, f"/portal/settings/classes/{cos.id}", rights=[], high_security="1"), admin)
    cos = served.office.read(lambda tx: tx.classes.get(name="guests"))
    assert cos is not None
    assert (cos.rights, cos.high_security, cos.max_login_seconds) == (frozenset(), True, 36_000)
    assert fill(admin, f"/portal/settings/classes/{cos.id}", max_login_seconds="169 h").status_code == 422
    done(fill(admin, f"/portal/settings/classes/{cos.id}/delete"), admin)
    standard = served.office.read(lambda tx: tx.classes.list())[0]
    assert "2 users" in fill(admin, f"/portal/settings/classes/{standard.id}/delete").text


def test_codes_are_changed_together_or_not_at_all(served: Served, admin: Browser) -> None:
    done(fill(admin, "/portal/settings/codes", login="*55", locate=""), admin)
    codes = {each.function.value: each.code for each in served.office.read(lambda tx: tx.codes.list())}
    assert codes["login"] == "*55"
    assert "locate" not in codes
    answer = fill(admin, "/portal/settings/codes", login="*56", logout="201")
    assert answer.status_code == 409
    assert "taken by user 2019" in answer.text
    codes = {each.function.value: each.code for each in served.office.read(lambda tx: tx.codes.list())}
    assert codes["login"] == "*55"


def test_networks_are_trusted_and_no_longer(served: Served, admin: Browser) -> None:
    assert "10.1.0.0/16" in done(fill(admin, "/portal/settings/trusted", cidr="10.1.0.0/16"), admin)
    assert "Write a network like" in fill(admin, "/portal/settings/trusted", cidr="10.1").text
    network = served.office.read(lambda tx: tx.trusted.list())[0]
    done(admin.submit(f"/portal/settings/trusted/{network.id}/remove"), admin)
    assert not served.office.read(lambda tx: tx.trusted.list())


def test_logouts_are_scheduled(served: Served, admin: Browser) -> None:
    given = {"cron": "0 20 * * 1-5", "timezone": "Europe/Berlin", "scope": "site", "scope_value": "north"}
    page = done(fill(admin, "/portal/settings/schedules", **given), admin)
    assert "people at a site" in page
    assert "<time" in page
    assert fill(admin, "/portal/settings/schedules", cron="at night").status_code == 422
    schedule = served.office.read(lambda tx: tx.schedules.list())[0]
    done(admin.submit(f"/portal/settings/schedules/{schedule.id}/remove"), admin)
    assert not served.office.read(lambda tx: tx.schedules.list())


def test_trunks_keep_their_password_unseen(served: Served, admin: Browser) -> None:
    given = {"name": "carrier", "uri": "sip:192.0.2.1", "username": "u", "secret": "hush-hush", "prefixes": "0, 00"}
    done(fill(admin, "/portal/settings/trunks/new", **given), admin)
    trunk = served.office.read(lambda tx: tx.trunks.list())[0]
    page = f"/portal/settings/trunks/{trunk.id}"
    assert "hush-hush" not in admin.see(page)
    done(fill(admin, page, strip="1"), admin)
    kept = served.office.read(lambda tx: (tx.trunks.list()[0].strip, tx.vault.open(tx.trunks.list()[0].secret)))
    assert kept == (1, "hush-hush")
    done(fill(admin, page, secret="another"), admin)
    assert served.office.read(lambda tx: tx.vault.open(tx.trunks.list()[0].secret)) == "another"
    assert fill(admin, page, uri="carrier").status_code == 422
    done(fill(admin, f"{page}/delete"), admin)
    assert not served.office.read(lambda tx: tx.trunks.list())


def test_inbound_numbers_mean_people_and_queues(served: Served, admin: Browser) -> None:
    given = {"number": "+4930123", "destination": "2019"}
    page = done(fill(admin, "/portal/settings/trunks", action="/portal/settings/inbound", **given), admin)
    assert "User 2019" in page
    assert "User 2019" in admin.see("/portal/settings/trunks?search=30123")
    assert "No inbound number fits" in admin.see("/portal/settings/trunks?search=30124")
    given["destination"] = "3001"
    answer = fill(admin, "/portal/settings/trunks", action="/portal/settings/inbound", **given)
    assert answer.status_code == 422
    assert "+4930123" in answer.text


def test_a_queue_and_its_members(served: Served, admin: Browser) -> None:
    page = done(
        fill(admin, "/portal/queues/new", name="Support", number="811", code="8110", wrap_up_seconds="30 s"), admin
    )
    assert "Now name its members." in page
    edit = "/portal/queues/811/edit"
    assert "User 2019" in done(admin.submit("/portal/queues/811/members", user="2019", priority="2"), admin)
    done(admin.submit("/portal/queues/811/members", user="2019", priority="5"), admin)
    queue, member = served.office.read(lambda tx: (tx.queues.list()[0], tx.members.list()[0]))
    assert (queue.wrap_up_seconds, member.priority) == (30, 5)
    assert "nobody with the number 9" in done(admin.submit("/portal/queues/811/members", user="9"), admin)
    assert "offered first" in done(admin.submit("/portal/queues/811/members", user="2019", priority="x"), admin)
    done(fill(admin, edit, strategy="ring_all", max_length="10"), admin)
    assert served.office.read(lambda tx: tx.queues.list()[0].max_length) == 10
    answer = fill(admin, edit, code="2019")
    assert answer.status_code == 409
    assert "taken by user 2019" in answer.text
    done(admin.submit("/portal/queues/811/members/2019/remove"), admin)
    assert not served.office.read(lambda tx: tx.members.list())
    admin.see("/portal/queues/811/delete")
    assert admin.submit("/portal/queues/811/delete").status_code == 303
    assert not served.office.read(lambda tx: tx.queues.list())


def test_who_reads_only_sees_settings_and_no_buttons(served: Served) -> None:
    with served.account("rita", Role.READ_ONLY) as rita:
        for tab in TABS:
            page = rita.see(f"/portal/settings{tab}")
            assert '<button class="primary">' not in page
        assert rita.submit("/portal/settings").status_code == 403
        rita.see("/portal/settings/trunks/new", 403)


def test_settings_are_for_nobody_with_bounds(served: Served) -> None:
    with served.account("susi", Role.SUPERVISOR, sites=("north",)) as susi:
        for tab in TABS:
            susi.see(f"/portal/settings{tab}", 403)
        susi.see("/portal/queues/new", 403)
    with served.account("rolf", Role.READ_ONLY, sites=("north",)) as rolf:
        rolf.see("/portal/settings", 403)
        assert "/portal/settings" not in rolf.see("/portal/users")
