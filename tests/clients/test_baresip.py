"""The phones themselves, calling each other directly: what is measured in other tests is measured right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients import audio
from tests.clients.account import Account
from tests.clients.baresip import Baresip
from tests.clients.waiting import NeverHappenedError

pytestmark = pytest.mark.sip


@pytest.fixture
def pair() -> Iterator[tuple[Baresip, Baresip]]:
    with Baresip("127.0.0.1", tone=440) as one, Baresip("127.0.0.2", tone=1_000) as other:
        one.use(Account("3001", "", (other.ip, other.sip_port), display='Zoë "Z" Ng'.replace('"', "")))
        other.use(Account("3002", "", (one.ip, one.sip_port)))
        yield one, other


def test_two_phones_hear_each_other_and_only_each_other(pair: tuple[Baresip, Baresip]) -> None:
    one, other = pair
    one.dial("3002")
    event = other.ringing()
    assert event.name == "Zoë Z Ng"
    other.answer()
    one.wait("CALL_ESTABLISHED")
    one.hear(1_000)
    other.hear(440)
    assert not one.hears(440)
    assert not other.hears(1_000)


def test_digits_arrive_in_order(pair: tuple[Baresip, Baresip]) -> None:
    one, other = pair
    one.dial("3002")
    other.ringing()
    other.answer()
    one.wait("CALL_ESTABLISHED")
    one.digits("20*9#")
    assert other.heard_digits(5) == "20*9#"


def test_hold_silences_and_resume_brings_sound_back(pair: tuple[Baresip, Baresip]) -> None:
    one, other = pair
    one.dial("3002")
    other.ringing()
    other.answer()
    one.hear(1_000)
    one.hold()
    one.receive_nothing()
    other.receive_nothing()
    one.resume()
    one.receive_packets()
    other.receive_packets()
    assert [message.body.count(b"a=sendonly") for message in other.received() if message.method == "INVITE"] == [
        0,
        1,
        0,
    ]


def test_a_refused_call_gives_its_reason(pair: tuple[Baresip, Baresip]) -> None:
    one, other = pair
    one.dial("3002")
    other.ringing()
    other.hang_up()
    assert one.closed().code == 486


def test_a_phone_answers_by_itself_and_tells_the_identity_it_was_shown(pair: tuple[Baresip, Baresip]) -> None:
    one, other = pair
    other.answer_by_itself(True)
    one.call("3002")
    invite = other.last_invite()
    caller = invite.address("from")
    assert caller is not None
    assert (caller.display, caller.user) == ("Zoë Z Ng", "3001")
    assert invite.header("p-asserted-identity") is None


def test_what_never_comes_fails_with_the_phones_log(pair: tuple[Baresip, Baresip]) -> None:
    one, _ = pair
    one.quiet("CALL_INCOMING", seconds=0.01)
    with pytest.raises(NeverHappenedError, match="CALL_INCOMING at phone 3001"):
        one.wait("CALL_INCOMING", seconds=0.05)


def test_mu_law_there_and_back() -> None:
    pcm = audio.tone(700, 0.5)
    again = audio.mu_law_decoded(audio.mu_law_encoded(pcm))
    assert audio.mu_law_encoded(again) == audio.mu_law_encoded(pcm)
    assert audio.share_of_tone(again, 700) > 0.99
    assert audio.share_of_tone(again, 900) < 0.01
    assert audio.place_of(audio.mu_law_encoded(pcm), b"\0\0" * 800 + again) == pytest.approx(0.1)
