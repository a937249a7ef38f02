"""An administrator who has signed in to the portal."""

from __future__ import annotations

import secrets
from datetime import datetime

from freeseat.application.accounts.directory import add_account
from freeseat.application.accounts.passwords import hash_password
from freeseat.application.accounts.principal import Principal
from freeseat.application.accounts.signing_in import SignedIn, sign_in
from freeseat.domain.accounts import Account
from freeseat.domain.actors import Actor
from freeseat.domain.permissions import Role
from freeseat.domain.signing_in import SignInRules
from freeseat.store.database import Database
from freeseat.store.hasher import Argon2Hasher

_PASSWORD = "bench of the pages"


def administrators_cookie(database: Database, now: datetime) -> str:
    """Add the account *root* and sign it in; gives the `Cookie` header of its browser. Raises RuntimeError."""
    hasher = Argon2Hasher(passes=1, memory_kib=8, lanes=1)
    hashed = hash_password(hasher, SignInRules(), "root", _PASSWORD).value
    by = Principal.authority(Actor.system())
    database.write(lambda tx: add_account(tx, Account(0, "root", Role.ADMINISTRATOR, hashed), by, now))
    token = secrets.token_urlsafe(32)
    if not isinstance(sign_in(database, hasher, "root", _PASSWORD, token, "127.0.0.1", now), SignedIn):
        raise RuntimeError("the administrator was not signed in")
    return f"__Host-freeseat={token}"
