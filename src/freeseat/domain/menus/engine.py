"""The engine of voice menus: a menu is a table of stages, a conversation is a value, `step` is the only transition.

No input or output, no clock: keys, pauses and answers come in, effects go out. All keys may come at any time; those
that nobody is waiting for yet are kept (typed ahead) until the next field takes them or a refusal discards them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from freeseat.domain.errors import IllegalTransition
from freeseat.domain.menus.words import (
    KEYS,
    Action,
    Answer,
    Answered,
    Ask,
    Collect,
    Effect,
    Gone,
    HangUp,
    Input,
    Key,
    Pause,
    Play,
    Prompt,
    Say,
    Speak,
    Typed,
)
from freeseat.domain.reasons import Reason

TERMINATOR = "#"
START_AGAIN = "*"
SPOKEN_REASONS = frozenset(reason.value for reason in Reason) | {"weak_pin", "unavailable"}
"""Refusals that have a prompt of their own."""
END = "end"
"""Name of the stage in which a conversation is over."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Numbers an administrator may change: tries per field, longest fields in digits, waits in seconds."""

    tries: int = 3
    extension_digits: int = 20
    pin_digits: int = 8
    first_wait: float = 8.0
    next_wait: float = 4.0


@dataclass(frozen=True, slots=True)
class Field:
    """Collects the digits of one slot, then goes on to `then`.

    `length` gives the most digits it takes. `choices` limits it to single keys. `equals` names a slot it must repeat;
    if it doesn't, the conversation goes back to the field `otherwise`.
    """

    slot: str
    prompt: str
    then: str
    length: Callable[[Terms], int]
    blank: bool = False
    choices: str = ""
    equals: str = ""
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Asks for an action; a refusal whose reason is in `again` leads back to that field, any other ends the call.

    `heard_as` maps reasons onto the one the caller is told, where telling them apart would tell too much.
    """

    action: Callable[[Mapping[str, Typed]], Action]
    then: str
    again: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    heard_as: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Tell:
    """Plays what an answer came to, then ends the call."""

    prompts: Callable[[Answer, Mapping[str, Typed]], tuple[Prompt, ...]]
    goodbye: bool = True


Stage = Field | Act | Tell


@dataclass(frozen=True, slots=True)
class Menu:
    """A voice menu: stages by name, and the slot that digits dialled after the feature code fill beforehand."""

    name: str
    first: str
    stages: Mapping[str, Stage]
    dialled: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where one caller is in one menu."""

    menu: Menu
    terms: Terms
    stage: str
    slots: Mapping[str, Typed]
    tries: Mapping[str, int]
    typed: Typed
    ahead: Typed
    language: str
    answer: Answer
    after_full: bool = False

    @property
    def over(self) -> bool:
        """Whether the conversation has ended."""
        return self.stage == END

    @property
    def collecting(self) -> bool:
        """Whether a field is waiting for a key, so that a key cuts the prompts short."""
        return not self.over and isinstance(self.menu.stages[self.stage], Field)


Step = tuple[Conversation, tuple[Effect, ...]]


def begin(menu: Menu, dialled: str = "", language: str = "", terms: Terms | None = None) -> Step:
    """Start a menu for digits dialled after the code (`*452019`: 2019) and a language; gives the first effects."""
    dialled = dialled.partition(TERMINATOR)[0]
    talk = Conversation(
        menu=menu,
        terms=terms or Terms(),
        stage=menu.first,
        slots=MappingProxyType({menu.dialled: Typed(dialled)} if menu.dialled and dialled else {}),
        tries=MappingProxyType({}),
        typed=Typed(),
        ahead=Typed(),
        language=language,
        answer=Answer(ok=True),
    )
    return _enter(talk, menu.first, ())


def step(talk: Conversation, given: Input) -> Step:
    """Take one input; gives the conversation afterwards and what to do, in order. Raises IllegalTransition."""
    if isinstance(given, Gone):
        return replace(talk, stage=END, ahead=Typed(), typed=Typed(), slots=MappingProxyType({})), ()
    kind = "over" if talk.over else type(talk.menu.stages[talk.stage]).__name__
    transition = _TRANSITIONS.get((kind, type(given)))
    if transition is None:
        raise IllegalTransition(f"{talk.menu.name}.{talk.stage}", type(given).__name__)
    return transition(talk, given)


def _enter(talk: Conversation, name: str, effects: tuple[Effect, ...]) -> Step:
    """Go to a stage and do what entering it means."""
    if name not in talk.menu.stages:
        raise IllegalTransition(f"{talk.menu.name}.{talk.stage}", name)
    stage = talk.menu.stages[name]
    talk = replace(talk, stage=name, typed=Typed())
    if isinstance(stage, Field):
        return _enter_field(talk, stage, effects)
    if isinstance(stage, Act):
        return talk, (*effects, Ask(stage.action(talk.slots)))
    prompts = stage.prompts(talk.answer, talk.slots) + ((Say("goodbye"),) if stage.goodbye else ())
    return _over(talk), (*effects, Play(prompts), HangUp("normal"))


