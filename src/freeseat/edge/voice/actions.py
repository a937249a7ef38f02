"""What a voice menu asks of the rest of the system: implemented over the use cases, called from the runner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from freeseat.domain.menus import Answer
from freeseat.domain.queues import QueueVerb

__all__ = ["Answer", "CallContext", "VoiceActions"]


@dataclass(frozen=True, slots=True)
class CallContext:
    """Who calls and what he dialled, from the `X-Freeseat-*` headers (docs/switch-contract.md).

    `phone` is the AoR the call came from, `user` its occupant or empty, `code` the feature code's name, `digits` what
    was dialled after it, `source` the IP address of the phone, `language` such as `de`, `call_id` the SIP Call-ID.
    """

    phone: str
    user: str
    code: str
    digits: str
    source: str
    language: str
    call_id: str


class VoiceActions(Protocol):
    """The operations behind the menus. Each gives an Answer; a refusal is an Answer, never an exception.

    Refusals carry the words of `freeseat.domain.reasons.Reason`, or `weak_pin` (the policy refuses a new PIN),
    `not_found` (no such extension; spoken as if it existed) or `unavailable`. An exception is logged with its
    traceback and spoken as `unavailable`. PINs are plain strings here: keep them out of logs.
    """

    async def verify(self, call: CallContext, extension: str, pin: str) -> Answer:
        """Check extension, PIN and every rule of a login at `call.phone`; changes nothing but the attempt count."""

    async def log_in(self, call: CallContext, extension: str, pin: str) -> Answer:
        """Commit the login just verified, without counting the PIN a second time; gives who owns the phone now."""

    async def occupant(self, call: CallContext) -> Answer:
        """Who is logged in at `call.phone`; refused with `not_logged_in` if nobody is."""

    async def log_out(self, call: CallContext, pin: str) -> Answer:
        """Log out the occupant of `call.phone` if the PIN is his; gives who left."""

    async def remote_log_out(self, call: CallContext, extension: str) -> Answer:
        """Log out that extension wherever it is (R2.10); `pending` if it waits for a call to end."""

    async def locate(self, call: CallContext, extension: str) -> Answer:
        """Where that extension is logged in (R2.11)."""

    async def change_pin(self, call: CallContext, old: str, new: str) -> Answer:
        """Change the PIN of the occupant of `call.phone` (R1.8)."""

    async def take_part(self, call: CallContext, verb: QueueVerb, queue: str) -> Answer:
        """The person at `call.phone` dialled the code of a queue, or with `queue` empty of all his queues (R5.1)."""

    async def identify(self, call: CallContext, extension: str, pin: str) -> Answer:
        """Who calls from outside, if he may log in there or is logged in outside already (R2.6)."""

    async def be_reached_at(self, call: CallContext, extension: str, pin: str, choice: str) -> Answer:
        """Log the person just identified in at an outside number, or out: see FROM_HERE and NOWHERE.

        `call.digits` is the number that calls. Gives where he is reached (`outside`), or that he left.
        """
