"""A voice server to call, prompts that can be told apart by their tone, and an office behind it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from weakref import WeakKeyDictionary

import pytest

from freeseat.domain.menus import FROM_HERE, NOWHERE
from freeseat.domain.queues import QueueVerb
from freeseat.edge.voice import g711, waves
from freeseat.edge.voice.actions import Answer, CallContext
from freeseat.edge.voice.catalogue import MUSIC, TEXTS
from freeseat.edge.voice.prompts import SUFFIX
from freeseat.edge.voice.server import VoiceServer, VoiceSettings
from freeseat.edge.voice.softphone import Account, PhoneCall, Softphone
from tests.clients.ports import free_port
from tests.store.databases import SqliteCopies

TONES = {key: 400.0 + 25.0 * at for at, key in enumerate(TEXTS["en"])}
"""The tone that stands for each prompt, in Hz."""
PROMPT_SECONDS = 0.12
MUSIC_HERTZ = 3900.0
"""The tone that stands for music on hold."""


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prompt directory in which every prompt is a short tone of its own."""
    directory = tmp_path_factory.mktemp("prompts")
    folder = directory / "en"
    folder.mkdir()
    for key, hertz in TONES.items():
        samples = waves.tone(hertz, PROMPT_SECONDS)
        for codec, suffix in SUFFIX.items():
            (folder / f"{key}{suffix}").write_bytes(g711.encode(codec, samples))
    for codec, suffix in SUFFIX.items():
        (folder / f"{MUSIC}{suffix}").write_bytes(g711.encode(codec, waves.tone(MUSIC_HERTZ, 1.0)))
    return directory


@pytest.fixture(scope="session")
def sqlite_copies() -> Iterator[SqliteCopies]:
    memory = Path("/dev/shm")
    with TemporaryDirectory(prefix="freeseat-", dir=memory if memory.is_dir() else None) as directory:
        yield SqliteCopies(Path(directory))


@dataclass
class Office:
    """One phone, people with PINs, and what was asked: VoiceActions kept in memory."""

    pins: dict[str, str] = field(default_factory=lambda: {"2019": "1234", "2020": "5678"})
    places: dict[str, str] = field(default_factory=dict)
    queues: dict[str, bool] = field(default_factory=lambda: {"811": False, "812": True})
    language: str = ""
    asked: list[str] = field(default_factory=list)
    contexts: list[CallContext] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None

    async def _note(self, call: CallContext, name: str) -> None:
        self.asked.append(name)
        self.contexts.append(call)
        if self.before is not None:
            await self.before()

    def _who(self, extension: str) -> Answer:
        return Answer(ok=True, user=extension, phone=self.places.get(extension, ""), language=self.language)

    def _at(self, call: CallContext) -> str:
        return next((user for user, phone in self.places.items() if phone == call.phone), "")

    async def verify(self, call: CallContext, extension: str, pin: str) -> Answer:
        await self._note(call, "verify")
        right = extension in self.pins and self.pins[extension] == pin
        return self._who(extension) if right else Answer(ok=False, reason="wrong_credentials")

    async def log_in(self, call: CallContext, extension: str, pin: str) -> Answer:
        await self._note(call, "log_in")
        self.places[extension] = call.phone
        return self._who(extension)

    async def occupant(self, call: CallContext) -> Answer:
        await self._note(call, "occupant")
        user = self._at(call)
        return self._who(user) if user else Answer(ok=False, reason="not_logged_in")

    async def log_out(self, call: CallContext, pin: str) -> Answer:
        await self._note(call, "log_out")
        user = self._at(call)
        if self.pins[user] != pin:
            return Answer(ok=False, reason="wrong_credentials")
        del self.places[user]
        return self._who(user)

    async def remote_log_out(self, call: CallContext, extension: str) -> Answer:
        await self._note(call, "remote_log_out")
        if extension not in self.places:
            return Answer(ok=False, reason="not_logged_in")
        del self.places[extension]
        return self._who(extension)

    async def locate(self, call: CallContext, extension: str) -> Answer:
        await self._note(call, "locate")
        return self._who(extension) if extension in self.pins else Answer(ok=False, reason="not_found")

    async def change_pin(self, call: CallContext, old: str, new: str) -> Answer:
        await self._note(call, "change_pin")
        user = self._at(call)
        if self.pins[user] != old:
            return Answer(ok=False, reason="wrong_credentials")
        self.pins[user] = new
        return self._who(user)

    async def take_part(self, call: CallContext, verb: QueueVerb, queue: str) -> Answer:
        await self._note(call, verb)
        if queue not in self.queues and queue:
            return Answer(ok=False, reason="not_a_member")
        queues = (queue,) if queue else tuple(self.queues)
        log_in = verb is QueueVerb.LOG_IN or (verb is QueueVerb.TOGGLE and not all(self.queues[q] for q in queues))
        self.queues |= dict.fromkeys(queues, log_in)
        return Answer(ok=True, user=self._at(call), queues=queues, at_queue=log_in)

    async def identify(self, call: CallContext, extension: str, pin: str) -> Answer:
        await self._note(call, "identify")
        right = self.pins.get(extension) == pin
        return self._who(extension) if right else Answer(ok=False, reason="wrong_credentials")

    async def be_reached_at(self, call: CallContext, extension: str, pin: str, choice: str) -> Answer:
        await self._note(call, "be_reached_at")
        if choice == NOWHERE:
            return self._who(extension)
        number = call.digits if choice == FROM_HERE else choice
        self.places[extension] = number
        return Answer(ok=True, user=extension, phone=number, outside=True)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def settings(tones: Path) -> VoiceSettings:
    """A voice server on a free port, with prompts of tones."""
    return VoiceSettings(prompts=tones, port=0)


