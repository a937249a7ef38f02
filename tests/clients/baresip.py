"""A desk phone: one real baresip process with its own address, tone, recording and SIP trace.

Limits of apt's baresip 1.0.0, found by trying:

- It sends no digits by SIP INFO (it does take them), and does not register again at once with the same Call-ID:
  ``raw.RawPhone`` does both. It knows no attended transfer.
- A wrong password is tried 16 times within a tenth of a second, as long as the answer is 401; with qop each try has
  a cnonce, and so a response, of its own. To count attempts use ``raw.RawPhone``.
- Its recording ends where a call is first put on hold; packets are counted on.
- RTP, TCP and TLS leave from 127.0.0.1 whatever its own address is; only SIP over UDP leaves from that.
"""

from __future__ import annotations

import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.clients import audio
from tests.clients.account import Account, Answer
from tests.clients.control import Control, ControlError, Event
from tests.clients.ports import free_port, program, tail
from tests.clients.sip import Message
from tests.clients.trace import Trace
from tests.clients.waiting import NeverHappenedError, until

_TONE_SECONDS = 90.0
_FIRST_WORD_SECONDS = 3.0
_CONFIG = """\
poll_method epoll
sip_listen {ip}:{sip_port}
net_interface {ip}
rtp_ports {rtp_first}-{rtp_last}
ctrl_tcp_listen 127.0.0.1:{control_port}
audio_source aufile,{tone}
ausrc_srate 8000
ausrc_channels 1
snd_path {directory}
statmode_default off
jitter_buffer_delay 0-0
call_local_timeout 120
module_path {modules}
module g711.so
module aufile.so
module sndfile.so
module uuid.so
module_app menu.so
module ctrl_tcp.so
"""


