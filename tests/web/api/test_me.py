"""One's own account, and invitations, by the API (R10.1)."""

from __future__ import annotations

import httpx2

from freeseat.domain.permissions import Role
from tests.application.accounts import PASSWORD
from tests.web.serving import Served


def test_own_password_and_own_sign_ins(served: Served, api: httpx2.Client) -> None:
    with served.account("ann", Role.READ_ONLY) as ann, served.browser("ann") as other:
        ann.see("/portal")
        ann.headers["X-CSRF-Token"] = ann.csrf
        places = ann.get("/api/v1/me/sign-ins").json()["items"]
        assert sorted(each["here"] for each in places) == [False, True]
        assert ann.post("/api/v1/me/sign-out-elsewhere").json() == {"ended": 1}
        assert other.get("/api/v1/me").status_code == 401
        wrong = ann.put("/api/v1/me/password", json={"old": "not this one", "password": "quite another one"})
        assert (wrong.status_code, wrong.json()["field"]) == (422, "old")
        assert ann.put("/api/v1/me/password", json={"old": PASSWORD, "password": "x"}).json()["field"] == "password"
        new = {"old": PASSWORD, "password": "quite another one"}
        assert ann.put("/api/v1/me/password", json=new).status_code == 204
        assert ann.get("/api/v1/me").json()["account"]["name"] == "ann"
    served.browser("ann", "quite another one").close()
    assert api.get("/me/sign-ins").json()["items"] == []
    assert api.put("/me/password", json=new).status_code == 404
    assert api.post("/me/sign-out-elsewhere").status_code == 404


def test_invitations_are_listed_and_withdrawn(served: Served, api: httpx2.Client) -> None:
    made = api.post("/invitations", json={"role": "supervisor", "sites": ["rome"], "user": "2019"}).json()
    listed = api.get("/invitations")
    shown = listed.json()["items"][0]
    assert (shown["id"], shown["account"], shown["user"], shown["sites"]) == (made["id"], "", "2019", ["rome"])
    assert made["path"].rpartition("/")[2] not in listed.text
    assert api.delete(f"/invitations/{made['id']}").status_code == 204
    assert api.delete(f"/invitations/{made['id']}").status_code == 404
    assert api.get("/invitations").json()["total"] == 0
    with served.browser("") as nobody:
        nobody.see(made["path"], 404)
