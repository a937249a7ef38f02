"""The softphone: registering by digest, calls in both directions with audio, hold, refusal, against a real Kamailio."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest

from freeseat.edge.voice.digest import Challenge, credentials
from freeseat.edge.voice.endpoint import Endpoint, Handlers
from freeseat.edge.voice.messages import Address, Request
from freeseat.edge.voice.softphone import Account, CallFailed, OutgoingCall, PhoneCall, Softphone
from tests.clients.proxy import Proxy
from tests.edge.voice.conftest import becomes

pytestmark = pytest.mark.sip


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with Proxy() as running:
        yield running


def account(proxy: Proxy, number: str, password: str | None = None) -> Account:
    secret = f"secret-{number}" if password is None else password
    return Account(number, secret, (proxy.ip, proxy.port), f"{proxy.ip}:{proxy.port}")


async def connected(caller: Softphone, called: Softphone, number: str) -> tuple[PhoneCall, PhoneCall]:
    """An answered call: the caller's end and the other end."""
    leaving = asyncio.create_task(caller.call(number))
    arriving = await called.incoming()
    await arriving.answer()
    return await leaving, arriving


async def hears_tone(call: PhoneCall, hertz: float) -> None:
    await becomes(lambda: call.heard(hertz, 0.2).tone_share > 0.9, f"{hertz} Hz")


def test_it_registers_refreshes_and_unregisters(proxy: Proxy) -> None:
    async def scene() -> None:
        async with Softphone(account(proxy, "3001"), host="127.0.0.2") as phone:
            granted = await phone.register(120)
            assert granted.ok
            assert 100 < granted.expires <= 120
            assert (await phone.register(120)).ok
            gone = await phone.unregister()
            assert (gone.code, gone.expires) == (200, 0)

    asyncio.run(scene())


def test_a_wrong_password_is_refused(proxy: Proxy) -> None:
    async def scene() -> None:
        async with Softphone(account(proxy, "3001", "wrong"), host="127.0.0.2") as phone:
            assert (await phone.register()).code == 401
        async with Softphone(account(proxy, "refused"), host="127.0.0.2") as phone:
            refused = await phone.register()
            assert (refused.code, refused.reason) == (403, "Not You")

    asyncio.run(scene())


class Registrar:
    """A registrar of one page: challenges once with an algorithm, then grants one second."""

    def __init__(self, algorithm: str, password: str) -> None:
        self.algorithm, self.password = algorithm, password
        self.granted: list[str] = []
        self.endpoint: Endpoint

    async def open(self) -> Address:
        self.endpoint = await Endpoint.open("127.0.0.1", 0, Handlers(self.take))
        return self.endpoint.address

    def take(self, request: Request) -> None:
        given = request.header("authorization")
        cnonce = re.search(r'cnonce="(\w+)"', given)
        challenge = Challenge("here", "abc", self.algorithm, qop=True)
        if cnonce is None:
            asked = f'Digest realm="here", nonce="abc", qop="auth", algorithm={self.algorithm}'
            self.endpoint.respond(request, 401, "Unauthorized", headers=(("WWW-Authenticate", asked),))
            return
        uri = request.uri
        right = credentials(challenge, "2019", self.password, "REGISTER", uri, cnonce.group(1))
        if given != right:
            self.endpoint.respond(request, 403, "Forbidden")
            return
        self.granted.append(request.header("expires"))
        contact = (("Contact", f"{request.header('contact')};expires=1"),)
        self.endpoint.respond(request, 200, "OK", headers=contact)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_registration_is_refreshed_before_it_ends(algorithm: str) -> None:
    async def scene() -> None:
        registrar = Registrar(algorithm, "1234")
        account = Account("2019", "1234", await registrar.open())
        try:
            async with Softphone(account, host="127.0.0.1") as phone:
                granted = await phone.register(500)
                assert (granted.code, granted.expires) == (200, 1)
                await becomes(lambda: len(registrar.granted) > 1, "the refresh")
            assert registrar.granted == ["500", "500", "0"]
        finally:
            await registrar.endpoint.close()

    asyncio.run(scene())


def test_two_phones_talk(proxy: Proxy) -> None:
    """Through Kamailio: who calls, audio measured both ways, keys, hold, and the end."""

    async def scene() -> None:
        async with (
            Softphone(account(proxy, "3001"), host="127.0.0.2") as desk,
            Softphone(account(proxy, "3002"), host="127.0.0.3") as other,
        ):
            assert (await desk.register()).ok
            leaving, arriving = await connected(other, desk, "3001")
            assert (arriving.caller.name, arriving.caller.number) == ("Desk", "2019")
            leaving.say_tone(500, 5)
            arriving.say_tone(900, 5)
            await asyncio.gather(hears_tone(leaving, 900), hears_tone(arriving, 500))
            await becomes(lambda: arriving.heard().packets > 5, "packets")
            await leaving.press("47#")
            assert [arriving.keys.get_nowait() for _ in range(3)] == ["4", "7", "#"]
            assert (await arriving.hold()).code == 200
            await becomes(lambda: leaving.leg.held, "held")
            arriving.forget_heard()
            assert (await arriving.hold("sendrecv")).code == 200
            leaving.say_tone(700, 5)
            await hears_tone(arriving, 700)
            arriving.hang_up()
            assert (await leaving.wait_ended()).by == "remote"

    asyncio.run(scene())


def test_refused_cancelled_and_unknown(proxy: Proxy) -> None:
    async def scene() -> None:
        async with (
            Softphone(account(proxy, "3001"), host="127.0.0.2") as desk,
            Softphone(account(proxy, "3002"), host="127.0.0.3") as other,
        ):
            await desk.register()
            with pytest.raises(CallFailed, match="404"):
                await other.call("9999")
            busy = asyncio.create_task(other.call("3001"))
            (await desk.incoming()).reject(486, "Busy Here")
            with pytest.raises(CallFailed, match="486"):
                await busy
            given_up = other.dial("3001")
            arriving = await desk.incoming()
            assert (await asyncio.wait_for(given_up.ringing, 15)).code == 180
            given_up.hang_up()
            assert (await arriving.wait_ended()).reason == "cancelled"
            assert (await given_up.wait_ended()).code == 487
            assert isinstance(given_up.leg, OutgoingCall)
            with pytest.raises(CallFailed, match="408"):
                await other.call("3001", answer_within=0.1)

    asyncio.run(scene())
