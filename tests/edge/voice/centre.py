"""A call centre in small: a real database and waiting room, softphones as members and callers, no switch between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from freeseat.application.ports import Transaction
from freeseat.application.queues import attendance, directory
from freeseat.application.queues.ports import OfferRow, QueueCall
from freeseat.bootstrap.queue_actions import UseCaseQueues
from freeseat.bootstrap.wish_actions import UseCaseWishes
from freeseat.domain.actors import Actor
from freeseat.domain.events import Event, Kind
from freeseat.domain.queues import Attendance, Queue
from freeseat.edge.voice.queueing.inviting import Callee
from freeseat.edge.voice.queueing.room import QueueSettings
from freeseat.edge.voice.server import VoiceServer, VoiceSettings
from freeseat.edge.voice.softphone import Account, PhoneCall, Softphone
from freeseat.edge.voice.wishes.actions import WishSettings
from freeseat.store.hints import DatagramHint, DatagramListener
from tests.application.office import Office as Directory
from tests.application.office import contact
from tests.clients.ports import free_port
from tests.edge.voice.conftest import Office, becomes, headers
from tests.store.databases import SqliteCopies, open_database

T = TypeVar("T")
QUEUE = "811"


class Centre:
    """One queue, 811, and its members; each sits at a phone of his own and is a softphone here."""

    def __init__(self, directory: Path, tones: Path, copies: SqliteCopies) -> None:
        self._hints = directory / "hints"
        self.database = open_database(copies.create(), DatagramHint(self._hints))
        self.office = Directory(self.database)
        self.office.now = datetime.now(UTC)
        self._settings = VoiceSettings(prompts=tones, port=free_port())
        self._stack = AsyncExitStack()
        self._places: dict[str, tuple[str, int]] = {}
        self._phones: dict[str, Softphone] = {}
        self.members: dict[str, Softphone] = {}
        self.check_seconds = 0.0
        self.server: VoiceServer
        self._listener: DatagramListener
        self._wish_listener: DatagramListener

    async def open(self) -> None:
        """Start the waiting room."""
        self._listener = DatagramListener(self._hints, "voice")
        queues = UseCaseQueues(self.database, self._listener, "main")
        told = QueueSettings(self._route, "here", "s3cret", check_seconds=self.check_seconds)
        self._wish_listener = DatagramListener(self._hints, "wishes")
        wishes = UseCaseWishes(self.database, self._wish_listener, "main")
        quick = WishSettings(self._route, "here", "s3cret", look_seconds=0.05, unseen_seconds=0.4)
        self.server = await VoiceServer.open(self._settings, Office(), (told, queues), (quick, wishes))

    async def close(self) -> None:
        """Stop everything."""
        await self._stack.aclose()
        await self.server.close()
        await self._listener.close()
        await self._wish_listener.close()
        self.database.close()

    async def restart(self) -> None:
        """The waiting room ends without a word, and another takes its place."""
        await self.die()
        await self.open()

    async def die(self) -> None:
        """The waiting room ends without a word: nothing is sent any more."""
        queues, agent = self.server.queues, self.server._agent
        assert queues is not None
        for desk in queues._desks.values():
            if desk._task is not None:
                desk._task.cancel()
            for ringing in desk.ringing.values():
                if ringing.task is not None:
                    ringing.task.cancel()
        for task in (*queues._tasks, *(caller.task for caller in queues.callers.values() if caller.task)):
            task.cancel()
        await agent.endpoint.close()
        assert self.server.wishes is not None
        await self.server.wishes.close()
        for leg in agent.legs.values():
            leg.free_audio()
        await self.server._pacer.close()
        await self._listener.close()
        await self._wish_listener.close()

    def _route(self, number: str) -> Callee:
        host, port = self._places[number]
        return Callee(f"sip:{number}@{host}:{port}", (host, port))

    def write(self, use_case: Callable[[Transaction], T]) -> T:
        return self.database.write(use_case)

    def read(self, question: Callable[[Transaction], T]) -> T:
        return self.database.read(question)

    def queue(self, number: str = QUEUE, **fields: Any) -> Queue:
        """Enter a queue; its times may be shorter than an administrator would be allowed."""
        queue, now = Queue(0, number, f"8{number}", "Support"), datetime.now(UTC)

        def entering(tx: Transaction) -> Queue:
            entered = replace(directory.add_queue(tx, queue, Actor.system(), now), **fields)
            tx.queues.update(entered)
            return entered

        return self.write(entering)

    def change(self, number: str = QUEUE, **changes: Any) -> None:
        """Change a queue."""

        def changing(tx: Transaction) -> None:
            tx.queues.update(replace(attendance.queue_of(tx, number), **changes))

        self.write(changing)

    async def phone(self, number: str) -> Softphone:
        """A softphone that can be called by that number."""
        account = Account(number, "", self.server.address, "here")
        phone = await self._stack.enter_async_context(Softphone(account, host="127.0.0.1"))
        self._places[number], self._phones[number] = phone._agent.endpoint.address, phone
        return phone

    async def member(self, user: str, queue: str = QUEUE, priority: int = 1, *, logged_in: bool = True) -> Softphone:
        """A member of a queue at a desk, registered, and logged in to the queue."""
        office, desk = self.office, f"3{user[1:]}"
        if user not in self.members:
            if self.read(lambda tx: tx.users.get(number=user)) is None:
                office.user(user)
            if self.read(lambda tx: tx.phones.get(number=desk)) is None:
                office.phone(desk)
            office.login(user, desk)
            office.bind(desk, call_id=f"reg-{desk}", at_contact=contact(desk, "10.0.0.9"), source="127.0.0.1")
            self.members[user] = await self.phone(user)
            self._places[desk] = self._places[user]
        now = datetime.now(UTC)
        self.write(lambda tx: directory.add_member(tx, queue, user, priority, Actor.system(), now))
        if logged_in:
            self.take_part(user, queue)
        return self.members[user]

    def take_part(self, user: str, queue: str = QUEUE, *, log_in: bool = True) -> None:
        """A member logs in to the queue, or out of it."""

        def taking(tx: Transaction) -> None:
            person = tx.users.get(number=user)
            assert person is not None
            queues = [attendance.queue_of(tx, queue)]
            attendance.take_part(tx, person, queues, Actor.system(), datetime.now(UTC), log_in=log_in)

        self.write(taking)

    def pause(self, user: str, queue: str = QUEUE) -> None:
        """A member pauses."""

        def pausing(tx: Transaction) -> None:
            person = tx.users.get(number=user)
            assert person is not None
            queues = [attendance.queue_of(tx, queue)]
            attendance.pause(tx, person, queues, "coffee", Actor.system(), datetime.now(UTC))

        self.write(pausing)

    def attendance(self, user: str, queue: str = QUEUE) -> Attendance:
        """A member's state."""

        def ask(tx: Transaction) -> Attendance | None:
            person, found = tx.users.get(number=user), tx.queues.get(number=queue)
            assert person is not None
            assert found is not None
            return tx.attendances.get(queue_id=found.id, user_id=person.id)

        state = self.read(ask)
        assert state is not None
        return state

    async def calls_in(self, number: str = "0301234", name: str = "Carla", queue: str = QUEUE) -> PhoneCall:
        """Somebody calls the queue, and waits."""
        phone = self._phones.get(number)
        if phone is None:
            account = Account(number, "", self.server.address, "here", display_name=name)
            phone = await self._stack.enter_async_context(Softphone(account, host="127.0.0.1"))
            self._phones[number] = phone
        return await phone.call(f"sip:{queue}@here", headers("queue", queue, phone=""))

    async def consult(self, user: str, number: str) -> tuple[PhoneCall, PhoneCall]:
        """Somebody calls a phone without the queue; gives both ends."""
        target = self._phones[number]
        account = Account(user, "", target._agent.endpoint.address, "here")
        line = await self._stack.enter_async_context(Softphone(account, host="127.0.0.1"))
        asking = asyncio.create_task(line.call(number))
        asked = await answered(target)
        return await asking, asked

    def rows(self) -> list[QueueCall]:
        """The queue's calls."""
        return list(self.read(lambda tx: tx.queue_calls.list()))

    def offers(self) -> list[OfferRow]:
        """The offers."""
        return list(self.read(lambda tx: tx.offers.list()))

    def events(self, *kinds: Kind) -> list[Event]:
        """Events of these kinds."""
        return self.office.events(*kinds)

    async def outcome(self, outcome: str, call: int = -1) -> QueueCall:
        """Wait until a call, the last one, is over with that outcome."""
        await becomes(lambda: self.rows()[call].ended_at is not None, f"the end of call {call}")
        row = self.rows()[call]
        assert row.outcome == outcome
        return row

    @staticmethod
    def forget(call: PhoneCall) -> None:
        """A phone that has lost its power, and all it knew of a call."""
        call.leg._forget(call.leg)
        call.leg.free_audio()

    async def joined(self, call: PhoneCall | None = None) -> None:
        """Wait until the waiting room has joined this member's call with its caller (None: everybody who waits)."""
        queues = self.server.queues
        assert queues is not None
        if call is None:
            await becomes(lambda: all(each.join for each in queues.callers.values()), "joined")
            return
        called = call.leg.call_id
        await becomes(
            lambda: any(each.join and each.join.other.call_id == called for each in queues.callers.values()), "joined"
        )

    async def forgotten(self) -> None:
        """Wait until nothing of any call is carried any more."""
        await becomes(lambda: not any(row.leg for row in self.rows()), "nothing carried")

    def spoil(self, call: int) -> None:
        """What restores a call is no more what it was."""
        row = self.rows()[call]
        self.write(lambda tx: tx.queue_calls.update(replace(row, leg="{}")))

    async def waiting(self, count: int) -> None:
        """Wait until so many callers wait."""
        await becomes(lambda: sum(row.state == "waiting" for row in self.rows()) == count, f"{count} waiting")


