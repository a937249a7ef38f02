"""What signing in needs from the outside; its rows are a part of `ports.Transaction`."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from freeseat.application.rows import Rows
from freeseat.domain.accounts import Account, ApiToken, Invitation, SignIn


class Hasher(Protocol):
    """Hashes passwords slowly (argon2id). Each call takes about 60 ms and 46 MiB: never within a transaction.

    Safe to be called by several threads.
    """

    def hash(self, password: str) -> str:
        """The hash, with its own salt and parameters in it."""
        ...

    def verify(self, hashed: str, password: str) -> bool:
        """Whether it is this password's; '' (nobody's) takes just as long, and is never right."""
        ...

    def is_outdated(self, hashed: str) -> bool:
        """Whether it was made with other parameters than `hash` uses now."""
        ...


class OldSignIns(Protocol):
    """Sign-ins whose time is over."""

    def forget(self, now: datetime) -> None:
        """Sweep them."""
        ...


class AccountRows(Protocol):
    """Accounts, sign-ins, invitations and tokens in one unit of work.

    The database holds: one account a name, one a person at an OpenID provider; one token of a name that is not revoked.
    """

    @property
    def accounts(self) -> Rows[Account]: ...  # noqa: D102
    @property
    def sign_ins(self) -> Rows[SignIn]: ...  # noqa: D102
    @property
    def old_sign_ins(self) -> OldSignIns: ...  # noqa: D102
    @property
    def invitations(self) -> Rows[Invitation]: ...  # noqa: D102
    @property
    def tokens(self) -> Rows[ApiToken]: ...  # noqa: D102
