"""Reading the number table (htables n and x) from a SIP worker."""

from __future__ import annotations

import KSR

from freeseat.domain.trunks import forms_of
from freeseat.kamailio.entries import INBOUND, SERVICE, Entry, Service
from freeseat.kamailio.numbering import Numbering
from freeseat.kamailio.trunks import Trunks

_NUMBERING_KEYS = ("codes", "emergency", "apart", "national", "international")


class Table:
    """The number table as one process sees it; the parsed single entries are kept until their serial changes."""

    def __init__(self) -> None:
        self._serial = -1
        self._numbering = Numbering.parse("", "", "", "", "")
        self._trunks = Trunks.parse("")

    def entry(self, number: str | None) -> Entry | None:
        """The entry of a phone or user, or None where the table has none."""
        found = self.look(number)
        return found if isinstance(found, Entry) else None

    def look(self, number: str | None) -> Entry | Service | None:
        """Whatever has exactly this number, or None where nothing has it."""
        if not number:
            return None
        value = KSR.htable.sht_get("n", number)
        if not value or value.startswith(INBOUND):
            return None
        try:
            return Service.parse(number, value) if value.startswith(SERVICE) else Entry(number, value)
        except ValueError as error:
            KSR.err(f"event=bad_entry number={number} error={error}\n")
            return None

    def inbound(self, number: str) -> str:
        """Whom a number means that comes in on a trunk; empty where it means nobody. With or without its `+`."""
        for form in forms_of(number):
            kind, _, destination = (KSR.htable.sht_get("n", f"did/{form}") or "").partition("|")
            if kind == INBOUND:
                return str(destination)
        return ""

    def numbering(self) -> Numbering:
        """What dialled numbers mean now."""
        self._look_again()
        return self._numbering

    def trunks(self) -> Trunks:
        """The ways outside as they are now."""
        self._look_again()
        return self._trunks

    def _look_again(self) -> None:
        serial = KSR.htable.sht_get("x", "serial") or 0
        if serial == self._serial:
            return
        values = [KSR.htable.sht_get("x", key) or "" for key in _NUMBERING_KEYS]
        self._numbering = Numbering.parse(*(str(value) for value in values))
        self._trunks = Trunks.parse(str(KSR.htable.sht_get("x", "trunks") or ""))
        self._serial = serial
