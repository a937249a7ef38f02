"""Who may what (R10.1): roles, the permissions they carry, and the sphere within which these hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an account is; the value is stable."""

    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    READ_ONLY = "read_only"
    API_CLIENT = "api_client"
    """A program with a token, never an account that signs in."""


class Permission(StrEnum):
    """One thing that somebody may do; the scopes of tokens are these too. The value is stable."""

    DIRECTORY_READ = "directory:read"
    DIRECTORY_WRITE = "directory:write"
    DESKS_READ = "desks:read"
    DESKS_WRITE = "desks:write"
    """Log in and out on somebody's behalf (R2.5)."""
    QUEUES_READ = "queues:read"
    QUEUES_WRITE = "queues:write"
    """Queue login, queue logout and pause of members."""
    CALLS_READ = "calls:read"
    AUDIT_READ = "audit:read"
    REPORTS_READ = "reports:read"
    SETTINGS_READ = "settings:read"
    SETTINGS_WRITE = "settings:write"
    """Classes of service, policy, trunks, codes, webhooks."""
    ACCOUNTS_WRITE = "accounts:write"


EVERYTHING = frozenset(Permission)
_SUPERVISOR = frozenset(
    {
        Permission.DIRECTORY_READ,
        Permission.DESKS_READ,
        Permission.DESKS_WRITE,
        Permission.QUEUES_READ,
        Permission.QUEUES_WRITE,
        Permission.CALLS_READ,
        Permission.REPORTS_READ,
    }
)
_OF_ROLE = {
    Role.ADMINISTRATOR: EVERYTHING,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.AGENT: frozenset[Permission](),
    Role.READ_ONLY: frozenset(each for each in Permission if each.value.endswith(":read")),
    Role.API_CLIENT: EVERYTHING,
}


def permissions_of(role: Role) -> frozenset[Permission]:
    """What a role may do; an API client at most, its token's scopes say what of it.

    An agent has none of these: his own page is his by being himself.
    """
    return _OF_ROLE[role]


@dataclass(frozen=True, slots=True)
class Sphere:
    """The queues (by number) and sites within which permissions hold; None = all of them.

    What belongs to no queue or no site lies only within an unbounded sphere.
    """

    queues: frozenset[str] | None = None
    sites: frozenset[str] | None = None

    @classmethod
    def of(cls, queues: Iterable[str], sites: Iterable[str]) -> Sphere:
        """Just these queues and sites; none named means none."""
        return cls(frozenset(queues), frozenset(sites))

    @property
    def unbounded(self) -> bool:
        """Whether it holds everything."""
        return self.queues is None and self.sites is None

    def covers_queue(self, number: str) -> bool:
        """Whether a queue lies within."""
        return self.queues is None or number in self.queues

    def covers_site(self, site: str) -> bool:
        """Whether a site lies within."""
        return self.sites is None or site in self.sites

    def covers(self, other: Sphere) -> bool:
        """Whether a whole other sphere lies within."""
        return _holds(self.queues, other.queues) and _holds(self.sites, other.sites)


def sphere_of(role: Role, queues: Iterable[str], sites: Iterable[str]) -> Sphere:
    """The sphere of an account or a token with these queues and sites.

    An administrator's is everything, a supervisor's just what is named (R10.1), an agent's nothing. Who only reads, and
    a program, are bounded by what is named, and by nothing if nothing is.
    """
    queues, sites = tuple(queues), tuple(sites)
    match role:
        case Role.ADMINISTRATOR:
            return Sphere()
        case Role.AGENT:
            return Sphere.of((), ())
        case Role.SUPERVISOR:
            return Sphere.of(queues, sites)
        case Role.READ_ONLY | Role.API_CLIENT:
            return Sphere.of(queues, sites) if queues or sites else Sphere()


def _holds(outer: frozenset[str] | None, inner: frozenset[str] | None) -> bool:
    return outer is None or (inner is not None and inner <= outer)
