"""Whether somebody may log in, and who has to leave for it (R1.4, R2.7, R2.8, R2.9)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.desk_login import DeskLogin, EndReason, Method
from freeseat.domain.directory import Elsewhere
from freeseat.domain.policy import Denied, Granted, LoginFacts, decide_login
from freeseat.domain.reasons import Reason
from tests.domain.entities import COS, login, phone, user

BILL, ANN = 2019, 2020
FACTS = LoginFacts(
    user=user(),
    user_class=COS,
    owns_phone=False,
    phone=phone(),
    phone_class=COS,
    at_phone=None,
    of_user=(),
    method=Method.MENU,
)


def granted(facts: LoginFacts) -> Granted:
    decision = decide_login(facts)
    assert isinstance(decision, Granted), decision
    return decision


def denied(facts: LoginFacts) -> Reason:
    decision = decide_login(facts)
    assert isinstance(decision, Denied), decision
    return decision.reason


def under(elsewhere: Elsewhere, facts: LoginFacts = FACTS) -> LoginFacts:
    return replace(facts, user_class=replace(COS, elsewhere=elsewhere))


def test_a_hot_desk_user_may_log_in_at_an_empty_shared_phone() -> None:
    assert granted(FACTS) == Granted((), exclusive=True)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (replace(FACTS, user=user(enabled=False)), Reason.USER_DISABLED),
        (replace(FACTS, user=user(hot_desk_access=False)), Reason.NO_HOT_DESK_ACCESS),
        (replace(FACTS, user=user(hot_desk_access=False), owns_phone=True), Reason.USER_ASSIGNED),
        (replace(FACTS, owns_phone=True), Reason.USER_ASSIGNED),
        (replace(FACTS, phone=None, phone_class=None), Reason.PHONE_UNKNOWN),
        (replace(FACTS, phone=phone(enabled=False)), Reason.PHONE_DISABLED),
        (replace(FACTS, phone=phone(shared=False, owner_id=ANN)), Reason.PHONE_ASSIGNED),
        (replace(FACTS, phone_class=replace(COS, hot_desk_login_accept=False)), Reason.PHONE_REFUSES),
        (replace(FACTS, phone_class=None), Reason.PHONE_REFUSES),
    ],
)
def test_every_violation_has_a_reason_of_its_own(facts: LoginFacts, reason: Reason) -> None:
    """R1.4, R2.9."""
    assert denied(facts) is reason


@pytest.mark.parametrize("method", Method)
def test_only_who_registers_as_himself_or_is_outside_may_be_at_no_known_phone(method: Method) -> None:
    facts = replace(FACTS, phone=None, phone_class=None, method=method, call_id="a")
    if method in (Method.REGISTER, Method.EXTERNAL):
        assert granted(facts).ends == ()
    else:
        assert denied(facts) is Reason.PHONE_UNKNOWN


def test_takeover_ends_the_other_login() -> None:
    """R2.7: it needs only the newcomer's PIN."""
    other = login(ANN)
    assert granted(replace(FACTS, at_phone=other)).ends == ((other, EndReason.TAKEN_OVER),)


def test_the_bits_of_the_person_who_leaves_do_not_matter_at_a_takeover() -> None:
    """R2.9: remote logout accept and enabled are for remote logout only."""
    cos = replace(COS, remote_logout_accept=False, remote_logout_enabled=False)
    other = login(ANN)
    assert granted(replace(FACTS, user_class=cos, phone_class=cos, at_phone=other)).ends


def test_move() -> None:
    """R2.8: the old login ends."""
    there = login(phone_id=3002)
    assert granted(replace(under(Elsewhere.MOVE), of_user=(there,))).ends == ((there, EndReason.MOVED),)


def test_move_and_takeover_at_once() -> None:
    there, other = login(phone_id=3002), login(ANN, id=2)
    decision = granted(replace(under(Elsewhere.MOVE), of_user=(there,), at_phone=other))
    assert set(decision.ends) == {(there, EndReason.MOVED), (other, EndReason.TAKEN_OVER)}


def test_deny_says_where() -> None:
    there = login(phone_id=3002)
    decision = decide_login(replace(under(Elsewhere.DENY), of_user=(there,)))
    assert decision == Denied(Reason.ELSEWHERE, there)


def test_deny_does_not_concern_the_phone_where_he_is_already() -> None:
    here = login()
    decision = granted(replace(under(Elsewhere.DENY), of_user=(here,), at_phone=here))
    assert (decision.already, decision.ends) == (here, ())


