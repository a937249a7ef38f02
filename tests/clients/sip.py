"""SIP messages as text: enough to write them by hand and to read what came (RFC 3261 section 7)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_COMPACT = {
    "i": "call-id", "m": "contact", "e": "content-encoding", "l": "content-length", "c": "content-type",
    "f": "from", "s": "subject", "k": "supported", "t": "to", "v": "via", "r": "refer-to", "o": "event",
}  # fmt: skip
_PARAMETER = re.compile(r'([\w.-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^,\s]+)')
_NAME_ADDR = re.compile(r'^\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<([^>]*)>')


@dataclass(frozen=True)
class Address:
    """A From, To, Contact or P-Asserted-Identity value. ``display`` is without quotes; empty: none."""

    display: str
    uri: str

    @property
    def user(self) -> str:
        """The part before the @, empty if there is none."""
        head, at, _ = self.uri.partition(":")[2].partition("@")
        return head.partition(";")[0] if at else ""

    @classmethod
    def parse(cls, value: str) -> Address:
        """Read a name-addr or addr-spec (RFC 3261 section 20.10)."""
        found = _NAME_ADDR.match(value)
        if found is None:
            return cls("", value.partition(";")[0].strip())
        quoted, plain, uri = found.groups()
        return cls(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain, uri)


@dataclass(frozen=True)
class Message:
    """A SIP request or response: its first line, its headers in order (names in lower case, not compact), its body."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    @classmethod
    def parse(cls, data: bytes) -> Message:
        """Read one message. Folded header lines are joined. Raises ValueError if there is no first line."""
        head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
        lines = re.sub(r"\n[ \t]+", " ", head.decode("utf-8", "surrogateescape").lstrip("\n")).split("\n")
        if not lines[0].strip():
            raise ValueError("an empty message")
        pairs = (line.partition(":") for line in lines[1:] if ":" in line)
        headers = tuple(
            (_COMPACT.get(name.strip().lower(), name.strip().lower()), value.strip()) for name, _, value in pairs
        )
        return cls(lines[0].strip(), headers, body)

    @property
    def code(self) -> int:
        """Status code; 0 for a request."""
        return int(self.start.split(" ", 2)[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def reason(self) -> str:
        """Reason phrase; empty for a request."""
        return self.start.split(" ", 2)[2] if self.code and self.start.count(" ") > 1 else ""

    @property
    def method(self) -> str:
        """Method of the request, or of the request that this response answers."""
        return (self.header("cseq") or "0 ?").split()[-1] if self.code else self.start.split(" ", 1)[0]

    @property
    def uri(self) -> str:
        """Request URI; empty for a response."""
        return "" if self.code else self.start.split(" ")[1]

    def all(self, name: str) -> tuple[str, ...]:
        """Values of all headers of that name, topmost first."""
        return tuple(value for header, value in self.headers if header == name.lower())

    def header(self, name: str) -> str | None:
        """Value of the first header of that name."""
        return next(iter(self.all(name)), None)

    def require(self, name: str) -> str:
        """Value of the first header of that name; AssertionError with the message if there is none."""
        value = self.header(name)
        assert value is not None, f"no {name} in:\n{self}"
        return value

    def address(self, name: str) -> Address | None:
        """The first header of that name as an address."""
        value = self.header(name)
        return None if value is None else Address.parse(value)

    def __str__(self) -> str:
        head = "\n".join([self.start, *(f"{name}: {value}" for name, value in self.headers)])
        return f"{head}\n\n{self.body.decode('utf-8', 'replace')}"


@dataclass(frozen=True)
class Challenge:
    """A WWW-Authenticate or Proxy-Authenticate value (RFC 8760)."""

    realm: str
    nonce: str
    algorithm: str
    qop: str
    opaque: str
    stale: bool

    @classmethod
    def parse(cls, value: str) -> Challenge:
        """Read the parameters of a Digest challenge."""
        found = {name.lower(): text.strip('"') for name, text in _PARAMETER.findall(value)}
        return cls(
            realm=found.get("realm", ""),
            nonce=found.get("nonce", ""),
            algorithm=found.get("algorithm", "MD5"),
            qop=found.get("qop", ""),
            opaque=found.get("opaque", ""),
            stale=found.get("stale", "").lower() == "true",
        )

    def answer(self, method: str, uri: str, user: str, password: str, cnonce: str = "0a4f113b", count: int = 1) -> str:
        """Value of an Authorization header that answers this challenge (RFC 7616 section 3.4).

        ``count`` is the nonce count. With ``auth`` offered, qop=auth is used, else the form of RFC 2069.
        """
        made = hashlib.sha256 if self.algorithm.upper() == "SHA-256" else hashlib.md5

        def digest(text: str) -> str:
            return made(text.encode()).hexdigest()

        person = digest(f"{user}:{self.realm}:{password}")
        request = digest(f"{method}:{uri}")
        parts = [
            f'username="{user}"', f'realm="{self.realm}"', f'nonce="{self.nonce}"', f'uri="{uri}"',
            f"algorithm={self.algorithm}",
        ]  # fmt: skip
        if "auth" in self.qop.replace(" ", "").split(","):
            middle = f"{self.nonce}:{count:08x}:{cnonce}:auth"
            parts += ["qop=auth", f"nc={count:08x}", f'cnonce="{cnonce}"']
        else:
            middle = self.nonce
        parts.append(f'response="{digest(f"{person}:{middle}:{request}")}"')
        if self.opaque:
            parts.append(f'opaque="{self.opaque}"')
        return "Digest " + ", ".join(parts)
