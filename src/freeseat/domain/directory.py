"""The directory: users, phones, classes of service, trusted networks, feature codes, schedules (R1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Right(StrEnum):
    """What may be called. Emergency numbers need no right (R4.7)."""

    FEATURES = "features"
    INTERNAL = "internal"
    NATIONAL = "national"
    INTERNATIONAL = "international"


class Elsewhere(StrEnum):
    """What a user gets who logs in while logged in elsewhere (R2.8)."""

    MOVE = "move"
    DENY = "deny"
    SEVERAL = "several"


class IdlePolicy(StrEnum):
    """What a shared phone may do with nobody logged in (R4.8), besides emergency calls."""

    FEATURES = "features"
    INTERNAL = "internal"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ClassOfService:
    """A named set of permissions and timers that users and phones point at (times in seconds; None = never)."""

    id: int
    name: str
    rights: frozenset[Right] = frozenset({Right.FEATURES, Right.INTERNAL})
    hot_desk_login_accept: bool = True
    remote_logout_accept: bool = True
    remote_logout_enabled: bool = False
    locate_enabled: bool = True
    elsewhere: Elsewhere = Elsewhere.MOVE
    max_login_seconds: int | None = None
    idle_logout_seconds: int | None = None
    unregistered_logout: bool = False
    high_security: bool = False
    queue_login_at_desk_login: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """A person with an extension number (R1.1). `pin` is sealed; only the vault opens it."""

    id: int
    number: str
    name: str
    class_id: int
    pin: bytes = b""
    pin_set_at: datetime | None = None
    email: str = ""
    department: str = ""
    location: str = ""
    language: str = "en"
    caller_number: str = ""
    caller_name: str = ""
    external_numbers: tuple[str, ...] = ()
    key_profile: str = ""
    primary_node: str = ""
    secondary_node: str = ""
    hot_desk_access: bool = False
    permanent_login: bool = False
    enabled: bool = True
    logged_out_to: str = "announce:user_logged_out"
    busy_to: str = ""
    no_answer_to: str = ""
    ring_seconds: int = 30
    group: str = ""


@dataclass(frozen=True, slots=True)
class Phone:
    """A physical or soft SIP device (R1.2). `secret` is sealed. A shared phone has no owner."""

    id: int
    number: str
    class_id: int
    secret: bytes = b""
    mac: str | None = None
    instance: str | None = None
    vendor: str = ""
    model: str = ""
    shared: bool = True
    owner_id: int | None = None
    default_owner_id: int | None = None
    template: str = ""
    site: str = ""
    location_id: str = ""
    language: str = "en"
    primary_node: str = ""
    secondary_node: str = ""
    idle_policy: IdlePolicy = IdlePolicy.FEATURES
    group: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class TrustedNetwork:
    """A CIDR range from which people may register as themselves (R2.2); an empty list admits nobody.

    `location_id` is the emergency location of devices there that are not known as phones.
    """

    id: int
    cidr: str
    description: str = ""
    location_id: str = ""


class Function(StrEnum):
    """What a feature code starts."""

    LOGIN = "login"
    LOGOUT = "logout"
    REMOTE_LOGOUT = "remote_logout"
    LOCATE = "locate"
    CHANGE_PIN = "change_pin"
    QUEUES = "queues"


@dataclass(frozen=True, slots=True)
class FeatureCode:
    """A dialled code that starts a function. More digits may follow the code itself."""

    function: Function
    code: str


DEFAULT_CODES = (
    FeatureCode(Function.LOGIN, "*45"),
    FeatureCode(Function.LOGOUT, "*46"),
    FeatureCode(Function.REMOTE_LOGOUT, "*33"),
    FeatureCode(Function.LOCATE, "*34"),
    FeatureCode(Function.CHANGE_PIN, "*47"),
    FeatureCode(Function.QUEUES, "900"),
)


class Scope(StrEnum):
    """Whom a scheduled logout concerns (R2.12)."""

    ALL = "all"
    INTERNAL = "internal"
    EXTERNAL = "external"
    SITE = "site"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A scheduled logout: cron-like times in a time zone, a scope and, for site and queue, whose."""

    id: int
    cron: str
    timezone: str = "UTC"
    scope: Scope = Scope.ALL
    scope_value: str = ""
    description: str = ""
    enabled: bool = True
    last_run: datetime | None = field(default=None)
