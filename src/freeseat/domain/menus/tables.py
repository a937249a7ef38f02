"""The menus themselves, as tables (R2.1, R2.10, R2.11, R1.8)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from freeseat.domain.menus.engine import Act, Field, Menu, Stage, Tell
from freeseat.domain.menus.words import (
    Answer,
    BeReachedAt,
    ChangePin,
    Digits,
    Identify,
    Locate,
    LogIn,
    LogOut,
    Name,
    Occupant,
    Prompt,
    RemoteLogOut,
    Say,
    TakePart,
    Typed,
    Verify,
)
from freeseat.domain.queues import QueueVerb
from freeseat.domain.reasons import Reason

Slots = Mapping[str, Typed]

_ONE_SHAPE = MappingProxyType({"not_found": Reason.WRONG_CREDENTIALS.value})
"""Whether it was the extension or the PIN that was wrong is never told (R2.15)."""

_NOWHERE = MappingProxyType({"not_found": Reason.NOT_LOGGED_IN.value})
"""A number that nobody has is told like one that is not logged in."""


def _extension(then: str) -> Field:
    return Field("extension", "enter_extension", then, lambda terms: terms.extension_digits)


def _pin(slot: str, prompt: str, then: str, equals: str = "", otherwise: str = "") -> Field:
    return Field(slot, prompt, then, lambda terms: terms.pin_digits, blank=True, equals=equals, otherwise=otherwise)


def _menu(name: str, first: str, dialled: str = "", **stages: Stage) -> Menu:
    return Menu(name, first, MappingProxyType(stages), dialled)


def _owner(answer: Answer, _slots: Slots) -> tuple[Prompt, ...]:
    return Say("extension"), Digits(answer.user), Name(answer.user), Say("now_owns_this_phone")


def _left(answer: Answer, _slots: Slots) -> tuple[Prompt, ...]:
    said = "logged_out_after_call" if answer.pending else "logged_out"
    return Say("extension"), Digits(answer.user), Name(answer.user), Say(said)


def _whereabouts(answer: Answer, slots: Slots) -> tuple[Prompt, ...]:
    number = answer.user or slots["extension"].reveal()
    who: tuple[Prompt, ...] = (Say("extension"), Digits(number), Name(number))
    if answer.own_phone:
        return (*who, Say("is_at_own_phone"))
    if answer.outside:
        return (*who, Say("is_at_outside_number"), Digits(answer.phone))
    if answer.phone:
        return (*who, Say("is_at_phone"), Digits(answer.phone))
    return (*who, Say("is_not_logged_in"))


def _pin_changed(_answer: Answer, _slots: Slots) -> tuple[Prompt, ...]:
    return (Say("pin_changed"),)


def _attendance(answer: Answer, _slots: Slots) -> tuple[Prompt, ...]:
    """One queue by its number, several as all of the caller's (R5.1)."""
    said = Say("queue_logged_in" if answer.at_queue else "queue_logged_out")
    if len(answer.queues) == 1:
        return Say("queue"), Digits(answer.queues[0]), said
    return Say("all_your_queues"), said


def _queue_menu(verb: QueueVerb) -> Menu:
    def action(slots: Slots) -> TakePart:
        return TakePart(verb, slots.get("queue", Typed()).reveal())

    return _menu(verb.value, "ask", dialled="queue", ask=Act(action, "status"), status=Tell(_attendance, goodbye=False))


LOGIN = _menu(
    "login",
    "extension",
    dialled="extension",
    extension=_extension("pin"),
    pin=_pin("pin", "enter_pin", "verify"),
    verify=Act(
        lambda slots: Verify(slots["extension"].reveal(), slots["pin"]),
        "confirm",
        again=MappingProxyType({Reason.WRONG_CREDENTIALS.value: "pin"}),
        heard_as=_ONE_SHAPE,
    ),
    confirm=Field("choice", "press_2_to_take_ownership", "log_in", lambda _terms: 1, choices="2"),
    log_in=Act(lambda slots: LogIn(slots["extension"].reveal(), slots["pin"]), "owner", heard_as=_ONE_SHAPE),
    owner=Tell(_owner),
)
"""`*45`: extension, PIN, 2, and who now owns the phone. `*45<ext>` skips the first prompt."""

