"""Signing in and out (R10.1): by password, and by what an OpenID provider says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from freeseat.application.accounts.counting import failure_key, locked, refuse_and_count
from freeseat.application.accounts.directory import add_account
from freeseat.application.accounts.ports import Hasher
from freeseat.application.accounts.principal import Principal
from freeseat.application.accounts.refusal import SignInRefused, refuse, shown_name
from freeseat.application.ports import Database, Transaction
from freeseat.domain.accounts import Account, SignIn, SignInReason, is_name, normal_name, oidc_identity
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.events import Event, Kind
from freeseat.domain.permissions import Role
from freeseat.domain.signing_in import normal_password
from freeseat.domain.tokens import digest_of_new


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody has signed in."""

    account: Account
    sign_in: SignIn
    position: int


@dataclass(frozen=True, slots=True)
class OidcClaims:
    """What an OpenID provider says of somebody, its ID token verified before (OpenID Connect Core section 5.1)."""

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False
    name: str = ""
    username: str = ""


@dataclass(frozen=True, slots=True)
class OidcRules:
    """Whom a provider may sign in: those it is linked with, those whose verified e-mail address an account has, and,
    if `add_as` is a role, everybody, by a new account of that role.
    """

    link_by_email: bool = True
    add_as: Role | None = None


def sign_in(
    database: Database,
    hasher: Hasher,
    name: str,
    password: str,
    token: str,
    source: str,
    now: datetime,
    channel: Channel = Channel.WEB,
) -> SignedIn | SignInRefused:
    """Sign somebody in by account name and password; `token` (256 random bits, as text) will prove him from now on.

    In three steps, so that hashing holds no writer up: read the account, verify (50 ms and more), commit. Call it in a
    worker thread. Names that nobody has, accounts without a password and locked ones cost the same time and leave the
    same traces (R2.15); what has changed in between is judged again at the commit, so that guessing many at once gains
    nothing. A hash made with old parameters is replaced. Raises Unavailable.
    """
    actor = Actor(shown_name(name), source, channel)
    known, shut = database.read(lambda tx: (tx.accounts.get(name=normal_name(name)), locked(tx, name, source, now)))
    given, stored = normal_password(password), "" if known is None or shut else known.password
    right = hasher.verify(stored, given)
    anew = hasher.hash(given) if right and hasher.is_outdated(stored) else stored

    def settle(tx: Transaction) -> SignedIn | SignInRefused:
        if locked(tx, name, source, now):
            return refuse(tx, SignInReason.LOCKED, name, actor, now)
        account = tx.accounts.get(name=normal_name(name))
        if account is None or not right or account.password != stored:
            return refuse_and_count(tx, SignInReason.WRONG, name, actor, now)
        if not account.enabled:
            return refuse_and_count(tx, SignInReason.DISABLED, name, actor, now)
        tx.failures.clear(failure_key(name), source)
        return _begin(tx, replace(account, password=anew), token, actor, now, by="password")

    return database.submit(settle).result()


def sign_in_by_oidc(
    tx: Transaction, claims: OidcClaims, rules: OidcRules, token: str, source: str, now: datetime
) -> SignedIn | SignInRefused:
    """Sign somebody in whom an OpenID provider knows; the protocol is the edge's. `token` as for `sign_in`.

    He is known by issuer and subject. Else an account is linked that has his verified e-mail address and no identity
    yet, or one is added, as far as the rules allow it.
    """
    actor = Actor(claims.email or claims.username or claims.subject, source, Channel.WEB)
    account = _known_by(tx, claims, rules, actor, now)
    if isinstance(account, SignInReason):
        return refuse(tx, account, claims.email or claims.username, actor, now)
    if not account.enabled:
        return refuse(tx, SignInReason.DISABLED, account.name, actor, now)
    return _begin(tx, account, token, Actor(account.name, source, Channel.WEB), now, by="oidc")


def sign_out(tx: Transaction, by: Principal, now: datetime) -> None:
    """End the sign-in of somebody; without one, or if it has ended already, nothing is done."""
    if by.sign_in is None or by.account is None or tx.sign_ins.get(id=by.sign_in.id) is None:
        return
    tx.sign_ins.delete(by.sign_in)
    tx.events.append(Event(now, Kind.SIGNED_OUT, by.actor, data={"account": by.account.name}))


def _begin(tx: Transaction, account: Account, token: str, actor: Actor, now: datetime, *, by: str) -> SignedIn:
    """Write the sign-in down; those that are over are swept, so that they do not pile up."""
    tx.old_sign_ins.forget(now)
    account = replace(account, signed_in_at=now)
    tx.accounts.update(account)
    end = now + timedelta(seconds=tx.policy().sign_in.longest_seconds)
    begun = tx.sign_ins.add(SignIn(0, digest_of_new(token), account.id, now, end, now, actor.source))
    position = tx.events.append(Event(now, Kind.SIGNED_IN, actor, data={"account": account.name, "by": by}))
    return SignedIn(account, begun, position)


def _known_by(
    tx: Transaction, claims: OidcClaims, rules: OidcRules, actor: Actor, now: datetime
) -> Account | SignInReason:
    identity = oidc_identity(claims.issuer, claims.subject)
    known = tx.accounts.get(oidc_subject=identity)
    if known is not None:
        return known
    email = claims.email.strip().lower() if claims.email_verified else ""
    if email and rules.link_by_email:
        having = tx.accounts.list(email=email)
        if len(having) == 1 and having[0].oidc_subject is None:
            return _linked(tx, having[0], identity, actor, now)
        if having:
            return SignInReason.OTHER_IDENTITY
    if rules.add_as is None:
        return SignInReason.NO_ACCOUNT
    name = normal_name(claims.username or email)
    if not is_name(name) or tx.accounts.get(name=name) is not None:
        return SignInReason.OTHER_IDENTITY
    added = Account(0, name, rules.add_as, full_name=_printable(claims.name), email=email, oidc_subject=identity)
    return add_account(tx, added, Principal.authority(actor), now)


def _linked(tx: Transaction, account: Account, identity: str, actor: Actor, now: datetime) -> Account:
    linked = replace(account, oidc_subject=identity)
    tx.accounts.update(linked)
    data = {"account": account.name, "was": account.name, "changes": {"oidc_subject": identity}}
    tx.events.append(Event(now, Kind.ACCOUNT_CHANGED, actor, data=data))
    return linked


def _printable(text: str) -> str:
    return "".join(each for each in text if each.isprintable())[:80]
