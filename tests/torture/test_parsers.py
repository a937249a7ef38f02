"""Parsers take any text: they give a value or refuse in the one way they promise (hypothesis looks for others)."""

from __future__ import annotations

import json
from dataclasses import asdict
from inspect import signature

from hypothesis import example, given
from hypothesis import strategies as st

from freeseat.edge.switch import asks, journal
from freeseat.edge.voice import digest, dtmf, messages, sdp, server, timers
from freeseat.kamailio.entries import Entry
from freeseat.kamailio.numbering import Numbering

PIECES = st.sampled_from(
    ["sip:", "sips:", "tel:", "<", ">", '"', "\\", ";", ":", "@", "=", ",", " ", "\t", "\r\n", "\n", "[::1]", "[", "%",
     "%00", "tag=", "lr", "2019", "127.0.0.1", "70000", "-1", "²", "٣", "\0", "\ud800", "é", "Digest ", "realm=",
     "nonce=", "qop=auth", "Signal=", "*", "#", "m=audio ", "RTP/AVP", "a=rtpmap:", "c=IN IP4 ", "c=IN IP6 ", "0 101",
     "telephone-event/8000", "PCMU/8000", "a=sendonly", "v=0\r\n", "9" * 400]
)  # fmt: skip
TEXT = st.lists(PIECES | st.text(max_size=6), max_size=24).map("".join)
SDP = (
    "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
    "m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n"
)


def damaged(text: str) -> st.SearchStrategy[str]:
    """The text with some of it replaced by anything."""
    places = st.tuples(st.integers(0, len(text)), st.integers(0, 12), TEXT)
    return st.lists(places, max_size=4).map(lambda changes: _replaced(text, changes))


def _replaced(text: str, changes: list[tuple[int, int, str]]) -> str:
    for start, length, other in changes:
        text = text[:start] + other + text[start + length :]
    return text


@given(TEXT | damaged(SDP))
def test_session_descriptions(text: str) -> None:
    """What is accepted can be answered, and the answer is a session description (RFC 3264 section 6)."""
    try:
        agreed = sdp.agree_on_offer(sdp.parse(text))
    except sdp.NotAcceptable:
        return
    answered = sdp.parse(sdp.answer(agreed, "127.0.0.1", 4000, 1, 1))
    assert (answered.codecs[0][0], answered.port) == (agreed.codec, 4000)
    assert len(answered.others) == len(agreed.peer.others)


@given(TEXT | damaged('"J. Doe" <sip:2019:x@[::1]:5060;lr?a=b>;tag=1'))
def test_addresses(text: str) -> None:
    messages.party(text)
    messages.user_part(text)
    try:
        host, port = messages.host_and_port(text)
    except ValueError:
        return
    assert host
    assert 0 < port < 65_536


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["from", "to", "call-id", "cseq", "contact", "record-route", "supported", "require", "session-expires", "x"]
            + [f"x-freeseat-{name}" for name in ("phone", "user", "code", "digits", "source", "language")]
        ),
        TEXT | damaged("<sip:3001@127.0.0.1:5060;lr>;tag=1") | st.sampled_from(["timer", "90", "² INVITE", "1 INVITE"]),
    ),
    max_size=12,
).map(tuple)


@given(HEADERS, TEXT)
@example((("cseq", "² INVITE"),), "")
@example((("session-expires", "²"),), "")
@example((("x-freeseat-source", "²"),), "")
def test_requests(headers: messages.Headers, body: str) -> None:
    request = messages.Request(headers, body, "application/sdp", ("127.0.0.1", 5060), "INVITE", "sip:x@y", 1)
    assert request.cseq >= -1
    assert request.sender is not None
    assert request.receiver is not None
    assert request.identity is not None
    server.context_of(request)
    messages.contact_uri(request)
    messages.usable_dialog(request)
    timers.session_timer(request)
    timers.too_short(request)
    timers.unsupported(request)


@given(
    st.sampled_from(["application/dtmf-relay", "application/dtmf", "Application/DTMF ; x", "text/plain"]) | TEXT, TEXT
)
def test_digits_by_info(kind: str, body: str) -> None:
    key = dtmf.key_of_info(kind, body)
    assert key is None or key == "" or key in dtmf.EVENTS


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.binary(max_size=8)), max_size=12))
def test_digits_by_rtp(packets: list[tuple[int, int, bytes]]) -> None:
    receiver = dtmf.EventReceiver()
    keys = [receiver.take(*packet) for packet in packets]
    assert all(key == "" or key in dtmf.EVENTS for key in keys)


@given(st.lists(TEXT | damaged('Digest realm="office", nonce="abc", qop="auth,auth-int", algorithm=MD5'), max_size=3))
def test_challenges(headers: list[str]) -> None:
    for challenge in digest.read_challenges(headers):
        assert challenge.algorithm in digest.ALGORITHMS


@given(TEXT, TEXT)
def test_devices(instance: str, user_agent: str) -> None:
    assert all(asks.devices_of(instance, user_agent))


LINE = journal.CallEnded(1.5, "call", 200, "normal", "caller")


@given(
    st.binary() | damaged(json.dumps({"t": "end", **asdict(LINE)})).map(lambda text: text.encode("utf-8", "replace"))
)
@example(b"[" * 100_000)
@example(b'{"t": ' + b"9" * 5_000 + b"}")
def test_journal_lines(raw: bytes) -> None:
    line = journal.parse(raw)
    assert line is None or isinstance(line, journal.Line)


def test_a_journal_line() -> None:
    assert journal.parse(json.dumps({"t": "end", **asdict(LINE), "later": "more"}).encode()) == LINE


@given(
    TEXT | st.lists(TEXT, min_size=11, max_size=18).map("|".join) | st.just("P|" + "|" * 10) | st.just("U" + "|" * 16)
)
def test_entries_of_the_number_table(value: str) -> None:
    try:
        entry = Entry("2019", value)
    except ValueError:
        return
    assert entry.kind in ("P", "U")
    assert entry.is_user or entry.places == ["2019"]
    for name in ("ha1", "ha1_256", "occupant", "logged_out", "busy", "no_answer", "caller_number", "caller_name"):
        assert isinstance(getattr(entry, name), str)
    for name in ("rights", "location", "group", "language", "grant", "grant_source"):
        assert isinstance(getattr(entry, name), str)


SINGLE_ENTRIES = st.fixed_dictionaries(dict.fromkeys(signature(Numbering.parse).parameters, TEXT))


@given(SINGLE_ENTRIES, TEXT)
def test_what_a_dialled_number_is(values: dict[str, str], dialled: str) -> None:
    numbering = Numbering.parse(**values)
    feature = numbering.feature(dialled)
    assert feature is None or dialled == feature.code + feature.digits
    assert isinstance(numbering.is_international(dialled), bool)
    assert numbering.are_apart(dialled, dialled) in (True, False)
