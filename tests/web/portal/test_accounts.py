"""Pages of accounts, tokens and one's own account (R10.1)."""

from __future__ import annotations

import re

import httpx2

from freeseat.domain.permissions import Permission, Role
from tests.application.accounts import PASSWORD
from tests.web.portal.filling import done, fill
from tests.web.serving import Browser, Served

_LINK = re.compile(r"<code id=\"secret-1\"[^>]*>(.*?)</code>")
NEW = "another correct horse"


def _link(answer: httpx2.Response) -> str:
    assert answer.status_code == 200, answer.text
    found = _LINK.search(answer.text)
    assert found is not None
    return found[1]


def test_an_invitation_is_a_link_that_works_once(served: Served, admin: Browser) -> None:
    link = _link(fill(admin, "/portal/accounts/invite", role="supervisor", sites="main office\nnorth"))
    assert link.startswith(f"{served.url}/welcome/")
    with served.browser("") as visitor:
        path = link.removeprefix(served.url)
        given = {"name": "susi", "password": NEW, "again": NEW}
        assert visitor.post(path, data=given).status_code == 303
        assert visitor.get(path).status_code == 404
    account = served.reception.account("susi")
    assert (account.role, account.sites) == (Role.SUPERVISOR, ("main office", "north"))


def test_accounts_are_searched(served: Served, admin: Browser) -> None:
    served.reception.add("susi", Role.SUPERVISOR, full_name="Susanne Schmidt", sites=("north",))
    assert "susi" in admin.see("/portal/accounts?search=schmidt")
    assert "/of/susi" not in admin.see("/portal/accounts?search=schmidt&role=agent")
    assert "No account fits" in admin.see("/portal/accounts?enabled=no")
    assert "/of/root" in admin.see("/portal/accounts?role=nonsense"), "what is no role does not filter"


def test_a_link_can_be_withdrawn(served: Served, admin: Browser) -> None:
    link = _link(fill(admin, "/portal/accounts/invite", role="agent", user="2019"))
    assert "a new account" in admin.see("/portal/accounts")
    invitation = served.office.read(lambda tx: tx.invitations.list())[-1]
    done(admin.submit(f"/portal/accounts/invitations/{invitation.id}/withdraw"), admin)
    with served.browser("") as visitor:
        assert visitor.get(link.removeprefix(served.url)).status_code == 404


def test_a_fault_of_an_invitation(admin: Browser) -> None:
    answer = fill(admin, "/portal/accounts/invite", role="administrator", sites="north")
    assert answer.status_code == 422
    assert "has none" in answer.text
    assert "Name a person who exists" in fill(admin, "/portal/accounts/invite", role="agent", user="1").text


def test_an_account_is_changed_and_disabled(served: Served, admin: Browser) -> None:
    with served.account("susi", Role.SUPERVISOR) as susi:
        susi.see("/portal")
        done(fill(admin, "/portal/accounts/of/susi", full_name="Susi", user="2019", enabled=""), admin)
        assert susi.get("/portal").status_code == 303
    account = served.reception.account("susi")
    assert (account.full_name, account.enabled) == ("Susi", False)


def test_the_last_administrator_stays(admin: Browser) -> None:
    answer = fill(admin, "/portal/accounts/of/root", role="read_only")
    assert answer.status_code == 409
    assert "last administrator" in answer.text
    answer = fill(admin, "/portal/accounts/of/root/delete")
    assert answer.status_code == 409
    assert "last administrator" in answer.text


def test_a_new_password_comes_by_a_link(served: Served, admin: Browser) -> None:
    with served.account("susi", Role.SUPERVISOR):
        pass
    admin.see("/portal/accounts/of/susi")
    path = _link(admin.submit("/portal/accounts/of/susi/link")).removeprefix(served.url)
    with served.browser("") as visitor:
        assert visitor.post(path, data={"password": NEW, "again": NEW}).status_code == 303
    with served.browser("susi", NEW) as susi:
        susi.see("/portal")
    assert "Locks lifted: 0" in done(admin.submit("/portal/accounts/of/susi/unlock"), admin)


def test_a_token_is_shown_once_and_revoked(served: Served, admin: Browser) -> None:
    answer = fill(admin, "/portal/accounts/tokens/new", name="CRM", expires="30", scopes=["directory:read"])
    secret = _link(answer)
    with httpx2.Client(base_url=served.url, verify=False, headers={"Authorization": f"Bearer {secret}"}) as program:
        assert program.get("/api/v1/users").status_code == 200
        assert program.get("/api/v1/calls").status_code == 403
        page = admin.see("/portal/accounts/tokens")
        assert secret not in page
        assert secret[:10] in page
        token = served.office.read(lambda tx: tx.tokens.list())[0]
        assert token.scopes == {Permission.DIRECTORY_READ}
        assert token.expires_at is not None
        done(fill(admin, f"/portal/accounts/tokens/{token.id}/revoke"), admin)
        assert program.get("/api/v1/users").status_code == 401
    admin.see(f"/portal/accounts/tokens/{token.id}/revoke", 404)


def test_a_token_needs_a_scope(admin: Browser) -> None:
    answer = fill(admin, "/portal/accounts/tokens/new", name="CRM", expires="")
    assert answer.status_code == 422
    assert "Name at least one of" in answer.text


def test_accounts_are_for_administrators_only(served: Served) -> None:
    for name, role in (("susi", Role.SUPERVISOR), ("rita", Role.READ_ONLY)):
        with served.account(name, role) as browser:
            for path in ("/portal/accounts", "/portal/accounts/tokens", "/portal/accounts/invite"):
                browser.see(path, 403)


def test_everybody_changes_how_he_likes_it(served: Served) -> None:
    with served.account("susi", Role.SUPERVISOR) as susi:
        page = done(fill(susi, "/portal/me", full_name="Susi Sorglos", theme="dark"), susi)
        assert "Susi Sorglos" in page
        assert 'data-theme="dark"' in page
        account = served.reception.account("susi")
        assert account.role is Role.SUPERVISOR


def test_a_password_is_changed_by_proving_the_old_one(served: Served) -> None:
    with served.account("susi", Role.SUPERVISOR) as susi, served.browser("susi") as elsewhere:
        path, action = "/portal/me", "/portal/me/password"
        wrong = fill(susi, path, action=action, old="no", password=NEW, again=NEW)
        assert "This is not your present password" in wrong.text
        differ = fill(susi, path, action=action, old=PASSWORD, password=NEW, again="x")
        assert "Type the same password twice." in differ.text
        short = fill(susi, path, action=action, old=PASSWORD, password="short", again="short")
        assert "Use at least 12." in short.text
        assert NEW not in wrong.text + differ.text
        done(fill(susi, path, action=action, old=PASSWORD, password=NEW, again=NEW), susi)
        susi.see("/portal")
        assert elsewhere.get("/portal").status_code == 303


def test_one_signs_out_elsewhere(served: Served) -> None:
    with served.account("susi", Role.SUPERVISOR) as susi, served.browser("susi") as elsewhere:
        assert "Sign out elsewhere" in susi.see("/portal/me")
        assert "Signed out elsewhere: 1" in done(susi.submit("/portal/me/sign-out-elsewhere"), susi)
        assert elsewhere.get("/portal").status_code == 303
        assert "Sign out elsewhere" not in susi.see("/portal/me")
