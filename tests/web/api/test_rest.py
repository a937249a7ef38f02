from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from freeseat.domain.permissions import Permission
from tests.web.serving import Served

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_the_life_of_a_queue(api: httpx2.Client) -> None:
    """R5.1, R5.4, R5.6, R5.7."""
    made = api.post("/queues", json={"number": "811", "code": "901", "name": "Orders"})
    assert (made.status_code, made.json()["strategy"]) == (201, "longest_idle")
    assert api.patch("/queues/811", json={"wrap_up_seconds": 30}).json()["wrap_up_seconds"] == 30
    member = {"queue": "811", "user": "2019", "priority": 1}
    assert api.put("/queues/811/members/2019", json={}).json() == member
    assert api.post("/queues/811/members/2020/login").json()["code"] == "not_a_member"
    assert api.post("/queues/811/members/2019/login").json() == {"user": "2019", "queues": ["811"]}
    status = api.get("/queues/811/status").json()
    assert (status["members"][0]["logged_in"], status["members"][0]["readiness"]) == (True, "no_desk")
    assert api.post("/queues/811/members/2019/pause", json={"reason": "lunch"}).status_code == 200
    assert api.get("/queues/811/members").json()["items"][0]["pause_reason"] == "lunch"
    assert api.post("/queues/811/members/2019/resume").status_code == 200
    assert api.post("/users/2019/queues/pause", json={}).json()["queues"] == ["811"]
    assert api.post("/users/2019/queues/resume").json()["queues"] == ["811"]
    assert api.post("/users/2019/queues/logout").json()["queues"] == ["811"]
    assert api.post("/queues/811/members/2019/pause", json={}).json()["code"] == "not_logged_in"
    assert api.delete("/queues/811/members/2019").status_code == 204
    assert api.delete("/queues/811").status_code == 204
    assert api.get("/queues/811").status_code == 404


def test_rules_of_the_house(api: httpx2.Client) -> None:
    """R2.2, R2.8, R2.9, R2.12."""
    assert api.post("/classes", json={"name": "staff", "elsewhere": "deny"}).json()["elsewhere"] == "deny"
    changed = api.patch("/classes/staff", json={"rights": ["features", "national"], "max_login_seconds": 3600}).json()
    assert (sorted(changed["rights"]), changed["max_login_seconds"]) == (["features", "national"], 3600)
    assert api.delete("/classes/standard").json()["code"] == "in_use"
    assert api.delete("/classes/staff").status_code == 204

    assert {"function": "login", "code": "*45"} in api.get("/feature-codes").json()["items"]
    assert api.put("/feature-codes/login", json={"code": "*55"}).json() == {"function": "login", "code": "*55"}
    assert api.delete("/feature-codes/login").status_code == 204
    assert api.put("/feature-codes/dance", json={"code": "*1"}).status_code == 422

    network = api.post("/trusted-networks", json={"cidr": "10.1.0.0/16", "description": "VPN"}).json()
    assert api.post("/trusted-networks", json={"cidr": "10.1.0.0/33"}).status_code == 422
    assert api.delete(f"/trusted-networks/{network['id']}").status_code == 204
    schedule = api.post("/schedules", json={"cron": "0 20 * * 1-5", "timezone": "Europe/Berlin"}).json()
    assert api.get("/schedules").json()["total"] == 1
    assert api.delete(f"/schedules/{schedule['id']}").status_code == 204
    assert api.delete("/schedules/99999999999999").status_code == 422


def test_the_policy_is_changed_as_a_whole_or_not_at_all(api: httpx2.Client) -> None:
    before = api.get("/policy").json()
    wanted = {"pin": {"max_length": 6}, "shared_phone_ranges": ["3000-3999", "8000-8999"]}
    after = api.patch("/policy", json=wanted).json()
    assert after == before | {"pin": before["pin"] | {"max_length": 6}} | {
        "shared_phone_ranges": ["3000-3999", "8000-8999"]
    }
    assert api.patch("/policy", json={"pin": {"min_length": 7}, "main_number": "0301234"}).status_code == 422
    assert api.patch("/policy", json={"emergency": []}).status_code == 422
    assert api.get("/policy").json() == after
    there = api.patch("/policy", json={"emergency": [{"number": "112", "uri": "sip:192.0.2.1"}]}).json()
    assert there["emergency"] == [{"number": "112", "uri": "sip:192.0.2.1"}]


