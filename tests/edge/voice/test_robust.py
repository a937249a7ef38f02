"""Nothing that arrives stops voice, and nothing leaks: torture, mutations, many quick calls, sipp."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from freeseat.edge.voice.server import VoiceServer, VoiceSettings
from freeseat.edge.voice.softphone import Account, Softphone
from tests.clients import sipp
from tests.clients.raw import RawPhone
from tests.clients.sipp import Credentials
from tests.clients.waiting import until
from tests.edge.voice.conftest import Office, becomes, calling, headers

TORTURE = Path(__file__).parents[2] / "data" / "torture"
INVITE = b"""INVITE sip:*45@127.0.0.1 SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%d;rport\r
Max-Forwards: 70\r
From: "Desk" <sip:3001@127.0.0.1>;tag=a%d\r
To: <sip:*45@127.0.0.1>\r
Call-ID: torture-%d\r
CSeq: 1 INVITE\r
Contact: <sip:3001@127.0.0.1:%d>\r
Record-Route: <sip:127.0.0.1;lr>\r
Session-Expires: 1800;refresher=uac\r
Supported: timer\r
X-Freeseat-Code: login\r
X-Freeseat-Source: 127.0.0.1\r
Content-Type: application/sdp\r
Content-Length: 132\r
\r
v=0\r
o=- 1 1 IN IP4 127.0.0.1\r
s=-\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=audio 9 RTP/AVP 0 101\r
a=rtpmap:101 telephone-event/8000\r
a=sendrecv\r
"""


def alive(server: VoiceServer) -> bool:
    with RawPhone(server.address) as phone:
        answer = phone.options(5)
        return answer is not None and answer.code == 200


def messages() -> list[bytes]:
    """Every torture message there is (RFC 4475 and others), and one good INVITE."""
    files = sorted(TORTURE.glob("*.dat")) if TORTURE.is_dir() else []
    return [*(file.read_bytes() for file in files), INVITE % (9, 1, 1, 1, 9)]


def mutated(message: bytes, chance: random.Random) -> bytes:
    """The message with a few bytes, lines or its end changed."""
    data = bytearray(message)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[at : at + chance.randrange(1, 20)]
            case 2:
                data[at:at] = chance.choice([b"\r\n", b";", b'"', b"<", b"%00", b"\0", b"@", b"[::1]", b"99999999999"])
            case 3:
                lines = bytes(data).split(b"\r\n")
                lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
                data = bytearray(b"\r\n".join(lines))
            case _:
                data = data[: max(32, at)] if chance.randrange(4) == 0 else data
        if not data:
            data = bytearray(message)
    return bytes(data)


def test_no_message_stops_it(running: VoiceServer) -> None:
    """RFC 4475 and mutations of it: a normal request is answered after each batch."""
    chance = random.Random(4475)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        originals = messages()
        for message in originals:
            sender.sendto(message[:9000], running.address)
        assert alive(running)
        for _batch in range(10):
            for _ in range(100):
                sender.sendto(mutated(chance.choice(originals), chance)[:9000], running.address)
            assert alive(running)


def test_no_rtp_packet_stops_it(settings: VoiceSettings, office: Office) -> None:
    async def scene() -> None:
        chance = random.Random(3550)
        async with calling(settings, office) as (_server, phone):
            call = await phone.call("*45", headers("login"))
            stream = call.leg.stream
            assert stream is not None
            assert stream._peer is not None
            await becomes(lambda: call.heard().packets > 2, "audio")
            for size in (0, 1, 11, 12, 13, 20, 200):
                for kind in (0, 101, 0x80, 200):
                    first = chance.choice([0x80, 0x9F, 0xBF, 0x00])
                    packet = struct.pack("!BBHII", first, kind, 1, chance.getrandbits(32), 7)
                    stream._socket.sendto((packet + chance.randbytes(200))[:size], stream._peer)
            await call.press("2019#1234#2", milliseconds=40)
            await becomes(lambda: office.places == {"2019": "3001"}, "the login")

    asyncio.run(scene())


def test_no_key_reaches_a_log(
    settings: VoiceSettings, office: Office, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Not in what voice logs, nor in what the SIP library prints of a message it cannot read."""
    office.pins["2019"] = "80537"
    broken = INVITE.replace(b"Content-Length: 132", b"Content-Length: 999").replace(b"a=sendrecv", b"Signal=80537")

    async def scene() -> None:
        with caplog.at_level(0):
            async with calling(settings, office) as (server, phone):
                call = await phone.call("*45", headers("login"))
                await call.press("2019#")
                await call.press("80537#")
                by_info = await phone.call("*45", headers("login", "2019"))
                await by_info.press_by_info("80537#2")
                await becomes(lambda: office.asked.count("verify") == 2, "both PINs are checked")
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    sender.sendto(broken % (9, 7, 7, 7, 9), server.address)
                    sender.sendto(b"SIP/2.0 200 OK\r\nSignal=80537: 80537\r\n\r\n80537\r\n", server.address)
                await phone.call("*34", headers("locate", "2019"))

    asyncio.run(scene())
    written = capfd.readouterr()
    assert "call ended" in written.out
    assert "80537" not in written.out + written.err + caplog.text


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_five_hundred_quick_calls_leave_nothing_behind(settings: VoiceSettings, office: Office) -> None:
    async def scene() -> None:
        async with calling(replace(settings, most_calls=1000), office) as (server, phone):
            warm = await phone.call("*45", headers("login"))
            warm.hang_up()
            await becomes(lambda: server.calls == 0, "the first call is over")
            before, tasks, threads = descriptors(), len(asyncio.all_tasks()), threading.active_count()
            for _ in range(25):
                calls = await asyncio.gather(*(phone.call("*45", headers("login")) for _ in range(20)))
                for call in calls:
                    call.hang_up()
            await becomes(lambda: server.calls == 0 and server.open_transactions == 0, "all calls are over", 10)
            assert phone._agent.legs == {}
            await becomes(lambda: len(asyncio.all_tasks()) == tasks, "no task is left")
            assert (descriptors(), threading.active_count()) == (before, threads)
            assert len(server._pacer) == 0

    asyncio.run(scene())


@pytest.mark.sip
def test_sipp_calls_and_hangs_up(running: VoiceServer) -> None:
    outcome = sipp.run(
        "uac", running.address, calls=50, rate=50, people=[Credentials("3001", "")], values={"target": "*99"}
    )
    assert outcome.failed == 50, "a call without the headers of Kamailio has no menu"
    assert "404 Not Found" in outcome.problems
    until(lambda: running.open_transactions == 0, "nothing is left", 10)


def test_servers_come_and_go(settings: VoiceSettings, office: Office) -> None:
    """Opening and closing twenty times leaves no thread or descriptor."""

    async def once() -> None:
        async with calling(settings, office) as (server, phone), Softphone(Account("1", "", server.address)):
            await phone.call("*45", headers("login"))

    asyncio.run(once())
    before = descriptors(), threading.active_count()
    for _ in range(20):
        asyncio.run(once())
    assert (descriptors(), threading.active_count()) == before
