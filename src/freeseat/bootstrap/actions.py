"""What the voice menus ask for, over the same use cases as everything else (R2.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import structlog

from freeseat.application.callers import caller_at
from freeseat.application.directory.users import change_pin
from freeseat.application.locate import Whereabouts, locate_from
from freeseat.application.log_in import Judged, LoggedIn, LogIn, judge_login, log_in
from freeseat.application.log_out import LoggedOut, log_out, log_out_remotely
from freeseat.application.outside import OutsideCaller, identify_outside, log_out_outside
from freeseat.application.ports import Database, Transaction
from freeseat.application.proving import PinProof, Refusal
from freeseat.application.queues.attendance import TakingPart, dial_queue_code
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.desk_login import Method
from freeseat.domain.directory import User
from freeseat.domain.errors import InvalidValue, Unavailable
from freeseat.domain.menus import FROM_HERE, NOWHERE
from freeseat.domain.queues import QueueVerb
from freeseat.domain.reasons import Reason
from freeseat.domain.trunks import OUTSIDE_PLACE
from freeseat.edge.switch.applied import wait_applied
from freeseat.edge.voice.actions import Answer, CallContext

log = structlog.get_logger(__name__)
T = TypeVar("T")

_APPLIED_SECONDS = 2.0


class MenuActions:
    """`edge.voice.actions.VoiceActions` over a database; waits until this node's switch carries what it tells."""

    def __init__(self, database: Database, runtime_dir: Path) -> None:
        self._database, self._runtime_dir = database, runtime_dir

    async def verify(self, call: CallContext, extension: str, pin: str) -> Answer:
        """Check extension, PIN and every rule of a login; changes nothing but the attempt count."""
        judged = await self._do(lambda tx: judge_login(tx, _wish(call, extension, pin), _now()))
        if isinstance(judged, Judged):
            return _person(judged.user, phone=call.phone)
        return _refused(call, judged)

    async def log_in(self, call: CallContext, extension: str, pin: str) -> Answer:
        """Log in; gives who owns the phone now."""
        done = await self._do(lambda tx: log_in(tx, _wish(call, extension, pin), _now()))
        if not isinstance(done, LoggedIn):
            return _refused(call, done)
        await self._carried(done.position)
        log.info("menu.logged_in", call_id=call.call_id, user=done.user.number, phone=call.phone)
        return _person(done.user, phone=call.phone)

    async def occupant(self, call: CallContext) -> Answer:
        """Who is logged in at the caller's phone."""
        person = await asyncio.to_thread(self._database.read, lambda tx: _occupant(tx, call.phone))
        return _person(person, phone=call.phone) if person else Answer(False, Reason.NOT_LOGGED_IN)

    async def log_out(self, call: CallContext, pin: str) -> Answer:
        """Log out the occupant of the caller's phone by his PIN."""
        before = await self.occupant(call)
        done = await self._do(lambda tx: log_out(tx, call.phone, PinProof(pin), _actor(call), _now()))
        return await self._left(call, done, before.language)

    async def remote_log_out(self, call: CallContext, extension: str) -> Answer:
        """Log out an extension wherever it is."""
        done = await self._do(lambda tx: log_out_remotely(tx, call.phone, extension, _actor(call), _now()))
        return await self._left(call, done, "")

    async def locate(self, call: CallContext, extension: str) -> Answer:
        """Where that extension is logged in."""
        found = await self._do(lambda tx: locate_from(tx, call.phone, extension, _actor(call), _now()))
        if isinstance(found, Refusal):
            return _refused(call, found)
        if isinstance(found, Answer):
            return found
        return _place(extension, found)

    async def change_pin(self, call: CallContext, old: str, new: str) -> Answer:
        """Change the PIN of the person at the caller's phone."""
        person = await asyncio.to_thread(self._database.read, lambda tx: _occupant(tx, call.phone))
        if person is None:
            return Answer(False, Reason.NOT_LOGGED_IN)
        number = person.number
        try:
            done = await self._do(lambda tx: change_pin(tx, number, old, new, _actor(call), _now()))
        except InvalidValue:
            return Answer(False, "weak_pin")
        return _person(done) if isinstance(done, User) else _refused(call, done)

    async def take_part(self, call: CallContext, verb: QueueVerb, queue: str) -> Answer:
        """Queue login and logout of the person at the caller's phone, by a queue's code or that of all queues."""
        done = await self._do(lambda tx: dial_queue_code(tx, call.phone, verb, queue, _actor(call), _now()))
        if not isinstance(done, TakingPart):
            return _refused(call, done)
        await self._carried(done.position)
        numbers = tuple(each.number for each in done.queues)
        log.info("menu.took_part", call_id=call.call_id, user=done.user.number, queues=numbers, at=done.logged_in)
        return replace(_person(done.user, phone=call.phone), queues=numbers, at_queue=done.logged_in)

    async def identify(self, call: CallContext, extension: str, pin: str) -> Answer:
        """Who calls from outside (R2.6)."""
        who = await self._do(lambda tx: identify_outside(tx, extension, PinProof(pin), _actor(call), _now()))
        return _person(who.user) if isinstance(who, OutsideCaller) else _refused(call, who)

    async def be_reached_at(self, call: CallContext, extension: str, pin: str, choice: str) -> Answer:
        """Log in at an outside telephone, or out."""
        proof, actor = PinProof(pin), _actor(call)
        if choice == NOWHERE:
            left = await self._do(lambda tx: log_out_outside(tx, extension, proof, actor, _now()))
            return await self._left(call, left, "")
        number = call.digits if choice == FROM_HERE else choice
        wish = LogIn(extension, None, proof, Method.EXTERNAL, actor, outside=number)
        done = await self._do(lambda tx: log_in(tx, wish, _now()))
        if not isinstance(done, LoggedIn):
            return _refused(call, done)
        await self._carried(done.position)
        log.info("menu.logged_in", call_id=call.call_id, user=done.user.number, place=done.login.place)
        return replace(_person(done.user, phone=number), outside=True)

    async def _do(self, use_case: Callable[[Transaction], T]) -> T | Answer:
        try:
            return await asyncio.wrap_future(self._database.submit(use_case))
        except Unavailable as error:
            log.error("menu.unavailable", error=str(error))
            return Answer(False, "unavailable")

    async def _left(self, call: CallContext, done: LoggedOut | Refusal | Answer, language: str) -> Answer:
        if not isinstance(done, LoggedOut):
            return _refused(call, done)
        await self._carried(done.position)
        first = done.ended[0]
        pending = any(each.pending for each in done.ended)
        log.info("menu.logged_out", call_id=call.call_id, user=first.user, phone=first.phone, pending=pending)
        return Answer(True, user=first.user, phone=first.phone, language=language, pending=pending)

    async def _carried(self, position: int) -> None:
        if not await wait_applied(self._runtime_dir, position, _APPLIED_SECONDS):
            log.warning("menu.tables_late", position=position)


