"""(e) Registering as oneself (R2.2), and wrong PINs counted across all channels (R2.15).

127.1.0.0/16 is trusted here where a test says so; 127.2.0.0/16 never is.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from freeseat.domain.events import Kind
from freeseat.domain.pin import LockoutPolicy
from freeseat.domain.policy import Policy
from tests.acceptance.office import PIN, Office, hear_each_other, secret_of, shown
from tests.clients.account import Answer
from tests.clients.raw import CallRefusedError
from tests.clients.sip import Challenge, Message
from tests.clients.waiting import until

pytestmark = pytest.mark.sip

TRUSTED, INSIDE, ALSO_INSIDE, OUTSIDE = "127.1.0.0/16", "127.1.0.5", "127.1.0.6", "127.2.0.5"


def shape(answer: Message) -> tuple[str, list[tuple[str, str]]]:
    """An answer without what differs by nature: tags, branches, identifiers, the caller's own number."""
    same = {"via", "from", "to", "call-id", "cseq"}
    return answer.start, [(name, "" if name in same else value) for name, value in answer.headers]


def test_from_a_trusted_network_calls_and_caller_id_follow(office: Office) -> None:
    office.user("2019", name="Bill")
    office.user("2001", hot_desk_access=False)
    office.phone("4001", owner="2001")
    office.trust(TRUSTED, description="second floor")
    ann = office.desk("4001", tone=1_000)
    desk = office.bare_desk(ip=INSIDE, tone=440)
    assert desk.register(office.node.account("2019", PIN, expires=3_600)) == Answer(200, "OK")
    granted = [message for message in desk.received() if message.method == "REGISTER" and message.code == 200][-1]
    assert "expires=500" in granted.require("contact"), "R2.2: at most 600 seconds, 500 by default"
    assert office.where() == {"2019": "2019"}
    assert office.await_event(Kind.LOGGED_IN, user="2019").actor.source == INSIDE

    ann.dial("2019")
    desk.ringing()
    desk.answer()
    hear_each_other(desk, ann)
    desk.hang_up()
    ann.closed()
    desk.dial("2001")
    ann.ringing()
    assert shown(ann.last_invite()) == ("Bill", "2019")
    desk.hang_up()

    desk.unregister()
    assert office.where() == {}, "unregistering logs out"
    assert office.await_event(Kind.LOGGED_OUT, user="2019").data["reason"] == "logout"


def test_an_empty_list_admits_nobody(office: Office) -> None:
    office.user("2019")
    desk = office.bare_desk(ip=INSIDE)
    assert desk.register(office.node.account("2019", PIN)) == Answer(403, "Forbidden")
    assert office.reasons("2019") == ["untrusted_network"]
    assert '"reason": "untrusted_network"' in office.node.log_text()


def test_from_an_untrusted_network(office: Office) -> None:
    office.user("2019")
    office.trust(TRUSTED)
    assert office.raw("2019", PIN, ip=OUTSIDE).register().code == 403
    assert office.reasons("2019") == ["untrusted_network"]
    assert office.where() == {}


def test_ipv6(office: Office) -> None:
    office.user("2019")
    phone = office.raw("2019", PIN, ip="::1")
    assert phone.register().code == 403
    office.trust("::/64")
    assert phone.register(call_id="another").code == 200
    assert office.where() == {"2019": "2019"}


def test_without_a_password(office: Office) -> None:
    """Both are mandatory: no credentials are challenged, an empty password is refused, and so is who has no PIN."""
    office.user("2019")
    office.user("2020", pin=None)
    office.trust(TRUSTED)
    phone = office.raw("2019", PIN, ip=INSIDE)
    assert phone.ask(phone.register_request()).code == 401
    assert phone.register("").code == 403
    assert office.raw("2020", "", ip=INSIDE).register().code == 403
    assert office.where() == {}
    assert office.bindings("2019") == []


def test_without_hot_desk_access(office: Office) -> None:
    """R1.1: the flag is off by default. Such a user cannot prove anything by registering; only the log says why."""
    office.user("2019", hot_desk_access=False)
    office.trust(TRUSTED)
    answer = office.raw("2019", PIN, ip=INSIDE).register()
    assert (answer.code, answer.reason) == (403, "Forbidden")
    assert office.where() == {}
    office.await_event(Kind.LOGIN_REFUSED, user="2019", detail="the user has no hot desk access")
    assert '"detail": "the user has no hot desk access"' in office.node.log_text()


def test_a_wrong_pin_up_to_the_lockout_which_the_voice_menu_knows_too(office: Office) -> None:
    office.user("2019")
    office.user("2020")
    office.phone("3001")
    office.trust(TRUSTED)
    phone = office.raw("2019", PIN, ip=INSIDE)
    wrong = [shape(phone.register("0000")) for _ in range(3)]
    assert wrong[0] == wrong[1] == wrong[2]
    assert office.await_event(Kind.PIN_LOCKED, user="2019").actor.source == INSIDE
    assert shape(phone.register(PIN)) == wrong[0], "locked: the right PIN is answered like a wrong one"
    assert office.reasons("2019") == ["wrong_credentials"] * 3 + ["locked"]
    assert '"reason": "locked"' in office.node.log_text()

    office.menu(office.raw_desk("3001", ip=INSIDE), "*452019", f"{PIN}#", "refused_locked")
    assert office.raw("2020", PIN, ip=INSIDE).register().code == 200, "nobody else is locked out"
    assert office.raw("2019", PIN, ip=ALSO_INSIDE).register().code == 200, "nor is he, from another source"


