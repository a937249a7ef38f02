"""What makes an entry of the directory acceptable. Each check raises InvalidValue naming field, value and remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network

from freeseat.domain.directory import ClassOfService, FeatureCode, Phone, TrustedNetwork, User
from freeseat.domain.errors import InvalidValue
from freeseat.domain.numbering import (
    check_dialable,
    check_not_shared_phone_number,
    check_number,
    check_shared_phone_number,
)
from freeseat.domain.policy import Policy
from freeseat.domain.queues import Queue
from freeseat.domain.timers import LONGEST_LOGIN_SECONDS

_LANGUAGE = re.compile(r"[a-z]{2}")
_DESTINATION = re.compile(r"announce:[a-z0-9_]{1,50}|number:[0-9*#+]{1,32}|reject|")
_MAC = re.compile(r"[0-9a-f]{12}")
_URI = re.compile(r"sips?:[^\s,>|]+|")
_PREFIX = re.compile(r"\+?[0-9*#]{0,15}")
_NAME_LENGTH = 80
_LONGEST_OF_USER = {
    "caller_name": 80,
    "email": 254,
    "department": 80,
    "location": 80,
    "key_profile": 80,
    "primary_node": 64,
    "secondary_node": 64,
}
_LONGEST_OF_PHONE = {
    "vendor": 40,
    "model": 40,
    "template": 80,
    "site": 80,
    "location_id": 80,
    "primary_node": 64,
    "secondary_node": 64,
}
_LONGEST_INSTANCE = 128
_LAST_PRIORITY = 1000


def check_user(user: User, policy: Policy, *, owns_phone: bool) -> None:
    """A user's own fields, and that roles don't mix (R1.4)."""
    check_number("number", user.number)
    check_not_shared_phone_number(user.number, policy.shared_phone_ranges)
    check_text("name", user.name, required=True)
    _check_texts(user, _LONGEST_OF_USER)
    if user.caller_number:
        check_dialable("caller_number", user.caller_number)
    for number in user.external_numbers:
        check_dialable("external_numbers", number)
    check_language(user.language)
    for name in ("logged_out_to", "busy_to", "no_answer_to"):
        _check_destination(name, getattr(user, name), required=name == "logged_out_to")
    if not 5 <= user.ring_seconds <= 180:
        raise InvalidValue("ring_seconds", user.ring_seconds, "use 5 to 180 seconds")
    _check_group("group", user.group)
    if owns_phone and user.hot_desk_access:
        raise InvalidValue(
            "hot_desk_access", True, "a user with an assigned phone cannot be a hot desk user; release it first"
        )


def check_phone(phone: Phone, policy: Policy, owner: User | None) -> None:
    """A phone's own fields, its number's range (R1.3), and that roles don't mix (R1.4)."""
    check_number("number", phone.number)
    if phone.mac is not None and not _MAC.fullmatch(phone.mac):
        raise InvalidValue("mac", phone.mac, "use 12 hexadecimal digits")
    check_language(phone.language)
    _check_group("group", phone.group)
    _check_texts(phone, _LONGEST_OF_PHONE)
    check_text("instance", phone.instance or "", longest=_LONGEST_INSTANCE)
    if phone.shared:
        check_shared_phone_number(phone.number, policy.shared_phone_ranges)
        if phone.owner_id is not None:
            raise InvalidValue(
                "owner", owner.number if owner else "", "a shared phone is nobody's; make it assigned first"
            )
        return
    check_not_shared_phone_number(phone.number, policy.shared_phone_ranges)
    if phone.default_owner_id is not None:
        raise InvalidValue("default_owner", "", "only a shared phone has a default owner")
    if owner is None:
        raise InvalidValue("owner", "", "an assigned phone needs an owner")
    if owner.hot_desk_access:
        raise InvalidValue("owner", owner.number, "a hot desk user cannot have an assigned phone")


def check_default_owner(owner: User | None) -> None:
    """To whom a shared phone returns: a hot desk user, since nobody else may be logged in there (R1.2, R1.4)."""
    if owner is None:
        raise InvalidValue("default_owner", "", "name a user who exists")
    if not owner.hot_desk_access:
        raise InvalidValue("default_owner", owner.number, "only a hot desk user can be a phone's default owner")


def check_class(cos: ClassOfService) -> None:
    """A class of service: a name, and timers within their bounds (R2.12: up to 168 h)."""
    check_text("name", cos.name, required=True)
    for name in ("max_login_seconds", "idle_logout_seconds"):
        seconds = getattr(cos, name)
        if seconds is not None and not 1 <= seconds <= LONGEST_LOGIN_SECONDS:
            raise InvalidValue(name, seconds, f"use 1 to {LONGEST_LOGIN_SECONDS} seconds (168 hours)")


def check_trusted(network: TrustedNetwork) -> None:
    """A trusted network: a CIDR range, IPv4 or IPv6 (R2.2)."""
    try:
        within = ip_network(network.cidr)
    except ValueError:
        raise InvalidValue("cidr", network.cidr, "write a network like 10.1.0.0/16 or 2001:db8::/32") from None
    if within.version == 6 and within.network_address.ipv4_mapped is not None:
        raise InvalidValue("cidr", network.cidr, "write an IPv4 network as such, like 10.1.0.0/16")
    check_text("description", network.description, longest=200)
    check_text("location_id", network.location_id)


