"""Replaying the event feed: what a follower that starts from nothing would believe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from freeseat.domain.events import Event, Kind


@dataclass(frozen=True, slots=True)
class Seat:
    """An open login, as events tell it."""

    login: int
    user: str
    phone: str
    place: str


class Replay:
    """The open logins after each event. Every step is checked: a login begins once, ends once, and only if it is open.

    `several` are the users who may be at several places; of all others, and of every phone, there is one at a time
    (R2.8).
    """

    def __init__(self, several: Iterable[str] = ()) -> None:
        self.open: dict[int, Seat] = {}
        self.began: dict[int, Event] = {}
        self.ended: dict[int, Event] = {}
        self.several = frozenset(several)

    def feed(self, events: Iterable[Event]) -> None:
        """Take in the next events, in order."""
        for event in events:
            if event.kind is Kind.LOGGED_IN:
                self._begin(event)
            elif event.kind is Kind.LOGGED_OUT:
                self._end(event)

    def _begin(self, event: Event) -> None:
        seat = Seat(_login(event), event.user, event.phone, str(event.data["place"]))
        assert seat.login not in self.ended, f"{event} after its end"
        assert (seat.login in self.open) is bool(event.data.get("again")), event
        self.open[seat.login] = seat
        self.began.setdefault(seat.login, event)
        others = [each for each in self.open.values() if each.login != seat.login]
        assert not [each for each in others if seat.phone and each.phone == seat.phone], "two users on one phone"
        if seat.user not in self.several:
            assert not [each for each in others if each.user == seat.user], "a user at two places"

    def _end(self, event: Event) -> None:
        seat = self.open.pop(_login(event))
        assert (seat.user, seat.place) == (event.user, event.data["place"])
        self.ended[seat.login] = event


def _login(event: Event) -> int:
    login = event.data["login"]
    assert isinstance(login, int)
    return login
