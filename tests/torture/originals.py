"""Requests as well-behaved phones send them, with credentials that are right: what mutations begin with."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.clients.raw import RawPhone, fresh
from tests.clients.sip import Challenge, Message
from tests.torture.office import MAD_ADDRESS, MAD_PHONES, MAD_USERS, PIN, secret

TORTURE = tuple(sorted((Path(__file__).parent.parent / "data" / "torture").glob("*.dat")))
"""The messages of RFC 4475 and its predecessor."""

_DIALLED = (
    *MAD_PHONES, *MAD_USERS, "*45", "*452019", "*46", "*332020", "*342020", "*47", "112", "911", "00491234", "77",
)  # fmt: skip
_METHODS = ("MESSAGE", "SUBSCRIBE", "PUBLISH", "OPTIONS", "INFO", "REFER", "NOTIFY", "UPDATE", "PRACK", "BYE", "CANCEL")
_BODIES = {
    "sdp": (
        "application/sdp",
        "v=0\r\no=- 1 1 IN IP4 127.0.0.66\r\ns=-\r\nc=IN IP4 127.0.0.66\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\n"
        "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n"
        "m=video 4002 RTP/AVP 31\r\n",
    ),
    "six": (
        "application/sdp",
        "v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nt=0 0\r\na=sendonly\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP6 ::1\r\n",
    ),
    "relay": ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"),
    "key": ("application/dtmf", "#"),
    "text": ("text/plain;charset=utf-8", "grüß dich"),
}
_CODES = ("login", "logout", "remote_logout", "locate", "change_pin", "announce", "nothing")


@dataclass(frozen=True)
class Challenges:
    """What the registrar and the proxy challenge with; good for some minutes, for everybody and any request."""

    registrar: tuple[Challenge, ...]
    proxy: tuple[Challenge, ...]


def challenges(phone: RawPhone) -> Challenges:
    """Ask for challenges, of every algorithm offered."""
    register = phone.ask(phone.register_request())
    message = phone.ask(phone.request("MESSAGE", f"sip:2019@{phone.domain}", f"<sip:2019@{phone.domain}>"))
    return Challenges(_all(register, "www-authenticate"), _all(message, "proxy-authenticate"))


def _all(answer: Message, name: str) -> tuple[Challenge, ...]:
    return tuple(Challenge.parse(value) for value in answer.all(name))


class Originals:
    """Right requests at random; `dice` decides which. Call-IDs, tags and branches are new in each."""

    def __init__(self, phone: RawPhone, given: Challenges, dice: random.Random) -> None:
        self._phone, self._given, self._dice = phone, given, dice
        self._torture = [file.read_bytes() for file in TORTURE]

    def for_kamailio(self) -> bytes:
        """A request to the phones' port, or a torture message."""
        return self._one_of((self._register, self._register, self._invite, self._invite, self._other, self._from_rfc))

    def for_voice(self) -> bytes:
        """A request as Kamailio would send it to voice, or a torture message."""
        return self._one_of((self._menu, self._menu, self._menu, self._keys, self._from_rfc))

    def _one_of(self, kinds: tuple[Callable[[], bytes], ...]) -> bytes:
        return self._dice.choice(kinds)()

    def _from_rfc(self) -> bytes:
        return self._dice.choice(self._torture)

    def _register(self) -> bytes:
        """A phone's, or a person's who registers as himself (R2.2); now and then the end of it."""
        dice, phone = self._dice, self._phone
        number, password = self._somebody()
        uri = f"sip:{phone.domain}"
        contact = f"<sip:{number}@{phone.ip}:{phone.port}>"
        headers = {
            "Contact": dice.choice(
                (contact, contact, f'{contact};+sip.instance="<urn:uuid:{fresh()}>";expires=300', "*")
            ),
            "Expires": dice.choice(("500", "500", "0")),
            "User-Agent": "Yealink SIP-T46S 66.86.0.15 00:15:65:12:34:56",
            "Authorization": dice.choice(self._given.registrar).answer("REGISTER", uri, number, password, fresh()),
        }
        return self._request("REGISTER", uri, f"sip:{number}@{phone.domain}", headers, "")

    def _invite(self) -> bytes:
        return self._authorized("INVITE", self._dice.choice(("sdp", "sdp", "six", "")))

    def _other(self) -> bytes:
        return self._authorized(self._dice.choice(_METHODS), self._dice.choice(("", *_BODIES)))

    def _authorized(self, method: str, body: str) -> bytes:
        phone = self._phone
        number, password = self._somebody()
        uri = f"sip:{self._dice.choice(_DIALLED)}@{phone.domain}"
        answer = self._dice.choice(self._given.proxy).answer(method, uri, number, password, fresh())
        headers = {"Contact": f"<sip:{number}@{phone.ip}:{phone.port}>", "Proxy-Authorization": answer}
        return self._request(method, uri, uri, headers, body)

    def _menu(self) -> bytes:
        dice, phone = self._dice, self._phone
        code, digits = dice.choice(_CODES), dice.choice(("", "2019", "2019*#", "welcome", "../../etc/passwd"))
        about = {"Phone": "3001", "User": "", "Code": code, "Digits": digits, "Source": MAD_ADDRESS, "Language": "en"}
        headers = {"Contact": f"<{phone.contact}>", "Record-Route": f"<sip:{phone.domain};lr>", "Supported": "timer"}
        headers |= {f"X-Freeseat-{name}": value for name, value in about.items()} | {"Session-Expires": "600"}
        uri = f"sip:{code}@{phone.domain}"
        return self._request("INVITE", uri, uri, headers, dice.choice(("sdp", "sdp", "six", "")))

    def _keys(self) -> bytes:
        """Something for a dialog that is not there, or for none."""
        method = self._dice.choice(("INFO", "BYE", "CANCEL", "ACK", "UPDATE", "OPTIONS", "SUBSCRIBE"))
        uri = f"sip:login@{self._phone.domain}"
        to = self._dice.choice((uri, f"{uri}>;tag=<{fresh()}"))
        return self._request(method, uri, to, {}, self._dice.choice(("", *_BODIES)))

    def _somebody(self) -> tuple[str, str]:
        """A number and its secret; a third of them are wrong."""
        number = self._dice.choice(MAD_PHONES + MAD_USERS)
        right = secret(number) if number in MAD_PHONES else PIN
        return number, self._dice.choice((right, right, "wrong"))

    def _request(self, method: str, uri: str, to: str, headers: dict[str, str], body: str) -> bytes:
        kind, text = _BODIES[body] if body else ("", "")
        if kind:
            headers = headers | {"Content-Type": kind}
        return self._phone.request(method, uri, f"<{to}>", headers, text.encode(), call_id=fresh())
