"""The SIP user agent, spoken to by hand: answers, refusals, hold, timers, and who may speak (RFC 3261 and friends)."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import re
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from freeseat.edge.voice.server import VoiceServer, VoiceSettings
from tests.clients.ports import free_port
from tests.clients.raw import RawPhone, fresh
from tests.clients.sip import Message
from tests.clients.waiting import until
from tests.edge.voice.conftest import Office, background, headers

_HEARD_SECONDS = 15
OFFER = """v=0
o=- 1 1 IN IP4 {ip}
s=-
c=IN IP4 {ip}
t=0 0
m=audio {port} RTP/AVP {types}
a=rtpmap:101 telephone-event/8000
a={direction}
"""


class Caller:
    """A caller whose every message is written by hand, with an RTP socket."""

    def __init__(self, phone: RawPhone, ip: str = "127.0.0.1") -> None:
        self.phone = phone
        self.media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.media.bind((ip, 0))
        self.media.settimeout(_HEARD_SECONDS)
        self.call_id = fresh()
        self.to = f"<sip:*45@{phone.domain}>"
        self.target = f"sip:*45@{phone.domain}"
        self.answer: Message | None = None

    def close(self) -> None:
        with self.media:
            if self.answer is not None:
                self.phone.cseq += 2
                self.phone.ask(self.request("BYE"))

    def offer(self, types: str = "0 101", direction: str = "sendrecv", ip: str = "127.0.0.1", port: int = 0) -> bytes:
        text = OFFER.format(ip=ip, port=port or self.media.getsockname()[1], types=types, direction=direction)
        return text.replace("\n", "\r\n").encode()

    def request(self, method: str, body: bytes = b"", kind: str = "application/sdp", **more: str) -> bytes:
        lines = {"Contact": f"<{self.phone.contact}>"} if method in ("INVITE", "UPDATE") else {}
        if body:
            lines["Content-Type"] = kind
        lines |= {name.replace("_", "-"): value for name, value in more.items()}
        return self.phone.request(method, self.target, self.to, lines, body, call_id=self.call_id)

    def invite(self, body: bytes | None = None, source: str = "127.0.0.1", **more: str) -> Message:
        """Send the first INVITE with the headers of Kamailio, and give the final answer."""
        extra = {name.replace("-", "_"): value for name, value in headers("login", source=source)}
        request = self.request("INVITE", self.offer() if body is None else body, **extra, **more)
        return self._established(self.phone.ask(request))

    def _established(self, answer: Message) -> Message:
        if answer.code < 300:
            self.answer = answer
            self.to = answer.require("to")
            contact = answer.address("contact")
            assert contact is not None
            self.target = contact.uri
        return answer

    def ack(self, body: bytes = b"") -> None:
        headers = {"Content-Type": "application/sdp"} if body else {}
        cseq = self.phone.cseq
        self.phone.send(self.phone.request("ACK", self.target, self.to, headers, body, call_id=self.call_id, cseq=cseq))

    def ask(self, method: str, body: bytes = b"", kind: str = "application/sdp", **more: str) -> Message:
        return self.phone.ask(self.request(method, body, kind, **more))

    def rtp(self) -> bytes:
        return self.media.recv(2048)

    def quiet(self, seconds: float = 0.15) -> bool:
        """Whether nothing comes any more: what is under way is drained first."""
        self.media.settimeout(seconds)
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            try:
                self.media.recv(2048)
            except TimeoutError:
                return True
            finally:
                self.media.settimeout(_HEARD_SECONDS)
            self.media.settimeout(seconds)
        return False

    def send_rtp(self, kind: int, payload: bytes, port: int, timestamp: int = 160, sequence: int = 1) -> None:
        packet = struct.pack("!BBHII", 0x80, kind, sequence, timestamp, 7) + payload
        self.media.sendto(packet, ("127.0.0.1", port))


def port_of(answer: Message) -> int:
    found = re.search(rb"m=audio (\d+) ", answer.body)
    assert found
    return int(found.group(1))


@pytest.fixture
def caller(running: VoiceServer) -> Iterator[Caller]:
    with RawPhone(running.address, "3001") as phone:
        made = Caller(phone)
        yield made
        made.close()


def test_an_offer_is_answered_with_the_callers_first_codec_and_events(caller: Caller) -> None:
    answer = caller.invite(caller.offer("18 8 0 101"))
    assert answer.code == 200
    assert re.search(rb"m=audio \d+ RTP/AVP 8 101\n", answer.body)
    assert b"telephone-event/8000" in answer.body
    caller.ack()
    assert caller.rtp()[1] & 0x7F == 8
    assert caller.ask("BYE").code == 200


def test_without_a_common_codec_the_call_is_not_acceptable(caller: Caller) -> None:
    assert caller.invite(caller.offer("18")).code == 488


@pytest.mark.parametrize("body", [b"v=0\r\nrubbish\r\n", b"m=audio x RTP/AVP 0\r\n", b"v=0\r\nm=video 4 RTP/AVP 0\r\n"])
def test_what_is_no_usable_offer_is_not_acceptable(caller: Caller, body: bytes) -> None:
    assert caller.invite(body).code == 488


def test_an_encrypted_offer_is_not_acceptable(caller: Caller) -> None:
    assert caller.invite(caller.offer().replace(b"RTP/AVP", b"RTP/SAVP")).code == 488


def test_further_streams_are_refused_in_place(caller: Caller) -> None:
    """RFC 3264, 6."""
    answer = caller.invite(caller.offer() + b"m=video 5000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n")
    assert answer.code == 200
    assert answer.body.rstrip().endswith(b"m=video 0 RTP/AVP 96")


def test_without_an_offer_we_offer_and_the_answer_comes_with_the_ack(caller: Caller) -> None:
    """RFC 3261, 13.2.1."""
    answer = caller.invite(b"")
    assert answer.code == 200
    assert re.search(rb"m=audio \d+ RTP/AVP 0 8 101", answer.body)
    caller.ack(caller.offer("8 101"))
    assert caller.rtp()[1] & 0x7F == 8


def test_no_acceptable_answer_in_the_ack_ends_the_call(caller: Caller) -> None:
    assert caller.invite(b"").code == 200
    caller.ack(caller.offer("18"))
    bye = caller.phone.receive(15, lambda got: got.method == "BYE" and not got.code)
    assert bye is not None
    assert "cause=488" in bye.require("reason")


def test_hold_stops_the_audio_and_unhold_brings_it_back(caller: Caller) -> None:
    assert caller.invite().code == 200
    caller.ack()
    caller.rtp()
    held = caller.ask("INVITE", caller.offer(direction="sendonly"))
    caller.ack()
    assert b"a=recvonly" in held.body
    assert caller.quiet()
    back = caller.ask("INVITE", caller.offer())
    caller.ack()
    assert b"a=sendrecv" in back.body
    assert port_of(back) == port_of(held)
    assert caller.rtp()


def test_hold_of_the_old_kind_stops_the_audio_too(caller: Caller) -> None:
    """RFC 2543 phones put 0.0.0.0 into the c= line."""
    assert caller.invite().code == 200
    caller.ack()
    assert caller.ask("INVITE", caller.offer(ip="0.0.0.0")).code == 200
    caller.ack()
    assert caller.quiet()


def test_audio_follows_a_new_address(caller: Caller) -> None:
    assert caller.invite().code == 200
    caller.ack()
    caller.rtp()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as moved:
        moved.bind(("127.0.0.1", 0))
        moved.settimeout(_HEARD_SECONDS)
        assert caller.ask("INVITE", caller.offer(port=moved.getsockname()[1])).code == 200
        caller.ack()
        assert moved.recv(2048)
        assert caller.quiet()


def test_an_unusable_reinvite_changes_nothing(caller: Caller) -> None:
    """RFC 3261, 14.2."""
    assert caller.invite().code == 200
    caller.ack()
    assert caller.ask("INVITE", caller.offer("18")).code == 488
    assert caller.rtp()


def test_update_holds_too(caller: Caller) -> None:
    """RFC 3311."""
    assert caller.invite().code == 200
    caller.ack()
    assert caller.ask("UPDATE", caller.offer(direction="inactive")).code == 200
    assert caller.quiet()


def test_the_caller_keeps_refreshing_the_session_timer(caller: Caller) -> None:
    """RFC 4028."""
    answer = caller.invite(Session_Expires="1800", Supported="timer")
    assert answer.require("session-expires") == "1800;refresher=uac"
    caller.ack()
    refreshed = caller.ask("UPDATE", Session_Expires="1800", Supported="timer")
    assert (refreshed.code, refreshed.require("session-expires")) == (200, "1800;refresher=uac")


def test_a_session_timer_that_is_too_short_is_refused(caller: Caller) -> None:
    answer = caller.invite(Session_Expires="30", Supported="timer")
    assert (answer.code, answer.require("min-se")) == (422, "90")


def test_an_extension_we_do_not_know_is_refused(caller: Caller) -> None:
    answer = caller.invite(Require="100rel, timer")
    assert (answer.code, answer.require("unsupported")) == (420, "100rel")


def test_an_info_of_another_kind_is_refused(caller: Caller) -> None:
    assert caller.invite().code == 200
    caller.ack()
    assert caller.ask("INFO", b"<xml/>", "application/media_control+xml").code == 415
    assert caller.ask("INFO").code == 200
    assert caller.ask("OPTIONS").code == 200
    assert caller.ask("REFER", Refer_To="<sip:1@127.0.0.1>").code == 405


def test_a_request_out_of_order_is_refused(caller: Caller) -> None:
    """RFC 3261, 12.2.2."""
    assert caller.invite().code == 200
    caller.ack()
    assert caller.ask("INFO").code == 200
    caller.phone.cseq -= 2
    assert caller.ask("INFO").code == 500


def test_a_request_of_no_call_is_told_so(caller: Caller) -> None:
    caller.to += ";tag=nobody"
    assert caller.ask("BYE").code == 481
    assert caller.ask("INFO").code == 481


def test_options_are_answered_and_subscriptions_are_not(caller: Caller) -> None:
    answer = caller.ask("OPTIONS")
    assert answer.code == 200
    assert "INVITE" in answer.require("allow")
    assert caller.ask("SUBSCRIBE", Event="presence").code == 405


def test_a_cancelled_call_is_over(caller: Caller, running: VoiceServer) -> None:
    """The answer is quicker than any CANCEL; both must end in peace."""
    extra = {name.replace("-", "_"): value for name, value in headers("login")}
    branch = fresh()
    invite = caller.phone.request(
        "INVITE",
        caller.target,
        caller.to,
        {"Contact": f"<{caller.phone.contact}>", "Content-Type": "application/sdp"}
        | {name.replace("_", "-"): value for name, value in extra.items()},
        caller.offer(),
        call_id=caller.call_id,
        cseq=1,
        branch=branch,
    )
    caller.phone.send(invite)
    caller.phone.send(
        caller.phone.request("CANCEL", caller.target, caller.to, call_id=caller.call_id, cseq=1, branch=branch)
    )
    final = caller.phone.receive(15, lambda got: got.code >= 200 and "INVITE" in got.require("cseq"))
    assert final is not None
    assert final.code in (200, 487)
    if final.code == 200:
        caller.phone.cseq = 1
        caller._established(final)
        caller.ack()
        assert caller.ask("BYE").code == 200
    until(lambda: running.calls == 0, "the call is over")


def test_an_invite_gets_100_before_anything_else(caller: Caller) -> None:
    """RFC 3261, 8.2.6.1 and 17.2.1: whoever sent it stops repeating it, however long the answer takes."""
    extra = {name.replace("-", "_"): value for name, value in headers("login")}
    caller.phone.send(caller.request("INVITE", caller.offer(), **extra, Timestamp="54.21"))
    first = caller.phone.receive()
    assert first is not None
    assert (first.code, first.require("timestamp")) == (100, "54.21")
    assert "tag=" not in first.require("to")
    final = caller.phone.receive(15, lambda got: got.code >= 200)
    assert final is not None
    caller._established(final)
    caller.ack()


def test_who_ends_takes_no_more_calls_and_leaves_them_to_the_next(caller: Caller, running: VoiceServer) -> None:
    """Not even a 100: the INVITE is sent again, and served by the process that listens there then."""
    running._agent.endpoint.take_no_more_calls()
    caller.phone.send(caller.request("INVITE", caller.offer()))
    caller.phone.send(caller.phone.request("OPTIONS", f"sip:{caller.phone.domain}", caller.to))
    first = caller.phone.receive()
    assert first is not None
    assert "OPTIONS" in first.require("cseq")
    assert running.open_transactions == 0


def test_a_call_that_is_never_acknowledged_keeps_being_answered(caller: Caller) -> None:
    """RFC 3261, 13.3.1.4: 200 is repeated until the ACK."""
    assert caller.invite().code == 200
    again = caller.phone.receive(15, lambda got: got.code == 200)
    assert again is not None
    assert again.require("to") == caller.to


def test_a_repeated_invite_gets_the_same_answer(caller: Caller, running: VoiceServer) -> None:
    extra = {name.replace("-", "_"): value for name, value in headers("login")}
    request = caller.request("INVITE", caller.offer(), **extra)
    first, second = caller._established(caller.phone.ask(request)), caller.phone.ask(request)
    assert first.require("to") == second.require("to")
    assert running.calls == 1


def test_keys_are_taken_once_whatever_is_lost_or_repeated(caller: Caller, office: Office) -> None:
    """RFC 4733, 2.5.1.4."""
    port = port_of(caller.invite())
    caller.ack()
    caller.rtp()
    for at, key in enumerate("2019#1234#2"):
        code = "0123456789*#".index(key)
        for sequence in range(5):
            last = sequence == 4
            if at % 3 == 0 and last:
                continue  # its end is lost
            payload = struct.pack("!BBH", code, 0x80 if last else 0, 160 * (sequence + 1))
            for _ in range(2):
                caller.send_rtp(101, payload, port, timestamp=8000 * (at + 1), sequence=10 * at + sequence)
    until(lambda: office.places == {"2019": "3001"}, "the login")


def test_audio_from_a_stranger_is_not_heard(caller: Caller, office: Office) -> None:
    port = port_of(caller.invite())
    caller.ack()
    caller.rtp()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.9", 0))
        for at, key in enumerate("2019#1234#2"):
            payload = struct.pack("!BBH", "0123456789*#".index(key), 0x80, 800)
            stranger.sendto(struct.pack("!BBHII", 0x80, 101, at, 8000 * at, 9) + payload, ("127.0.0.1", port))
        caller.send_rtp(0, b"\xff" * 160, port)
        stranger.sendto(b"\x80\x00", ("127.0.0.1", port))
        assert caller.rtp()
    caller.ask("INFO", b"Signal=*\r\n", "application/dtmf-relay")
    assert office.asked == []


def test_a_phone_behind_nat_is_heard_and_hears(running: VoiceServer, office: Office) -> None:
    """Symmetric RTP: the SDP names a private address, the signalling says where the phone really is."""
    with RawPhone(running.address, "3001") as phone:
        caller = Caller(phone)
        port = port_of(caller.invite(caller.offer(ip="192.0.2.77"), source="127.0.0.1"))
        caller.ack()
        caller.send_rtp(0, b"\xff" * 160, port)
        assert caller.rtp()
        caller.close()


def test_who_is_not_kamailio_is_not_answered(settings: VoiceSettings, office: Office) -> None:
    only = replace(settings, port=free_port(), sources=(ipaddress.IPv4Network("127.0.0.2/32"),))
    with background(only, office) as server, RawPhone(server.address, ip="127.0.0.1") as stranger:
        assert stranger.options(0.3) is None
        with RawPhone(server.address, ip="127.0.0.2") as kamailio:
            answer = kamailio.options()
            assert answer is not None
            assert answer.code == 200


def test_without_a_free_rtp_port_the_caller_may_try_again(settings: VoiceSettings, office: Office) -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", port))
        narrow = replace(settings, port=free_port(), ports=replace(settings.ports, first=port, last=port + 1))
        with background(narrow, office) as server, RawPhone(server.address) as phone:
            caller = Caller(phone)
            answer = caller.invite()
            caller.close()
            assert (answer.code, answer.require("retry-after")) == (503, "5")


def test_a_sip_port_in_use_is_an_error(settings: VoiceSettings, office: Office) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=str(port)):
            asyncio.run(VoiceServer.open(replace(settings, port=port), office))
        gc.collect()  # a socket that was left open would be told of


@pytest.mark.parametrize("route", ["<http://x>", "rubbish", "<sip:>"])
def test_a_call_that_could_never_be_hung_up_is_not_answered(caller: Caller, route: str) -> None:
    """A Record-Route that names no place would make our BYE impossible."""
    assert caller.invite(Record_Route=route).code == 400


def test_what_cannot_be_answered_is_not_kept(caller: Caller, running: VoiceServer) -> None:
    """RFC 3261, 8.1.1: From, To, Call-ID and CSeq, each once."""
    good = caller.request("INVITE", caller.offer(), X_Freeseat_Code="login")
    for name in (b"From", b"To", b"Call-ID", b"CSeq"):
        line = re.search(rb"\r\n" + name + rb": [^\r]*", good)
        assert line
        for broken in (good.replace(line[0], line[0] * 2), good.replace(line[0], b"")):
            caller.phone.send(broken)
    caller.phone.send(good.replace(b" INVITE\r\n", b" BYE\r\n"))
    assert caller.ask("OPTIONS").code == 200
    assert (running.calls, running.open_transactions) == (0, 0)
