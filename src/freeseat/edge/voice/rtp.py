"""RTP for many calls at once (RFC 3550): one clock sends a frame for every stream each 20 ms.

Packets are taken only from where the signalling says they come from. The first one that fits fixes the port
(symmetric RTP, RFC 4961), so that a phone behind NAT hears us; nobody else can take the stream over afterwards, but the
very port that was announced: the first one may have been a late packet of who was there before.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import secrets
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import structlog
from aiortp.clock import MediaClock

from freeseat.edge.voice.dtmf import EventReceiver, event_payloads
from freeseat.edge.voice.g711 import FRAME, SILENCE
from freeseat.edge.voice.messages import Address
from freeseat.edge.voice.sdp import Agreement

log = structlog.get_logger("freeseat.voice.rtp")

_HEADER = struct.Struct("!BBHII")
_SLOTS = 4
_FRAME_SECONDS = 0.02


class NoPortFree(OSError):
    """Every RTP port of the range is in use."""


@dataclass(frozen=True, slots=True)
class PortRange:
    """The UDP ports RTP may use, both included; only even ones are taken (RFC 3550, 11)."""

    first: int = 30000
    last: int = 30999

    def bind(self, host: str) -> socket.socket:
        """A non-blocking UDP socket on a free even port of that local address. Raises NoPortFree."""
        ports = range(self.first + self.first % 2, self.last + 1, 2)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        for port in random.sample(ports, len(ports)):
            made = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            try:
                made.bind((host, port))
            except OSError:
                made.close()  # another process or call has it: the next one
                continue
            return made
        raise NoPortFree(f"no RTP port free between {self.first} and {self.last}")


class Pacer:
    """The clock of all streams of one event loop. Streams are spread over 5 ms slots, so that no slot gets crowded."""

    def __init__(self) -> None:
        self._slots: list[set[RtpStream]] = [set() for _ in range(_SLOTS)]
        self._now = 0
        self._clock: MediaClock | None = None

    def __len__(self) -> int:
        """How many streams are paced."""
        return sum(map(len, self._slots))

    def add(self, stream: RtpStream) -> None:
        """Send a frame of this stream every 20 ms from now on."""
        min(self._slots, key=len).add(stream)
        if self._clock is None:
            self._clock = MediaClock(_FRAME_SECONDS / _SLOTS, self._tick)
            self._clock.start()

    def remove(self, stream: RtpStream) -> None:
        """Send no more frames of this stream; the clock rests with the last one."""
        for slot in self._slots:
            slot.discard(stream)

    async def close(self) -> None:
        """Stop the clock."""
        if self._clock is not None:
            clock, self._clock = self._clock, None
            await clock.stop()

    def _tick(self) -> None:
        self._now = (self._now + 1) % _SLOTS
        for stream in tuple(self._slots[self._now]):
            stream.tick()


class RtpStream:
    """The audio of one call: sends what is played or silence, hears digits and audio. Belongs to one event loop."""

    def __init__(self, made: socket.socket, pacer: Pacer) -> None:
        self._socket = made
        self._pacer = pacer
        self._loop = asyncio.get_running_loop()
        self._agreed: Agreement | None = None
        self._peers: frozenset[str] = frozenset()
        self._announced: Address | None = None
        self._peer: Address | None = None
        self._latched = False
        self._ssrc, self._sequence, self._timestamp = secrets.randbits(32), secrets.randbits(15), secrets.randbits(31)
        self._frames: Iterator[bytes] = iter(())
        self._played: asyncio.Future[None] | None = None
        self._pending_keys: deque[Iterator[bytes]] = deque()
        self._key: tuple[int, Iterator[bytes], bool] | None = None
        self._receiver = EventReceiver()
        self._marker = 0x80
        self.on_key: Callable[[str], None] = _no_key
        self.on_audio: Callable[[str, bytes], None] = _no_audio
        self.received = 0
        """Packets taken."""
        self.refused = 0
        """Packets dropped: from a strange address, or no RTP of this stream."""
        self.sent = 0
        """Packets sent."""
        self.port: int = made.getsockname()[1]
        self._loop.add_reader(made.fileno(), self._readable)
        self.closed = False

    def agree(self, agreed: Agreement, trusted: Iterable[str] = ()) -> None:
        """Use what an offer and an answer agreed; packets may come from the peer's address or one of `trusted`."""
        before = self._agreed
        self._agreed = agreed
        self._peers = frozenset((agreed.peer.address, *trusted))
        announced = (agreed.peer.address, agreed.peer.port)
        if announced != self._announced:
            self._announced = self._peer = announced
            self._latched = False
        if before is None:
            self._pacer.add(self)

    @property
    def codec(self) -> str:
        """The codec agreed, or an empty string before."""
        return self._agreed.codec if self._agreed else ""

    def play(self, audio: bytes) -> asyncio.Future[None]:
        """Play audio in the agreed codec instead of what is playing; the future is done when it ends or is stopped."""
        self.stop()
        self._frames = (audio[at : at + FRAME] for at in range(0, len(audio), FRAME))
        self._played = self._loop.create_future()
        return self._played

    def loop(self, audio: bytes, start: int = 0) -> None:
        """Play audio in the agreed codec over and over until something else is played; `start` is a byte in it."""
        self.stop()
        start -= start % FRAME
        first = (audio[at : at + FRAME] for at in range(start, len(audio), FRAME))
        again = itertools.cycle(range(0, len(audio), FRAME))
        self._frames = itertools.chain(first, (audio[at : at + FRAME] for at in again))

    def stop(self) -> None:
        """Stop playing now."""
        self._frames = iter(())
        self._finish()

    def press(self, keys: str, milliseconds: int = 100) -> None:
        """Send keys as RFC 4733 events, after those still to be sent, with a gap of 60 ms between them."""
        self._pending_keys.extend(event_payloads(key, milliseconds) for key in keys)

    @property
    def pressing(self) -> bool:
        """Whether keys are still to be sent."""
        return bool(self._key or self._pending_keys)

    def close(self) -> None:
        """Release the port. Closing twice is allowed."""
        if self.closed:
            return
        self.closed = True
        self._pacer.remove(self)
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        self.stop()
        self.on_key, self.on_audio = _no_key, _no_audio

    def _finish(self) -> None:
        played, self._played = self._played, None
        if played is not None and not played.done():
            played.set_result(None)

    # --- sending ---------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Send the packet of this 20 ms: an event, a frame of what is played, or silence; nothing while held."""
        agreed = self._agreed
        if agreed is None or self._peer is None:
            return
        self._timestamp = (self._timestamp + FRAME) & 0xFFFFFFFF
        event = self._next_event()
        if agreed.peer.held:
            return
        if event is not None and agreed.send_event is not None:
            payload, timestamp, first = event
            self._send(agreed.send_event | (0x80 if first else 0), timestamp, payload)
            return
        frame = next(self._frames, None)
        if frame is None:
            self._finish()
            frame = SILENCE[agreed.codec]
        elif len(frame) < FRAME:
            frame += SILENCE[agreed.codec][len(frame) :]
        self._send(agreed.send_type | self._marker, self._timestamp, frame)
        self._marker = 0

    def _next_event(self) -> tuple[bytes, int, bool] | None:
        if self._key is None and self._pending_keys:
            self._key = (self._timestamp, _with_gap(self._pending_keys.popleft()), True)
        if self._key is None:
            return None
        timestamp, payloads, first = self._key
        payload = next(payloads, None)
        if payload is None:
            self._key = None
            return None
        self._key = (timestamp, payloads, False)
        return (payload, timestamp, first) if payload else None

    def _send(self, kind: int, timestamp: int, payload: bytes) -> None:
        assert self._peer is not None
        self._sequence = (self._sequence + 1) & 0xFFFF
        try:
            self._socket.sendto(_HEADER.pack(0x80, kind, self._sequence, timestamp, self._ssrc) + payload, self._peer)
        except OSError as failure:
            # a full buffer or an unreachable peer costs this frame only
            log.debug("rtp packet not sent", error=failure.strerror)
            return
        self.sent += 1

    # --- receiving -------------------------------------------------------------------------------------------------

    def _readable(self) -> None:
        try:
            data, source = self._socket.recvfrom(2048)
        except BlockingIOError:
            return
        except OSError as failure:
            # an ICMP error of what we sent: the peer is not listening yet, or no more
            log.debug("rtp error reported", error=failure.strerror)
            return
        self._take(data, source[:2])

    def _take(self, data: bytes, source: Address) -> None:
        agreed = self._agreed
        if agreed is None or not self._from_peer(source) or len(data) < _HEADER.size or data[0] >> 6 != 2:
            self.refused += 1
            return
        first, kind, _sequence, timestamp, ssrc = _HEADER.unpack_from(data)
        payload = _payload(first, data)
        kind &= 0x7F
        if kind not in (agreed.receive_type, agreed.receive_event):
            self.refused += 1
            return
        self._latch(source)
        self.received += 1
        if kind == agreed.receive_event:
            key = self._receiver.take(ssrc, timestamp, payload)
            if key:
                self.on_key(key)
        else:
            self.on_audio(agreed.codec, payload)

    def _from_peer(self, source: Address) -> bool:
        if source == self._announced:
            return True  # whoever was quicker, this is the one
        return source == self._peer if self._latched else source[0] in self._peers

    def _latch(self, source: Address) -> None:
        if not self._latched or source == self._announced:
            self._peer, self._latched = source, True


def _no_key(_key: str) -> None:
    """Nobody listens for keys."""


def _no_audio(_codec: str, _payload: bytes) -> None:
    """Nobody listens."""


def _with_gap(payloads: Iterator[bytes]) -> Iterator[bytes]:
    """An event's payloads, then three frames of audio: keys need a gap to be told apart."""
    yield from payloads
    yield from (b"", b"", b"")


def _payload(first: int, data: bytes) -> bytes:
    """The payload behind CSRCs, a header extension and before padding; empty if the packet contradicts itself."""
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            return b""
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4])
    end = len(data) - (data[-1] if first & 0x20 else 0)
    return data[start:end]
