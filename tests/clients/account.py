"""How a phone registers, and what it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Transport = Literal["udp", "tcp", "tls"]


@dataclass(frozen=True)
class Account:
    """How a phone registers. ``server`` is IP address and port; ``expires`` in seconds.

    ``auth_user`` is the digest user name where it differs from ``user``. An empty ``password`` is sent as empty.
    """

    user: str
    password: str
    server: tuple[str, int]
    transport: Transport = "udp"
    expires: int = 500
    auth_user: str = ""
    display: str = ""

    @property
    def aor(self) -> str:
        """Address of record without parameters, by which baresip finds the account again."""
        return f"sip:{self.user}@{self.server[0]}:{self.server[1]}"

    def line(self, answer: str, *, register: bool = True) -> str:
        """The account in baresip's notation."""
        options = {
            "auth_user": self.auth_user or self.user,
            "auth_pass": self.password,
            "regint": str(self.expires if register else 0),
            "answermode": answer,
            "mwi": "no",
        }
        name = f'"{self.display}" ' if self.display else ""
        return f"{name}<{self.aor};transport={self.transport}>;" + ";".join(
            f"{key}={value}" for key, value in options.items()
        )


@dataclass(frozen=True)
class Answer:
    """Final answer to a request: status code (999: none came) and reason phrase."""

    code: int
    reason: str

    @classmethod
    def parse(cls, text: str) -> Answer:
        """Read ``403 Forbidden``; anything else is what baresip says when nobody answered."""
        code, _, reason = text.partition(" ")
        return cls(int(code), reason) if code.isdigit() else cls(999, text)
