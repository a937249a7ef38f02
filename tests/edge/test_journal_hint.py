"""Nobody looks at the journal for nothing: Kamailio hints that it has written (docs/switch-contract.md)."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from pathlib import Path

from freeseat.edge.switch.journal_hint import NAME, JournalHint


def tell(directory: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as sender:
        sender.sendto(b"", str(directory / NAME))


def test_a_hint_that_came_before_is_not_missed_and_many_count_as_one_once_forgotten(tmp_path: Path) -> None:
    async def scene() -> None:
        with closing(JournalHint(tmp_path)) as hint:
            tell(tmp_path)
            tell(tmp_path)
            assert await hint.wait(5)
            hint.forget()
            assert not await hint.wait(0.01)
            tell(tmp_path)
            assert await hint.wait(5)

    asyncio.run(scene())


def test_the_socket_of_a_process_that_was_killed_is_taken_over(tmp_path: Path) -> None:
    async def scene() -> None:
        left = JournalHint(tmp_path)
        with closing(JournalHint(tmp_path)) as hint:
            tell(tmp_path)
            assert await hint.wait(5)
        assert not (tmp_path / NAME).exists()
        left._socket.close()

    asyncio.run(scene())
