"""The contract of `application.ports.Transaction` on SQLite and PostgreSQL: rows, claims, failures, positions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freeseat.application.ports import Binding, CallAnswered, CallEnded, CallRecord
from freeseat.domain.calls import AssumedEnd
from freeseat.domain.desk_login import DeskLogin, EndReason, Method
from freeseat.domain.directory import (
    ClassOfService,
    Elsewhere,
    FeatureCode,
    Function,
    IdlePolicy,
    Phone,
    Right,
    Schedule,
    Scope,
    TrustedNetwork,
    User,
)
from freeseat.domain.errors import Clash
from freeseat.domain.numbering import Claim, NumberRange
from freeseat.domain.pin import LockoutPolicy, PinPolicy
from freeseat.domain.policy import EmergencyNumber, Policy
from freeseat.store.database import Database
from tests.domain.entities import NOW, login

MORE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)

COS = ClassOfService(
    0,
    "all",
    rights=frozenset(Right),
    hot_desk_login_accept=False,
    remote_logout_accept=False,
    remote_logout_enabled=True,
    locate_enabled=False,
    elsewhere=Elsewhere.SEVERAL,
    max_login_seconds=604_800,
    idle_logout_seconds=1,
    unregistered_logout=True,
    high_security=True,
)


def class_id(database: Database) -> int:
    return database.write(lambda tx: tx.classes.add(COS)).id


def test_every_field_comes_back_as_it_was(database: Database) -> None:
    """Entities of every kind, with everything set that can be set."""
    cos = class_id(database)
    assert database.read(lambda tx: tx.classes.get(id=cos)) == replace(COS, id=cos)
    person = User(
        0,
        "2019",
        "Bill Ölander 漢",
        cos,
        b"\x00\xff sealed",
        NOW + timedelta(microseconds=123456),
        email="bill@office.example",
        department="Sales",
        location="North",
        language="de",
        caller_number="+4930555",
        caller_name='Bill "B"',
        external_numbers=("004930555", "+1*2#"),
        key_profile="agents",
        primary_node="a",
        secondary_node="b",
        hot_desk_access=True,
        permanent_login=True,
        enabled=False,
        busy_to="number:2020",
        no_answer_to="reject",
        ring_seconds=20,
        group="sales",
    )
    person = database.write(lambda tx: tx.users.add(person))
    assert database.read(lambda tx: tx.users.get(number="2019")) == person
    phone = Phone(
        0,
        "3001",
        cos,
        b"x",
        mac="001565aabbcc",
        instance="<urn:uuid:1>",
        vendor="Yealink",
        model="T46",
        shared=False,
        owner_id=person.id,
        default_owner_id=person.id,
        template="t",
        site="North",
        location_id="LOC-7",
        language="de",
        primary_node="a",
        secondary_node="b",
        idle_policy=IdlePolicy.ALL,
        group="lobby",
        enabled=False,
    )
    phone = database.write(lambda tx: tx.phones.add(phone))
    assert database.read(lambda tx: tx.phones.get(id=phone.id)) == phone
    desk_login = login(
        person.id,
        phone.id,
        method=Method.REGISTER,
        exclusive=False,
        call_id="a@b",
        contact="sip:x",
        source="2001:db8::1",
        location_id="L",
        pending=EndReason.IDLE,
        pending_since=NOW,
        ended_at=NOW,
        end_reason=EndReason.MAX_TIME,
    )
    desk_login = database.write(lambda tx: tx.logins.add(desk_login))
    assert database.read(lambda tx: tx.logins.get(id=desk_login.id)) == desk_login
    network = database.write(lambda tx: tx.trusted.add(TrustedNetwork(0, "10.0.0.0/8", "all", "LOC")))
    assert database.read(lambda tx: tx.trusted.list()) == [network]
    schedule = Schedule(0, "0 20 * * *", "Europe/Berlin", Scope.SITE, "North", "evening", enabled=False, last_run=NOW)
    schedule = database.write(lambda tx: tx.schedules.add(schedule))
    assert database.read(lambda tx: tx.schedules.list(enabled=False)) == [schedule]
    code = FeatureCode(Function.LOGIN, "*45")
    database.write(lambda tx: tx.codes.add(code))
    assert database.read(lambda tx: tx.codes.get(function=Function.LOGIN)) == code
    binding = Binding(0, "3001", "sip:x", "main", 1.25, 2**40, 500, "r", "p", "s", "c", 2**33, "i", "ua", "::1")
    binding = database.write(lambda tx: tx.bindings.add(binding))
    assert database.read(lambda tx: tx.bindings.list()) == [binding]
    call = CallRecord(
        0,
        "main",
        "c",
        1_795_350_000.123456,
        "2019",
        "3001",
        "1",
        "2",
        "3",
        "internal",
        "q",
        1.5,
        2.5,
        200,
        "normal",
        "s",
    )
    call = database.write(lambda tx: tx.calls.add(call))
    assert database.read(lambda tx: tx.calls.list()) == [call]


def test_finding_changing_deleting(database: Database) -> None:
    cos = class_id(database)
    people = [database.write(lambda tx, n=n: tx.users.add(User(0, n, n, cos))) for n in ("2020", "2019", "2021")]  # type: ignore[misc]
    assert database.read(lambda tx: tx.users.list()) == people, "by id"
    assert database.read(lambda tx: tx.users.list(number="2019", class_id=cos)) == [people[1]]
    assert database.read(lambda tx: tx.users.list(pin_set_at=None)) == people, "None is none"
    assert database.read(lambda tx: tx.users.get(number="2999")) is None
    assert database.read(lambda tx: tx.users.among("number", ["2021", "x", "2019", "2021"])) == [people[1], people[2]]
    assert database.read(lambda tx: tx.users.among("number", [])) == []
    assert database.read(lambda tx: tx.users.among("id", [p.id for p in people], number="2020")) == [people[0]]
    changed = replace(people[0], name="Ann", enabled=False)
    database.write(lambda tx: tx.users.update(changed))
    assert database.read(lambda tx: tx.users.get(id=changed.id)) == changed
    database.write(lambda tx: tx.users.delete(people[1]))
    assert database.read(lambda tx: [user.number for user in tx.users.list()]) == ["2020", "2021"]


def test_among_many_values(database: Database) -> None:
    cos = class_id(database)
    database.write(lambda tx: [tx.users.add(User(0, f"{n}", "x", cos)) for n in range(1500)])
    found = database.read(lambda tx: tx.users.among("number", [str(n) for n in range(1400, 3000)]))
    assert len(found) == 100


@pytest.mark.parametrize("field", ["number", "mac", "instance"])
def test_a_clash_names_the_field_and_its_value(database: Database, field: str) -> None:
    cos = class_id(database)
    one = Phone(0, "3001", cos, mac="a" * 12, instance="i")
    other = replace(Phone(0, "3002", cos, mac="b" * 12, instance="j"), **{field: getattr(one, field)})
    database.write(lambda tx: tx.phones.add(one))
    with pytest.raises(Clash) as error:
        database.write(lambda tx: tx.phones.add(other))
    assert (error.value.field, error.value.value) == (field, getattr(one, field))
    free = database.write(lambda tx: tx.phones.add(Phone(0, "3003", cos)))
    with pytest.raises(Clash):
        database.write(lambda tx: tx.phones.update(replace(free, **{field: getattr(one, field)})))


def test_phones_without_mac_do_not_clash(database: Database) -> None:
    cos = class_id(database)
    database.write(lambda tx: [tx.phones.add(Phone(0, number, cos)) for number in ("3001", "3002")])


@pytest.mark.parametrize(
    ("one", "other", "field"),
    [
        (login(1, 10), login(2, 10, id=0), "phone_id"),
        (login(1, 10), login(1, 11, id=0), "user_id"),
        (login(1, 10), login(1, 10, id=0, exclusive=False), "phone_id"),
    ],
)
def test_one_login_a_phone_and_one_exclusive_login_a_user(
    database: Database, one: DeskLogin, other: DeskLogin, field: str
) -> None:
    first = database.write(lambda tx: tx.logins.add(one))
    with pytest.raises(Clash) as error:
        database.write(lambda tx: tx.logins.add(other))
    assert error.value.field == field
    ended = first.ending(EndReason.LOGOUT, NOW, on_call=False)
    database.write(lambda tx: tx.logins.update(ended))
    database.write(lambda tx: tx.logins.add(other))


def test_several_logins_that_are_not_exclusive(database: Database) -> None:
    logins = [login(1, phone, exclusive=False) for phone in (10, 11, None, None)]
    database.write(lambda tx: [tx.logins.add(each) for each in logins])
    assert len(database.read(lambda tx: tx.logins.of_user(1))) == 4


def test_logins(database: Database) -> None:
    ended = {"ended_at": NOW, "end_reason": EndReason.LOGOUT}
    rows = [
        login(1, 10, call_id="a", **ended),
        login(1, 10, call_id="b"),
        login(2, 11, pending=EndReason.IDLE, pending_since=NOW),
        login(3, None, call_id="a", **ended),
    ]
    one, two, three, _ = [database.write(lambda tx, row=row: tx.logins.add(row)) for row in rows]  # type: ignore[misc]

    assert database.read(lambda tx: tx.logins.at_phone(10)) == two
    assert database.read(lambda tx: tx.logins.at_phone(12)) is None
    assert database.read(lambda tx: tx.logins.of_user(1)) == (two,)
    assert list(database.read(lambda tx: tx.logins.open())) == [two, three]
    assert list(database.read(lambda tx: tx.logins.pending())) == [three]
    asked = [(1, "a"), (1, "b"), (1, "c"), (2, "a"), (3, "a")]
    assert database.read(lambda tx: [tx.logins.registration_ended(*each) for each in asked]) == [
        EndReason.LOGOUT,
        None,
        None,
        None,
        EndReason.LOGOUT,
    ]
    assert one.id < two.id < three.id


def test_times_are_utc_to_the_microsecond_whatever_zone_they_come_in(database: Database) -> None:
    moment = datetime(2026, 3, 2, 10, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    added = database.write(lambda tx: tx.logins.add(login(1, 1, started_at=moment)))
    found = database.read(lambda tx: tx.logins.get(id=added.id))
    assert found is not None
    assert (found.started_at, found.started_at.tzinfo) == (moment, UTC)


def test_a_time_without_zone_is_a_programming_error(database: Database) -> None:
    with pytest.raises(Exception, match="without zone"):
        database.write(lambda tx: tx.logins.add(login(1, 1, started_at=datetime(2026, 3, 2))))  # noqa: DTZ001


strings = st.text("12*", min_size=1, max_size=4)
claims = st.lists(st.builds(Claim, strings, st.sampled_from("abc"), st.booleans()), min_size=1, max_size=8)


@MORE
@given(wanted=claims)
def test_claims_are_given_exactly_as_the_domain_says(database: Database, wanted: list[Claim]) -> None:
    """R1.5: the database's search and `Claim.clashes_with` are one rule."""

    def claim_all(tx: object) -> None:
        held: list[Claim] = []
        for claim in wanted:
            clashing = [each for each in held if claim.clashes_with(each)]
            assert tx.claims.is_free(claim) is not bool(clashing)  # type: ignore[attr-defined]
            if not clashing:
                tx.claims.add(claim)  # type: ignore[attr-defined]
                held.append(claim)
                continue
            with pytest.raises(Clash) as error:
                tx.claims.add(claim)  # type: ignore[attr-defined]
            assert any(error.value.taken_by.startswith(each.owner) for each in clashing)
            assert error.value.wanted_by == claim.owner
        for owner in "abc":
            tx.claims.release(owner)  # type: ignore[attr-defined]
        assert all(tx.claims.is_free(claim) for claim in wanted)  # type: ignore[attr-defined]

    database.write(claim_all)


