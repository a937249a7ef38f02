"""How the directory and the desk logins look to Kamailio: the number table's entries, as pure functions.

The fields' order is the contract in docs/switch-contract.md; `kamailio/routes.py` reads it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from freeseat.domain.desk_login import DeskLogin, Method
from freeseat.domain.directory import ClassOfService, FeatureCode, Function, IdlePolicy, Phone, Right, User
from freeseat.domain.policy import Policy
from freeseat.domain.queues import Queue, code_pair, queue_codes
from freeseat.domain.trunks import OUTSIDE_PLACE, InboundNumber, Trunk, routes

_LETTERS = {Right.FEATURES: "f", Right.INTERNAL: "i", Right.NATIONAL: "n", Right.INTERNATIONAL: "x"}
_IDLE = {
    IdlePolicy.FEATURES: frozenset({Right.FEATURES}),
    IdlePolicy.INTERNAL: frozenset({Right.FEATURES, Right.INTERNAL}),
    IdlePolicy.ALL: frozenset(Right),
}


def effective_rights(
    phone: Phone, phone_class: ClassOfService, occupant_class: ClassOfService | None
) -> frozenset[Right]:
    """The rights at a phone: its occupant's, or its own within the idle policy when nobody is there (R3.5, R4.8)."""
    if occupant_class is not None:
        return occupant_class.rights
    return phone_class.rights & _IDLE[phone.idle_policy] if phone.shared else phone_class.rights


@dataclass(frozen=True, slots=True)
class PhoneView:
    """A phone as the switch sees it: with its opened secret and, if occupied or assigned, its person."""

    phone: Phone
    phone_class: ClassOfService
    secret: str
    person: User | None = None
    person_class: ClassOfService | None = None


@dataclass(frozen=True, slots=True)
class UserView:
    """A user as the switch sees him: with his opened PIN, his desk logins and the numbers of phones assigned to him.

    `logins` pairs each desk login with its phone (None for a device that is no known phone).
    """

    user: User
    user_class: ClassOfService
    pin: str
    logins: tuple[tuple[DeskLogin, Phone | None], ...] = ()
    assigned: tuple[str, ...] = ()


def phone_entry(view: PhoneView, realm: str, policy: Policy) -> str | None:
    """The entry of a phone; None = the phone has none (disabled)."""
    phone, person = view.phone, view.person
    if not phone.enabled:
        return None
    number, name = _caller(person, policy)
    rights = effective_rights(phone, view.phone_class, view.person_class)
    group = person.group if person else phone.group
    return _joined(
        "P",
        *_ha1(phone.number, realm, view.secret),
        person.number if person else "",
        number,
        name,
        _letters(rights),
        phone.location_id,
        group,
        person.language if person else phone.language,
        "1" if phone.shared else "",
        "1" if number and Right.INTERNAL in rights and not _is_kept_apart(group, policy) else "",
    )


def user_entry(view: UserView, realm: str, policy: Policy) -> str | None:
    """The entry of a user; None = the user has none (disabled)."""
    user = view.user
    if not user.enabled:
        return None
    may_register = user.hot_desk_access and bool(view.pin) and not view.assigned
    places = [login.place for login, _ in view.logins] + list(view.assigned)
    registration = next(((login, phone) for login, phone in view.logins if login.method is Method.REGISTER), None)
    login, phone = registration if registration else (None, None)
    ring = list(dict.fromkeys(places))
    return _joined(
        "U",
        *(_ha1(user.number, realm, view.pin) if may_register else ("", "")),
        ",".join(ring),
        user.logged_out_to,
        user.busy_to,
        user.no_answer_to,
        str(user.ring_seconds),
        *_caller(user, policy),
        _letters(view.user_class.rights),
        phone.location_id if phone else (login.location_id if login else ""),
        user.group,
        user.language,
        login.call_id if login else "",
        login.source if login else "",
        ring[0] if _is_called_plainly(user, ring, policy) else "",
    )


def _is_kept_apart(group: str, policy: Policy) -> bool:
    """Whether there is any interconnect group that this one may not call (R4.6)."""
    return any(_clean(group) in map(_clean, pair) for pair in policy.apart)


def _is_called_plainly(user: User, places: list[str], policy: Policy) -> bool:
    """Whether calls to a user ring at one phone of ours and nowhere else."""
    is_emergency = any(user.number == each.number for each in policy.emergency)
    return len(places) == 1 and not places[0].startswith(OUTSIDE_PLACE) and not is_emergency


