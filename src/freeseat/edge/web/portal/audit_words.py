"""The audit log in words: every kind of event has a group, a name and a sentence (R10.2).

Sentences are in the past; `{who}` is who did it, `{user}` and `{phone}` whom it is about, other names are of the data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from freeseat.domain.events import Event, Kind
from freeseat.edge.web.stable_words import in_words


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


@dataclass(frozen=True, slots=True)
class Words:
    """A kind's name in lists, and its sentence."""

    name: str
    sentence: str


K = Kind
GROUPS: Mapping[str, tuple[str, Mapping[Kind, Words]]] = {
    "desks": (
        _("Desk logins"),
        {
            K.LOGGED_IN: Words(_("Logged in"), _("{user} logged in at {place}")),
            K.LOGGED_OUT: Words(_("Logged out"), _("{user} left {place}: {reason}")),
            K.LOGOUT_PENDING: Words(_("Logout pending"), _("{user} leaves {place} when the call is over: {reason}")),
            K.LOGIN_REFUSED: Words(_("Login refused"), _("A login of {user} at {phone} was refused: {reason}")),
            K.PIN_LOCKED: Words(_("PIN locked"), _("{user} was locked after too many wrong PINs")),
            K.PIN_CHANGED: Words(_("PIN changed"), _("The PIN of {user} was set")),
            K.SCHEDULE_RUN: Words(_("Scheduled logout"), _("A scheduled logout ended {logged_out} logins")),
        },
    ),
    "queues": (
        _("Queues"),
        {
            K.QUEUE_LOGGED_IN: Words(_("Queue login"), _("{user} logged in to queue {queue}")),
            K.QUEUE_LOGGED_OUT: Words(_("Queue logout"), _("{user} logged out of queue {queue}: {why}")),
            K.QUEUE_PAUSED: Words(_("Paused"), _("{user} paused at queue {queue}: {reason}")),
            K.QUEUE_RESUMED: Words(_("Resumed"), _("{user} takes calls of queue {queue} again")),
            K.QUEUE_UNREG: Words(_("Not registered"), _("{user} is logged in to queue {queue} but cannot be reached")),
            K.QUEUE_CALL_ENTERED: Words(_("Caller waits"), _("{caller} came to queue {queue}, position {position}")),
            K.QUEUE_CALL_OFFERED: Words(_("Caller offered"), _("A caller of queue {queue} was offered to {user}")),
            K.QUEUE_CALL_MISSED: Words(_("Offer missed"), _("{user} did not answer a caller of queue {queue}: {end}")),
            K.QUEUE_CALL_ANSWERED: Words(_("Caller answered"), _("{user} answered a caller of queue {queue}")),
            K.QUEUE_CALL_ENDED: Words(_("Queue call over"), _("A call of queue {queue} was over: {outcome}")),
        },
    ),
    "registrations": (
        _("Registrations"),
        {
            K.REGISTERED: Words(_("Registered"), _("{place} registered")),
            K.UNREGISTERED: Words(_("Unregistered"), _("{place} is not registered any more: {why}")),
        },
    ),
    "calls": (
        _("Calls and wishes of pages"),
        {
            K.CALL_CLOSED: Words(_("Call record closed"), _("A call record was closed: {caller} to {called}")),
            K.MESSAGES_WAITING: Words(_("Messages waiting"), _("{user} has {new} new messages")),
            K.DIAL_WISHED: Words(_("Dial wished"), _("The page of {user} wished to dial {number}")),
            K.ANSWER_WISHED: Words(_("Answer wished"), _("The page of {user} wished to answer")),
            K.HANG_UP_WISHED: Words(_("Hang-up wished"), _("The page of {user} wished to hang up")),
            K.WISH_WENT: Words(_("Wish went on"), _("A wish of a page went on: {wished}, {state}")),
            K.PAGE_OPENED: Words(_("Page opened"), _("The page of workplace {workplace} was opened")),
            K.PAGE_CLOSED: Words(_("Page closed"), _("The page of workplace {workplace} was closed")),
        },
    ),
    "directory": (
        _("Directory"),
        {
            K.USER_ADDED: Words(_("Person added"), _("{user} was added")),
            K.USER_CHANGED: Words(_("Person changed"), _("{user} was changed")),
            K.USER_DELETED: Words(_("Person deleted"), _("{user} was deleted")),
            K.PHONE_ADDED: Words(_("Phone added"), _("Phone {phone} was added")),
            K.PHONE_CHANGED: Words(_("Phone changed"), _("Phone {phone} was changed")),
            K.PHONE_DELETED: Words(_("Phone deleted"), _("Phone {phone} was deleted")),
            K.QUEUE_ADDED: Words(_("Queue added"), _("Queue {queue} was added")),
            K.QUEUE_CHANGED: Words(_("Queue changed"), _("Queue {queue} was changed")),
            K.QUEUE_DELETED: Words(_("Queue deleted"), _("Queue {queue} was deleted")),
            K.MEMBER_ADDED: Words(_("Member added"), _("{user} became a member of queue {queue}")),
            K.MEMBER_CHANGED: Words(_("Member changed"), _("The membership of {user} in queue {queue} was changed")),
            K.MEMBER_REMOVED: Words(_("Member removed"), _("{user} is no member of queue {queue} any more")),
            K.WORKPLACE_CHANGED: Words(_("Workplace changed"), _("Workplace {workplace} was changed")),
            K.SETTINGS_SAVED: Words(_("Page settings saved"), _("Settings of the page of {workplace} were saved")),
            K.BOARD_CHANGED: Words(_("Wallboard changed"), _("Wallboard {board} was changed")),
            K.PLAN_CHANGED: Words(_("Floor plan changed"), _("Floor plan {plan} was changed")),
            K.DESK_PLACED: Words(_("Desk placed"), _("Phone {phone} was placed on plan {plan}")),
        },
    ),
    "rules": (
        _("Rules"),
        {
            K.CLASS_ADDED: Words(_("Class added"), _("Class of service {name} was added")),
            K.CLASS_CHANGED: Words(_("Class changed"), _("Class of service {name} was changed")),
            K.CLASS_DELETED: Words(_("Class deleted"), _("Class of service {name} was deleted")),
            K.CODE_CHANGED: Words(_("Feature code changed"), _("A feature code was changed: {function}")),
            K.TRUSTED_ADDED: Words(_("Trusted network added"), _("Network {cidr} is trusted")),
            K.TRUSTED_DELETED: Words(_("Trusted network deleted"), _("Network {cidr} is trusted no more")),
            K.SCHEDULE_ADDED: Words(_("Schedule added"), _("A scheduled logout was added")),
            K.SCHEDULE_DELETED: Words(_("Schedule deleted"), _("A scheduled logout was deleted")),
            K.POLICY_CHANGED: Words(_("Policy changed"), _("The policy was changed")),
            K.TRUNK_CHANGED: Words(_("Trunk changed"), _("Trunk {trunk} was changed")),
            K.INBOUND_CHANGED: Words(_("Inbound number changed"), _("Inbound number {number} leads to {destination}")),
            K.WEBHOOK_CHANGED: Words(_("Webhook changed"), _("Webhook {webhook} was changed")),
            K.WEBHOOK_TESTED: Words(_("Webhook tested"), _("Webhook {webhook} was tested")),
            K.WEBHOOK_GAVE_UP: Words(_("Webhook given up"), _("Webhook {webhook} failed for long and was disabled")),
        },
    ),
    "accounts": (
        _("Accounts and sign-ins"),
        {
            K.SIGNED_IN: Words(_("Signed in"), _("{account} signed in")),
            K.SIGNED_OUT: Words(_("Signed out"), _("{account} signed out")),
            K.SIGN_IN_REFUSED: Words(_("Sign-in refused"), _("A sign-in of {account} was refused: {reason}")),
            K.SIGN_IN_LOCKED: Words(_("Sign-in locked"), _("{account} was locked after too many wrong passwords")),
            K.ACCOUNT_ADDED: Words(_("Account added"), _("Account {account} was added")),
            K.ACCOUNT_CHANGED: Words(_("Account changed"), _("Account {account} was changed")),
            K.ACCOUNT_DELETED: Words(_("Account deleted"), _("Account {account} was deleted")),
            K.PASSWORD_CHANGED: Words(_("Password changed"), _("The password of {account} was set")),
            K.INVITED: Words(_("Invited"), _("A one-time link was made: {role}")),
            K.INVITATION_WITHDRAWN: Words(_("Invitation withdrawn"), _("A one-time link was withdrawn: {role}")),
            K.INVITATION_ACCEPTED: Words(_("Invitation accepted"), _("{account} accepted a one-time link")),
            K.TOKEN_ADDED: Words(_("Token added"), _("Token {token} was made")),
            K.TOKEN_REVOKED: Words(_("Token revoked"), _("Token {token} was revoked")),
        },
    ),
}
_STABLE = frozenset({"reason", "why", "end", "outcome", "wished", "state", "role", "function"})
"""What of an event's data are stable words, not names."""

