"""Lamps: how soon those who watch a user see that he has logged in."""

from __future__ import annotations

import hashlib
import re
import secrets
import selectors
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from bench.desks import People, open_database
from bench.generator import Account
from bench.node import REALM, Node
from freeseat.application.log_in import LogIn, log_in
from freeseat.application.proving import Authority
from freeseat.domain.actors import Actor
from freeseat.domain.desk_login import Method
from freeseat.store.database import Database

WATCHERS = 10
"""Phones that watch everybody: a thousand subscriptions on a hundred users."""
_PATIENCE = 5.0
_AT_ONCE = 50
_NONCE = re.compile(r'nonce="([^"]+)"')
_KEPT = ("via", "from", "to", "call-id", "cseq")


@dataclass(frozen=True)
class Seen:
    """`seconds` from the commit of each login to each NOTIFY that showed it; `missing` NOTIFYs did not come in time.

    `burst_seconds`: all of them log out and in again at once; from the first commit until the last NOTIFY was in.
    """

    subscriptions: int
    seconds: tuple[float, ...]
    missing: int
    burst_seconds: float


def logins_seen(node: Node, people: People) -> Seen:
    """Let the first phones watch all these people, log these in one after the other, then all at once.

    Everybody sits down at the phone of his index. Raises `RuntimeError` where a subscription is refused.
    """
    numbers = people.numbers(node)
    accounts = node.prepared.office.phone_accounts()
    desks = dict(zip(numbers, accounts[people.first :], strict=False))
    with _Watchers(node, accounts[:WATCHERS]) as watchers, closing(open_database(node)) as database:
        watchers.subscribe(numbers)
        seconds: list[float] = []
        for user in numbers:
            seconds += watchers.seen_by_all(user, "idle", lambda user=user: _log_in(database, user, desks[user].number))  # type: ignore[misc]
        burst = _burst(watchers, database, {user: desk.number for user, desk in desks.items()})
        return Seen(WATCHERS * len(numbers), tuple(seconds), WATCHERS * len(numbers) - len(seconds), burst)


def _burst(watchers: _Watchers, database: Database, desks: dict[str, str]) -> float:
    """Everybody moves to his neighbour's phone, who is logged out by that until he has moved himself."""
    phones = list(desks.values())
    watchers.forget()
    began = time.monotonic()
    for user, phone in zip(desks, phones[1:] + phones[:1], strict=True):
        _log_in(database, user, phone)
    watchers.wait(lambda: watchers.is_quiet(0.5), 10 * _PATIENCE)
    return watchers.newest - began


def _log_in(database: Database, user: str, phone: str) -> float:
    """Log in; gives when it was committed."""
    wish = LogIn(user, phone, Authority(), Method.CLI, Actor.system())
    database.write(lambda tx: log_in(tx, wish, datetime.now(UTC)))
    return time.monotonic()


