"""Log in: the one use case behind voice menu, REGISTER, hoteling, web, API and CLI (R2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from freeseat.application.ending import end_login
from freeseat.application.ports import Transaction
from freeseat.application.proving import Authority, Proof, Refusal, prove, refuse
from freeseat.application.queues.attendance import desk_login_began
from freeseat.domain.actors import Actor
from freeseat.domain.desk_login import DeskLogin, EndReason, Method, State
from freeseat.domain.directory import ClassOfService, Phone, User
from freeseat.domain.events import Event, Kind
from freeseat.domain.numbering import Claim
from freeseat.domain.policy import Denied, Granted, LoginFacts, decide_login, is_trusted, may_be_reached_at
from freeseat.domain.reasons import Reason
from freeseat.domain.trunks import OUTSIDE_PLACE, forms_of, routes


@dataclass(frozen=True, slots=True)
class Registration:
    """The REGISTER of somebody who registers as himself (R2.2): Call-ID, Contact URI, what may name the device.

    `devices` are instance ids and MAC addresses that the REGISTER shows. They are hints, which a liar can forge; they
    decide only which phone is meant, never who somebody is.
    """

    call_id: str
    contact: str
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LogIn:
    """The wish of `user` (a number) to occupy `phone` (a number), with a proof.

    With a `registration`, `phone` may be None: the device is then looked up, and may be unknown. With the method
    *external* there is no phone, and `outside` is the number where he wants to be reached (R2.6).
    """

    user: str
    phone: str | None
    proof: Proof
    method: Method
    actor: Actor
    registration: Registration | None = None
    outside: str = ""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A login that stands. `ended` are those that it ended; `position` is that of its last event."""

    login: DeskLogin
    user: User
    phone: Phone | None
    ended: tuple[DeskLogin, ...]
    position: int


def log_in(tx: Transaction, wish: LogIn, now: datetime) -> LoggedIn | Refusal:
    """Log a user in at a phone, ending whoever has to leave for it in the same transaction.

    Gives what changed, or a refusal that was written down. Raises Unavailable if the database cannot be reached.
    """
    if wish.method is Method.EXTERNAL and not wish.outside:
        return refuse(tx, Reason.OUTSIDE_NUMBER, wish.actor, now, user=wish.user)
    judged = judge_login(tx, wish, now)
    if isinstance(judged, Refusal):
        return judged
    user, phone, granted = judged.user, judged.phone, judged.granted
    ended = tuple(end_login(tx, login, why, wish.actor, now).login for login, why in granted.ends)
    if granted.already is not None:
        done = _go_on(tx, wish, granted.already, user, phone, ended, now)
        for each in ended:
            hand_back(tx, each, now)
        return done
    login = tx.logins.add(_new_login(tx, wish, user, phone, granted, now))
    data = {"method": login.method, "place": login.place, "login": login.id}
    tx.events.append(Event(now, Kind.LOGGED_IN, wish.actor, user.number, phone.number if phone else "", data))
    for each in ended:
        hand_back(tx, each, now)
    desk_login_began(tx, user, now, moved=any(each.user_id == user.id for each in ended))
    return LoggedIn(login, user, phone, ended, tx.events.last_position())


@dataclass(frozen=True, slots=True)
class Judged:
    """A wish that is proved and allowed, not yet carried out."""

    user: User
    phone: Phone | None
    granted: Granted


def judge_login(tx: Transaction, wish: LogIn, now: datetime) -> Judged | Refusal:
    """Prove and decide without logging in: the voice menu asks this before "press 2 to take ownership".

    With the method *external* the number outside may be missing yet.
    """
    phone = _phone_of(tx, wish)
    where = phone.number if phone else (wish.phone or "")
    if wish.registration is not None and is_trusted(wish.actor.source, tx.trusted.list()) is None:
        return refuse(
            tx, Reason.UNTRUSTED_NETWORK, wish.actor, now, user=wish.user, phone=where, detail=wish.actor.source
        )
    user = prove(tx, wish.user, wish.proof, wish.actor, now, phone=where)
    if isinstance(user, Refusal):
        return user
    if wish.registration is not None:
        if tx.vault.open(user.pin) == "":
            return refuse(tx, Reason.NO_PASSWORD, wish.actor, now, user=wish.user, phone=where)
        if _was_sent_away(tx, user, wish.registration.call_id):
            return refuse(tx, Reason.REGISTRATION_ENDED, wish.actor, now, user=wish.user, phone=where)
    facts = _facts(tx, wish, user, phone)
    if wish.outside and not _may_be_reached_at(tx, wish.outside, facts.user_class):
        return refuse(tx, Reason.OUTSIDE_NUMBER, wish.actor, now, user=wish.user, phone=where, detail=wish.outside[:32])
    decision = decide_login(facts)
    if isinstance(decision, Denied):
        return _denied(tx, wish, decision, where, now)
    return Judged(user, phone, decision)


def _was_sent_away(tx: Transaction, user: User, call_id: str) -> bool:
    """Whether the login of this registration has ended for good: a mere refresh must not take its user back.

    One that only expired (the network was away for long) goes on, unless the user sits elsewhere by now.
    """
    why = tx.logins.registration_ended(user.id, call_id)
    if why is EndReason.UNREGISTERED:
        return bool(tx.logins.of_user(user.id))
    return why is not None


