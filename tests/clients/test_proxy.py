"""All clients against a plain Kamailio: registering by every transport, calls with sound both ways, sipp, raw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest

from tests.clients import audio, sipp
from tests.clients.account import Account, Answer, Transport
from tests.clients.baresip import Baresip
from tests.clients.proxy import Proxy
from tests.clients.raw import CallRefusedError, RawPhone
from tests.clients.sipp import Credentials, Sipp
from tests.clients.waiting import until

pytestmark = pytest.mark.sip


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with Proxy() as running:
        yield running


def account(proxy: Proxy, user: str, transport: Transport = "udp", password: str | None = None) -> Account:
    port = proxy.tls_port if transport == "tls" else proxy.port
    return Account(user, f"secret-{user}" if password is None else password, (proxy.ip, port), transport)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_phone_registers_is_called_and_heard(proxy: Proxy, transport: Transport) -> None:
    with Baresip("127.0.0.2", tone=500) as desk, Baresip("127.0.0.3", tone=900) as caller:
        assert desk.register(account(proxy, "3001", transport)).code == 200
        assert caller.register(account(proxy, "3002")).code == 200
        caller.dial("3001")
        assert desk.ringing().peer.startswith("sip:3002@")
        desk.answer()
        caller.hear(500)
        desk.hear(900)
        shown = desk.last_invite().address("p-asserted-identity")
        assert shown is not None
        assert (shown.display, shown.user) == ("Desk", "2019")
        desk.hang_up()
        assert caller.closed().code == 999
        desk.unregister()
        assert caller.refused("3001") == Answer(404, "Nobody Here")


def test_a_phone_registers_again_as_somebody_else(proxy: Proxy) -> None:
    with Baresip() as phone:
        for user in ("3001", "3002", "3001"):
            assert phone.register(account(proxy, user)).code == 200
        assert phone.register(account(proxy, "refused")) == Answer(403, "Not You")


def test_a_wrong_password_is_an_answer_and_not_an_endless_loop(proxy: Proxy) -> None:
    with Baresip() as phone:
        assert phone.register(account(proxy, "3001", password="wrong")).code != 200


def test_an_instance_is_sent(proxy: Proxy) -> None:
    with Baresip(instance="11111111-2222-3333-4444-555555555555") as phone:
        phone.register(account(proxy, "3001"))
        register = next(message for message in phone.sent() if message.method == "REGISTER")
        assert '+sip.instance="<urn:uuid:11111111-2222-3333-4444-555555555555>"' in register.require("contact")


def test_a_call_is_transferred(proxy: Proxy) -> None:
    with (
        Baresip("127.0.0.2", tone=500) as one,
        Baresip("127.0.0.3", tone=900) as two,
        Baresip("127.0.0.4", tone=1_500) as three,
    ):
        for phone, user in ((one, "3001"), (two, "3002"), (three, "3003")):
            phone.register(account(proxy, user))
            phone.answer_by_itself(True)
        one.call("3002")
        one.transfer(f"sip:3003@{proxy.ip}:{proxy.port}")
        three.hear(900)
        two.hear(1_500)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_raw_registers_calls_and_keys_digits_by_info(proxy: Proxy, transport: Literal["udp", "tcp"]) -> None:
    with Baresip("127.0.0.2", tone=500, answer="auto") as desk:
        desk.register(account(proxy, "3001"))
        with RawPhone((proxy.ip, proxy.port), "3009", "secret-3009", ip="127.0.0.9", transport=transport) as phone:
            assert phone.register("wrong").code == 401
            assert phone.register().code == 200
            call = phone.call("3001")
            call.digits("4711#")
            assert desk.heard_digits(5) == "4711#"
            assert audio.share_of_tone(audio.tail(call.listen(0.4), 0.2), 500) > 0.9
            call.hang_up()
            assert desk.closed().code == 999
            with pytest.raises(CallRefusedError, match="404"):
                phone.call("9999")
            assert phone.unregister().code == 200


def test_raw_repeats_itself_exactly(proxy: Proxy) -> None:
    with RawPhone((proxy.ip, proxy.port), "3001", "secret-3001") as phone:
        request = phone.register_request(phone.credentials(phone.challenge()))
        assert [phone.ask(request).code, phone.ask(request).code] == [200, 200]


def test_sipp_registers_a_hundred_and_takes_them_away(proxy: Proxy) -> None:
    people = [Credentials(str(number), f"secret-{number}") for number in range(4000, 4100)]
    server = (proxy.ip, proxy.port)
    for scenario in ("register", "unregister"):
        outcome = sipp.run(scenario, server, calls=100, rate=200, people=people, values={"expires": "500"})
        assert outcome.ok, outcome.problems
        assert outcome.succeeded == 100


def test_sipp_calls_sipp(proxy: Proxy) -> None:
    server = (proxy.ip, proxy.port)
    with Sipp("uas", server, calls=20) as answering, RawPhone(server, "5000", "secret-5000") as phone:
        there = f"<sip:5000@{answering.ip}:{answering.port}>"
        right = phone.credentials(phone.challenge())
        assert phone.ask(phone.register_request(right, contact=there)).code == 200
        outcome = sipp.run(
            "uac", server, calls=20, rate=50, people=[Credentials("5001", "")], values={"target": "5000"}
        )
        assert outcome.ok, outcome.problems
        assert answering.finish().succeeded == 20


def test_sipp_says_what_went_wrong(proxy: Proxy) -> None:
    outcome = sipp.run("uac", (proxy.ip, proxy.port), people=[Credentials("1", "")], values={"target": "9999"})
    assert (outcome.ok, outcome.succeeded, outcome.failed) == (False, 0, 1)
    assert "404 Nobody Here" in outcome.problems


def test_a_killed_phone_sends_nothing_more(proxy: Proxy) -> None:
    phone = Baresip().start()
    phone.register(account(proxy, "3100"))
    phone.kill()
    with Baresip() as caller:
        caller.register(account(proxy, "3101"))
        caller.dial("3100")
        until(lambda: any(message.code == 100 for message in caller.received()) or None, "the call is on its way")
        caller.quiet("CALL_CLOSED")


def test_a_phone_switched_off_properly_is_gone_at_once(proxy: Proxy) -> None:
    phone = Baresip().start()
    phone.register(account(proxy, "3200"))
    phone.stop()
    with Baresip() as caller:
        caller.register(account(proxy, "3201"))
        assert caller.refused("3200").code == 404