def test_failures_and_locks(database: Database) -> None:
    """R2.15."""
    pair = ("2019", "10.0.0.1")
    later = NOW + timedelta(seconds=1)

    def add(number: str, source: str, fingerprint: str, at: datetime) -> bool:
        return database.write(lambda tx: tx.failures.add(number, source, fingerprint, at))

    def times(number: str = "2019", source: str = "10.0.0.1") -> list[datetime]:
        return database.read(lambda tx: tx.failures.times(number, source))

    assert add(*pair, "aa", later)
    assert add(*pair, "", NOW)
    assert add(*pair, "", NOW)
    assert not add(*pair, "aa", NOW), "the same wrong response counts once"
    assert add("2019", "10.0.0.2", "aa", NOW), "per pair"
    assert add("2020", "10.0.0.1", "aa", NOW)
    assert times() == [NOW, NOW, later]
    database.write(lambda tx: tx.failures.lock(*pair, later))
    assert times() == []
    assert len(times("2020")) == len(times("2019", "10.0.0.2")) == 1
    database.write(lambda tx: tx.failures.lock(*pair, NOW))
    assert database.read(lambda tx: tx.failures.locked_until(*pair)) == NOW, "the newest lock"
    assert database.read(lambda tx: tx.failures.locked_until("2020", "10.0.0.1")) is None
    assert database.write(lambda tx: tx.failures.unlock("2019")) == 1
    assert times("2019", "10.0.0.2") == []
    assert database.write(lambda tx: tx.failures.unlock("2019")) == 0
    database.write(lambda tx: tx.failures.clear("2020", "10.0.0.1"))
    assert times("2020") == []