def _enter_field(talk: Conversation, stage: Field, effects: tuple[Effect, ...]) -> Step:
    if stage.slot == talk.menu.dialled and stage.slot in talk.slots and not talk.tries.get(stage.slot):
        talk = replace(talk, tries=_counted(talk.tries, stage.slot))
        return _enter(talk, stage.then, effects)
    if talk.tries.get(stage.slot, 0) >= talk.terms.tries:
        return _over(talk), (*effects, Play((Say("goodbye"),)), HangUp("gave_up"))
    talk = replace(talk, tries=_counted(talk.tries, stage.slot))
    if talk.ahead:
        return _take(talk, effects)
    return talk, (*effects, Play((Say(stage.prompt),)), _collect(talk, talk.terms.first_wait))


def _counted(tries: Mapping[str, int], slot: str) -> Mapping[str, int]:
    return MappingProxyType({**tries, slot: tries.get(slot, 0) + 1})


def _take(talk: Conversation, effects: tuple[Effect, ...]) -> Step:
    """Let the current field take keys typed ahead, one by one, until it is full or they are used up."""
    while talk.ahead:
        key, talk = talk.ahead.reveal()[0], replace(talk, ahead=talk.ahead.after_first())
        swallow = talk.after_full and key == TERMINATOR
        talk = replace(talk, after_full=False)
        if swallow:
            continue
        stage = _field(talk)
        if key == START_AGAIN:
            return _enter(talk, talk.menu.first, effects)
        if key == TERMINATOR:
            return _filled(talk, stage, effects)
        talk = replace(talk, typed=talk.typed.plus(key))
        if len(talk.typed) >= _length(talk, stage):
            return _filled(replace(talk, after_full=True), stage, effects)
    wait = talk.terms.next_wait if talk.typed else talk.terms.first_wait
    return talk, (*effects, _collect(talk, wait))


def _filled(talk: Conversation, stage: Field, effects: tuple[Effect, ...]) -> Step:
    """The field has ended: check what it holds and go on, or try again."""
    if stage.choices and talk.typed.reveal() not in tuple(stage.choices):
        return _again(talk, talk.stage, "invalid_choice", effects)
    if not talk.typed and not stage.blank:
        return _again(talk, talk.stage, "nothing_entered", effects)
    if stage.equals and talk.typed != talk.slots[stage.equals]:
        return _again(talk, stage.otherwise, "pins_differ", effects)
    talk = replace(talk, slots=MappingProxyType({**talk.slots, stage.slot: talk.typed}))
    return _enter(talk, stage.then, effects)


def _again(talk: Conversation, name: str, why: str, effects: tuple[Effect, ...]) -> Step:
    """Say why and go back to a field; keys typed ahead were meant for what would have followed, so they go."""
    return _enter(replace(talk, ahead=Typed()), name, (*effects, Play((Say(why),))))


def _over(talk: Conversation) -> Conversation:
    return replace(talk, stage=END, typed=Typed(), ahead=Typed(), slots=MappingProxyType({}))


def _collect(talk: Conversation, wait: float) -> Collect:
    return Collect(_length(talk, _field(talk)) - len(talk.typed), TERMINATOR, wait)


def _length(talk: Conversation, stage: Field) -> int:
    return 1 if stage.choices else stage.length(talk.terms)


def _field(talk: Conversation) -> Field:
    stage = talk.menu.stages[talk.stage]
    assert isinstance(stage, Field)
    return stage


# --- transitions ---------------------------------------------------------------------------------------------------


def _key_in_field(talk: Conversation, given: Input) -> Step:
    assert isinstance(given, Key)
    if given.digit not in KEYS:
        return talk, (_collect(talk, talk.terms.next_wait),)
    return _take(replace(talk, ahead=talk.ahead.plus(given.digit)), ())


def _pause_in_field(talk: Conversation, _given: Input) -> Step:
    stage = _field(talk)
    if talk.typed:
        return _filled(talk, stage, ())
    return _again(talk, talk.stage, "nothing_entered", ())


def _key_while_asking(talk: Conversation, given: Input) -> Step:
    assert isinstance(given, Key)
    return (replace(talk, ahead=talk.ahead.plus(given.digit)) if given.digit in KEYS else talk), ()


def _answered(talk: Conversation, given: Input) -> Step:
    assert isinstance(given, Answered)
    stage = talk.menu.stages[talk.stage]
    assert isinstance(stage, Act)
    answer = given.answer
    effects: tuple[Effect, ...] = ()
    if answer.language and answer.language != talk.language:
        effects = (Speak(answer.language),)
        talk = replace(talk, language=answer.language)
    if answer.ok:
        return _enter(replace(talk, answer=answer), stage.then, effects)
    reason = stage.heard_as.get(answer.reason, answer.reason)
    if reason in stage.again:
        return _again(talk, stage.again[reason], refusal_prompt(reason), effects)
    said = Play((Say(refusal_prompt(reason)), Say("goodbye")))
    return _over(talk), (*effects, said, HangUp(reason))


def _ignored(talk: Conversation, _given: Input) -> Step:
    return talk, ()


_TRANSITIONS: Mapping[tuple[str, type], Callable[[Conversation, Input], Step]] = MappingProxyType(
    {
        ("Field", Key): _key_in_field,
        ("Field", Pause): _pause_in_field,
        ("Act", Key): _key_while_asking,
        ("Act", Answered): _answered,
        ("over", Key): _ignored,
        ("over", Answered): _ignored,
    }
)


def refusal_prompt(reason: str) -> str:
    """The key of the prompt that speaks a refusal."""
    return f"refused_{reason}" if reason in SPOKEN_REASONS else "not_possible"
