from __future__ import annotations

import httpx2


def test_the_life_of_a_user(api: httpx2.Client) -> None:
    """R1.1, R1.8, R1.9."""
    answer = api.post("/users", json={"number": "2100", "name": "Carl", "pin": "4711", "hot_desk_access": True})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["number"], made["cos"], made["has_pin"], made["places"]) == ("2100", "standard", True, [])
    assert not {"pin", "id"} & set(made)

    changed = api.patch("/users/2100", json={"name": "Carla", "department": "Sales"})
    assert (changed.status_code, changed.json()["name"], changed.json()["hot_desk_access"]) == (200, "Carla", True)
    assert api.get("/users", params={"search": "carla sales"}).json()["items"][0]["number"] == "2100"

    pin = api.put("/users/2100/pin", json={}).json()["pin"]
    assert len(pin) == 4
    assert pin.isdigit()
    assert api.put("/users/2100/pin", json={"pin": "9713"}).json() == {"number": "2100", "pin": None}
    assert api.post("/users/2100/unlock").json() == {"lifted": 0}
    assert api.get("/users/2100/places").json() == {"items": [], "next": None, "total": 0}

    assert api.delete("/users/2100").status_code == 204
    gone = api.get("/users/2100")
    assert gone.status_code == 404
    assert gone.headers["content-type"] == "application/problem+json"
    assert gone.json()["code"] == "not_found"
