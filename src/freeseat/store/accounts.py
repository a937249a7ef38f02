"""Accounts, sign-ins, invitations and tokens in the database: a part of `transaction.SqlTransaction`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete

from freeseat.domain.accounts import Account, ApiToken, Invitation, SignIn
from freeseat.store import account_tables
from freeseat.store.rows import Shape, TableRows

ACCOUNTS = Shape(Account, account_tables.account)
SIGN_INS = Shape(SignIn, account_tables.sign_in)
INVITATIONS = Shape(Invitation, account_tables.invitation)
TOKENS = Shape(ApiToken, account_tables.api_token)


class SqlAccountRows:
    """`application.accounts.ports.AccountRows` over a connection."""

    connection: Connection

    @property
    def accounts(self) -> TableRows[Account]:
        """Who may sign in."""
        return TableRows(self.connection, ACCOUNTS)

    @property
    def sign_ins(self) -> TableRows[SignIn]:
        """Who has signed in."""
        return TableRows(self.connection, SIGN_INS)

    @property
    def old_sign_ins(self) -> SqlOldSignIns:
        """Sign-ins whose time is over."""
        return SqlOldSignIns(self.connection)

    @property
    def invitations(self) -> TableRows[Invitation]:
        """One-time links."""
        return TableRows(self.connection, INVITATIONS)

    @property
    def tokens(self) -> TableRows[ApiToken]:
        """Tokens of programs."""
        return TableRows(self.connection, TOKENS)


class SqlOldSignIns:
    """`application.accounts.ports.OldSignIns`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def forget(self, now: datetime) -> None:
        """Sweep them."""
        self.connection.execute(delete(account_tables.sign_in).where(account_tables.sign_in.c.expires_at <= now))
