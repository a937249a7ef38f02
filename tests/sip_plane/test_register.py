"""REGISTER: phones are judged by Kamailio, people by the control plane (R2.2, R2.15, R4.1)."""

from __future__ import annotations

import time

import pytest

from freeseat.edge.switch.channel import Answer, Ask
from freeseat.edge.switch.journal import Bound, Unbound
from tests.clients.raw import RawPhone, fresh
from tests.clients.sip import Challenge
from tests.clients.waiting import until
from tests.sip_plane.plane import Plane, phone, right_is_admitted, user

pytestmark = pytest.mark.sip


@pytest.fixture(autouse=True)
def _directory(plane: Plane) -> None:
    plane.answer = right_is_admitted
    plane.put({"3001": phone("3001"), "2019": user("2019"), "2020": user("2020", pin="")})


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_phone_registers_with_md5_and_is_journalled_once(plane: Plane, transport: str) -> None:
    number = "31" + transport
    plane.put({number: phone(number)})
    with plane.phone(number, transport=transport) as desk:
        for _ in range(3):
            answer = desk.register()
            assert answer.code == 200, answer
            assert "expires=500" in answer.require("contact")
    (line,) = plane.lines(Bound, aor=number)
    assert (line.contact, line.source, line.user_agent) == (desk.contact, "127.0.0.1", "raw")
    assert 499 <= line.granted <= 500, "whole seconds, and one may begin meanwhile"
    assert line.socket == f"{transport}:127.0.0.1:{plane.port}"
    assert (line.received != "") == (transport == "tcp"), "a phone on a connection is reached through it"


def test_phone_registers_with_sha256(plane: Plane) -> None:
    with plane.phone("3001") as desk:
        first = desk.ask(desk.register_request())
        offered = [Challenge.parse(value) for value in first.all("www-authenticate")]
        assert [challenge.algorithm for challenge in offered] == ["MD5", "SHA-256"], "R4.1: both, MD5 first by default"
        assert all("auth" in challenge.qop for challenge in offered)
        right = desk.credentials(offered[1])
        assert desk.ask(desk.register_request(right)).code == 200
        wrong = desk.credentials(offered[1], "wrong")
        assert desk.ask(desk.register_request(wrong)).code == 403
        forged = desk.credentials(Challenge(offered[1].realm, "1-0", "SHA-256", "auth", "", False))
        again = desk.ask(desk.register_request(forged))
        assert Challenge.parse(again.require("www-authenticate")).stale


def test_new_call_id_and_new_contact_are_journalled(plane: Plane) -> None:
    plane.put({"3101": phone("3101")})
    with plane.phone("3101") as desk:
        desk.register()
        desk.register(call_id="another@desk")
        desk.register(instance="00000000-0000-1000-8000-000000000001")
    assert len(plane.lines(Bound, 3, aor="3101")) == 3
    assert plane.lines(Bound, aor="3101", instance="urn:uuid:00000000-0000-1000-8000-000000000001")


def test_a_device_that_moves_replaces_its_binding(plane: Plane) -> None:
    plane.put({"3102": phone("3102")})
    mac = "00000000-0000-1000-8000-0000000000aa"
    with plane.phone("3102") as before, plane.phone("3102") as after:
        before.register(instance=mac)
        after.register(instance=mac)
        assert plane.lines(Unbound, aor="3102")[0] == Unbound(
            plane.lines(Unbound, aor="3102")[0].at, "3102", before.contact, "removed"
        )


@pytest.mark.parametrize("star", [False, True])
def test_phone_unregisters(plane: Plane, star: bool) -> None:
    number = f"32{star:d}1"
    plane.put({number: phone(number)})
    with plane.phone(number) as desk:
        desk.register()
        if star:
            challenge = desk.challenge()
            gone = desk.ask(desk.register_request(desk.credentials(challenge), expires=0, contact="*"))
        else:
            gone = desk.unregister()
        assert (gone.code, gone.header("contact")) == (200, None)
        (line,) = plane.lines(Unbound, aor=number)
        assert (line.contact, line.why) == (desk.contact, "unregistered")
        desk.register()
    assert len(plane.lines(Bound, 2, aor=number)) == 2


