from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from freeseat.domain.permissions import Permission, Role, permissions_of
from freeseat.edge.web.api.description import RESOURCES
from freeseat.edge.web.api.resource import KNOWN, OPEN, PREFIX, ApiRoute
from tests.web.serving import Served

ROUTES = [route for each in RESOURCES for route in each.router.routes if isinstance(route, ApiRoute)]
CALLS = [(method, route) for route in ROUTES for method in sorted(route.methods or ())]


def _address(route: ApiRoute) -> str:
    return re.sub(r"\{[a-z]+\}", "1", route.path)


def _call(client: httpx2.Client, method: str, route: ApiRoute) -> httpx2.Response:
    """A request that would be refused for its body, too: who may not is told nothing of what is wrong with it."""
    return client.request(method, _address(route), content=b"{" if method != "GET" else None)


def test_every_route_of_the_api_says_who_may(shared: Served) -> None:
    """Default deny: a route cannot be made without its permission, and none is outside of the tables (R10.1)."""
    described = httpx2.get(f"{shared.url}/api/v1/openapi.json", verify=False, timeout=60.0).json()["paths"]
    assert {route.path for route in ROUTES} == set(described)
    assert all(path.startswith(PREFIX + "/") for path in described)
    open_ones = {route.path for route in ROUTES if route.permission == OPEN}
    assert open_ones == {f"{PREFIX}/health"}
    own = {f"{PREFIX}/me{each}" for each in ("", "/password", "/sign-ins", "/sign-out-elsewhere")}
    assert {route.path for route in ROUTES if route.permission == KNOWN} == own
    for route in ROUTES:
        assert route.permission in {OPEN, KNOWN, *Permission}


def test_without_credentials_every_route_answers_401(shared: Served) -> None:
    with httpx2.Client(base_url=shared.url, verify=False) as nobody:
        for method, route in CALLS:
            if route.permission == OPEN:
                continue
            answer = _call(nobody, method, route)
            assert answer.status_code == 401, f"{method} {route.path}: {answer.status_code}"
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_token_opens_what_its_scopes_name_and_nothing_else(shared: Served) -> None:
    """Each scope alone: every route of another one answers 403, none of its own does (R10.1)."""
    for permission in Permission:
        with shared.program(permission) as program:
            for method, route in CALLS:
                if route.permission in (OPEN, KNOWN) or route.path == f"{PREFIX}/stream":
                    continue
                status = _call(program, method, route).status_code
                assert (status == 403) == (route.permission != permission), f"{permission}: {method} {route.path}"
                assert status < 500


def test_what_concerns_everybody_is_not_for_who_has_bounds(shared: Served) -> None:
    """A program that may do everything, but only at one site (R10.1)."""
    unbounded = [(method, route) for method, route in CALLS if route.everywhere]
    assert len(unbounded) > 40
    with shared.program(sites=("north",)) as program:
        for method, route in unbounded:
            assert _call(program, method, route).status_code == 403, f"{method} {route.path}"
        assert program.get("/metrics").status_code == 403, "where Prometheus looks by itself"


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT, Role.READ_ONLY])
def test_what_each_role_may(shared: Served, role: Role) -> None:
    with shared.account(f"a-{role.value}", role) as browser:
        for method, route in CALLS:
            if method != "GET" or route.permission in (OPEN, KNOWN) or route.path == f"{PREFIX}/stream":
                continue
            status = _call(browser, method, route).status_code
            if Permission(route.permission) not in permissions_of(role):
                assert status == 403, f"{role}: {route.path}"


def test_a_page_needs_its_csrf_word_to_change_something(shared: Served) -> None:
    """A cookie alone changes nothing: another site could have sent the request."""
    with shared.browser() as browser:
        body: dict[str, Any] = {"name": "night"}
        assert browser.post("/api/v1/classes", json=body).status_code == 403
        browser.see("/portal")
        word = {"X-CSRF-Token": browser.csrf}
        assert browser.post("/api/v1/classes", json=body, headers=word).status_code == 201
        foreign = {**word, "Origin": "https://evil.example"}
        assert browser.post("/api/v1/classes", json={"name": "x"}, headers=foreign).status_code == 403


def test_a_revoked_token_opens_nothing(shared: Served, shared_api: httpx2.Client) -> None:
    made = shared_api.post("/tokens", json={"name": "lobby", "scopes": ["directory:read"]}).json()
    with httpx2.Client(
        base_url=shared.url, verify=False, headers={"Authorization": f"Bearer {made['token']}"}
    ) as lobby:
        assert lobby.get("/api/v1/users").status_code == 200
        assert lobby.get("/api/v1/me").json()["permissions"] == ["directory:read"]
        assert shared_api.delete("/tokens/lobby").status_code == 204
        assert lobby.get("/api/v1/users").status_code == 401
    assert all(made["token"] not in str(each) for each in shared_api.get("/tokens").json()["items"])
