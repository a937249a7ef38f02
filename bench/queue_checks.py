"""What is wrong with a load of queue calls: read from the feed and the rows, and from what the clients saw."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from freeseat.application.queues.offers import REST_SECONDS
from freeseat.application.queues.ports import OfferEnd, OfferRow, Outcome, QueueCall
from freeseat.domain.distribution import ReadyMember, distribute
from freeseat.domain.events import Event, Kind
from freeseat.domain.queues import Attendance, Readiness, Strategy, readiness

_EPOCH = re.compile(r"\b\d{10}\.\d+")


@dataclass(frozen=True)
class Told:
    """A line that a scenario logged: unix time, what, and its words."""

    at: float
    what: str
    words: tuple[str, ...]

    @classmethod
    def read(cls, lines: Iterable[str]) -> list[Told]:
        """Read log lines; others are passed over."""
        found = ((_EPOCH.search(line), line) for line in lines)
        split = ((float(at.group()), line[at.end() :].split()) for at, line in found if at)
        return [cls(at, words[0], tuple(words[1:])) for at, words in split if words]


def lost_or_twice(calls: Sequence[QueueCall], offers: Sequence[OfferRow], placed: int) -> Iterator[str]:
    """Callers who are missing, not over, not answered, or answered by two; members who talked to two at once."""
    if len(calls) != placed:
        yield f"{placed} callers, {len(calls)} in the database"
    for outcome, count in Counter(call.outcome for call in calls if call.outcome is not Outcome.ANSWERED).items():
        yield f"{count} callers ended as {outcome}"
    answers = Counter(offer.queue_call_id for offer in offers if offer.end is OfferEnd.ANSWERED)
    yield from (f"call {call.id} was answered {answers[call.id]} times" for call in calls if answers[call.id] != 1)
    yield from (f"offer {offer.id} is still open" for offer in offers if offer.ended_at is None)
    talks = sorted((c.user_id or 0, c.answered_at, c.ended_at, c.id) for c in calls if c.answered_at and c.ended_at)
    for (one, _, end, first), (other, begin, _, second) in pairwise(talks):
        if one == other and begin < end:
            yield f"member {one} had calls {first} and {second} at once"


def seen_by_clients(callers: Sequence[Told], agents: Sequence[Told], placed: int) -> Iterator[str]:
    """Callers who were not joined exactly once, or with somebody who talks to another caller as well."""
    joined = [(told.words[0], told.words[1].rpartition("-")[2]) for told in callers if told.what == "joined"]
    if len({call for call, _ in joined}) != placed:
        yield f"{placed} callers, {len({call for call, _ in joined})} of them joined"
    yield from (f"caller {call} was joined {n} times" for call, n in Counter(c for c, _ in joined).items() if n > 1)
    yield from (f"answer {talk} was given {n} callers" for talk, n in Counter(t for _, t in joined).items() if n > 1)
    answered = {told.words[0] for told in agents if told.what == "over"}
    yield from (f"answer {talk} is none of an agent's" for _, talk in joined if talk not in answered)


class Replay:
    """Follows the feed and checks each offer: it is for the oldest caller, and for whom the strategy puts first."""

    def __init__(self, strategy: Strategy, priorities: dict[str, tuple[int, int]]) -> None:
        self._strategy, self._members = strategy, priorities
        self._states = {user: Attendance(0, 0, ids[0]) for user, ids in priorities.items()}
        self._offered: set[str] = set()
        self._talking: set[str] = set()
        self._waiting: dict[int, datetime] = {}
        self.checked = 0

    def wrong(self, events: Iterable[Event]) -> Iterator[str]:
        """Offers that do not follow the strategy."""
        for event in events:
            call, user = event.data.get("call"), event.user
            match event.kind:
                case Kind.QUEUE_LOGGED_IN:
                    self._states[user] = self._states[user].logging_in(event.at)
                case Kind.QUEUE_CALL_ENTERED if isinstance(call, int):
                    self._waiting[call] = event.at
                case Kind.QUEUE_CALL_OFFERED if isinstance(call, int):
                    yield from self._offer(event, call, user)
                case Kind.QUEUE_CALL_MISSED:
                    rest = REST_SECONDS[OfferEnd(str(event.data["end"]))]
                    self._offered.discard(user)
                    self._states[user] = self._states[user].resting(event.at, rest)
                    if isinstance(call, int):
                        self._waiting[call] = event.at
                case Kind.QUEUE_CALL_ANSWERED:
                    self._offered.discard(user)
                    self._talking.add(user)
                    self._states[user] = self._states[user].answering()
                case Kind.QUEUE_CALL_ENDED if isinstance(call, int):
                    self._waiting.pop(call, None)
                    if user:
                        self._talking.discard(user)
                        self._states[user] = self._states[user].call_over(event.at, 0)
                case _:
                    pass

    def _offer(self, event: Event, call: int, user: str) -> Iterator[str]:
        self.checked += 1
        ready = [
            ReadyMember(*self._members[name], replace(state))
            for name, state in self._states.items()
            if self._is_ready(name, event.at)
        ]
        first = distribute(self._strategy, [call], ready)
        expected = first[0].user_ids if first else ()
        if self._members[user][0] not in expected:
            yield f"offer {event.data['offer']} went to {user}, whose turn it was not"
        oldest = min(self._waiting, key=lambda each: (self._waiting[each], each))
        if call != oldest:
            yield f"offer {event.data['offer']} was for call {call}, before {oldest}"
        self._waiting.pop(call, None)
        self._offered.add(user)
        self._states[user] = self._states[user].offered(event.at)

    def _is_ready(self, user: str, now: datetime) -> bool:
        state = readiness(
            self._states[user], at_desk=True, reachable=True, on_call=user in self._talking,
            offered=user in self._offered, now=now,
        )  # fmt: skip
        return state is Readiness.READY


def delays(callers: Sequence[Told], agents: Sequence[Told]) -> tuple[list[float], list[float]]:
    """Milliseconds from an agent's last call's end at his phone: until it rings again, and until he hears the next one.

    The second ends with the re-INVITE by which the caller gets the agent's media.
    """
    joined = {told.words[1].rpartition("-")[2]: told.at for told in callers if told.what == "joined"}
    phone_of: dict[str, str] = {}
    free_since: dict[str, float] = {}
    rings: list[float] = []
    talks: list[float] = []
    for told in sorted(agents, key=lambda each: each.at):
        if told.what == "rung":
            number, phone = told.words[0], told.words[1]
            phone_of[number] = phone
            if phone in free_since:
                since = free_since.pop(phone)
                rings.append(1000 * (told.at - since))
                if number in joined:
                    talks.append(1000 * (joined[number] - since))
        elif told.what == "over":
            free_since[phone_of[told.words[0]]] = told.at
    return rings, talks
