"""What the page of a workplace beside a phone asks for, and how it goes."""

from __future__ import annotations

from datetime import UTC, datetime

from freeseat.application.workplaces.directory import add_workplace, delete_workplace, workplace_of
from freeseat.application.workplaces.wishes import wish_to_answer, wish_to_dial, wish_to_hang_up
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.call_wishes import CallWish, WishKind
from freeseat.domain.workplaces import Workplace
from tests.acceptance.office import ADMINISTRATOR, Office
from tests.clients.waiting import until

PC = Actor("desk", "127.0.0.1", Channel.WEB)


class Page:
    """The page beside a phone, as long as the occupant `user` is at it. A context manager."""

    def __init__(self, office: Office, phone: str, user: str) -> None:
        self._office, self._name, self._user = office, f"beside {phone}", user
        self._phone = phone

    def __enter__(self) -> Page:
        workplace = Workplace(0, self._name, phone_number=self._phone)
        self._office.write(lambda tx: add_workplace(tx, workplace, ADMINISTRATOR, datetime.now(UTC)))
        return self

    def __exit__(self, *_exc: object) -> None:
        self._office.write(lambda tx: delete_workplace(tx, self._name, ADMINISTRATOR, datetime.now(UTC)))

    def dial(self, number: str) -> CallWish:
        """Click on a number."""
        return self._wish(WishKind.DIAL, number)

    def answer(self, call_id: str = "") -> CallWish:
        """Press *answer*."""
        return self._wish(WishKind.ANSWER, call_id)

    def hang_up(self, call_id: str = "") -> CallWish:
        """Press *hang up*."""
        return self._wish(WishKind.HANG_UP, call_id)

    def came_to(self, wish: CallWish, seconds: float = 15.0) -> tuple[str, str]:
        """State and reason of a wish when it is over."""

        def over() -> CallWish | None:
            found = self._office.read(lambda tx: tx.wishes.get(id=wish.id))
            return found if found is not None and found.done_at is not None else None

        done = until(over, f"the wish {wish} is over", seconds, interval=0.02)
        return str(done.state), done.reason

    def _wish(self, kind: WishKind, what: str) -> CallWish:
        use_case = {
            WishKind.DIAL: wish_to_dial,
            WishKind.ANSWER: wish_to_answer,
            WishKind.HANG_UP: wish_to_hang_up,
        }[kind]
        wish = self._office.write(
            lambda tx: use_case(tx, workplace_of(tx, self._name), self._user, what, PC, datetime.now(UTC))
        )
        assert isinstance(wish, CallWish), wish
        return wish