def test_trunks_and_inbound_numbers(api: httpx2.Client) -> None:
    """R4.3."""
    made = api.post("/trunks", json={"name": "carrier", "uri": "sip:192.0.2.1", "secret": "geheim-geheim"})
    assert (made.status_code, made.json()["has_secret"]) == (201, True)
    assert "geheim" not in made.text
    assert api.patch("/trunks/carrier", json={"prefixes": ["0"]}).json()["prefixes"] == ["0"]
    assert api.put("/trunks/carrier/secret", json={"secret": ""}).status_code == 204
    assert api.get("/trunks/carrier").json()["has_secret"] is False
    number = "/inbound-numbers/%2B493012345678"
    assert api.put(number, json={"destination": "2019"}).json()["number"] == "+493012345678"
    assert api.put(number, json={"destination": "3001"}).status_code == 422
    assert api.get(number).json()["destination"] == "2019"
    assert api.delete(number).status_code == 204
    assert api.delete("/trunks/carrier").status_code == 204


def test_accounts_tokens_and_links(api: httpx2.Client) -> None:
    """R10.1: nothing secret is given twice, and the last administrator stays."""
    made = api.post("/accounts", json={"name": "Ann", "role": "read_only", "password": "correct horse battery"})
    assert (made.status_code, made.json()["name"], made.json()["has_password"]) == (201, "ann", True)
    assert "argon2" not in made.text
    assert api.patch("/accounts/ann", json={"user": "2019", "language": "de"}).json()["user"] == "2019"
    assert api.put("/accounts/ann/password", json={"password": "short"}).status_code == 422
    assert api.put("/accounts/ann/password", json={"password": "another long passphrase"}).status_code == 204
    assert api.post("/accounts/ann/unlock").json() == {"lifted": 0}
    assert api.post("/accounts/ann/invitation").json()["path"].startswith("/welcome/")
    assert api.post("/invitations", json={"role": "supervisor", "queues": []}).status_code == 201
    assert api.post("/invitations", json={"role": "api_client"}).status_code == 422
    assert api.delete("/accounts/root").json()["code"] == "last_administrator"
    assert api.delete("/accounts/ann").status_code == 204
    me = api.get("/me").json()
    assert (me["role"], me["account"], me["queues"], len(me["permissions"])) == ("api_client", None, None, 12)
    assert api.patch("/me", json={"language": "de"}).status_code == 404


def test_nobody_gives_more_than_he_has(served: Served, api: httpx2.Client) -> None:
    with served.program(Permission.ACCOUNTS_WRITE, Permission.DIRECTORY_READ) as clerk:
        clerk.base_url = api.base_url
        assert clerk.post("/tokens", json={"name": "t", "scopes": ["settings:write"]}).status_code == 403
        assert clerk.post("/tokens", json={"name": "t", "scopes": ["directory:read"]}).status_code == 201
        assert clerk.post("/accounts", json={"name": "boss", "role": "administrator"}).status_code == 403
        assert clerk.put("/accounts/root/password", json={"password": "a very long new one"}).status_code == 403


def test_workplaces_and_boards_and_their_links(api: httpx2.Client) -> None:
    """R6.1, R6.4."""
    made = api.post("/workplaces", json={"name": "desk 1", "phone_number": "3001", "site": "berlin"})
    assert (made.status_code, made.json()["has_page_link"]) == (201, False)
    token = api.put("/workplaces/desk%201/links/page").json()["token"]
    shown = api.get("/workplaces/desk%201")
    assert shown.json()["has_page_link"] is True
    assert token not in shown.text
    assert api.delete("/workplaces/desk%201/links/page").status_code == 204
    assert api.patch("/workplaces/desk%201", json={"address": "192.0.2.7"}).json()["address"] == "192.0.2.7"
    assert api.delete("/workplaces/desk%201").status_code == 204

    api.post("/queues", json={"number": "811", "code": "901", "name": "Orders"})
    made = api.post("/boards", json={"name": "hall", "queues": ["811"], "thresholds": {"waiting": 5}})
    assert (made.status_code, made.json()["thresholds"]["waiting"]) == (201, 5)
    assert api.patch("/boards/hall", json={"columns": ["waiting", "ready"]}).json()["columns"] == ["waiting", "ready"]
    status = api.get("/boards/hall/status").json()
    assert (status["queues"][0]["number"], status["total"]["waiting"]) == ("811", 0)
    assert len(api.put("/boards/hall/link").json()["token"]) == 43
    assert api.delete("/boards/hall/link").status_code == 204
    assert api.post("/boards", json={"name": "other", "queues": ["899"]}).status_code == 404
    assert api.delete("/boards/hall").status_code == 204


