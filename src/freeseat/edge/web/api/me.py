"""`/me`: who is calling, how he likes his pages, his password, and where he is signed in (R10.1)."""

from __future__ import annotations

import asyncio
from datetime import datetime

from pydantic import Field

from freeseat.application.accounts.directory import account_of, change_own
from freeseat.application.accounts.elsewhere import own_sign_ins, sign_out_elsewhere
from freeseat.application.accounts.passwords import change_own_password
from freeseat.application.accounts.principal import Principal
from freeseat.application.accounts.refusal import SignInRefused
from freeseat.domain.accounts import Account
from freeseat.domain.errors import InvalidValue, NotFound
from freeseat.domain.permissions import Permission, Role
from freeseat.edge.web.api.accounts import AccountAnswer, account_answer
from freeseat.edge.web.api.bodies import Body, Listed, Use, derived, whole
from freeseat.edge.web.api.resource import KNOWN, Caller, Parts, Resource
from freeseat.edge.web.context import now

me = Resource("me", "Who is calling; his settings and password, and where he is signed in (R10.1).")


@derived(Account, Use.CHANGES, only=("full_name", "language", "theme"))
class OwnChanges(Body):
    """What somebody may change of himself."""


class OwnPassword(Body):
    """A new password of one's own."""

    old: str = Field(description="The present one.", max_length=1024)
    password: str = Field(description="The new one; the policy says how long it must be.", max_length=1024)


class SignInAnswer(Body):
    """A browser in which somebody is signed in."""

    at: datetime = Field(description="Since when.")
    last_seen_at: datetime = Field(description="When it last asked for something.")
    expires_at: datetime = Field(description="When it ends at the latest.")
    source: str = Field(description="The address from which it was begun.")
    here: bool = Field(description="Whether this request comes from it.")


class SignedOut(Body):
    """What ended."""

    ended: int = Field(description="How many sign-ins.")


class Me(Body):
    """Who is calling, and what he may."""

    who: str
    role: Role
    permissions: list[Permission]
    queues: list[str] | None = Field(description="The queues within which this holds, by number; null: all.")
    sites: list[str] | None = Field(description="The sites within which this holds; null: all.")
    account: AccountAnswer | None = Field(description="Null for a program.")


@me.get("/me", KNOWN)
async def get_me(caller: Caller, web: Parts) -> Me:
    """Tell who is calling."""
    if caller.account is None:
        return _me(caller, None)
    name = caller.account.name
    return _me(caller, await web.read(lambda tx: account_answer(tx, account_of(tx, name))))


@me.patch("/me", KNOWN)
async def change_me(caller: Caller, web: Parts, body: OwnChanges) -> Me:
    """Change how somebody who has signed in likes his pages."""
    _require_account(caller)
    done = await web.write(lambda tx: account_answer(tx, change_own(tx, caller, body.given(), now())))
    return _me(caller, done)


@me.put("/me/password", KNOWN, status_code=204)
async def change_my_password(caller: Caller, web: Parts, body: OwnPassword) -> None:
    """Change the password of somebody who has signed in; he is signed out everywhere else.

    Wrong old ones count like failures to sign in (R2.15).
    """
    _require_account(caller)
    done = await asyncio.to_thread(
        change_own_password, web.database, web.hasher, caller, body.old, body.password, now()
    )
    if isinstance(done, SignInRefused):
        raise InvalidValue("old", "***", "this is not your present password, or there were too many attempts")


@me.get("/me/sign-ins", KNOWN)
async def list_my_sign_ins(caller: Caller, web: Parts) -> Listed[SignInAnswer]:
    """List where somebody is signed in, the place seen last first; a program is nowhere."""
    here = caller.sign_in.id if caller.sign_in is not None else None
    found = await web.read(lambda tx: own_sign_ins(tx, caller, now()))
    return whole(
        [
            SignInAnswer(
                at=each.at,
                last_seen_at=each.last_seen_at,
                expires_at=each.expires_at,
                source=each.source,
                here=each.id == here,
            )
            for each in found
        ]
    )


@me.post("/me/sign-out-elsewhere", KNOWN)
async def sign_me_out_elsewhere(caller: Caller, web: Parts) -> SignedOut:
    """Sign somebody out everywhere but here."""
    _require_account(caller)
    return SignedOut(ended=await web.write(lambda tx: sign_out_elsewhere(tx, caller, now())))


def _require_account(caller: Principal) -> None:
    """Raises NotFound for a program, which has no account."""
    if caller.account is None:
        raise NotFound("account", caller.who)


def _me(caller: Principal, account: AccountAnswer | None) -> Me:
    sphere = caller.sphere
    return Me(
        who=caller.who,
        role=caller.role,
        permissions=sorted(caller.permissions),
        queues=None if sphere.queues is None else sorted(sphere.queues),
        sites=None if sphere.sites is None else sorted(sphere.sites),
        account=account,
    )
