"""What the use cases need from the outside, as Protocols. `freeseat.store` implements them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Protocol, TypeVar

from freeseat.application.accounts.ports import AccountRows
from freeseat.application.listing import Listing
from freeseat.application.pages import PageRows
from freeseat.application.queues.ports import OfferRow, QueueCall, QueueStates, Waiting
from freeseat.application.records import Binding as Binding
from freeseat.application.records import CallAnswered as CallAnswered
from freeseat.application.records import CallEnded as CallEnded
from freeseat.application.records import CallRecord as CallRecord
from freeseat.application.reports.ports import History
from freeseat.application.rows import Rows as Rows
from freeseat.domain.desk_login import DeskLogin, EndReason
from freeseat.domain.directory import ClassOfService, FeatureCode, Phone, Schedule, TrustedNetwork, User
from freeseat.domain.events import Event
from freeseat.domain.mailbox import Mailbox
from freeseat.domain.numbering import Claim
from freeseat.domain.policy import Policy
from freeseat.domain.queues import Attendance, Queue, QueueMember
from freeseat.domain.trunks import InboundNumber, Trunk

T = TypeVar("T")


class Vault(Protocol):
    """Seals PINs and SIP secrets with a key that is not in the database (R7: hoteling and digest need them back)."""

    def seal(self, secret: str) -> bytes:
        """Encrypt; the same secret gives another ciphertext each time. The empty secret gives b''."""
        ...

    def open(self, sealed: bytes) -> str:
        """Decrypt; b'' gives ''. Raises Unavailable if the key is not the one it was sealed with."""
        ...


class Logins(Rows[DeskLogin], Protocol):
    """The desk logins. The database holds: one open login a phone; one open exclusive login a user."""

    def at_phone(self, phone_id: int) -> DeskLogin | None:
        """The open login at a phone."""
        ...

    def of_user(self, user_id: int) -> tuple[DeskLogin, ...]:
        """The open logins of a user, oldest first."""
        ...

    def open(self) -> Sequence[DeskLogin]:
        """All open logins, oldest first."""
        ...

    def pending(self) -> Sequence[DeskLogin]:
        """The open logins whose end waits for a call."""
        ...

    def older_than(self, class_id: int, started: datetime) -> Sequence[DeskLogin]:
        """The open logins of users of that class which started before then."""
        ...

    def idle_since(self, class_id: int, since: datetime) -> Sequence[DeskLogin]:
        """Those of them at whose place no call was under way since then."""
        ...

    def last_ended(self, user_id: int) -> DeskLogin | None:
        """The login of a user that ended last; None if none ever did."""
        ...

    def registration_ended(self, user_id: int, call_id: str) -> EndReason | None:
        """Why the newest login by a REGISTER of this Call-ID has ended; None if there was none, or one is open."""
        ...


class Claims(Protocol):
    """Every dialable string with its owner (R1.5)."""

    def add(self, claim: Claim) -> None:
        """Claim a string. Raises Clash, naming both owners, if any other claim clashes with it."""
        ...

    def release(self, owner: str) -> None:
        """Give up all strings of an owner."""
        ...

    def is_free(self, claim: Claim) -> bool:
        """Whether no other claim clashes with it."""
        ...

    def taken_by(self, claim: Claim) -> str:
        """The owner of a claim that clashes with it, and that one's string if it is another; '' if it is free."""
        ...


class Failures(Protocol):
    """Wrong PIN attempts and locks, per pair of number and source (R2.15), shared by all channels and nodes."""

    def locked_until(self, number: str, source: str) -> datetime | None:
        """When the pair's newest lock ends (perhaps in the past); None if never locked."""
        ...

    def add(self, number: str, source: str, fingerprint: str, at: datetime) -> bool:
        """Remember a failure. False if this very fingerprint (unless empty) is known for the pair already."""
        ...

    def times(self, number: str, source: str) -> list[datetime]:
        """When the pair failed, oldest first."""
        ...

    def clear(self, number: str, source: str) -> None:
        """Forget the pair's failures (not its lock)."""
        ...

    def lock(self, number: str, source: str, until: datetime) -> None:
        """Lock the pair and forget its failures."""
        ...

    def locks(self, number: str, now: datetime) -> list[tuple[str, datetime]]:
        """The sources for which a number is locked now, and until when."""
        ...

    def unlock(self, number: str) -> int:
        """Forget all locks and failures of a number; gives how many locks there were."""
        ...

    def any_before(self, before: datetime) -> bool:
        """Whether `forget` would find anything."""
        ...

    def forget(self, before: datetime) -> None:
        """Sweep failures older than this, and locks that ended before it."""
        ...


