"""Webhooks: in order, signed, tried again, given up after a day; one process at a time (R10.5)."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from freeseat.application.webhooks.delivering import LEASE, Due, Outlook, delivered, next_delivery, outlooks
from freeseat.application.webhooks.directory import (
    WebhookSeen,
    add_webhook,
    change_webhook,
    delete_webhook,
    rotate_secret,
    send_test,
    skip_to_now,
    webhook_seen,
)
from freeseat.domain.errors import Clash, InvalidValue, NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.webhooks import LOG_KEPT, Webhook, body_of, may_be_told, retry_seconds, signature
from tests.application.office import ADMIN, PIN, Office

SECRET = "a secret of at least sixteen"
LOGINS = (Kind.LOGGED_IN, Kind.LOGGED_OUT)


class Hooks:
    """The office with the webhook *crm*, which wants logins and logouts."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.add("crm", LOGINS)

    def add(self, name: str, kinds: tuple[Kind, ...] = (), url: str = "https://crm.example/hook") -> Webhook:
        hook = Webhook(0, name, url, kinds=kinds)
        return self.office.write(lambda tx: add_webhook(tx, hook, SECRET, ADMIN, self.office.now))

    def alter(self, name: str = "crm", /, **changes: Any) -> Webhook:
        return self.office.write(lambda tx: change_webhook(tx, name, changes, ADMIN, self.office.now))

    def seen(self, name: str = "crm") -> WebhookSeen:
        return self.office.read(lambda tx: webhook_seen(tx, name))

    def due(self, name: str = "crm", owner: str = "one") -> Due | None:
        hook_id = self.seen(name).hook.id
        return self.office.write(lambda tx: next_delivery(tx, hook_id, owner, self.office.now))

    def next(self, name: str = "crm", owner: str = "one") -> Due:
        due = self.due(name, owner)
        assert due is not None
        return due

    def ends(self, due: Due, status: int = 200, error: str = "", owner: str = "one") -> bool:
        now = self.office.now
        made = self.office.write(lambda tx: delivered(tx, due, owner, status, error, 0.1, now))
        return made is not None and made.taken

    def kinds(self, name: str = "crm") -> list[str]:
        """Take everything; what it was."""
        found = []
        while (due := self.due(name)) is not None:
            found.append(json.loads(due.body)["kind"])
            assert self.ends(due)
        return found

    def outlook(self, owner: str = "one") -> Outlook:
        (outlook,) = self.office.read(lambda tx: outlooks(tx, owner, self.office.now))
        return outlook


@pytest.fixture
def hooks(office: Office) -> Hooks:
    return Hooks(office)


def test_what_happens_is_told_in_order_and_once(hooks: Hooks) -> None:
    """Nothing of what was before the hook; kinds it does not want are passed over."""
    assert hooks.kinds() == []
    hooks.office.login("2019", "3001")
    hooks.office.bind("3001")
    hooks.office.login("2020", "3001")
    assert hooks.kinds() == ["logged_in", "logged_out", "logged_in"]
    assert hooks.kinds() == []
    seen = hooks.seen()
    assert (seen.behind, len(seen.log)) == (0, 3)
    assert [made.position for made in seen.log] == sorted((made.position for made in seen.log), reverse=True)


def test_without_kinds_everything_is_told(hooks: Hooks) -> None:
    hooks.add("all")
    hooks.office.login("2019", "3001")
    hooks.alter(enabled=False)
    assert hooks.kinds("all") == ["logged_in", "webhook_changed"]


def test_the_body_has_all_that_is_in_the_feed(hooks: Hooks) -> None:
    login = hooks.office.login("2019", "3001")
    due = hooks.next()
    assert json.loads(due.body) == {
        "id": f"evt_{login.position}",
        "position": login.position,
        "at": "2026-03-02T09:00:00Z",
        "kind": "logged_in",
        "actor": {"who": "2019", "source": "10.0.0.1", "channel": "voice"},
        "user": "2019",
        "phone": "3001",
        "data": {"login": login.login.id, "method": "menu", "place": "3001"},
    }


