"""`bindings.sqlite`: the bindings Kamailio reads at its start, in the schema of its `location` table, version 9.

The table `uacreg` is there because Kamailio insists on one; registrations at trunks are told to it at run time.

Kept from the journal by the control plane; Kamailio itself never writes it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from freeseat.edge.switch.journal import Bound, Unbound

_SCHEMA = """
CREATE TABLE IF NOT EXISTS version (table_name VARCHAR(32) PRIMARY KEY NOT NULL, table_version INTEGER NOT NULL);
INSERT OR IGNORE INTO version VALUES ('location', 9);
INSERT OR IGNORE INTO version VALUES ('uacreg', 5);
CREATE TABLE IF NOT EXISTS location (
    id INTEGER PRIMARY KEY NOT NULL,
    ruid VARCHAR(64) NOT NULL UNIQUE,
    username VARCHAR(64) NOT NULL,
    domain VARCHAR(64) DEFAULT NULL,
    contact VARCHAR(512) NOT NULL,
    received VARCHAR(128) DEFAULT NULL,
    path VARCHAR(512) DEFAULT NULL,
    expires BIGINT NOT NULL,
    q REAL DEFAULT 1.0 NOT NULL,
    callid VARCHAR(255) NOT NULL,
    cseq INTEGER NOT NULL,
    last_modified BIGINT NOT NULL,
    flags INTEGER DEFAULT 0 NOT NULL,
    cflags INTEGER DEFAULT 0 NOT NULL,
    user_agent VARCHAR(255) DEFAULT '' NOT NULL,
    socket VARCHAR(64) DEFAULT NULL,
    methods INTEGER DEFAULT NULL,
    instance VARCHAR(255) DEFAULT NULL,
    reg_id INTEGER DEFAULT 0 NOT NULL,
    server_id INTEGER DEFAULT 0 NOT NULL,
    connection_id INTEGER DEFAULT -1 NOT NULL,
    keepalive INTEGER DEFAULT 0 NOT NULL,
    partition INTEGER DEFAULT 0 NOT NULL,
    granted INTEGER NOT NULL,
    UNIQUE (username, contact)
);
CREATE TABLE IF NOT EXISTS uacreg (
    l_uuid VARCHAR(64), l_username VARCHAR(64), l_domain VARCHAR(64), r_username VARCHAR(64), r_domain VARCHAR(64),
    realm VARCHAR(64), auth_username VARCHAR(64), auth_password VARCHAR(64), auth_ha1 VARCHAR(128),
    auth_proxy VARCHAR(255), expires INTEGER, flags INTEGER, reg_delay INTEGER, contact_addr VARCHAR(255),
    socket VARCHAR(128)
);
"""
_UPSERT = """
INSERT INTO location (ruid, username, contact, received, path, expires, callid, cseq, last_modified, cflags,
                      user_agent, socket, instance, granted)
VALUES (:ruid, :aor, :contact, :received, :path, :expires, :call_id, :cseq, :modified, :cflags,
        :user_agent, :socket, :instance, :granted)
ON CONFLICT (username, contact) DO UPDATE SET
    received = excluded.received, path = excluded.path, expires = excluded.expires, callid = excluded.callid,
    cseq = excluded.cseq, last_modified = excluded.last_modified, cflags = excluded.cflags,
    user_agent = excluded.user_agent, socket = excluded.socket, instance = excluded.instance,
    granted = excluded.granted
"""
_NAT_FLAG = 1 << 6  # branch flag 6 of kamailio.cfg: keep the hole in the NAT open; connections need none


def create(path: Path) -> None:
    """Make an empty file at `path` unless there is one. Raises sqlite3.Error where it is no such database."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(_SCHEMA)


class BindingsFile:
    """The file at `path`, opened for writing. Methods commit before they return; all raise sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        create(path)
        self._database = sqlite3.connect(path)
        self._database.execute("PRAGMA synchronous=OFF")  # it outlives processes; what needs more is in the database

    def contacts(self) -> frozenset[tuple[str, str]]:
        """Every binding as AoR and Contact URI."""
        return frozenset(self._database.execute("SELECT username, contact FROM location"))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def apply(self, lines: Iterable[object]) -> None:
        """Take over the bindings and their ends among the journal lines `lines`; others are passed over."""
        with self._database:
            for line in lines:
                if isinstance(line, Bound):
                    self._bind(line)
                elif isinstance(line, Unbound):
                    self._database.execute(
                        "DELETE FROM location WHERE username = ? AND contact = ?", (line.aor, line.contact)
                    )

    def renew(self, now: float) -> int:
        """Move the end of every binding to `now` (unix time) plus what was granted; gives how many there are.

        Called before Kamailio starts: renewals since the last journal line are not in this file.
        """
        with self._database:
            rows = self._database.execute("SELECT id, granted FROM location").fetchall()
            self._database.executemany(
                "UPDATE location SET expires = ? WHERE id = ?", [(int(now) + granted, id_) for id_, granted in rows]
            )
        return len(rows)

    def _bind(self, line: Bound) -> None:
        if line.instance:
            self._database.execute(
                "DELETE FROM location WHERE username = ? AND instance = ? AND contact <> ?",
                (line.aor, f"<{line.instance}>", line.contact),
            )
        # a ruid is unique and has Kamailio's form: prefix, server id, start time, counter
        self._database.execute(
            _UPSERT,
            {
                "ruid": f"uloc-0-{int(line.at):x}-{time.monotonic_ns():x}",
                "aor": line.aor,
                "contact": line.contact,
                "received": line.received or None,
                "path": line.path or None,
                "expires": line.expires,
                "call_id": line.call_id,
                "cseq": line.cseq,
                "modified": int(line.at),
                "cflags": _NAT_FLAG if line.received and "transport=t" not in line.received else 0,
                "user_agent": line.user_agent[:255],
                "socket": line.socket or None,
                "instance": f"<{line.instance}>" if line.instance else None,
                "granted": line.granted,
            },
        )
