"""Signing in by an OpenID provider (R10.1), against a provider that runs here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from freeseat.application.accounts.signing_in import OidcRules
from freeseat.domain.permissions import Role
from freeseat.edge.web.provider import Provider
from tests.clients.ports import free_port
from tests.clients.waiting import until
from tests.store.databases import SqliteCopies
from tests.web.serving import Browser, Certificate, Served

RULES = OidcRules(link_by_email=True)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        url = f"http://localhost:{port}"
        try:
            until(lambda: _answers(url), "the provider answers", 30.0)
            yield url
        finally:
            server.terminate()


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/.well-known/openid-configuration").status_code == 200
    except httpx2.TransportError:
        return False


@pytest.fixture
def served(sqlite_copies: SqliteCopies, certificate: Certificate, provider: str) -> Iterator[Served]:
    url = sqlite_copies.create()
    known = Provider(provider, "freeseat", "secret of freeseat", "the office", RULES)
    with TemporaryDirectory(prefix="fs-") as hints, Served(url, Path(hints), certificate, provider=known) as running:
        yield running
    sqlite_copies.drop(url)


def person(provider: str, subject: str, **claims: object) -> None:
    """Make somebody known to the provider."""
    httpx2.put(f"{provider}/users/{subject}", json=claims).raise_for_status()


def led_back(browser: Browser, subject: str) -> str:
    """Begin here, sign in there as somebody; gives the address that leads back."""
    sent = browser.get("/oidc/start", params={"next": "/portal/desks"})
    assert sent.status_code == 303
    answer = httpx2.post(sent.headers["location"], data={"sub": subject})
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def test_who_has_the_verified_address_of_an_account_is_signed_in(served: Served, provider: str) -> None:
    served.reception.add("susi", Role.SUPERVISOR, None, email="susi@example.org")
    person(provider, "s-1", email="susi@example.org", email_verified=True)
    with served.browser("") as browser:
        assert "Sign in by the office" in browser.see("/sign-in")
        done = browser.get(led_back(browser, "s-1"))
        assert (done.status_code, done.headers["location"]) == (303, "/portal/desks")
        assert "susi" in browser.see("/portal")


def test_an_address_that_is_not_verified_opens_nothing(served: Served, provider: str) -> None:
    served.reception.add("susi", Role.SUPERVISOR, None, email="susi@example.org")
    person(provider, "s-2", email="susi@example.org", email_verified=False)
    with served.browser("") as browser:
        refused = browser.get(led_back(browser, "s-2"), headers={"Accept": "*/*"})
        assert refused.status_code == 401
        assert browser.get("/portal").status_code == 303


def test_an_answer_that_was_not_asked_for_here_is_refused(served: Served, provider: str) -> None:
    person(provider, "s-3", email="root@example.org", email_verified=True)
    with served.browser("") as attacker, served.browser("") as victim:
        back = led_back(attacker, "s-3")
        assert victim.get(back, headers={"Accept": "*/*"}).status_code == 401
        state = parse_qs(urlsplit(back).query)["state"][0]
        forged = attacker.get("/oidc/back", params={"state": state, "code": "forged"}, headers={"Accept": "*/*"})
        assert forged.status_code == 401


def test_without_a_provider_there_is_no_such_page(served: Served) -> None:
    assert served.web is not None
    object.__setattr__(served.web, "provider", None)
    with served.browser("") as browser:
        assert browser.get("/oidc/start").status_code == 404
        assert "Sign in by" not in browser.see("/sign-in")
