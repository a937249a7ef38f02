"""Accounts, invitations, passwords and tokens (R10.1, R10.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from freeseat.application.accounts.directory import change_own
from freeseat.application.accounts.invitations import open_invitations, withdraw_invitation
from freeseat.application.accounts.principal import Principal
from freeseat.application.accounts.refusal import SignInRefused
from freeseat.application.accounts.tokens import add_token
from freeseat.application.directory.users import delete_user
from freeseat.application.queues import directory as queues
from freeseat.domain.accounts import Account, ApiToken, SignInReason
from freeseat.domain.errors import Clash, InvalidValue, LastAdministrator, NotAllowed, NotFound
from freeseat.domain.events import Kind
from freeseat.domain.permissions import Permission, Role
from freeseat.domain.queues import Queue
from freeseat.domain.signing_in import SignInRules
from freeseat.domain.workplaces import Theme
from tests.application.accounts import ALMIGHTY, PASSWORD, Reception
from tests.application.office import ADMIN, Office

OTHER = "another good phrase"


@pytest.fixture
def reception(office: Office) -> Reception:
    return Reception(office)


def principal(reception: Reception, name: str, role: Role, **fields: Any) -> Principal:
    reception.add(name, role, **fields)
    return reception.here(reception.sign_in(name))


# -- the last administrator


def test_the_last_administrator_stays(reception: Reception) -> None:
    for change in ({"enabled": False}, {"role": Role.READ_ONLY}):
        with pytest.raises(LastAdministrator):
            reception.change("root", **change)
    with pytest.raises(LastAdministrator):
        reception.delete("root")
    reception.add("ghost", Role.ADMINISTRATOR, None)
    with pytest.raises(LastAdministrator):
        reception.delete("root")  # nobody can sign in as ghost
    reception.delete("ghost")
    reception.add("other", Role.ADMINISTRATOR)
    reception.delete("root")


# -- changing


def test_accounts_are_entered_changed_and_deleted_with_events(reception: Reception) -> None:
    reception.add("Sue", Role.SUPERVISOR, sites=("berlin",), email="SUE@office.example")
    assert reception.account("SUE").email == "sue@office.example"
    with pytest.raises(Clash):
        reception.add("sue", Role.AGENT)
    reception.change("sue", name="susan", sites=("berlin", "paris"))
    assert reception.change("susan").name == "susan", "nothing to do is no change"
    reception.delete("susan")
    with pytest.raises(NotFound):
        reception.account("susan")
    events = reception.office.events(Kind.ACCOUNT_ADDED, Kind.ACCOUNT_CHANGED, Kind.ACCOUNT_DELETED)[1:]
    assert [(e.kind, e.data["account"]) for e in events] == [
        (Kind.ACCOUNT_ADDED, "sue"), (Kind.ACCOUNT_CHANGED, "susan"), (Kind.ACCOUNT_DELETED, "susan"),
    ]  # fmt: skip
    assert "argon2" not in repr(events)


@pytest.mark.parametrize(
    "bad", [{"password": "x"}, {"id": 7}, {"user_id": 4711}, {"queues": ("899",)}, {"name": "no name"}]
)
def test_changes_are_checked(reception: Reception, bad: dict[str, object]) -> None:
    reception.add("sue", Role.SUPERVISOR)
    with pytest.raises(InvalidValue):
        reception.change("sue", **bad)


def test_an_account_outlives_its_person(reception: Reception) -> None:
    office = reception.office
    user = office.user("2030")
    reception.add("joe", Role.AGENT, user_id=user.id)
    assert reception.here(reception.sign_in("joe")).user_id == user.id
    office.write(lambda tx: delete_user(tx, "2030", ADMIN, office.now))
    assert reception.account("joe").user_id is None


def test_everybody_says_how_his_pages_look_and_nothing_more(reception: Reception) -> None:
    joe = principal(reception, "joe", Role.AGENT)
    office = reception.office
    office.write(lambda tx: change_own(tx, joe, {"theme": Theme.DARK, "language": "de"}, office.now))
    assert reception.account("joe").theme is Theme.DARK
    with pytest.raises(InvalidValue):
        office.write(lambda tx: change_own(tx, joe, {"role": Role.ADMINISTRATOR}, office.now))


# -- rights


def test_who_may_not_change_accounts(reception: Reception) -> None:
    for role in (Role.SUPERVISOR, Role.READ_ONLY, Role.AGENT):
        by = principal(reception, role.value, role)
        with pytest.raises(NotAllowed) as refused:
            reception.change("root", by, full_name="x")
        assert refused.value.code == "not_allowed"
        with pytest.raises(NotAllowed):
            reception.invite(Role.AGENT, by)
        with pytest.raises(NotAllowed):
            reception.give("t", Permission.CALLS_READ, by=by)


def test_nobody_hands_on_more_than_he_has(reception: Reception) -> None:
    """A program that may change accounts cannot make itself an administrator."""
    program = reception.program(reception.give("p", Permission.ACCOUNTS_WRITE, Permission.CALLS_READ))
    assert program is not None
    reception.invite(Role.AGENT, program)
    reception.give("less", Permission.CALLS_READ, by=program)
    for role in (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.READ_ONLY):
        with pytest.raises(NotAllowed):
            reception.invite(role, program)
    with pytest.raises(NotAllowed):
        reception.give("more", Permission.SETTINGS_WRITE, by=program)
    with pytest.raises(NotAllowed):
        reception.set_password("root", OTHER, program)
    with pytest.raises(NotAllowed):
        reception.invite_anew("root", program)
    bounded = reception.program(reception.give("b", Permission.ACCOUNTS_WRITE, sites=("berlin",)))
    assert bounded is not None
    with pytest.raises(NotAllowed):
        reception.give("everywhere", Permission.ACCOUNTS_WRITE, by=bounded)


def test_a_principal_may_within_his_sphere(reception: Reception) -> None:
    sue = principal(reception, "sue", Role.SUPERVISOR, sites=("berlin",))
    sue.require(Permission.DESKS_WRITE, site="berlin")
    assert sue.may(Permission.DESKS_WRITE)
    for bounds in ({"site": "paris"}, {"queue": "811"}, {"site": "berlin", "queue": "811"}):
        assert not sue.may(Permission.DESKS_WRITE, **bounds)
        with pytest.raises(NotAllowed, match="desks:write for"):
            sue.require(Permission.DESKS_WRITE, **bounds)
    with pytest.raises(NotAllowed):
        sue.require_everywhere(Permission.DESKS_WRITE)
    with pytest.raises(NotAllowed):
        sue.require(Permission.SETTINGS_READ)


def test_bounds_follow_a_queues_number(reception: Reception) -> None:
    office = reception.office
    queue = Queue(0, "800", "811", "Sales")
    office.write(lambda tx: queues.add_queue(tx, queue, ADMIN, office.now))
    reception.add("sue", Role.SUPERVISOR, queues=("800",))
    secret = reception.give("wall", Permission.QUEUES_READ, queues=("800",))
    office.write(lambda tx: queues.change_queue(tx, "800", {"number": "801"}, ADMIN, office.now))
    assert reception.account("sue").queues == ("801",)
    office.write(lambda tx: queues.delete_queue(tx, "801", ADMIN, office.now))
    program = reception.program(secret)
    assert program is not None
    assert not program.sphere.unbounded, "losing its last queue does not open everything"
    reception.change("sue", full_name="Sue")


# -- passwords


def test_changing_ones_own_password(reception: Reception) -> None:
    one, other = reception.sign_in("root"), reception.sign_in("root")
    root = reception.here(one)
    wrong = reception.change_own_password(root, "wrong", OTHER)
    assert isinstance(wrong, SignInRefused)
    with pytest.raises(InvalidValue):
        reception.change_own_password(root, PASSWORD, "short")
    assert isinstance(reception.change_own_password(root, PASSWORD, OTHER), Account)
    assert reception.who(one) is not None
    assert reception.who(other) is None, "who knows the old password may be signed in elsewhere"
    assert reception.refused("root", PASSWORD) is SignInReason.WRONG
    reception.sign_in("root", OTHER)


def test_wrong_old_passwords_count_like_failures_to_sign_in(reception: Reception) -> None:
    root = reception.here(reception.sign_in("root"))
    reasons = [reception.change_own_password(root, "wrong", OTHER) for _ in range(4)]
    assert [each.reason.value for each in reasons if isinstance(each, SignInRefused)] == [
        "wrong_credentials", "wrong_credentials", "wrong_credentials", "locked",
    ]  # fmt: skip
    assert reception.refused("root") is SignInReason.LOCKED
    assert isinstance(reception.change_own_password(root, PASSWORD, OTHER), SignInRefused)


def test_a_password_that_is_set_lifts_locks_and_ends_sign_ins(reception: Reception) -> None:
    token = reception.sign_in("root")
    for _ in range(3):
        reception.refused("root", "wrong")
    reception.set_password("root", OTHER)
    assert reception.who(token) is None
    reception.sign_in("root", OTHER)


# -- one-time links


def test_an_invitation_makes_one_account(reception: Reception) -> None:
    link = reception.invite(Role.SUPERVISOR, sites=("berlin",))
    with pytest.raises(InvalidValue):
        reception.accept(link, "sue", "short")
    with pytest.raises(Clash):
        reception.accept(link, "root")
    account = reception.accept(link, "Sue")
    assert isinstance(account, Account)
    assert (account.name, account.role, account.sites) == ("sue", Role.SUPERVISOR, ("berlin",))
    reception.sign_in("sue")
    before = reception.office.position()
    again = reception.accept(link, "joe")
    assert isinstance(again, SignInRefused)
    assert again.reason is SignInReason.BAD_LINK
    assert [e.kind for e in reception.office.events(since=before)] == [Kind.SIGN_IN_REFUSED]


def test_an_invitation_ends(reception: Reception) -> None:
    link = reception.invite(Role.AGENT)
    reception.office.later(SignInRules().invitation_seconds)
    assert isinstance(reception.accept(link, "joe"), SignInRefused)
    assert isinstance(reception.accept("x" * 43, "joe"), SignInRefused)


def test_a_link_to_a_new_password(reception: Reception) -> None:
    token = reception.sign_in("root")
    link = reception.invite_anew("root")
    with pytest.raises(InvalidValue):
        reception.accept(link, "whatever", "root root root")
    assert isinstance(reception.accept(link, "", OTHER), Account)
    assert reception.who(token) is None
    reception.sign_in("root", OTHER)
    reception.add("joe", Role.AGENT)
    link = reception.invite_anew("joe")
    reception.delete("joe")
    assert isinstance(reception.accept(link, "joe"), SignInRefused), "it goes with the account"


def test_an_invitation_is_withdrawn(reception: Reception) -> None:
    office, sue = reception.office, principal(reception, "sue", Role.SUPERVISOR)
    links = [reception.invite(Role.AGENT), reception.invite_anew("sue")]
    (first, second) = office.read(lambda tx: open_invitations(tx, office.now))
    with pytest.raises(NotAllowed):
        office.write(lambda tx: withdraw_invitation(tx, first.id, sue, office.now))
    for each in (first, second):
        office.write(lambda tx, each=each: withdraw_invitation(tx, each.id, ALMIGHTY, office.now))  # type: ignore[misc]
        with pytest.raises(NotFound):
            office.write(lambda tx, each=each: withdraw_invitation(tx, each.id, ALMIGHTY, office.now))  # type: ignore[misc]
    assert office.read(lambda tx: open_invitations(tx, office.now)) == []
    assert not [link for link in links if isinstance(reception.accept(link, "joe"), Account)]
    told = office.events(Kind.INVITATION_WITHDRAWN)
    assert [e.data["account"] for e in told] == ["", "sue"]


def test_an_agents_invitation_names_the_person(reception: Reception) -> None:
    user = reception.office.user("2030")
    account = reception.accept(reception.invite(Role.AGENT, user_id=user.id), "joe")
    assert isinstance(account, Account)
    assert account.user_id == user.id


def test_bad_invitations(reception: Reception) -> None:
    with pytest.raises(InvalidValue):
        reception.invite(Role.API_CLIENT)
    with pytest.raises(InvalidValue):
        reception.invite(Role.AGENT, queues=("811",))
    with pytest.raises(InvalidValue):
        reception.invite(Role.SUPERVISOR, queues=("899",))
    with pytest.raises(InvalidValue):
        reception.invite(Role.AGENT, user_id=4711)


def test_the_first_administrator_comes_by_a_link_and_only_the_first(office: Office) -> None:
    """No default password (R10.1). Two nodes that start together both print a link."""
    reception = Reception(office, root=False)
    (one, made), (other, _) = reception.first_run(), reception.first_run()
    assert made is not None
    assert made.role is Role.ADMINISTRATOR
    assert isinstance(reception.accept(one, "root"), Account)
    assert isinstance(reception.accept(other, "evil"), SignInRefused), "worth nothing any more"
    assert reception.first_run()[1] is None
    reception.sign_in("root")


# -- programs


def test_a_program_with_a_token(reception: Reception) -> None:
    secret = reception.give("dashboard", Permission.CALLS_READ, sites=("berlin",))
    program = reception.program(secret)
    assert program is not None
    assert (program.who, program.role, program.permissions) == (
        "token dashboard", Role.API_CLIENT, frozenset({Permission.CALLS_READ}),
    )  # fmt: skip
    assert not program.sphere.covers_site("paris")
    assert secret not in repr(reception.office.read(lambda tx: tx.tokens.list()))
    assert secret not in repr(reception.office.events())
    with pytest.raises(Clash):
        reception.give("dashboard", Permission.CALLS_READ)
    reception.revoke("dashboard")
    assert reception.program(secret) is None
    with pytest.raises(NotFound):
        reception.revoke("dashboard")
    reception.give("dashboard", Permission.CALLS_READ)


def test_a_token_ends(reception: Reception) -> None:
    secret = reception.give("short", Permission.CALLS_READ, expires_at=reception.office.now + timedelta(seconds=60))
    assert reception.program(secret) is not None
    reception.office.later(60)
    assert reception.program(secret) is None


def test_its_use_is_written_down_once_a_minute_at_most(reception: Reception) -> None:
    secret = reception.give("dashboard", Permission.CALLS_READ)
    began, used = reception.office.now, []
    for _ in range(4):
        reception.program(secret)
        last = reception.office.read(lambda tx: tx.tokens.list())[0].last_used_at
        assert last is not None
        used.append((last - began).total_seconds())
        reception.office.later(30)
    assert used == [0, 0, 60, 60]


def test_refused_tokens_are_events_but_do_not_fill_the_disk(reception: Reception) -> None:
    before = reception.office.position()
    for number in (1, 1, 1, 2):
        assert reception.program(f"fst_wrong{number}") is None
    events = reception.office.events(Kind.SIGN_IN_REFUSED, since=before)
    assert [e.data["token"] for e in events] == ["fst_wrong1", "fst_wrong2"]
    reception.program("a password in the wrong place")
    assert reception.office.events()[-1].data["token"] == ""
    for number in range(40):
        reception.program(f"fst_{number}")
    assert len(reception.office.events(Kind.SIGN_IN_REFUSED, since=before)) == 20
    assert reception.program(reception.give("good", Permission.CALLS_READ)) is not None, "nobody is locked out"


def test_a_token_that_could_be_guessed_is_refused(reception: Reception) -> None:
    office = reception.office
    wanted = ApiToken(0, "t", "", "", frozenset({Permission.CALLS_READ}))
    for secret in ("fst_" + "x" * 39, "x" * 50):
        with pytest.raises(InvalidValue):
            office.write(lambda tx, secret=secret: add_token(tx, wanted, secret, ALMIGHTY, office.now))  # type: ignore[misc]
