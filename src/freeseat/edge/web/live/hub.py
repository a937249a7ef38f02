"""The hub: follows the feed, renders what somebody looks at once per change, and hands it to all who look.

A subscriber that is slow gets only the newest state of each fragment; nothing is queued for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from jinja2 import TemplateError

from freeseat.application.ports import Database, Listener, Transaction
from freeseat.domain.errors import FreeseatError, Unavailable
from freeseat.edge.web.live.calls import CallChanges
from freeseat.edge.web.live.fragments import CALLS, Asked, Fragment, Fragments, Seen, keys_of
from freeseat.edge.web.viewer import Viewer

log = structlog.get_logger(__name__)

Render = Callable[[str, Seen, Viewer], str]
"""Makes the text of a template from what was seen."""

_LOOK_SECONDS = 1.0
_CALLS_SECONDS = 0.25
_REST_SECONDS = 0.05
"""After each round of rendering: what changes many times in a moment is shown once."""
_EVENTS_AT_ONCE = 1000
_RENDERED_AT_ONCE = 40
"""Fragments of one snapshot of the database; the next ones see a newer state."""


@dataclass(eq=False, slots=True)
class Subscriber:
    """Somebody's open stream. `frames` are what he has not got yet, by fragment; `news` is set when there are any.

    `gone`: something that it shows is not there any more, or not for him; the stream is to end.
    """

    news: asyncio.Event = field(default_factory=asyncio.Event)
    frames: dict[str, bytes] = field(default_factory=dict)
    gone: bool = False

    def take(self) -> dict[str, bytes]:
        """The frames that wait by fragment, newest state of each; they are gone then."""
        taken = self.frames
        self.frames = {}
        self.news.clear()
        return taken

    def give(self, name: str, frame: bytes) -> None:
        """Put the newest state of a fragment in place of an older one."""
        self.frames[name] = frame
        self.news.set()

    def end(self) -> None:
        """Let the stream end."""
        self.gone = True
        self.news.set()


@dataclass(eq=False, slots=True)
class _Topic:
    """One fragment as one kind of viewer sees it."""

    fragment: Fragment
    asked: Asked
    viewer: Viewer
    subscribers: set[Subscriber] = field(default_factory=set)
    interests: frozenset[str] = frozenset()
    text: str = ""
    frame: bytes = b""
    again_at: float | None = None


_Key = tuple[str, str, str]


class Hub:
    """Keeps all open streams of this process. `run` goes on until cancelled."""

    def __init__(self, database: Database, listener: Listener, fragments: Fragments, render: Render) -> None:
        self._database, self._listener = database, listener
        self._fragments, self._render = fragments, render
        self._topics: dict[_Key, _Topic] = {}
        self._interested: dict[str, set[_Topic]] = {}
        self._dirty: dict[_Topic, None] = {}
        self._work = asyncio.Event()
        self._calls = CallChanges()
        self._rounds = 0
        """How often something has changed: what was looked at meanwhile may be older than its new interests."""
        self._arrival = asyncio.Event()

    @property
    def arrival(self) -> asyncio.Event:
        """Set once something is in the feed that was not there when this was asked for."""
        return self._arrival

    @property
    def size(self) -> tuple[int, int]:
        """How many topics are kept, and how many subscriptions to them."""
        return len(self._topics), sum(len(topic.subscribers) for topic in self._topics.values())

    async def subscribe(self, viewer: Viewer, asked: Sequence[Asked]) -> Subscriber:
        """Open a stream on these fragments; their present state waits in it already.

        Raises NotFound, NotAllowed or InvalidValue for what may not be seen; then nothing is opened.
        """
        wanted = [self._topic(viewer, each) for each in dict.fromkeys(asked)]
        subscriber = Subscriber()
        unseen = [topic for topic in wanted if not topic.subscribers]
        for topic in wanted:
            topic.subscribers.add(subscriber)
        try:
            await self._look_and_show(unseen, quiet=False)
        except BaseException:
            self.unsubscribe(subscriber)
            raise
        for topic in wanted:
            if topic.frame:
                subscriber.give(str(topic.asked), topic.frame)
            else:
                self._mark([topic])
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Close a stream; what nobody looks at any more is forgotten."""
        for key, topic in list(self._topics.items()):
            topic.subscribers.discard(subscriber)
            if not topic.subscribers:
                self._interest(topic, frozenset())
                self._dirty.pop(topic, None)
                del self._topics[key]

    async def run(self) -> None:
        """Follow the feed, calls and the clock until cancelled."""
        async with asyncio.TaskGroup() as group:
            for work in (self._follow_feed(), self._follow_calls(), self._follow_clock(), self._render_changes()):
                group.create_task(work)

    def _topic(self, viewer: Viewer, asked: Asked) -> _Topic:
        fragment = self._fragments.of(asked)
        key = (fragment.shared_key(viewer), viewer.language, str(asked))
        topic = self._topics.get(key)
        if topic is None:
            topic = self._topics[key] = _Topic(fragment, asked, viewer)
        return topic

    # What has changed

    def _mark(self, topics: Iterable[_Topic]) -> None:
        for topic in topics:
            self._dirty[topic] = None
        if self._dirty:
            self._work.set()

    def _changed(self, keys: Collection[str]) -> None:
        if not keys:
            return
        self._rounds += 1
        for key in keys:
            if topics := self._interested.get(key):
                self._mark(topics)

    async def _follow_feed(self) -> None:
        position: int | None = None
        while True:
            try:
                at = position
                if at is None:
                    position = await asyncio.to_thread(self._database.read, lambda tx: tx.events.last_position())
                    self._mark(self._topics.values())
                    continue
                events = await asyncio.to_thread(
                    self._database.read, lambda tx, at=at: tx.events.after(at, _EVENTS_AT_ONCE)
                )
            except Unavailable as error:
                log.warning("pages.wait_for_database", error=str(error))
                await asyncio.sleep(_LOOK_SECONDS)
                continue
            if events:
                position = events[-1].position
                self._arrival.set()
                self._arrival = asyncio.Event()
                self._changed({key for event in events for key in keys_of(event)})
            if len(events) < _EVENTS_AT_ONCE:
                await self._listener.wait(_LOOK_SECONDS)

    async def _follow_calls(self) -> None:
        """Calls are not in the feed; they are looked at while somebody is shown any."""
        while True:
            await asyncio.sleep(_CALLS_SECONDS)
            about = [key for key in self._interested if key == CALLS or key.startswith("call:")]
            if not about:
                self._calls.forget()
                continue
            try:
                found = await asyncio.to_thread(self._database.read, lambda tx: tx.calls_under_way.states())
                changed = self._calls.changed(found)
                # At the first look nobody knows what has changed since those who look were shown their first state.
                self._changed(about if changed is None else changed)
            except Unavailable as error:
                log.warning("pages.wait_for_database", error=str(error))
                await asyncio.sleep(_LOOK_SECONDS)

    async def _follow_clock(self) -> None:
        while True:
            now = time.time()
            self._mark([topic for topic in self._topics.values() if topic.again_at and topic.again_at <= now])
            await asyncio.sleep(_CALLS_SECONDS)

    # What is shown

    async def _render_changes(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            while self._dirty:
                batch = list(self._dirty)[:_RENDERED_AT_ONCE]
                for topic in batch:
                    del self._dirty[topic]
                try:
                    await self._look_and_show(batch, quiet=True)
                except Unavailable as error:
                    log.warning("pages.wait_for_database", error=str(error))
                    self._mark(batch)
                    await asyncio.sleep(_LOOK_SECONDS)
            await asyncio.sleep(_REST_SECONDS)

    async def _look_and_show(self, topics: Collection[_Topic], *, quiet: bool) -> None:
        rounds = self._rounds
        found = await asyncio.to_thread(self._look, topics, quiet=quiet)
        for topic, seen in found:
            if seen is None:
                for subscriber in topic.subscribers:
                    subscriber.end()
                continue
            new = seen[0].interests - topic.interests
            self._show(topic, *seen)
            if new and rounds != self._rounds:
                self._mark([topic])

    def _look(self, topics: Collection[_Topic], *, quiet: bool) -> list[tuple[_Topic, tuple[Seen, str] | None]]:
        """Answer and render these in one snapshot. With `quiet` what is gone gives None and spares the others."""

        def question(tx: Transaction) -> list[tuple[_Topic, tuple[Seen, str] | None]]:
            found: list[tuple[_Topic, tuple[Seen, str] | None]] = []
            for topic in topics:
                try:
                    seen = topic.fragment.view(tx, dict(topic.asked.params), topic.viewer, datetime.now(UTC))
                    found.append((topic, (seen, self._render(topic.fragment.template, seen, topic.viewer))))
                except Unavailable:
                    raise
                except FreeseatError as error:
                    if not quiet:
                        raise
                    log.info("fragment.gone", fragment=str(topic.asked), error=str(error))
                    found.append((topic, None))
                except (LookupError, TypeError, ValueError, AttributeError, TemplateError):
                    if not quiet:
                        raise
                    log.exception("fragment.fault", fragment=str(topic.asked))  # it must not stop all other pages
            return found

        return self._database.read(question) if topics else []

    def _show(self, topic: _Topic, seen: Seen, text: str) -> None:
        topic.again_at = seen.again_at.timestamp() if seen.again_at else None
        if not topic.subscribers:
            return
        self._interest(topic, seen.interests)
        if text == topic.text and topic.frame:
            return
        topic.text, topic.frame = text, frame_of(str(topic.asked), text)
        for subscriber in topic.subscribers:
            subscriber.give(str(topic.asked), topic.frame)

    def _interest(self, topic: _Topic, interests: frozenset[str]) -> None:
        for gone in topic.interests - interests:
            those = self._interested[gone]
            those.discard(topic)
            if not those:
                del self._interested[gone]
        for new in interests - topic.interests:
            self._interested.setdefault(new, set()).add(topic)
        topic.interests = interests


def frame_of(name: str, text: str) -> bytes:
    """One server-sent event (HTML Living Standard section 9.2): its type is the fragment's name, its data the text."""
    lines = "\n".join(f"data: {line}" for line in text.splitlines() or [""])
    return f"event: {name}\n{lines}\n\n".encode()
