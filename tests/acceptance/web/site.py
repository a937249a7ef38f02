"""The pages of a node: who may sign in, workplaces and wallboards with their links."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2

from freeseat.application.accounts.directory import add_account, delete_account
from freeseat.application.accounts.principal import Principal
from freeseat.application.boards import directory as boards
from freeseat.application.directory.users import user_of
from freeseat.application.ports import Transaction
from freeseat.application.workplaces import directory as workplaces
from freeseat.domain.accounts import Account
from freeseat.domain.boards import Board
from freeseat.domain.permissions import Role
from freeseat.domain.tokens import BOARD_LINK, DESK_LINK
from freeseat.domain.workplaces import Workplace
from freeseat.edge.web.cookies import COOKIE
from freeseat.store.hasher import Argon2Hasher
from tests.acceptance.office import ADMINISTRATOR, Office
from tests.clients.node import Node
from tests.clients.waiting import until

PASSWORD = "correct horse battery staple"
ROOT = "root"
_CHEAP = Argon2Hasher(passes=1, memory_kib=8, lanes=1)
_LINK = re.compile(r"https://\S+/welcome/\S+")


class Site:
    """The pages of an office's node. Everybody's password is PASSWORD."""

    def __init__(self, office: Office, port: int) -> None:
        self.office = office
        self.url = f"https://127.0.0.1:{port}"
        self._cookies: dict[str, str] = {}

    def account(self, name: str, role: Role, *, person: str = "", **fields: Any) -> str:
        """Enter an account, of a person of the directory if one is named; gives its name."""

        def use_case(tx: Transaction) -> None:
            user_id = user_of(tx, person).id if person else None
            account = Account(0, name, role, _CHEAP.hash(PASSWORD), user_id=user_id, **fields)
            add_account(tx, account, Principal.authority(ADMINISTRATOR), _now())

        self.office.write(use_case)
        return name

    def cookie(self, name: str) -> tuple[str, str]:
        """Name and value of the cookie of somebody who has signed in, by the form."""
        if name not in self._cookies:
            answer = httpx2.post(
                f"{self.url}/sign-in", data={"name": name, "password": PASSWORD}, verify=False, timeout=20.0
            )
            assert answer.status_code == 303, f"{name} is not let in: {answer.status_code}\n{answer.text}"
            self._cookies[name] = answer.cookies[COOKIE]
        return COOKIE, self._cookies[name]

    def workplace(self, name: str, **fields: Any) -> str:
        """Enter a workplace; gives the path of its link."""
        token = secrets.token_urlsafe(32)

        def use_case(tx: Transaction) -> None:
            workplaces.add_workplace(tx, Workplace(0, name, **fields), ADMINISTRATOR, _now())
            workplaces.give_link(tx, name, workplaces.Link.PAGE, token, ADMINISTRATOR, _now())

        self.office.write(use_case)
        return DESK_LINK + token

    def board(self, name: str, **fields: Any) -> str:
        """Enter a wallboard; gives the path of its link."""
        token = secrets.token_urlsafe(32)

        def use_case(tx: Transaction) -> None:
            boards.add_board(tx, Board(0, name, **fields), ADMINISTRATOR, _now())
            boards.give_board_link(tx, name, token, ADMINISTRATOR, _now())

        self.office.write(use_case)
        return BOARD_LINK + token

    def revoke_board(self, name: str) -> None:
        """Take a wallboard's link away."""
        self.office.write(lambda tx: boards.revoke_board_link(tx, name, ADMINISTRATOR, _now()))

    def clear(self, but: str = ROOT) -> None:
        """Take away what was entered here, but for the administrator; before the office is cleared."""

        def use_case(tx: Transaction) -> None:
            for workplace in tx.workplaces.list():
                workplaces.delete_workplace(tx, workplace.name, ADMINISTRATOR, _now())
            for board in tx.boards.list():
                boards.delete_board(tx, board.name, ADMINISTRATOR, _now())
            for account in tx.accounts.list():
                if account.name != but:
                    delete_account(tx, account.name, Principal.authority(ADMINISTRATOR), _now())

        self.office.write(use_case)
        self._cookies = {name: value for name, value in self._cookies.items() if name == but}


def link_of_first_run(node: Node) -> str:
    """The one-time link that `freeseat serve` has printed at its terminal."""
    printed = Path(node.logs / "serve.log")
    found = until(lambda: _LINK.search(printed.read_text()), "the link of the first run is printed")
    return found[0]


def _now() -> datetime:
    return datetime.now(UTC)
