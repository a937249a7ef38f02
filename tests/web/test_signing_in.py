"""Signing in to the portal (R10.1): no default password, one-time link, constant shape, cookies, CSRF, headers."""

from __future__ import annotations

import httpx2
import pytest

from freeseat.application.accounts.invitations import first_run
from freeseat.domain.events import Kind
from freeseat.domain.permissions import Role
from tests.application.accounts import PASSWORD
from tests.web.serving import Browser, Served


def test_who_has_not_signed_in_is_asked_to(served: Served) -> None:
    with served.browser("") as nobody:
        assert nobody.get("/").headers["location"] == "/sign-in"
        assert nobody.get("/portal").headers["location"] == "/sign-in?next=/portal"
        assert nobody.get("/live", params={"f": "overview"}).status_code == 303


def test_signing_in_leads_on_to_the_page_that_was_wanted_but_never_off_our_site(served: Served) -> None:
    with served.browser("") as nobody:
        for wanted, led in (
            ("/portal/users", "/portal/users"),
            ("https://evil.example/", "/"),
            ("//evil.example/", "/"),
            ("/\\evil.example", "/"),
        ):
            answer = nobody.post("/sign-in", data={"name": "root", "password": PASSWORD, "next": wanted})
            assert (answer.status_code, answer.headers["location"]) == (303, led)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(served: Served) -> None:
    with served.browser("") as nobody:
        cookie = nobody.post("/sign-in", data={"name": "root", "password": PASSWORD}).headers["set-cookie"]
    assert cookie.startswith("__Host-freeseat=")
    assert {"httponly", "secure", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}


def test_every_refusal_looks_the_same(served: Served) -> None:
    served.reception.add("off", Role.ADMINISTRATOR, enabled=False)
    with served.browser("") as nobody:
        answers = [
            nobody.post("/sign-in", data={"name": name, "password": password})
            for name, password in (("root", "wrong"), ("nobody", "wrong"), ("off", PASSWORD))
        ]
    shapes = {
        (each.status_code, each.text.replace('value="off"', 'value="root"').replace("nobody", "root"))
        for each in answers
    }
    assert len(shapes) == 1
    assert answers[0].status_code == 401


def test_too_many_attempts_lock_and_are_slowed_down(served: Served) -> None:
    with served.browser("") as nobody:
        codes = [nobody.post("/sign-in", data={"name": "root", "password": "wrong"}).status_code for _ in range(12)]
    assert codes[:3] == [401] * 3
    assert codes[-1] == 429
    kinds = [event.kind for event in served.office.events()]
    assert Kind.SIGN_IN_LOCKED in kinds


def test_the_first_administrator_is_made_by_a_one_time_link(unclaimed: Served) -> None:
    """R10.1: no default password."""
    token = unclaimed.reception.token()
    assert unclaimed.office.write(lambda tx: first_run(tx, token, unclaimed.office.now)) is not None
    with unclaimed.browser("") as first:
        assert "Make the account" in first.see(f"/welcome/{token}")
        weak = first.post(f"/welcome/{token}", data={"name": "ada", "password": "short", "again": "short"})
        assert weak.status_code == 422
        differ = first.post(f"/welcome/{token}", data={"name": "ada", "password": PASSWORD, "again": "x"})
        assert "differ" in differ.text
        made = first.post(f"/welcome/{token}", data={"name": "ada", "password": PASSWORD, "again": PASSWORD})
        assert (made.status_code, made.headers["location"]) == (303, "/")
        assert "Overview" in first.see("/portal")
        assert first.get(f"/welcome/{token}").status_code == 404


def test_a_new_account_has_the_language_of_the_browser_that_made_it(unclaimed: Served) -> None:
    """R10.6"""
    token = unclaimed.reception.token()
    unclaimed.office.write(lambda tx: first_run(tx, token, unclaimed.office.now))
    with unclaimed.browser("") as first:
        first.headers["accept-language"] = "de-CH, fr;q=0.5"
        differ = first.post(f"/welcome/{token}", data={"name": "ada", "password": PASSWORD, "again": "x"})
        assert "Die beiden Passwörter sind verschieden." in differ.text
        weak = first.post(f"/welcome/{token}", data={"name": "ada", "password": "short", "again": "short"})
        assert "mindestens 12 angeben" in weak.text
        first.post(f"/welcome/{token}", data={"name": "ada", "password": PASSWORD, "again": PASSWORD})
    account = unclaimed.office.read(lambda tx: tx.accounts.get(name="ada"))
    assert account is not None
    assert account.language == "de"


def test_signing_out_ends_it_on_the_server(served: Served, admin: Browser) -> None:
    admin.see("/portal")
    cookie = dict(admin.cookies)
    assert admin.submit("/sign-out").headers["location"] == "/sign-in"
    with httpx2.Client(base_url=served.url, verify=False, cookies=cookie) as thief:
        assert thief.get("/portal", headers={"Accept": "text/html"}).status_code == 303


def test_an_agent_sees_nothing_of_the_portal(served: Served) -> None:
    with served.account("agent", Role.AGENT) as agent:
        assert agent.get("/").headers["location"] == "/desk"
        assert "not for you" in agent.see("/portal", 403)


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ({}, {}),
        ({}, {"csrf": "0" * 32}),
        ({"Origin": "https://evil.example"}, None),
        ({"Sec-Fetch-Site": "cross-site"}, None),
    ],
)
def test_a_form_that_is_not_ours_changes_nothing(
    admin: Browser, headers: dict[str, str], fields: dict[str, str] | None
) -> None:
    admin.see("/portal")
    sent = {"csrf": admin.csrf} if fields is None else fields
    assert admin.post("/sign-out", data=sent, headers=headers).status_code == 403
    admin.see("/portal")


def test_a_stream_is_only_for_our_own_pages(admin: Browser) -> None:
    answer = admin.get("/live", params={"f": "overview"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_every_answer_carries_the_headers_that_protect_it(admin: Browser) -> None:
    for path in ("/portal", "/sign-in", "/nowhere", "/api/v1/nowhere"):
        headers = admin.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "max-age" in headers["strict-transport-security"]


def test_a_body_that_is_too_large_is_refused(admin: Browser) -> None:
    assert admin.post("/sign-in", data={"name": "x" * 100_000, "password": "y"}).status_code == 413


def test_pages_come_in_the_browsers_language_and_in_that_of_the_account(served: Served) -> None:
    with served.browser("") as nobody:
        assert 'lang="de"' in nobody.get("/sign-in", headers={"Accept-Language": "de-AT, en;q=0.5"}).text
        assert 'lang="en"' in nobody.get("/sign-in", headers={"Accept-Language": "xx"}).text
    with served.account("gerda", Role.READ_ONLY, language="de") as gerda:
        assert 'lang="de"' in gerda.see("/portal")