def test_wrong_secret_and_unknown_number_look_the_same(plane: Plane) -> None:
    """R2.15: nobody learns which numbers exist."""
    with plane.phone("3001", "wrong") as known, plane.phone("3999", "wrong") as unknown:
        first = [desk.ask(desk.register_request()) for desk in (known, unknown)]
        assert {answer.code for answer in first} == {401}
        assert [name for name, _ in first[0].headers] == [name for name, _ in first[1].headers]
        refused = [desk.register() for desk in (known, unknown)]
        assert [(answer.code, answer.reason) for answer in refused] == [(403, "Forbidden")] * 2
        assert [name for name, _ in refused[0].headers] == [name for name, _ in refused[1].headers]


def test_to_must_be_the_digest_user(plane: Plane) -> None:
    plane.put({"3103": phone("3103")})
    with plane.phone("3103", "s3001") as thief:
        assert thief.register(user="3001").code == 403


def test_guessing_gets_no_more_answers_and_shuts_nobody_out(plane: Plane) -> None:
    """R2.15: an attacker must not be able to lock out the rest, not even the phone he guesses at."""
    plane.put({"3104": phone("3104"), "3105": phone("3105")})
    with plane.phone("3104") as desk, plane.phone("3105") as neighbour:
        for _ in range(plane.settings.wrong_secret_limit):
            assert desk.register("wrong").code == 403
        desk.send(desk.register_request(desk.credentials(desk.challenge(), "wrong")))
        assert desk.receive(0.2) is None
        assert neighbour.register().code == 200
        assert desk.register().code == 200


def test_expiry_is_kept_within_bounds(plane: Plane) -> None:
    plane.put({"3106": phone("3106")})
    with plane.phone("3106") as desk:
        assert "expires=60" in desk.register(expires=5).require("contact")
        assert "expires=3600" in desk.register(expires=100000).require("contact")


def test_person_is_asked_with_all_there_is_to_know(plane: Plane) -> None:
    with plane.phone("2019", "1234") as desk:
        assert desk.ask(desk.register_request()).code == 401
        assert plane.asks == [], "R2.2: without a password nothing is asked"
        assert desk.register(instance="00000000-0000-1000-8000-000000000002").code == 200
        (ask,) = plane.asks
        assert (ask.user, ask.verdict, ask.source, ask.transport) == ("2019", "right", "127.0.0.1", "udp")
        assert (ask.contact, ask.call_id, ask.expires, ask.user_agent) == (desk.contact, desk.call_id, 500, "raw")
        assert ask.instance == "urn:uuid:00000000-0000-1000-8000-000000000002"
        assert plane.lines(Bound, aor="2019", call_id=desk.call_id)


@pytest.mark.parametrize(
    ("number", "pin", "verdict"), [("2019", "9999", "wrong"), ("2020", "1234", "unknown"), ("2999", "1", "unknown")]
)
def test_verdicts(plane: Plane, number: str, pin: str, verdict: str) -> None:
    with plane.phone(number, pin) as desk:
        assert desk.register().code == 403
    assert [ask.verdict for ask in plane.asks] == [verdict]


def test_granted_refresh_is_not_asked_and_anything_else_is(plane: Plane) -> None:
    with plane.phone("2019", "1234") as desk:
        plane.put({"2019": user("2019", places="2019", grant=desk.call_id, source="127.0.0.1")})
        answer = desk.register()
        assert (answer.code, plane.asks) == (200, [])
        assert "expires=600" in desk.register(expires=3600).require("contact"), "R2.2: at most 600 s"
        assert desk.register(call_id=fresh()).code == 200
        assert len(plane.asks) == 1, "another Call-ID is another login"
        assert desk.unregister().code == 200
        assert [ask.expires for ask in plane.asks] == [500, 0], "R2.2: unregistering logs out, so it is asked"
        assert plane.lines(Unbound, aor="2019", contact=desk.contact, why="unregistered")


def test_grant_counts_only_from_its_source(plane: Plane) -> None:
    with plane.phone("2019", "1234", ip="127.0.0.7") as thief:
        plane.put({"2019": user("2019", places="2019", grant=thief.call_id, source="127.0.0.1")})
        thief.register()
    assert [ask.source for ask in plane.asks] == ["127.0.0.7"]


def test_stale_nonce_is_challenged_again_and_never_asked(plane: Plane) -> None:
    """R2.15: a stale nonce is not a failure."""
    with plane.phone("2019", "1234") as desk:
        old = desk.challenge()
        other = "A" + old.nonce[1:-1] + ("a" if old.nonce[-1] != "a" else "b")
        answer = desk.ask(
            desk.register_request(desk.credentials(Challenge(old.realm, other, "MD5", "auth", "", False)))
        )
        assert answer.code == 401
        assert Challenge.parse(answer.require("www-authenticate")).stale
        assert plane.asks == []


