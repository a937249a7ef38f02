"""An office whose people have accounts; hashing is real, but cheap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from freeseat.application.accounts import directory, identity, invitations, passwords, signing_in, tokens
from freeseat.application.accounts.principal import Principal
from freeseat.application.accounts.refusal import SignInRefused
from freeseat.application.accounts.signing_in import OidcClaims, OidcRules, SignedIn
from freeseat.domain.accounts import API_TOKEN_MARK, Account, ApiToken, Invitation, SignInReason
from freeseat.domain.permissions import Permission, Role
from freeseat.store.hasher import Argon2Hasher
from tests.application.office import ADMIN, Office

PASSWORD = "correct horse battery"
HASHER = Argon2Hasher(passes=1, memory_kib=8, lanes=1)
ALMIGHTY = Principal.authority(ADMIN)
HERE, THERE = "10.0.0.1", "10.0.0.2"


class Reception:
    """Where people of an office sign in; `root` is an administrator. Tokens are counted up."""

    def __init__(self, office: Office, *, root: bool = True) -> None:
        self.office = office
        self._tokens = count(1)
        if root:
            self.add("root", Role.ADMINISTRATOR)

    def token(self) -> str:
        """A token as long as a real one."""
        return f"{next(self._tokens):043}"

    def add(self, name: str, role: Role, password: str | None = PASSWORD, **fields: Any) -> Account:
        """Enter an account."""
        hashed = passwords.hash_password(HASHER, self.rules, name, password).value if password else ""
        wanted = replace(Account(0, name, role, hashed), **fields)
        return self.office.write(lambda tx: directory.add_account(tx, wanted, ALMIGHTY, self.office.now))

    def change(self, name: str, by: Principal = ALMIGHTY, /, **changes: Any) -> Account:
        """Change fields of an account."""
        given: Mapping[str, Any] = changes
        return self.office.write(lambda tx: directory.change_account(tx, name, given, by, self.office.now))

    def delete(self, name: str, by: Principal = ALMIGHTY) -> None:
        """Delete an account."""
        self.office.write(lambda tx: directory.delete_account(tx, name, by, self.office.now))

    def account(self, name: str) -> Account:
        """An account as it is kept."""
        return self.office.read(lambda tx: directory.account_of(tx, name))

    @property
    def rules(self) -> Any:
        return self.office.read(lambda tx: tx.policy().sign_in)

    def try_sign_in(
        self, name: str, password: str = PASSWORD, source: str = HERE, token: str = ""
    ) -> SignedIn | SignInRefused:
        """Somebody wants to sign in."""
        given = token or self.token()
        return signing_in.sign_in(self.office.database, HASHER, name, password, given, source, self.office.now)

    def sign_in(self, name: str, password: str = PASSWORD, source: str = HERE) -> str:
        """Somebody signs in; his token."""
        token = self.token()
        done = self.try_sign_in(name, password, source, token)
        assert isinstance(done, SignedIn), done
        return token

    def refused(self, name: str, password: str = PASSWORD, source: str = HERE) -> SignInReason:
        """Somebody may not sign in."""
        done = self.try_sign_in(name, password, source)
        assert isinstance(done, SignInRefused), done
        return done.reason

    def oidc(self, rules: OidcRules | None = None, **claims: Any) -> SignedIn | SignInRefused:
        """An OpenID provider says who somebody is."""
        given = replace(OidcClaims("https://id.example", "4711"), **claims)
        use = rules or OidcRules()
        token = self.token()
        return self.office.write(
            lambda tx: signing_in.sign_in_by_oidc(tx, given, use, token, HERE, self.office.now)
        )  # fmt: skip

    def who(self, token: str, source: str = HERE) -> Principal | None:
        """Whose token of a cookie it is."""
        return identity.identify_sign_in(self.office.database, token, source, self.office.now)

    def here(self, token: str) -> Principal:
        """Likewise; there must be somebody."""
        found = self.who(token)
        assert found is not None
        return found

    def program(self, secret: str, source: str = HERE) -> Principal | None:
        """Which program has this token."""
        found = identity.identify_token(self.office.database, secret, source, self.office.now)
        self.settled()
        return found

    def settled(self) -> None:
        """Wait until what nobody waits for is written."""
        self.office.write(lambda tx: None)

    def sign_out(self, principal: Principal) -> None:
        """Somebody signs out."""
        self.office.write(lambda tx: signing_in.sign_out(tx, principal, self.office.now))

    def give(self, name: str, *scopes: Permission, by: Principal = ALMIGHTY, **fields: Any) -> str:
        """A program gets a token."""
        secret = API_TOKEN_MARK + self.token()
        wanted = replace(ApiToken(0, name, "", "", frozenset(scopes)), **fields)
        self.office.write(lambda tx: tokens.add_token(tx, wanted, secret, by, self.office.now))
        return secret

    def revoke(self, name: str, by: Principal = ALMIGHTY) -> None:
        """It is taken away."""
        self.office.write(lambda tx: tokens.revoke_token(tx, name, by, self.office.now))

    def invite(self, role: Role, by: Principal = ALMIGHTY, **bounds: Any) -> str:
        """A one-time link to a new account."""
        token = self.token()
        self.office.write(lambda tx: invitations.invite(tx, role, token, by, self.office.now, **bounds))
        return token

    def invite_anew(self, name: str, by: Principal = ALMIGHTY) -> str:
        """A one-time link to a new password."""
        token = self.token()
        self.office.write(lambda tx: invitations.invite_anew(tx, name, token, by, self.office.now))
        return token

    def first_run(self) -> tuple[str, Invitation | None]:
        """The link that a node prints at its first start."""
        token = self.token()
        return token, self.office.write(lambda tx: invitations.first_run(tx, token, self.office.now))

    def accept(self, token: str, name: str, password: str = PASSWORD) -> Account | SignInRefused:
        """Somebody opens a link, and fills in its form."""
        return invitations.accept_invitation(
            self.office.database, HASHER, token, name, password, HERE, self.office.now
        )  # fmt: skip

    def change_own_password(self, by: Principal, old: str, new: str) -> Account | SignInRefused:
        """Somebody changes his password."""
        return passwords.change_own_password(self.office.database, HASHER, by, old, new, self.office.now)

    def set_password(self, name: str, password: str, by: Principal = ALMIGHTY) -> None:
        """An administrator sets a password."""
        hashed = passwords.hash_password(HASHER, self.rules, name, password)
        self.office.write(lambda tx: passwords.set_password(tx, name, hashed, by, self.office.now))