def test_secrets_and_pins_are_never_told(hooks: Hooks) -> None:
    """Whatever a use case wrote down, and not even the name in which a test is wrapped."""
    hooks.add("all")
    hooks.office.user("2021")
    hooks.office.write(lambda tx: rotate_secret(tx, "crm", "another secret of ours", ADMIN, hooks.office.now))
    told = b""
    while (due := hooks.due("all")) is not None:
        told += due.body
        assert SECRET not in repr(due)
        hooks.ends(due)
    for secret in (PIN, SECRET, "another secret", "s3cret"):
        assert secret.encode() not in told
    event = Event(hooks.office.now, Kind.POLICY_CHANGED, ADMIN, data={"changes": {"pin": "1"}, "l": [{"token": "2"}]})
    assert json.loads(body_of(event))["data"] == {"changes": {"pin": "***"}, "l": [{"token": "***"}]}


def test_the_signature_can_be_checked_by_the_other_side() -> None:
    """RFC 2104 over `<t>.<body>`."""
    body = b'{"id":"evt_1"}'
    right = hmac.new(SECRET.encode(), b"1700000000." + body, sha256).hexdigest()
    assert signature(SECRET, 1_700_000_000, body) == f"t=1700000000,v1={right}"


def test_a_failure_is_tried_again_with_back_off_and_keeps_the_order(hooks: Hooks) -> None:
    hooks.office.login("2019", "3001")
    hooks.office.login("2020", "3002")
    first = hooks.next()
    assert not hooks.ends(first, 500, "Internal Server Error")
    assert hooks.due() is None
    outlook = hooks.outlook()
    assert (outlook.due, outlook.next_at) == (False, hooks.office.now + timedelta(seconds=2))
    hooks.office.later(2)
    again = hooks.next()
    assert again.position == first.position
    assert not hooks.ends(again, 0, "no answer")
    hooks.office.later(3.9)
    assert hooks.due() is None
    hooks.office.later(0.1)
    assert hooks.ends(hooks.next())
    assert hooks.next().position > first.position
    progress = hooks.seen().progress
    assert (progress.attempts, progress.failing_since, progress.next_at) == (0, None, None)
    assert [made.status for made in hooks.seen().log] == [200, 0, 500]


def test_the_back_off_is_capped() -> None:
    assert [retry_seconds(attempts) for attempts in (1, 2, 3, 9, 10, 50, 1000)] == [2, 4, 8, 512, 900, 900, 900]


def test_after_a_day_of_failures_it_is_disabled_with_an_event(hooks: Hooks) -> None:
    hooks.office.login("2019", "3001")
    hooks.ends(hooks.next(), 503, "Service Unavailable")
    hooks.office.later(86_399)
    hooks.ends(hooks.next(), 503, "Service Unavailable")
    assert hooks.seen().hook.enabled
    hooks.office.later(900)
    hooks.ends(hooks.next(), 503, "Service Unavailable")
    assert not hooks.seen().hook.enabled
    (event,) = hooks.office.events(Kind.WEBHOOK_GAVE_UP)
    assert (event.data["webhook"], event.data["error"]) == ("crm", "Service Unavailable")
    assert hooks.office.read(lambda tx: outlooks(tx, "one", hooks.office.now)) == []
    hooks.alter(enabled=True)
    assert hooks.kinds() == ["logged_in"]


def test_one_process_delivers_at_a_time(hooks: Hooks) -> None:
    """Where it dies another goes on, and the event is told again."""
    hooks.office.login("2019", "3001")
    first = hooks.next(owner="one")
    assert hooks.due(owner="two") is None
    assert hooks.outlook("two") == Outlook(first.hook_id, False, hooks.office.now + LEASE)
    hooks.office.later(LEASE.total_seconds())
    again = hooks.next(owner="two")
    assert again.position == first.position
    assert not hooks.ends(first, owner="one")
    assert hooks.ends(again, owner="two")
    assert hooks.due(owner="one") is None


def test_a_test_is_told_once_and_only_to_its_hook(hooks: Hooks) -> None:
    hooks.add("other")
    position = hooks.office.write(lambda tx: send_test(tx, "crm", ADMIN, hooks.office.now))
    due = hooks.next()
    assert (due.kind, due.position) == (Kind.WEBHOOK_TESTED, position)
    hooks.ends(due, 404, "Not Found")
    assert hooks.due() is None
    assert hooks.seen().progress.failing_since is None
    assert hooks.kinds("other") == []


def test_what_it_missed_can_be_skipped(hooks: Hooks) -> None:
    hooks.office.login("2019", "3001")
    hooks.ends(hooks.next(), 500)
    hooks.office.write(lambda tx: skip_to_now(tx, "crm", ADMIN, hooks.office.now))
    hooks.office.login("2020", "3002")
    assert hooks.next().body.find(b'"2020"') > 0