WORDS: Mapping[Kind, Words] = {kind: words for _title, kinds in GROUPS.values() for kind, words in kinds.items()}

_WITHOUT: Mapping[Kind, tuple[str, str]] = {
    K.DESK_PLACED: ("plan", _("Phone {phone} was taken off its plan")),
    K.PAGE_OPENED: ("workplace", _("{user} opened the page of their own desk")),
    K.PAGE_CLOSED: ("workplace", _("{user} closed the page of their own desk")),
}
"""A field of the data, and the sentence where it is empty."""


def kinds_of(choice: str) -> frozenset[Kind]:
    """The kinds that somebody has chosen: a kind, or a group as `group:name`; none for anything else."""
    group, _colon, name = choice.partition(":")
    if group == "group" and name in GROUPS:
        return frozenset(GROUPS[name][1])
    return frozenset({Kind(choice)}) if choice in Kind.__members__.values() else frozenset()


def name_of(kind: Kind) -> str:
    """A kind's name, to be translated."""
    words = WORDS.get(kind)
    return words.name if words else kind.value


def sentence_of(event: Event, translate: Callable[[str], str], names: Mapping[str, str]) -> str:
    """An event as a sentence, with the names of people by number; what its data does not name is a dash."""
    words = WORDS.get(event.kind)
    if words is None:
        return event.kind.value
    name, without = _WITHOUT.get(event.kind, ("", ""))
    sentence = without if name and not event.data.get(name) else words.sentence
    return translate(sentence).format_map(_values(event, translate, names))


def _values(event: Event, translate: Callable[[str], str], names: Mapping[str, str]) -> defaultdict[str, str]:
    values: defaultdict[str, str] = defaultdict(lambda: "–")
    values.update({key: _shown(value, translate, stable=key in _STABLE) for key, value in event.data.items()})
    name = names.get(event.user)
    values["user"] = f"{name} ({event.user})" if name else event.user or "–"
    values["who"], values["phone"] = event.actor.who or "–", event.phone or "–"
    values["place"] = _shown(event.data.get("place") or event.phone or event.user or "–", translate)
    return values


def _shown(value: object, translate: Callable[[str], str], *, stable: bool = False) -> str:
    match value:
        case None | "" | {} | []:
            return "–"
        case bool():
            return translate(_("yes")) if value else translate(_("no"))
        case str() if stable:
            return translate(in_words(value))
        case _:
            return str(value)