def headers(code: str, digits: str = "", phone: str = "3001", source: str = "127.0.0.1") -> tuple[tuple[str, str], ...]:
    """The headers that Kamailio adds (docs/switch-contract.md)."""
    return (
        ("X-Freeseat-Phone", phone),
        ("X-Freeseat-User", ""),
        ("X-Freeseat-Code", code),
        ("X-Freeseat-Digits", digits),
        ("X-Freeseat-Source", source),
        ("X-Freeseat-Language", "en"),
    )


@asynccontextmanager
async def calling(
    settings: VoiceSettings, office: Office, **account: str
) -> AsyncIterator[tuple[VoiceServer, Softphone]]:
    """A voice server, and a softphone whose registrar is that server, so that its calls go there."""
    server = await VoiceServer.open(settings, office)
    try:
        async with Softphone(Account("3001", "", server.address), host="127.0.0.1") as phone:
            yield server, phone
    finally:
        await server.close()


_marks: WeakKeyDictionary[PhoneCall, int] = WeakKeyDictionary()
_WINDOW = 320
"""Samples examined at a time: 40 ms."""


async def hears(call: PhoneCall, key: str, seconds: float = 15.0) -> None:
    """Wait until the prompt of that key is heard, by its tone, after those heard before."""
    deadline = asyncio.get_running_loop().time() + seconds
    mark = _marks.get(call, 0)
    while True:
        samples = call.since(mark)
        windows = range(0, len(samples) - _WINDOW + 1, _WINDOW)
        for at in windows:
            if waves.tone_share(samples[at : at + _WINDOW], TONES[key]) > 0.9:
                _marks[call] = mark + at + _WINDOW
                return
        mark += len(windows) * _WINDOW
        assert asyncio.get_running_loop().time() < deadline, f"never heard: {key}"
        await asyncio.sleep(0.02)


async def becomes(look: Callable[[], object], what: str, seconds: float = 15.0) -> None:
    """Wait until something is true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not look():
        assert asyncio.get_running_loop().time() < deadline, f"never happened: {what}"
        await asyncio.sleep(0.01)


@contextmanager
def background(settings: VoiceSettings, office: Office) -> Iterator[VoiceServer]:
    """A voice server in a thread of its own, for clients that block."""
    started: Future[VoiceServer] = Future()
    stop: list[Callable[[], object]] = []

    async def serve() -> None:
        server = await VoiceServer.open(settings, office)
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(done.set))
        started.set_result(server)
        try:
            await done.wait()
        finally:
            await server.close()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as failure:  # handed to the test
            if started.done():
                raise
            started.set_exception(failure)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield started.result(10)
    finally:
        for end in stop:
            end()
        thread.join(10)


@pytest.fixture
def running(settings: VoiceSettings, office: Office) -> Iterator[VoiceServer]:
    """A voice server in a thread of its own."""
    with background(replace(settings, port=free_port()), office) as server:
        yield server
