"""Documents as a strict watcher reads them: every rule of the RFC that a document can break is checked."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

DIALOG_INFO = "{urn:ietf:params:xml:ns:dialog-info}"
LAMP = "{urn:freeseat:lamp:1}lamp"
REGINFO = "{urn:ietf:params:xml:ns:reginfo}"
_STATES = ("trying", "proceeding", "early", "confirmed", "terminated")
_ORDER = ("state", "duration", "replaces", "referred-by", "route-set", "local", "remote")
_LOCAL = ("identity", "target", "session-description", "cseq")


@dataclass(frozen=True)
class Shown:
    """A dialog-info document: our state in one word, and what a phone that does not know it sees.

    `dialogs` are pairs of state and direction; `held` tells that one of them is rendered as on hold.
    """

    state: str
    dialogs: tuple[tuple[str, str], ...]
    held: bool
    version: int
    entity: str

    @property
    def plain(self) -> str:
        """The lamp of a phone that knows RFC 4235 and nothing else."""
        states = [state for state, _ in self.dialogs]
        if "early" in states and "confirmed" not in states:
            return "ringing"
        if "confirmed" in states:
            return "held" if self.held else "busy"
        return "calling" if "proceeding" in states else "idle"


def dialog_info(body: bytes) -> Shown:
    """Read a document by the schema of RFC 4235 section 4.4; fails where it breaks it."""
    root = ElementTree.fromstring(body)
    assert root.tag == DIALOG_INFO + "dialog-info"
    assert set(root.attrib) == {"version", "state", "entity"}
    assert root.attrib["state"] == "full"
    assert root.attrib["entity"].startswith("sip:")
    *dialogs, last = list(root)
    assert last.tag == LAMP, "an extension element comes after the dialogs"
    ids = [dialog.attrib["id"] for dialog in dialogs]
    assert len(set(ids)) == len(ids), "an id belongs to one dialog"
    read = tuple(_dialog(dialog) for dialog in dialogs)
    held = root.find(f".//{DIALOG_INFO}param[@pname='+sip.rendering'][@pval='no']") is not None
    return Shown(last.attrib["state"], read, held, int(root.attrib["version"]), root.attrib["entity"])


def _dialog(dialog: Element) -> tuple[str, str]:
    assert dialog.tag == DIALOG_INFO + "dialog"
    assert set(dialog.attrib) <= {"id", "call-id", "local-tag", "remote-tag", "direction"}
    direction = dialog.attrib.get("direction", "")
    assert direction in ("", "initiator", "recipient")
    _in_order(dialog, _ORDER)
    for local in dialog.findall(DIALOG_INFO + "local"):
        _in_order(local, _LOCAL)
        assert all("uri" in target.attrib for target in local.findall(DIALOG_INFO + "target"))
    state = (dialog.findtext(DIALOG_INFO + "state") or "").strip()
    assert state in _STATES
    return state, direction


def _in_order(parent: Element, names: tuple[str, ...]) -> None:
    found = [child.tag.removeprefix(DIALOG_INFO) for child in parent]
    assert found == sorted(found, key=names.index), f"RFC 4235 4.4 has another order than {found}"
    assert len(set(found)) == len(found)


def message_summary(body: bytes) -> dict[str, str]:
    """Read a document of RFC 3842 section 3.5: names and values of its lines. Kamailio has checked its line ends."""
    *lines, rest = body.decode("ascii").split("\n")
    assert rest == "", "every line has an end"
    assert lines[0] in ("Messages-Waiting: yes", "Messages-Waiting: no")
    pairs = (line.partition(": ") for line in lines)
    return {name: value for name, _, value in pairs}


def contacts(body: bytes) -> list[str]:
    """Read a document of RFC 3680 section 5 about one AoR: the URIs that are bound to it."""
    root = ElementTree.fromstring(body)
    assert root.tag == REGINFO + "reginfo"
    assert root.attrib["state"] == "full"
    (registration,) = root.findall(REGINFO + "registration")
    uris = [uri.text or "" for uri in registration.iter(REGINFO + "uri")]
    assert registration.attrib["state"] == ("active" if uris else "init")
    return uris
