"""Pages of webhooks, workplaces and wallboards: what is shown once (R2.4, R6.1, R6.4, R10.5)."""

from __future__ import annotations

import re

import httpx2

from freeseat.application.boards.directory import board_by_token
from freeseat.application.ports import Transaction
from freeseat.application.workplaces.directory import Link, add_workplace, workplace_by_token
from freeseat.domain.boards import BoardColumn
from freeseat.domain.permissions import Role
from freeseat.domain.workplaces import Workplace
from tests.application.office import ADMIN
from tests.domain.entities import NOW
from tests.web.portal.filling import done, fill
from tests.web.serving import Browser, Served

_SECRET = re.compile(r"<code id=\"secret-1\"[^>]*>(.*?)</code>")


def _secret(answer: httpx2.Response) -> str:
    assert answer.status_code == 200, answer.text
    found = _SECRET.search(answer.text)
    assert found is not None
    return found[1]


def _token(answer: httpx2.Response) -> str:
    return _secret(answer).rpartition("/")[2]


def _opens(served: Served, token: str, link: Link) -> bool:
    return served.office.read(lambda tx: workplace_by_token(tx, token, link)) is not None


def test_a_webhook_shows_its_secret_once(served: Served, admin: Browser) -> None:
    answer = fill(
        admin, "/portal/webhooks/new", name="CRM", url="https://192.0.2.1/x", kinds=["logged_in", "logged_out"]
    )
    secret = _secret(answer)
    hook = served.office.read(lambda tx: tx.webhooks.list()[0])
    assert served.office.read(lambda tx: tx.vault.open(hook.secret)) == secret
    assert sorted(hook.kinds) == ["logged_in", "logged_out"]
    page = admin.see(f"/portal/webhooks/{hook.id}")
    assert secret not in page
    assert "CRM" in admin.see("/portal/webhooks")
    again = _secret(fill(admin, f"/portal/webhooks/{hook.id}/secret"))
    assert again != secret


def test_a_webhook_is_tested_changed_and_deleted(served: Served, admin: Browser) -> None:
    fill(admin, "/portal/webhooks/new", name="CRM", url="https://192.0.2.1/x")
    hook = served.office.read(lambda tx: tx.webhooks.list()[0])
    path = f"/portal/webhooks/{hook.id}"
    admin.see(path)
    assert "A test is on its way" in done(admin.submit(f"{path}/test"), admin)
    assert "1 event" in admin.see(path)
    assert "It is told of what happens from now on." in done(admin.submit(f"{path}/skip"), admin)
    done(fill(admin, f"{path}/edit", enabled=""), admin)
    assert "It is disabled" in admin.see(path)
    answer = fill(admin, f"{path}/edit", url="ftp://example.org")
    assert answer.status_code == 422
    assert "Write a URL like" in answer.text
    done(fill(admin, f"{path}/delete"), admin)
    admin.see(path, 404)


def test_a_workplace_gets_links_that_are_shown_once_and_taken_away(served: Served, admin: Browser) -> None:
    page = done(fill(admin, "/portal/workplaces/new?phone=3001", name="Window / left"), admin)
    assert "Window / left" in page
    workplace = served.office.read(lambda tx: tx.workplaces.list()[0])
    path = f"/portal/workplaces/{workplace.id}"
    assert workplace.phone_number == "3001"
    tokens = {}
    for link in Link:
        answer = admin.submit(f"{path}/links/{link}")
        assert "<svg" in answer.text
        tokens[link] = _token(answer)
        assert _opens(served, tokens[link], link)
    assert tokens[Link.PAGE] not in admin.see(path)
    assert f'href="{path}"' in admin.see("/portal/phones/3001")
    done(admin.submit(f"{path}/links/page/revoke"), admin)
    assert not _opens(served, tokens[Link.PAGE], Link.PAGE)
    with served.browser("") as passer_by:
        assert passer_by.get(f"/desk/login/{tokens[Link.LOGIN]}").status_code == 200
    assert _opens(served, tokens[Link.LOGIN], Link.LOGIN)


