"""What changes how queues and desks look, as interests of the feed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from freeseat.application.ports import Transaction
from freeseat.application.workplaces.place import Place
from freeseat.domain.directory import User
from freeseat.domain.queues import Queue
from freeseat.domain.workplaces import Desk, OwnDesk
from freeseat.edge.web.live.fragments import call_at

QUEUES = frozenset({"kind:queue_added", "kind:queue_changed", "kind:queue_deleted"})
_PHONES = frozenset({"kind:phone_added", "kind:phone_changed", "kind:phone_deleted"})


def of_queues(tx: Transaction, queues: Sequence[Queue], now: datetime) -> tuple[frozenset[str], datetime | None]:
    """What changes callers and members of queues, and when time alone does: the end of the next wrap-up.

    A member's state depends on all his calls, desks and registrations, and on his calls in other queues (R5.6).
    """
    ids = [queue.id for queue in queues]
    members = {member.user_id for member in tx.members.among("queue_id", ids)}
    users = tx.users.among("id", members)
    places = {login.place for login in tx.logins.among("user_id", members, ended_at=None)}
    places |= {phone.number for phone in tx.phones.among("owner_id", members, enabled=True)}
    offers = tx.offers.among("user_id", members, ended_at=None)
    offering = tx.queues.among("id", {offer.queue_id for offer in offers})
    keys = {f"queue:{queue.number}" for queue in (*queues, *offering)} | {f"user:{user.number}" for user in users}
    keys |= {f"phone:{place}" for place in places} | {call_at(place) for place in places}
    return frozenset(keys), next_end(tx, ids, now)


def next_end(tx: Transaction, queue_ids: Iterable[int], now: datetime) -> datetime | None:
    """When the next wrap-up in queues ends."""
    ends = (each.wrap_up_until for each in tx.attendances.among("queue_id", queue_ids))
    return min((end for end in ends if end is not None and end > now), default=None)


def of_desk(tx: Transaction, desk: Desk, place: Place | None, user: User | None) -> frozenset[str]:
    """What changes whose a desk is, and how he stands there, but for what his queues' other members do."""
    keys = {"kind:workplace_changed", "kind:queue_changed", "kind:queue_deleted"}
    if isinstance(desk, OwnDesk):
        person = tx.users.get(id=desk.user_id)
        keys |= {f"user:{person.number}", "kind:user_deleted"} if person is not None else set()
    else:
        if desk.address:
            keys.add(f"source:{desk.address}")
            keys |= {f"phone:{binding.aor}" for binding in tx.bindings.list(source=desk.address)}
        if desk.mac:
            keys |= _PHONES
        if desk.phone_number:
            keys |= {f"phone:{desk.phone_number}", "kind:phone_added"}
    if place is not None:
        aors = {place.aor, *([place.phone.number] if place.phone is not None else [])}
        keys |= {f"phone:{aor}" for aor in aors} | {call_at(aor) for aor in aors}
    if user is not None:
        keys |= {f"user:{user.number}", call_at(user.number)}
    return frozenset(keys)