def _phone_of(tx: Transaction, wish: LogIn) -> Phone | None:
    if wish.phone is not None:
        return tx.phones.get(number=wish.phone)
    for device in wish.registration.devices if wish.registration else ():
        phone = tx.phones.get(instance=device) or tx.phones.get(mac=device)
        if phone is not None:
            return phone
    return None


def _may_be_reached_at(tx: Transaction, number: str, user_class: ClassOfService) -> bool:
    """Whether calls may be sent on to an outside number: a trunk carries it, and it is nobody's here (R2.6)."""
    return (
        may_be_reached_at(tx.policy(), user_class.rights, number)
        and bool(routes(tx.trunks.list(), number))
        and tx.claims.is_free(Claim(number, ""))
        and not any(tx.inbound.get(number=form) for form in forms_of(number))
    )


def _facts(tx: Transaction, wish: LogIn, user: User, phone: Phone | None) -> LoginFacts:
    user_class = tx.classes.get(id=user.class_id)
    assert user_class is not None, "the database holds that every user has a class"
    return LoginFacts(
        user=user,
        user_class=user_class,
        owns_phone=tx.phones.get(owner_id=user.id) is not None if not user.hot_desk_access else False,
        phone=phone,
        phone_class=tx.classes.get(id=phone.class_id) if phone else None,
        at_phone=tx.logins.at_phone(phone.id) if phone else _login_outside(tx, wish),
        of_user=tx.logins.of_user(user.id),
        method=wish.method,
        call_id=wish.registration.call_id if wish.registration else "",
        outside=_place_outside(wish),
    )


def _place_outside(wish: LogIn) -> str:
    return OUTSIDE_PLACE + wish.outside if wish.outside else ""


def _login_outside(tx: Transaction, wish: LogIn) -> DeskLogin | None:
    """Who is logged in at that outside number now."""
    place = _place_outside(wish)
    found = tx.logins.list(place=place, ended_at=None) if place else []
    return found[0] if found else None


def _denied(tx: Transaction, wish: LogIn, denied: Denied, where: str, now: datetime) -> Refusal:
    detail = ""
    if denied.elsewhere is not None:
        place = denied.elsewhere
        detail = f"at {place.place} since {place.started_at:%Y-%m-%d %H:%M} UTC"
    return refuse(tx, denied.reason, wish.actor, now, user=wish.user, phone=where, detail=detail)


def _new_login(
    tx: Transaction, wish: LogIn, user: User, phone: Phone | None, granted: Granted, now: datetime
) -> DeskLogin:
    registration = wish.registration
    network = is_trusted(wish.actor.source, tx.trusted.list()) if registration and phone is None else None
    return DeskLogin(
        id=0,
        user_id=user.id,
        phone_id=phone.id if phone else None,
        place=_place_outside(wish) or (phone.number if phone and registration is None else user.number),
        method=wish.method,
        started_at=now,
        exclusive=granted.exclusive,
        call_id=registration.call_id if registration else "",
        contact=registration.contact if registration else "",
        source=wish.actor.source,
        location_id=network.location_id if network else "",
    )


def _go_on(
    tx: Transaction,
    wish: LogIn,
    login: DeskLogin,
    user: User,
    phone: Phone | None,
    ended: tuple[DeskLogin, ...],
    now: datetime,
) -> LoggedIn:
    """The user is here already: the login stands, with the new registration if any; a pending end is dropped."""
    new = replace(login, pending=None, pending_since=None, source=wish.actor.source)
    if wish.registration is not None:
        new = replace(new, call_id=wish.registration.call_id, contact=wish.registration.contact)
    position = tx.events.last_position()
    if new != login:
        tx.logins.update(new)
        data = {"method": new.method, "place": new.place, "login": new.id, "again": True}
        position = tx.events.append(
            Event(now, Kind.LOGGED_IN, wish.actor, user.number, phone.number if phone else "", data)
        )
    return LoggedIn(new, user, phone, ended, position)


_STAYS_EMPTY = frozenset({EndReason.TAKEN_OVER, EndReason.PHONE_REMOVED, EndReason.RULES_CHANGED})


def hand_back(tx: Transaction, left: DeskLogin, now: datetime) -> None:
    """After a login that ended: its phone goes back to its default owner, unless he sits elsewhere (R1.2).

    He who left is not logged in again at his own desk, and a phone that somebody else took or that goes away stays so.
    """
    if left.state is not State.ENDED or left.phone_id is None or left.end_reason in _STAYS_EMPTY:
        return
    phone = tx.phones.get(id=left.phone_id)
    if phone is None or phone.default_owner_id is None or phone.default_owner_id == left.user_id:
        return
    owner = tx.users.get(id=phone.default_owner_id)
    if owner is None or not owner.enabled or tx.logins.at_phone(phone.id) or tx.logins.of_user(owner.id):
        return
    log_in(tx, LogIn(owner.number, phone.number, Authority(), Method.RETURN, Actor.system()), now)
