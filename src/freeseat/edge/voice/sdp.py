"""SDP offer and answer for one audio stream with PCMU, PCMA and telephone-event (RFC 8866, RFC 3264, RFC 4733)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace

PCMU, PCMA = "PCMU", "PCMA"
_STATIC = {0: PCMU, 8: PCMA}
_OURS = {PCMU: 0, PCMA: 8}
OUR_EVENT_TYPE = 101
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_MIRROR = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


class NotAcceptable(Exception):
    """The session description offers nothing we can use, or is no session description: answer 488."""


@dataclass(frozen=True, slots=True)
class Audio:
    """One side's audio stream: where it wants packets, payload types by codec, event payload type, direction.

    `codecs` is in the order of preference. `event` is None where telephone-event is not offered. `index` is the
    position of its m= line, `others` the m= lines around it, each to be refused with port 0 in an answer.
    """

    address: str
    port: int
    codecs: tuple[tuple[str, int], ...]
    event: int | None
    direction: str = "sendrecv"
    index: int = 0
    others: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """Whether this side does not want to hear anything now."""
        return self.direction in ("sendonly", "inactive") or self.address in ("0.0.0.0", "::")  # noqa: S104


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed: codec name, its payload type to send and to receive, event payload types, the other side."""

    codec: str
    send_type: int
    receive_type: int
    send_event: int | None
    receive_event: int | None
    peer: Audio
    direction: str


def parse(text: str) -> Audio:
    """Read a session description; raises NotAcceptable if it has no usable audio stream."""
    head, *media = re.split(r"^(?=m=)", text.replace("\r\n", "\n"), flags=re.MULTILINE)
    lines = [section.split("\n", 1)[0] for section in media]
    for index, section in enumerate(media):
        audio = _audio(section, head)
        if audio is not None:
            return replace(audio, index=index, others=tuple(lines))
    raise NotAcceptable("no audio over RTP/AVP")


def _audio(section: str, head: str) -> Audio | None:
    fields = section.split("\n", 1)[0][2:].split()
    if len(fields) < 4 or fields[0] != "audio" or fields[2] != "RTP/AVP":
        return None
    port = _number(fields[1].partition("/")[0], 65535)
    if port == 0:
        return None
    types = [_number(item, 127) for item in fields[3:]]
    maps = dict(_rtpmaps(section))
    names = [(maps.get(number, _STATIC.get(number, "")).upper(), number) for number in types]
    codecs = tuple((name, number) for name, number in names if name in _OURS)
    if not codecs:
        return None
    event = next((number for name, number in names if name == "TELEPHONE-EVENT"), None)
    return Audio(_address(section) or _address(head), port, codecs, event, _direction(section) or _direction(head))


def _rtpmaps(section: str) -> list[tuple[int, str]]:
    """Payload types and codec names at 8000 Hz, one channel."""
    found = re.findall(r"^a=rtpmap:(\d{1,3})[ \t]+([\w.-]+)/8000(?:/1)?[ \t]*$", section, re.MULTILINE)
    return [(int(number), name) for number, name in found]


def _number(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= most):
        raise NotAcceptable("malformed m= line")
    return int(text)


def _address(section: str) -> str:
    found = re.search(r"^c=IN[ \t]+IP[46][ \t]+([0-9A-Fa-f:.]+)", section, re.MULTILINE)
    if found is None:
        return ""
    try:
        return str(ipaddress.ip_address(found.group(1)))
    except ValueError as wrong:
        raise NotAcceptable("malformed c= line") from wrong


def _direction(section: str) -> str:
    found = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)[ \t]*$", section, re.MULTILINE)
    return found.group(1) if found else ""


def agree_on_offer(offer: Audio) -> Agreement:
    """What an answerer of ours makes of an offer: the first common codec in the offerer's order, its payload types."""
    _check(offer)
    name, number = offer.codecs[0]
    direction = _MIRROR[offer.direction or "sendrecv"]
    return Agreement(name, number, number, offer.event, offer.event, offer, direction)


