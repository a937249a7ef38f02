"""This node as a command sees it: settings, database, who is acting, and whether the switch has followed."""

from __future__ import annotations

import os
import pwd
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from random import Random
from secrets import SystemRandom
from typing import TYPE_CHECKING, TypeVar

from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal
from freeseat.cli.errors import Refused
from freeseat.domain.actors import Actor, Channel

if TYPE_CHECKING:
    from freeseat.settings import Settings
    from freeseat.store.database import Database

R = TypeVar("R")

SWITCH_SECONDS = 2.0
"""How long a command waits for the switch to carry what it has written."""


@dataclass
class Here:
    """What a command works with. Nothing is read or opened before it is asked for.

    `applied` after a write: True if this node's switch carries it, False if it doesn't yet, None if no node runs here.
    """

    config: Path | None = None
    as_json: bool = False
    applied: bool | None = None
    actor: Actor = field(default_factory=lambda: Actor(login_name(), socket.gethostname(), Channel.CLI))
    randomness: Random = field(default_factory=SystemRandom)
    closing: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def settings(self) -> Settings:
        """The settings, read once. Raises SettingsError."""
        from freeseat.settings import read_settings

        return read_settings(self.config)

    @cached_property
    def database(self) -> Database:
        """The database, opened as the node's user, so that its files stay his. Raises Unavailable, SettingsError."""
        from freeseat.bootstrap.database import opened_database
        from freeseat.bootstrap.privileges import become_user, make_directories

        make_directories(self.settings)
        become_user(self.settings)
        return self.closing.enter_context(opened_database(self.settings))

    @property
    def now(self) -> datetime:
        """The time."""
        return datetime.now(UTC)

    def read(self, question: Callable[[Transaction], R]) -> R:
        """Answer a question from one snapshot of the database."""
        return self.database.read(question)

    def write(self, use_case: Callable[[Transaction], R | Refusal]) -> R:
        """Carry out a use case, then wait until the switch has followed, at most SWITCH_SECONDS.

        Raises Refused if the rules refuse it; the attempt is written down all the same.
        """
        result, position = self.database.write(lambda tx: (use_case(tx), tx.events.last_position()))
        if isinstance(result, Refusal):
            raise Refused(result)
        self.follow(position)
        return result

    def follow(self, position: int | None = None) -> None:
        """Wait until the switch has followed up to a position, or up to now; at most SWITCH_SECONDS."""
        newest = self.read(lambda tx: tx.events.last_position()) if position is None else position
        self.applied = self._followed(newest)
        if self.applied is False:
            print("note: this holds, but the switch has not confirmed it yet", file=sys.stderr)

    def _followed(self, position: int) -> bool | None:
        import asyncio

        from freeseat.bootstrap.running import status
        from freeseat.edge.switch.applied import wait_applied

        runtime_dir = self.settings.runtime_dir
        if status(runtime_dir) is None:
            return None
        return asyncio.run(wait_applied(runtime_dir, position, SWITCH_SECONDS))


def login_name() -> str:
    """Who logged in at this terminal, also through sudo; where there is none, whose process this is."""
    try:
        return os.getlogin()
    except OSError:
        return pwd.getpwuid(os.getuid()).pw_name
