"""A phone that watches: it subscribes (RFC 6665), confirms every NOTIFY and checks that they come in order."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.clients.raw import RawPhone, fresh, response
from tests.clients.sip import Challenge, Message
from tests.clients.waiting import NeverHappenedError
from tests.lamps.documents import Shown, dialog_info

_ACCEPT = {
    "dialog": "application/dialog-info+xml",
    "message-summary": "application/simple-message-summary",
    "reg": "application/reginfo+xml",
}


@dataclass
class Watch:
    """One subscription and the NOTIFYs it has got, oldest first; `answer` is that to the SUBSCRIBE."""

    watcher: Watcher
    target: str
    event: str
    call_id: str
    answer: Message | None = None
    notes: list[Message] = field(default_factory=list)

    @property
    def shown(self) -> Shown | None:
        """The newest dialog-info document, None before there is any."""
        return next((dialog_info(note.body) for note in reversed(self.notes) if note.body), None)

    def until(self, state: str, seconds: float = 15.0) -> Shown:
        """Wait until the lamp says `state`."""
        self.watcher.pump(lambda: self.shown is not None and self.shown.state == state, seconds, f"{self} {state}")
        assert self.shown is not None
        return self.shown

    def body(self, wanted: Callable[[bytes], bool], seconds: float = 15.0) -> bytes:
        """Wait for a document that is `wanted`."""

        def look() -> bool:
            return bool(self.notes) and wanted(self.notes[-1].body)

        self.watcher.pump(look, seconds, f"the wanted document of {self}")
        return self.notes[-1].body

    def heard(self, note: Message) -> None:
        """Take a NOTIFY: it is in order (RFC 3261 12.2.2, RFC 4235 4.1), and says that the subscription lives."""
        assert note.require("event").partition(";")[0] == self.event
        assert note.require("subscription-state").startswith("active")
        if self.notes:
            assert _cseq(note) > _cseq(self.notes[-1])
        if note.body:
            assert note.require("content-type") == _ACCEPT[self.event]
            before = self.shown if self.event == "dialog" else None
            assert before is None or dialog_info(note.body).version > before.version
        self.notes.append(note)

    def refresh(self) -> int:
        """Subscribe on within the dialog; gives the answer's code."""
        assert self.answer is not None
        contact = self.answer.address("contact")
        assert contact is not None
        return self.watcher.ask(self, contact.uri, self.answer.require("to")).code

    def __str__(self) -> str:
        newest = self.notes[-1].body.decode() if self.notes else "no NOTIFY"
        return f"{self.event} of {self.target} on {self.watcher.phone.user}: {newest}"


class Watcher:
    """Watches with the account of a phone written by hand."""

    def __init__(self, phone: RawPhone) -> None:
        self.phone = phone
        self.watches: dict[str, Watch] = {}
        self._answers: list[Message] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.phone.__exit__(kind, error, trace)

    def watch(self, target: str, event: str = "dialog") -> Watch:
        """Subscribe, and be let in."""
        watch = self._begin(target, event)
        assert watch.answer is not None
        assert watch.answer.code == 200, f"not let in:\n{watch.answer}"
        return watch

    def refused(self, target: str, event: str = "dialog") -> Message:
        """Subscribe, and be refused; the answer."""
        answer = self._begin(target, event).answer
        assert answer is not None
        assert answer.code >= 300, f"not refused:\n{answer}"
        return answer

    def _begin(self, target: str, event: str) -> Watch:
        watch = Watch(self, target, event, fresh())
        self.watches[watch.call_id] = watch
        uri = f"sip:{target}@{self.phone.domain}"
        watch.answer = self.ask(watch, uri, f"<{uri}>")
        return watch

    def ask(self, watch: Watch, uri: str, to: str) -> Message:
        """Send a SUBSCRIBE, answering a challenge; its final answer."""
        headers = {"Event": watch.event, "Accept": _ACCEPT.get(watch.event, "text/plain"), "Expires": "600"}
        headers["Contact"] = f"<{self.phone.contact}>"
        answer = self._send(watch, uri, to, headers)
        if answer.code == 407:
            challenge = Challenge.parse(answer.require("proxy-authenticate"))
            headers["Proxy-Authorization"] = challenge.answer("SUBSCRIBE", uri, self.phone.user, self.phone.password)
            answer = self._send(watch, uri, to, headers)
        return answer

    def _send(self, watch: Watch, uri: str, to: str, headers: dict[str, str]) -> Message:
        request = self.phone.request("SUBSCRIBE", uri, to, headers, call_id=watch.call_id)
        cseq = Message.parse(request).require("cseq")
        self._answers.clear()
        self.phone.send(request)
        self.pump(lambda: any(a.header("cseq") == cseq for a in self._answers), 15.0, f"an answer to {request!r}")
        return next(a for a in self._answers if a.header("cseq") == cseq)

    def pump(self, done: Callable[[], bool], seconds: float, what: str) -> None:
        """Take what comes until `done`, at most `seconds`; then NeverHappenedError names `what`."""
        deadline = time.monotonic() + seconds
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                raise NeverHappenedError(f"not within {seconds:g} s: {what}")
            message = self.phone.receive(left)
            if message is not None:
                self._take(message)

    def quiet(self, seconds: float = 0.3) -> None:
        """Take what comes for a while; fails if that is a NOTIFY."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            message = self.phone.receive(left)
            assert message is None or message.code, f"unexpected:\n{message}"

    def _take(self, message: Message) -> None:
        if message.code >= 200:
            self._answers.append(message)
        elif message.method == "NOTIFY":
            self.phone.send(response(message, 200, "OK"))
            watch = self.watches[message.require("call-id")]
            if not any(_cseq(note) == _cseq(message) for note in watch.notes):  # a retransmission is confirmed again
                watch.heard(message)


def _cseq(message: Message) -> int:
    return int(message.require("cseq").split()[0])