def agree_on_answer(answer: Audio) -> Agreement:
    """What an offerer of ours makes of the answer to `offer()`."""
    _check(answer)
    name, number = answer.codecs[0]
    event = OUR_EVENT_TYPE if answer.event is not None else None
    return Agreement(name, number, _OURS[name], answer.event, event, answer, _MIRROR[answer.direction or "sendrecv"])


def _check(audio: Audio) -> None:
    if not audio.address:
        raise NotAcceptable("no c= line")


def offer(
    address: str,
    port: int,
    serial: int,
    version: int,
    direction: str = "sendrecv",
    codecs: tuple[str, ...] = (PCMU, PCMA),
    events: bool = True,
) -> str:
    """An offer of ours from that address and port; `serial` and `version` go into the o= line."""
    types = [(name, _OURS[name]) for name in codecs]
    return _head(address, serial, version) + _stream(port, types, OUR_EVENT_TYPE if events else None, direction)


def answer(agreed: Agreement, address: str, port: int, serial: int, version: int) -> str:
    """Our answer to an offer: the agreed codec alone, every other stream refused with port 0 (RFC 3264, 6)."""
    streams = []
    for index, line in enumerate(agreed.peer.others):
        if index == agreed.peer.index:
            streams.append(_stream(port, [(agreed.codec, agreed.receive_type)], agreed.receive_event, agreed.direction))
        else:
            fields = line[2:].split()
            streams.append(f"m={' '.join([fields[0] if fields else 'audio', '0', *fields[2:]])}\r\n")
    return _head(address, serial, version) + "".join(streams)


def under_origin(text: str, address: str, serial: int, version: int) -> str:
    """A session description that somebody else made, under an o= line of ours."""
    family = "IP6" if ":" in address else "IP4"
    origin = f"o=- {serial} {version} IN {family} {address}"
    return re.sub(r"^o=[^\r\n]*", origin, text, count=1, flags=re.MULTILINE)


def opened(text: str) -> str:
    """A session description without the hold of who it was agreed with: every stream in both directions."""
    return re.sub(r"^a=(sendrecv|sendonly|recvonly|inactive)[ \t]*\r?\n?", "", text, flags=re.MULTILINE)


def places(text: str) -> tuple[tuple[str, str, str], ...]:
    """Where a session description wants the packets of each of its streams: address, port and direction.

    Streams that are refused (port 0) are left out; nothing if it cannot be read.
    """
    head, *media = re.split(r"^(?=m=)", text.replace("\r\n", "\n"), flags=re.MULTILINE)
    found = []
    for section in media:
        port = re.match(r"m=\S+ +(\d+)", section)
        address = re.search(r"^c=IN +IP[46] +(\S+)", section, re.MULTILINE) or re.search(
            r"^c=IN +IP[46] +(\S+)", head, re.MULTILINE
        )
        if port and address and port.group(1) != "0":
            found.append((address.group(1), port.group(1), _direction(section) or _direction(head) or "sendrecv"))
    return tuple(found)


def _head(address: str, serial: int, version: int) -> str:
    family = "IP6" if ":" in address else "IP4"
    return f"v=0\r\no=- {serial} {version} IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\n"


def _stream(port: int, codecs: list[tuple[str, int]], event: int | None, direction: str) -> str:
    types = [number for _name, number in codecs] + ([event] if event is not None else [])
    lines = [f"m=audio {port} RTP/AVP {' '.join(map(str, types))}"]
    lines += [f"a=rtpmap:{number} {name}/8000" for name, number in codecs]
    if event is not None:
        lines += [f"a=rtpmap:{event} telephone-event/8000", f"a=fmtp:{event} 0-15"]
    lines += ["a=ptime:20", f"a={direction}"]
    return "\r\n".join(lines) + "\r\n"
