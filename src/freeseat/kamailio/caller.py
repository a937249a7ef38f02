"""Who calls: digest of requests outside a dialog, and the identity the called is shown (R3.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import KSR

from freeseat.kamailio import digest, message
from freeseat.kamailio.config import Config
from freeseat.kamailio.digest import Verdict
from freeseat.kamailio.entries import NO_HA1, NO_HA1_256, Entry
from freeseat.kamailio.table import Table


@dataclass(frozen=True, slots=True)
class Guest:
    """Who calls without a phone of ours: voice for somebody, or a number outside. The names are those of Entry.

    `occupant` is the number that calls, or empty; `number` is the phone, always empty.
    """

    occupant: str
    rights: str = ""
    group: str = ""
    location: str = ""
    language: str = ""
    number: str = ""


Party = Entry | Guest


def authenticate(
    config: Config, table: Table, method: str, source: str, notify: Callable[[dict[str, object]], None]
) -> Entry | None:
    """The entry of who sends the request at hand, which has credentials, from `source`; None where it was answered.

    A person who calls from a binding of his own is known only from the address he is logged in at, so that a call is no
    second way to try PINs (R2.15); a wrong one is told to the control plane, which counts it.
    """
    user = message.text("$au")
    entry = table.entry(user)
    if entry is not None and entry.is_user and not _may_call_as_himself(config, entry, source):
        entry = None
    known = entry is not None and bool(entry.ha1)
    ha1, ha1_256 = (entry.ha1, entry.ha1_256) if entry and known else (NO_HA1, NO_HA1_256)
    verdict = digest.check(config, method, ha1, ha1_256)
    if verdict is Verdict.STALE:
        message.challenge(method, stale=True)
        return None
    if entry and known and verdict is Verdict.RIGHT:
        return entry
    if entry is not None and entry.is_user:
        message.count_wrong_pin(source, user)
        notify({"wrong": user, "fingerprint": message.text("$adr"), "source": source, "method": method})
    message.refuse(method, source, user, config.wrong_secret_limit)
    return None


def _may_call_as_himself(config: Config, entry: Entry, source: str) -> bool:
    return (
        bool(entry.grant)
        and entry.grant_source == source
        and message.wrong_pins(source, entry.number) < config.wrong_pin_limit
    )


def present(entry: Entry) -> None:
    """Show the called the occupant's number and name, never the shared phone's own (R3.2)."""
    KSR.pv.sets("$var(number)", entry.caller_number)
    KSR.pv.sets("$var(name)", entry.caller_name)
    KSR.route("PRESENT")
