"""A crowd: a process of its own with several threads, in which many people want few phones at once.

    python -m tests.store.crowd URL NUMBER COUNT

It writes one line for everything it was told had been done: `login user place position`. Such a line is an
acknowledgement, after which nothing may be lost, even if this process is killed with the next instruction.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from freeseat.application.log_in import LoggedIn, LogIn, Registration, log_in
from freeseat.application.log_out import log_out
from freeseat.application.proving import Authority, DigestProof, PinProof
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.desk_login import Method
from freeseat.domain.errors import Unavailable
from freeseat.store.database import Database
from tests.application.office import ADMIN, PIN
from tests.store.databases import open_database

THREADS = 4
MOVE = [f"20{n:02}" for n in range(20)]
DENY = [f"21{n:02}" for n in range(5)]
SEVERAL = [f"22{n:02}" for n in range(5)]
PHONES = [f"30{n:02}" for n in range(5)]


def wish(draw: random.Random, name: str) -> LogIn:
    """Somebody wants to sit somewhere: mostly at one of the phones, sometimes registering as himself."""
    user = draw.choice(MOVE + DENY + SEVERAL)
    if draw.random() < 0.2:
        registration = Registration(f"{name}@crowd", f"sip:{user}@127.0.0.1")
        proof = DigestProof(right=True, fingerprint=name)
        return LogIn(user, None, proof, Method.REGISTER, Actor(user, "127.0.0.1", Channel.REGISTER), registration)
    return LogIn(user, draw.choice(PHONES), PinProof(PIN), Method.MENU, Actor(user, "127.0.0.1", Channel.VOICE))


def take_part(database: Database, name: str, count: int) -> None:
    """Log in and out, at random but the same each time, and acknowledge what was done."""
    draw = random.Random(name)
    for n in range(count):
        try:
            if draw.random() < 0.15:
                phone = draw.choice(PHONES)
                database.write(lambda tx, p=phone: log_out(tx, p, Authority(), ADMIN, datetime.now(UTC)))  # type: ignore[misc]
                continue
            wanted = wish(draw, f"{name}-{n}")
            done = database.write(lambda tx, w=wanted: log_in(tx, w, datetime.now(UTC)))  # type: ignore[misc]
        except Unavailable as error:
            os.write(2, f"{error}\n".encode())
            continue
        if isinstance(done, LoggedIn):
            line = f"{done.login.id} {done.user.number} {done.login.place} {done.position}\n"
            os.write(1, line.encode())


def main(arguments: Sequence[str]) -> None:
    """Take part with several threads over one database object."""
    url, name, count = arguments
    database = open_database(url)
    with ThreadPoolExecutor(THREADS) as pool:
        taking_part = [pool.submit(take_part, database, f"{name}.{thread}", int(count)) for thread in range(THREADS)]
    for each in taking_part:
        each.result()
    database.close()


if __name__ == "__main__":
    main(sys.argv[1:])