def service_entries(queues: Iterable[Queue], codes: Iterable[FeatureCode], *, reversed_digits: bool) -> dict[str, str]:
    """The entries of what voice serves by exact number: queues, their codes, the code of all queues (R5.1).

    Fields: V, name of the service, digits for it, letter of the right it needs, language, queue of the call record.
    """
    entries = {}
    for queue in queues:
        entries[queue.number] = _joined("V", "queue", queue.number, "i", queue.language, queue.number)
        for code, verb in queue_codes(queue).items():
            entries[code] = _joined("V", verb, queue.number, "f", "", "")
    for each in codes:
        if each.function is Function.QUEUES:
            for code, verb in code_pair(each.code, reversed_digits=reversed_digits).items():
                entries[code] = _joined("V", verb, "", "f", "", "")
    return entries


INBOUND_KEY = "did/"
"""How the key of an inbound number's entry begins: nobody can dial it."""


def inbound_entries(inbound: Iterable[InboundNumber]) -> dict[str, str]:
    """The entries of numbers that come in on trunks. Fields: D, whom the number means (R4.3)."""
    return {INBOUND_KEY + each.number: _joined("D", each.destination) for each in inbound}


def trunk_entries(trunks: Sequence[Trunk], secrets: Mapping[int, str]) -> dict[str, str]:
    """The entries of htable `x` that follow from the trunks; `secrets` are their opened passwords by id (R4.3).

    Which trunks carry a number depends only on the longest of all prefixes that it begins with, so the order in which
    they are tried is worked out for each prefix beforehand.
    """
    enabled = sorted((trunk for trunk in trunks if trunk.enabled), key=lambda trunk: (trunk.priority, trunk.id))
    prefixes = sorted({"", *(prefix for trunk in enabled for prefix in trunk.prefixes)})
    told = {
        "trunks": [_trunk(trunk, secrets[trunk.id]) for trunk in enabled],
        "routes": {prefix: [trunk.id for trunk in routes(enabled, prefix)] for prefix in prefixes},
    }
    sources = dict.fromkeys(source for trunk in enabled for source in trunk.sources)
    return {"trunks": json.dumps(told, separators=(",", ":")), "sources": ",".join(sources)}


def _trunk(trunk: Trunk, secret: str) -> dict[str, object]:
    scheme, _, host = trunk.uri.partition(":")
    return {
        "id": trunk.id,
        "scheme": scheme,
        "host": host,
        "username": trunk.username,
        "secret": secret,
        "register": trunk.register_seconds if trunk.registers else 0,
        "strip": trunk.strip,
        "prepend": trunk.prepend,
        "prefixes": trunk.prefixes,
        "sources": trunk.sources,
    }


def single_entries(policy: Policy, codes: tuple[FeatureCode, ...]) -> dict[str, str]:
    """The entries of htable `x` that follow from the policy and the feature codes."""
    return {
        "codes": ",".join(f"{each.code}={each.function}" for each in codes if each.function is not Function.QUEUES),
        "emergency": ",".join(f"{each.number}>{each.uri}" for each in policy.emergency),
        "apart": ",".join(f"{a}:{b}" for a, b in policy.apart),
        "national": ",".join(policy.national_prefixes),
        "international": ",".join(policy.international_prefixes),
    }


def _caller(person: User | None, policy: Policy) -> tuple[str, str]:
    """Caller ID: the person's own, or nobody's main number; a shared phone's own number is never shown (R3.2)."""
    if person is None:
        return policy.main_number, ""
    return person.caller_number or person.number, person.caller_name or person.name


def _ha1(number: str, realm: str, secret: str) -> tuple[str, str]:
    """MD5 and SHA-256 of user:realm:password (RFC 7616 section 3.4.2), hex."""
    text = f"{number}:{realm}:{secret}".encode()
    return hashlib.md5(text, usedforsecurity=False).hexdigest(), hashlib.sha256(text).hexdigest()


def _letters(rights: frozenset[Right]) -> str:
    return "".join(letter for right, letter in _LETTERS.items() if right in rights)


def _joined(*fields: str) -> str:
    return "|".join(map(_clean, fields))


def _clean(text: str) -> str:
    return "".join(c for c in text if c.isprintable() and c not in '|"\\')
