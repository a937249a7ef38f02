"""What Kamailio calls: each public method of Routes is a `python_exec` in kamailio.cfg or one of its event routes.

A method answers 1 (go on) or -1 (the request has been answered).
"""

from __future__ import annotations

import gc
import locale
import secrets
from collections.abc import Callable

import KSR

from freeseat.kamailio import caller, message
from freeseat.kamailio.calls import DONE, Calls
from freeseat.kamailio.config import Config
from freeseat.kamailio.control import Control
from freeseat.kamailio.journal import Journal
from freeseat.kamailio.lamps import Lamps
from freeseat.kamailio.registrar import Registrar
from freeseat.kamailio.table import Table
from freeseat.kamailio.trusted import Trusted

_GARBAGE = 20_000
_FIRST_WORKER = 1
_ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, INFO, REFER, NOTIFY, MESSAGE, OPTIONS, REGISTER"


class Routes:
    """The SIP plane's decisions in one Kamailio process."""

    def __init__(self, config: Config) -> None:
        journal, table = Journal(config.journal_dir), Table()
        self._config = config
        self._table = table
        self._journal = journal
        self._boot = secrets.token_hex(8)
        self._control = Control(config, table, self._boot)
        self._registrar = Registrar(config, table, journal, self._control.ask)
        self._calls = Calls(config, table, journal)
        self._trusted = Trusted(config, table, self._calls)
        self._lamps = Lamps(config, table, self._control.ask)

    def child_init(self, rank: int) -> int:
        """Each process of Kamailio begins with this; the first that takes requests writes that Kamailio was started."""
        if rank == _FIRST_WORKER:
            self._journal.started(self._boot)
        return 0

    def register(self, _msg: object) -> int:
        """route REGISTRAR: anything but the renewal of a known binding."""
        return _request(self._registrar.register)

    def bound(self, _msg: object) -> int:
        """route RENEW: a renewal has made a binding after all."""
        return _event(self._registrar.bound)

    def invite(self, _msg: object) -> int:
        """route LOCATION, for an INVITE."""
        return _request(self._invite)

    def invite_of_voice(self, _msg: object) -> int:
        """route TRUSTED."""
        return _request(self._trusted.of_voice)

    def invite_of_trunk(self, _msg: object) -> int:
        """route TRUSTED."""
        return _request(self._trusted.of_trunk)

    def invite_of_ourselves(self, _msg: object) -> int:
        """route TRUSTED."""
        return _request(self._trusted.of_ourselves)

    def unsent(self, _msg: object) -> int:
        """route UNSENT."""
        return _event(self._calls.unsent)

    def other(self, _msg: object) -> int:
        """route LOCATION, for all but INVITE."""
        return _request(self._other)

    def watch(self, _msg: object) -> int:
        """route PRESENCE, for a SUBSCRIBE."""
        return _request(self._lamps.watch)

    def failed(self, _msg: object) -> int:
        """failure_route FAILED."""
        return _event(self._calls.failed)

    def journal(self, _msg: object) -> int:
        """route JOURNAL, in the process that writes the journal."""
        return _event(self._journal.write_calls)

    def decided(self, _msg: object) -> int:
        """route DECIDED: a suspended REGISTER goes on."""
        return _event(self._registrar.decided)

    def undecided(self, _msg: object) -> int:
        """failure_route UNDECIDED."""
        return _event(self._registrar.undecided)

    def expired(self, _msg: object) -> int:
        """event_route usrloc:contact-expired."""
        return _event(self._registrar.expired)

    def control_opened(self, _msg: object) -> int:
        """event_route evapi:connection-new."""
        return _event(self._control.opened)

    def control_closed(self, _msg: object) -> int:
        """event_route evapi:connection-closed."""
        return _event(self._control.closed)

    def control_said(self, _msg: object) -> int:
        """event_route evapi:message-received."""
        return _event(lambda: self._control.said(self._registrar))

    def _invite(self) -> int:
        source = message.source()
        entry = caller.authenticate(self._config, self._table, "INVITE", source, self._control.ask)
        return DONE if entry is None else self._calls.locate(entry, source)

    def _other(self) -> int:
        method = message.text("$rm")
        entry = caller.authenticate(self._config, self._table, method, message.source(), self._control.ask)
        if entry is None:
            return DONE
        if method == "MESSAGE":
            caller.present(entry)
            return self._calls.message()
        if method in ("SUBSCRIBE", "PUBLISH"):
            message.reply(489, "Bad Event")
        else:
            message.reply(405, "Method Not Allowed", _ALLOW)
        return DONE


def start(settings: str) -> Routes:
    """The routes, with the settings in the file `settings`; called once, before Kamailio forks."""
    # Kamailio's regular expressions, compiled after this, cost a multiple where characters may be wide
    locale.setlocale(locale.LC_CTYPE, "C")
    routes = Routes(Config.read(settings))
    # what is here now stays for good: the collector need not look at it again in each process
    gc.freeze()
    gc.set_threshold(_GARBAGE)
    return routes


def _request(decide: Callable[[], int]) -> int:
    """Run a decision about a request: whatever goes wrong, its sender gets an answer and the process lives on."""
    try:
        return decide()
    except (UnicodeDecodeError, message.BadText):
        message.reply(400, "Bad Request")
    except Exception as error:
        KSR.err(f"event=route_failed error={type(error).__name__} what={error}\n")
        message.reply(500, "Server Internal Error")
    return DONE


def _event(observe: Callable[[], int]) -> int:
    """Run what only observes or ends something: a failure is logged."""
    try:
        return observe()
    except Exception as error:
        KSR.err(f"event=route_failed error={type(error).__name__} what={error}\n")
    return DONE
