"""`/desk-logins`: who is where, logging in and out on somebody's behalf or with his PIN (R2.5, R2.11, R2.13)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from freeseat.application.directory.spheres import phone_within, require_place, user_within
from freeseat.application.ending import Ended
from freeseat.application.listing import LoginRow, LoginsWanted
from freeseat.application.log_in import LoggedIn, LogIn, log_in
from freeseat.application.log_out import LoggedOut, log_out, log_out_after_call, log_out_user
from freeseat.application.ports import Transaction
from freeseat.application.proving import Authority, PinProof, Proof, Refusal
from freeseat.domain.desk_login import DeskLogin, Method
from freeseat.domain.permissions import Permission
from freeseat.edge.web.api.bodies import Body, Listed, PageAsked, Use, answer_of, derived
from freeseat.edge.web.api.resource import Caller, Number, Parts, Resource
from freeseat.edge.web.context import now
from freeseat.edge.web.problems import of_refusal

desks = Resource("desk logins", "Who is where; logging in and out on somebody's behalf (R2.5, R2.11, R2.13).")


@derived(LoginRow, Use.ANSWER)
class LoginItem(Body):
    """A desk login, open or past."""


@derived(LoginsWanted, Use.FILTER, without=("within",))
class LoginsAsked(PageAsked):
    """Which desk logins."""


class NewLogin(Body):
    """A wish to be logged in: on somebody's behalf, or with his PIN."""

    user: str = Field(description="Who, by number.", examples=["2019"])
    phone: str = Field(description="At which shared phone, by number.", examples=["3001"])
    pin: str | None = Field(None, description="His PIN; without it he is logged in on his behalf.")


class Leaving(Body):
    """How somebody is logged out."""

    pin: str | None = Field(None, description="His PIN: an ordinary logout. Without it he is logged out by force.")
    after_call: bool = Field(False, description="Without a PIN: wait for the end of a call that is under way.")


class LoginEnd(Body):
    """A login that ended, or that will end when the call is over."""

    user: str = Field(description="By number.")
    phone: str = Field(description="By number; empty where the place is no phone of ours.")
    place: str = Field(description="The AoR where he was reached.")
    reason: str = Field(description="Why.")
    pending: bool = Field(description="Whether the end waits for a call.")


class LoginMade(Body):
    """A login that stands, and those that it ended."""

    user: str
    name: str
    phone: str
    place: str
    method: Method
    started_at: datetime
    ended: list[LoginEnd]


class LogoutMade(Body):
    """Logins that ended or will end."""

    ended: list[LoginEnd]


@desks.get("/desk-logins", Permission.DESKS_READ)
async def list_desk_logins(caller: Caller, web: Parts, asked: Annotated[LoginsAsked, Query()]) -> Listed[LoginItem]:
    """List desk logins, those that began last first."""
    wanted = LoginsWanted(**asked.filters(), within=caller.sphere)
    found = await web.read(lambda tx: tx.listing.logins(wanted, asked.page()))
    return Listed(items=[answer_of(LoginItem, row) for row in found.rows], next=found.next, total=found.total)


@desks.post("/desk-logins", Permission.DESKS_WRITE, status_code=201, response_model=LoginMade)
async def log_in_user(caller: Caller, web: Parts, body: NewLogin) -> LoginMade | Response:
    """Log a user in at a shared phone, taking it over from whoever sits there.

    With a PIN that is not right the answer is 401 `wrong_credentials`, whatever the reason (R2.15); wrong PINs count
    for the address the request comes from. Any other refusal is 409 with its reason as `code`.
    """
    proof: Proof = Authority() if body.pin is None else PinProof(body.pin)

    def do(tx: Transaction) -> LoginMade | Refusal:
        phone_within(tx, body.phone, caller.sphere)
        if body.pin is None:
            user_within(tx, body.user, caller.sphere)
        wish = LogIn(body.user, body.phone, proof, Method.API, caller.actor)
        done = log_in(tx, wish, now())
        return done if isinstance(done, Refusal) else _made(tx, done)

    done = await web.write(do)
    return of_refusal(done, on_behalf=body.pin is None) if isinstance(done, Refusal) else done


@desks.post("/phones/{number}/logout", Permission.DESKS_WRITE, response_model=LogoutMade)
async def log_out_phone(caller: Caller, web: Parts, number: Number, body: Leaving) -> LogoutMade | Response:
    """Log out who is at a phone; a call that is up goes on (R2.13)."""
    proof: Proof = Authority() if body.pin is None else PinProof(body.pin)

    def do(tx: Transaction) -> LoggedOut | Refusal:
        require_place(tx, number, caller.sphere)
        if body.after_call and body.pin is None:
            return log_out_after_call(tx, number, caller.actor, now())
        return log_out(tx, number, proof, caller.actor, now())

    return _left(await web.write(do), on_behalf=body.pin is None)


@desks.post("/users/{number}/logout", Permission.DESKS_WRITE, response_model=LogoutMade)
async def log_out_a_user(caller: Caller, web: Parts, number: Number) -> LogoutMade | Response:
    """Log a user out by force wherever he is; a call that is up goes on (R2.13)."""

    def do(tx: Transaction) -> LoggedOut | Refusal:
        user_within(tx, number, caller.sphere)
        return log_out_user(tx, number, caller.actor, now())

    return _left(await web.write(do), on_behalf=True)


def _left(done: LoggedOut | Refusal, *, on_behalf: bool) -> LogoutMade | Response:
    if isinstance(done, Refusal):
        return of_refusal(done, on_behalf=on_behalf)
    return LogoutMade(ended=[_ended(each) for each in done.ended])


def _made(tx: Transaction, done: LoggedIn) -> LoginMade:
    login = done.login
    return LoginMade(
        user=done.user.number,
        name=done.user.name,
        phone=done.phone.number if done.phone else "",
        place=login.place,
        method=login.method,
        started_at=login.started_at,
        ended=[_gone(tx, each) for each in done.ended],
    )


def _gone(tx: Transaction, login: DeskLogin) -> LoginEnd:
    user = tx.users.get(id=login.user_id)
    phone = tx.phones.get(id=login.phone_id) if login.phone_id is not None else None
    return _end(login, user.number if user else "", phone.number if phone else "")


def _ended(each: Ended) -> LoginEnd:
    return _end(each.login, each.user, each.phone)


def _end(login: DeskLogin, user: str, phone: str) -> LoginEnd:
    reason = login.end_reason or login.pending or ""
    return LoginEnd(user=user, phone=phone, place=login.place, reason=reason, pending=login.ended_at is None)
