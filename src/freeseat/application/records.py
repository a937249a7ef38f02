"""What Kamailio told of bindings and calls, as it is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Binding:
    """A registered SIP Contact of an AoR, as Kamailio told it. Times are unix seconds; `granted` is in seconds."""

    id: int
    aor: str
    contact: str
    node: str
    at: float
    expires: int
    granted: int
    received: str = ""
    path: str = ""
    socket: str = ""
    call_id: str = ""
    cseq: int = 0
    instance: str = ""
    user_agent: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call (R4.5). `caller` and `called` are numbers, the `phone`s AoRs; times are unix seconds."""

    id: int
    node: str
    call_id: str
    started_at: float
    caller: str = ""
    caller_phone: str = ""
    dialled: str = ""
    called: str = ""
    called_phone: str = ""
    kind: str = ""
    queue: str = ""
    answered_at: float | None = None
    ended_at: float | None = None
    code: int = 0
    cause: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """A call was answered at an AoR."""

    node: str
    call_id: str
    at: float
    phone: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call ended, or never came about: SIP code, and the cause in words."""

    node: str
    call_id: str
    at: float
    code: int
    cause: str