def test_floor_plans(api: httpx2.Client) -> None:
    """R10.4."""
    image = base64.b64encode(PICTURE).decode()
    made = api.post("/plans", json={"name": "2nd floor", "site": "berlin", "image": image})
    assert (made.status_code, made.json()["media_type"], made.json()["width"]) == (201, "image/png", 1)
    assert api.get("/plans/2nd%20floor/image").content == PICTURE
    placed = api.put("/plans/2nd%20floor/desks/3001", json={"x": 0.25, "y": 1})
    assert placed.json() == {"plan": "2nd floor", "phone": "3001", "x": 0.25, "y": 1.0}
    assert api.get("/plans/2nd%20floor").json()["desks"][0]["state"] == "unregistered"
    assert api.put("/plans/2nd%20floor/desks/3001", json={"x": 2, "y": 0}).status_code == 422
    assert api.delete("/plans/2nd%20floor/desks/3001").status_code == 204
    assert api.delete("/plans/2nd%20floor/desks/3001").status_code == 404
    assert api.patch("/plans/2nd%20floor", json={"name": "3rd floor"}).json()["name"] == "3rd floor"
    assert api.patch("/plans/3rd%20floor", json={"image": "###"}).status_code == 422
    assert api.delete("/plans/3rd%20floor").status_code == 204


def test_webhooks(api: httpx2.Client) -> None:
    """R10.5."""
    made = api.post("/webhooks", json={"name": "crm", "url": "https://example.org/hook", "kinds": ["logged_in"]})
    assert made.status_code == 201
    assert made.json()["secret"] not in api.get("/webhooks").text
    assert api.put("/webhooks/crm/secret", json={"secret": "0123456789abcdef"}).json()["secret"] == "0123456789abcdef"
    assert api.post("/webhooks/crm/test").status_code == 202
    assert api.get("/webhooks/crm").json()["behind"] >= 1
    assert api.post("/webhooks/crm/skip").json()["behind"] <= 1
    assert api.get("/webhooks/crm/deliveries").json()["items"] == []
    assert api.patch("/webhooks/crm", json={"enabled": False}).json()["enabled"] is False
    assert api.delete("/webhooks/crm").status_code == 204


def _import(api: httpx2.Client, kind: str, text: str, **params: Any) -> dict[str, Any]:
    started = api.post(f"/import/{kind}", content=text.encode(), headers={"Content-Type": "text/csv"}, params=params)
    assert started.status_code == 202, started.text
    last: dict[str, Any] = {}
    with api.stream("GET", f"/imports/{started.json()['id']}/progress") as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                last = json.loads(line.removeprefix("data: "))
    assert api.get(f"/imports/{started.json()['id']}").json() == last
    return last


def test_an_import_is_applied_as_a_whole_or_not_at_all(api: httpx2.Client) -> None:
    """R1.7."""
    bad = "number,name,pin\n2100,Carl,4711\n21x0,Dora,4712\n2019,Bill,4713\n2102,,4714\n"
    found = _import(api, "users", bad)
    assert (found["state"], found["applied"]) == ("done", False)
    assert {fault["line"] for fault in found["faults"]} == {3, 4, 5}
    assert api.get("/users/2100").status_code == 404
    good = "number,name\n" + "".join(f"{number},Person {number}\n" for number in range(2100, 2600))
    assert _import(api, "users", good, dry_run=True)["added"] == 500
    assert api.get("/users/2100").status_code == 404
    done = _import(api, "users", good)
    assert (done["state"], done["applied"], done["added"], done["done"] == done["total"]) == ("done", True, 500, True)
    exported = api.get("/export/users")
    assert exported.headers["content-type"].startswith("text/csv")
    assert _import(api, "users", exported.text, change=True)["unchanged"] == 502
    assert api.get("/imports/nothing").status_code == 404


def test_importing_queues_needs_the_right_to_change_settings(served: Served) -> None:
    with served.program(Permission.DIRECTORY_WRITE) as clerk:
        assert clerk.post("/api/v1/import/queues", content=b"number\n").status_code == 403


