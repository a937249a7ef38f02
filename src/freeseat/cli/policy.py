"""`freeseat policy`: the rules that hold for the whole system, as named values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer

from freeseat.application.directory.rules import set_policy
from freeseat.application.ports import Transaction
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, give
from freeseat.cli.values import items, truth, yes
from freeseat.domain.errors import InvalidValue
from freeseat.domain.lamps import LoggedOutLamp
from freeseat.domain.numbering import NumberRange
from freeseat.domain.policy import EmergencyNumber, Policy

app = noun("Rules for the whole system: PINs, lockout, number ranges, emergency numbers, what may call what.")


@dataclass(frozen=True, slots=True)
class _Rule:
    """A named value of the policy: how it is read from text, how it is shown, what it means."""

    read: Callable[[str, str], Any]
    show: Callable[[Any], str]
    meaning: str


def _count(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise InvalidValue(name, text, "use a whole number")
    return int(text)


def _days(name: str, text: str) -> int | None:
    if text in ("never", ""):
        return None
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise InvalidValue(name, text, "use a number of days of at least 1, or never")
    return int(text)


def _emergency(_name: str, text: str) -> tuple[EmergencyNumber, ...]:
    return tuple(EmergencyNumber(*(part.strip() for part in item.split(">", 1))) for item in items(text))


def _pairs(name: str, text: str) -> tuple[tuple[str, str], ...]:
    pairs = [item.split(":") for item in items(text)]
    wrong = next((":".join(pair) for pair in pairs if len(pair) != 2), None)
    if wrong is not None:
        raise InvalidValue(name, wrong, "name two groups, like sales:traders")
    return tuple((a.strip(), b.strip()) for a, b in pairs)


def _logged_out_lamp(name: str, text: str) -> LoggedOutLamp:
    if text not in [*LoggedOutLamp]:
        raise InvalidValue(name, text, f"use one of {', '.join(LoggedOutLamp)}")
    return LoggedOutLamp(text)


_NUMBER = (_count, str)
_LIST = (lambda _name, text: items(text), ",".join)
_TEXT = (lambda _name, text: text.strip(), str)
_TRUTH = (truth, yes)

RULES: dict[str, _Rule] = {
    "pin.min_length": _Rule(*_NUMBER, "fewest digits of a PIN, 0 to 8"),
    "pin.max_length": _Rule(*_NUMBER, "most digits of a PIN, 0 to 8"),
    "pin.allow_blank": _Rule(*_TRUTH, "whether a blank PIN is allowed"),
    "pin.refuse_weak": _Rule(*_TRUTH, "whether the extension, repetitions and runs are refused"),
    "pin.expiry_days": _Rule(_days, lambda days: "never" if days is None else str(days), "days until it must change"),
    "lockout.failures": _Rule(*_NUMBER, "wrong PINs that lock a number for their source"),
    "lockout.window_seconds": _Rule(*_NUMBER, "seconds within which they count"),
    "lockout.lock_seconds": _Rule(*_NUMBER, "seconds for which it stays locked"),
    "sign_in.idle_seconds": _Rule(*_NUMBER, "seconds without a request after which a sign-in to the portal ends"),
    "sign_in.longest_seconds": _Rule(*_NUMBER, "seconds after which it ends in any case"),
    "sign_in.invitation_seconds": _Rule(*_NUMBER, "seconds for which a one-time link holds"),
    "sign_in.password_length": _Rule(*_NUMBER, "fewest characters of a password, 8 to 64"),
    "shared_phone_ranges": _Rule(
        lambda _name, text: tuple(NumberRange.parse(item) for item in items(text)),
        lambda ranges: ",".join(str(each) for each in ranges),
        "numbers of shared phones, like 3000-3999,8000-8999",
    ),
    "emergency": _Rule(
        _emergency,
        lambda numbers: ",".join(each.number + (f">{each.uri}" if each.uri else "") for each in numbers),
        "emergency numbers and where each goes: 112>sip:192.0.2.1,110",
    ),
    "apart": _Rule(
        _pairs,
        lambda pairs: ",".join(":".join(pair) for pair in pairs),
        "interconnect groups that may not call each other: sales:traders",
    ),
    "national_prefixes": _Rule(*_LIST, "prefixes of national numbers"),
    "international_prefixes": _Rule(*_LIST, "prefixes of international numbers"),
    "queues_reversed_digits": _Rule(*_TRUTH, "whether code + 0 logs in to all queues and code + 1 out (R5.1)"),
    "logged_out_lamp": _Rule(
        _logged_out_lamp, str, "what plain phones show for who is logged out: held (most blink), busy or idle (R8.1)"
    ),
    "webhook_networks": _Rule(*_LIST, "networks where webhooks may go by http, and on loopback: 10.1.2.0/24"),
    "longest_call_hours": _Rule(*_NUMBER, "hours after which a call whose end nobody saw is taken for ended, 1 to 168"),
    "main_number": _Rule(*_TEXT, "caller number of phones with nobody logged in"),
}


@command(app, "show", example="freeseat policy show")
def show(here: Here) -> None:
    """Show the policy."""
    _give(here, here.read(lambda tx: tx.policy()))


@command(app, "set", example="freeseat policy set pin.min_length=4 pin.max_length=6 'emergency=112>sip:192.0.2.1,110'")
def set_(
    here: Here,
    values: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="Names as `policy show` has them.")],
) -> None:
    """Change the policy: all of the given values or, if one is not acceptable, none."""
    given = dict(_split(each) for each in values)

    def do(tx: Transaction) -> Policy:
        policy = changed(tx.policy(), given)
        set_policy(tx, policy, here.actor, here.now)
        return policy

    _give(here, here.write(do))


def changed(policy: Policy, given: dict[str, str]) -> Policy:
    """The policy with these values, by name. Raises InvalidValue."""
    top: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {"pin": {}, "lockout": {}, "sign_in": {}}
    for name, text in given.items():
        if name not in RULES:
            raise InvalidValue("policy", name, f"use one of {', '.join(RULES)}")
        part, dot, rest = name.partition(".")
        if dot:
            parts[part][rest] = RULES[name].read(name, text)
        else:
            top[name] = RULES[name].read(name, text)
    return replace(policy, **{name: replace(getattr(policy, name), **part) for name, part in parts.items()}, **top)


def _split(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidValue("policy", text, "write name=value, like pin.min_length=4")
    return name.strip(), value


def _value(policy: Policy, name: str) -> Any:
    part, dot, rest = name.partition(".")
    return getattr(getattr(policy, part), rest) if dot else getattr(policy, name)


def as_data(policy: Policy) -> dict[str, object]:
    """The policy for programs: every value by its name."""
    data: dict[str, object] = {name: _value(policy, name) for name in RULES}
    return data | {
        "shared_phone_ranges": [str(each) for each in policy.shared_phone_ranges],
        "emergency": [{"number": each.number, "uri": each.uri} for each in policy.emergency],
    }


def _give(here: Here, policy: Policy) -> None:
    rows = [(name, rule.show(_value(policy, name)), rule.meaning) for name, rule in RULES.items()]
    give(here, as_data(policy), Listing(("name", "value", "meaning"), rows))
