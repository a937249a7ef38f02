from __future__ import annotations

import httpx2
import pytest

from freeseat.domain.permissions import Permission, Role
from tests.application.office import PIN
from tests.web.serving import Served


def test_the_life_of_a_phone(api: httpx2.Client) -> None:
    """R1.2, R1.3: a shared phone gets the next free number; its secret is told once."""
    made = api.post("/phones", json={"site": "berlin", "mac": "00:15:65:AA:BB:CC"})
    assert made.status_code == 201, made.text
    number, secret = made.json()["number"], made.json()["secret"]
    assert (made.json()["shared"], made.json()["mac"], len(secret)) == (True, "001565aabbcc", 24)
    shown = api.get(f"/phones/{number}")
    assert "secret" not in shown.json()
    assert secret not in shown.text
    renewed = api.put(f"/phones/{number}/secret", json={}).json()["secret"]
    assert renewed != secret
    assert api.put(f"/phones/{number}/secret", json={"secret": "short"}).status_code == 422
    assert api.get(f"/phones/{number}/bindings").json()["items"] == []

    assert api.post("/users", json={"number": "2100", "name": "Carl"}).status_code == 201
    fault = api.patch(f"/phones/{number}", json={"owner": "2100"})
    assert (fault.status_code, fault.json()["field"]) == (422, "number"), "an assigned phone is outside of the range"
    owned = api.post("/phones", json={"number": "4100", "owner": "2100"})
    assert (owned.status_code, owned.json()["owner"], owned.json()["shared"]) == (201, "2100", False)
    assert api.delete("/users/2100").json()["code"] == "in_use"
    assert api.delete("/phones/4100").status_code == 204
    assert api.delete("/users/2100").status_code == 204


def test_a_change_changes_what_is_named_and_no_more(api: httpx2.Client) -> None:
    before = api.get("/users/2019").json()
    assert api.patch("/users/2019", json={"department": "Sales"}).json() == before | {"department": "Sales"}
    assert api.patch("/users/2019", json={}).json() == before | {"department": "Sales"}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"colour": "red"}, "body.colour"),
        ({"ring_seconds": "20"}, "body.ring_seconds"),
        ({"enabled": 1}, "body.enabled"),
        ({"pin": "1234"}, "body.pin"),
        ({"id": 5}, "body.id"),
        ({"name": None}, "body.name"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(
    shared_api: httpx2.Client, body: dict[str, object], where: str
) -> None:
    answer = shared_api.patch("/users/2019", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [fault["field"] for fault in answer.json()["faults"]] == [where]


def test_errors_are_problem_bodies(api: httpx2.Client) -> None:
    """RFC 9457; stable codes."""
    clash = api.post("/users", json={"number": "2019", "name": "Other"})
    assert (clash.status_code, clash.json()["code"], clash.json()["type"]) == (409, "clash", "urn:freeseat:clash")
    wrong = api.post("/users", json={"number": "20 19", "name": "Other"})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["field"]) == (422, "invalid_value", "number")
    assert api.get("/users", params={"colour": "red"}).status_code == 422
    assert api.get("/users", params={"limit": 501}).status_code == 422
    assert api.get("/nothing").json()["code"] == "not_found"
    assert api.put("/users").json()["code"] == "method_not_allowed"
    assert api.post("/users", content=b"\xff", headers={"Content-Type": "application/json"}).status_code == 400
    surrogate = api.post("/users", content=b'{"\\ud800": 1}', headers={"Content-Type": "application/json"})
    assert surrogate.status_code == 422


def test_lists_are_read_page_by_page_to_the_end(api: httpx2.Client) -> None:
    for number in range(2100, 2110):
        assert api.post("/users", json={"number": str(number), "name": f"Person {number}"}).status_code == 201
    for path in ("/users", "/phones", "/events"):
        seen: list[str] = []
        page = api.get(path, params={"limit": 3}).json()
        while True:
            assert len(page["items"]) <= 3
            seen += [str(item.get("number", item.get("position"))) for item in page["items"]]
            if page["next"] is None:
                break
            page = api.get(path, params={"limit": 3, "after": page["next"]}).json()
        assert len(seen) == len(set(seen))
        whole = api.get(path, params={"limit": 500}).json()["items"]
        assert seen == [str(item.get("number", item.get("position"))) for item in whole]
    assert api.get("/events", params={"after": "nonsense"}).status_code == 422


def test_names_may_hold_anything_that_can_be_written(api: httpx2.Client) -> None:
    """Names in paths are percent-encoded; %2F is a slash of the name, not of the path."""
    for name, path in (("day/night", "day%2Fnight"), ("Wähler 100%", "W%C3%A4hler%20100%25"), ("a%2Fb", "a%252Fb")):
        assert api.post("/classes", json={"name": name}).status_code == 201
        assert api.get(f"/classes/{path}").json()["name"] == name
        assert api.delete(f"/classes/{path}").status_code == 204
    for bad in ("%FF", "%00", "%0A", "a/b", "..%2f.."):
        assert api.get(f"/classes/{bad}").status_code == 404


def test_desk_logins_on_behalf_and_by_pin(api: httpx2.Client) -> None:
    """R2.5, R2.7, R2.13, R2.15."""
    made = api.post("/desk-logins", json={"user": "2019", "phone": "3001"})
    assert (made.status_code, made.json()["phone"], made.json()["ended"]) == (201, "3001", [])
    taken = api.post("/desk-logins", json={"user": "2020", "phone": "3001", "pin": PIN})
    assert [(end["user"], end["reason"]) for end in taken.json()["ended"]] == [("2019", "taken_over")]
    assert api.get("/users/2020/places").json()["items"][0]["phone"] == "3001"
    assert [each["user"] for each in api.get("/desk-logins", params={"open": True}).json()["items"]] == ["2020"]

    wrong = api.post("/phones/3001/logout", json={"pin": "0000"})
    unknown = api.post("/desk-logins", json={"user": "9999", "phone": "3002", "pin": "0000"})
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json()), "who exists is not told"
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_credentials")
    assert api.post("/phones/3001/logout", json={"pin": PIN}).json()["ended"][0]["reason"] == "logout"
    assert api.post("/phones/3001/logout", json={}).json()["code"] == "not_logged_in"
    api.post("/desk-logins", json={"user": "2020", "phone": "3001"})
    assert api.post("/phones/3001/logout", json={"after_call": True}).json()["ended"][0]["reason"] == "remote"

    assert api.post("/desk-logins", json={"user": "2019", "phone": "3002"}).status_code == 201
    assert api.post("/users/2019/logout").json()["ended"][0]["reason"] == "forced"
    assert api.post("/desk-logins", json={"user": "9999", "phone": "3002"}).status_code == 404
    assert api.post("/desk-logins", json={"user": "2019", "phone": "3999"}).status_code == 404