def _events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_the_feed_is_streamed_and_an_interrupted_stream_misses_nothing(api: httpx2.Client) -> None:
    with api.stream("GET", "/stream", params={"kinds": ["user_changed"]}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = _events(answer.iter_lines())
        began = time.monotonic()
        api.patch("/users/2019", json={"department": "Sales"})
        first = next(events)
        assert time.monotonic() - began < 5
        assert (first["kind"], first["user"], first["actor"]["channel"]) == ("user_changed", "2019", "api")
    api.patch("/users/2019", json={"department": "Orders"})
    api.patch("/users/2020", json={"department": "Orders"})
    went_on = {"Last-Event-ID": str(first["position"])}
    with api.stream("GET", "/stream", headers=went_on, params={"kinds": ["user_changed"]}) as answer:
        events = _events(answer.iter_lines())
        assert [next(events)["user"], next(events)["user"]] == ["2019", "2020"]
    assert api.get("/stream", headers={"Last-Event-ID": "x"}).status_code == 422


def test_events_tell_no_secrets(api: httpx2.Client) -> None:
    """R10.2."""
    secret = api.post("/phones", json={}).json()["secret"]
    pin = api.put("/users/2019/pin", json={"pin": "7306"})
    assert pin.status_code == 200
    page = api.get("/events", params={"limit": 500})
    assert secret not in page.text
    assert '"7306"' not in page.text
    kinds = api.get("/events", params={"kinds": ["pin_changed"], "user": "2019"}).json()["items"]
    assert kinds[0]["actor"]["channel"] == "api"


def test_calls_are_listed_and_closed(served: Served, api: httpx2.Client) -> None:
    """R4.5."""
    served.office.read(lambda tx: tx.calls.list())
    assert api.get("/calls").json() == {"items": [], "next": None, "total": 0}
    assert api.get("/calls", params={"since": "2026-01-01T00:00:00"}).status_code == 200
    assert api.post("/calls/1/close").status_code == 404


def test_health_and_metrics(served: Served, api: httpx2.Client) -> None:
    """R10.5: health is open and says next to nothing; metrics need a token, from everywhere."""
    with httpx2.Client(base_url=served.url, verify=False) as nobody:
        assert nobody.get("/api/v1/health").json() == {"status": "ok"}
        assert nobody.get("/api/v1/health", params={"ready": True}).json() == {"status": "ok"}
        assert nobody.get("/metrics").status_code == 401
    assert api.get("/health/details").json()["status"] == "ok"
    told = api.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    assert "freeseat_up 1.0" in told.text
    assert api.get(f"{served.url}/metrics").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "users",
        "phones",
        "desk-logins",
        "calls",
        "events",
        "queues",
        "lamps",
        "workplaces",
        "accounts",
        "inbound-numbers",
    ],
)
def test_lists_take_no_nonsense(shared_api: httpx2.Client, path: str) -> None:
    assert shared_api.get(f"/{path}", params={"limit": 0}).status_code == 422
    assert shared_api.get(f"/{path}", params={"after": "x" * 300}).status_code == 422


@pytest.mark.parametrize("report", ["occupancy", "where", "seats", "queues", "members", "failures"])
def test_reports_as_json_and_as_csv(api: httpx2.Client, report: str) -> None:
    """R10.3: the same rows either way."""
    assert api.post("/desk-logins", json={"user": "2019", "phone": "3001"}).status_code == 201
    assert api.post("/desk-logins", json={"user": "2019", "phone": "3002", "pin": "0000"}).status_code == 401
    told = api.get(f"/reports/{report}", params={"timezone": "Europe/Berlin"})
    assert told.status_code == 200, told.text
    rows = told.json()["items"]
    assert bool(rows) == (report not in ("queues", "members"))
    written = api.get(f"/reports/{report}.csv", params={"timezone": "Europe/Berlin"})
    assert written.headers["content-type"].startswith("text/csv")
    heads, *lines = written.text.splitlines()
    assert len(lines) == len(rows)
    assert not rows or heads.split(",") == list(rows[0])
    accepted = api.get(f"/reports/{report}", headers={"Accept": "text/csv"})
    assert accepted.text.splitlines()[0] == heads
    assert api.get(f"/reports/{report}", params={"timezone": "Nowhere"}).status_code in (200, 422)
    assert api.get(f"/reports/{report}", params={"since": "0001-01-01T00:00:00Z"}).status_code == 422
    assert api.get("/reports/weather").status_code == 404
