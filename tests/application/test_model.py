"""Any sequence of events in an office, against a plain model of it, on both databases (R2.7 to R2.15, R1.2, R1.9)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from freeseat.application.directory import rules
from freeseat.application.directory.phones import change_phone
from freeseat.application.directory.users import add_user, change_user
from freeseat.application.log_in import LoggedIn
from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal
from freeseat.domain.desk_login import DeskLogin, Method
from freeseat.domain.directory import ClassOfService, Elsewhere, TrustedNetwork, User
from freeseat.domain.events import Event
from freeseat.domain.reasons import Reason
from tests.application.model import Model
from tests.application.office import ADMIN, PIN, Office
from tests.application.replay import Replay, Seat
from tests.store.databases import Copies, PostgresCopies, SqliteCopies, open_database

USERS, PHONES = ("2019", "2020", "2021", "2022"), ("3001", "3002", "3003")
SOURCES, CALL_IDS = ("10.0.0.1", "10.0.0.2"), ("call-1", "call-2")
users, phones = st.sampled_from(USERS), st.sampled_from(PHONES)
sources, call_ids = st.sampled_from(SOURCES), st.sampled_from(CALL_IDS)
right = st.sampled_from([True, True, True, False])


class OfficeMachine(RuleBasedStateMachine):
    """Four people, three phones; 3002 and 3003 return to 2022."""

    copies: Copies

    def __init__(self) -> None:
        super().__init__()
        self.url = self.copies.create()
        self.office = Office(open_database(self.url))
        self.office.write(self._furnish)
        self.model = Model(dict.fromkeys(USERS, "move"), list(PHONES), {"3002": "2022", "3003": "2022"})
        self.guesses = 0
        self.replay, self.read = Replay(), 0

    def _furnish(self, tx: Transaction) -> None:
        now = self.office.now
        for elsewhere in Elsewhere:
            cos = ClassOfService(0, elsewhere, elsewhere=elsewhere, remote_logout_enabled=True)
            rules.add_class(tx, cos, ADMIN, now)
        rules.change_class(tx, "standard", {"remote_logout_enabled": True}, ADMIN, now)
        rules.add_trusted(tx, TrustedNetwork(0, "10.0.0.0/24"), ADMIN, now)
        move = rules.class_of(tx, "move").id
        for number in USERS[:2]:
            change_user(tx, number, {"class_id": move}, ADMIN, now)
        for number in USERS[2:]:
            owner = add_user(tx, User(0, number, number, move, hot_desk_access=True), PIN, ADMIN, now)
        for number in ("3002", "3003"):
            change_phone(tx, number, {"default_owner_id": owner.id}, ADMIN, now)

    def teardown(self) -> None:
        self.office.database.close()
        self.copies.drop(self.url)

    def same(self, done: object, wanted: Reason | None) -> None:
        assert (done.reason if isinstance(done, Refusal) else None) is wanted, done

    @rule(user=users, phone=phones, source=sources, right=right, web=st.booleans())
    def log_in(self, user: str, phone: str, source: str, right: bool, web: bool) -> None:
        method = Method.WEB if web else Method.MENU
        done = self.office.try_login(user, phone, PIN if right else "0000", method, source)
        wanted = self.model.prove(user, source, right) or self.model.login(user, phone, method)
        self.same(done, wanted)
        if isinstance(done, LoggedIn):
            assert (done.login.place, done.user.number) == (phone, user)

    @rule(user=users, call_id=call_ids, right=right)
    def register(self, user: str, call_id: str, right: bool) -> None:
        self.guesses += 1
        source = SOURCES[CALL_IDS.index(call_id)]
        done = self.office.try_register(user, call_id, source, right=right, fingerprint=f"{self.guesses}")
        self.same(done, self.model.prove(user, source, right) or self.model.login(user, "", "register", call_id))

    @rule(user=users, call_id=call_ids)
    def unregister(self, user: str, call_id: str) -> None:
        source = SOURCES[CALL_IDS.index(call_id)]
        wanted = self.model.prove(user, source, right=True)
        self.same(self.office.unregister(user, call_id, source), wanted)
        if wanted is None:
            self.model.leave([each for each in self.model.of(user) if each.call_id == call_id], himself=True)

    @rule(phone=phones, source=sources, right=right)
    def log_out(self, phone: str, source: str, right: bool) -> None:
        there = self.model.at(phone)
        wanted = self.model.prove(there.user, source, right) if there else Reason.NOT_LOGGED_IN
        self.same(self.office.logout(phone, PIN if right else "0000", source), wanted)
        if there is not None and wanted is None:
            self.model.leave([there])

    @rule(phone=phones, user=users)
    def log_out_remotely(self, phone: str, user: str) -> None:
        there = self.model.of(user)
        self.same(self.office.remote(phone, user), None if there else Reason.NOT_LOGGED_IN)
        self.model.leave(there, wait=True)

    @rule(user=users)
    def force(self, user: str) -> None:
        there = self.model.of(user)
        self.same(self.office.force(user), None if there else Reason.NOT_LOGGED_IN)
        self.model.leave(there)

    @rule(user=users, elsewhere=st.sampled_from(Elsewhere))
    def change_policy_elsewhere(self, user: str, elsewhere: Elsewhere) -> None:
        """It takes hold at the next login; nobody is moved by it."""
        if not self.model.of(user):
            self.office.change_user(user, cos=elsewhere)
            self.model.elsewhere[user] = elsewhere

    @rule(user=users)
    def disable_or_enable_a_user(self, user: str) -> None:
        self.model.leave(self.model.of(user))
        self.model.disabled ^= {user}
        self.office.change_user(user, enabled=user not in self.model.disabled)

    @rule(phone=phones)
    def disable_or_enable_a_phone(self, phone: str) -> None:
        there = self.model.at(phone)
        if there is not None:
            self.model.leave([there], empty=True)
        self.model.disabled ^= {phone}
        self.office.change_phone(phone, enabled=phone not in self.model.disabled)

    @precondition(lambda self: self.model.sitting)
    @rule(chosen=st.integers(0, 3), remotely=st.booleans())
    def call(self, chosen: int, remotely: bool) -> None:
        """Somebody who sits somewhere calls; perhaps he is told to leave meanwhile."""
        sitting = self.model.sitting[chosen % len(self.model.sitting)]
        self.guesses += 1
        call = f"call {self.guesses}"
        self.office.call(sitting.place, call_id=call)
        self.model.on_call[call] = sitting.place
        if remotely:
            self.log_out_remotely("3001", sitting.user)

    @precondition(lambda self: self.model.on_call)
    @rule(chosen=st.integers(0, 3))
    def hang_up(self, chosen: int) -> None:
        call = list(self.model.on_call)[chosen % len(self.model.on_call)]
        self.office.hang_up(call)
        self.model.hang_up(call)

    @rule(seconds=st.sampled_from([1.0, 100.0, 299.0, 301.0, 901.0]))
    def wait(self, seconds: float) -> None:
        self.office.later(seconds)
        self.model.now += seconds

    @precondition(lambda self: self.read > 0)
    @rule()
    def restart(self) -> None:
        """R2.14: desk logins survive a restart of everything."""
        self.office.database.close()
        self.office.database = open_database(self.url)

    @invariant()
    def the_database_is_the_model(self) -> None:
        """And whoever follows the feed, from where he stands, believes the same."""

        def look(tx: Transaction) -> tuple[list[DeskLogin], dict[int, str], list[Event]]:
            people = {user.id: user.number for user in tx.users.list()}
            return list(tx.logins.open()), people, tx.events.after(self.read, 1000)

        logins, people, events = self.office.read(look)
        sitting = self.model.sitting
        assert [
            (people[each.user_id], each.place, each.method, each.exclusive, each.call_id, each.pending is not None)
            for each in logins
        ] == [(s.user, s.place, s.method, s.exclusive, s.call_id, s.pending) for s in sitting]
        self.replay.several = frozenset(u for u in USERS if self.model.elsewhere[u] == "several")
        self.replay.feed(events)
        self.read = events[-1].position if events else self.read
        assert self.replay.open == {
            login.id: Seat(login.id, s.user, s.phone, s.place) for login, s in zip(logins, sitting, strict=True)
        }


def check(copies: Copies, examples: int, steps: int) -> None:
    quick = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,
        phases=[Phase.generate],  # add Phase.shrink to find the shortest story of a failure: it takes minutes
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    machine = type("Machine", (OfficeMachine,), {"copies": copies})
    run_state_machine_as_test(machine, settings=quick)


def test_on_sqlite(sqlite_copies: SqliteCopies) -> None:
    check(sqlite_copies, 16, 40)


@pytest.mark.postgres
def test_on_postgresql(postgres_copies: PostgresCopies) -> None:
    check(postgres_copies, 4, 30)
