"""The self-test itself: register, log in in two ways, call, take over, log out; every effect is checked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from freeseat.application.locate import Whereabouts, locate
from freeseat.application.log_in import LoggedIn, LogIn, log_in
from freeseat.application.ports import Transaction
from freeseat.application.proving import Authority
from freeseat.bootstrap import running
from freeseat.bootstrap.node import addresses
from freeseat.bootstrap.selftest import office as offices
from freeseat.bootstrap.selftest.office import Office
from freeseat.bootstrap.selftest.steps import Failed, Progress, Step, Steps, expect
from freeseat.domain.desk_login import EndReason, Method
from freeseat.domain.errors import FreeseatError
from freeseat.domain.events import Kind
from freeseat.edge.switch.applied import wait_applied
from freeseat.edge.voice.softphone import Account, PhoneCall, Softphone
from freeseat.settings import Settings
from freeseat.store.database import Database

T = TypeVar("T")

_APPLIED_SECONDS = 5.0
_SETTLED_SECONDS = 5.0
_MENU_SECONDS = 30.0
_TONES = (440.0, 1000.0)
_TONE_SHARE = 0.5
_AUDIBLE = 100.0


class NotRunning(FreeseatError):
    """There is no running node to test; `freeseat serve` starts one."""

    code = "not_running"


@dataclass(frozen=True, slots=True)
class Report:
    """All steps that were done."""

    steps: tuple[Step, ...]

    @property
    def ok(self) -> bool:
        """Whether every step held."""
        return all(step.ok for step in self.steps)


async def run_selftest(settings: Settings, database: Database, progress: Progress) -> Report:
    """Test the node of these settings, which must be running. Raises NotRunning."""
    state = running.status(settings.runtime_dir)
    if state is None or not state.is_ready:
        raise NotRunning(f"no node is ready in {settings.runtime_dir}; start it with: freeseat serve --detach")
    steps = Steps(progress)
    test = _SelfTest(settings, database)
    try:
        await test.run(steps)
    finally:
        cleaning = Steps(progress)
        await cleaning.run("remove all traces", test.remove)
    return Report((*steps.done, *cleaning.done))


class _SelfTest:
    """The phones and people of one run. Bill is the first user, Ann the second."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self._host = str(addresses(settings)[0])
        self._registrar = (self._host, settings.sip.port)
        self._office: Office
        self._desks: list[Softphone] = []
        self._own: Softphone

    async def run(self, steps: Steps) -> None:
        """All steps, in order."""
        async with AsyncExitStack() as stack:
            await steps.run("enter two phones and two users", self._enter)
            if not steps.ok:
                return
            self._desks = [await self._phone(stack, place) for place in (0, 1)]
            own = self._account(self._office.users[0], self._office.pins[0])
            self._own = await stack.enter_async_context(Softphone(own, self._host))
            await steps.run("register both phones", self._register)
            await steps.run("refuse a wrong secret", self._refuse_secret)
            await steps.run("log in by voice menu", self._log_in_by_menu)
            await steps.run("log in on behalf, as an administrator", self._log_in_second)
            await steps.run("call a person at the desk, audio both ways", self._call)
            await steps.run("take over an occupied phone", self._take_over)
            await steps.run("refuse a wrong PIN at REGISTER", self._refuse_pin)
            await steps.run("log in by REGISTER as oneself", self._log_in_by_register)
            await steps.run("call a person registered as himself", self._call_own)
            await steps.run("log out by unregistering", self._unregister)
            await steps.run("log out by voice menu", self._log_out_by_menu)
            await steps.run("find the call records", self._records)

    async def remove(self) -> str:
        """Take the office away, and wait until the switch knows nothing of it either."""
        count = await self._write(offices.remove)
        await self._applied()
        for place, phone in enumerate(self._desks):
            async with Softphone(phone.account, self._host) as ghost:
                answer = await ghost.register(refresh=False)
                expect(403, answer.code, f"REGISTER of the removed phone {place + 1}")
        await self._write(lambda tx: sum(tx.failures.unlock(desk.account.number) for desk in self._desks))
        return f"{count} entries removed, the switch knows them no more"

    async def _enter(self) -> str:
        self._office = await self._write(lambda tx: offices.make(tx, self._host))
        await self._applied()
        return f"phones {' and '.join(self._office.phones)}, users {' and '.join(self._office.users)}"

    async def _register(self) -> str:
        for desk in self._desks:
            answer = await desk.register()
            expect(200, answer.code, f"REGISTER of {desk.account.number}")
        numbers = self._office.phones
        await self._until(lambda tx: all(tx.bindings.list(aor=number) for number in numbers), "both bindings")
        return f"both bound at {self._host}:{self._registrar[1]}"

    async def _refuse_secret(self) -> str:
        wrong = replace(self._desks[0].account, password="wrong")  # noqa: S106 - wrong on purpose
        async with Softphone(wrong, self._host) as thief:
            answer = await thief.register(refresh=False)
        expect(403, answer.code, "REGISTER with a wrong secret")
        return "403, as anybody unknown gets"

    async def _log_in_by_menu(self) -> str:
        code = await self._code("login")
        call = await self._desks[0].call(code)
        await call.press(f"{self._office.users[0]}#{self._office.pins[0]}#2")
        heard = await self._hear_out(call)
        place = await self._place(0)
        expect((self._office.phones[0], Method.MENU), (place.phone, place.method), "locate")
        return f"{code}, prompts heard ({heard} packets), {place.user} at {place.phone}"

    async def _log_in_second(self) -> str:
        await self._administrator_logs_in(1, 1)
        return f"{self._office.users[1]} at {self._office.phones[1]}"

    async def _call(self) -> str:
        return await self._talk(self._desks[1], self._desks[0], self._office.users[0], self._office.users[1])

    async def _take_over(self) -> str:
        call = await self._desks[0].call(await self._code("login"))
        await call.press(f"{self._office.users[1]}#{self._office.pins[1]}#2")
        await self._hear_out(call)
        place = await self._place(1)
        expect(self._office.phones[0], place.phone, "locate")
        left = await self._read(lambda tx: locate(tx, self._office.users[0]))
        expect((), left, "places of who sat there")
        told = await self._read(lambda tx: tx.events.find(user=self._office.users[0], kinds=[Kind.LOGGED_OUT], limit=1))
        expect(EndReason.TAKEN_OVER, told[0].data["reason"], "reason in the audit log")
        return f"{place.user} moved to {place.phone}, {self._office.users[0]} was logged out"

    async def _refuse_pin(self) -> str:
        right = self._office.pins[0]
        wrong = f"{(int(right) + 1) % 10 ** len(right):0{len(right)}d}"
        async with Softphone(self._account(self._office.users[0], wrong), self._host) as stranger:
            answer = await stranger.register(refresh=False)
        expect((403, "Forbidden"), (answer.code, answer.reason), "REGISTER with a wrong PIN")
        return "403 Forbidden"

    async def _log_in_by_register(self) -> str:
        answer = await self._own.register()
        expect(200, answer.code, "REGISTER as oneself")
        place = await self._place(0)
        expect((Method.REGISTER, self._office.users[0]), (place.method, place.place), "locate")
        return f"granted {answer.expires} s, {place.user} reached at his own registration"

    async def _call_own(self) -> str:
        return await self._talk(self._desks[0], self._own, self._office.users[0], self._office.users[1])

    async def _unregister(self) -> str:
        answer = await self._own.unregister()
        expect(200, answer.code, "un-REGISTER")
        await self._until(lambda tx: locate(tx, self._office.users[0]) == (), "the end of the login")
        return f"{self._office.users[0]} is logged in nowhere"

    async def _log_out_by_menu(self) -> str:
        code = await self._code("logout")
        call = await self._desks[0].call(code)
        await call.press(f"{self._office.pins[1]}#")
        await self._hear_out(call)
        await self._until(lambda tx: locate(tx, self._office.users[1]) == (), "the end of the login")
        return f"{code}, {self._office.phones[0]} is free"

    async def _records(self) -> str:
        phones = set(self._office.phones)

        def ended(tx: Transaction) -> bool:
            calls = [call for number in phones for call in tx.calls.list(caller_phone=number)]
            talks = [call for call in calls if call.kind == "internal"]
            return len(calls) == 5 and len(talks) == 2 and all(call.ended_at and call.answered_at for call in calls)

        await self._until(ended, "five calls recorded, answered and ended")
        return "five calls, answered and ended"

    async def _talk(self, caller: Softphone, called: Softphone, dialled: str, shown: str) -> str:
        """Call, check the caller ID, and measure both tones at the other end."""
        dialling = asyncio.ensure_future(caller.call(dialled))
        try:
            there = await called.incoming()
            expect(shown, there.caller.number, "caller ID")
            await there.answer()
            here = await dialling
        finally:
            dialling.cancel()
        here.say_tone(_TONES[0], 10.0)
        there.say_tone(_TONES[1], 10.0)
        shares = await self._hear_tones(here, there)
        here.hang_up()
        await there.wait_ended()
        return f"shown {there.caller.number}, tones heard {shares[0]:.0%} and {shares[1]:.0%}"

    @staticmethod
    async def _hear_tones(here: PhoneCall, there: PhoneCall) -> tuple[float, float]:
        shares = (0.0, 0.0)
        for _ in range(50):
            await asyncio.sleep(0.1)
            shares = (here.heard(_TONES[1], 0.5).tone_share, there.heard(_TONES[0], 0.5).tone_share)
            if min(shares) >= _TONE_SHARE:
                return shares
        raise Failed(f"tones heard {shares[0]:.0%} and {shares[1]:.0%}, expected at least {_TONE_SHARE:.0%}")

    @staticmethod
    async def _hear_out(call: PhoneCall) -> int:
        """Listen until the menu hangs up; gives the packets heard."""
        await call.wait_ended(_MENU_SECONDS)
        heard = call.heard(seconds=10.0)
        if heard.rms < _AUDIBLE:
            raise Failed(f"no voice was heard: {heard.packets} packets, loudness {heard.rms:.0f}")
        return heard.packets

    async def _administrator_logs_in(self, user: int, phone: int) -> None:
        wish = LogIn(self._office.users[user], self._office.phones[phone], Authority(), Method.CLI, offices.ACTOR)
        done = await self._write(lambda tx: log_in(tx, wish, datetime.now(UTC)))
        if not isinstance(done, LoggedIn):
            raise Failed(f"refused: {done.text}")
        await self._applied()

    async def _place(self, user: int) -> Whereabouts:
        """The one place of a user."""
        places = await self._read(lambda tx: locate(tx, self._office.users[user])) or ()
        expect(1, len(places), f"places of {self._office.users[user]}")
        return places[0]

    async def _code(self, function: str) -> str:
        code = await self._read(lambda tx: tx.codes.get(function=function))
        if code is None:
            raise Failed(f"the feature code for {function} was taken away; set it with: freeseat code set")
        return code.code

    async def _phone(self, stack: AsyncExitStack, place: int) -> Softphone:
        account = self._account(self._office.phones[place], self._office.secrets[place])
        return await stack.enter_async_context(Softphone(account, self._host))

    def _account(self, number: str, password: str) -> Account:
        return Account(number, password, self._registrar, self._settings.sip.realm)

    async def _applied(self) -> None:
        position = await self._read(lambda tx: tx.events.last_position())
        if not await wait_applied(self._settings.runtime_dir, position, _APPLIED_SECONDS):
            raise Failed(f"the switch's tables do not carry event {position} after {_APPLIED_SECONDS:.0f} s")

    async def _until(self, holds: Callable[[Transaction], bool], what: str) -> None:
        deadline = asyncio.get_running_loop().time() + _SETTLED_SECONDS
        while not await self._read(holds):
            if asyncio.get_running_loop().time() > deadline:
                raise Failed(f"not seen within {_SETTLED_SECONDS:.0f} s: {what}")
            await asyncio.sleep(0.05)

    async def _read(self, question: Callable[[Transaction], T]) -> T:
        return await asyncio.to_thread(self._database.read, question)

    async def _write(self, use_case: Callable[[Transaction], T]) -> T:
        return await asyncio.wrap_future(self._database.submit(use_case))
