"""`freeseat workplace`, `board`, `plan` and `webhook` (R6.1, R6.4, R10.4, R10.5)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from freeseat.application.boards.directory import board_by_token
from freeseat.application.webhooks.directory import webhook_of
from freeseat.application.workplaces.directory import Link, workplace_by_token
from freeseat.domain.tokens import BOARD_LINK, DESK_LINK, LOGIN_LINK
from tests.application.test_plans import JPEG, png
from tests.cli.commands import Freeseat

HOOK = ("webhook", "add", "crm", "--url", "https://crm.example/freeseat")


@pytest.fixture
def queue(office: Freeseat) -> Freeseat:
    """The office with queue 800 for Bill."""
    office.do("queue", "add", "--number", "800", "--code", "811", "--name", "Sales")
    office.do("queue", "member", "add", "800", "2019")
    return office


# -- workplaces


def test_a_workplace_is_entered_shown_changed_and_deleted(office: Freeseat) -> None:
    added = office.json("workplace", "add", "desk 7", "--phone", "3001", "--site", "berlin", "--settings", "local")
    assert (added["phone"], added["user"], added["settings"], added["has_link"]) == ("3001", None, "local", False)
    office.do("login", "--user", "2019", "--phone", "3001")
    assert office.json("workplace", "show", "desk 7")["user"] == "2019"
    assert "2019 Bill" in office.do("workplace", "list")
    changed = office.json(
        "workplace", "change", "desk 7", "--address", "10.1.7.7", "--mac", "00:04:F2:AA:BB:CC", "--queues", "800,801",
        "--disabled", "--name", "desk 8",
    )  # fmt: skip
    assert (changed["address"], changed["mac"], changed["queues"], changed["enabled"], changed["user"]) == (
        "10.1.7.7", "0004f2aabbcc", ["800", "801"], False, None,
    )  # fmt: skip
    assert office.json("workplace", "list") == [changed]
    assert "desk 8" in office.do("workplace", "show", "desk 8")
    assert "IP address" in office.fails(2, "workplace", "change", "desk 8", "--address", "phone")
    office.do("workplace", "delete", "desk 8")
    assert office.fails(2, "workplace", "show", "desk 8") == "there is no workplace desk 8"
    assert "No workplaces" in office.do("workplace", "list")


def test_links_of_a_workplace(office: Freeseat) -> None:
    office.do("workplace", "add", "desk 7", "--phone", "3001")
    page = office.json("workplace", "link", "desk 7")["url"]
    form = office.json("workplace", "link", "desk 7", "--for", "login")["url"]

    def opened(url: str, path: str, link: Link) -> str:
        found = office.write(lambda tx: workplace_by_token(tx, url.partition(path)[2], link))
        return found.name if found else ""

    assert opened(page, DESK_LINK, Link.PAGE) == "desk 7"
    assert opened(form, LOGIN_LINK, Link.LOGIN) == "desk 7"
    office.do("workplace", "unlink", "desk 7")
    assert opened(page, DESK_LINK, Link.PAGE) == ""
    shown = office.json("workplace", "show", "desk 7")
    assert (shown["has_link"], shown["has_login_link"]) == (False, True)
    assert form.rpartition("/")[2] not in office.do("events", "list")


# -- wallboards


def test_a_board_is_entered_shown_changed_and_deleted(queue: Freeseat) -> None:
    added = queue.json(
        "board", "add", "sales", "--queues", "800", "--columns", "waiting, ready", "--timezone", "Europe/Berlin",
        "--service", "30s", "--red-waiting", "3", "--red-wait", "2m", "--red-service-level", "80",
        "--red-abandoned", "5", "--theme", "light", "--language", "de",
    )  # fmt: skip
    assert added["thresholds"] == {
        "waiting": 3, "longest_wait_seconds": 120, "service_level_percent": 80, "abandoned": 5,
    }  # fmt: skip
    assert (added["columns"], added["service_seconds"], added["theme"]) == (["waiting", "ready"], 30, "light")
    assert added["now"][0]["agents"]["logged_out"] == 1
    changed = queue.json("board", "change", "sales", "--red-waiting", "never", "--queues", "", "--name", "all")
    assert changed["thresholds"]["waiting"] is None
    assert changed["thresholds"]["abandoned"] == 5
    assert (changed["name"], changed["queues"]) == ("all", [])
    assert "Sales" in queue.do("board", "show", "all")
    assert "Europe/Berlin" in queue.do("board", "list")
    url = queue.json("board", "link", "all")["url"]
    token = url.partition(BOARD_LINK)[2]
    assert queue.write(lambda tx: board_by_token(tx, token)) is not None
    queue.do("board", "unlink", "all")
    assert queue.write(lambda tx: board_by_token(tx, token)) is None
    assert "revoked" in queue.do("board", "list")
    queue.do("board", "delete", "all")
    assert queue.fails(2, "board", "show", "all") == "there is no board all"
    assert "No wallboards" in queue.do("board", "list")


@pytest.mark.parametrize(
    ("option", "value", "right"),
    [
        ("--queues", "899", "there is no queue 899"),
        ("--columns", "weather", "use some of"),
        ("--red-waiting", "many", "whole number"),
        ("--red-wait", "soon", "use a duration"),
        ("--red-service-level", "101", "0 to 100"),
        ("--service", "never", "1 to 3600"),
        ("--timezone", "Berlin", "zone's name"),
    ],
)
def test_a_board_is_checked(queue: Freeseat, option: str, value: str, right: str) -> None:
    queue.do("board", "add", "wall")
    assert right in queue.fails(2, "board", "change", "wall", option, value)


# -- floor plans


def test_desks_on_a_plan(office: Freeseat, tmp_path: Path) -> None:
    (tmp_path / "ground.png").write_bytes(png())
    (tmp_path / "new.jpg").write_bytes(JPEG)
    added = office.json("plan", "add", "ground", "--image", str(tmp_path / "ground.png"), "--site", "berlin")
    assert (added["media_type"], added["width"], added["height"], added["desks"]) == ("image/png", 640, 480, [])
    office.do("plan", "place", "ground", "3001", "--x", "0.25", "--y", "1")
    office.do("login", "--user", "2019", "--phone", "3001")
    (desk,) = office.json("plan", "show", "ground")["desks"]
    assert (desk["phone"], desk["x"], desk["state"], desk["occupant"]) == ("3001", 0.25, "unregistered", "2019")
    assert "2019 Bill" in office.do("plan", "show", "ground")
    changed = office.json("plan", "change", "ground", "--image", str(tmp_path / "new.jpg"), "--name", "floor 0")
    assert (changed["media_type"], len(changed["desks"])) == ("image/jpeg", 1)
    assert "0 to 1" in office.fails(2, "plan", "place", "floor 0", "3001", "--x", "2", "--y", "0")
    assert "berlin" in office.do("plan", "list")
    office.do("plan", "remove", "3001")
    assert office.json("plan", "list")[0]["desks"] == []
    office.do("plan", "delete", "floor 0")
    assert "No floor plans" in office.do("plan", "list")


def test_only_pictures_are_plans(office: Freeseat, tmp_path: Path) -> None:
    drawing = tmp_path / "plan.svg"
    drawing.write_text("<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>")
    assert "PNG, JPEG or WebP" in office.fails(2, "plan", "add", "x", "--image", str(drawing))
    assert "No such file" in office.fails(2, "plan", "add", "x", "--image", str(tmp_path / "none.png"))


# -- webhooks


def test_a_webhook_is_entered_shown_changed_and_deleted(office: Freeseat) -> None:
    added = office.json(*HOOK, "--kinds", "logged_in, logged_out", "--disabled")
    assert (added["kinds"], added["enabled"], added["behind"], added["log"]) == (
        ["logged_in", "logged_out"],
        False,
        0,
        [],
    )
    assert len(added["secret"]) >= 43
    changed = office.json("webhook", "change", "crm", "--enabled", "--kinds", "", "--name", "erp")
    assert (changed["kinds"], changed["enabled"], changed["name"]) == ([], True, "erp")
    assert "secret" not in changed
    assert "ok" in office.do("webhook", "list")
    assert office.json("webhook", "test", "erp")["position"] > 0
    assert office.json("webhook", "show", "erp")["behind"] > 0
    office.do("webhook", "skip", "erp")
    assert office.json("webhook", "show", "erp")["behind"] == 1
    assert "no deliveries yet" in office.do("webhook", "show", "erp")
    office.do("webhook", "delete", "erp")
    assert office.fails(2, "webhook", "show", "erp") == "there is no webhook erp"
    assert "No webhooks" in office.do("webhook", "list")


def test_a_webhooks_secret_can_be_given_and_rotated_but_never_read(office: Freeseat) -> None:
    given: Any = office.json(*HOOK, "--secret", "-", stdin="a secret of ours, long\n")
    assert "secret" not in given

    def sealed() -> str:
        return office.write(lambda tx: tx.vault.open(webhook_of(tx, "crm").secret))

    assert sealed() == "a secret of ours, long"
    made = office.json("webhook", "secret", "crm")["secret"]
    assert sealed() == made
    for shown in (office.do("webhook", "show", "crm"), office.do("events", "list", "--json")):
        assert made not in shown
    assert "16 to 200" in office.fails(2, "webhook", "secret", "crm", "--secret", "short")


@pytest.mark.parametrize(
    ("option", "value", "right"),
    [
        ("--url", "crm.example", "write a URL"),
        ("--kinds", "birthday", "use some of"),
        ("--name", "", "must not be empty"),
    ],
)
def test_a_webhook_is_checked(office: Freeseat, option: str, value: str, right: str) -> None:
    office.do(*HOOK)
    assert right in office.fails(2, "webhook", "change", "crm", option, value)


def test_where_webhooks_may_go_is_policy(office: Freeseat) -> None:
    office.do("policy", "set", "webhook_networks=10.0.0.0/8,127.0.0.1/32")
    assert office.json("policy", "show")["webhook_networks"] == ["10.0.0.0/8", "127.0.0.1/32"]
    assert "write a network" in office.fails(2, "policy", "set", "webhook_networks=everywhere")
