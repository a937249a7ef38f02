"""Hints on PostgreSQL: NOTIFY and LISTEN, so that other nodes get them too."""

from __future__ import annotations

import asyncio

import psycopg
from sqlalchemy import make_url

_CHANNEL = "freeseat"


class NotifyHint:
    """PostgreSQL's NOTIFY on a connection of its own, remade when it was lost."""

    def __init__(self, url: str) -> None:
        self._url = _libpq(url)
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None

    def give(self) -> None:
        """Notify; a lost connection is remade at the next one, since followers look by themselves anyway."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=3)
            self._connection.execute(f"NOTIFY {_CHANNEL}")
        except psycopg.Error:
            self._connection = None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()


class NotifyListener:
    """LISTEN on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = _libpq(url)
        self._connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None

    async def wait(self, seconds: float) -> bool:
        """Wait for a hint, at most that long; True if there was one. Without a database: waits, False."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=3)
                await self._connection.execute(f"LISTEN {_CHANNEL}")
            async for _ in self._connection.notifies(timeout=seconds, stop_after=1):
                return True
        except psycopg.Error:
            self._connection = None
            await asyncio.sleep(seconds)
        return False

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            await self._connection.close()


def _libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
