"""What the switch's tables must hold: what an event changes in them, and all of them from nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from freeseat.application.ports import Transaction
from freeseat.domain.desk_login import DeskLogin, Method
from freeseat.domain.directory import ClassOfService, Function, Phone, TrustedNetwork, User
from freeseat.domain.events import Event, Kind
from freeseat.domain.policy import Policy, is_trusted
from freeseat.domain.queues import code_pair
from freeseat.domain.switch_entries import (
    INBOUND_KEY,
    PhoneView,
    UserView,
    inbound_entries,
    phone_entry,
    service_entries,
    single_entries,
    trunk_entries,
    user_entry,
)

_EVERYTHING = frozenset({Kind.CLASS_CHANGED, Kind.POLICY_CHANGED})
_SERVICES = frozenset({Kind.QUEUE_ADDED, Kind.QUEUE_CHANGED, Kind.QUEUE_DELETED, Kind.CODE_CHANGED})
_NOTHING = frozenset(
    {
        Kind.LOGIN_REFUSED,
        Kind.PIN_LOCKED,
        Kind.LOGOUT_PENDING,
        Kind.CLASS_ADDED,
        Kind.CLASS_DELETED,
        Kind.TRUSTED_ADDED,
        Kind.SCHEDULE_ADDED,
        Kind.SCHEDULE_DELETED,
        Kind.SCHEDULE_RUN,
        Kind.CALL_CLOSED,
        Kind.MESSAGES_WAITING,
        Kind.REGISTERED,
        Kind.UNREGISTERED,
        Kind.MEMBER_ADDED,
        Kind.MEMBER_CHANGED,
        Kind.MEMBER_REMOVED,
        Kind.QUEUE_LOGGED_IN,
        Kind.QUEUE_LOGGED_OUT,
        Kind.QUEUE_PAUSED,
        Kind.QUEUE_RESUMED,
        Kind.QUEUE_UNREG,
        Kind.QUEUE_CALL_ENTERED,
        Kind.QUEUE_CALL_OFFERED,
        Kind.QUEUE_CALL_MISSED,
        Kind.QUEUE_CALL_ANSWERED,
        Kind.QUEUE_CALL_ENDED,
    }
)


@dataclass(frozen=True, slots=True)
class TableChange:
    """What to put into and drop from the number table, the single entries, and bindings to remove.

    `numbers` maps a dialable string to its entry, or to None where it has to go. `unbind` are pairs of AoR and Contact
    URI. `position` is that of the feed up to which this holds; `everything` asks for a whole rebuild instead.
    """

    position: int
    numbers: dict[str, str | None] = field(default_factory=dict)
    single: dict[str, str] = field(default_factory=dict)
    unbind: tuple[tuple[str, str], ...] = ()
    everything: bool = False


def changes_after(tx: Transaction, position: int, realm: str, limit: int) -> TableChange:
    """What the next events behind a position change, at most `limit` of them. Doing it twice changes nothing more."""
    events = tx.events.after(position, limit)
    if not events:
        return TableChange(position)
    last = events[-1].position
    if any(event.kind in _EVERYTHING for event in events):
        return TableChange(last, everything=True, unbind=_unbound(events))
    touched = [event for event in events if event.kind not in _NOTHING]
    numbers: dict[str, str | None] = {number: None for event in touched for number in _numbers(tx, event)}
    policy = tx.policy()
    services = _services(tx, policy) if any(event.kind in _SERVICES for event in events) else {}
    for number in numbers:
        if number.startswith(INBOUND_KEY):
            inbound = tx.inbound.get(number=number.removeprefix(INBOUND_KEY))
            numbers[number] = inbound_entries([inbound])[number] if inbound else None
        else:
            numbers[number] = services.get(number) or _entry(tx, number, realm, policy)
    return TableChange(last, numbers, _changed_singles(tx, policy, events), _unbound(events))


def _changed_singles(tx: Transaction, policy: Policy, events: Iterable[Event]) -> dict[str, str]:
    kinds = {event.kind for event in events}
    single = single_entries(policy, tuple(tx.codes.list())) if Kind.CODE_CHANGED in kinds else {}
    return single | (_trunks(tx) if Kind.TRUNK_CHANGED in kinds else {})


def _trunks(tx: Transaction) -> dict[str, str]:
    trunks = tx.trunks.list()
    return trunk_entries(trunks, {trunk.id: tx.vault.open(trunk.secret) for trunk in trunks})


def _services(tx: Transaction, policy: Policy) -> dict[str, str]:
    return service_entries(tx.queues.list(), tx.codes.list(), reversed_digits=policy.queues_reversed_digits)


def _unbound(events: Iterable[Event]) -> tuple[tuple[str, str], ...]:
    """Bindings that have to go: of people who are registered as themselves no longer, of phones that are no more.

    Else a device would ring on for whoever gets its number next (R1.9).
    """
    gone: list[tuple[str, str]] = []
    for event in events:
        was = str(event.data.get("was", event.phone))
        if event.kind is Kind.LOGGED_OUT and event.data.get("method") == Method.REGISTER:
            gone.append((event.user, str(event.data.get("contact", ""))))
        elif event.kind is Kind.PHONE_DELETED:
            gone.append((event.phone, ""))
        elif event.kind is Kind.PHONE_CHANGED and was != event.phone:
            gone.append((was, ""))
    return tuple(gone)


def _numbers(tx: Transaction, event: Event) -> set[str]:
    """The numbers whose entries an event may change."""
    numbers = {event.user, event.phone, str(event.data.get("was", "")), str(event.data.get("place", ""))}
    for several in (event.data.get("owners"), event.data.get("strings")):
        if isinstance(several, list):
            numbers |= {str(each) for each in several}
    if event.kind is Kind.CODE_CHANGED and event.data.get("function") == Function.QUEUES:
        codes = (str(event.data.get(name, "")) for name in ("code", "was"))
        numbers |= {each for code in codes for each in code_pair(code, reversed_digits=False)}
    if event.kind is Kind.INBOUND_CHANGED:
        return {f"{INBOUND_KEY}{event.data['number']}"}
    if event.kind is Kind.TRUSTED_DELETED:
        numbers |= _registered_as_themselves(tx)
    if event.kind in (Kind.USER_CHANGED, Kind.PHONE_CHANGED):
        numbers |= _neighbours(tx, event)
    return numbers - {""}


def _registered_as_themselves(tx: Transaction) -> set[str]:
    return {login.place for login in tx.logins.open() if login.method is Method.REGISTER}


def _neighbours(tx: Transaction, event: Event) -> set[str]:
    """The phones that show a changed user, and the user at a changed phone."""
    found: set[str] = set()
    user = tx.users.get(number=event.user) if event.user else None
    if user is not None:
        found |= {login.place for login in tx.logins.of_user(user.id)}
        found |= {phone.number for phone in tx.phones.list(owner_id=user.id)}
    phone = tx.phones.get(number=event.phone) if event.phone else None
    login = tx.logins.at_phone(phone.id) if phone else None
    occupant = tx.users.get(id=login.user_id) if login else None
    if occupant is not None:
        found.add(occupant.number)
    return found


def _entry(tx: Transaction, number: str, realm: str, policy: Policy) -> str | None:
    """The entry of a number as things stand, None if it has none."""
    phone = tx.phones.get(number=number)
    if phone is not None:
        return phone_entry(_phone_view(tx, phone), realm, policy)
    user = tx.users.get(number=number)
    return user_entry(_user_view(tx, user), realm, policy) if user is not None else None


def _phone_view(tx: Transaction, phone: Phone) -> PhoneView:
    login = tx.logins.at_phone(phone.id)
    person_id = login.user_id if login else phone.owner_id
    person = tx.users.get(id=person_id) if person_id is not None else None
    person_class = tx.classes.get(id=person.class_id) if person else None
    return PhoneView(
        phone, _known(tx.classes.get(id=phone.class_id)), tx.vault.open(phone.secret), person, person_class
    )


def _user_view(tx: Transaction, user: User) -> UserView:
    logins = [
        (login, tx.phones.get(id=login.phone_id) if login.phone_id is not None else None)
        for login in tx.logins.of_user(user.id)
    ]
    networks = tx.trusted.list() if any(login.call_id for login, _ in logins) else []
    return UserView(
        user,
        _known(tx.classes.get(id=user.class_id)),
        tx.vault.open(user.pin),
        tuple((_still_granted(login, networks), phone) for login, phone in logins),
        tuple(phone.number for phone in tx.phones.list(owner_id=user.id)),
    )


def _still_granted(login: DeskLogin, networks: list[TrustedNetwork]) -> DeskLogin:
    """A registration from a network that is trusted no longer is asked again at its next REGISTER (R2.2)."""
    if login.call_id and is_trusted(login.source, networks) is None:
        return replace(login, call_id="", source="")
    return login


def _known(cos: ClassOfService | None) -> ClassOfService:
    assert cos is not None, "the database holds that everybody has a class of service"
    return cos


def whole_tables(tx: Transaction, realm: str, chunk: int) -> Iterator[TableChange]:
    """All entries from the database, in chunks of at most so many; the single entries come first.

    Reads each table once: 100,000 users and phones take seconds, not minutes.
    """
    position, policy = tx.events.last_position(), tx.policy()
    yield TableChange(position, single=single_entries(policy, tuple(tx.codes.list())) | _trunks(tx))
    numbers: dict[str, str | None] = {**_services(tx, policy), **inbound_entries(tx.inbound.list())}
    for number, entry in _all_entries(tx, realm, policy):
        numbers[number] = entry
        if len(numbers) >= chunk:
            yield TableChange(position, numbers)
            numbers = {}
    yield TableChange(position, numbers)


def _all_entries(tx: Transaction, realm: str, policy: Policy) -> Iterator[tuple[str, str | None]]:
    classes = {cos.id: cos for cos in tx.classes.list()}
    users = {user.id: user for user in tx.users.list()}
    phones = {phone.id: phone for phone in tx.phones.list()}
    networks = tx.trusted.list()
    of_user: dict[int, list[tuple[DeskLogin, Phone | None]]] = defaultdict(list)
    at_phone: dict[int, int] = {phone.id: phone.owner_id for phone in phones.values() if phone.owner_id is not None}
    assigned: dict[int, list[str]] = defaultdict(list)
    for phone_id, owner_id in at_phone.items():
        assigned[owner_id].append(phones[phone_id].number)
    for login in tx.logins.open():
        phone = phones.get(login.phone_id) if login.phone_id is not None else None
        of_user[login.user_id].append((_still_granted(login, networks), phone))
        if phone is not None:
            at_phone[phone.id] = login.user_id
    for phone in phones.values():
        person = users.get(at_phone.get(phone.id, 0))
        person_class = classes[person.class_id] if person else None
        view = PhoneView(phone, classes[phone.class_id], tx.vault.open(phone.secret), person, person_class)
        yield phone.number, phone_entry(view, realm, policy)
    for user in users.values():
        logins, numbers = tuple(of_user[user.id]), tuple(assigned[user.id])
        seen = UserView(user, classes[user.class_id], tx.vault.open(user.pin), logins, numbers)
        yield user.number, user_entry(seen, realm, policy)