class Baresip:
    """One phone. Use as a context manager, or ``start`` and ``stop``.

    ``ip`` is its own address (any of 127.0.0.0/8), ``tone`` the frequency in Hz that it sends in calls, ``instance``
    its ``+sip.instance`` UUID. A new UUID is made up if none is given.
    """

    def __init__(self, ip: str = "127.0.0.1", tone: int = 440, instance: str = "", answer: str = "manual") -> None:
        self.ip = ip
        self.tone = tone
        self.account: Account | None = None
        self._answer = answer
        self._instance = instance
        self._directory = tempfile.TemporaryDirectory(prefix="phone-")  # short: sndfile cuts file names at 128
        self.directory = Path(self._directory.name)
        self.sip_port = free_port(ip, 2)  # baresip takes the next one for TLS
        self._control_port = free_port()
        self._trace = Trace(self.log, frozenset({f"{ip}:{self.sip_port}", f"{ip}:{self.sip_port + 1}"}))
        self._process: subprocess.Popen[bytes] | None = None
        self._talk: Control | None = None

    # -- life

    def start(self) -> Self:
        """Start baresip and wait until it takes commands."""
        try:
            self._start()
        except BaseException:
            self.kill()
            raise
        return self

    def _start(self) -> None:
        tone = self.directory / "tone.wav"
        audio.write_wav(tone, audio.tone(self.tone, 1.0) * round(_TONE_SECONDS))
        binary = program("baresip", "baresip-core")
        rtp = free_port(self.ip, 20)
        text = _CONFIG.format(
            ip=self.ip, sip_port=self.sip_port, rtp_first=rtp, rtp_last=rtp + 19, control_port=self._control_port,
            tone=tone, directory=self.directory, modules=_modules(),
        )  # fmt: skip
        (self.directory / "config").write_text(text)
        (self.directory / "accounts").write_text("")
        if self._instance:
            (self.directory / "uuid").write_text(self._instance)
        with self.log.open("wb") as log:
            command = [binary, "-4", "-s", "-f", str(self.directory)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self._talk = until(self._connected, f"baresip takes commands, {self.log}")
        # An account that stays keeps baresip's list of accounts from ever becoming empty, which it does not survive.
        self._talk.command("uanew", "<sip:nobody@127.0.0.1>;regint=0")

    def _connected(self) -> Control | None:
        assert self._process is not None
        if self._process.poll() is not None:
            raise ControlError(f"baresip ended with {self._process.returncode}:\n{tail(self.log)}")
        try:
            talk = Control(self._control_port)
        except ConnectionRefusedError:
            return None
        try:
            talk.command("reginfo", seconds=_FIRST_WORD_SECONDS)
        except ControlError:  # who connects while baresip is still starting may never be heard
            talk.close()
            return None
        return talk

    def stop(self) -> None:
        """Switch the phone off properly: baresip unregisters and hangs up. Its files are removed."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Pull the plug: nothing more is sent (SIGKILL). The files are removed."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._talk is not None:
            self._talk.close()
            self._talk = None
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._directory.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def log(self) -> Path:
        """baresip's output with the trace of all SIP messages."""
        return self.directory / "log"

    @property
    def control(self) -> Control:
        """The control connection; fails if the phone is not started."""
        assert self._talk is not None, "the phone is not started"
        return self._talk

    # -- registering

    def register(self, account: Account, seconds: float = 15.0) -> Answer:
        """Register, in place of any account so far, and give the registrar's final answer.

        A refused account is taken away again, so that baresip does not try on by itself.
        """
        self.unregister()
        self.forget("REGISTER_OK", "REGISTER_FAIL")
        self.control.command("uanew", account.line(self._answer))
        event = self.wait("REGISTER_OK", "REGISTER_FAIL", seconds=seconds)
        if event.kind == "REGISTER_OK":
            self.account = account
        else:
            self._delete(account)
        return Answer.parse(event.text)

    def use(self, account: Account) -> None:
        """Take an account for calls without registering it."""
        self.unregister()
        self.control.command("uanew", account.line(self._answer, register=False))
        self.account = account
        self.control.command("uafind", account.aor)

    def unregister(self, seconds: float = 15.0) -> None:
        """Take the account away, which unregisters it, and wait until the registrar has answered that."""
        if self.account is None:
            return
        sent = len(self._unregisters())
        registered, self.account = self.account, None
        self._delete(registered)
        if registered.expires and self._was_registered():
            until(lambda: len(self._unregisters()) > sent, f"{registered.user} is unregistered", seconds)

    def _was_registered(self) -> bool:
        return any(message.method == "REGISTER" and message.code == 200 for message in self.received())

    def _unregisters(self) -> list[Message]:
        """Final answers to REGISTER requests with Expires 0."""
        calls = {
            (message.require("call-id"), message.require("cseq"))
            for message in self.sent()
            if message.method == "REGISTER" and "expires=0" in (message.header("contact") or "")
        }
        return [
            message
            for message in self.received()
            if message.code >= 200
            and message.code not in (401, 407)
            and (message.require("call-id"), message.require("cseq")) in calls
        ]

    def _delete(self, account: Account) -> None:
        self.control.command("uafind", "sip:nobody@127.0.0.1")  # deleting the current account leaves a dangling pointer
        self.control.command("uadel", account.aor)

    # -- calls

    def dial(self, target: str) -> None:
        """Call a number or SIP URI from the account. What was told of earlier calls is dropped."""
        self.forget("CALL_RINGING", "CALL_PROGRESS", "CALL_ESTABLISHED", "CALL_CLOSED")
        self._select()
        self._put_recordings_away()
        self.control.command("dial", target)

    def call(self, target: str, seconds: float = 20.0) -> Event:
        """Dial and wait until the call is answered. Raises NeverHappenedError with the reason if it is not."""
        self.dial(target)
        event = self.wait("CALL_ESTABLISHED", "CALL_CLOSED", seconds=seconds)
        if event.kind == "CALL_CLOSED":
            raise NeverHappenedError(f"the call to {target} was closed: {event.text}")
        return event

    def refused(self, target: str, seconds: float = 20.0) -> Answer:
        """Dial and give the answer by which the call was refused. Fails if it is answered."""
        self.dial(target)
        event = self.wait("CALL_ESTABLISHED", "CALL_CLOSED", seconds=seconds)
        assert event.kind == "CALL_CLOSED", f"the call to {target} was answered"
        return Answer.parse(event.text)

    def ringing(self, seconds: float = 15.0) -> Event:
        """Wait for an incoming call: ``peer`` and ``name`` are what the phone shows."""
        event = self.wait("CALL_INCOMING", seconds=seconds)
        self._put_recordings_away()
        return event

    def answer(self, seconds: float = 15.0) -> Event:
        """Answer the incoming call and wait until it is up."""
        self.control.command("accept")
        return self.wait("CALL_ESTABLISHED", seconds=seconds)

    def answer_by_itself(self, yes: bool) -> None:
        """Whether incoming calls to the account are answered at once from now on."""
        self._select()
        self._answer = "auto" if yes else "manual"
        self.control.command("answermode", self._answer)

    def hang_up(self) -> None:
        """End or refuse (486) the current call."""
        self.control.command("hangup")

    def closed(self, seconds: float = 15.0) -> Answer:
        """Wait until a call is over; 999 and a word of baresip's where there was no refusal."""
        return Answer.parse(self.wait("CALL_CLOSED", seconds=seconds).text)

    def digits(self, digits: str) -> None:
        """Send digits by RFC 4733. They are queued and go out at baresip's own pace, about 0.3 s each."""
        self.control.command("sndcode", digits)

    def hold(self) -> None:
        """Put the current call on hold (re-INVITE, sendonly). The recordings of both phones end here."""
        self.control.command("hold")

    def resume(self) -> None:
        """Take the current call from hold."""
        self.control.command("resume")

    def transfer(self, target: str) -> None:
        """Send the other party of the current call to ``target``, unattended (RFC 5589 section 6)."""
        self.control.command("transfer", target)

    def _select(self) -> None:
        assert self.account is not None, "the phone has no account"
        self.control.command("uafind", self.account.aor)

    # -- what happened

    def wait(self, *kinds: str, seconds: float = 15.0) -> Event:
        """The oldest event of one of these kinds that was not given yet. Waits for it up to ``seconds``."""
        given: Event | None = None

        def look() -> Event | None:
            nonlocal given
            given = next((event for event in self.control.events if event.kind in kinds), None)
            if given is None:
                self.control.listen(min(seconds, 0.2))
            return given

        try:
            event = until(look, f"{' or '.join(kinds)} at {self}", seconds, interval=0)
        except NeverHappenedError as error:
            raise NeverHappenedError(f"{error}; there was {self.control.events}\n{tail(self.log, 60)}") from None
        self.control.events.remove(event)
        return event

    def quiet(self, *kinds: str, seconds: float = 0.3) -> None:
        """Check that no event of these kinds comes for ``seconds``."""
        self.control.listen(seconds)
        came = [event for event in self.control.events if event.kind in kinds]
        assert not came, f"{self} was told {came}"

    def forget(self, *kinds: str) -> None:
        """Drop events so far: of these kinds, or all."""
        while self.control.listen(0.001):
            continue
        self.control.events[:] = [event for event in self.control.events if kinds and event.kind not in kinds]

    def heard_digits(self, count: int, seconds: float = 15.0) -> str:
        """The next ``count`` digits that arrived in calls."""
        return "".join(self.wait("CALL_DTMF_START", seconds=seconds).text for _ in range(count))

    # -- what was heard

    def recording(self) -> bytes:
        """PCM heard in the latest call so far; nothing while a call just dialled has no sound yet."""
        latest = self._latest_recording()
        return audio.read_wav(latest) if latest else b""

    def _put_recordings_away(self) -> None:
        """Rename recordings of earlier calls: a call within the same second would be written over the last one."""
        for file in self.directory.glob("dump-*.wav"):
            file.rename(file.with_name(f"old-{time.monotonic_ns()}-{file.name}"))

    def _latest_recording(self) -> Path | None:
        return max(self.directory.glob("dump-*-dec.wav"), default=None)

    def hears(self, hz: int, seconds: float = 0.2) -> bool:
        """Whether the last ``seconds`` that were heard, however long ago, are mostly a tone of that frequency."""
        latest = audio.tail(self.recording(), seconds)
        return len(latest) >= 2 * seconds * audio.RATE and audio.share_of_tone(latest, hz) > 0.8

    def hear(self, hz: int, seconds: float = 15.0) -> None:
        """Wait until that tone is heard from now on; what was heard before does not count."""
        known, start = self._latest_recording(), len(self.recording())

        def look() -> bool:
            heard = self.recording()
            fresh = heard[start if self._latest_recording() == known and len(heard) >= start else 0 :]
            return len(fresh) >= 2 * 0.2 * audio.RATE and self.hears(hz)

        until(look, f"{self} hears {hz} Hz", seconds, interval=0.05)

    def packets(self) -> int:
        """RTP packets received in the current call so far."""
        self._select()  # a call that was answered by itself is not the current one by itself
        return sum(int(count) for count in re.findall(r" rcvd=(\d+)", self.control.command("audio_debug")))

    def receive_packets(self, count: int = 10, seconds: float = 10.0) -> None:
        """Wait until so many more RTP packets have come in the current call."""
        start = self.packets()
        until(lambda: self.packets() >= start + count, f"{self} receives {count} packets", seconds, interval=0.02)

    def receive_nothing(self, seconds: float = 10.0, silence: float = 0.2) -> None:
        """Wait until for ``silence`` seconds no RTP packet has come in the current call."""
        known, since = self.packets(), time.monotonic()

        def look() -> bool:
            nonlocal known, since
            now = self.packets()
            if now != known:
                known, since = now, time.monotonic()
            return time.monotonic() - since >= silence

        until(look, f"{self} receives nothing", seconds, interval=0.05)

    def hear_clip(self, clip: bytes, what: str, seconds: float = 20.0) -> float:
        """Wait until a mu-law clip (a prompt) is heard in this call; gives when, in seconds of the recording."""

        def look() -> tuple[float] | None:
            at = audio.place_of(clip, self.recording())
            return None if at is None else (at,)

        return until(look, f"{self} hears {what}", seconds, interval=0.05)[0]

    # -- what was said in SIP

    def sent(self) -> list[Message]:
        """All SIP messages this phone sent, oldest first."""
        return self._trace.sent()

    def received(self) -> list[Message]:
        """All SIP messages this phone received, oldest first."""
        return self._trace.received()

    def last_invite(self) -> Message:
        """The latest INVITE received: From and P-Asserted-Identity as they came."""
        return [message for message in self.received() if message.method == "INVITE" and not message.code][-1]

    def __str__(self) -> str:
        return f"phone {self.account.user if self.account else '(no account)'} at {self.ip}:{self.sip_port}"


def _modules() -> Path:
    for place in (Path("/usr/lib/baresip/modules"), *Path("/usr/lib").glob("*/baresip/modules")):
        if (place / "ctrl_tcp.so").exists():
            return place
    raise AssertionError("baresip's modules are not installed: apt-get install baresip-core")
