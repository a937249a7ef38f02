"""The control plane's connection (docs/switch-contract.md, "evapi messages"), in evapi's own process.

Lines of JSON are put together here from whatever pieces the connection brings. A connection counts only after its hello
has shown the shared secret: what others say is not even parsed, and nothing is sent to them.
"""

from __future__ import annotations

import hmac
import json
import time
from dataclasses import dataclass, field

import KSR

from freeseat.kamailio.config import Config
from freeseat.kamailio.registrar import Answer, Registrar
from freeseat.kamailio.registrations import Registrations
from freeseat.kamailio.table import Table

_HELLO_SIZE = 4096


@dataclass
class _Connection:
    tag: str
    pieces: list[str] = field(default_factory=list)
    is_control: bool = False


class Control:
    """Kamailio's end of the connection. Only `ask` is called in SIP workers."""

    def __init__(self, config: Config, table: Table, boot: str) -> None:
        self._config = config
        self._table = table
        self._registrations = Registrations(config)
        self._boot = boot
        self._connections: dict[int, _Connection] = {}
        self._opened = 0
        self._position = 0

    @staticmethod
    def ask(question: dict[str, object]) -> None:
        """Send a question or a notice to the control plane, if one is connected."""
        tag = KSR.htable.sht_get("s", "control")
        if tag:
            KSR.evapi.relay_unicast(json.dumps(question, separators=(",", ":")) + "\n", tag)

    def opened(self) -> int:
        """A connection has come; it may be anybody's."""
        self._opened += 1
        self._connections[KSR.pv.get("$evapi(conidx)")] = _Connection(f"control-{self._opened}")
        return 1

    def closed(self) -> int:
        """A connection has gone. Without control plane, new people are refused at once."""
        connection = self._connections.pop(KSR.pv.get("$evapi(conidx)"), None)
        if connection is not None and KSR.htable.sht_get("s", "control") == connection.tag:
            KSR.htable.sht_rm("s", "control")
            KSR.htable.sht_sets("x", "alive", "0")
            KSR.warn("event=control_lost\n")
        return 1

    def said(self, registrar: Registrar) -> int:
        """Bytes have come: handle each whole line among them."""
        connection = self._connections.get(KSR.pv.get("$evapi(conidx)"))
        if connection is None:
            return 1
        *lines, rest = KSR.pv.get("$evapi(msg)").split("\n")
        for line in lines:
            connection.pieces.append(line)
            whole = "".join(connection.pieces)
            connection.pieces.clear()
            self._line(connection, whole, registrar)
        if rest and (connection.is_control or sum(map(len, connection.pieces)) < _HELLO_SIZE):
            connection.pieces.append(rest)
        return 1

    def _line(self, connection: _Connection, line: str, registrar: Registrar) -> None:
        if not connection.is_control and len(line) > _HELLO_SIZE:
            return
        try:
            said = json.loads(line)
            if not connection.is_control:
                self._hello(connection, said)
                return
            self._handle(connection, said, registrar)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            KSR.err(f"event=control_misunderstood error={type(error).__name__}\n")

    def _hello(self, connection: _Connection, said: dict[str, object]) -> None:
        secret = str(said.get("secret", ""))
        if not hmac.compare_digest(secret.encode(), self._config.control_secret.encode()):
            KSR.warn("event=control_refused reason=secret\n")
            return
        connection.is_control = True
        KSR.evapi.set_tag(connection.tag)
        KSR.htable.sht_sets("s", "control", connection.tag)
        KSR.htable.sht_seti("s", "asks", 0)
        KSR.notice(f"event=control_connected node={said.get('node', '')}\n")
        self._say(connection, {"hello": "kamailio", "boot": self._boot, "position": self._position})

    def _handle(self, connection: _Connection, said: dict[str, object], registrar: Registrar) -> None:
        if "answer" in said:
            self._answer(said, registrar)
        elif "put" in said or "drop" in said:
            self._put(connection, said)
        elif "unbind" in said:
            for user, contact in _pairs(said["unbind"]):
                registrar.unbind(user, contact)
        elif "clear" in said:
            KSR.htable.sht_reset("n")
            KSR.htable.sht_reset("x")
            self._position = 0

    def _answer(self, said: dict[str, object], registrar: Registrar) -> None:
        index, label = (_signed(int(part)) for part in str(said["answer"]).split(":"))
        answer = Answer(
            code=_integer(said["code"]),
            reason=str(said.get("reason") or "OK"),
            expires=_integer(said.get("expires", self._config.person_expires)),
            retry_after=_integer(said.get("retry_after", 0)),
        )
        registrar.answer(index, label, answer)

    def _put(self, connection: _Connection, said: dict[str, object]) -> None:
        put, drop = said.get("put", {}), said.get("drop", {})
        if not isinstance(put, dict) or not isinstance(drop, dict):
            raise TypeError("put and drop are objects")
        for table in ("n", "x"):
            for key, value in put.get(table, {}).items():
                KSR.htable.sht_sets(table, key, str(value))
            for key in drop.get(table, ()):
                KSR.htable.sht_rm(table, key)
        changed = put.get("x", {}).keys() | set(drop.get("x", ()))
        if changed - {"alive", "ready"}:
            KSR.htable.sht_sets("x", "serial", f"{time.time_ns()}")
        if "trunks" in changed:
            KSR.htable.sht_reset("t")  # a trunk that was silent may have been mended
            self._registrations.follow(self._table.trunks())
        if "position" in said:
            self._position = _integer(said["position"])
        if "serial" in said or "position" in said:
            self._say(connection, {"applied": self._position, "serial": said.get("serial", 0)})

    @staticmethod
    def _say(connection: _Connection, message: dict[str, object]) -> None:
        KSR.evapi.relay_unicast(json.dumps(message, separators=(",", ":")) + "\n", connection.tag)


def _signed(number: int) -> int:
    """An unsigned 32-bit number as Kamailio's script integers hold it."""
    return number - (1 << 32) if number >= 1 << 31 else number


def _integer(value: object) -> int:
    if not isinstance(value, int | float | str):
        raise TypeError(f"not a number: {type(value).__name__}")
    return int(value)


def _pairs(value: object) -> list[tuple[str, str]]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return [(str(user), str(contact)) for user, contact in value]
