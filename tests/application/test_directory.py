"""The directory's rules: entry, change, deletion (R1.1 to R1.5, R1.8, R1.9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from sqlalchemy import String

from freeseat.application.directory import phones, rules, users
from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.directory import ClassOfService, FeatureCode, Function, Phone, Schedule, TrustedNetwork, User
from freeseat.domain.errors import Clash, FreeseatError, InUse, InvalidValue, NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.numbering import NumberRange
from freeseat.domain.pin import PinPolicy
from freeseat.domain.policy import EmergencyNumber
from freeseat.domain.reasons import Reason
from freeseat.store import tables
from tests.application.office import ADMIN, PIN, Office


def refusal(act: Callable[[], object], kind: type[FreeseatError] = InvalidValue) -> str:
    with pytest.raises(kind) as error:
        act()
    return str(error.value)


def user_id(office: Office, number: str) -> int:
    found = office.read(lambda tx: tx.users.get(number=number))
    assert found is not None
    return found.id


def story(events: list[Event]) -> list[tuple[str, str, str, object]]:
    return [(e.kind, e.user, e.phone, e.data.get("reason", "")) for e in events]


# Numbers


def test_a_shared_phone_outside_the_range_is_refused_with_the_range_named(office: Office) -> None:
    """R1.3."""
    assert "3000-3999" in refusal(lambda: office.phone("4001"))
    assert "3000-3999" in refusal(lambda: office.user("3500"))
    assert "3000-3999" in refusal(lambda: office.change_phone("3001", number="2501"))
    owner = user_id(office, "2019")
    assert "3000-3999" in refusal(lambda: office.phone("3500", shared=False, owner_id=owner))


def test_a_changed_range_must_hold_what_is_there(office: Office) -> None:
    assert "4000-4999" in refusal(lambda: office.policy(shared_phone_ranges=(NumberRange("4000", "4999"),)))
    assert "2019" in refusal(lambda: office.policy(shared_phone_ranges=(NumberRange("2000", "3999"),)))
    office.policy(shared_phone_ranges=(NumberRange("3000", "3099"), NumberRange("4000", "4999")))
    office.phone("4001")


@pytest.mark.parametrize(
    ("act", "both"),
    [
        (lambda o: o.user("2019"), ("user 2019", "user 2019")),
        (lambda o: o.phone("3001"), ("phone 3001", "phone 3001")),
        (lambda o: o.user("112"), ("user 112", "emergency numbers")),
        (lambda o: set_code(o, Function.LOGIN, "2019"), ("feature code login", "user 2019")),
        (lambda o: set_code(o, Function.LOGIN, "20"), ("feature code login", "user 20")),
        (lambda o: set_code(o, Function.LOGIN, "*46"), ("feature code login", "feature code logout")),
        (lambda o: set_code(o, Function.LOGIN, "*4"), ("feature code login", "feature code")),
        (lambda o: set_code(o, Function.LOGIN, "*461"), ("feature code login", "feature code logout")),
        (lambda o: o.policy(emergency=(EmergencyNumber("2019"),)), ("emergency numbers", "user 2019")),
        (lambda o: o.change_user("2019", number="2020"), ("user 2020", "user 2020")),
    ],
)
def test_a_clash_names_both_owners_and_leaves_nothing(
    office: Office, act: Callable[[Office], object], both: tuple[str, str]
) -> None:
    """R1.5."""
    before = office.position()
    words = refusal(lambda: act(office), Clash)
    assert all(owner in words for owner in both), words
    assert office.position() == before
    office.user("2030")
    assert office.read(lambda tx: [code.code for code in tx.codes.list(function=Function.LOGIN)]) == ["*45"]


def set_code(office: Office, function: Function, code: str) -> None:
    office.write(lambda tx: rules.set_code(tx, FeatureCode(function, code), ADMIN, office.now))


def test_a_number_that_was_given_up_is_free_again(office: Office) -> None:
    office.change_user("2019", number="2030")
    office.user("2019")
    set_code(office, Function.LOGIN, "*55")
    set_code(office, Function.LOGOUT, "*45")
    office.write(lambda tx: users.delete_user(tx, "2019", ADMIN, office.now))
    office.user("2019")
    office.write(lambda tx: phones.delete_phone(tx, "3001", ADMIN, office.now))
    office.phone("3001")


def test_the_next_free_number(office: Office) -> None:
    def next_free() -> str:
        return office.read(phones.next_free_number)

    assert next_free() == "3000"
    office.phone("3000")
    assert next_free() == "3004"
    office.policy(shared_phone_ranges=(NumberRange("3000", "3003"),))
    assert "add a range" in refusal(next_free)


# Roles


def test_roles_do_not_mix_at_entry(office: Office) -> None:
    """R1.4: each violation with its own reason."""
    bill = user_id(office, "2019")
    office.user("2031", hot_desk_access=False)
    assigned = user_id(office, "2031")
    reasons = {
        refusal(lambda: office.phone("2519", shared=False, owner_id=bill)),
        refusal(lambda: office.phone("2519", shared=False)),
        refusal(lambda: office.phone("3010", owner_id=assigned)),
        refusal(lambda: office.phone("3010", default_owner_id=assigned)),
        refusal(lambda: office.phone("3010", default_owner_id=999)),
    }
    office.phone("2519", shared=False, owner_id=assigned)
    reasons |= {
        refusal(lambda: office.change_user("2031", hot_desk_access=True)),
        refusal(lambda: office.change_phone("2519", shared=True)),
        refusal(lambda: office.change_phone("2519", default_owner_id=bill)),
        refusal(lambda: office.change_phone("3001", owner_id=assigned)),
    }
    office.change_phone("3001", default_owner_id=bill)
    reasons.add(refusal(lambda: office.change_user("2019", hot_desk_access=False)))
    assert len(reasons) >= 8, reasons


def test_hot_desk_access_is_off_by_default() -> None:
    """R1.1."""
    assert not User(0, "2019", "Bill", 1).hot_desk_access


# R1.9


def test_disabling_a_user_ends_his_logins_at_once_in_order(office: Office) -> None:
    office.login("2019", "3001")
    office.call("3001")
    before = office.position()
    office.change_user("2019", enabled=False)
    assert story(office.events(since=before)) == [
        ("logged_out", "2019", "3001", "user_removed"),
        ("user_changed", "2019", "", ""),
    ]
    assert office.refused("2019", "3001") is Reason.USER_DISABLED


def test_deleting_a_user(office: Office) -> None:
    office.login("2019", "3001")
    before = office.position()
    office.write(lambda tx: users.delete_user(tx, "2019", ADMIN, office.now))
    assert story(office.events(since=before)) == [
        ("logged_out", "2019", "3001", "user_removed"),
        ("user_deleted", "2019", "", ""),
    ]
    assert office.occupant("3001") == ""
    assert office.refused("2019", "3001") is Reason.WRONG_CREDENTIALS


def test_losing_hot_desk_access_logs_out(office: Office) -> None:
    office.login("2019", "3001")
    office.change_user("2019", hot_desk_access=False)
    assert office.occupant("3001") == ""


def test_a_new_number_logs_out(office: Office) -> None:
    """The AoR, the caller ID and the digest change: the person logs in anew."""
    office.login("2019", "3001")
    office.change_user("2019", number="2030")
    assert office.occupant("3001") == ""


def test_a_new_name_does_not(office: Office) -> None:
    office.login("2019", "3001")
    office.change_user("2019", name="William", caller_name="Will")
    assert office.occupant("3001") == "2019"


@pytest.mark.parametrize("change", [{"enabled": False}, {"number": "3010"}])
def test_a_phone_that_is_disabled_or_renumbered_is_left(office: Office, change: dict[str, Any]) -> None:
    office.login("2019", "3001")
    before = office.position()
    office.change_phone("3001", **change)
    assert [event.kind for event in office.events(since=before)] == [Kind.LOGGED_OUT, Kind.PHONE_CHANGED]
    assert office.places("2019") == ()


def test_deleting_a_phone(office: Office) -> None:
    office.change_phone("3001", default_owner_id=user_id(office, "2020"))
    office.login("2019", "3001")
    before = office.position()
    office.write(lambda tx: phones.delete_phone(tx, "3001", ADMIN, office.now))
    assert story(office.events(since=before)) == [
        ("logged_out", "2019", "3001", "phone_removed"),
        ("phone_deleted", "", "3001", ""),
    ]


def test_a_shared_phone_that_becomes_somebodys_is_left(office: Office) -> None:
    office.user("2031", hot_desk_access=False)
    office.login("2019", "3001")
    office.change_phone("3001", shared=False, number="2531", owner_id=user_id(office, "2031"))
    assert office.places("2019") == ()
    assert office.refused("2019", "2531") is Reason.PHONE_ASSIGNED


def test_whoever_is_pointed_at_cannot_be_deleted(office: Office) -> None:
    office.user("2031", hot_desk_access=False)
    office.phone("2531", shared=False, owner_id=user_id(office, "2031"))
    office.change_phone("3001", default_owner_id=user_id(office, "2019"))

    def delete(number: str) -> Callable[[], None]:
        return lambda: office.write(lambda tx: users.delete_user(tx, number, ADMIN, office.now))

    assert "2531" in refusal(delete("2031"), InUse)
    assert "3001" in refusal(delete("2019"), InUse)
    assert "users" in refusal(
        lambda: office.write(lambda tx: rules.delete_class(tx, "standard", ADMIN, office.now)), InUse
    )


# PINs


def test_a_pin_at_entry(office: Office) -> None:
    """R1.8."""
    assert "4 digits" in refusal(lambda: office.user("2030", "123"))
    office.policy(pin=PinPolicy(refuse_weak=True))
    assert "run" in refusal(lambda: office.user("2030", "1234"))
    assert "run" in refusal(lambda: office.user("2030", "2030"))
    office.user("2030", "9406")


def test_a_pin_is_sealed(office: Office) -> None:
    sealed = office.read(lambda tx: [user.pin for user in tx.users.list()])
    assert not [pin for pin in sealed if PIN.encode() in pin]
    assert len(set(sealed)) == len(sealed), "the same PIN looks different each time"


def test_changing_ones_own_pin(office: Office) -> None:
    actor = Actor("2019", "10.0.0.1", Channel.VOICE)

    def change(old: str, new: str) -> User | Refusal:
        return office.write(lambda tx: users.change_pin(tx, "2019", old, new, actor, office.now))

    assert isinstance(change("0000", "9406"), Refusal)
    assert "4 digits" in refusal(lambda: change(PIN, "94"))
    office.login("2019", "3001")
    assert isinstance(change(PIN, "9406"), User)
    assert office.refused("2019", "3001", PIN) is Reason.WRONG_CREDENTIALS
    office.login("2019", "3001", "9406")
    (event,) = office.events(Kind.PIN_CHANGED)
    assert (event.user, event.actor, event.data) == ("2019", actor, {"by_self": True})


def test_a_new_pin_that_is_not_acceptable_does_not_undo_the_count_of_wrong_ones(office: Office) -> None:
    actor = Actor("2019", "10.0.0.1", Channel.VOICE)
    for _ in range(3):
        office.write(lambda tx: users.change_pin(tx, "2019", "0000", "1", actor, office.now))
    assert office.refused("2019", "3001") is Reason.LOCKED


# Changes


def test_only_what_may_be_changed(office: Office) -> None:
    for field in ("id", "pin", "pin_set_at", "nonsense"):
        assert "use one of" in refusal(lambda field=field: office.change_user("2019", **{field: 1}))  # type: ignore[misc]
    for field in ("id", "secret", "nonsense"):
        assert "use one of" in refusal(lambda field=field: office.change_phone("3001", **{field: 1}))  # type: ignore[misc]


def test_a_change_that_changes_nothing_is_no_event(office: Office) -> None:
    before = office.position()
    office.change_user("2019", name="User 2019")
    office.change_phone("3001", site="")
    office.standard(name="standard")
    assert office.events(since=before) == []


def test_an_event_tells_what_changed(office: Office) -> None:
    """R10.2."""
    office.change_user("2019", name="William")
    event = office.events()[-1]
    assert (event.actor, event.kind, event.data["changes"]) == (ADMIN, Kind.USER_CHANGED, {"name": "William"})


@pytest.mark.parametrize(
    "act",
    [
        lambda tx, now: users.change_user(tx, "2999", {"name": "x"}, ADMIN, now),
        lambda tx, now: users.delete_user(tx, "2999", ADMIN, now),
        lambda tx, now: users.set_pin(tx, "2999", "9406", ADMIN, now),
        lambda tx, now: users.unlock_user(tx, "2999", ADMIN, now),
        lambda tx, now: phones.change_phone(tx, "3999", {"site": "x"}, ADMIN, now),
        lambda tx, now: phones.delete_phone(tx, "3999", ADMIN, now),
        lambda tx, now: phones.set_secret(tx, "3999", "x", ADMIN, now),
        lambda tx, now: rules.delete_class(tx, "none", ADMIN, now),
        lambda tx, now: rules.delete_trusted(tx, "10.0.0.0/8", ADMIN, now),
        lambda tx, now: rules.delete_schedule(tx, 99, ADMIN, now),
    ],
)
def test_what_is_not_there(office: Office, act: Callable[[Transaction, object], None]) -> None:
    refusal(lambda: office.write(lambda tx: act(tx, office.now)), NotFound)


def test_secrets(office: Office) -> None:
    assert office.read(lambda tx: phones.secret_of(tx, "3001")) == "s3cret-word"
    office.write(lambda tx: phones.set_secret(tx, "3001", "n3w-s3cret", ADMIN, office.now))
    assert office.read(lambda tx: phones.secret_of(tx, "3001")) == "n3w-s3cret"


@pytest.mark.parametrize("cidr", ["", "10.0.0.1/8", "10.0.0.0/33", "office", "::ffff:10.0.0.0/104", "2001:db8::1/32"])
def test_wrong_networks(office: Office, cidr: str) -> None:
    refusal(lambda: office.trust(cidr))


@pytest.mark.parametrize(
    "change",
    [
        {"emergency": (EmergencyNumber("abc"),)},
        {"emergency": (EmergencyNumber("112", "sip:a,b>c"),)},
        {"apart": (("sales", ""),)},
        {"apart": (("sales:x", "y"),)},
        {"national_prefixes": ("",)},
        {"international_prefixes": ("0,0",)},
        {"main_number": "main"},
    ],
)
def test_no_part_of_the_policy_can_forge_another(office: Office, change: dict[str, Any]) -> None:
    """docs/switch-contract.md: the single entries separate by , > : and |."""
    before = office.position()
    refusal(lambda: office.policy(**change))
    assert office.position() == before


def texts(table: Any, of: type) -> list[tuple[str, int]]:
    """The columns of bounded text that an administrator fills, with their lengths."""
    names = {f.name for f in fields(of)} - {"number", "pin", "secret", "mac"}
    found = [
        (c.name, getattr(c.type, "length", None) or getattr(c.type, "impl", c.type).length)
        for c in table.columns
        if c.name in names
        and isinstance(getattr(c.type, "impl", c.type), String)
        and not hasattr(c.type, "enumeration")
    ]
    assert found
    return found


def entries(office: Office) -> list[tuple[Any, Any, Callable[[Transaction, Any], object]]]:
    return [
        (tables.person, User(0, "2040", "x", 1), lambda tx, e: users.add_user(tx, e, None, ADMIN, office.now)),
        (tables.phone, Phone(0, "3040", 1), lambda tx, e: phones.add_phone(tx, e, "s3cret-word", ADMIN, office.now)),
        (tables.service_class, ClassOfService(0, "x"), lambda tx, e: rules.add_class(tx, e, ADMIN, office.now)),
        (
            tables.trusted_network,
            TrustedNetwork(0, "10.0.0.0/8"),
            lambda tx, e: rules.add_trusted(tx, e, ADMIN, office.now),
        ),
        (tables.schedule, Schedule(0, "0 1 * * *"), lambda tx, e: rules.add_schedule(tx, e, ADMIN, office.now)),
    ]


def test_whatever_does_not_fit_the_database_is_refused_in_words(office: Office) -> None:
    """One database would cut it, the other fail: neither may happen."""
    for table, entity, add in entries(office):
        for name, length in texts(table, type(entity)):
            too_long = replace(entity, **{name: "9" * (length + 1)})
            assert name in refusal(lambda add=add, e=too_long: office.write(lambda tx: add(tx, e)))  # type: ignore[misc]