class _Watchers:
    """Phones that subscribe. A thread confirms every NOTIFY and notes when it came."""

    def __init__(self, node: Node, accounts: Sequence[Account]) -> None:
        self._server = ("127.0.0.1", node.prepared.ports.sip)
        self._phones = {self._socket(): account for account in accounts}
        self._changed = threading.Condition()
        self._answers: dict[str, tuple[int, str]] = {}
        self._seen: dict[tuple[str, int], tuple[str, float]] = {}
        self.newest = 0.0
        self._stopped = False
        self._thread = threading.Thread(target=self._listen, name="watchers", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopped = True
        self._thread.join()
        for each in self._phones:
            each.close()

    def subscribe(self, numbers: Sequence[str]) -> None:
        """Watch everybody from every phone, a few at a time; returns when every lamp has been seen."""
        wanted = [(phone, number) for phone in self._phones for number in numbers]
        for start in range(0, len(wanted), _AT_ONCE):
            group = wanted[start : start + _AT_ONCE]
            calls = {secrets.token_hex(8): (*each, "") for each in group}
            for call_id, (phone, number, nonce) in self._asked(calls, 407).items():
                calls[call_id] = (phone, number, nonce)
            self._asked(calls, 200)
        keys = {(number, phone.fileno()) for phone, number in wanted}
        self.wait(lambda: keys <= self._seen.keys(), _PATIENCE)

    def seen_by_all(self, user: str, state: str, act: Callable[[], float]) -> list[float]:
        """Do it, and give for each phone the seconds from then until it saw the state."""
        self.forget()
        done = act()
        keys = [(user, phone.fileno()) for phone in self._phones]
        self.wait(lambda: all(self._seen.get(key, ("", 0.0))[0] == state for key in keys), _PATIENCE)
        with self._changed:
            found = [self._seen.get(key, ("", 0.0)) for key in keys]
        return [max(at - done, 0.0) for shown, at in found if shown == state]

    def forget(self) -> None:
        """What was seen so far does not count."""
        with self._changed:
            self._seen.clear()

    def is_quiet(self, seconds: float) -> bool:
        """Whether nothing has come for so long."""
        return time.monotonic() - self.newest > seconds

    def wait(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Wait for something that NOTIFYs bring, at most so long; whether it came."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not ready() and time.monotonic() < deadline:
                self._changed.wait(0.05)
            return ready()

    def _asked(
        self, calls: dict[str, tuple[socket.socket, str, str]], code: int
    ) -> dict[str, tuple[socket.socket, str, str]]:
        """Send SUBSCRIBEs with these Call-IDs; gives them with the nonces of their answers, which must be `code`."""
        for call_id, (phone, number, nonce) in calls.items():
            phone.sendto(_subscribe(phone, self._phones[phone], number, call_id, nonce), self._server)
        method = {407: "1", 200: "2"}[code]
        if not self.wait(lambda: all(f"{call_id} {method}" in self._answers for call_id in calls), _PATIENCE):
            raise RuntimeError("a SUBSCRIBE was not answered")
        found = {}
        for call_id, (phone, number, _) in calls.items():
            got, nonce = self._answers[f"{call_id} {method}"]
            if got != code:
                raise RuntimeError(f"SUBSCRIBE to {number} was answered {got}")
            found[call_id] = (phone, number, nonce)
        return found

    def _listen(self) -> None:
        with selectors.DefaultSelector() as selector:
            for each in self._phones:
                selector.register(each, selectors.EVENT_READ)
            while not self._stopped:
                for key, _ in selector.select(0.1):
                    phone = key.fileobj
                    assert isinstance(phone, socket.socket)
                    self._hear(phone, phone.recv(65_536), time.monotonic())

    def _hear(self, phone: socket.socket, data: bytes, at: float) -> None:
        head, _, body = data.decode().partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        headers = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        values = dict(headers)
        if first.startswith("NOTIFY "):
            kept = "".join(f"{name}: {value}\r\n" for name, value in headers if name in _KEPT)
            phone.sendto(f"SIP/2.0 200 OK\r\n{kept}Content-Length: 0\r\n\r\n".encode(), self._server)
            shown = re.search(r'entity="sip:(\d+)@.*:lamp:1" state="([^"]+)"', body, re.DOTALL)
            if shown is not None:
                with self._changed:
                    self._seen[shown[1], phone.fileno()] = (shown[2], at)
                    self.newest = at
                    self._changed.notify_all()
            return
        nonce = _NONCE.search(values.get("proxy-authenticate", ""))
        with self._changed:
            name = f"{values['call-id']} {values['cseq'].split()[0]}"
            self._answers[name] = (int(first.split()[1]), nonce[1] if nonce else "")
            self._changed.notify_all()

    @staticmethod
    def _socket() -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        made.bind(("127.0.0.1", 0))
        return made


def _subscribe(phone: socket.socket, account: Account, number: str, call_id: str, nonce: str) -> bytes:
    """A SUBSCRIBE to the lamp of a number; with credentials once there is a nonce."""
    uri, here = f"sip:{number}@{REALM}", f"127.0.0.1:{phone.getsockname()[1]}"
    count = 2 if nonce else 1
    lines = [
        f"SUBSCRIBE {uri} SIP/2.0",
        f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{call_id}{count}",
        "Max-Forwards: 70",
        f"From: <sip:{account.number}@{REALM}>;tag={call_id}",
        f"To: <{uri}>",
        f"Call-ID: {call_id}",
        f"CSeq: {count} SUBSCRIBE",
        f"Contact: <sip:{account.number}@{here}>",
        "Event: dialog",
        "Accept: application/dialog-info+xml",
        "Expires: 3600",
    ]
    if nonce:
        ha1 = _md5(f"{account.number}:{REALM}:{account.password}")
        response = _md5(f"{ha1}:{nonce}:00000001:0a4f113b:auth:{_md5(f'SUBSCRIBE:{uri}')}")
        lines.append(
            f'Proxy-Authorization: Digest username="{account.number}", realm="{REALM}", nonce="{nonce}", uri="{uri}", '
            f'algorithm=MD5, qop=auth, nc=00000001, cnonce="0a4f113b", response="{response}"'
        )
    return "\r\n".join([*lines, "Content-Length: 0", "", ""]).encode()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
