"""INVITEs that need no digest: of voice, of trunks, and our own on their way outside (docs/switch-contract.md).

Each proves where it comes from. One that cannot is challenged like any stranger's.
"""

from __future__ import annotations

import hmac
import re

import KSR

from freeseat.kamailio import message
from freeseat.kamailio.caller import Guest
from freeseat.kamailio.calls import DONE, Calls
from freeseat.kamailio.config import Config
from freeseat.kamailio.entries import Entry
from freeseat.kamailio.outside import Outside
from freeseat.kamailio.table import Table
from freeseat.kamailio.trunks import TOKEN

_OUTSIDE_NUMBER = re.compile(r"\+?[0-9]{1,31}")
_ALL_RIGHTS = "inx"


class Trusted:
    """INVITEs without credentials in one process."""

    def __init__(self, config: Config, table: Table, calls: Calls) -> None:
        self._config = config
        self._table = table
        self._calls = calls
        self._outside = Outside(config, table)

    def of_voice(self) -> int:
        """Send an INVITE of voice on its way; what it says in its headers holds only with the secret."""
        shown = message.text("$hdr(X-Freeseat-Service)")
        source = message.source()
        right = hmac.compare_digest(shown.encode(), self._config.voice_secret.encode())
        if not right or _address(source, message.text("$sp")) != self._config.voice:
            message.challenge("INVITE")
            return DONE
        kind, queue, behalf = _header("Kind"), _header("Queue"), _header("Behalf")
        hops, ring = _count(_header("Hops")), _count(_header("Ring"))
        party = self._party(_header("Caller"), behalf)
        KSR.textops.remove_hf_re("^X-Freeseat-")
        if kind == "ask":
            return self._calls.ask_phone(ring)
        if kind == "offer":
            return self._calls.offer(party, source, queue, ring)
        return self._calls.send_on(party, source, queue, hops, free=not behalf)

    def of_trunk(self) -> int:
        """Send an INVITE of a trunk on its way: from an address of its own, or to the Contact registered there."""
        source, user = message.source(), message.text("$rU")
        trunks = self._table.trunks()
        registered = trunks.of_token(user, self._config.nonce_secret) if user.startswith(TOKEN) else None
        trunk = registered or trunks.of_source(source)
        if trunk is None:
            message.challenge("INVITE")
            return DONE
        caller = _caller()
        KSR.route("STRIP")
        KSR.textops.remove_hf_re("^(Alert-Info|Call-Info|Answer-Mode|Priv-Answer-Mode)$")  # no ear in a room
        if caller:
            KSR.hdr.append(f"P-Asserted-Identity: <sip:{caller}@{self._config.realm}>\r\n")
        return self._calls.come_in(Guest(caller), source, message.text("$tU") if registered else user)

    def of_ourselves(self) -> int:
        """Send the branch of somebody at an outside telephone to a trunk."""
        if not self._outside.is_our_own():
            message.challenge("INVITE")
            return DONE
        return self._calls.go_outside()

    def _party(self, caller: str, behalf: str) -> Guest:
        if not behalf:
            return Guest(caller, _ALL_RIGHTS)
        entry = self._table.entry(behalf)
        if not isinstance(entry, Entry):
            return Guest(caller)
        return Guest(caller, entry.rights, entry.group, entry.location, entry.language)


def _header(name: str) -> str:
    return message.text(f"$hdr(X-Freeseat-{name})").strip()


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _caller() -> str:
    """Number of who calls from outside: as asserted (RFC 3325), else From; empty where he withholds it (RFC 3323)."""
    if "id" in message.text("$hdr(Privacy)").lower():
        return ""
    for number in (message.free_text("$(hdr(P-Asserted-Identity){nameaddr.uri}{uri.user})"), message.free_text("$fU")):
        if _OUTSIDE_NUMBER.fullmatch(number):
            return number
    return ""


def _address(ip: str, port: str) -> str:
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
