"""The service `queue`: callers come in, wait, are joined, go elsewhere, leave (R5.8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator

import structlog

from freeseat.application.queues.offers import OfferMade
from freeseat.application.queues.ports import Outcome, QueueCall
from freeseat.application.queues.waiting import Sent, Standing
from freeseat.domain.errors import Clash, NotFound, Unavailable
from freeseat.domain.queues import Queue
from freeseat.edge.voice.actions import CallContext
from freeseat.edge.voice.leg import Leg, Media
from freeseat.edge.voice.messages import Headers, Request
from freeseat.edge.voice.prompts import PromptLibrary
from freeseat.edge.voice.queueing.actions import QueueActions
from freeseat.edge.voice.queueing.callers import Caller, Music, Who, written
from freeseat.edge.voice.queueing.inviting import Invitation, Marks
from freeseat.edge.voice.queueing.joining import Join, NotJoined, audio_again
from freeseat.edge.voice.queueing.offering import Desk, Doing, Ringing, insist
from freeseat.edge.voice.queueing.room import QueueSettings
from freeseat.edge.voice.queueing.sending import announce, call_destination
from freeseat.edge.voice.queueing.transferring import Transfer
from freeseat.edge.voice.queueing.watching import Watch
from freeseat.edge.voice.timers import CARRIED
from freeseat.edge.voice.ua import IncomingCall, UserAgent

log = structlog.get_logger("freeseat.voice.queue")

_RETRY: Headers = (("Retry-After", "5"),)
_HINT_SECONDS = 5.0
_NUMBER, _NAME = 64, 80


class QueueService:
    """The waiting room of one voice process: a `Room`.

    `open` takes up what was carried before; `close` leaves it to the next.
    """

    def __init__(self, settings: QueueSettings, actions: QueueActions, library: PromptLibrary) -> None:
        self.settings, self.actions = settings, actions
        self.music = Music(library, self._standing)
        self.callers: dict[int, Caller] = {}
        self._desks: dict[str, Desk] = {}
        self._queues: dict[str, Queue] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._arriving = 0
        self.agent: UserAgent
        self.media: Media
        self.on_ended: Callable[[], None] = lambda: None

    def open(self, agent: UserAgent, media: Media) -> None:
        """Serve calls that come to that user agent."""
        self.agent, self.media = agent, media
        self.spawn(self._listen())
        if self.settings.check_seconds > 0:
            self.spawn(Watch(self.settings.check_seconds, self._legs).run())

    async def close(self) -> None:
        """Stop serving. Calls are left as they are, for the next process to take up."""
        for desk in self._desks.values():
            desk.close()
        for caller in self.callers.values():
            caller.now(None)
            caller.leg.free_audio()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, what: Coroutine[object, object, None]) -> None:
        """Run a coroutine beside; a failure is logged."""
        task = asyncio.create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    @property
    def heard(self) -> int:
        """How many calls have audio with us now."""
        return self._arriving + sum(caller.leg.stream is not None for caller in self.callers.values())

    @property
    def ringing(self) -> Iterator[Ringing]:
        """The members that are being rung."""
        return (ringing for desk in self._desks.values() for ringing in desk.ringing.values())

    # --- arriving -----------------------------------------------------------------------------------------------------

    def accept(self, call: IncomingCall, context: CallContext, hops: int) -> None:
        """A caller dialled a queue."""
        self._arriving += 1
        self.spawn(self._arrive(call, context, hops))

    async def _arrive(self, call: IncomingCall, context: CallContext, hops: int) -> None:
        call.user, call.allow = context.digits, CARRIED
        call.remote_sdp = call.request.body
        identity = call.request.identity
        who = Who(
            identity.number[:_NUMBER],
            identity.name[:_NAME],
            context.language,
            context.digits,
            hops,
            context.user or context.phone,
        )
        try:
            if hops > self.settings.most_hops:
                call.reject(482, "Loop Detected")
            elif call.replaces is not None and call.replaces.replaced_by is not None:
                call.replaces.replaced_by(call)
            else:
                await self._enter(call, who)
        except NotFound:
            call.reject(404, "Not Found")
        except Clash:
            call.reject(482, "Merged Request")
        except Unavailable as error:
            log.error("queue unavailable", queue=who.queue, error=str(error))
            call.reject(503, "Service Unavailable", _RETRY)
        except Exception:
            log.exception("caller not taken in", queue=who.queue, call_id=call.call_id)
            call.reject(500, "Server Internal Error")
        finally:
            self._arriving -= 1

    async def _enter(self, call: IncomingCall, who: Who) -> None:
        queue, entered = await self.actions.enter(
            who.queue, who.number, who.name, call.call_id, written(call, None, who)
        )
        self._queues[queue.number] = queue
        row = entered if isinstance(entered, QueueCall) else entered.call
        log.info("queue entered", queue=queue.number, call=row.id, call_id=call.call_id, caller=who.number)
        caller = Caller(row.id, call, who)
        self.carry(caller)
        if isinstance(entered, Sent) and entered.destination == "reject":
            caller.in_queue = False
            call.reject(486, "Busy Here")
            return
        await call.answer()
        if call.ended.done():
            return
        if isinstance(entered, Sent):
            self.send(caller, entered)
            return
        self.wait(caller)
        await insist(lambda: self.actions.remember(row.id, caller.state()))

    def carry(self, caller: Caller) -> None:
        """From now on what happens to this caller's leg is ours to follow."""
        leg = caller.leg
        self.callers[caller.call] = caller
        leg.kept = True
        leg.replaced_by = lambda new: self.spawn(self._replace(caller, new))
        leg.ended.add_done_callback(lambda _end: self._gone(caller, leg))

    def know(self, queue: Queue) -> None:
        """This is how a queue is now."""
        self._queues[queue.number] = queue

    def wait(self, caller: Caller) -> None:
        """Music for a caller, until a member answers."""
        queue = self._queues.get(caller.who.queue)
        caller.now(self.music.entertain(caller, queue.announce_seconds if queue else 0))
        self.desk(caller.who.queue).add(caller)

    def desk(self, queue: str) -> Desk:
        """The desk of a queue."""
        if queue not in self._desks:
            doing = Doing(self.know, self._invite, self._join, self.send, self._taken_out)
            self._desks[queue] = Desk(queue, self.actions, doing)
        return self._desks[queue]

    # --- with somebody ------------------------------------------------------------------------------------------------

    def invite(
        self, who: Who, description: str, number: str, marks: Marks, headers: Headers, name: str | None = None
    ) -> Invitation:
        """Call somebody with the media of a person who is shown as `who`, or by another name."""
        leg = Invitation(self.agent.endpoint, self.media, self.agent.forget)
        leg.user = who.queue
        service = (("X-Freeseat-Service", self.settings.secret), ("X-Freeseat-Caller", who.number))
        sender = self.sender(who, who.name if name is None else name)
        leg.start(self.settings.route(number), marks, sender, description, service + headers)
        self.agent.adopt(leg)
        return leg

    def sender(self, who: Who, name: str) -> tuple[str, str]:
        """Display name and URI of a caller as others see him."""
        return name, f"sip:{who.number or 'anonymous'}@{self.settings.realm}"

    def shown_to_members(self, who: Who) -> str:
        """The display name of a caller on members' phones."""
        queue = self._queues.get(who.queue)
        if queue is None or not self.settings.queue_in_name:
            return who.name
        return f"{queue.name}: {who.name}" if who.name else queue.name

    def offer_marks(self, call: QueueCall, offer: int) -> Marks:
        """What marks the INVITE of an offer of a queue's call."""
        return Marks.of(self.settings.secret, call.call_id, f"offer {offer}")

    def _invite(self, made: OfferMade, caller: Caller) -> Invitation:
        queue = self._queues[caller.who.queue]
        headers = (
            ("X-Freeseat-Kind", "offer"),
            ("X-Freeseat-Queue", queue.number),
            ("X-Freeseat-Ring", str(queue.ring_seconds)),
        )
        name = self.shown_to_members(caller.who)
        marks = self.offer_marks(made.call, made.offer.id)
        return self.invite(caller.who, caller.media, made.user, marks, headers, name)

    def _join(self, ringing: Ringing) -> None:
        caller = ringing.caller
        caller.now(None)
        if caller.leg.stream is not None:
            caller.leg.stream.stop()
        join = self.joined(caller, ringing.invitation)
        if ringing.invitation.ended.done():  # he answered and was gone
            join.release()
            self.spawn(self._part(caller, join))
        else:
            self.spawn(self.connect(caller, ringing.offered))

    def joined(self, caller: Caller, other: Leg) -> Join:
        """A caller is with somebody now."""
        other.kept = True
        join = Join(caller.leg, other, lambda join, leg: self._over(caller, join, leg), self._refer)
        other.replaced_by = lambda new: self.spawn(self._replace(caller, new, other))
        caller.join, caller.connected = join, False
        return join

    async def connect(self, caller: Caller, offered: str) -> None:
        """Make the media of a caller and who he was joined with flow directly; see `Join.connect`."""
        join = caller.join
        assert join is not None, "it was joined before"
        try:
            await join.connect(offered)
        except NotJoined as why:
            if join.released:
                return
            log.warning("not joined", queue=caller.who.queue, call=caller.call, why=str(why))
            await self._part(caller, join)
            return
        caller.connected = True
        if not join.released:
            await insist(lambda: self.actions.remember(caller.call, caller.state()))

    async def _part(self, caller: Caller, join: Join) -> None:
        """A member with whom the caller could not be joined: he waits on, at his old place."""
        join.release()
        join.other.hang_up("not joined", 488)
        if caller.leg.ended.done():
            self.finish(caller)
        elif caller.in_queue:
            await self.wait_again(caller)
        else:
            caller.leg.hang_up("not joined", 488)

    async def wait_again(self, caller: Caller) -> None:
        """A caller whom a member has left without his doing waits on, at his old place."""
        caller.join, caller.connected = None, False
        await insist(lambda: self.actions.put_back(caller.call))
        if await audio_again(caller.leg):
            self.wait(caller)
        else:
            caller.leg.hang_up("no audio", 488)
        await insist(lambda: self.actions.remember(caller.call, caller.state()))

    # --- elsewhere ----------------------------------------------------------------------------------------------------

    def send(self, caller: Caller, sent: Sent) -> None:
        """The queue sends a caller elsewhere; for the queue he is gone."""
        caller.in_queue = False
        log.info("queue left", call=caller.call, outcome=sent.outcome, destination=sent.destination)
        kind, _, value = sent.destination.partition(":")
        if kind == "announce":
            caller.now(announce(self, caller, value))
        elif kind == "number":
            self.music.play(caller)
            caller.now(call_destination(self, caller, value))
        else:
            caller.leg.hang_up(sent.outcome, 480)

    # --- endings ------------------------------------------------------------------------------------------------------

    def _gone(self, caller: Caller, leg: Leg) -> None:
        """The caller's leg is over."""
        if leg is not caller.leg:
            return  # another has taken its place
        caller.now(None)
        if caller.join is None or caller.join.released:
            self.finish(caller)

    def _over(self, caller: Caller, join: Join, leg: Leg) -> None:
        """One side of a join has ended; the other was hung up, unless it is being transferred."""
        if caller.join is join and join.stays is None:
            self.finish(caller)

    def _taken_out(self, caller: Caller) -> None:
        """Somebody else has ended a call in the database."""
        caller.in_queue = False
        caller.leg.hang_up("removed", 480)

    def finish(self, caller: Caller) -> None:
        """Nothing of a caller is left: write down what became of him."""
        if self.callers.get(caller.call) is not caller:
            return
        del self.callers[caller.call]
        self.desk(caller.who.queue).leave(caller)
        outcome = Outcome.ANSWERED if caller.join is not None else Outcome.ABANDONED
        log.info("queue call over", queue=caller.who.queue, call=caller.call, outcome=outcome, in_queue=caller.in_queue)
        self.spawn(self._write_end(caller, outcome))
        self.on_ended()

    async def _write_end(self, caller: Caller, outcome: Outcome) -> None:
        if caller.in_queue:
            await insist(lambda: self.actions.ended(caller.call, outcome))
        else:
            await insist(lambda: self.actions.forget(caller.call))
        self.wake()

    # --- transfers ----------------------------------------------------------------------------------------------------

    def _refer(self, join: Join, leg: Leg, request: Request) -> None:
        caller = next((each for each in self.callers.values() if each.join is join), None)
        assert caller is not None, "whoever is joined is carried"
        self.spawn(Transfer(self, caller, join, leg, request).run())

    async def _replace(self, caller: Caller, new: Leg, old_other: Leg | None = None) -> None:
        """A call takes the place of the caller's, or of who talks to him (RFC 3891)."""
        assert isinstance(new, IncomingCall), "only who calls can replace"
        await new.answer()
        if new.ended.done():
            return
        join = caller.join
        if join is not None:
            join.release()
        old = caller.leg if old_other is None else old_other
        if old_other is None:
            caller.leg = new
            self.carry(caller)
        if join is not None:
            self.joined(caller, join.other if old_other is None else new)
            self.spawn(self.connect(caller, ""))
        elif caller.in_queue:
            self.wait(caller)
        old.hang_up("replaced")
        await insist(lambda: self.actions.remember(caller.call, caller.state()))

    # --- looking ------------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Something has changed: every queue with callers looks."""
        for desk in self._desks.values():
            if desk.callers:
                desk.wake()

    async def _listen(self) -> None:
        while True:
            if await self.actions.changed(_HINT_SECONDS):
                self.wake()

    async def _standing(self, caller: Caller) -> Standing | None:
        try:
            return await self.desk(caller.who.queue).standing(caller)
        except Unavailable:
            return None  # nothing is announced this time

    def _legs(self) -> list[Leg]:
        joins = [caller.join.other for caller in self.callers.values() if caller.join is not None]
        return [*(caller.leg for caller in self.callers.values()), *joins]

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("queue failed", exc_info=task.exception())
