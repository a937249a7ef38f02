"""SIP messages as values, free of the library that parsed them (RFC 3261)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Headers = tuple[tuple[str, str], ...]
Address = tuple[str, int]

METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE")


@dataclass(frozen=True, slots=True)
class Party:
    """A name-addr: display name, user part of the URI, whole URI, tag."""

    name: str
    number: str
    uri: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What requests and responses share. Header names are lower case and in long form."""

    headers: Headers
    body: str = field(repr=False)
    content_type: str
    source: Address

    def header(self, name: str) -> str:
        """The first header of that name, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")

    def every(self, name: str) -> tuple[str, ...]:
        """All headers of that name, in order."""
        return tuple(value for key, value in self.headers if key == name)

    def tokens(self, name: str) -> frozenset[str]:
        """The comma-separated tokens of a header such as Supported, in lower case."""
        return frozenset(
            token.strip().lower() for value in self.every(name) for token in value.split(",") if token.strip()
        )

    @property
    def call_id(self) -> str:
        """The Call-ID."""
        return self.header("call-id")

    @property
    def sender(self) -> Party:
        """The From header."""
        return party(self.header("from"))

    @property
    def receiver(self) -> Party:
        """The To header."""
        return party(self.header("to"))

    @property
    def cseq(self) -> int:
        """The number of the CSeq header; -1 if there is none."""
        number = self.header("cseq").split(None, 1)[:1]
        return int(number[0]) if number and re.fullmatch(r"[0-9]{1,10}", number[0]) else -1

    @property
    def identity(self) -> Party:
        """Who is asserted to call (RFC 3325), else the From header."""
        asserted = self.header("p-asserted-identity")
        return party(asserted) if asserted else self.sender


@dataclass(frozen=True, slots=True)
class Request(Message):
    """A request that came in; `key` names its transaction at the endpoint it came to."""

    method: str
    uri: str
    key: int


@dataclass(frozen=True, slots=True)
class Response(Message):
    """A response that came in."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to be sent. `target` is where the datagram goes; `route` holds Route headers' values in order.

    `branch` names the transaction (RFC 3261, 8.1.1.7); empty: a new name.
    """

    method: str
    uri: str
    sender: str
    receiver: str
    call_id: str
    cseq: int
    target: Address
    contact: str = ""
    route: tuple[str, ...] = ()
    branch: str = ""
    headers: Headers = ()
    body: str = field(default="", repr=False)
    content_type: str = "application/sdp"


def party(text: str) -> Party:
    """Read a name-addr or addr-spec; what cannot be read gives empty fields."""
    found = re.match(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<([^>]*)>(.*)$', text, re.DOTALL)
    if found:
        name = re.sub(r"\\(.)", r"\1", found.group(1) or found.group(2) or "")
        uri, rest = found.group(3), found.group(4)
    else:
        name, (uri, _, tail) = "", text.strip().partition(";")
        rest = ";" + tail
    tag = re.search(r";\s*tag\s*=\s*([^;,\s]+)", rest, re.IGNORECASE)
    return Party(name.strip(), user_part(uri), uri, tag.group(1) if tag else "")


def user_part(uri: str) -> str:
    """The user part of a SIP URI, without parameters and password; empty if there is none."""
    found = re.match(r"sips?:([^@:;]*)(?:[:;][^@]*)?@", uri, re.IGNORECASE)
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda hexed: chr(int(hexed.group(1), 16)), found.group(1)) if found else ""


def host_and_port(uri: str) -> Address:
    """Where a SIP URI points, default port 5060; an IPv6 host keeps its brackets. Raises ValueError."""
    found = re.match(r"(?:.*<)?\s*sips?:(?:[^@>]*@)?(\[[0-9A-Fa-f:.]+\]|[^:;?>\s]+)(?::([0-9]+))?", uri, re.IGNORECASE)
    if found is None:
        raise ValueError("not a SIP URI")
    digits = found.group(2) or "5060"
    if len(digits) > 5 or not 0 < int(digits) < 65_536:
        raise ValueError("not a port")
    return found.group(1), int(digits)


def contact_uri(message: Message) -> str:
    """The URI of a message's Contact header, where requests of the dialog go; empty if there is none."""
    contact = message.header("contact")
    start, end = contact.find("<"), contact.find(">")
    return contact[start + 1 : end] if 0 <= start < end else contact.partition(";")[0].strip()


def usable_dialog(message: Message) -> bool:
    """Whether requests can be sent within the dialog that a message begins: its Contact and Record-Route are sound."""
    try:
        for uri in (contact_uri(message), *message.every("record-route")):
            host_and_port(uri)
    except ValueError:
        return False
    return True
