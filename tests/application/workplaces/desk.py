"""A call centre with a workplace, for tests of its page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from freeseat.application.ports import Transaction
from freeseat.application.workplaces.clients import client_started, client_stopped
from freeseat.application.workplaces.desk import DeskSeen, desk_seen
from freeseat.application.workplaces.directory import (
    add_workplace,
    change_workplace,
    save_settings,
    workplace_of,
)
from freeseat.application.workplaces.place import phone_of
from freeseat.application.workplaces.wishes import (
    open_wishes,
    wish_to_dial,
    wish_went,
)
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.call_wishes import CallWish, WishState
from freeseat.domain.workplaces import DeskSettings, Workplace
from tests.application.centre import Centre
from tests.application.office import ADMIN, Office

T = TypeVar("T")
TOKEN = "t" * 43
PC = Actor("desk", "10.9.9.9", Channel.WEB)


class Desk(Centre):
    """The centre, with the workplace *desk* beside phone 3001."""

    def __init__(self, office: Office) -> None:
        super().__init__(office)
        self.add("desk", phone_number="3001")

    def add(self, name: str, **fields: Any) -> Workplace:
        return self.write(lambda tx: add_workplace(tx, replace(Workplace(0, name), **fields), ADMIN, self.now))

    def alter(self, name: str = "desk", /, **changes: Any) -> Workplace:
        return self.write(lambda tx: change_workplace(tx, name, changes, ADMIN, self.now))

    def desk(self, name: str = "desk") -> DeskSeen:
        return self.read(lambda tx: desk_seen(tx, workplace_of(tx, name), self.now))

    def whose(self, name: str = "desk") -> str:
        occupant = self.desk(name).occupant
        return occupant.user.number if occupant else ""

    def phone_at(self, name: str = "desk") -> str:
        found = self.read(lambda tx: phone_of(tx, workplace_of(tx, name)))
        return found.number if found else ""

    def do(self, use_case: Callable[[Transaction, Workplace], T], name: str = "desk") -> T:
        return self.write(lambda tx: use_case(tx, workplace_of(tx, name)))

    def save(self, user: str = "2019", queue: str = "", name: str = "desk", **fields: Any) -> None:
        def use_case(tx: Transaction, workplace: Workplace) -> None:
            person = tx.users.get(number=user)
            assert person is not None
            save_settings(tx, workplace, person, replace(DeskSettings(), **fields), PC, self.now, queue)

        self.do(use_case, name)

    def opens(self, page: str = "p1", queue: str = "", name: str = "desk") -> None:
        self.do(lambda tx, workplace: client_started(tx, workplace, page, self.now, queue), name)

    def closes(self, page: str = "p1", name: str = "desk") -> None:
        self.do(lambda tx, workplace: client_stopped(tx, workplace.key, page, self.now), name)

    def logged_in(self, user: str = "2019", number: str = "800") -> bool:
        return self.one(user, number).logged_in

    def dial_wish(self, number: str = "2020", user: str = "2019") -> CallWish:
        wish = self.do(lambda tx, workplace: wish_to_dial(tx, workplace, user, number, PC, self.now))
        assert isinstance(wish, CallWish), wish
        return wish

    def went(self, wish: CallWish, state: WishState, reason: str = "") -> CallWish | None:
        return self.write(lambda tx: wish_went(tx, wish.id, state, reason, self.now))

    def wishes(self) -> list[int]:
        return [wish.id for wish in self.read(lambda tx: open_wishes(tx, self.now))]
