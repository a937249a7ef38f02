"""Voice menus (R2.1, R2.10, R2.11, R1.8, R2.15, R3.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freeseat.domain.errors import IllegalTransition
from freeseat.domain.menus import (
    CHANGE_PIN,
    LOCATE,
    LOGIN,
    LOGOUT,
    MENUS,
    REMOTE_LOGOUT,
    SPOKEN_REASONS,
    Action,
    Answer,
    Answered,
    Ask,
    ChangePin,
    Collect,
    Conversation,
    Digits,
    Effect,
    Gone,
    HangUp,
    Key,
    Locate,
    LogIn,
    LogOut,
    Menu,
    Name,
    Occupant,
    Pause,
    Play,
    Prompt,
    RemoteLogOut,
    Say,
    Speak,
    TakePart,
    Terms,
    Typed,
    Verify,
    announcement,
    begin,
    refusal_prompt,
    step,
)
from freeseat.domain.menus.diagram import page
from freeseat.domain.menus.engine import Field
from freeseat.domain.queues import QueueVerb

Answers = Callable[[Action], Answer]


def agree(action: Action) -> Answer:
    return Answer(ok=True, user=getattr(action, "extension", "2019"))


def refuse(reason: str, *kinds: type) -> Answers:
    """Refuse those actions for that reason, and accept all others."""
    return lambda action: Answer(ok=False, reason=reason) if isinstance(action, kinds) else agree(action)


@dataclass
class Caller:
    """A caller in a menu: everything he heard, and everything that was asked for him."""

    menu: Menu
    answers: Answers = agree
    dialled: str = ""
    language: str = ""
    terms: Terms = field(default_factory=Terms)
    talk: Conversation = field(init=False)
    effects: list[Effect] = field(default_factory=list)
    pending: list[Action] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.talk, effects = begin(self.menu, self.dialled, self.language, self.terms)
        self._note(effects)
        self.settle()

    def _note(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            self.effects.append(effect)
            if isinstance(effect, Ask):
                self.pending.append(effect.action)

    def give(self, given: Key | Pause | Gone | Answered) -> None:
        self.talk, effects = step(self.talk, given)
        self._note(effects)

    def settle(self) -> None:
        """Have everything asked answered."""
        while self.pending:
            self.give(Answered(self.answers(self.pending.pop(0))))

    def type(self, keys: str) -> Caller:
        """Type slowly: every question is answered before the next key."""
        for key in keys:
            self.give(Key(key))
            self.settle()
        return self

    def type_ahead(self, keys: str) -> Caller:
        """Type at once: answers come only when all keys have been typed."""
        for key in keys:
            self.give(Key(key))
        self.settle()
        return self

    def pause(self, times: int = 1) -> Caller:
        for _ in range(times):
            self.give(Pause())
            self.settle()
        return self

    @property
    def said(self) -> list[Prompt]:
        return [prompt for effect in self.effects if isinstance(effect, Play) for prompt in effect.prompts]

    @property
    def keys_said(self) -> list[str]:
        return [prompt.key for prompt in self.said if isinstance(prompt, Say)]

    @property
    def asked(self) -> list[Action]:
        return [effect.action for effect in self.effects if isinstance(effect, Ask)]

    @property
    def end(self) -> str:
        """How the call was hung up; empty if it was not."""
        ends = [effect.reason for effect in self.effects if isinstance(effect, HangUp)]
        assert len(ends) <= 1
        assert not ends or self.talk.over
        return ends[0] if ends else ""


# --- login ---------------------------------------------------------------------------------------------------------


def test_login_asks_extension_pin_and_2_and_says_who_owns_the_phone() -> None:
    caller = Caller(LOGIN).type("2019#1234#2")
    assert caller.asked == [Verify("2019", Typed("1234")), LogIn("2019", Typed("1234"))]
    assert caller.said == [
        Say("enter_extension"),
        Say("enter_pin"),
        Say("press_2_to_take_ownership"),
        Say("extension"),
        Digits("2019"),
        Name("2019"),
        Say("now_owns_this_phone"),
        Say("goodbye"),
    ]
    assert caller.end == "normal"


def test_dialling_the_extension_with_the_code_skips_the_first_prompt() -> None:
    caller = Caller(LOGIN, dialled="2019").type("1234#2")
    assert "enter_extension" not in caller.keys_said
    assert caller.asked[-1] == LogIn("2019", Typed("1234"))


def test_an_extension_may_end_with_a_pause() -> None:
    caller = Caller(LOGIN).type("2019").pause().type("1234").pause().type("2")
    assert caller.asked[-1] == LogIn("2019", Typed("1234"))


def test_a_pin_of_full_length_needs_no_pound_and_a_late_pound_is_not_a_wrong_choice() -> None:
    terms = Terms(pin_digits=4)
    assert Caller(LOGIN, terms=terms).type("2019#12342").end == "normal"
    caller = Caller(LOGIN, terms=terms).type("2019#1234#2")
    assert caller.end == "normal"
    assert "invalid_choice" not in caller.keys_said


def test_a_blank_pin_is_for_the_policy_to_judge_but_silence_is_no_pin() -> None:
    assert Caller(LOGIN).type("2019##").asked == [Verify("2019", Typed(""))]
    assert Caller(LOGIN).type("2019#").pause().asked == []


def test_star_starts_again() -> None:
    caller = Caller(LOGIN).type("2018#*2019#1234#2")
    assert caller.asked[-1] == LogIn("2019", Typed("1234"))


def test_another_key_than_2_takes_nothing() -> None:
    caller = Caller(LOGIN).type("2019#1234#111")
    assert caller.keys_said.count("press_2_to_take_ownership") == 3
    assert [type(action) for action in caller.asked] == [Verify]
    assert caller.end == "gave_up"


def test_a_wrong_pin_is_asked_for_three_times_then_goodbye() -> None:
    caller = Caller(LOGIN, refuse("wrong_credentials", Verify)).type("2019#1#2#3#")
    assert [action for action in caller.asked if isinstance(action, Verify)] == [
        Verify("2019", Typed("1")),
        Verify("2019", Typed("2")),
        Verify("2019", Typed("3")),
    ]
    assert caller.keys_said[-1] == "goodbye"
    assert caller.end == "gave_up"


def test_wrong_extension_and_wrong_pin_sound_the_same() -> None:
    wrong_pin = Caller(LOGIN, refuse("wrong_credentials", Verify)).type("2019#1#2#3#")
    no_such_user = Caller(LOGIN, refuse("not_found", Verify)).type("9999#1#2#3#")
    assert wrong_pin.said == no_such_user.said
    assert wrong_pin.end == no_such_user.end


def test_locked_is_spoken_and_ends_the_call() -> None:
    caller = Caller(LOGIN, refuse("locked", Verify)).type("2019#1234#")
    assert caller.keys_said[-2:] == ["refused_locked", "goodbye"]
    assert caller.end == "locked"


@pytest.mark.parametrize("reason", sorted(SPOKEN_REASONS - {"wrong_credentials"}))
def test_every_refusal_of_a_login_is_spoken_by_its_own_prompt(reason: str) -> None:
    caller = Caller(LOGIN, refuse(reason, LogIn)).type("2019#1234#2")
    assert f"refused_{reason}" in caller.keys_said
    assert caller.end == reason


def test_an_unknown_refusal_is_spoken_too() -> None:
    assert refusal_prompt("moon_phase") == "not_possible"


def test_keys_typed_ahead_of_a_refusal_are_discarded() -> None:
    tries: list[Action] = []

    def wrong_then_right(action: Action) -> Answer:
        tries.append(action)
        return Answer(ok=len(tries) > 1, reason="wrong_credentials", user="2019")

    caller = Caller(LOGIN, wrong_then_right).type_ahead("2019#1111#2")
    assert caller.talk.stage == "pin"
    caller.type("1234#2")
    assert caller.end == "normal"
    assert caller.asked[-1] == LogIn("2019", Typed("1234"))


def test_the_user_language_is_spoken_once_known() -> None:
    """R3.7."""
    caller = Caller(LOGIN, lambda _action: Answer(ok=True, user="2019", language="de"), language="en")
    caller.type("2019#1234#2")
    assert [effect for effect in caller.effects if isinstance(effect, Speak)] == [Speak("de")]
    spoken = caller.effects.index(Speak("de"))
    assert caller.effects[spoken + 1] == Play((Say("press_2_to_take_ownership"),))


# --- the other menus -----------------------------------------------------------------------------------------------


def test_logout_asks_the_occupants_pin() -> None:
    caller = Caller(LOGOUT).type("1234#")
    assert caller.asked == [Occupant(), LogOut(Typed("1234"))]
    assert caller.said[-5:] == [Say("extension"), Digits("2019"), Name("2019"), Say("logged_out"), Say("goodbye")]


def test_logout_with_a_wrong_then_the_right_pin() -> None:
    caller = Caller(LOGOUT, lambda action: Answer(ok=action != LogOut(Typed("1")), reason="wrong_credentials"))
    caller.type("1#1234#")
    assert caller.keys_said[:3] == ["enter_pin", "refused_wrong_credentials", "enter_pin"]
    assert caller.end == "normal"


def test_logout_where_nobody_is_logged_in_says_so() -> None:
    caller = Caller(LOGOUT, refuse("not_logged_in", Occupant))
    assert caller.keys_said == ["refused_not_logged_in", "goodbye"]
    assert caller.end == "not_logged_in"


def test_remote_logout_speaks_its_result() -> None:
    """R2.10, R2.13."""
    caller = Caller(REMOTE_LOGOUT, dialled="2019")
    assert caller.asked == [RemoteLogOut("2019")]
    assert "logged_out" in caller.keys_said
    waits = Caller(REMOTE_LOGOUT, lambda _action: Answer(ok=True, user="2019", pending=True)).type("2019#")
    assert waits.keys_said[0] == "enter_extension"
    assert "logged_out_after_call" in waits.keys_said


@pytest.mark.parametrize("reason", ["remote_logout_not_enabled", "remote_logout_not_accepted", "not_logged_in"])
def test_a_refused_remote_logout_says_why(reason: str) -> None:
    caller = Caller(REMOTE_LOGOUT, refuse(reason, RemoteLogOut), dialled="2019")
    assert caller.keys_said == [f"refused_{reason}", "goodbye"]


@pytest.mark.parametrize("menu", [REMOTE_LOGOUT, LOCATE])
def test_a_number_nobody_has_sounds_like_one_not_logged_in(menu: Menu) -> None:
    nobody = Caller(menu, refuse("not_found", RemoteLogOut, Locate), dialled="4711")
    away = Caller(menu, refuse("not_logged_in", RemoteLogOut, Locate), dialled="4711")
    assert nobody.said == away.said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(ok=True, user="2019", phone="3001"), [Say("is_at_phone"), Digits("3001")]),
        (Answer(ok=True, user="2019", phone="2019", own_phone=True), [Say("is_at_own_phone")]),
        (Answer(ok=True, user="2019"), [Say("is_not_logged_in")]),
    ],
)
def test_locate_speaks_where_somebody_is(answer: Answer, said: list[Prompt]) -> None:
    """R2.11."""
    caller = Caller(LOCATE, lambda _action: answer, dialled="2019")
    assert caller.said == [Say("extension"), Digits("2019"), Name("2019"), *said, Say("goodbye")]


def test_the_pin_is_changed_by_the_old_one_and_the_new_one_twice() -> None:
    """R1.8."""
    caller = Caller(CHANGE_PIN).type("1234#5678#5678#")
    assert caller.asked == [Occupant(), ChangePin(Typed("1234"), Typed("5678"))]
    assert caller.keys_said[-2:] == ["pin_changed", "goodbye"]


def test_two_different_new_pins_are_asked_for_again() -> None:
    caller = Caller(CHANGE_PIN).type("1234#5678#5679#5678#5678#")
    assert "pins_differ" in caller.keys_said
    assert caller.asked[-1] == ChangePin(Typed("1234"), Typed("5678"))


def test_a_weak_new_pin_is_refused_and_asked_for_again() -> None:
    weak = ChangePin(Typed("1234"), Typed("1111"))
    caller = Caller(CHANGE_PIN, lambda action: Answer(ok=action != weak, reason="weak_pin"))
    caller.type("1234#1111#1111#5839#5839#")
    assert "refused_weak_pin" in caller.keys_said
    assert caller.asked[-1] == ChangePin(Typed("1234"), Typed("5839"))
    assert caller.end == "normal"


def test_an_announcement_plays_one_prompt_and_hangs_up() -> None:
    """R3.1."""
    caller = Caller(announcement("user_logged_out"))
    assert caller.said == [Say("user_logged_out")]
    assert caller.end == "normal"


# --- properties of all menus ---------------------------------------------------------------------------------------

menus = st.sampled_from([*MENUS.values(), announcement("busy")])
dialled = st.sampled_from(["", "2019"])
reasons = st.sampled_from(["wrong_credentials", "weak_pin", "locked", "not_found", "elsewhere", "other"])
answers = st.builds(
    Answer, ok=st.booleans(), reason=reasons, user=st.just("2019"), language=st.sampled_from(["", "de", "en"])
)
keys = st.text("0123456789*#", max_size=12)


def scripted(sequence: list[Answer]) -> Answers:
    """Give these answers one after the other, then acceptances."""
    left = iter(sequence)
    return lambda _action: next(left, Answer(ok=True, user="2019"))


def drive(caller: Caller, inputs: list[str]) -> Caller:
    """Type each text, with a pause after it where the menu waits for keys."""
    for text in inputs:
        caller.type(text)
        if caller.talk.collecting:
            caller.pause()
    return caller


@settings(deadline=None)
@given(menus, dialled, st.lists(answers, max_size=12), st.lists(keys, max_size=12))
def test_no_field_is_ever_asked_for_more_than_three_times(
    menu: Menu, number: str, sequence: list[Answer], inputs: list[str]
) -> None:
    caller = drive(Caller(menu, scripted(sequence), number), inputs)
    questions = [stage.prompt for stage in menu.stages.values() if isinstance(stage, Field)]
    assert all(caller.keys_said.count(question) <= 3 for question in questions)
    assert sum(isinstance(action, Verify | LogOut) for action in caller.asked) <= 3


@settings(deadline=None)
@given(menus, dialled, st.lists(answers, max_size=12), st.lists(keys, max_size=6))
def test_every_conversation_ends(menu: Menu, number: str, sequence: list[Answer], inputs: list[str]) -> None:
    caller = drive(Caller(menu, scripted(sequence), number), inputs)
    for _ in range(20):
        if caller.talk.over:
            break
        caller.pause()
    assert caller.end
    told = len(caller.effects)
    caller.type("123#")
    caller.give(Answered(Answer(ok=True)))
    assert len(caller.effects) == told, "a conversation that is over does nothing more"


@settings(deadline=None)
@given(menus, dialled, st.lists(answers, max_size=8), st.lists(keys, max_size=6))
def test_a_menu_that_goes_on_always_waits_for_something(
    menu: Menu, number: str, sequence: list[Answer], inputs: list[str]
) -> None:
    caller = drive(Caller(menu, scripted(sequence), number), inputs)
    assert isinstance(caller.effects[-1], HangUp if caller.talk.over else Collect)


@settings(deadline=None)
@given(st.sampled_from([LOGIN, LOGOUT, CHANGE_PIN]), st.lists(answers, max_size=6))
def test_no_pin_is_ever_spoken_or_written(menu: Menu, sequence: list[Answer]) -> None:
    caller = Caller(menu, scripted(sequence), language="en")
    seen = [repr(caller.talk)]
    for key in "2019#73557355#73557355#73557355#2":
        caller.type(key)
        seen += [repr(caller.talk), str(caller.talk), repr(Key(key)).replace("*", "")]
    seen += [repr(effect) for effect in caller.effects] + [str(caller.asked)]
    assert not any("7355" in text for text in seen)
    assert not any("7355" in prompt.number for prompt in caller.said if isinstance(prompt, Digits))
    assert caller.talk.over == (not caller.talk.slots) or not caller.talk.over


@settings(deadline=None)
@given(menus, dialled, st.text("0123456789#", max_size=40))
def test_typed_ahead_equals_slowly_typed(menu: Menu, number: str, text: str) -> None:
    """As long as nothing is refused: then a caller has to listen."""
    slow = Caller(menu, agree, number).type(text)
    fast = Caller(menu, agree, number).type_ahead(text)
    if "invalid_choice" in slow.keys_said or "nothing_entered" in slow.keys_said or "pins_differ" in slow.keys_said:
        return
    assert fast.asked == slow.asked
    assert fast.end == slow.end
    assert fast.talk.stage == slow.talk.stage
    assert fast.talk.typed == slow.talk.typed


def test_keys_no_desk_phone_has_are_ignored() -> None:
    assert Caller(LOGIN).type("A2D019#1234#2").asked[0] == Verify("2019", Typed("1234"))


def test_hanging_up_ends_everything_silently() -> None:
    caller = Caller(LOGIN).type("2019#12")
    told = len(caller.effects)
    caller.give(Gone())
    assert caller.talk.over
    assert len(caller.effects) == told
    assert not caller.talk.slots
    assert caller.talk.typed == Typed()


def test_what_cannot_happen_is_an_error_and_not_a_guess() -> None:
    talk, _effects = begin(LOGIN)
    with pytest.raises(IllegalTransition):
        step(talk, Answered(Answer(ok=True)))


@pytest.mark.parametrize("menu", MENUS.values(), ids=MENUS.keys())
def test_every_stage_leads_to_stages_that_exist(menu: Menu) -> None:
    assert menu.first in menu.stages
    for stage in menu.stages.values():
        then = getattr(stage, "then", None)
        others = [*getattr(stage, "again", {}).values(), getattr(stage, "otherwise", "")]
        assert all(name in menu.stages for name in [then, *others] if name)


def test_more_keys_than_any_menu_has_are_dropped() -> None:
    caller = Caller(LOGOUT)
    talk, _ = begin(LOGOUT)
    for _ in range(1000):
        talk, _ = step(talk, Key("1"))
    assert len(talk.ahead) == 64
    assert caller.talk.collecting


def test_the_documented_diagrams_are_those_of_the_tables() -> None:
    """To write the page anew: print `page(dict(MENUS))` of `freeseat.domain.menus.diagram` into it."""
    documented = (Path(__file__).parents[2] / "docs" / "voice-menus.md").read_text(encoding="utf-8")
    assert documented == page(dict(MENUS))


@pytest.mark.parametrize(
    ("digits", "answer", "told"),
    [
        ("811", Answer(True, queues=("811",), at_queue=True), (Say("queue"), Digits("811"), Say("queue_logged_in"))),
        ("811", Answer(True, queues=("811",)), (Say("queue"), Digits("811"), Say("queue_logged_out"))),
        ("", Answer(True, queues=("811", "812"), at_queue=True), (Say("all_your_queues"), Say("queue_logged_in"))),
        ("", Answer(False, "not_a_member"), (Say("refused_not_a_member"), Say("goodbye"))),
    ],
)
def test_a_queue_code_is_done_at_once_and_its_status_spoken(
    digits: str, answer: Answer, told: tuple[Prompt, ...]
) -> None:
    """R5.1, R5.2: no question is asked; the caller hears what he is now, or why he may not."""
    talk, effects = begin(MENUS["queue_toggle"], digits)
    assert effects == (Ask(TakePart(QueueVerb.TOGGLE, digits)),)
    _talk, effects = step(talk, Answered(answer))
    assert effects == (Play(told), HangUp("normal" if answer.ok else answer.reason))
