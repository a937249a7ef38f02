"""Who may watch what (R8.1, R3.6): a SUBSCRIBE is turned to the presentity it is about (docs/lamps.md)."""

from __future__ import annotations

from collections.abc import Callable

import KSR

from freeseat.kamailio import caller, message
from freeseat.kamailio.calls import DONE, RELAY
from freeseat.kamailio.config import Config
from freeseat.kamailio.entries import Entry
from freeseat.kamailio.table import Table

_PACKAGES = ("dialog", "message-summary", "reg")
_ALLOW_EVENTS = "Allow-Events: " + ", ".join(_PACKAGES)
_CODE = "V|queue_"


class Lamps:
    """SUBSCRIBE in one process. `notify` tells the control plane."""

    def __init__(self, config: Config, table: Table, notify: Callable[[dict[str, object]], None]) -> None:
        self._config, self._table, self._notify = config, table, notify

    def watch(self) -> int:
        """Let the watcher at hand watch, or answer him: RELAY with the presentity as request URI, or DONE.

        A refresh within the subscription (RFC 6665 4.1.2.2) is judged like its beginning.
        """
        entry = caller.authenticate(self._config, self._table, "SUBSCRIBE", message.source(), self._notify)
        if entry is None:
            return DONE
        package = message.text("$hdr(Event)").partition(";")[0].strip()
        if package not in _PACKAGES:
            message.reply(489, "Bad Event", _ALLOW_EVENTS)
            return DONE
        begins = not message.text("$tt")
        target = message.text("$rU") if begins else message.text("$tU")
        presentity = self._presentity(entry, package, target)
        if presentity is None:
            return DONE
        if begins:
            self._notify({"watch": package, "of": presentity})
            KSR.seturi(f"sip:{presentity}@{self._config.realm}")
        return RELAY

    def _presentity(self, entry: Entry, package: str, target: str) -> str | None:
        """The user part of the presentity, None where the watcher has been refused."""
        if package != "dialog":
            if target in (entry.number, entry.occupant):  # messages and registrations are everybody's own affair
                return entry.number
            message.reply(403, "Forbidden")
            return None
        value = KSR.htable.sht_get("n", target) if target else None
        if value and value.startswith(_CODE):
            return f"{target}.{entry.number}"  # one's own state at a queue: another one for each watcher
        watched = self._table.entry(target) if value and not value.startswith("V") else None
        if watched is None:
            message.reply(404, "Not Found")
            return None
        if target == entry.number or self._may_watch(entry, watched):
            return target
        message.reply(403, "Forbidden")
        return None

    def _may_watch(self, entry: Entry, watched: Entry) -> bool:
        """Whom one may call one may watch (R3.5, R4.6)."""
        return "i" in entry.rights and not self._table.numbering().are_apart(entry.group, watched.group)
