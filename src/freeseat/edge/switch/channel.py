"""The control plane's end of the evapi connection to Kamailio (docs/switch-contract.md, "evapi messages").

Messages are lines of JSON. Entries are sent in small pieces with few of them on the way, so that the answer to somebody
who waits for his login never queues behind a rebuild of the tables.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

log = structlog.get_logger(__name__)

PIECE_ENTRIES = 100
PIECES_UNDERWAY = 2
RECONNECT_SECONDS = 0.2
HELLO_SECONDS = 5.0
_LINE_LIMIT = 1 << 20


@dataclass(frozen=True)
class Entries:
    """Changes of Kamailio's tables: entries put into and keys dropped from `n` (numbers) and `x` (single entries)."""

    numbers: Mapping[str, str] = field(default_factory=dict)
    singles: Mapping[str, str] = field(default_factory=dict)
    drop_numbers: Sequence[str] = ()
    drop_singles: Sequence[str] = ()


@dataclass(frozen=True)
class Ask:
    """A REGISTER of a person, waiting for its answer.

    `verdict` is right, wrong or unknown; `fingerprint` the digest response, equal for the same attempt; `expires`
    (seconds) 0 means unregister; `source` is an IP address.
    """

    id: str
    user: str
    verdict: str
    fingerprint: str
    source: str
    transport: str
    contact: str
    call_id: str
    cseq: int
    instance: str
    user_agent: str
    expires: int


@dataclass(frozen=True)
class WrongPin:
    """A wrong digest of a person outside REGISTER: refused by Kamailio already, to be counted (R2.15)."""

    user: str
    fingerprint: str
    source: str
    method: str


@dataclass(frozen=True)
class Answer:
    """The decision about an Ask. 200 saves the binding for `expires` seconds; anything else is sent as it is."""

    code: int
    reason: str = "OK"
    expires: int = 0
    retry_after: int = 0


@dataclass(frozen=True)
class Boot:
    """One start of Kamailio: `id` differs for each; `position` is what its tables had applied when we connected."""

    id: str
    position: int


class Disconnected(Exception):
    """The connection is away, or went before Kamailio had applied what was sent."""


