"""What a desk's page shows live: the occupant's own part, his state at a queue, the queue as all members see it.

Of a queue with 50 agents callers and colleagues are rendered once, and each one's own state only when that changes.
"""

from __future__ import annotations

from datetime import datetime

from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import queue_of
from freeseat.application.queues.status import member_seen, queue_seen
from freeseat.application.workplaces.desk import shown_queues
from freeseat.application.workplaces.own import TOLD, own_seen
from freeseat.application.workplaces.place import occupant_at, place_of
from freeseat.domain.call_wishes import LIFE
from freeseat.domain.queues import Readiness
from freeseat.edge.web.desk.entrance import DeskCredential, look_of
from freeseat.edge.web.desk.words import PAUSES, READINESS, WISH_PROGRESS, WISH_REASONS
from freeseat.edge.web.live import interests
from freeseat.edge.web.live.fragments import Fragment, Params, Seen
from freeseat.edge.web.problems import NotSignedIn
from freeseat.edge.web.viewer import Viewer


def credential_of(viewer: Viewer) -> DeskCredential:
    """The credential of a desk's page. Raises NotSignedIn for anybody else."""
    if not isinstance(viewer.credential, DeskCredential):
        raise NotSignedIn("this is the page of a desk")
    return viewer.credential


def _own(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    credential = credential_of(viewer)
    seen = own_seen(tx, credential.desk(tx), now, params.get("queue", ""))
    user = seen.occupant.user if seen.occupant is not None else None
    keys = interests.of_desk(tx, seen.desk, seen.place, user)
    if seen.call is not None and seen.call.queue:
        keys |= {f"queue:{seen.call.queue}"}
    keys |= {f"queue:{each.queue.number}" for each in seen.queues if each.own.readiness is Readiness.OFFERED}
    wish = seen.wish
    again = None
    if wish is not None:
        again = wish.done_at + TOLD if wish.done_at is not None else wish.changed_at + LIFE[wish.state]
    context = {
        "seen": seen,
        "wish": wish,
        "look": look_of(seen.settings, user),
        "base": credential.base,
        "pauses": PAUSES,
        "wish_reasons": WISH_REASONS,
        "wish_progress": WISH_PROGRESS,
    }
    return Seen(context, keys, again)


def _who(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    desk = credential_of(viewer).desk(tx)
    place = place_of(tx, desk)
    user = occupant_at(tx, place) if place is not None else None
    phone = (place.phone.number if place.phone is not None else place.aor) if place is not None else ""
    who = {
        "workplace": desk.name,
        "user": user.number if user is not None else None,
        "name": user.name if user is not None else None,
        "phone": phone or None,
        "since": place.login.started_at.isoformat() if user and place and place.login else None,
        "queues": [queue.number for queue in shown_queues(tx, desk, user)] if user is not None else [],
    }
    return Seen({"who": who}, interests.of_desk(tx, desk, place, user))


def _mine(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    credential = credential_of(viewer)
    desk = credential.desk(tx)
    place = place_of(tx, desk)
    user = occupant_at(tx, place) if place is not None else None
    keys = interests.of_desk(tx, desk, place, user)
    number = params.get("queue", "")
    queue = next((each for each in shown_queues(tx, desk, user) if each.number == number), None) if user else None
    own = member_seen(tx, queue, user.number, now) if queue is not None and user is not None else None
    if own is not None and own.readiness is Readiness.OFFERED:
        keys |= {f"queue:{number}"}
    context = {
        "queue": queue,
        "own": own,
        "user": user,
        "base": credential.base,
        "readiness": READINESS,
        "pauses": PAUSES,
        "alone": "alone" in params,
    }
    again = own.wrap_up_until if own is not None and own.readiness is Readiness.WRAP_UP else None
    return Seen(context, keys, again)


def _queue(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    credential_of(viewer)
    queue = queue_of(tx, params.get("queue", ""))
    seen = queue_seen(tx, queue, now)
    keys, again = interests.of_queues(tx, [queue], now)
    return Seen({"seen": seen, "queue": queue, "readiness": READINESS}, keys, again)


def _same_for_all(viewer: Viewer) -> str:
    credential_of(viewer)
    return "desks"


OWN = Fragment("desk-own", "desk/parts/own.html", _own)
MINE = Fragment("desk-mine", "desk/parts/mine.html", _mine)
WHO = Fragment("desk-who", "desk/parts/who.json", _who)
QUEUE = Fragment("desk-queue", "desk/parts/queue.html", _queue, _same_for_all)
"""`desk/stream.py` lets a desk ask for its occupant's queues only."""

FRAGMENTS = (OWN, MINE, WHO, QUEUE)
