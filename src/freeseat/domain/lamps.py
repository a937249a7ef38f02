"""What a lamp shows: users and phones (R8.1), queue keys (R5.3), waiting messages (R3.6). Pure; docs/lamps.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from freeseat.domain.queues import QueueVerb


class Package(StrEnum):
    """Event packages that can be subscribed to."""

    DIALOG = "dialog"
    """RFC 4235: lamps of users, phones and queue keys."""
    MESSAGES = "message-summary"
    """RFC 3842: waiting messages."""
    REGISTRATION = "reg"
    """RFC 3680: bindings."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """Something that can be watched: a package, and the user part of the presentity.

    `name` is the number of a user or phone; a queue's code seen from a phone is `<code>.<number of the phone>`, because
    the same key shows something else on each phone.
    """

    package: str
    name: str

    @property
    def code(self) -> str:
        """The queue's code, empty where this is no queue key."""
        head, dot, _ = self.name.partition(".")
        return head if dot else ""

    @property
    def number(self) -> str:
        """The number it is about: of the user or phone, or of the phone that watches a queue key."""
        return self.name.rpartition(".")[2]


class Phase(StrEnum):
    """Where a call stands at one of its ends."""

    CALLING = "calling"
    RINGING = "ringing"
    TALKING = "talking"


class State(StrEnum):
    """What the lamp of a user or phone says, in one word."""

    LOGGED_OUT = "logged-out"
    IDLE = "idle"
    RINGING = "ringing"
    CALLING = "calling"
    TALKING = "talking"


class QueueState(StrEnum):
    """What a queue key says to the phone it is on."""

    NOBODY = "nobody"
    """Nobody is logged in there, or he is no member."""
    LOGGED_OUT = "queue-logged-out"
    PARTLY = "queue-partly"
    """Logged in to some of his queues; only the key of all queues says so."""
    PAUSED = "queue-paused"
    UNREGISTERED = "queue-unregistered"
    """Logged in, but he cannot be reached: he gets no calls (R5.6)."""
    LOGGED_IN = "queue-logged-in"


class LoggedOutLamp(StrEnum):
    """How plain phones show that somebody is logged out. They know no such state, so it has to look like another."""

    HELD = "held"
    """Like a call on hold: most phones blink slowly."""
    BUSY = "busy"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Dialog:
    """A call as one of its ends sees it. `id` is the Call-ID."""

    id: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that is under way.

    `caller` is the user who calls (or empty), `caller_phone` and `phone` are AoRs: where it comes from, and where it
    was answered. `called` is the number of the user or phone that was called. `rung` are AoRs known to ring; where it
    is not known which ring, all places of the called do.
    """

    id: str
    at: float
    caller: str
    caller_phone: str
    called: str
    phone: str = ""
    answered: bool = False
    rung: frozenset[str] = frozenset()

    @property
    def numbers(self) -> frozenset[str]:
        """Every number whose lamp this call may change."""
        return frozenset({self.caller, self.caller_phone, self.called, self.phone, *self.rung}) - {""}


@dataclass(frozen=True, slots=True)
class Seat:
    """A user with the AoRs where he can be reached, or a phone (its own AoR) with who is there.

    `people` are the users that calls to these places may be for.
    """

    places: tuple[str, ...]
    people: tuple[str, ...]
    logged_in: bool
    is_user: bool

    @property
    def numbers(self) -> frozenset[str]:
        """Every number whose calls this lamp shows."""
        return frozenset((*self.places, *self.people))


def dialogs(seat: Seat, calls: Iterable[LiveCall]) -> tuple[Dialog, ...]:
    """The calls a lamp shows, oldest first."""
    found = ((call, phase) for call in calls if (phase := _phase(seat, call)) is not None)
    return tuple(Dialog(call.id, phase) for call, phase in sorted(found, key=lambda pair: pair[0].at))


def _phase(seat: Seat, call: LiveCall) -> Phase | None:
    """A user's calls are those at his places, and those he makes: he may leave his desk while he speaks.

    A call from no phone is voice's, on behalf of somebody who is in a call with it anyhow.
    """
    if call.caller_phone and (call.caller_phone in seat.places or (seat.is_user and call.caller in seat.people)):
        return Phase.TALKING if call.answered else Phase.CALLING
    if call.answered:
        return Phase.TALKING if call.phone in seat.places else None
    if call.rung:
        return Phase.RINGING if call.rung & set(seat.places) else None
    return Phase.RINGING if call.called in (*seat.places, *seat.people) else None


def state(seat: Seat, shown: Sequence[Dialog]) -> State:
    """A lamp in one word: who talks is talking, whatever else rings; a call outlives the login (R2.13)."""
    for phase in (Phase.TALKING, Phase.CALLING, Phase.RINGING):
        if any(dialog.phase is phase for dialog in shown):
            return State(phase.value)
    return State.IDLE if seat.logged_in else State.LOGGED_OUT


def queue_state(states: Sequence[QueueState]) -> QueueState:
    """The key of all queues: logged in only if he is everywhere, and then as good as his worst queue."""
    if not states:
        return QueueState.NOBODY
    if all(each is QueueState.LOGGED_OUT for each in states):
        return QueueState.LOGGED_OUT
    if any(each is QueueState.LOGGED_OUT for each in states):
        return QueueState.PARTLY
    order = (QueueState.UNREGISTERED, QueueState.PAUSED, QueueState.LOGGED_IN)
    return min(states, key=order.index)


def is_lit(verb: QueueVerb, shown: QueueState) -> bool:
    """Whether a queue key is lit: toggle and log-in keys while logged in, the log-out key while logged out."""
    if shown is QueueState.NOBODY:
        return False
    return (shown is QueueState.LOGGED_OUT) == (verb is QueueVerb.LOG_OUT)