def test_a_workplace_names_its_phone(admin: Browser) -> None:
    answer = fill(admin, "/portal/workplaces/new", name="Window")
    assert answer.status_code == 422
    assert "Name the phone by its IP address, MAC or number." in answer.text


def test_a_workplace_is_changed_and_deleted(served: Served, admin: Browser) -> None:
    done(fill(admin, "/portal/workplaces/new", name="Window", mac="00:15:65:12:34:56"), admin)
    workplace = served.office.read(lambda tx: tx.workplaces.list()[0])
    path = f"/portal/workplaces/{workplace.id}"
    done(fill(admin, path, address="192.0.2.7", settings_scope="local"), admin)
    changed = served.office.read(lambda tx: tx.workplaces.list()[0])
    assert (changed.address, changed.mac) == ("192.0.2.7", "001565123456")
    assert "192.0.2.7" in admin.see("/portal/workplaces")
    done(fill(admin, f"{path}/delete"), admin)
    assert not served.office.read(lambda tx: tx.workplaces.list())


def test_workplaces_are_searched_and_come_in_pages(served: Served, admin: Browser) -> None:
    def furnish(tx: Transaction) -> None:
        for number in range(60):
            add_workplace(
                tx, Workplace(0, f"Desk {number:02}", phone_number="3001", site=f"floor {number % 3}"), ADMIN, NOW
            )

    served.office.write(furnish)
    first = admin.see("/portal/workplaces")
    assert "60 in all" in first
    assert ("Desk 49" in first, "Desk 50" in first) == (True, False)
    assert "Desk 50" in admin.see("/portal/workplaces?after=Desk+49")
    assert "Desk 07" in admin.see("/portal/workplaces?search=desk+07&site=floor+1")
    assert "No workplace fits" in admin.see("/portal/workplaces?search=desk+07&site=floor+2")


def test_a_wallboard_keeps_the_order_of_its_figures_and_has_a_link(served: Served, admin: Browser) -> None:
    answer = fill(
        admin,
        "/portal/boards/new",
        name="Hall",
        timezone="Europe/Berlin",
        columns=["abandoned", "waiting"],
        thresholds__waiting="5",
        thresholds__longest_wait_seconds="2 min",
    )
    done(answer, admin)
    board = served.office.read(lambda tx: tx.boards.list()[0])
    assert board.columns == (BoardColumn.WAITING, BoardColumn.ABANDONED)
    assert (board.thresholds.waiting, board.thresholds.longest_wait_seconds) == (5, 120)
    path = f"/portal/boards/{board.id}"
    admin.see(f"{path}/edit")
    address = _secret(admin.submit(f"{path}/link"))
    token = address.rpartition("/")[2]
    with served.browser("") as screen:
        assert screen.get(address.removeprefix(served.url)).status_code == 200
    done(admin.submit(f"{path}/link/revoke"), admin)
    assert served.office.read(lambda tx: board_by_token(tx, token)) is None
    assert "name at least one column" in fill(admin, f"{path}/edit", columns=[]).text.lower()
    done(fill(admin, f"{path}/delete"), admin)
    assert not served.office.read(lambda tx: tx.boards.list())


def test_a_supervisor_sees_wallboards_of_his_queues_only(served: Served, admin: Browser) -> None:
    done(fill(admin, "/portal/queues/new", name="Support", number="811", code="8110"), admin)
    for name, queues in (("Support's", ["811"]), ("Everybody's", [])):
        done(fill(admin, "/portal/boards/new", name=name, queues=queues), admin)
    with served.account("susi", Role.SUPERVISOR, queues=("811",)) as susi:
        page = susi.see("/portal/boards")
        assert "Support&#39;s" in page
        assert "Everybody" not in page
        susi.see("/portal/boards/new", 403)
        susi.see("/portal/workplaces", 403)
        susi.see("/portal/webhooks", 403)
