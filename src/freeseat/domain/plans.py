"""Floor plans: desks on a picture of their floor (R10.4). Pictures are checked by what they are, not by their name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from freeseat.domain.checks import check_text
from freeseat.domain.errors import InvalidValue

LARGEST_IMAGE = 8 * 1024 * 1024
"""Octets."""
_LONGEST_SIDE = 20_000


class MediaType(StrEnum):
    """Kinds of pictures. SVG is none of them: it can carry scripts."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    WEBP = "image/webp"


@dataclass(frozen=True, slots=True)
class FloorPlan:
    """A floor of a site; width and height of its picture in pixels."""

    id: int
    name: str
    site: str
    media_type: MediaType
    width: int
    height: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PlanImage:
    """The picture of a plan."""

    id: int
    plan_id: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Placement:
    """A phone's place on a plan: `x` from the left and `y` from the top, as shares of width and height (0 to 1)."""

    id: int
    plan_id: int
    phone_id: int
    x: float
    y: float


class DeskState(StrEnum):
    """The colour of a desk on the plan; the first that applies, in this order."""

    DISABLED = "disabled"
    UNREGISTERED = "unregistered"
    OCCUPIED = "occupied"
    FREE = "free"


def desk_state(*, enabled: bool, registered: bool, occupied: bool) -> DeskState:
    """The state of a desk. One whose phone is not registered is shown as that: an occupant gets no calls."""
    if not enabled:
        return DeskState.DISABLED
    if not registered:
        return DeskState.UNREGISTERED
    return DeskState.OCCUPIED if occupied else DeskState.FREE


def check_plan(name: str, site: str) -> None:
    """A plan's texts. Raises InvalidValue."""
    check_text("name", name, required=True)
    check_text("site", site)


def check_position(x: float, y: float) -> None:
    """A place on a plan. Raises InvalidValue; NaN is nowhere."""
    for field, value in (("x", x), ("y", y)):
        if not 0.0 <= value <= 1.0:
            raise InvalidValue(field, value, "use 0 to 1")


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture's first octets say."""

    media_type: MediaType
    width: int
    height: int


def picture_of(data: bytes) -> Picture:
    """Kind and size of a picture. Raises InvalidValue if it is none of ours, too large or cut off."""
    if len(data) > LARGEST_IMAGE:
        raise InvalidValue("image", f"{len(data)} octets", f"use at most {LARGEST_IMAGE // 1024 // 1024} MiB")
    found = _png(data) or _webp(data) or _jpeg(data)
    if found is None:
        raise InvalidValue("image", f"{len(data)} octets", "use a PNG, JPEG or WebP picture")
    if not (1 <= found.width <= _LONGEST_SIDE and 1 <= found.height <= _LONGEST_SIDE):
        raise InvalidValue("image", f"{found.width} x {found.height}", f"use 1 to {_LONGEST_SIDE} pixels a side")
    return found


def _big(octets: bytes) -> int:
    return int.from_bytes(octets, "big")


def _little(octets: bytes) -> int:
    return int.from_bytes(octets, "little")


def _png(data: bytes) -> Picture | None:
    """W3C PNG, sections 5.2 and 11.2.2: signature, then IHDR."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return Picture(MediaType.PNG, _big(data[16:20]), _big(data[20:24]))


def _webp(data: bytes) -> Picture | None:
    """RFC 9649 section 2: a RIFF file whose first chunk is VP8, VP8L or VP8X."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    match data[12:16]:
        case b"VP8X":
            return Picture(MediaType.WEBP, _little(data[24:27]) + 1, _little(data[27:30]) + 1)
        case b"VP8L" if data[20] == 0x2F:
            bits = _little(data[21:25])
            return Picture(MediaType.WEBP, (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1)
        case b"VP8 " if data[23:26] == b"\x9d\x01\x2a":
            return Picture(MediaType.WEBP, _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF)
        case _:
            return None


_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})


def _jpeg(data: bytes) -> Picture | None:
    """ITU-T T.81 annex B: segments up to the frame header, which has the size."""
    if data[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAMES:
            return Picture(MediaType.JPEG, _big(data[at + 7 : at + 9]), _big(data[at + 5 : at + 7]))
        else:
            at += 2 + max(_big(data[at + 2 : at + 4]), 2)
    return None
