"""`watchers.sqlite`: the subscriptions Kamailio has accepted, in the schema of its presence module.

Kamailio writes it (a timer, every WRITTEN_SECONDS) and reads it at its start, so that watchers outlive it. We read from
it what is watched at all.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

NAME = "watchers.sqlite"
WRITTEN_SECONDS = 5
_AHEAD = 1000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS version (table_name VARCHAR(32) PRIMARY KEY NOT NULL, table_version INTEGER NOT NULL);
INSERT OR IGNORE INTO version VALUES ('presentity', 5), ('active_watchers', 12), ('watchers', 3);
CREATE TABLE IF NOT EXISTS presentity (
    id INTEGER PRIMARY KEY NOT NULL,
    username VARCHAR(64) NOT NULL,
    domain VARCHAR(64) NOT NULL,
    event VARCHAR(64) NOT NULL,
    etag VARCHAR(128) NOT NULL,
    expires INTEGER NOT NULL,
    received_time INTEGER NOT NULL,
    body BLOB NOT NULL,
    sender VARCHAR(255) NOT NULL,
    priority INTEGER DEFAULT 0 NOT NULL,
    ruid VARCHAR(64) UNIQUE,
    UNIQUE (username, domain, event, etag)
);
CREATE TABLE IF NOT EXISTS active_watchers (
    id INTEGER PRIMARY KEY NOT NULL,
    presentity_uri VARCHAR(255) NOT NULL,
    watcher_username VARCHAR(64) NOT NULL,
    watcher_domain VARCHAR(64) NOT NULL,
    to_user VARCHAR(64) NOT NULL,
    to_domain VARCHAR(64) NOT NULL,
    event VARCHAR(64) NOT NULL,
    event_id VARCHAR(64),
    to_tag VARCHAR(128) NOT NULL,
    from_tag VARCHAR(128) NOT NULL,
    callid VARCHAR(255) NOT NULL,
    local_cseq INTEGER NOT NULL,
    remote_cseq INTEGER NOT NULL,
    contact VARCHAR(255) NOT NULL,
    record_route TEXT,
    expires INTEGER NOT NULL,
    status INTEGER DEFAULT 2 NOT NULL,
    reason VARCHAR(64),
    version INTEGER DEFAULT 0 NOT NULL,
    socket_info VARCHAR(64) NOT NULL,
    local_contact VARCHAR(255) NOT NULL,
    from_user VARCHAR(64) NOT NULL,
    from_domain VARCHAR(64) NOT NULL,
    updated INTEGER NOT NULL,
    updated_winfo INTEGER NOT NULL,
    flags INTEGER DEFAULT 0 NOT NULL,
    user_agent VARCHAR(255) DEFAULT '',
    UNIQUE (callid, to_tag, from_tag)
);
CREATE INDEX IF NOT EXISTS active_watchers_expires ON active_watchers (expires);
CREATE TABLE IF NOT EXISTS watchers (
    id INTEGER PRIMARY KEY NOT NULL,
    presentity_uri VARCHAR(255) NOT NULL,
    watcher_username VARCHAR(64) NOT NULL,
    watcher_domain VARCHAR(64) NOT NULL,
    event VARCHAR(64) NOT NULL,
    status INTEGER NOT NULL,
    reason VARCHAR(64),
    inserted_time INTEGER NOT NULL,
    UNIQUE (presentity_uri, watcher_username, watcher_domain, event)
);
"""


def create(path: Path) -> None:
    """Make an empty file at `path` unless there is one. Raises sqlite3.Error where it is no such database."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")  # we read while Kamailio writes
        database.executescript(_SCHEMA)


def advance(path: Path) -> int:
    """Before Kamailio starts: move what it counts in each subscription well ahead; gives how many there are.

    The last seconds before it died are not in the file, and a watcher rejects a NOTIFY with a CSeq that it has seen
    (RFC 3261 12.2.2) and passes over a document with a version that it has seen (RFC 4235 4.1). Raises sqlite3.Error.
    """
    with closing(sqlite3.connect(path)) as database, database:
        return database.execute(
            "UPDATE active_watchers SET local_cseq = local_cseq + ?, version = version + ?", (_AHEAD, _AHEAD)
        ).rowcount


def stamp(path: Path) -> tuple[int, ...]:
    """A word for the state of the file: another one after Kamailio has written. Raises OSError."""
    log = path.with_name(path.name + "-wal")
    return tuple(each.stat().st_mtime_ns for each in (path, log) if each.exists())


def watched(path: Path, now: float) -> frozenset[tuple[str, str]]:
    """What is watched at `now` (unix time): event package and user part of the presentity. Raises sqlite3.Error."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        rows = database.execute(
            "SELECT DISTINCT event, presentity_uri FROM active_watchers WHERE expires > ?", (int(now),)
        )
        return frozenset((event, uri.partition(":")[2].partition("@")[0]) for event, uri in rows)
