"""Reading the number table (htables n and x) from a SIP worker."""

from __future__ import annotations

import KSR

from freeseat.kamailio.entries import Entry
from freeseat.kamailio.numbering import Numbering

_NUMBERING_KEYS = ("codes", "emergency", "apart", "national", "international", "outside")


class Table:
    """The number table as one process sees it; the parsed single entries are kept until their serial changes."""

    def __init__(self) -> None:
        self._serial = -1
        self._numbering = Numbering.parse("", "", "", "", "", "")

    def entry(self, number: str | None) -> Entry | None:
        """The entry of `number`, or None where the table has none."""
        if not number:
            return None
        value = KSR.htable.sht_get("n", number)
        if not value:
            return None
        try:
            return Entry(number, value)
        except ValueError as error:
            KSR.err(f"event=bad_entry number={number} error={error}\n")
            return None

    def numbering(self) -> Numbering:
        """What dialled numbers mean now."""
        serial = KSR.htable.sht_get("x", "serial") or 0
        if serial != self._serial:
            values = [KSR.htable.sht_get("x", key) or "" for key in _NUMBERING_KEYS]
            self._numbering = Numbering.parse(*(str(value) for value in values))
            self._serial = serial
        return self._numbering