def _wish(call: CallContext, extension: str, pin: str) -> LogIn:
    return LogIn(extension, call.phone, PinProof(pin), Method.MENU, _actor(call))


def _actor(call: CallContext) -> Actor:
    return Actor(call.phone or call.digits, call.source, Channel.VOICE)


def _now() -> datetime:
    return datetime.now(UTC)


def _occupant(tx: Transaction, aor: str) -> User | None:
    caller = caller_at(tx, aor)
    return caller.user if caller else None


def _person(user: User, phone: str = "") -> Answer:
    return Answer(True, user=user.number, name=user.name, phone=phone, language=user.language)


def _place(extension: str, places: tuple[Whereabouts, ...]) -> Answer:
    if not places:
        return Answer(True, user=extension)
    where = places[-1]
    if where.place.startswith(OUTSIDE_PLACE):
        number = where.place.removeprefix(OUTSIDE_PLACE)
        return Answer(True, user=extension, name=where.name, phone=number, outside=True)
    return Answer(True, user=extension, name=where.name, phone=where.phone or where.place, own_phone=not where.phone)


def _refused(call: CallContext, refusal: object) -> Answer:
    """A refusal in the menus' words; who has not proved a PIN hears the same for every cause (R2.15)."""
    if isinstance(refusal, Answer):
        return refusal
    assert isinstance(refusal, Refusal), "a use case gives a result or a refusal"
    log.warning("menu.refused", call_id=call.call_id, phone=call.phone, reason=refusal.reason, detail=refusal.detail)
    return Answer(False, str(refusal.reason))
