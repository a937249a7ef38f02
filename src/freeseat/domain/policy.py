"""What an administrator may change at run time, and the decision whether somebody may log in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from freeseat.domain.desk_login import DeskLogin, EndReason, Method
from freeseat.domain.directory import ClassOfService, Elsewhere, Phone, Right, TrustedNetwork, User
from freeseat.domain.errors import InvalidValue
from freeseat.domain.lamps import LoggedOutLamp
from freeseat.domain.numbering import NumberRange, is_international
from freeseat.domain.pin import LockoutPolicy, PinPolicy
from freeseat.domain.reasons import Reason
from freeseat.domain.signing_in import SignInRules
from freeseat.domain.trunks import is_outside_number

LONGEST_CALL_HOURS = 168


@dataclass(frozen=True, slots=True)
class EmergencyNumber:
    """An emergency number and the SIP URI it goes to (empty = announce that none is configured)."""

    number: str
    uri: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """All rules that hold for the whole system; one value, replaced as a whole.

    `apart` are pairs of interconnect groups that may not call each other (R4.6). Prefixes classify
    numbers that nobody here owns. `webhook_networks` (CIDR) are where webhooks may go beside public and private https.
    """

    pin: PinPolicy = field(default_factory=PinPolicy)
    lockout: LockoutPolicy = field(default_factory=LockoutPolicy)
    sign_in: SignInRules = field(default_factory=SignInRules)
    shared_phone_ranges: tuple[NumberRange, ...] = (NumberRange("3000", "3999"),)
    emergency: tuple[EmergencyNumber, ...] = (EmergencyNumber("112"), EmergencyNumber("110"), EmergencyNumber("911"))
    apart: tuple[tuple[str, str], ...] = ()
    national_prefixes: tuple[str, ...] = ("0",)
    international_prefixes: tuple[str, ...] = ("00", "+")
    main_number: str = ""
    queues_reversed_digits: bool = False
    logged_out_lamp: LoggedOutLamp = LoggedOutLamp.HELD
    longest_call_hours: int = 12
    """After that a call whose end nobody saw is taken for ended: phones that lose power send no BYE."""
    webhook_networks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check what holds between fields; raises InvalidValue."""
        if not self.emergency:
            raise InvalidValue("emergency", "", "name at least one emergency number")
        if not 1 <= self.longest_call_hours <= LONGEST_CALL_HOURS:
            raise InvalidValue("longest_call_hours", self.longest_call_hours, f"use 1 to {LONGEST_CALL_HOURS}")


def is_trusted(source: str, networks: Sequence[TrustedNetwork]) -> TrustedNetwork | None:
    """The narrowest trusted network that holds the source address; None admits nobody (R2.2: an empty list too)."""
    try:
        address = ip_address(source)
    except ValueError:
        return None
    if address.version == 6 and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    holding = [n for n in networks if (net := ip_network(n.cidr)).version == address.version and address in net]
    return max(holding, key=lambda n: ip_network(n.cidr).prefixlen, default=None)


@dataclass(frozen=True, slots=True)
class Granted:
    """The login may begin. `ends` are the logins that end with it, in the same transaction.

    `already` is the login that is just this one, which then simply goes on.
    """

    ends: tuple[tuple[DeskLogin, EndReason], ...] = ()
    exclusive: bool = True
    already: DeskLogin | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    """The login may not begin."""

    reason: Reason
    elsewhere: DeskLogin | None = None


@dataclass(frozen=True, slots=True)
class LoginFacts:
    """What is known when a user whose PIN is proved wants to log in.

    `phone` is None where the device is no known phone (only when registering as oneself). `at_phone` is the login
    there now, `of_user` are the user's logins now, `owns_phone` whether an assigned phone is his. `outside` is the
    place at an outside telephone (R2.6), then `at_phone` is the login there.
    """

    user: User
    user_class: ClassOfService
    owns_phone: bool
    phone: Phone | None
    phone_class: ClassOfService | None
    at_phone: DeskLogin | None
    of_user: tuple[DeskLogin, ...]
    method: Method
    call_id: str = ""
    outside: str = ""


def decide_login(facts: LoginFacts) -> Granted | Denied:
    """Whether this user may log in at this phone now, and which other logins end with it (R1.4, R2.7, R2.8, R2.9)."""
    reason = _user_refusal(facts) or _phone_refusal(facts)
    if reason is not None:
        return Denied(reason)
    here = _login_here(facts)
    others = tuple(login for login in facts.of_user if login is not here)
    policy = facts.user_class.elsewhere
    if others and policy is Elsewhere.DENY:
        return Denied(Reason.ELSEWHERE, others[0])
    ends = [(login, EndReason.MOVED) for login in others] if policy is Elsewhere.MOVE else []
    exclusive = policy is not Elsewhere.SEVERAL
    if here is not None and here.method is facts.method and here.exclusive == exclusive:
        return Granted(tuple(ends), exclusive, already=here)
    if here is not None:
        ends.append((here, EndReason.MOVED))
    elif facts.at_phone is not None:
        ends.append((facts.at_phone, EndReason.TAKEN_OVER))
    return Granted(tuple(ends), exclusive)


def _login_here(facts: LoginFacts) -> DeskLogin | None:
    """The user's login that is at this very place already: this phone, or this unknown device's registration."""
    for login in facts.of_user:
        if facts.phone is not None:
            if login.phone_id == facts.phone.id:
                return login
        elif facts.outside:
            if login.place == facts.outside:
                return login
        elif login.phone_id is None and login.method is facts.method and login.call_id == facts.call_id:
            return login
    return None


def _user_refusal(facts: LoginFacts) -> Reason | None:
    if not facts.user.enabled:
        return Reason.USER_DISABLED
    if facts.owns_phone:
        return Reason.USER_ASSIGNED
    if not facts.user.hot_desk_access:
        return Reason.NO_HOT_DESK_ACCESS
    return None


def _phone_refusal(facts: LoginFacts) -> Reason | None:
    if facts.phone is None:
        return None if facts.method in (Method.REGISTER, Method.EXTERNAL) else Reason.PHONE_UNKNOWN
    if not facts.phone.enabled:
        return Reason.PHONE_DISABLED
    if not facts.phone.shared:
        return Reason.PHONE_ASSIGNED
    if facts.phone_class is None or not facts.phone_class.hot_desk_login_accept:
        return Reason.PHONE_REFUSES
    return None


def may_be_reached_at(policy: Policy, rights: frozenset[Right], number: str) -> bool:
    """Whether a user with these rights may have his calls sent to an outside number: he could call it (R2.6, R3.5)."""
    if not is_outside_number(number) or any(number == each.number for each in policy.emergency):
        return False
    abroad = is_international(number, policy.national_prefixes, policy.international_prefixes)
    return (Right.INTERNATIONAL if abroad else Right.NATIONAL) in rights


def decide_remote_logout(
    caller_class: ClassOfService, user_class: ClassOfService, phone_class: ClassOfService | None
) -> Reason | None:
    """Whether a caller may log out a user at a phone: all three bits (R2.9, R2.10); None = yes."""
    if not caller_class.remote_logout_enabled:
        return Reason.REMOTE_LOGOUT_NOT_ENABLED
    if not user_class.remote_logout_accept:
        return Reason.REMOTE_LOGOUT_NOT_ACCEPTED
    if phone_class is not None and not phone_class.hot_desk_login_accept:
        return Reason.PHONE_REFUSES
    return None
