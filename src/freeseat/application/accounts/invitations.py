"""One-time links: to a new account, a new password, and the first administrator (no default password, R10.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from freeseat.application.accounts.directory import (
    account_of,
    add_account,
    check_person,
    check_queues,
    has_administrator,
    require_over,
)
from freeseat.application.accounts.passwords import Hashed, hash_password, store_password
from freeseat.application.accounts.ports import Hasher
from freeseat.application.accounts.principal import Principal
from freeseat.application.accounts.refusal import SignInRefused, refuse, shown_name
from freeseat.application.ports import Database, Transaction
from freeseat.domain.accounts import Account, Invitation, SignInReason, check_sphere
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.errors import InvalidValue, NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.permissions import Role
from freeseat.domain.tokens import digest_of, digest_of_new

KEPT = timedelta(days=30)
"""How long an invitation is kept after its end."""


def invite(
    tx: Transaction,
    role: Role,
    token: str,
    by: Principal,
    now: datetime,
    *,
    queues: tuple[str, ...] = (),
    sites: tuple[str, ...] = (),
    user_id: int | None = None,
) -> Invitation:
    """Make a one-time link to a new account of that role; `token` (256 random bits, as text) goes into the link.

    Raises InvalidValue or NotAllowed.
    """
    if role is Role.API_CLIENT:
        raise InvalidValue("role", role.value, "programs have tokens, not accounts")
    check_sphere(role, queues, sites)
    check_queues(tx, queues)
    check_person(tx, user_id)
    require_over(by, Account(0, "", role, queues=queues, sites=sites))
    wanted = Invitation(0, digest_of_new(token), role, now, None, queues, sites, user_id)
    return _write(tx, wanted, by.actor, now)


def invite_anew(tx: Transaction, name: str, token: str, by: Principal, now: datetime) -> Invitation:
    """Make a one-time link by which the owner of an account gives it a new password. Raises NotFound or NotAllowed."""
    account = account_of(tx, name)
    require_over(by, account)
    return _write(tx, Invitation(0, digest_of_new(token), account.role, now, account.id), by.actor, now, account.name)


def first_run(tx: Transaction, token: str, now: datetime) -> Invitation | None:
    """A link to the first administrator's account, as long as none can sign in; else None.

    Each start of a node may make another; all of them are worth nothing once there is an administrator.
    """
    if has_administrator(tx):
        return None
    wanted = Invitation(0, digest_of_new(token), Role.ADMINISTRATOR, now, first_run=True)
    return _write(tx, wanted, Actor.system(), now)


def open_invitations(tx: Transaction, now: datetime) -> list[Invitation]:
    """The invitations that can be accepted now, in the order in which they were made."""
    return [
        each for each in tx.invitations.list() if each.holds(now) and not (each.first_run and has_administrator(tx))
    ]


def withdraw_invitation(tx: Transaction, invitation_id: int, by: Principal, now: datetime) -> None:
    """Make a one-time link worth nothing. Raises NotFound or NotAllowed."""
    found = tx.invitations.get(id=invitation_id)
    if found is None or not found.holds(now):
        raise NotFound("invitation", str(invitation_id))
    require_over(by, Account(0, "", found.role, queues=found.queues, sites=found.sites))
    tx.invitations.delete(found)
    account = tx.accounts.get(id=found.account_id) if found.account_id is not None else None
    data = {"role": found.role.value, "account": account.name if account is not None else ""}
    tx.events.append(Event(now, Kind.INVITATION_WITHDRAWN, by.actor, data=data))


def invitation_of(tx: Transaction, token: str, now: datetime) -> Invitation | None:
    """The invitation of a link, if it can be accepted now."""
    found = tx.invitations.get(digest=digest_of(token))
    if found is None or not found.holds(now) or (found.first_run and has_administrator(tx)):
        return None
    return found


def accept_invitation(
    database: Database,
    hasher: Hasher,
    token: str,
    name: str,
    password: str,
    source: str,
    now: datetime,
    *,
    full_name: str = "",
    language: str = "en",
) -> Account | SignInRefused:
    """Somebody with a one-time link names his account and gives it a password; for a new password the name counts not.

    `language` is the one that a new account sees its pages in, until it chooses another one.

    In three steps, so that hashing holds no writer up: read the invitation, hash, commit. Call it in a worker thread.
    A link that is used, too old or unknown is refused, and written down. Raises InvalidValue for the name or password,
    and Clash for a name that is taken; then the link can still be used.
    """

    invitation, owner, rules = database.read(lambda tx: (*_known(tx, token, now), tx.policy().sign_in))
    hashed = None if invitation is None else hash_password(hasher, rules, owner or name, password)

    def settle(tx: Transaction) -> Account | SignInRefused:
        found, owner = _known(tx, token, now)
        actor = Actor(shown_name(owner or name), source, Channel.WEB)
        if hashed is None or found is None:
            return refuse(tx, SignInReason.BAD_LINK, name, actor, now)
        tx.invitations.update(replace(found, used_at=now))
        by = Principal.authority(actor)
        if owner:
            account = store_password(tx, account_of(tx, owner), hashed, by, now, by_self=True)
        else:
            account = add_account(tx, _wanted(found, name, full_name, language, hashed), by, now)
        data = {"account": account.name, "role": account.role.value}
        tx.events.append(Event(now, Kind.INVITATION_ACCEPTED, actor, data=data))
        return account

    return database.submit(settle).result()


def _known(tx: Transaction, token: str, now: datetime) -> tuple[Invitation | None, str]:
    """The invitation of a link, and the name of the account that it is for ('' = a new one)."""
    found = invitation_of(tx, token, now)
    owner = tx.accounts.get(id=found.account_id) if found is not None and found.account_id is not None else None
    return found, owner.name if owner is not None else ""


def _wanted(found: Invitation, name: str, full_name: str, language: str, password: Hashed) -> Account:
    return Account(
        0,
        name,
        found.role,
        password.value,
        full_name,
        queues=found.queues,
        sites=found.sites,
        user_id=found.user_id,
        language=language,
    )


def _write(tx: Transaction, wanted: Invitation, actor: Actor, now: datetime, account: str = "") -> Invitation:
    for old in tx.invitations.list():
        if old.expires_at < now - KEPT:
            tx.invitations.delete(old)
    until = now + timedelta(seconds=tx.policy().sign_in.invitation_seconds)
    added = tx.invitations.add(replace(wanted, expires_at=until))
    data = {"role": added.role.value, "account": account, "first_run": added.first_run}
    tx.events.append(Event(now, Kind.INVITED, actor, data=data | {"expires_at": until.isoformat()}))
    return added
