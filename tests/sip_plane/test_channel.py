"""The control plane's connection: big puts do not hold up those who wait (budgets *rebuild*, *change -> table*)."""

from __future__ import annotations

import asyncio
import time

import pytest

from freeseat.edge.switch.channel import Answer, Ask, Channel, Disconnected, Entries
from tests.clients.raw import RawPhone
from tests.clients.waiting import until
from tests.sip_plane.plane import Plane, phone, right_is_admitted, user

pytestmark = pytest.mark.sip


def test_big_put_goes_fast_and_asks_are_answered_meanwhile(plane: Plane) -> None:
    """100,000 entries in well under 20 s; an ask in the middle of it waits 50 ms at most (here: with slack)."""
    entry = user("70000", places="3001", name="Somebody Somewhere")
    plane.put({"2019": user("2019")})
    plane.answer = right_is_admitted
    assert plane.channel is not None
    started = time.monotonic()
    work = asyncio.run_coroutine_threadsafe(
        plane.channel.put(Entries({str(700000 + i): entry for i in range(30000)}), 99), plane._loop
    )
    waits = []
    with plane.phone("2019", "1234") as desk:
        while not work.done():
            challenge = desk.challenge()
            asked = time.monotonic()
            assert desk.ask(desk.register_request(desk.credentials(challenge))).code == 200
            waits.append(time.monotonic() - asked)
    work.result()
    print(f"{max(waits):.3f} s longest, {sorted(waits)[len(waits) // 2]:.4f} s median wait of {len(waits)}")
    rate = 30000 / (time.monotonic() - started)
    print(f"{rate:.0f} entries/s")
    assert rate > 5000, f"{rate:.0f} entries a second"
    assert sorted(waits)[len(waits) // 2] < 0.1, waits
    with plane.phone("729999", "0") as desk:
        desk.register()
    assert plane.asks[-1].verdict == "wrong", "the last entry is there"


def test_drop_and_clear(plane: Plane) -> None:
    assert plane.channel is not None
    plane.put({"3001": phone("3001"), "3002": phone("3002")})
    plane.run(plane.channel.put(Entries(drop_numbers=["3001"]), 5))
    with plane.phone("3001") as gone, plane.phone("3002") as there:
        assert (gone.register().code, there.register().code) == (403, 200)
        plane.run(plane.channel.clear())
        until(lambda: there.ask(there.register_request()).code == 503, "without tables nobody is judged")
    plane.put({"3002": phone("3002")}, {"ready": "1", "alive": f"{time.time() + 3600}"})


def test_stale_heartbeat_means_no_control_plane(plane: Plane) -> None:
    plane.put({"2019": user("2019")})
    assert plane.channel is not None
    plane.run(plane.channel.beat(time.time() - 10))
    with plane.phone("2019", "1234") as desk:
        until(lambda: desk.register().code == 503, "the heartbeat is too old")
        plane.run(plane.channel.beat(time.time() + 3600))
        until(lambda: desk.register().code == 200, "the heartbeat is fresh")


def test_put_fails_where_there_is_no_kamailio() -> None:
    async def try_it() -> None:
        async def never(ask: Ask) -> Answer:
            raise AssertionError(ask)

        channel = Channel("127.0.0.1", 9, "secret", on_ask=never)
        await channel.start()
        with pytest.raises(Disconnected):
            await channel.put(Entries({"1": "P"}), 1)
        assert not channel.is_connected
        await channel.close()

    asyncio.run(try_it())


def test_wrong_secret_is_not_let_in(plane: Plane) -> None:
    async def try_it() -> None:
        async def never(ask: Ask) -> Answer:
            raise AssertionError(ask)

        host, _, port = plane.settings.evapi.partition(":")
        channel = Channel(host, int(port), "wrong", on_ask=never)
        await channel.start()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await channel.connected()
        await channel.close()

    asyncio.run(try_it())
    assert "event=control_refused" in plane.log.read_text()


def test_asks_are_answered_at_a_good_rate(plane: Plane) -> None:
    """Budget: 500 desk logins by REGISTER a second; here only the way there and back, one after the other."""
    plane.put({"2019": user("2019")})
    plane.answer = right_is_admitted
    with RawPhone(("127.0.0.1", plane.port), "2019", "1234") as desk:
        waits = []
        for _ in range(50):
            request = desk.register_request(desk.credentials(desk.challenge()))
            started = time.monotonic()
            assert desk.ask(request).code == 200
            waits.append(time.monotonic() - started)
    assert sorted(waits)[25] < 0.03, waits
