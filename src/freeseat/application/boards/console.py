"""The console: users and phones with their lamps, page by page (R6.6). The lamps are those of `domain.lamps`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from freeseat.application.ports import CallRecord, Transaction
from freeseat.domain.desk_login import DeskLogin, Method
from freeseat.domain.directory import Phone
from freeseat.domain.lamps import LiveCall, Seat, State, dialogs, state


class ConsoleState(StrEnum):
    """The lamp of a user or phone. Logged out is grey, and blinks 438 ms off / 62 ms on where lamps blink."""

    LOGGED_OUT = "logged-out"
    UNREGISTERED = "unregistered"
    IDLE = "idle"
    RINGING = "ringing"
    CALLING = "calling"
    TALKING = "talking"


class Shown(StrEnum):
    """Whose lamps."""

    USERS = "users"
    PHONES = "phones"


@dataclass(frozen=True, slots=True)
class ConsoleLamp:
    """A user with where he is, or a phone with who is there (numbers), and what the lamp says."""

    number: str
    name: str
    state: ConsoleState
    at: tuple[str, ...]
    site: str


@dataclass(frozen=True, slots=True)
class ConsolePage:
    """Lamps by number; `after` asks for the next page ('' = there is none)."""

    lamps: tuple[ConsoleLamp, ...]
    after: str


LARGEST_PAGE = 500


def console_seen(tx: Transaction, shown: Shown, after: str = "", limit: int = 100) -> ConsolePage:
    """The lamps of the next users or phones behind a number, at most `limit` (and never more than LARGEST_PAGE)."""
    limit = max(1, min(limit, LARGEST_PAGE))
    ask = tx.numbers.user_numbers if shown is Shown.USERS else tx.numbers.phone_numbers
    numbers = ask(after, limit + 1)
    page = numbers[:limit]
    return ConsolePage(tuple(lamps_of(tx, shown, page)), page[-1] if len(numbers) > limit else "")


def lamps_of(tx: Transaction, shown: Shown, numbers: Sequence[str]) -> list[ConsoleLamp]:
    """The lamps of these users or phones, in this order, in a handful of statements; unknown ones are left out."""
    return _users(tx, numbers) if shown is Shown.USERS else _phones(tx, numbers)


def _users(tx: Transaction, numbers: Sequence[str]) -> list[ConsoleLamp]:
    users = {user.number: user for user in tx.users.among("number", numbers)}
    ids = [user.id for user in users.values()]
    places: dict[int, list[str]] = defaultdict(list)
    outside: set[int] = set()
    for login in tx.logins.among("user_id", ids, ended_at=None):
        places[login.user_id].append(login.place)
        if login.method is Method.EXTERNAL:
            outside.add(login.user_id)
    for phone in tx.phones.among("owner_id", ids, enabled=True):
        if phone.owner_id is not None:
            places[phone.owner_id].append(phone.number)
    bound = _bound(tx, [place for each in places.values() for place in each])
    calls = _calls(tx, {*users, *(place for each in places.values() for place in each)})
    found = []
    for number in numbers:
        if (user := users.get(number)) is None:
            continue
        at = tuple(dict.fromkeys(places[user.id]))
        seat = Seat(at, (number,), logged_in=bool(at), is_user=True)
        registered = user.id in outside or any(place in bound for place in at)
        found.append(ConsoleLamp(number, user.name, _state(seat, calls, registered=registered), at, user.location))
    return found


def _phones(tx: Transaction, numbers: Sequence[str]) -> list[ConsoleLamp]:
    phones = {phone.number: phone for phone in tx.phones.among("number", numbers)}
    logins = {
        each.phone_id: each for each in tx.logins.among("phone_id", [p.id for p in phones.values()], ended_at=None)
    }
    ids = {_person(phone, logins.get(phone.id)) for phone in phones.values()} - {None}
    people = {user.id: user for user in tx.users.among("id", ids)}
    aors = [*phones, *(login.place for login in logins.values())]
    bound, calls = _bound(tx, aors), _calls(tx, {*aors, *(user.number for user in people.values())})
    found = []
    for number in numbers:
        if (phone := phones.get(number)) is None:
            continue
        login = logins.get(phone.id)
        person = people.get(_person(phone, login) or 0)
        place = login.place if login is not None else number
        at = (person.number,) if person is not None else ()
        seat = Seat(tuple(dict.fromkeys((number, place))), at, logged_in=person is not None, is_user=False)
        name = person.name if person is not None else ""
        lamp = _state(seat, calls, registered=place in bound or number in bound)
        found.append(ConsoleLamp(number, name, lamp, at, phone.site))
    return found


def _person(phone: Phone, login: DeskLogin | None) -> int | None:
    return login.user_id if login is not None else phone.owner_id


def _state(seat: Seat, calls: dict[str, list[LiveCall]], *, registered: bool) -> ConsoleState:
    """The lamp's word; somebody logged in who cannot be reached is shown apart, unless he is in a call."""
    of_seat = {call.id: call for number in seat.numbers for call in calls.get(number, ())}
    said = state(seat, dialogs(seat, of_seat.values()))
    if said is State.IDLE and not registered:
        return ConsoleState.UNREGISTERED
    return ConsoleState(said.value)


def _bound(tx: Transaction, aors: Iterable[str]) -> set[str]:
    return {binding.aor for binding in tx.bindings.among("aor", set(aors))}


def _calls(tx: Transaction, numbers: Iterable[str]) -> dict[str, list[LiveCall]]:
    """The calls that are under way at these numbers, by each number they concern."""
    records: dict[int, CallRecord] = {}
    wanted = set(numbers)
    for column in ("caller_phone", "called_phone", "called"):
        for record in tx.calls.among(column, wanted, ended_at=None):
            records[record.id] = record
    found: dict[str, list[LiveCall]] = defaultdict(list)
    for record in records.values():
        call = LiveCall(
            record.call_id,
            record.started_at,
            record.caller,
            record.caller_phone,
            record.called,
            record.called_phone,
            record.answered_at is not None,
        )
        for number in call.numbers:
            found[number].append(call)
    return found
