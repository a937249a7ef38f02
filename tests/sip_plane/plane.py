"""One Kamailio with Freeseat's routes, and a control plane that is nothing but the real channel."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from freeseat.domain.switch_entries import trunk_entries
from freeseat.domain.trunks import Trunk
from freeseat.edge.switch.bindings_file import BindingsFile
from freeseat.edge.switch.channel import Answer, Ask, Boot, Channel, Entries, WrongPin
from freeseat.edge.switch.journal import JournalReader, Line, Position
from freeseat.edge.switch.kamailio import KamailioSettings, render
from tests.clients.ports import free_port, program, tail
from tests.clients.raw import RawPhone
from tests.clients.waiting import until

REALM = "office.test"
T = TypeVar("T")
AnyLine = TypeVar("AnyLine")


def ha1s(number: str, secret: str) -> str:
    """The two ha1 fields of an entry."""
    text = f"{number}:{REALM}:{secret}".encode()
    return f"{hashlib.md5(text).hexdigest()}|{hashlib.sha256(text).hexdigest()}"


def phone(
    number: str, *, occupant: str = "", caller: str = "", name: str = "", rights: str = "finx", location: str = "",
    group: str = "", language: str = "en", secret: str = "", plain: str = "",
) -> str:  # fmt: skip
    """The entry of a shared phone; its secret is `s` and its number unless given. `plain` is `1` for plain calls."""
    fields = (occupant, caller, name, rights, location, group, language, "1", plain)
    return "|".join(("P", ha1s(number, secret or "s" + number), *fields))


def user(
    number: str, *, places: str = "", logged_out: str = "", busy: str = "", no_answer: str = "", ring: str = "",
    name: str = "", rights: str = "finx", location: str = "", group: str = "", grant: str = "", source: str = "",
    pin: str = "1234", plain: str = "",
) -> str:  # fmt: skip
    """The entry of a user; an empty `pin` is one who may not register as himself. `plain`: the one place to ring."""
    ha1 = ha1s(number, pin) if pin else "|"
    fields = (places, logged_out, busy, no_answer, ring, number, name, rights, location, group, "en", grant, source)
    return "|".join(("U", ha1, *fields, plain))


def trunks(*given: Trunk, secret: str = "carrier") -> dict[str, str]:
    """The single entries of these trunks; they share a password."""
    return trunk_entries(given, {trunk.id: secret if trunk.username else "" for trunk in given})


class Plane:
    """Kamailio on free ports of 127.0.0.1 and ::1. A context manager; `settings` change the defaults of tests."""

    def __init__(self, **settings: Any) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="plane-"))
        self.port, self.tls_port = free_port(count=2), 0
        self.tls_port = self.port + 1
        self.voice = RawPhone(("127.0.0.1", self.port), "voice")
        self._evapi = free_port()
        base = KamailioSettings(
            runtime_dir=self.directory / "run",
            realm=REALM,
            voice=f"127.0.0.1:{self.voice.port}",
            evapi=f"127.0.0.1:{self._evapi}",
            udp=(f"127.0.0.1:{self.port}", f"[::1]:{self.port}"),
            tcp=(f"127.0.0.1:{self.port}", f"[::1]:{self.port}"),
            flood_density=0,
            natping_seconds=0,
            journal_ringing=True,
            shared_memory_mib=64,
        )
        self.settings = replace(base, **settings)
        self.log = self.directory / "kamailio.log"
        self.asks: list[Ask] = []
        self.boots: list[Boot] = []
        self.wrong: list[WrongPin] = []
        self.answer: Callable[[Ask], Answer | None] = right_is_admitted
        self.position = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="control", daemon=True)
        self._thread.start()
        self.channel: Channel | None = None

    def __enter__(self) -> Self:
        self.start()
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.disconnect()
        self.kill()
        self.voice.__exit__(None, None, None)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
        if error is not None:
            print(tail(self.log, 60))
        shutil.rmtree(self.directory)

    # -- Kamailio

    def start(self) -> None:
        """Start Kamailio; returns when it answers."""
        program("kamailio", "kamailio")
        rendered = render(self.settings)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                rendered.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._secret = rendered.secret
        with RawPhone(("127.0.0.1", self.port)) as probe:
            until(lambda: self._is_up(probe), f"Kamailio answers:\n{tail(self.log)}", 10)

    def _is_up(self, probe: RawPhone) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"Kamailio ended:\n{tail(self.log)}"
        return probe.options(0.05) is not None

    def is_running(self) -> bool:
        """Whether the Kamailio that was started still is the one that runs."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End Kamailio as by kill -9: every process of it at once."""
        if self._process is None:
            return
        group = self._process.pid
        os.killpg(group, signal.SIGKILL)
        self._process.wait()
        self._process = None
        until(lambda: not any(_runs(pid) for pid in _group(group)), "all of Kamailio's processes are gone")

    def restart(self) -> None:
        """Kill Kamailio and start it again with the bindings the journal tells of, as the supervisor does."""
        self.kill()
        bindings = BindingsFile(self.settings.runtime_dir / "bindings.sqlite")
        bindings.apply(self.journal())
        bindings.renew(time.time())
        bindings.close()
        self.start()

    # -- the control plane

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 10) -> T:
        """Run a coroutine in the control plane's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def connect(self) -> None:
        """Connect the control plane; returns when Kamailio has said hello and a heartbeat is in."""
        self.channel = Channel(
            "127.0.0.1", self._evapi, self._secret, on_ask=self._asked, on_boot=self._booted, on_wrong_pin=self._counted
        )
        self.run(self.channel.start())
        self.run(self.channel.connected())
        self.put(singles={"ready": "1", "alive": f"{time.time() + 3600:.0f}"})

    def disconnect(self) -> None:
        """The control plane goes."""
        if self.channel is not None:
            self.run(self.channel.close())
            self.channel = None

    def put(self, numbers: dict[str, str] | None = None, singles: dict[str, str] | None = None) -> None:
        """Put entries; returns when they are applied."""
        assert self.channel is not None
        self.position += 1
        self.run(self.channel.put(Entries(numbers or {}, singles or {}), self.position), 30)

    async def _asked(self, ask: Ask) -> Answer:
        self.asks.append(ask)
        answer = self.answer(ask)
        if answer is None:
            await asyncio.Event().wait()
        assert answer is not None
        return answer

    async def _booted(self, boot: Boot) -> None:
        self.boots.append(boot)

    async def _counted(self, wrong: WrongPin) -> None:
        self.wrong.append(wrong)

    # -- phones and what is seen

    def phone(self, number: str, password: str = "", **kwargs: Any) -> RawPhone:
        """A phone that is not registered yet."""
        return RawPhone(("127.0.0.1", self.port), number, password or "s" + number, **kwargs)

    def journal(self) -> tuple[Line, ...]:
        """All journal lines so far."""
        reader, position, lines = JournalReader(self.settings.runtime_dir), Position(), list[Line]()
        while True:
            batch = reader.read(position, time.time())
            assert batch.unreadable == 0
            if batch.position == position:
                return tuple(lines)
            position = batch.position
            lines += batch.lines

    def lines(self, cls: type[AnyLine], count: int = 1, **wanted: object) -> list[AnyLine]:
        """At least `count` journal lines of that kind with these values; waits for them."""

        def found() -> list[AnyLine] | None:
            every: Sequence[object] = self.journal()
            fits = [line for line in every if isinstance(line, cls)]
            lines = [line for line in fits if all(getattr(line, key) == value for key, value in wanted.items())]
            return lines if len(lines) >= count else None

        return until(found, f"{count} {cls.__name__} with {wanted} among {self.journal()}", 8)


def right_is_admitted(ask: Ask) -> Answer:
    """A control plane that admits whoever knows the PIN."""
    return Answer(200, "OK", 500) if ask.verdict == "right" else Answer(403, "Forbidden")


def _runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _group(leader: int) -> list[int]:
    """Process ids of a process group: Kamailio goes on forking for a moment after it first answers."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "stat").read_text().rpartition(")")[2].split()[2] == str(leader):
                    found.append(int(entry.name))
    return found
