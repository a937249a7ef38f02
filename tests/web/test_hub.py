"""The hub renders what has changed, for whom it has changed, and nothing else: open pages cost what changes (R6.2)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from freeseat.application.pages import CallState
from freeseat.application.ports import Transaction
from freeseat.edge.web.live import hub as live
from freeseat.edge.web.live.calls import CallChanges
from freeseat.edge.web.live.fragments import CALLS, Asked, Fragment, Fragments, Params, Seen, call_at
from freeseat.edge.web.live.hub import Hub
from freeseat.edge.web.viewer import Nobody, Viewer
from freeseat.store.database import Database
from freeseat.store.hints import DatagramHint, DatagramListener
from tests.application.office import Office
from tests.store.databases import VAULT, SqliteCopies

LOOK_SECONDS = 0.01
WHO = Viewer(Nobody())


class Sight:
    """A hub over an office, with one kind of fragment: the part of one phone. Counts how often each was rendered."""

    def __init__(self, database: Database, listener: DatagramListener) -> None:
        self.office = Office(database)
        self.listener = listener
        self.office.now = datetime.now(UTC)
        self.rendered: Counter[str] = Counter()
        self.looks = 0
        fragments = Fragments()
        fragments.add(Fragment("phone", "none.html", self._view))
        self.hub = Hub(database, listener, fragments, lambda template, seen, viewer: str(seen.context["calls"]))

    def _view(self, tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
        phone = params["number"]
        self.rendered[phone] += 1
        calls = [call.id for call in tx.calls.list(ended_at=None) if phone in (call.caller_phone, call.called_phone)]
        keys = {f"phone:{phone}", CALLS if phone == "all" else call_at(phone)}
        return Seen({"calls": calls}, frozenset(keys))

    async def looked(self, times: int = 20) -> None:
        """Wait until calls have been looked at that often."""
        enough = self.looks + times
        async with asyncio.timeout(20):
            while self.looks < enough:
                await asyncio.sleep(LOOK_SECONDS)


@pytest.fixture
def sight(sqlite_copies: SqliteCopies, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sight]:
    monkeypatch.setattr(live, "_CALLS_SECONDS", LOOK_SECONDS)
    url = sqlite_copies.create()
    with TemporaryDirectory(prefix="fs-") as hints:
        database = Database(url, VAULT, DatagramHint(Path(hints)))
        made, changed = Sight(database, DatagramListener(Path(hints), "pages")), CallChanges.changed

        def counted(changes: CallChanges, now: Iterable[CallState]) -> frozenset[str] | None:
            made.looks += 1
            return changed(changes, now)

        monkeypatch.setattr(CallChanges, "changed", counted)
        yield made
        database.close()
    sqlite_copies.drop(url)


def watched(sight: Sight, phones: list[str], scene: Callable[[], Awaitable[None]]) -> None:
    """Play a scene while somebody looks at the parts of these phones and all has come to rest."""

    async def play() -> None:
        running = asyncio.create_task(sight.hub.run())
        try:
            await sight.hub.subscribe(WHO, [Asked.of("phone", number=phone) for phone in phones])
            await sight.looked()
            sight.rendered.clear()
            await scene()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await sight.listener.close()

    asyncio.run(play())


def test_nothing_is_rendered_while_nothing_changes(sight: Sight) -> None:
    sight.office.call("3001", answered_at="3002")
    watched(sight, ["3001", "3002", "3003", "all"], sight.looked)
    assert not sight.rendered


def test_a_call_is_rendered_for_those_who_show_it(sight: Sight) -> None:
    async def scene() -> None:
        sight.office.call("3001")
        await sight.looked()
        assert sight.rendered == {"3001": 1, "all": 1}
        sight.office.hang_up()
        await sight.looked()

    watched(sight, ["3001", "3002", "3003", "all"], scene)
    assert sight.rendered == {"3001": 2, "all": 2}


def test_an_event_is_rendered_for_those_whom_it_is_about(sight: Sight) -> None:
    async def scene() -> None:
        sight.office.login("2019", "3001")
        await sight.looked()

    watched(sight, ["3001", "3002"], scene)
    assert sight.rendered == {"3001": 1}