def test_the_log_keeps_the_newest(hooks: Hooks) -> None:
    for _ in range(LOG_KEPT + 3):
        hooks.office.login("2019", "3001")
        hooks.office.logout("3001")
    assert len(hooks.kinds()) == 2 * (LOG_KEPT + 3)
    assert len(hooks.office.read(lambda tx: tx.deliveries.list())) == LOG_KEPT


def test_many_unwanted_events_are_passed_over_at_once(hooks: Hooks) -> None:
    def many(tx: Any) -> None:
        for _ in range(1200):
            tx.events.append(Event(hooks.office.now, Kind.POLICY_CHANGED, ADMIN))

    hooks.office.write(many)
    assert hooks.due() is None
    assert hooks.seen().behind == 0


def test_the_secret_is_sealed_and_can_be_rotated(hooks: Hooks) -> None:
    hooks.office.login("2019", "3001")
    assert hooks.next().secret == SECRET
    hooks.office.write(lambda tx: rotate_secret(tx, "crm", "another secret of ours", ADMIN, hooks.office.now))
    assert hooks.next().secret == "another secret of ours"
    assert b"secret of ours" not in hooks.seen().hook.secret
    with pytest.raises(InvalidValue) as refused:
        hooks.office.write(lambda tx: rotate_secret(tx, "crm", "short", ADMIN, hooks.office.now))
    assert "short" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "", "crm.example", "ftp://crm.example/", "https:///x", "https://user@crm.example/", "https://crm.example/#x",
        "https://crm.example:99999/", "https://crm.example/a b", "https://[::1/", "https://crm.exämple/",
        "https://crm.example/" + "x" * 500, "http://crm.example:0/",
    ],
)  # fmt: skip
def test_urls_are_checked(hooks: Hooks, url: str) -> None:
    with pytest.raises(InvalidValue):
        hooks.alter(url=url)


def test_a_hook_is_entered_changed_and_deleted(hooks: Hooks) -> None:
    with pytest.raises(Clash):
        hooks.add("crm")
    with pytest.raises(InvalidValue):
        hooks.alter(secret=b"x")
    assert hooks.alter(name="erp", kinds=()).kinds == ()
    hooks.office.write(lambda tx: delete_webhook(tx, "erp", ADMIN, hooks.office.now))
    with pytest.raises(NotFound):
        hooks.seen("erp")
    assert hooks.office.read(lambda tx: (tx.webhook_progress.list(), tx.deliveries.list())) == ([], [])


@pytest.mark.parametrize(
    ("scheme", "address", "told"),
    [
        ("https", "93.184.215.14", True), ("https", "10.1.2.3", True), ("https", "fd12::1", True),
        ("https", "2606:2800:21f::1", True), ("https", "127.0.0.1", False), ("https", "::1", False),
        ("https", "169.254.169.254", False), ("https", "fe80::1%eth0", False), ("https", "0.0.0.0", False),
        ("https", "::ffff:127.0.0.1", False), ("https", "::ffff:169.254.169.254", False),
        ("https", "64:ff9b::7f00:1", False), ("https", "2002:7f00:1::", False), ("https", "224.0.0.1", False),
        ("https", "fd00:ec2::254", False), ("https", "100.100.100.200", False), ("https", "240.0.0.1", False),
        ("http", "93.184.215.14", False), ("http", "10.1.2.3", False), ("https", "crm.example", False),
        ("http", "192.168.7.9", True), ("https", "127.0.0.9", False),
    ],
)  # fmt: skip
def test_where_hooks_may_go(scheme: str, address: str, told: bool) -> None:
    """Never where a server keeps its own secrets, in whatever spelling, unless an administrator says so."""
    assert may_be_told(scheme, address, ("192.168.7.0/24",)) is told
    assert may_be_told("http", "127.0.0.1", ("127.0.0.0/8",))


def test_networks_of_the_policy_are_checked(hooks: Hooks) -> None:
    with pytest.raises(InvalidValue, match="network"):
        hooks.office.policy(webhook_networks=("everywhere",))
    hooks.office.policy(webhook_networks=("10.0.0.0/8",))
    hooks.office.login("2019", "3001")
    assert hooks.next().networks == ("10.0.0.0/8",)
