"""The number table's entries (docs/switch-contract.md), caller ID (R3.2), rights (R3.5, R4.8)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from itertools import chain, combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.desk_login import Method
from freeseat.domain.directory import DEFAULT_CODES, IdlePolicy, Right
from freeseat.domain.policy import EmergencyNumber, Policy
from freeseat.domain.switch_entries import (
    PhoneView,
    UserView,
    effective_rights,
    phone_entry,
    single_entries,
    user_entry,
)
from tests.domain.entities import COS, login, phone, user

REALM = "office.example"
CONTRACT = Path(__file__).parents[2] / "docs" / "switch-contract.md"
RIGHTS = [frozenset(each) for each in chain.from_iterable(combinations(Right, n) for n in range(5))]


def fields_in_contract(kind: str) -> list[str]:
    """The names of the fields of one kind of entry, as the contract numbers them."""
    part = CONTRACT.read_text("utf-8").partition(f"**{kind}**")[2].partition("\n**")[0]
    named: dict[int, str] = {}
    for line in re.findall(r"^\| (\d+ \|.*|\d+ .*) \|$", part, re.M):
        first = re.match(r"(\d+) \| (.*)", line)
        assert first, line
        text = first[2]
        named[int(first[1])] = re.split(r"[ (;:]", text.strip("`"))[0]
        for number, name in re.findall(r"(?:^|, )(\d+) ([a-z ]+)", text):
            named[int(number)] = name.strip()
    assert sorted(named) == list(range(len(named))), named
    return [named[number] for number in sorted(named)]


def phone_fields(view: PhoneView, policy: Policy | None = None) -> list[str]:
    entry = phone_entry(view, REALM, policy or Policy())
    assert entry is not None
    return entry.split("|")


def user_fields(view: UserView, policy: Policy | None = None) -> list[str]:
    entry = user_entry(view, REALM, policy or Policy())
    assert entry is not None
    return entry.split("|")


BILL = user(caller_number="030555019", caller_name="Bill B", language="de", group="sales", ring_seconds=25)
EMPTY = PhoneView(phone(location_id="LOC-7", group="lobby"), COS, "s3cret")
OCCUPIED = replace(EMPTY, person=BILL, person_class=replace(COS, rights=frozenset(Right)))
ABSENT = UserView(BILL, COS, "8305")


def test_a_phones_fields_are_those_of_the_contract() -> None:
    assert len(fields_in_contract("Phone")) == len(phone_fields(OCCUPIED)) == 12
    assert phone_fields(OCCUPIED)[3:] == [
        "2019",
        "030555019",
        "Bill B",
        "finx",
        "LOC-7",
        "sales",
        "de",
        "1",
        "1",
    ]


def test_a_users_fields_are_those_of_the_contract() -> None:
    registered = login(phone_id=None, place="2019", method=Method.REGISTER, call_id="abc@x", source="10.0.0.7")
    view = replace(ABSENT, logins=((replace(registered, location_id="NET-1"), None),))
    assert len(fields_in_contract("User")) == len(user_fields(view)) == 17
    assert user_fields(view)[3:] == [
        "2019",
        "announce:user_logged_out",
        "",
        "",
        "25",
        "030555019",
        "Bill B",
        "fi",
        "NET-1",
        "sales",
        "de",
        "abc@x",
        "10.0.0.7",
        "2019",
    ]


def test_ha1_as_an_independent_client_computes_it() -> None:
    """RFC 7616 section 3.9.1 shows both for this user, realm and password; the username is theirs, not a number."""
    entry = phone_fields(replace(EMPTY, phone=phone("3001"), secret="Circle of Life"))
    text = b"3001:office.example:Circle of Life"
    assert entry[1:3] == [hashlib.new("md5", text).hexdigest(), hashlib.new("sha256", text).hexdigest()]


def test_ha1_against_the_rfcs_own_example() -> None:
    """RFC 2617 section 3.5: response of Mufasa / Circle Of Life, from our HA1."""
    odd = replace(EMPTY, phone=replace(phone(), number="Mufasa"), secret="Circle Of Life")
    entry = phone_entry(odd, "testrealm@host.com", Policy())
    assert entry is not None
    ha1 = entry.split("|")[1]
    ha2 = hashlib.md5(b"GET:/dir/index.html").hexdigest()
    whole = f"{ha1}:dcd98b7102dd2f0e8b11d0f600bfb0c093:00000001:0a4f113b:auth:{ha2}"
    assert hashlib.md5(whole.encode()).hexdigest() == "6629fae49393a05397450978507c4ef1"


@pytest.mark.parametrize(
    "view",
    [
        replace(ABSENT, user=replace(BILL, hot_desk_access=False)),
        replace(ABSENT, pin=""),
        replace(ABSENT, assigned=("2519",)),
    ],
    ids=["no hot desk access", "no PIN", "assigned phone"],
)
def test_who_may_not_register_as_himself_has_no_ha1(view: UserView) -> None:
    """R2.2, R1.4."""
    assert user_fields(view)[1:3] == ["", ""]


def test_who_may_has_one() -> None:
    assert all(user_fields(ABSENT)[1:3])


def test_what_is_disabled_has_no_entry() -> None:
    assert phone_entry(replace(EMPTY, phone=phone(enabled=False)), REALM, Policy()) is None
    assert user_entry(replace(ABSENT, user=user(enabled=False)), REALM, Policy()) is None


def test_places_ring_all() -> None:
    """R2.8 several; R3.1."""
    assert user_fields(ABSENT)[3] == ""
    at = tuple((login(id=n, place=place), None) for n, place in enumerate(["3001", "3002", "2019", "2019"]))
    assert user_fields(replace(ABSENT, logins=at))[3] == "3001,3002,2019"
    assert user_fields(replace(ABSENT, assigned=("2519", "2520")))[3] == "2519,2520"


@given(
    st.text("0123456789", min_size=4, max_size=4),
    st.none() | st.builds(user, st.just("2019"), caller_number=st.sampled_from(["", "030555"])),
    st.sampled_from(["", "030500"]),
)
def test_a_shared_phones_own_number_is_never_shown(number: str, person: object, main: str) -> None:
    """R3.2."""
    someone = person if person is None else BILL
    fields = phone_fields(replace(EMPTY, phone=phone(number), person=someone), Policy(main_number=main))
    assert number not in fields[3:6]
    if person is None:
        assert fields[4:6] == [main, ""]


def test_caller_id_falls_back_to_number_and_name() -> None:
    plain = user()
    assert phone_fields(replace(OCCUPIED, person=plain))[4:6] == ["2019", "Bill"]
    assert user_fields(replace(ABSENT, user=plain))[8:10] == ["2019", "Bill"]


@pytest.mark.parametrize("person", [None, BILL])
def test_the_location_is_the_phones_whoever_sits_there(person: object) -> None:
    """R3.2, R4.7."""
    view = EMPTY if person is None else OCCUPIED
    assert phone_fields(view)[7] == "LOC-7"


def test_the_location_of_a_registered_person_is_the_known_phones_else_the_networks() -> None:
    registered = login(place="2019", method=Method.REGISTER, call_id="a", location_id="NET-1")
    known = replace(ABSENT, logins=((registered, phone(location_id="LOC-7")),))
    assert user_fields(known)[11] == "LOC-7"
    assert user_fields(replace(ABSENT, logins=((registered, None),)))[11] == "NET-1"


@pytest.mark.parametrize(
    ("view", "policy", "plain"),
    [
        (OCCUPIED, Policy(), "1"),
        (OCCUPIED, Policy(apart=(("guests", "traders"),)), "1"),
        (OCCUPIED, Policy(apart=(("guests", "sales"),)), ""),
        (OCCUPIED, Policy(apart=(("sales", "sales"),)), ""),
        (replace(OCCUPIED, person_class=replace(COS, rights=frozenset(Right) - {Right.INTERNAL})), Policy(), ""),
        (replace(EMPTY, phone=replace(EMPTY.phone, idle_policy=IdlePolicy.INTERNAL)), Policy(main_number="200"), "1"),
        (replace(EMPTY, phone=replace(EMPTY.phone, idle_policy=IdlePolicy.INTERNAL)), Policy(), ""),
        (EMPTY, Policy(main_number="200"), ""),
    ],
)
def test_a_phone_is_plain_where_nothing_is_left_to_be_judged(view: PhoneView, policy: Policy, plain: str) -> None:
    """R3.2, R3.5, R4.6: with a number to show and the right to call people, kept from nobody."""
    assert phone_fields(view, policy)[11] == plain


@pytest.mark.parametrize(
    ("places", "policy", "plain"),
    [
        (("3001",), Policy(), "3001"),
        ((), Policy(), ""),
        (("3001", "3002"), Policy(), ""),
        (("tel:0170123",), Policy(), ""),
        (("3001",), Policy(emergency=(EmergencyNumber("2019"),)), ""),
    ],
)
def test_a_user_is_plain_at_one_phone(places: tuple[str, ...], policy: Policy, plain: str) -> None:
    """R3.1: what is not so simple, emergency numbers before all (R4.7), is not decided beforehand."""
    logins = tuple((login(place=place), phone()) for place in places)
    assert user_fields(replace(ABSENT, logins=logins), policy)[16] == plain


def test_only_a_registration_is_a_grant() -> None:
    assert user_fields(replace(ABSENT, logins=((login(call_id="x", source="10.0.0.7"), phone()),)))[14:16] == ["", ""]


@pytest.mark.parametrize("idle", IdlePolicy)
@pytest.mark.parametrize("own", RIGHTS)
def test_an_empty_shared_phone_may_what_its_class_and_the_idle_policy_both_allow(
    idle: IdlePolicy, own: frozenset[Right]
) -> None:
    """R4.8: feature codes only (default), internal calls, or all."""
    allowed = {
        IdlePolicy.FEATURES: {Right.FEATURES},
        IdlePolicy.INTERNAL: {Right.FEATURES, Right.INTERNAL},
        IdlePolicy.ALL: set(Right),
    }[idle]
    assert effective_rights(phone(idle_policy=idle), replace(COS, rights=own), None) == own & allowed


@given(st.sampled_from(RIGHTS), st.sampled_from(RIGHTS), st.sampled_from(IdlePolicy), st.booleans())
def test_the_occupants_rights_apply_while_logged_in(
    own: frozenset[Right], persons: frozenset[Right], idle: IdlePolicy, shared: bool
) -> None:
    """R3.5."""
    at = phone(shared=shared, idle_policy=idle)
    assert effective_rights(at, replace(COS, rights=own), replace(COS, rights=persons)) == persons
    if not shared:
        assert effective_rights(at, replace(COS, rights=own), None) == own


def test_idle_policy_is_features_by_default() -> None:
    assert phone().idle_policy is IdlePolicy.FEATURES
    assert phone_fields(EMPTY)[6] == "f"


nasty = st.text(st.sampled_from('|"\\,\r\n\x00<>;:aé漢'), max_size=12) | st.text(max_size=12)


@given(nasty, nasty, nasty)
def test_no_name_can_forge_a_field(name: str, location: str, group: str) -> None:
    person = replace(BILL, name=name, caller_name=name, caller_number="", group=group)
    plain = phone_fields(replace(OCCUPIED, person=BILL))
    forged = phone_fields(replace(OCCUPIED, person=person, phone=phone(location_id=location)))
    assert len(forged) == len(plain)
    assert [forged[n] for n in (0, 1, 2, 3, 6, 10)] == [plain[n] for n in (0, 1, 2, 3, 6, 10)]
    mine = user_fields(replace(ABSENT, user=person))
    assert len(mine) == 17
    assert [mine[n] for n in (0, 1, 2, 3, 14, 15)] == [user_fields(ABSENT)[n] for n in (0, 1, 2, 3, 14, 15)]
    for each in (*forged, *mine):
        assert not set(each) & set('"\\\r\n\x00'), "nothing that could leave a SIP header's quotes"


def test_single_entries() -> None:
    policy = Policy(
        emergency=(EmergencyNumber("112", "sip:112@trunk.example"), EmergencyNumber("911")),
        apart=(("sales", "traders"), ("guests", "guests")),
    )
    assert single_entries(policy, DEFAULT_CODES) == {
        "codes": "*45=login,*46=logout,*33=remote_logout,*34=locate,*47=change_pin",
        "emergency": "112>sip:112@trunk.example,911>",
        "apart": "sales:traders,guests:guests",
        "national": "0",
        "international": "00,+",
    }