def check_queue(queue: Queue, policy: Policy) -> None:
    """A queue: digits to dial, a name, times within their bounds, destinations (R5)."""
    for field, value in (("number", queue.number), ("code", queue.code)):
        check_number(field, value)
        check_not_shared_phone_number(value, policy.shared_phone_ranges)
    check_text("name", queue.name, required=True)
    check_language(queue.language)
    for field in ("overflow_to", "no_agents_to"):
        _check_destination(field, getattr(queue, field), required=False)
    bounds = (("ring_seconds", 5, 180), ("wrap_up_seconds", 0, 3600), ("misses_until_pause", 0, 100))
    for field, least, most in (*bounds, ("announce_seconds", 5, 600)):
        if not least <= getattr(queue, field) <= most:
            raise InvalidValue(field, getattr(queue, field), f"use {least} to {most}")
    for field, most in (("max_wait_seconds", 86_400), ("max_length", 10_000)):
        value = getattr(queue, field)
        if value is not None and not 1 <= value <= most:
            raise InvalidValue(field, value, f"use 1 to {most}, or nothing for no bound")


def check_pause_reason(reason: str) -> str:
    """Why a member pauses, in words or empty (R5.7). Gives it back."""
    check_text("reason", reason)
    return reason


def check_priority(priority: int) -> None:
    """A member's priority in a queue."""
    if not 1 <= priority <= _LAST_PRIORITY:
        raise InvalidValue("priority", priority, f"use 1 (offered first) to {_LAST_PRIORITY}")


def check_code(code: FeatureCode) -> None:
    """A feature code: dialable."""
    check_dialable("code", code.code)


def check_policy(policy: Policy) -> None:
    """What the parts of a policy look like; what holds between them the policy checks itself."""
    for each in policy.emergency:
        check_dialable("emergency", each.number)
        _check_uri("emergency", each.uri)
    for pair in policy.apart:
        for group in pair:
            if not group:
                raise InvalidValue("apart", ":".join(pair), "name two groups, like sales:traders")
            _check_group("apart", group)
    for name in ("national_prefixes", "international_prefixes"):
        for prefix in getattr(policy, name):
            if not prefix or not _PREFIX.fullmatch(prefix):
                raise InvalidValue(name, prefix, "use digits, perhaps after a +")
    if policy.main_number:
        check_dialable("main_number", policy.main_number)
    for network in policy.webhook_networks:
        try:
            ip_network(network)
        except ValueError:
            raise InvalidValue(
                "webhook_networks", network, "write a network like 10.1.0.0/16 or 2001:db8::/32"
            ) from None


def check_secret(secret: str) -> str:
    """A SIP password that people chose. Gives it back; raises InvalidValue, which never carries it."""
    if not 8 <= len(secret) <= 128 or not secret.isprintable() or " " in secret:
        raise InvalidValue("secret", "***", "use 8 to 128 printable characters without blanks")
    return secret


def check_password(password: str) -> None:
    """A digest password that somebody else has given out ('' = none); raises InvalidValue, which never carries it."""
    if len(password) > 128 or not password.isprintable():
        raise InvalidValue("secret", "***", "use at most 128 printable characters")


def normal_mac(text: str) -> str:
    """A MAC address without separators, in lower case."""
    return re.sub(r"[^0-9a-f]", "", text.lower())


def check_text(field: str, value: str, *, required: bool = False, longest: int = _NAME_LENGTH) -> None:
    """A text for people: printable, not too long to be stored. Raises InvalidValue."""
    if required and not value.strip():
        raise InvalidValue(field, value, "it must not be empty")
    if len(value) > longest or not value.isprintable():
        raise InvalidValue(field, value[:longest], f"use at most {longest} printable characters")


def _check_texts(entity: User | Phone, longest: Mapping[str, int]) -> None:
    for field, length in longest.items():
        check_text(field, getattr(entity, field), longest=length)


def is_language(text: str) -> bool:
    """Whether it names a language: two small letters."""
    return _LANGUAGE.fullmatch(text) is not None


def check_language(value: str) -> None:
    """A language by its two letters. Raises InvalidValue."""
    if not is_language(value):
        raise InvalidValue("language", value, "use a two-letter language code such as en or de")


def _check_destination(field: str, value: str, *, required: bool) -> None:
    if not _DESTINATION.fullmatch(value) or (required and not value):
        raise InvalidValue(field, value, "use announce:<prompt>, number:<number> or reject")


def _check_uri(field: str, value: str) -> None:
    if not _URI.fullmatch(value):
        raise InvalidValue(field, value, "use a SIP URI like sip:192.0.2.1 or sip:gateway.example.org:5060")


def _check_group(field: str, value: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,32}", value):
        raise InvalidValue(field, value, "use letters, digits, - and _")
