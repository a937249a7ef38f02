"""What people are told for the stable words of the core: reasons, outcomes and ways, as events and rows keep them."""

from __future__ import annotations

from collections.abc import Mapping

from freeseat.application.queues.ports import OfferEnd, Outcome
from freeseat.domain.accounts import SignInReason
from freeseat.domain.call_wishes import WishKind, WishState
from freeseat.domain.calls import AssumedEnd
from freeseat.domain.desk_login import EndReason, Method
from freeseat.domain.directory import Function
from freeseat.domain.permissions import Role
from freeseat.domain.reasons import Reason


def _(text: str) -> str:
    """Mark a text for translation."""
    return text


_ENDS: Mapping[str, str] = {
    EndReason.LOGOUT: _("logged out"),
    EndReason.TAKEN_OVER: _("taken over by somebody else"),
    EndReason.MOVED: _("logged in elsewhere"),
    EndReason.FORCED: _("logged out by an administrator"),
    EndReason.REMOTE: _("logged out from another phone"),
    EndReason.MAX_TIME: _("longest login was over"),
    EndReason.IDLE: _("idle for too long"),
    EndReason.SCHEDULE: _("scheduled logout"),
    EndReason.UNREGISTERED: _("not registered any more"),
    EndReason.POWER_LOSS: _("the phone restarted"),
    EndReason.USER_REMOVED: _("person deleted or disabled"),
    EndReason.PHONE_REMOVED: _("phone deleted or disabled"),
    EndReason.RULES_CHANGED: _("rules changed"),
}
_METHODS: Mapping[str, str] = {
    Method.MENU: _("voice menu"),
    Method.REGISTER: _("registration"),
    Method.HOTELING: _("hoteling"),
    Method.WEB: _("web page"),
    Method.API: _("API"),
    Method.CLI: _("command line"),
    Method.EXTERNAL: _("from outside"),
    Method.RETURN: _("return to the default owner"),
}
_CHANNELS: Mapping[str, str] = {"voice": _("voice menu"), "timer": _("timer"), "system": _("Freeseat itself")}
_QUEUES: Mapping[str, str] = {
    Outcome.ANSWERED: _("answered"),
    Outcome.ABANDONED: _("hung up"),
    Outcome.OVERFLOW: _("overflow"),
    Outcome.MAX_WAIT: _("longest wait was over"),
    Outcome.NO_AGENTS: _("nobody was logged in"),
    Outcome.FULL: _("too many were waiting"),
    Outcome.LOST: _("lost by a restart"),
    OfferEnd.MISSED: _("not picked up"),
    OfferEnd.REFUSED: _("refused"),
    OfferEnd.WITHDRAWN: _("withdrawn"),
    OfferEnd.UNREACHABLE: _("not reachable"),
    "self": _("by himself"),
    "desk_login": _("with the desk login"),
    "desk_logout": _("with the desk logout"),
    "member_removed": _("no member any more"),
    "registered": _("registered again"),
    "client_started": _("the page was opened"),
    "client_stopped": _("the page was closed"),
    "no_answer": _("missed calls"),
    "break": _("break"),
    "lunch": _("lunch"),
    "meeting": _("meeting"),
    "training": _("training"),
    "paperwork": _("paperwork"),
}
_CALLS: Mapping[str, str] = {
    AssumedEnd.NO_END_SEEN: _("no end seen"),
    AssumedEnd.SWITCH_RESTARTED: _("the switch restarted"),
    AssumedEnd.PHONE_RESTARTED: _("the phone restarted"),
    AssumedEnd.CLOSED: _("closed by an administrator"),
    WishKind.DIAL: _("dial"),
    WishKind.ANSWER: _("answer"),
    WishKind.HANG_UP: _("hang up"),
    WishState.WISHED: _("wished"),
    WishState.RINGING: _("ringing"),
    WishState.CONNECTED: _("done"),
    WishState.FAILED: _("failed"),
}
_REGISTRATIONS: Mapping[str, str] = {"expired": _("not renewed"), "removed": _("replaced or removed")}
_CODES: Mapping[str, str] = {
    Function.LOGIN: _("log in"),
    Function.REMOTE_LOGOUT: _("log out somebody else"),
    Function.LOCATE: _("ask where somebody is"),
    Function.CHANGE_PIN: _("change the PIN"),
    Function.QUEUES: _("log in to all queues"),
}
_ROLES: Mapping[str, str] = {
    Role.ADMINISTRATOR: _("administrator"),
    Role.SUPERVISOR: _("supervisor"),
    Role.AGENT: _("agent"),
    Role.READ_ONLY: _("read only"),
    Role.API_CLIENT: _("program"),
}
_SIGN_INS: Mapping[str, str] = {
    SignInReason.WRONG: _("wrong credentials"),
    SignInReason.LOCKED: _("locked after too many attempts"),
    SignInReason.DISABLED: _("disabled"),
    SignInReason.NO_ACCOUNT: _("no such account"),
    SignInReason.OTHER_IDENTITY: _("another identity at the provider"),
    SignInReason.BAD_LINK: _("a link that does not hold"),
    SignInReason.BAD_TOKEN: _("a token that does not hold"),
}
_REFUSALS: Mapping[str, str] = {
    reason.value: reason.text for reason in Reason if reason not in (Reason.WRONG_CREDENTIALS, Reason.LOCKED)
}
_WORDS: Mapping[str, str] = {
    **_CHANNELS,
    **_CODES,
    **_CALLS,
    **_ROLES,
    **_REGISTRATIONS,
    **_REFUSALS,
    **_QUEUES,
    **_METHODS,
    **_ENDS,
    **_SIGN_INS,
}


def in_words(word: str) -> str:
    """What people are told for a stable word, to be translated; another word's underscores become blanks."""
    return _WORDS.get(word, word.replace("_", " "))
