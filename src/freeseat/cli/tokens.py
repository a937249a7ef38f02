"""`freeseat token`: what programs use the REST API by (R10.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from freeseat.application.accounts.principal import Principal
from freeseat.application.accounts.tokens import add_token, revoke_token
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, give
from freeseat.cli.values import clock, items, seconds_of
from freeseat.domain.accounts import ApiToken
from freeseat.domain.drawing import draw_api_token
from freeseat.domain.errors import InvalidValue
from freeseat.domain.permissions import Permission

app = noun("Tokens of programs: what each may do, and until when.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the program.")]


@command(app, "add", example="freeseat token add dashboard --scopes queues:read,calls:read --expires 90d")
def add(
    here: Here,
    name: Name,
    scopes: Annotated[
        str, typer.Option("--scopes", metavar="LIST", help="What it may do, with commas; all: everything.")
    ],
    queues: Annotated[
        str, typer.Option("--queues", metavar="LIST", help="Only these queues, by number, with commas.")
    ] = "",
    sites: Annotated[str, typer.Option("--sites", metavar="LIST", help="Only these sites, with commas.")] = "",
    expires: Annotated[
        str, typer.Option("--expires", metavar="TIME", help="How long it holds, such as 90d; never.")
    ] = "never",
) -> None:
    """Give a program a token. It is shown this once."""
    seconds, now = seconds_of("expires", expires), here.now
    end = None if seconds is None else now + timedelta(seconds=seconds)
    wanted = ApiToken(0, name, "", "", _scopes(scopes), items(queues), items(sites), expires_at=end)
    secret = draw_api_token(here.randomness)
    added = here.write(lambda tx: add_token(tx, wanted, secret, Principal.authority(here.actor), now))
    words = (
        f"{secret}\nThis is the token of {added.name}: it is shown this once. Send it as: Authorization: Bearer TOKEN"
    )
    give(here, as_data(added) | {"token": secret}, words)


@command(app, "list", example="freeseat token list")
def list_(
    here: Here, every: Annotated[bool, typer.Option("--all", help="Also those that are revoked.")] = False
) -> None:
    """List the tokens, by their beginning; the rest of them is known to the programs only."""
    tokens = [each for each in here.read(lambda tx: tx.tokens.list()) if every or each.revoked_at is None]
    heads = ("name", "begins with", "may", "queues", "sites", "by", "until (UTC)", "last used (UTC)", "revoked (UTC)")
    empty = "No tokens; give one to a program: freeseat token add --help"
    give(here, [as_data(each) for each in tokens], Listing(heads, [_row(each) for each in tokens], empty))


@command(app, "revoke", example="freeseat token revoke dashboard")
def revoke(here: Here, name: Name) -> None:
    """Take a token away, at once and for good."""
    here.write(lambda tx: revoke_token(tx, name, Principal.authority(here.actor), here.now))
    give(here, {"revoked": {"token": name}}, f"the token of {name} opens nothing any more")


def as_data(token: ApiToken) -> dict[str, object]:
    """A token for programs; never the secret itself."""
    return {
        "name": token.name,
        "prefix": token.prefix,
        "scopes": sorted(token.scopes),
        "queues": token.queues,
        "sites": token.sites,
        "added_at": token.added_at,
        "added_by": token.added_by,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    }


def _scopes(text: str) -> frozenset[Permission]:
    """Scopes as typed. Raises InvalidValue."""
    if text.strip() == "all":
        return frozenset(Permission)
    for each in items(text):
        if each not in [*Permission]:
            raise InvalidValue("scopes", each, f"use all, or some of {', '.join(Permission)}")
    return frozenset(Permission(each) for each in items(text))


def _row(token: ApiToken) -> tuple[str, ...]:
    return (
        token.name,
        token.prefix,
        "everything" if token.scopes == frozenset(Permission) else ", ".join(sorted(token.scopes)),
        ", ".join(token.queues) or ("none" if token.sites else "all"),
        ", ".join(token.sites) or ("none" if token.queues else "all"),
        token.added_by,
        clock(token.expires_at) or "never",
        clock(token.last_used_at) or "never",
        clock(token.revoked_at),
    )