class Channel:
    """A connection that is kept up until `close`.

    `on_ask` gives the answer to each ask (run as a task of its own); `on_boot` is awaited at each connection, before
    anything can be sent on it; `on_wrong_pin` for each notice; `on_watch` with event package and
    presentity when somebody begins to watch.
    """

    def __init__(
        self,
        host: str,
        port: int,
        secret: str,
        *,
        node: str = "main",
        on_ask: Callable[[Ask], Awaitable[Answer]],
        on_boot: Callable[[Boot], Awaitable[None]] | None = None,
        on_wrong_pin: Callable[[WrongPin], Awaitable[None]] | None = None,
        on_watch: Callable[[str, str], Awaitable[None]] | None = None,
    ) -> None:
        self._address, self._secret, self._node = (host, port), secret, node
        self._on_ask, self._on_boot, self._on_wrong_pin = on_ask, on_boot, on_wrong_pin
        self._on_watch = on_watch
        self._writer: asyncio.StreamWriter | None = None
        self._connected = asyncio.Event()
        self._underway = asyncio.Semaphore(PIECES_UNDERWAY)
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._serial = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to connect; returns at once."""
        self._runner = asyncio.create_task(self._run(), name="switch-channel")

    async def close(self) -> None:
        """End the connection and everything that waits for it."""
        tasks = [task for task in (self._runner, *self._tasks) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._drop()

    async def connected(self) -> None:
        """Wait until Kamailio has said hello."""
        await self._connected.wait()

    @property
    def is_connected(self) -> bool:
        """Whether Kamailio is there now."""
        return self._connected.is_set()

    async def put(self, entries: Entries, position: int) -> None:
        """Send `entries`; returns when Kamailio has applied them all and stands at feed position `position`.

        Raises Disconnected where the connection is not there or goes meanwhile: part may have been applied, and doing
        it again does no harm.
        """
        pieces = [piece async for piece in _pieces(entries)]
        acknowledged = []
        for number, piece in enumerate(pieces, 1):
            if number == len(pieces):
                # the position is reached only when the last piece is in
                piece["position"] = position
            await self._underway.acquire()
            try:
                acknowledged.append(self._send_counted(piece))
            except Disconnected:
                self._underway.release()
                _abandon(acknowledged)
                raise
        await asyncio.gather(*acknowledged)

    async def beat(self, now: float) -> None:
        """Tell Kamailio that we are alive at `now` (unix time). Raises Disconnected."""
        self._send({"put": {"x": {"alive": f"{now:.3f}"}}})

    async def clear(self) -> None:
        """Empty all tables; Kamailio then refuses everything until `ready` is put again. Raises Disconnected."""
        self._send({"clear": True})

    async def unbind(self, bindings: Sequence[tuple[str, str]]) -> None:
        """Remove bindings, each an AoR and its Contact URI (empty: all of that AoR). Raises Disconnected."""
        for start in range(0, len(bindings), PIECE_ENTRIES):
            self._send({"unbind": bindings[start : start + PIECE_ENTRIES]})

    def _send_counted(self, message: dict[str, object]) -> asyncio.Future[None]:
        self._serial += 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.add_done_callback(lambda _: self._underway.release())
        self._waiting[self._serial] = done
        try:
            self._send(message | {"serial": self._serial})
        except Disconnected:
            # the caller gives its place back itself: the future is never seen outside
            del self._waiting[self._serial]
            raise
        return done

    def _send(self, message: Mapping[str, object]) -> None:
        if self._writer is None or not self._connected.is_set():
            raise Disconnected("Kamailio is not connected")
        self._writer.write(_line(message))

    async def _run(self) -> None:
        while True:
            try:
                await self._converse()
            except (OSError, ValueError, asyncio.IncompleteReadError, TimeoutError) as error:
                log.debug("switch.channel_failed", error=str(error) or type(error).__name__)
            finally:
                self._drop()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _converse(self) -> None:
        reader, writer = await asyncio.open_connection(*self._address, limit=_LINE_LIMIT)
        self._writer = writer
        writer.write(_line({"hello": "control", "node": self._node, "secret": self._secret}))
        async with asyncio.timeout(HELLO_SECONDS):
            hello = json.loads(await reader.readuntil(b"\n"))
        if self._on_boot is not None:
            await self._on_boot(Boot(str(hello["boot"]), int(hello["position"])))
        self._connected.set()
        log.info("switch.connected", boot=hello["boot"], position=hello["position"])
        connection = writer.get_extra_info("socket")
        while line := await reader.readline():
            # Kamailio leaves Nagle's algorithm on: without this, an ask waits 40 ms for our delayed acknowledgement
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            self._hear(json.loads(line))
        log.warning("switch.disconnected")

    def _hear(self, message: dict[str, object]) -> None:
        if "serial" in message:
            done = self._waiting.pop(int(str(message["serial"])), None)
            if done is not None and not done.done():
                done.set_result(None)
        elif "ask" in message:
            self._spawn(self._decide(Ask(**_only(message, Ask))))
        elif "wrong" in message and self._on_wrong_pin is not None:
            notice = WrongPin(**_only(message | {"user": message["wrong"]}, WrongPin))
            self._spawn(self._on_wrong_pin(notice))
        elif "watch" in message and self._on_watch is not None:
            self._spawn(self._on_watch(str(message["watch"]), str(message["of"])))

    async def _decide(self, ask: Ask) -> None:
        answer = await self._on_ask(ask)
        fields = {
            "code": answer.code,
            "reason": answer.reason,
            "expires": answer.expires,
            "retry_after": answer.retry_after,
        }
        with contextlib.suppress(Disconnected):  # the phone is told to try again by Kamailio itself
            self._send({"answer": ask.id, **fields})

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None and not isinstance(task.exception(), Disconnected):
            log.error("switch.callback_failed", exc_info=task.exception())

    def _drop(self) -> None:
        self._connected.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        waiting, self._waiting = self._waiting, {}
        for done in waiting.values():
            if not done.done():
                done.set_exception(Disconnected("Kamailio went away"))


async def _pieces(entries: Entries) -> AsyncIterator[dict[str, object]]:
    """`entries` in messages of at most PIECE_ENTRIES each; single entries come last, `ready` among them."""
    work = [("put", "n", item) for item in entries.numbers.items()]
    work += [("drop", "n", (key, "")) for key in entries.drop_numbers]
    work += [("drop", "x", (key, "")) for key in entries.drop_singles]
    work += [("put", "x", item) for item in entries.singles.items()]
    for start in range(0, max(len(work), 1), PIECE_ENTRIES):
        put: dict[str, dict[str, str]] = {"n": {}, "x": {}}
        drop: dict[str, list[str]] = {"n": [], "x": []}
        for verb, table, (key, value) in work[start : start + PIECE_ENTRIES]:
            if verb == "put":
                put[table][key] = value
            else:
                drop[table].append(key)
        yield {"put": put, "drop": drop}
        await asyncio.sleep(0)


def _abandon(futures: Sequence[asyncio.Future[None]]) -> None:
    for future in futures:
        future.add_done_callback(lambda done: done.cancelled() or done.exception())


def _line(message: Mapping[str, object]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


def _only(message: Mapping[str, object], cls: type[Ask] | type[WrongPin]) -> dict[str, Any]:
    return {name: message[name] for name in cls.__dataclass_fields__}
