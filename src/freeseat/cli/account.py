"""`freeseat account`: who signs in to the portal, with which rights (R10.1)."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from freeseat.application.accounts.directory import (
    account_of,
    account_seen,
    add_account,
    change_account,
    delete_account,
    unlock_account,
)
from freeseat.application.accounts.invitations import invite, invite_anew
from freeseat.application.accounts.passwords import Hashed, hash_password, set_password
from freeseat.application.accounts.principal import Principal
from freeseat.application.directory.users import user_of
from freeseat.application.listing import AccountRow, AccountsWanted, all_pages
from freeseat.application.ports import Transaction
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, Sheet, give
from freeseat.cli.pins import STDIN, is_terminal, secret_typed
from freeseat.cli.values import clock, items, yes
from freeseat.domain.accounts import Account, Invitation
from freeseat.domain.drawing import draw_token
from freeseat.domain.errors import InvalidValue
from freeseat.domain.permissions import Role
from freeseat.domain.workplaces import Theme

app = noun("Who signs in to the portal: administrators, supervisors, agents and those who only read.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the account.")]
PasswordOption = Annotated[
    str | None,
    typer.Option("--password", metavar="TEXT", help="The password; - reads it from standard input, unseen by others."),
]
RoleOption = Annotated[Role, typer.Option("--role", help="administrator, supervisor, agent or read_only.")]
Queues = Annotated[str, typer.Option("--queues", metavar="LIST", help="Numbers of a supervisor's queues, with commas.")]
Sites = Annotated[str, typer.Option("--sites", metavar="LIST", help="A supervisor's sites, with commas.")]


def _text(flag: str, meaning: str, metavar: str = "TEXT") -> Any:
    return Annotated[str | None, typer.Option(flag, metavar=metavar, help=meaning)]


FIELDS: dict[str, Any] = {
    "name": _text("--name", "A new name."),
    "role": Annotated[
        Role | None, typer.Option("--role", help="administrator, supervisor, agent or read_only.", show_default=False)
    ],
    "full_name": _text("--full-name", "Name as people write it."),
    "email": _text("--email", "E-mail address; an OpenID provider may know the account by it."),
    "oidc_subject": _text("--oidc", "Who it is at the OpenID provider: ISSUER#SUBJECT; empty: nobody.", "IDENTITY"),
    "user": _text("--user", "Number of the person whom it belongs to; empty: none.", "NUMBER"),
    "queues": _text("--queues", "Numbers of a supervisor's queues, with commas.", "LIST"),
    "sites": _text("--sites", "A supervisor's sites, with commas.", "LIST"),
    "language": _text("--language", "Language of pages: two letters, such as en."),
    "theme": Annotated[Theme | None, typer.Option("--theme", help="How pages look.", show_default=False)],
    "enabled": Annotated[
        bool | None, typer.Option("--enabled/--disabled", help="A disabled account cannot sign in.", show_default=False)
    ],
}


@command(app, "add", fields=FIELDS, example="freeseat account add bill --role supervisor --queues 811 --password -")
def add(here: Here, name: Name, role: RoleOption, password: PasswordOption = None, **fields: Any) -> None:
    """Enter an account. Without --password it is asked for twice at a terminal; without one nobody signs in by it."""
    text = _given(password)
    if text is None and is_terminal():
        text = secret_typed(f"account {name} (empty: none yet)")
    hashed = _hashed(here, name, text).value if text else ""

    def enter(tx: Transaction) -> AccountRow:
        account = Account(0, name, role, hashed, **_changes(tx, fields))
        return account_seen(tx, add_account(tx, account, _by(here), here.now))

    _give(here, here.write(enter))


@command(app, "list", example="freeseat account list --json")
def list_(here: Here) -> None:
    """List the accounts."""
    seen = here.read(lambda tx: all_pages(lambda page: tx.listing.accounts(AccountsWanted(), page)))
    heads = ("name", "role", "full name", "person", "queues", "sites", "signs in by", "last time (UTC)", "enabled")
    empty = "No accounts: the link that a node prints when it starts makes the first, or freeseat account add."
    give(here, [as_data(each) for each in seen], Listing(heads, [_row(each) for each in seen], empty))


@command(app, "show", example="freeseat account show bill")
def show(here: Here, name: Name) -> None:
    """Show an account; never its password."""
    _give(here, here.read(lambda tx: account_seen(tx, account_of(tx, name))))


@command(app, "change", fields=FIELDS, example="freeseat account change bill --sites berlin,paris")
def change(here: Here, which: Name, **fields: Any) -> None:
    """Change fields of an account; who is disabled is signed out at once."""

    def do(tx: Transaction) -> AccountRow:
        return account_seen(tx, change_account(tx, which, _changes(tx, fields), _by(here), here.now))

    _give(here, here.write(do))


@command(app, "delete", example="freeseat account delete bill")
def delete(here: Here, name: Name) -> None:
    """Delete an account, and sign it out; never the last administrator who can sign in."""
    here.write(lambda tx: delete_account(tx, name, _by(here), here.now))
    give(here, {"deleted": {"account": name}}, f"account {name} is deleted")


@command(app, "password", example="freeseat account password bill --password - < password.txt")
def password_(here: Here, name: Name, password: PasswordOption = None) -> None:
    """Set a password, lift locks, and sign the account out; without --password it is asked for twice."""
    if password is None and not is_terminal():
        raise InvalidValue("password", "", "give --password - and the password on standard input")
    owner = here.read(lambda tx: account_of(tx, name)).name
    text = _given(password)
    hashed = _hashed(here, owner, secret_typed(f"account {owner}") if text is None else text)
    here.write(lambda tx: set_password(tx, owner, hashed, _by(here), here.now))
    give(here, {"account": owner, "password_set": True}, f"account {owner} has a new password")


@command(app, "unlock", example="freeseat account unlock bill")
def unlock(here: Here, name: Name) -> None:
    """Lift all locks after wrong passwords."""
    lifted = here.write(lambda tx: unlock_account(tx, name, _by(here), here.now))
    give(here, {"account": name, "lifted": lifted}, f"account {name}: {lifted} locks lifted")


@command(app, "invite", example="freeseat account invite --role agent --user 2019")
def invite_(
    here: Here,
    role: Annotated[Role | None, typer.Option("--role", help="Role of a new account.", show_default=False)] = None,
    name: Annotated[
        str | None, typer.Option("--for", metavar="NAME", help="An account that is to get a new password.")
    ] = None,
    user: Annotated[str, typer.Option("--user", metavar="NUMBER", help="The person whom it belongs to.")] = "",
    queues: Queues = "",
    sites: Sites = "",
) -> None:
    """Make a one-time link: to a new account of a role, or for an account to a new password. It is shown this once."""
    if (role is None) == (name is None):
        raise InvalidValue("role", "", "give either --role, or --for and the name of an account")
    token = draw_token(here.randomness)

    def do(tx: Transaction) -> Invitation:
        if role is None:
            return invite_anew(tx, name or "", token, _by(here), here.now)
        user_id = user_of(tx, user).id if user else None
        return invite(
            tx, role, token, _by(here), here.now, queues=items(queues), sites=items(sites), user_id=user_id
        )  # fmt: skip

    made = here.write(do)
    from freeseat.bootstrap.first_run import web_address

    address = f"{web_address(here.settings)}/welcome/{token}"
    data = {"link": address, "role": made.role, "account": name, "expires_at": made.expires_at}
    give(here, data, f"{address}\nIt can be used once, until {clock(made.expires_at)} UTC, and is shown this once.")


def as_data(seen: AccountRow) -> dict[str, object]:
    """An account for programs; never its password."""
    account = seen.account
    return {
        "name": account.name,
        "role": account.role,
        "full_name": account.full_name,
        "email": account.email,
        "user": seen.user,
        "queues": account.queues,
        "sites": account.sites,
        "has_password": bool(account.password),
        "oidc_subject": account.oidc_subject,
        "language": account.language,
        "theme": account.theme,
        "enabled": account.enabled,
        "added_at": account.added_at,
        "signed_in_at": account.signed_in_at,
    }


def _by(here: Here) -> Principal:
    """Who has the machine may everything."""
    return Principal.authority(here.actor)


def _given(text: str | None) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if text == STDIN else text


def _hashed(here: Here, name: str, password: str) -> Hashed:
    from freeseat.store.hasher import Argon2Hasher

    return hash_password(Argon2Hasher(), here.read(lambda tx: tx.policy().sign_in), name, password)


def _changes(tx: Transaction, fields: dict[str, Any]) -> dict[str, Any]:
    """The given options as fields of an account."""
    changes = dict(fields)
    for name in ("queues", "sites"):
        if name in changes:
            changes[name] = items(changes[name])
    if "oidc_subject" in changes:
        changes["oidc_subject"] = changes["oidc_subject"] or None
    if "user" in changes:
        number = changes.pop("user")
        changes["user_id"] = user_of(tx, number).id if number else None
    return changes


def _give(here: Here, seen: AccountRow) -> None:
    account = seen.account
    fields = {
        "role": account.role.value,
        "full name": account.full_name,
        "e-mail": account.email,
        "person": seen.user,
        "queues": ", ".join(account.queues),
        "sites": ", ".join(account.sites),
        "password": "set" if account.password else "none",
        "OpenID": account.oidc_subject or "",
        "language": account.language,
        "theme": account.theme.value,
        "enabled": yes(account.enabled),
        "signed in": clock(account.signed_in_at) + " UTC" if account.signed_in_at else "never",
    }
    give(here, as_data(seen), Sheet(f"Account {account.name}", fields))


def _row(seen: AccountRow) -> tuple[str, ...]:
    account = seen.account
    ways = (["password"] if account.password else []) + (["OpenID"] if account.oidc_subject else [])
    return (
        account.name,
        account.role.value,
        account.full_name,
        seen.user,
        ", ".join(account.queues),
        ", ".join(account.sites),
        ", ".join(ways) or "nothing yet",
        clock(account.signed_in_at) or "never",
        yes(account.enabled),
    )
