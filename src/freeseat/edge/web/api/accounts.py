"""`/accounts`: people who sign in (R10.1)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from freeseat.application.accounts.directory import (
    account_of,
    account_seen,
    add_account,
    change_account,
    delete_account,
    unlock_account,
)
from freeseat.application.accounts.passwords import hash_password, set_password
from freeseat.application.accounts.principal import Principal
from freeseat.application.directory.spheres import person_named
from freeseat.application.listing import AccountRow, AccountsWanted
from freeseat.application.ports import Transaction
from freeseat.domain.accounts import Account
from freeseat.domain.permissions import Permission
from freeseat.edge.web.api.bodies import Body, Listed, PageAsked, Use, answer_of, derived
from freeseat.edge.web.api.resource import Caller, Everywhere, Name, Parts, Resource
from freeseat.edge.web.api.users import Unlocked
from freeseat.edge.web.context import Web, now

accounts = Resource("accounts", "People who sign in (R10.1).")

_INNER = ("id", "password", "user_id", "added_at", "signed_in_at")
_USER = "The person of the directory, by number; null: none."


@derived(Account, Use.NEW, without=_INNER)
class NewAccount(Body):
    """An account to enter."""

    password: str | None = Field(
        None, description="Its password; without one, give its owner a link: `invite_account_owner`."
    )
    user: str | None = Field(None, description=_USER)


@derived(Account, Use.CHANGES, without=_INNER)
class AccountChanges(Body):
    """What to change of an account."""

    user: str | None = Field(None, description=_USER)


@derived(Account, Use.ANSWER, without=("id", "password", "user_id"))
class AccountAnswer(Body):
    """An account; never its password."""

    has_password: bool
    user: str = Field(description="The person of the directory, by number; empty: none.")


@derived(AccountsWanted, Use.FILTER)
class AccountsAsked(PageAsked):
    """Which accounts."""


class NewPassword(Body):
    """A new password."""

    password: str = Field(description="The policy says how long it must be.")


@accounts.get("/accounts", Everywhere(Permission.ACCOUNTS_WRITE))
async def list_accounts(web: Parts, asked: Annotated[AccountsAsked, Query()]) -> Listed[AccountAnswer]:
    """List accounts, by name."""
    wanted = AccountsWanted(**asked.filters())
    found = await web.read(lambda tx: tx.listing.accounts(wanted, asked.page()))
    return Listed(items=[_seen(row) for row in found.rows], next=found.next, total=found.total)


@accounts.post("/accounts", Permission.ACCOUNTS_WRITE, status_code=201)
async def create_account(caller: Caller, web: Parts, body: NewAccount) -> AccountAnswer:
    """Enter an account. Nobody gives more than he has himself."""
    given = body.filled()
    hashed = await _hashed(web, given["name"], password) if (password := given.pop("password")) is not None else ""

    def enter(tx: Transaction) -> AccountAnswer:
        account = Account(0, password=hashed, **_fields(tx, given, caller))
        return account_answer(tx, add_account(tx, account, caller, now()))

    return await web.write(enter)


@accounts.get("/accounts/{name}", Everywhere(Permission.ACCOUNTS_WRITE))
async def get_account(web: Parts, name: Name) -> AccountAnswer:
    """Show an account."""
    return await web.read(lambda tx: account_answer(tx, account_of(tx, name)))


@accounts.patch("/accounts/{name}", Permission.ACCOUNTS_WRITE)
async def change_an_account(caller: Caller, web: Parts, name: Name, body: AccountChanges) -> AccountAnswer:
    """Change an account; who is disabled is signed out everywhere.

    The last administrator who can sign in stays one: 409 `last_administrator`.
    """

    def change(tx: Transaction) -> AccountAnswer:
        return account_answer(tx, change_account(tx, name, _fields(tx, body.given(), caller), caller, now()))

    return await web.write(change)


@accounts.delete("/accounts/{name}", Permission.ACCOUNTS_WRITE)
async def delete_an_account(caller: Caller, web: Parts, name: Name) -> None:
    """Delete an account; it is signed out everywhere."""
    await web.write(lambda tx: delete_account(tx, name, caller, now()))


@accounts.put("/accounts/{name}/password", Permission.ACCOUNTS_WRITE, status_code=204)
async def set_account_password(caller: Caller, web: Parts, name: Name, body: NewPassword) -> None:
    """Set a password; the account's sign-ins end and locks are lifted."""
    rules = await web.read(lambda tx: tx.policy().sign_in)
    hashed = await asyncio.to_thread(hash_password, web.hasher, rules, name, body.password)
    await web.write(lambda tx: set_password(tx, name, hashed, caller, now()))


@accounts.post("/accounts/{name}/unlock", Permission.ACCOUNTS_WRITE)
async def unlock_an_account(caller: Caller, web: Parts, name: Name) -> Unlocked:
    """Lift all locks after wrong passwords."""
    return Unlocked(lifted=await web.write(lambda tx: unlock_account(tx, name, caller, now())))


async def _hashed(web: Web, name: str, password: str) -> str:
    rules = await web.read(lambda tx: tx.policy().sign_in)
    return (await asyncio.to_thread(hash_password, web.hasher, rules, name, password)).value


def _fields(tx: Transaction, given: dict[str, Any], by: Principal) -> dict[str, Any]:
    """What was given, as fields of an account."""
    if "user" in given:
        given["user_id"] = person_named(tx, "user", given.pop("user"), by.sphere)
    return given


def account_answer(tx: Transaction, account: Account) -> AccountAnswer:
    """What is told of an account."""
    return _seen(account_seen(tx, account))


def _seen(seen: AccountRow) -> AccountAnswer:
    return answer_of(AccountAnswer, seen.account, {"has_password": seen.account.password != "", "user": seen.user})
