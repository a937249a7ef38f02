"""Workplaces: the page of a PC beside a phone, and what people like to see there (R6.1 to R6.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple

from freeseat.domain.checks import check_text, is_language, normal_mac
from freeseat.domain.errors import InvalidValue
from freeseat.domain.numbering import check_number

MOST_QUEUES = 50


class SettingsScope(StrEnum):
    """Whose the settings of a workplace's page are (R6.3)."""

    USER = "user"
    """They follow the user (classic)."""
    LOCAL = "local"
    """They stay at the workplace, one set a queue, so that one PC can show several boards."""


class Layout(StrEnum):
    """How several queues are shown."""

    COLUMNS = "columns"
    LIST = "list"
    WINDOWS = "windows"


class Theme(StrEnum):
    """Light or dark; auto = as the PC is."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class DeskKey(NamedTuple):
    """Names a desk: a workplace by its id, or somebody's own desk by the user's; the other is None."""

    workplace_id: int | None
    owner_id: int | None


@dataclass(frozen=True, slots=True)
class Workplace:
    """The page of a PC beside a phone: one profile, no set-up for each agent (R6.1).

    Its phone is found by `address` (the phone's IP address), else by `mac`, else by `phone_number`; what is empty is
    passed over. `queues` are the numbers of the queues it shows (empty: those of the occupant). `digest` is that of the
    token in the page's link, `login_digest` that of the token in the QR code, which only shows the login form.
    """

    id: int
    name: str
    phone_number: str = ""
    mac: str = ""
    address: str = ""
    queues: tuple[str, ...] = ()
    site: str = ""
    settings_scope: SettingsScope = SettingsScope.USER
    enabled: bool = True
    digest: str | None = None
    login_digest: str | None = None

    @property
    def key(self) -> DeskKey:
        """What its open pages are kept by."""
        return DeskKey(self.id, None)


@dataclass(frozen=True, slots=True)
class OwnDesk:
    """The page of somebody with an account, wherever he is: no PC beside a phone is named for it.

    `place` is the AoR of one of his desks; '' = where he logged in last, else the phone that is assigned to him.
    """

    user_id: int
    name: str
    place: str = ""

    @property
    def queues(self) -> tuple[str, ...]:
        """All of his."""
        return ()

    @property
    def settings_scope(self) -> SettingsScope:
        """They follow him."""
        return SettingsScope.USER

    @property
    def key(self) -> DeskKey:
        """What its open pages are kept by: all his own desks are one."""
        return DeskKey(None, self.user_id)


Desk = Workplace | OwnDesk
"""Whatever has the page of an agent client."""


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """How a page looks and what it does by itself. `queues` are shown in this order (empty: all of them).

    `language` '' = the user's own. With `log_in_at_start` its user is logged in to the shown queues when the agent
    client starts, with `log_out_at_stop` out of them when it stops (R5.5).
    """

    queues: tuple[str, ...] = ()
    layout: Layout = Layout.COLUMNS
    theme: Theme = Theme.AUTO
    language: str = ""
    sound: bool = True
    log_in_at_start: bool = False
    log_out_at_stop: bool = False


@dataclass(frozen=True, slots=True)
class SavedSettings:
    """Settings and whose they are: a user's, or a workplace's for one queue ('' = for its page as a whole)."""

    id: int
    user_id: int | None
    workplace_id: int | None
    queue: str
    settings: DeskSettings = field(default_factory=DeskSettings)


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page of a desk (see `DeskKey`) that is open. `page` is a random name it was given; `user_id` whose it is.

    `stops_at`: it was closed, and counts as stopped from then on unless it is back by then (it was only reloaded).
    """

    id: int
    workplace_id: int | None
    owner_id: int | None
    page: str
    user_id: int | None
    queue: str
    started_at: datetime
    stops_at: datetime | None = None

    @property
    def desk(self) -> DeskKey:
        """Whose page it is."""
        return DeskKey(self.workplace_id, self.owner_id)


_MAC = re.compile(r"[0-9a-f]{12}")
PAGE_LENGTH = 64


def check_workplace(workplace: Workplace) -> None:
    """A workplace's own fields. Raises InvalidValue."""
    check_text("name", workplace.name, required=True)
    check_text("site", workplace.site)
    if workplace.phone_number:
        check_number("phone_number", workplace.phone_number)
    if workplace.mac and not _MAC.fullmatch(workplace.mac):
        raise InvalidValue("mac", workplace.mac, "use 12 hexadecimal digits")
    if workplace.address:
        normal_address(workplace.address)
    if not (workplace.phone_number or workplace.mac or workplace.address):
        raise InvalidValue("phone", "", "name the phone by its IP address, MAC or number")
    check_queue_numbers(workplace.queues)


def check_queue_numbers(queues: tuple[str, ...]) -> None:
    """Numbers of queues that something shows: each once, not too many. Raises InvalidValue."""
    for each in queues:
        check_number("queues", each)
    if len(set(queues)) != len(queues):
        raise InvalidValue("queues", ", ".join(queues), "name each queue once")
    if len(queues) > MOST_QUEUES:
        raise InvalidValue("queues", f"{len(queues)} queues", f"name at most {MOST_QUEUES}")


def check_settings(settings: DeskSettings) -> None:
    """What somebody wants to have kept. Raises InvalidValue."""
    check_queue_numbers(settings.queues)
    if settings.language and not is_language(settings.language):
        raise InvalidValue("language", settings.language, "use a two-letter language code such as en or de, or nothing")


def normal_mac_or_none(text: str) -> str:
    """A MAC address as it is kept; '' stays empty."""
    return normal_mac(text) if text else ""


def normal_address(text: str) -> str:
    """An IP address as it is compared: IPv4 in IPv6 as IPv4, IPv6 in its short form; '' stays. Raises InvalidValue."""
    if not text:
        return ""
    try:
        address = ip_address(text.strip().strip("[]"))
    except ValueError:
        raise InvalidValue("address", text, "write an IP address like 192.0.2.7 or 2001:db8::7") from None
    if address.version == 6 and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)