def test_retransmission_is_absorbed_while_the_answer_is_awaited(plane: Plane) -> None:
    """R2.15: a retransmission is no second attempt."""
    held: list[Ask] = []

    def slow(ask: Ask) -> Answer:
        held.append(ask)
        time.sleep(0.15)
        return Answer(200, "OK", 300)

    plane.answer = slow
    with plane.phone("2019", "1234") as desk:
        request = desk.register_request(desk.credentials(desk.challenge()))
        for _ in range(3):
            desk.send(request)
        answers = [desk.receive(15, lambda got: got.code >= 200)]
        assert answers[0] is not None
        assert (answers[0].code, len(held)) == (200, 1)
        assert "expires=300" in answers[0].require("contact"), "what the control plane grants is granted"
        desk.send(request)
        assert desk.receive(15, lambda got: got.code == 200) is not None
        assert len(held) == 1


def test_refusal_carries_its_reason_and_retry_after(plane: Plane) -> None:
    plane.answer = lambda ask: Answer(503, "Later", retry_after=7)
    with plane.phone("2019", "1234") as desk:
        answer = desk.register()
    assert (answer.code, answer.reason, answer.header("retry-after")) == (503, "Later", "7")


def test_silent_control_plane_means_503(plane: Plane) -> None:
    plane.answer = lambda ask: None
    with plane.phone("2019", "1234") as desk:
        started = time.monotonic()
        answer = desk.register()
        assert (answer.code, answer.header("retry-after")) == (503, "5")
        assert time.monotonic() - started > 1.5


def test_without_control_plane_refreshes_go_on_and_new_people_wait(plane: Plane) -> None:
    """Budget *restart of the control plane*: no refresh fails, new logins are told to retry."""
    with plane.phone("3001") as desk, plane.phone("2019", "1234") as granted, plane.phone("2020", "1") as new:
        plane.put({"2019": user("2019", places="2019", grant=granted.call_id, source="127.0.0.1")})
        assert granted.register().code == 200
        plane.disconnect()
        try:
            until(lambda: new.register().header("retry-after") == "5", "Kamailio has seen the connection go")
            assert desk.register().code == 200
            assert granted.register().code == 200
        finally:
            plane.connect()
    assert plane.boots[-1].id == plane.boots[0].id
    assert plane.boots[-1].position > 0, "the tables are still there"


def test_control_plane_can_remove_bindings(plane: Plane) -> None:
    plane.put({"3107": phone("3107")})
    with plane.phone("3107") as one, plane.phone("3107") as two:
        one.register()
        two.register()
        assert plane.channel is not None
        plane.run(plane.channel.unbind([("3107", one.contact)]))
        assert plane.lines(Unbound, aor="3107", why="removed")[0].contact == one.contact
        answer = two.register()
        assert (len(answer.all("contact")), two.contact in answer.require("contact")) == (1, True)
        plane.run(plane.channel.unbind([("3107", "")]))
        assert len(plane.lines(Unbound, 2, aor="3107", why="removed")) == 2


def test_nobody_else_can_pose_as_the_control_plane(plane: Plane) -> None:
    host, _, port = plane.settings.evapi.partition(":")
    with RawPhone((host, int(port)), transport="tcp") as stranger:
        stranger.send(
            b'{"put": {"n": {"666": "P"}}, "serial": 1}\n{"hello": "control", "secret": "guess"}\n{"clear": true}\n'
        )
        stranger.send(b"x" * 100_000 + b"\n" + b'{"clear": true}\n')
        assert stranger.receive(0.3) is None
    with plane.phone("3001") as desk:
        assert desk.register().code == 200


def test_one_binding_too_many_replaces_the_oldest(plane: Plane) -> None:
    """A phone that changes its address often is not shut out by its own past."""
    plane.put({"3108": phone("3108")})
    most = plane.settings.max_contacts
    with plane.phone("3108") as desk:
        for number in range(most + 2):
            contact = f"<sip:3108@127.0.0.1:{20000 + number}>"
            right = desk.credentials(desk.challenge())
            answer = desk.ask(desk.register_request(right, contact=contact, expires=100 + number))
            assert answer.code == 200
        assert len(answer.require("contact").split(",")) == most
    gone = [line.contact for line in plane.lines(Unbound, 2, aor="3108", why="removed")]
    assert gone == ["sip:3108@127.0.0.1:20000", "sip:3108@127.0.0.1:20001"]