LOGOUT = _menu(
    "logout",
    "occupant",
    occupant=Act(lambda _slots: Occupant(), "pin"),
    pin=_pin("pin", "enter_pin", "log_out"),
    log_out=Act(
        lambda slots: LogOut(slots["pin"]),
        "left",
        again=MappingProxyType({Reason.WRONG_CREDENTIALS.value: "pin"}),
        heard_as=_ONE_SHAPE,
    ),
    left=Tell(_left),
)
"""`*46`: PIN of the current occupant."""

REMOTE_LOGOUT = _menu(
    "remote_logout",
    "extension",
    dialled="extension",
    extension=_extension("log_out"),
    log_out=Act(lambda slots: RemoteLogOut(slots["extension"].reveal()), "left", heard_as=_NOWHERE),
    left=Tell(_left),
)
"""`*33` + extension."""

LOCATE = _menu(
    "locate",
    "extension",
    dialled="extension",
    extension=_extension("locate"),
    locate=Act(lambda slots: Locate(slots["extension"].reveal()), "whereabouts", heard_as=_NOWHERE),
    whereabouts=Tell(_whereabouts),
)
"""`*34` + extension."""

CHANGE_PIN = _menu(
    "change_pin",
    "occupant",
    occupant=Act(lambda _slots: Occupant(), "old_pin"),
    old_pin=_pin("old_pin", "enter_old_pin", "new_pin"),
    new_pin=_pin("new_pin", "enter_new_pin", "repeat_pin"),
    repeat_pin=_pin("repeat_pin", "enter_new_pin_again", "change", equals="new_pin", otherwise="new_pin"),
    change=Act(
        lambda slots: ChangePin(slots["old_pin"], slots["new_pin"]),
        "changed",
        again=MappingProxyType({Reason.WRONG_CREDENTIALS.value: "old_pin", "weak_pin": "new_pin"}),
        heard_as=_ONE_SHAPE,
    ),
    changed=Tell(_pin_changed),
)
"""`*47`: old PIN, new PIN twice."""

QUEUE_MENUS = tuple(_queue_menu(verb) for verb in QueueVerb)
"""A queue's code, or the code of all queues: the new status is spoken at once (R5.1)."""

EXTERNAL_LOGIN = _menu(
    "external_login",
    "extension",
    extension=_extension("pin"),
    pin=_pin("pin", "enter_pin", "identify"),
    identify=Act(
        lambda slots: Identify(slots["extension"].reveal(), slots["pin"]),
        "number",
        again=MappingProxyType({Reason.WRONG_CREDENTIALS.value: "pin"}),
        heard_as=_ONE_SHAPE,
    ),
    number=Field("number", "enter_outside_number", "log_in", lambda terms: terms.extension_digits),
    log_in=Act(
        lambda slots: BeReachedAt(slots["extension"].reveal(), slots["pin"], slots["number"].reveal()),
        "told",
        again=MappingProxyType({Reason.OUTSIDE_NUMBER.value: "number", Reason.NOT_LOGGED_IN.value: "number"}),
        heard_as=_ONE_SHAPE,
    ),
    told=Tell(lambda answer, slots: _whereabouts(answer, slots) if answer.outside else _left(answer, slots)),
)
"""Called from outside (R2.6): extension, PIN, and the number at which to be reached, or out again."""

MENUS: Mapping[str, Menu] = MappingProxyType(
    {menu.name: menu for menu in (LOGIN, LOGOUT, REMOTE_LOGOUT, LOCATE, CHANGE_PIN, EXTERNAL_LOGIN, *QUEUE_MENUS)}
)
"""Menus by the name of their feature code or service."""


def announcement(key: str) -> Menu:
    """A menu that plays one prompt of the catalogue and hangs up, such as an intercept announcement (R3.1)."""
    return _menu("announce", "say", say=Tell(lambda _answer, _slots: (Say(key),), goodbye=False))