def test_sweeping_failures(database: Database) -> None:
    for n in range(3):
        database.write(lambda tx, n=n: tx.failures.add(f"{n}", "s", "", NOW + timedelta(hours=n)))  # type: ignore[misc]
    database.write(lambda tx: tx.failures.lock("9", "s", NOW))
    for hours, left in ((0, 3), (1, 2), (3, 0)):
        before = NOW + timedelta(hours=hours)
        assert database.read(lambda tx, b=before: tx.failures.any_before(b)) is (hours > 0)  # type: ignore[misc]
        database.write(lambda tx, b=before: tx.failures.forget(b))  # type: ignore[misc]
        assert database.read(lambda tx: sum(len(tx.failures.times(f"{n}", "s")) for n in range(3))) == left
        assert not database.read(lambda tx, b=before: tx.failures.any_before(b))  # type: ignore[misc]
    assert database.read(lambda tx: tx.failures.locked_until("9", "s")) is None


@pytest.mark.parametrize("text", ["x" * 2000, "a\x00b", "\ud800", "漢" * 300, "'; --"])
def test_text_from_the_wire_never_fails_and_finds_itself(database: Database, text: str) -> None:
    """SQLite would store anything, PostgreSQL refuses: neither may happen."""
    assert database.write(lambda tx: tx.failures.add(text, text, text, NOW))
    assert not database.write(lambda tx: tx.failures.add(text, text, text, NOW))
    assert database.read(lambda tx: tx.users.get(number=text)) is None
    assert database.read(lambda tx: tx.phones.get(mac=text)) is None
    assert database.read(lambda tx: tx.phones.get(instance=text)) is None
    assert database.read(lambda tx: tx.logins.registration_ended(1, text)) is None
    binding = Binding(0, text, text, text, 1.0, 1, 1, text, text, text, text, 1, text, text, text)
    added = database.write(lambda tx: tx.bindings.add(binding))
    found = database.read(lambda tx: tx.bindings.get(node=text, aor=text, contact=text))
    assert found is not None
    assert found.id == added.id
    call = CallRecord(0, text, text, 1.0, text, text, text, text, text, text, text, None, None, 0, text, text)
    answered, ended = CallAnswered(text, text, 2.0, text), CallEnded(text, text, 3.0, 200, text)
    database.write(lambda tx: tx.calls.record([call], [answered], [ended]))
    database.write(lambda tx: tx.calls.record([call], [answered], [ended]))
    (record,) = database.read(lambda tx: tx.calls.list())
    assert (record.answered_at, record.ended_at) == (2.0, 3.0)


