"""The documents that watchers get, with examples in docs/lamps.md.

Kamailio puts together what several publish about one presentity, sets `version` for each watcher and `entity`; we are
the only one who publishes, so a document arrives as it is written here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from freeseat.application.lamps import Facts, Messages, QueueKey, Registrations
from freeseat.domain.lamps import Dialog, Lamp, LiveCall, LoggedOutLamp, Phase, QueueState, Seat, State, dialogs, state

NAMESPACE = "urn:freeseat:lamp:1"
_DIALOGS_SHOWN = 8
_STATE = {Phase.CALLING: "proceeding", Phase.RINGING: "early", Phase.TALKING: "confirmed"}
_BLINKING = frozenset({QueueState.PAUSED, QueueState.UNREGISTERED, QueueState.PARTLY})


@dataclass(frozen=True, slots=True)
class Document:
    """What is published: a body and its type."""

    content_type: str
    body: str


def document(
    lamp: Lamp, facts: Facts, calls: Iterable[LiveCall], logged_out: LoggedOutLamp, realm: str, now: float
) -> Document:
    """The document of a lamp. `calls` are those that touch it, `now` is unix time."""
    entity = f"sip:{lamp.name}@{realm}"
    match facts:
        case Seat():
            shown = dialogs(facts, calls)
            return _dialog_info(entity, *_seat(entity, facts, shown, logged_out))
        case QueueKey():
            held = facts.state in _BLINKING
            body = _made_up(entity, "queue", facts.state, held=held) if facts.lit else ""
            return _dialog_info(entity, body, facts.state)
        case Messages():
            return _message_summary(facts, realm)
        case Registrations():
            return _reginfo(entity, facts, now)


def _seat(entity: str, seat: Seat, shown: Sequence[Dialog], logged_out: LoggedOutLamp) -> tuple[str, str]:
    """The dialogs of a user or phone and his state in one word."""
    says = state(seat, shown)
    if says is not State.LOGGED_OUT:
        return "".join(_call(entity, dialog) for dialog in shown[-_DIALOGS_SHOWN:]), says
    if logged_out is LoggedOutLamp.IDLE:
        return "", says
    return _made_up(entity, "logged-out", says, held=logged_out is LoggedOutLamp.HELD), says


def _call(entity: str, dialog: Dialog) -> str:
    """A call without its Call-ID and without the other party, who is no affair of those that watch."""
    name = hashlib.sha256(dialog.id.encode("utf-8", "replace")).hexdigest()[:16]
    direction = "recipient" if dialog.phase is Phase.RINGING else "initiator"
    attribute = f' direction="{direction}"' if dialog.phase is not Phase.TALKING else ""
    local = f"<local><identity>{escape(entity)}</identity><target uri={quoteattr(entity)}/></local>"
    return f'<dialog id="{name}"{attribute}><state>{_STATE[dialog.phase]}</state>{local}</dialog>'


def _made_up(entity: str, name: str, display: str, *, held: bool = False) -> str:
    """A dialog that is no call, to make a plain phone's lamp shine or, as if it were on hold (5.2), blink."""
    rendering = '<param pname="+sip.rendering" pval="no"/>' if held else ""
    identity = f"<identity display={quoteattr(display)}>{escape(entity)}</identity>"
    local = f"<local>{identity}<target uri={quoteattr(entity)}>{rendering}</target></local>"
    return f'<dialog id="{name}"><state>confirmed</state>{local}</dialog>'


def _dialog_info(entity: str, inner: str, says: str) -> Document:
    """RFC 4235 4.1, with the state in one word as an extension (schema: 4.4).

    A dialog that is over is left out: Kamailio's engine never again replaces a document of terminated dialogs only.
    """
    body = (
        '<?xml version="1.0"?>\n'
        f'<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity={quoteattr(entity)}>'
        f'{inner}<fs:lamp xmlns:fs="{NAMESPACE}" state="{says}"/></dialog-info>\n'
    )
    return Document("application/dialog-info+xml", body)


def _message_summary(facts: Messages, realm: str) -> Document:
    """RFC 3842 3.5."""
    box = facts.mailbox
    lines = [f"Messages-Waiting: {'yes' if box.new else 'no'}"]
    lines += [f"Message-Account: sip:{facts.person}@{realm}"] if facts.person else []
    lines.append(f"Voice-Message: {box.new}/{box.old} (0/0)")
    return Document("application/simple-message-summary", "".join(line + "\r\n" for line in lines))


def _reginfo(entity: str, facts: Registrations, now: float) -> Document:
    """RFC 3680 5."""
    contacts = "".join(
        f'<contact id="{each.id}" state="active" event="registered" '
        f'duration-registered="{max(int(now - each.at), 0)}"><uri>{escape(each.contact)}</uri></contact>'
        for each in facts.bindings
    )
    says = "active" if facts.bindings else "init"
    body = (
        '<?xml version="1.0"?>\n<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">'
        f'<registration aor={quoteattr(entity)} id="aor" state="{says}">{contacts}</registration></reginfo>\n'
    )
    return Document("application/reginfo+xml", body)
