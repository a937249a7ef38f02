"""Some days that have passed at an office: who sat where, what the queues had to do, who called whom."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from freeseat.application.directory.users import user_of
from freeseat.application.log_in import LogIn, log_in
from freeseat.application.log_out import log_out
from freeseat.application.ports import CallAnswered, CallEnded, CallRecord, Transaction
from freeseat.application.proving import Authority, PinProof
from freeseat.application.queues.attendance import queue_of
from freeseat.application.queues.ports import OfferEnd, OfferRow, Outcome, QueueCall, WaitState
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.desk_login import Method
from tests.acceptance.office import ADMINISTRATOR, Office

_NODE = "past"


def write_past(
    office: Office,
    seats: Sequence[tuple[str, str]],
    members: Mapping[str, Sequence[str]],
    callers: Sequence[str],
    days: int,
    calls: int,
) -> None:
    """Write down so many whole days before today, the same ones each time; who sits is by `seats`: user, phone.

    Every queue had so many calls a day, and so many went from desk to desk. Of today's there is what is over.
    """
    dice = random.Random(4)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(days, 0, -1):
        day = today - timedelta(days=back)
        office.write(partial(_day_at_desks, seats=seats, day=day, dice=dice))
        office.write(partial(_day_of_refusals, seats=seats, day=day, dice=dice))
        office.write(partial(_day_of_queues, members=members, callers=callers, day=day, calls=calls, dice=dice))
        office.write(partial(_day_of_calls, seats=seats, day=day, calls=calls, dice=dice))
    office.write(
        partial(_day_of_queues, members=members, callers=callers, day=today, calls=calls, dice=random.Random(5))
    )


def _day_at_desks(tx: Transaction, seats: Sequence[tuple[str, str]], day: datetime, dice: random.Random) -> None:
    phones = [phone for _, phone in seats]
    dice.shuffle(phones)
    for (user, _), phone in zip(seats, phones, strict=True):
        if dice.random() < 0.15:
            continue
        came = day + timedelta(hours=7, minutes=dice.randrange(150))
        log_in(tx, LogIn(user, phone, Authority(), Method.CLI, ADMINISTRATOR), came)
        log_out(tx, phone, Authority(), ADMINISTRATOR, came + timedelta(hours=8, minutes=dice.randrange(60)))


def _day_of_refusals(tx: Transaction, seats: Sequence[tuple[str, str]], day: datetime, dice: random.Random) -> None:
    """Some mistype their PIN once or twice, and somebody tries a number that is nobody's."""
    for user, phone in (*dice.sample(list(seats), 2), ("2100", seats[0][1])):
        actor = Actor(phone, "10.20.0.31", Channel.VOICE)
        for attempt in range(dice.randrange(1, 3)):
            at = day + timedelta(hours=7, minutes=dice.randrange(150), seconds=20 * attempt)
            log_in(tx, LogIn(user, phone, PinProof(f"98{attempt}7"), Method.MENU, actor), at)


def _day_of_queues(
    tx: Transaction,
    members: Mapping[str, Sequence[str]],
    callers: Sequence[str],
    day: datetime,
    calls: int,
    dice: random.Random,
) -> None:
    for queue, users in members.items():
        for index in range(calls):
            came = day + timedelta(hours=7, seconds=dice.randrange(9 * 3600))
            waited = timedelta(seconds=dice.expovariate(1 / 9))
            call_id = f"{queue}-{day:%Y%m%d}-{index}"
            abandoned = dice.random() < 0.12
            user = user_of(tx, dice.choice(users))
            end = came + waited + timedelta(seconds=0 if abandoned else dice.randrange(40, 480))
            if end > datetime.now(UTC):
                continue
            call = QueueCall(
                0, queue_of(tx, queue).id, _NODE, call_id, dice.choice(callers), "", came, WaitState.ENDED,
                None if abandoned else user.id, None if abandoned else came + waited, end,
                Outcome.ABANDONED if abandoned else Outcome.ANSWERED,
            )  # fmt: skip
            added = tx.queue_calls.add(call)
            ended = OfferEnd.MISSED if abandoned else OfferEnd.ANSWERED
            tx.offers.add(OfferRow(0, added.id, call.queue_id, user.id, came, came + waited, ended))


def _day_of_calls(
    tx: Transaction, seats: Sequence[tuple[str, str]], day: datetime, calls: int, dice: random.Random
) -> None:
    started, answered, ended = [], [], []
    for index in range(calls):
        (caller, phone), (called, other) = dice.sample(list(seats), 2)
        at, call_id = (day + timedelta(hours=7, seconds=dice.randrange(9 * 3600))).timestamp(), f"{day:%Y%m%d}-{index}"
        started.append(CallRecord(0, _NODE, call_id, at, caller, phone, called, called, other, "internal"))
        if dice.random() < 0.8:
            answered.append(CallAnswered(_NODE, call_id, at + dice.randrange(3, 20), other))
            ended.append(CallEnded(_NODE, call_id, at + dice.randrange(30, 600), 200, "hung up"))
        else:
            ended.append(CallEnded(_NODE, call_id, at + 30, 408, "no answer"))
    tx.calls.record(started, answered, ended)