def test_an_assumed_end_gives_way_to_what_is_seen(database: Database) -> None:
    """R4.5: in whatever order, and twice."""
    call = CallRecord(0, "main", "a", 1.0)
    assumed = CallEnded("main", "a", 2.0, 0, AssumedEnd.SWITCH_RESTARTED)
    answered, ended = CallAnswered("main", "a", 3.0, "3002"), CallEnded("main", "a", 4.0, 200, "normal")

    def told(*seen: CallAnswered | CallEnded) -> CallRecord:
        answers = [each for each in seen if isinstance(each, CallAnswered)]
        ends = [each for each in seen if isinstance(each, CallEnded)]
        answers += [replace(each, call_id="b") for each in answers]
        ends += [replace(each, call_id="b") for each in ends]
        database.write(lambda tx: tx.calls.record([call, replace(call, call_id="b")], answers, ends))
        record, other = database.read(lambda tx: tx.calls.list())
        assert replace(other, id=record.id, call_id="a") == record, "of many at once as well"
        return record

    assert (told(assumed).ended_at, told().cause) == (2.0, "switch restarted")
    again = told(answered)
    assert (again.answered_at, again.ended_at, again.cause, again.called_phone) == (3.0, None, "", "3002")
    assert told(assumed).ended_at == 2.0
    assert told(answered).ended_at == 2.0, "the answer was known"
    for seen in (ended, assumed, answered, ended):
        assert (told(seen).ended_at, told(seen).cause) == (4.0, "normal")


