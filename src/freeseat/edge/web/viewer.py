"""Who looks at a page: an account, a workplace, or the link of a wallboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Credential(Protocol):
    """What entitles a viewer. Viewers with the same `shared_key` may see the same, so that it is rendered once."""

    @property
    def shared_key(self) -> str:
        """Equal exactly where the same may be seen."""
        ...


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody looking: by which credential, in which language and theme (`auto`, `light` or `dark`)."""

    credential: Credential
    language: str = "en"
    theme: str = "auto"

    @property
    def key(self) -> tuple[str, str]:
        """Viewers with the same key see the same text."""
        return self.credential.shared_key, self.language


@dataclass(frozen=True, slots=True)
class Nobody:
    """Who has not signed in."""

    @property
    def shared_key(self) -> str:
        """All of them see the same."""
        return ""