@asynccontextmanager
async def centre(tones: Path, copies: SqliteCopies, check_seconds: float = 0.0) -> AsyncIterator[Centre]:
    """A call centre for one test."""
    with TemporaryDirectory(prefix="centre-") as directory:
        made = Centre(Path(directory), tones, copies)
        made.check_seconds = check_seconds
        await made.open()
        try:
            yield made
        finally:
            await made.close()


async def talk(one: PhoneCall, other: PhoneCall) -> None:
    """Both hear each other's tone, each measured at the other end, and nothing passes through the waiting room."""
    one.forget_heard()
    other.forget_heard()
    one.say_tone(500, 5)
    other.say_tone(900, 5)
    await asyncio.gather(hears_tone(one, 900), hears_tone(other, 500))
    await becomes(lambda: _sends_to(one, other) and _sends_to(other, one), "media flows directly")


def _sends_to(one: PhoneCall, other: PhoneCall) -> bool:
    assert one.leg.stream is not None
    assert other.leg.stream is not None
    return one.leg.stream._peer == ("127.0.0.1", other.leg.stream.port)


async def hears_tone(call: PhoneCall, hertz: float, seconds: float = 15.0) -> None:
    """Wait until a tone is heard."""
    await becomes(lambda: call.heard(hertz, 0.2).tone_share > 0.9, f"{hertz} Hz", seconds)


async def answered(phone: Softphone) -> PhoneCall:
    """Answer the next call at a phone."""
    call = await phone.incoming(15)
    await call.answer()
    return call