def test_calls_under_way_and_their_last_sign(database: Database) -> None:
    calls = [
        CallRecord(0, "main", "a", 10.0, caller_phone="3001"),
        CallRecord(0, "main", "b", 20.0, caller_phone="3002", ended_at=30.0),
        CallRecord(0, "main", "c", 5.0, caller_phone="x", called_phone="3003", answered_at=40.0),
    ]
    database.write(lambda tx: tx.calls.record(calls, [], []))
    aors = ["3001", "3002", "3003", "3004"]
    assert database.read(lambda tx: [tx.calls.open_at([aor]) for aor in aors]) == [True, False, True, False]
    assert database.read(lambda tx: [tx.calls.last_at([aor]) for aor in aors]) == [10.0, 30.0, 40.0, None]
    assert database.read(lambda tx: (tx.calls.open_at([]), tx.calls.open_at(aors), tx.calls.last_at(aors))) == (
        False,
        True,
        40.0,
    )
    assert [c.call_id for c in database.read(lambda tx: tx.calls.open_since_before(10.0))] == ["c"]


def test_finding_calls(database: Database) -> None:
    calls = [
        CallRecord(0, "main", "a", 10.0, "2019", "3001", "2020", "2020", "3002"),
        CallRecord(0, "main", "b", 20.0, "2020", "3002", "2019", "2019", "3001"),
        CallRecord(0, "main", "c", 30.0, "2021", "3003", "112", "", ""),
    ]
    database.write(lambda tx: tx.calls.record(calls, [], []))

    def found(**given_: object) -> list[str]:
        return [call.call_id for call in database.read(lambda tx: tx.calls.find(**given_))]  # type: ignore[arg-type]

    assert found() == ["c", "b", "a"]
    assert found(limit=1) == ["c"]
    assert found(user="2019") == found(phone="3001") == ["b", "a"]
    assert found(user="2019", since=20.0) == ["b"]
    assert found(phone="3003") == ["c"]