def test_wrong_pins_at_the_voice_menu_lock_registering_too(office: Office) -> None:
    office.user("2019")
    office.phone("3001")
    office.trust(TRUSTED)
    desk = office.raw_desk("3001", ip=INSIDE)
    call = desk.call("*452019")
    ear = office.ear_of(call)
    for pin in ("0000#", "1111#", "2222#"):
        call.digits(pin)
        ear.hear("refused_wrong_credentials")
    assert office.raw("2019", PIN, ip=INSIDE).register().code == 403
    assert office.reasons("2019") == ["wrong_credentials"] * 3 + ["locked"]


def test_a_lock_ends_by_itself(office: Office) -> None:
    office.policy(replace(Policy(), lockout=LockoutPolicy(lock_seconds=1)))
    office.user("2019")
    office.trust(TRUSTED)
    phone = office.raw("2019", PIN, ip=INSIDE)
    for _ in range(3):
        phone.register("0000")
    assert phone.register().code == 403
    until(lambda: phone.register().code == 200, "the lock is over", interval=0.2)


def test_retransmissions_and_repeated_responses_count_once(office: Office) -> None:
    office.user("2019")
    office.trust(TRUSTED)
    phone = office.raw("2019", PIN, ip=INSIDE)
    wrong = phone.credentials(phone.challenge(), "0000")
    request = phone.register_request(wrong)
    assert [phone.ask(request).code for _ in range(3)] == [403, 403, 403], "the very same message"
    assert [phone.ask(phone.register_request(wrong)).code for _ in range(3)] == [403, 403, 403], "the same response"
    assert not office.events(Kind.PIN_LOCKED)
    assert phone.register().code == 200


def test_stale_and_foreign_nonces_are_challenged_anew_and_not_counted(office: Office) -> None:
    office.user("2019")
    office.trust(TRUSTED)
    phone = office.raw("2019", PIN, ip=INSIDE)
    fresh = phone.challenge()
    for number in range(4):
        stale = replace(fresh, nonce=f"{number}{fresh.nonce[1:]}")
        answer = phone.ask(phone.register_request(phone.credentials(stale, "0000")))
        assert answer.code == 401
        assert Challenge.parse(answer.require("www-authenticate")).stale
    assert office.reasons("2019") == []
    assert phone.register().code == 200


def test_who_has_not_proved_the_pin_sees_one_shape_of_answer(office: Office) -> None:
    """Unknown user, wrong PIN, locked, untrusted network, no access: all alike, and alike challenged."""
    office.user("2019")
    office.user("2020", hot_desk_access=False)
    office.trust(TRUSTED)
    asked = [
        office.raw("2019", "0000", ip=INSIDE),
        office.raw("2999", "0000", ip=INSIDE),
        office.raw("2020", "0000", ip=INSIDE),
        office.raw("2019", "0000", ip=OUTSIDE),
        office.raw("2019", PIN, ip=OUTSIDE),
    ]
    challenges = {re.sub('nonce="[^"]*"', "", str(shape(phone.ask(phone.register_request())))) for phone in asked}
    assert len(challenges) == 1
    assert len({str(shape(phone.register())) for phone in asked}) == 1
    for _ in range(3):
        asked[1].register()
    assert office.events(Kind.PIN_LOCKED, user="2999"), "an unknown extension is locked like a known one"


def test_an_invite_is_no_second_way_to_try_pins(office: Office) -> None:
    office.user("2019")
    office.user("2001", hot_desk_access=False)
    office.trust(TRUSTED)
    caller = office.raw("2019", PIN, ip=INSIDE)
    with pytest.raises(CallRefusedError, match="403"):
        caller.call("2001")
    assert office.calls() == []


def test_a_refresh_goes_on_and_a_second_registration_takes_the_login_along(office: Office) -> None:
    """R2.8 *move*: the first device is rung no more, and its next refresh does not bring it back."""
    office.user("2019")
    office.trust(TRUSTED)
    first, second = office.raw("2019", PIN, ip=INSIDE), office.raw("2019", PIN, ip=ALSO_INSIDE)
    assert [first.register().code for _ in range(2)] == [200, 200]
    assert len(office.events(Kind.LOGGED_IN, user="2019")) == 1
    assert second.register().code == 200
    until(lambda: [each.source for each in office.bindings("2019")] == [ALSO_INSIDE], "only the second is bound")
    answer = first.register()
    assert (answer.code, answer.reason) == (403, "this registration's login has ended; log in anew")
    assert office.await_event(Kind.LOGGED_OUT, user="2019").data["reason"] == "moved"
    assert [each.source for each in office.bindings("2019")] == [ALSO_INSIDE]


def test_trusting_a_network_no_longer_is_felt_at_the_next_register(office: Office) -> None:
    office.user("2019")
    office.trust(TRUSTED)
    phone = office.raw("2019", PIN, ip=INSIDE)
    assert phone.register().code == 200
    office.distrust(TRUSTED)
    assert phone.register().code == 403


def test_a_phone_with_its_secret_needs_no_trusted_network(office: Office) -> None:
    """What is trusted or not is people; a phone proves itself by its secret, from anywhere, as often as it likes."""
    office.phone("3001")
    phone = office.raw("3001", ip=OUTSIDE)
    assert [phone.register(call_id=f"boot-{count}").code for count in range(3)] == [200] * 3
    assert phone.register("wrong", call_id="thief").code == 403
    assert phone.register(secret_of("3001")).code == 200


def test_a_real_phone_with_a_wrong_pin_gives_up(office: Office) -> None:
    office.user("2019")
    office.trust(TRUSTED)
    desk = office.bare_desk(ip=INSIDE)
    assert desk.register(office.node.account("2019", "0000")) == Answer(403, "Forbidden")
    assert len(office.events(Kind.LOGIN_REFUSED, user="2019")) == 1