def test_several() -> None:
    there = login(phone_id=3002, exclusive=False)
    decision = granted(replace(under(Elsewhere.SEVERAL), of_user=(there,)))
    assert decision == Granted((), exclusive=False)


def test_logging_in_again_goes_on() -> None:
    here = login()
    assert granted(replace(FACTS, of_user=(here,), at_phone=here)).already == here


def test_another_method_at_the_same_phone_is_a_new_login() -> None:
    here = login(method=Method.WEB)
    decision = granted(replace(FACTS, of_user=(here,), at_phone=here))
    assert (decision.already, decision.ends) == (None, ((here, EndReason.MOVED),))


def test_a_registration_is_the_same_only_with_its_call_id() -> None:
    """R2.2: at a device that is no known phone."""
    facts = replace(FACTS, phone=None, phone_class=None, method=Method.REGISTER, call_id="a")
    here = login(phone_id=None, method=Method.REGISTER, call_id="a")
    assert granted(replace(facts, of_user=(here,))).already == here
    other = replace(here, call_id="b")
    assert granted(replace(facts, of_user=(other,))).ends == ((other, EndReason.MOVED),)


@pytest.mark.parametrize("was", [True, False])
@pytest.mark.parametrize("elsewhere", Elsewhere)
def test_a_changed_policy_takes_hold_at_the_next_login(was: bool, elsewhere: Elsewhere) -> None:
    here = login(exclusive=was)
    decision = granted(replace(under(elsewhere), of_user=(here,), at_phone=here))
    assert decision.exclusive is (elsewhere is not Elsewhere.SEVERAL)
    assert (decision.already is here) is (was == decision.exclusive)


def desk_logins(user_id: int) -> st.SearchStrategy[DeskLogin]:
    return st.builds(
        login,
        st.just(user_id),
        st.sampled_from([3001, 3002, 3003, None]),
        method=st.sampled_from([Method.MENU, Method.WEB, Method.REGISTER]),
        exclusive=st.booleans(),
        call_id=st.sampled_from(["", "a", "b"]),
    )


@st.composite
def situations(draw: st.DrawFn) -> LoginFacts:
    """Whatever an office may look like when somebody proved a PIN; one open login a phone, as the database holds."""
    bits = st.booleans()
    device = draw(st.sampled_from([phone(), phone(enabled=False), phone(shared=False), None]))
    of_user = draw(st.lists(desk_logins(BILL), max_size=3, unique_by=lambda each: each.phone_id or object()))
    of_user = [replace(each, id=number) for number, each in enumerate(of_user, 10)]
    here = next((each for each in of_user if device and each.phone_id == device.id), None)
    at_phone = here or (draw(st.none() | desk_logins(ANN).map(lambda each: replace(each, phone_id=3001))))
    return LoginFacts(
        user=user(enabled=draw(bits), hot_desk_access=draw(bits)),
        user_class=replace(COS, elsewhere=draw(st.sampled_from(Elsewhere))),
        owns_phone=draw(bits),
        phone=device,
        phone_class=replace(COS, hot_desk_login_accept=draw(bits)) if device else None,
        at_phone=at_phone if device else None,
        of_user=tuple(of_user),
        method=draw(st.sampled_from(Method)),
        call_id=draw(st.sampled_from(["", "a", "b"])),
    )


@given(situations())
def test_whatever_the_situation_the_invariants_hold(facts: LoginFacts) -> None:
    decision = decide_login(facts)
    if isinstance(decision, Denied):
        assert decision.reason.proved, "the PIN was proved before: the person may be told why"
        assert (decision.elsewhere is not None) is (decision.reason is Reason.ELSEWHERE)
        return
    assert facts.user.enabled
    assert facts.user.hot_desk_access
    assert not facts.owns_phone
    ended = [each for each, _ in decision.ends]
    stays = [each for each in (*facts.of_user, facts.at_phone) if each is not None and each not in ended]
    if facts.phone is not None:
        assert facts.phone.shared
        assert facts.phone.enabled
        assert all(each == decision.already for each in stays if each.phone_id == facts.phone.id), "one login a phone"
    policy = facts.user_class.elsewhere
    if policy is not Elsewhere.SEVERAL:
        assert all(each == decision.already for each in stays if each.user_id == BILL), "one phone a user"
    assert decision.exclusive is (policy is not Elsewhere.SEVERAL)
    assert len(ended) == len(set(ended)), "nothing is ended twice"
    assert decision.already not in ended
    for each, why in decision.ends:
        assert why is (EndReason.MOVED if each.user_id == BILL else EndReason.TAKEN_OVER)