def test_timers_by_the_databases_count(database: Database) -> None:
    """R2.12: `older_than` and `idle_since` against their plain meaning."""
    cos, other = class_id(database), database.write(lambda tx: tx.classes.add(replace(COS, name="other"))).id
    ids = [
        database.write(lambda tx, n=n: tx.users.add(User(0, f"{n}", "x", cos if n < 6 else other))).id  # type: ignore[misc]
        for n in range(8)
    ]
    for n, person in enumerate(ids):
        started = NOW + timedelta(minutes=n % 4)
        database.write(lambda tx, p=person, n=n, s=started: tx.logins.add(login(p, n + 1, place=f"{n}", started_at=s)))  # type: ignore[misc]
    calls = [
        CallRecord(0, "m", "a", 0.0, caller_phone="0"),
        CallRecord(0, "m", "b", 0.0, caller_phone="1", ended_at=(NOW + timedelta(minutes=5)).timestamp()),
        CallRecord(0, "m", "c", 0.0, called_phone="2", ended_at=NOW.timestamp()),
    ]
    database.write(lambda tx: tx.calls.record(calls, [], []))
    moment = NOW + timedelta(minutes=2)

    def places(logins: object) -> list[str]:
        return [each.place for each in logins]  # type: ignore[attr-defined]

    assert places(database.read(lambda tx: tx.logins.older_than(cos, moment))) == ["0", "1", "2", "4", "5"]
    assert places(database.read(lambda tx: tx.logins.idle_since(cos, moment))) == ["2", "4", "5"]
    assert places(database.read(lambda tx: tx.logins.older_than(other, moment))) == ["6"]


def test_followed_positions(database: Database) -> None:
    assert database.read(lambda tx: tx.followed("tables")) == ""
    for position in ("1", "2:3"):
        database.write(lambda tx, p=position: tx.set_followed("tables", p))  # type: ignore[misc]
    database.write(lambda tx: tx.set_followed("lamps", "9"))
    assert database.read(lambda tx: (tx.followed("tables"), tx.followed("lamps"))) == ("2:3", "9")


def test_a_position_is_remembered_with_what_was_read_or_not_at_all(database: Database) -> None:
    """docs/switch-contract.md: the journal's offset commits with the rows it produced."""

    def read_on(tx: object) -> None:
        tx.set_followed("journal", "100")  # type: ignore[attr-defined]
        raise Clash("x", "y", "a", "b")

    with pytest.raises(Clash):
        database.write(read_on)
    assert database.read(lambda tx: tx.followed("journal")) == ""


def test_the_policy(database: Database) -> None:
    assert database.read(lambda tx: tx.policy()) == Policy()
    policy = Policy(
        pin=PinPolicy(0, 8, allow_blank=True, refuse_weak=True, expiry_days=90),
        lockout=LockoutPolicy(5, 60, 120),
        shared_phone_ranges=(NumberRange("3000", "3099"), NumberRange("500", "599")),
        emergency=(EmergencyNumber("112", "sip:112@x"), EmergencyNumber("911")),
        apart=(("a", "b"), ("c", "c")),
        national_prefixes=("0", "9"),
        international_prefixes=("00",),
        main_number="030555",
    )
    database.write(lambda tx: tx.set_policy(policy))
    assert database.read(lambda tx: tx.policy()) == policy
    database.write(lambda tx: tx.set_policy(Policy()))
    assert database.read(lambda tx: tx.policy()) == Policy()


def test_an_id_is_never_given_anew(database: Database) -> None:
    """Past logins and calls refer to people and phones that are deleted; nobody new may inherit them (R3.4)."""
    cos = class_id(database)
    first = database.write(lambda tx: tx.users.add(User(0, "2019", "Bill", cos)))
    database.write(lambda tx: tx.users.delete(first))
    second = database.write(lambda tx: tx.users.add(User(0, "2019", "Ann", cos)))
    assert second.id > first.id
    desk = database.write(lambda tx: tx.phones.add(Phone(0, "3001", cos)))
    database.write(lambda tx: tx.phones.delete(desk))
    assert database.write(lambda tx: tx.phones.add(Phone(0, "3001", cos))).id > desk.id