def test_a_sphere_bounds_what_a_program_sees_and_does(served: Served, api: httpx2.Client) -> None:
    """R10.1: what lies outside looks like what does not exist."""
    api.patch("/phones/3001", json={"site": "berlin"})
    api.patch("/phones/3002", json={"site": "hamburg"})
    for user, phone in (("2019", "3001"), ("2020", "3002")):
        api.post("/desk-logins", json={"user": user, "phone": phone})
    with served.program(sites=("berlin",)) as berlin:
        berlin.base_url = api.base_url
        assert [each["number"] for each in berlin.get("/phones").json()["items"]] == ["3001"]
        assert [each["number"] for each in berlin.get("/users").json()["items"]] == ["2019"]
        assert [each["user"] for each in berlin.get("/desk-logins").json()["items"]] == ["2019"]
        assert [each["number"] for each in berlin.get("/lamps").json()["items"]] == ["2019"]
        for path in ("/phones/3002", "/users/2020", "/users/2020/places", "/phones/3002/bindings"):
            assert berlin.get(path).status_code == 404, path
        for path in ("/users/2020/logout", "/users/2020/unlock"):
            assert berlin.post(path).status_code == 404, path
        assert berlin.post("/phones/3002/logout", json={}).status_code == 404
        assert berlin.post("/desk-logins", json={"user": "2020", "phone": "3001"}).status_code == 404
        assert berlin.post("/desk-logins", json={"user": "2019", "phone": "3002"}).status_code == 404
        assert berlin.patch("/phones/3001", json={"site": "hamburg"}).status_code == 403
        assert berlin.post("/phones", json={"site": "hamburg"}).status_code == 403
        assert berlin.post("/phones", json={"site": "berlin"}).status_code == 201
        for owner in ("owner", "default_owner"):
            foreign = {"number": "4200", "site": "berlin", owner: "2020"}
            assert berlin.post("/phones", json=foreign).json()["field"] == owner, "that would bring him into the sphere"
        assert berlin.patch("/phones/3001", json={"default_owner": "2020"}).status_code == 422
        assert berlin.post("/users", json={"number": "2555", "name": "X"}).status_code == 403
        for path in ("/trunks", "/trusted-networks", "/schedules", "/webhooks", "/accounts", "/tokens", "/metrics"):
            assert berlin.get(path).status_code == 403, path
        assert berlin.get("/export/users").status_code == 403
        assert berlin.patch("/policy", json={}).status_code == 403


def test_a_supervisor_has_his_own_queues_only(served: Served, api: httpx2.Client) -> None:
    """R10.1, R5.4."""
    for number, code in (("811", "901"), ("812", "904")):
        assert api.post("/queues", json={"number": number, "code": code, "name": f"Q{number}"}).status_code == 201
        assert api.put(f"/queues/{number}/members/2019", json={"priority": 2}).status_code == 200
    with served.account("sue", Role.SUPERVISOR, queues=("811",)) as sue:
        sue.see("/portal")
        sue.base_url, sue.headers["X-CSRF-Token"] = api.base_url, sue.csrf
        assert [each["number"] for each in sue.get("/queues").json()["items"]] == ["811"]
        assert sue.get("/queues/812/status").status_code == 403
        assert sue.post("/queues/812/members/2019/login").status_code == 403
        assert sue.post("/users/2019/queues/login").json() == {"user": "2019", "queues": ["811"]}
        assert sue.post("/users/2020/queues/login").status_code == 404
        assert api.get("/queues/812/status").json()["counts"]["logged_out"] == 1
        assert sue.delete("/queues/811").status_code == 403
    with served.program(Permission.QUEUES_READ) as reader:
        assert reader.get("/api/v1/queues/812").status_code == 200