class Calls(Rows[CallRecord], Protocol):
    """Call records; one is open until its end was seen."""

    def record(
        self, started: Sequence[CallRecord], answered: Sequence[CallAnswered], ended: Sequence[CallEnded]
    ) -> None:
        """Write many at once, in this order; what is known already is left as it is.

        An end that was only assumed (domain.calls) gives way to an answer or end that is told now.
        """
        ...

    def open_at(self, aors: Iterable[str]) -> bool:
        """Whether a call is under way at one of these AoRs, as caller, or as called and answered."""
        ...

    def open_since_before(self, at: float) -> list[CallRecord]:
        """The open calls that started before then (unix seconds)."""
        ...

    def find(
        self, *, user: str = "", phone: str = "", since: float | None = None, going_on: bool = False, limit: int = 100
    ) -> list[CallRecord]:
        """The newest calls of a user or a phone, whether calling or called, since then (unix seconds), newest first.

        With `going_on` only those that are open.
        """
        ...

    def last_at(self, aors: Iterable[str]) -> float | None:
        """When the last call at one of these AoRs ended or, if open, now is (unix seconds of the newest sign of it)."""
        ...


class Events(Protocol):
    """The feed, which is the audit log too: rows are only added."""

    def append(self, event: Event) -> int:
        """Add an event to this transaction; gives its position (1, 2, ...; grows in commit order)."""
        ...

    def after(self, position: int, limit: int) -> list[Event]:
        """The next events behind a position, in order."""
        ...

    def last_position(self) -> int:
        """The newest position; 0 if there is none."""
        ...

    def find(
        self,
        *,
        user: str = "",
        phone: str = "",
        kinds: Iterable[str] = (),
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[Event]:
        """The newest events that fit, newest first."""
        ...


class Transaction(PageRows, AccountRows, Protocol):
    """One unit of work on the database; it commits as a whole or not at all."""

    @property
    def users(self) -> Rows[User]: ...  # noqa: D102
    @property
    def phones(self) -> Rows[Phone]: ...  # noqa: D102
    @property
    def classes(self) -> Rows[ClassOfService]: ...  # noqa: D102
    @property
    def trusted(self) -> Rows[TrustedNetwork]: ...  # noqa: D102
    @property
    def codes(self) -> Rows[FeatureCode]: ...  # noqa: D102
    @property
    def schedules(self) -> Rows[Schedule]: ...  # noqa: D102
    @property
    def logins(self) -> Logins: ...  # noqa: D102
    @property
    def bindings(self) -> Rows[Binding]: ...  # noqa: D102
    @property
    def calls(self) -> Calls: ...  # noqa: D102
    @property
    def claims(self) -> Claims: ...  # noqa: D102
    @property
    def failures(self) -> Failures: ...  # noqa: D102
    @property
    def events(self) -> Events: ...  # noqa: D102
    @property
    def mailboxes(self) -> Rows[Mailbox]: ...  # noqa: D102
    @property
    def trunks(self) -> Rows[Trunk]: ...  # noqa: D102
    @property
    def inbound(self) -> Rows[InboundNumber]: ...  # noqa: D102
    @property
    def queues(self) -> Rows[Queue]: ...  # noqa: D102
    @property
    def members(self) -> Rows[QueueMember]: ...  # noqa: D102
    @property
    def attendances(self) -> Rows[Attendance]: ...  # noqa: D102
    @property
    def queue_calls(self) -> Rows[QueueCall]: ...  # noqa: D102
    @property
    def offers(self) -> Rows[OfferRow]: ...  # noqa: D102
    @property
    def waiting(self) -> Waiting: ...  # noqa: D102
    @property
    def queue_states(self) -> QueueStates: ...  # noqa: D102
    @property
    def listing(self) -> Listing: ...  # noqa: D102
    @property
    def history(self) -> History: ...  # noqa: D102
    @property
    def vault(self) -> Vault: ...  # noqa: D102

    def policy(self) -> Policy:
        """The administrator's policy as it stands."""
        ...

    def set_policy(self, policy: Policy) -> None:
        """Replace the policy."""
        ...

    def followed(self, follower: str) -> str:
        """Where a follower or reader stands (its own text); '' at the beginning."""
        ...

    def set_followed(self, follower: str, position: str) -> None:
        """Remember where a follower or reader stands, in this transaction."""
        ...


R = TypeVar("R")


class Database(Protocol):
    """The one door to the database, as edges see it."""

    def submit(self, use_case: Callable[[Transaction], R], *, durable: bool = True) -> Future[R]:
        """Run a use case; the future has its result once it is committed. Its exception may be any FreeseatError.

        Without `durable` a loss of power may undo the commit: for what can be read again from elsewhere.
        """
        ...

    def read(self, question: Callable[[Transaction], R]) -> R:
        """Answer a question, waiting for it. Raises Unavailable."""
        ...


class Listener(Protocol):
    """Tells a follower that there is something new in the feed."""

    async def wait(self, seconds: float) -> bool:
        """Wait for a hint, at most that long; True if there was one."""
        ...
