"""Who is at the workplace, and what follows from a change: from states only, so that nothing is done twice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Occupant:
    """Somebody at a phone: his number and name, the phone's number."""

    user: str
    name: str
    phone: str


class Change(StrEnum):
    """What became of the desk."""

    LOGIN = "login"
    SWITCH = "switch"
    LOGOUT = "logout"


def change(before: Occupant | None, now: Occupant | None) -> Change | None:
    """What happened between two states; None if it is the same person at the same phone, or nobody as before."""
    if before is None:
        return Change.LOGIN if now is not None else None
    if now is None:
        return Change.LOGOUT
    return Change.SWITCH if (before.user, before.phone) != (now.user, now.phone) else None


def values(event: Change, before: Occupant | None, now: Occupant | None) -> dict[str, str]:
    """What commands are told: of a logout who has left, otherwise who is there; `previous` is who was there before."""
    about = now or before
    assert about is not None, "something changed"
    return {
        "event": event.value,
        "user": about.user,
        "name": about.name,
        "phone": about.phone,
        "previous": before.user if before is not None else "",
    }


def filled(arguments: tuple[str, ...], given: dict[str, str]) -> list[str]:
    """Arguments with their placeholders replaced, each within its own argument: a name can't become another one."""
    return [_filled(argument, given) for argument in arguments]


def _filled(argument: str, given: dict[str, str]) -> str:
    found = ""
    rest = argument
    while rest:
        before, brace, behind = rest.partition("{")
        found += before
        name, closed, after = behind.partition("}")
        if brace and closed and name in given:
            found, rest = found + given[name], after
        else:
            found, rest = found + brace, behind
    return found
