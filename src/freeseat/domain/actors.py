"""Who does something, from where, by which channel: written into every event (R10.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """The way a wish reached us."""

    VOICE = "voice"
    REGISTER = "register"
    HOTELING = "hoteling"
    WEB = "web"
    API = "api"
    CLI = "cli"
    TIMER = "timer"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody acting: who (a number or an account), the source (IP address or host) and the channel."""

    who: str
    source: str
    channel: Channel

    @classmethod
    def system(cls) -> Actor:
        """Freeseat itself, acting on what it observed."""
        return cls("freeseat", "", Channel.SYSTEM)
