"""What the use cases of pages and webhooks need from the store: a part of `ports.Transaction`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from freeseat.application.rows import Rows
from freeseat.domain.boards import Board, DayCounts
from freeseat.domain.call_wishes import CallWish
from freeseat.domain.permissions import Sphere
from freeseat.domain.plans import FloorPlan, Placement, PlanImage
from freeseat.domain.webhooks import Delivery, Webhook, WebhookProgress
from freeseat.domain.workplaces import OpenPage, SavedSettings, Workplace


class QueueCounts(Protocol):
    """What became of callers, counted by the database."""

    def since(self, queue_ids: Iterable[int], since: datetime, within_seconds: int) -> Mapping[int, DayCounts]:
        """Of each queue's callers who entered since then; `within_seconds` is the service level's bound."""
        ...

    def now(self, sphere: Sphere) -> tuple[int, int]:
        """How many callers wait and how many members are logged in, in all queues of a sphere together."""
        ...


class Tallies(Protocol):
    """Plain counts for metrics: one statement each."""

    def logins(self) -> Mapping[str, int]:
        """Open desk logins by method."""
        ...

    def bindings(self) -> Mapping[str, int]:
        """Live bindings by node."""
        ...

    def open_calls(self) -> Mapping[str, int]:
        """Calls that are under way, by kind."""
        ...

    def refusals(self, after: int) -> tuple[int, Mapping[str, int]]:
        """Refusals behind a position of the feed by reason, and the position counted up to."""
        ...

    def followers(self) -> Mapping[str, str]:
        """Where each follower stands, in its own words."""
        ...


class CallState(NamedTuple):
    """A call that is under way, as far as pages go by it: both sides' AoRs, the number called, since when they talk."""

    id: int
    caller_phone: str
    called_phone: str
    called: str
    answered_at: float | None


class CallsUnderWay(Protocol):
    """Calls that have not ended, looked at several times a second: nothing more is read of them than is needed."""

    def states(self) -> Sequence[CallState]:
        """All of them."""
        ...

    def count(self) -> int:
        """How many there are."""
        ...


class Pages(Protocol):
    """Reading the directory page by page, by number."""

    def user_numbers(self, after: str, limit: int) -> Sequence[str]:
        """The next numbers of enabled users behind one."""
        ...

    def phone_numbers(self, after: str, limit: int) -> Sequence[str]:
        """The next numbers of phones behind one."""
        ...


class Sweeping(Protocol):
    """What the timers look for."""

    def closed_pages(self, until: datetime) -> Sequence[OpenPage]:
        """The pages that count as stopped by then."""
        ...

    def wishes_done(self, before: datetime) -> int:
        """How many wishes of pages were done before then."""
        ...

    def forget_wishes(self, done_before: datetime) -> None:
        """Delete them."""
        ...


class Deliveries(Protocol):
    """The log of webhooks' deliveries."""

    def keep(self, webhook_id: int, newest: int) -> None:
        """Forget all but the newest of a hook."""
        ...

    def newest(self, webhook_id: int, limit: int) -> Sequence[Delivery]:
        """The newest of a hook, newest first."""
        ...


class PageRows(Protocol):
    """The repositories behind workplaces, boards, floor plans and webhooks."""

    @property
    def workplaces(self) -> Rows[Workplace]: ...  # noqa: D102
    @property
    def desk_settings(self) -> Rows[SavedSettings]: ...  # noqa: D102
    @property
    def open_pages(self) -> Rows[OpenPage]: ...  # noqa: D102
    @property
    def wishes(self) -> Rows[CallWish]: ...  # noqa: D102
    @property
    def sweeping(self) -> Sweeping: ...  # noqa: D102
    @property
    def boards(self) -> Rows[Board]: ...  # noqa: D102
    @property
    def queue_counts(self) -> QueueCounts: ...  # noqa: D102
    @property
    def plans(self) -> Rows[FloorPlan]: ...  # noqa: D102
    @property
    def plan_images(self) -> Rows[PlanImage]: ...  # noqa: D102
    @property
    def placements(self) -> Rows[Placement]: ...  # noqa: D102
    @property
    def webhooks(self) -> Rows[Webhook]: ...  # noqa: D102
    @property
    def webhook_progress(self) -> Rows[WebhookProgress]: ...  # noqa: D102
    @property
    def deliveries(self) -> Rows[Delivery]: ...  # noqa: D102
    @property
    def delivery_log(self) -> Deliveries: ...  # noqa: D102
    @property
    def numbers(self) -> Pages: ...  # noqa: D102
    @property
    def calls_under_way(self) -> CallsUnderWay: ...  # noqa: D102
    @property
    def tallies(self) -> Tallies: ...  # noqa: D102
