"""Who is asking, and what he may (R10.1): pages, API and command line ask this one value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from freeseat.domain.accounts import Account, ApiToken, SignIn, csrf_of
from freeseat.domain.actors import Actor
from freeseat.domain.errors import NotAllowed
from freeseat.domain.permissions import EVERYTHING, Permission, Role, Sphere, permissions_of, sphere_of


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody known: `actor` is what events say of him. He has an account and a sign-in, or a token, or neither.

    `csrf` is what the forms of his sign-in carry; '' without one.
    """

    actor: Actor
    role: Role
    permissions: frozenset[Permission]
    sphere: Sphere
    account: Account | None = None
    sign_in: SignIn | None = None
    token: ApiToken | None = None
    csrf: str = field(default="", repr=False)

    @classmethod
    def authority(cls, actor: Actor) -> Principal:
        """Whoever has the machine (the command line), and Freeseat itself: everything."""
        return cls(actor, Role.ADMINISTRATOR, EVERYTHING, Sphere())

    @classmethod
    def of_account(cls, account: Account, actor: Actor, sign_in: SignIn, cookie: str) -> Principal:
        """Somebody who has signed in; `cookie` is the token by which he is known."""
        sphere = sphere_of(account.role, account.queues, account.sites)
        return cls(
            actor, account.role, permissions_of(account.role), sphere, account, sign_in=sign_in, csrf=csrf_of(cookie)
        )

    @classmethod
    def of_token(cls, token: ApiToken, actor: Actor) -> Principal:
        """A program."""
        role = Role.API_CLIENT
        permissions = token.scopes & permissions_of(role)
        return cls(actor, role, permissions, sphere_of(role, token.queues, token.sites), token=token)

    @property
    def who(self) -> str:
        """His name in events."""
        return self.actor.who

    @property
    def user_id(self) -> int | None:
        """The person of the directory that he is, if he is one: what an agent sees is his own."""
        return None if self.account is None else self.account.user_id

    def may(self, permission: Permission, *, queue: str | None = None, site: str | None = None) -> bool:
        """Whether he may do this, and to this queue (number) and at this site if one is named.

        Without them a bounded sphere is no hindrance: what is listed then has to be narrowed by `sphere`.
        """
        if permission not in self.permissions:
            return False
        return (queue is None or self.sphere.covers_queue(queue)) and (site is None or self.sphere.covers_site(site))

    def require(self, permission: Permission, *, queue: str | None = None, site: str | None = None) -> None:
        """`may`, or NotAllowed."""
        if not self.may(permission, queue=queue, site=site):
            raise NotAllowed(self.who, permission, queue=queue, site=site)

    def require_everywhere(self, permission: Permission) -> None:
        """He may do this without any bounds: for what concerns all queues and sites. Raises NotAllowed."""
        self.require(permission)
        if not self.sphere.unbounded:
            raise NotAllowed(self.who, permission, queue="*")

    def require_grant(self, permissions: Iterable[Permission], sphere: Sphere) -> None:
        """He may hand these on: nobody gives or takes away more than he has himself. Raises NotAllowed."""
        self.require(Permission.ACCOUNTS_WRITE)
        for permission in sorted(permissions):
            self.require(permission)
        if not self.sphere.covers(sphere):
            raise NotAllowed(self.who, Permission.ACCOUNTS_WRITE, queue="*")
