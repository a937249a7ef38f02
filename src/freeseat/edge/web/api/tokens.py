"""`/tokens` and `/invitations`: tokens of programs, and one-time links to accounts (R10.1)."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from freeseat.application.accounts.invitations import invite, invite_anew, open_invitations, withdraw_invitation
from freeseat.application.accounts.tokens import add_token, revoke_token
from freeseat.application.directory.spheres import person_named
from freeseat.application.ports import Transaction
from freeseat.domain.accounts import ApiToken, Invitation
from freeseat.domain.permissions import Permission, Role
from freeseat.edge.web.api.bodies import Body, Listed, Moment, Use, answer_of, derived, whole
from freeseat.edge.web.api.resource import Caller, Everywhere, Id, Name, Parts, Resource
from freeseat.edge.web.context import now
from freeseat.edge.web.drawing import new_api_token, new_link

tokens = Resource("tokens", "Tokens of programs, and one-time links to accounts (R10.1).")

_SHOWN = ("name", "prefix", "scopes", "queues", "sites", "added_at", "added_by", "expires_at")


@derived(ApiToken, Use.NEW, only=("name", "scopes", "queues", "sites"))
class NewToken(Body):
    """A token to make."""

    expires_at: Moment | None = Field(None, description="When it ends, within ten years; null: never.")


@derived(ApiToken, Use.ANSWER, only=(*_SHOWN, "last_used_at", "revoked_at"))
class TokenAnswer(Body):
    """A program's token; never the token itself."""


class TokenMade(TokenAnswer):
    """A token that was made."""

    token: str = Field(description="The token itself, told this once.")


class NewInvitation(Body):
    """A one-time link to make."""

    role: Role = Field(description="The role of the account that it leads to.")
    queues: tuple[str, ...] = Field((), description="Queues that bound what is seen, by number.")
    sites: tuple[str, ...] = Field((), description="Sites that bound what is seen.")
    user: str | None = Field(None, description="The person of the directory, by number; null: none.")


class InvitationMade(Body):
    """A one-time link: told this once."""

    id: int
    path: str = Field(description="The link's path on this server.", examples=["/welcome/..."])
    role: Role
    expires_at: datetime


class InvitationAnswer(Body):
    """A one-time link that can be used now; never the link itself."""

    id: int
    role: Role = Field(description="The role of the account that it leads to.")
    account: str = Field(description="The account that it gives a new password, by name; empty: a new one.")
    user: str = Field(description="The person of the directory, by number; empty: none.")
    queues: list[str] = Field(description="Queues that bound what is seen, by number.")
    sites: list[str] = Field(description="Sites that bound what is seen.")
    expires_at: datetime


@tokens.get("/tokens", Everywhere(Permission.ACCOUNTS_WRITE))
async def list_tokens(web: Parts) -> Listed[TokenAnswer]:
    """List the tokens of programs, also those that were revoked."""
    return whole([answer_of(TokenAnswer, each) for each in await web.read(lambda tx: tx.tokens.list())])


@tokens.post("/tokens", Permission.ACCOUNTS_WRITE, status_code=201)
async def create_token(caller: Caller, web: Parts, body: NewToken) -> TokenMade:
    """Make a token, which is in the answer, this once. Nobody gives more than he has himself."""
    secret = new_api_token()
    wanted = ApiToken(0, digest="", prefix="", **body.filled())
    done = await web.write(lambda tx: add_token(tx, wanted, secret, caller, now()))
    return answer_of(TokenMade, done, {"token": secret})


@tokens.delete("/tokens/{name}", Permission.ACCOUNTS_WRITE)
async def revoke_a_token(caller: Caller, web: Parts, name: Name) -> None:
    """Revoke a token, at once and for good."""
    await web.write(lambda tx: revoke_token(tx, name, caller, now()))


@tokens.post("/invitations", Permission.ACCOUNTS_WRITE, status_code=201)
async def create_invitation(caller: Caller, web: Parts, body: NewInvitation) -> InvitationMade:
    """Make a one-time link to a new account; its owner chooses name and password."""
    token = new_link()

    def make(tx: Transaction) -> Invitation:
        person = person_named(tx, "user", body.user, caller.sphere)
        return invite(tx, body.role, token, caller, now(), queues=body.queues, sites=body.sites, user_id=person)

    return _made(await web.write(make), token)


@tokens.get("/invitations", Everywhere(Permission.ACCOUNTS_WRITE))
async def list_invitations(web: Parts) -> Listed[InvitationAnswer]:
    """List the one-time links that can be used now, in the order in which they were made."""

    def question(tx: Transaction) -> list[InvitationAnswer]:
        return [_shown(tx, each) for each in open_invitations(tx, now())]

    return whole(await web.read(question))


@tokens.delete("/invitations/{id}", Permission.ACCOUNTS_WRITE)
async def withdraw_an_invitation(caller: Caller, web: Parts, id: Id) -> None:
    """Make a one-time link worth nothing."""
    await web.write(lambda tx: withdraw_invitation(tx, id, caller, now()))


@tokens.post("/accounts/{name}/invitation", Permission.ACCOUNTS_WRITE, status_code=201)
async def invite_account_owner(caller: Caller, web: Parts, name: Name) -> InvitationMade:
    """Make a one-time link by which the owner of an account gives it a new password."""
    token = new_link()
    return _made(await web.write(lambda tx: invite_anew(tx, name, token, caller, now())), token)


def _made(done: Invitation, token: str) -> InvitationMade:
    return InvitationMade(id=done.id, path=f"/welcome/{token}", role=done.role, expires_at=done.expires_at)


def _shown(tx: Transaction, invitation: Invitation) -> InvitationAnswer:
    account = tx.accounts.get(id=invitation.account_id) if invitation.account_id is not None else None
    user = tx.users.get(id=invitation.user_id) if invitation.user_id is not None else None
    return InvitationAnswer(
        id=invitation.id,
        role=invitation.role,
        account=account.name if account is not None else "",
        user=user.number if user is not None else "",
        queues=list(invitation.queues),
        sites=list(invitation.sites),
        expires_at=invitation.expires_at,
    )
