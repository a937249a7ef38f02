"""What agents have on their pages, set and done by programs."""

from __future__ import annotations

import httpx2

from freeseat.domain.permissions import Permission
from tests.web.serving import Served


def test_a_phone_dials_answers_and_hangs_up_on_behalf(api: httpx2.Client) -> None:
    """R6.2: the wish waits for voice, which carries it out; the audit log says which program wished."""
    nobody = api.post("/users/2019/wishes", json={"kind": "dial", "number": "2020"})
    assert (nobody.status_code, nobody.json()["code"]) == (409, "not_logged_in")
    assert api.post("/desk-logins", json={"user": "2019", "phone": "3001"}).status_code == 201
    made = api.post("/users/2019/wishes", json={"kind": "dial", "number": "20 20"})
    assert (made.status_code, made.json()["phone"], made.json()["number"]) == (202, "3001", "2020")
    assert made.json()["state"] == "wished"
    assert api.get(f"/wishes/{made.json()['id']}").json() == made.json()
    other = api.post("/users/2019/wishes", json={"kind": "dial", "number": "2021", "phone": "3001"}).json()
    assert api.get(f"/wishes/{made.json()['id']}").json()["reason"] == "superseded"
    assert other["number"] == "2021"
    assert api.post("/users/2019/wishes", json={"kind": "answer", "call_id": "a@b"}).json()["call_id"] == "a@b"
    assert api.post("/users/2019/wishes", json={"kind": "hang_up"}).status_code == 202
    assert api.post("/users/2019/wishes", json={"kind": "dial"}).status_code == 422
    assert api.post("/users/2019/wishes", json={"kind": "dial", "number": "2", "phone": "3002"}).status_code == 409
    assert api.get("/wishes/99").status_code == 404
    event = api.get("/events", params={"kinds": ["dial_wished"]}).json()["items"][0]
    assert (event["actor"]["channel"], event["user"]) == ("api", "2019")


def test_who_is_bounded_has_no_phone_dial_outside(served: Served) -> None:
    """R10.1"""
    with served.program(Permission.DESKS_WRITE, Permission.DESKS_READ, sites=("rome",)) as rome:
        assert rome.post("/api/v1/users/2019/wishes", json={"kind": "hang_up"}).status_code == 404
        assert rome.put("/api/v1/users/2019/messages", json={"new": 1}).status_code == 404


def test_settings_of_pages(api: httpx2.Client) -> None:
    """R6.3: they follow the user, or stay at the workplace, one set a window."""
    api.post("/queues", json={"number": "811", "code": "901", "name": "Orders"})
    usual = api.get("/users/2019/page-settings").json()
    assert (usual["queues"], usual["sound"]) == ([], True)
    assert api.put("/users/2019/page-settings", json={"queues": ["811"]}).json()["field"] == "queues"
    api.put("/queues/811/members/2019", json={})
    wanted = usual | {"queues": ["811"], "theme": "dark", "log_in_at_start": True}
    assert api.put("/users/2019/page-settings", json=wanted).json() == wanted
    assert api.get("/users/2019/page-settings").json() == wanted

    api.post("/workplaces", json={"name": "desk 1", "phone_number": "3001"})
    assert api.get("/workplaces/desk%201/settings").json()["field"] == "settings_scope"
    assert api.put("/workplaces/desk%201/settings", json={}).status_code == 422
    api.patch("/workplaces/desk%201", json={"settings_scope": "local"})
    window = {"queue": "811"}
    assert api.put("/workplaces/desk%201/settings", json={"sound": False}, params=window).json()["sound"] is False
    assert api.get("/workplaces/desk%201/settings", params=window).json()["sound"] is False
    assert api.get("/workplaces/desk%201/settings").json()["sound"] is True
    assert api.put("/workplaces/desk%201/settings", json={"queues": ["812"]}).status_code == 422


def test_waiting_messages(api: httpx2.Client) -> None:
    """R3.6"""
    assert api.get("/users/2019/messages").json() == {"user": "2019", "new": 0, "old": 0}
    assert api.put("/users/2019/messages", json={"new": 2, "old": 5}).json() == {"user": "2019", "new": 2, "old": 5}
    assert api.put("/users/2019/messages", json={"new": -1}).status_code == 422
    assert api.put("/users/2100/messages", json={"new": 1}).status_code == 404
