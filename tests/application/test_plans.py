"""Floor plans: pictures, places of desks, their colours (R10.4)."""

from __future__ import annotations

import struct
import zlib

import pytest

from freeseat.application.directory.phones import delete_phone
from freeseat.application.plans.directory import (
    DeskOnPlan,
    add_plan,
    change_plan,
    delete_plan,
    floor_seen,
    image_of,
    place_desk,
    remove_desk,
)
from freeseat.domain.errors import Clash, InvalidValue, NotFound
from freeseat.domain.events import Kind
from freeseat.domain.plans import LARGEST_IMAGE, DeskState, MediaType, picture_of
from tests.application.office import ADMIN, Office


def png(width: int = 640, height: int = 480) -> bytes:
    """A PNG of that size, black."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (1 + (width + 7) // 8) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xfe\x00\x04ab\xff\xff\xc2\x00\x11\x08\x01\xe0\x02\x80\x03\x01\x11\x00\x02\x11\x01\x03\x11\x01"
)
VP8X = b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0"
VP8L = b"RIFF\x1a\0\0\0WEBPVP8L\x0a\0\0\0\x2f" + ((639) | (479 << 14)).to_bytes(4, "little") + b"\0" * 9
VP8 = b"RIFF\x1a\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (png(), MediaType.PNG),
        (JPEG, MediaType.JPEG),
        (VP8X, MediaType.WEBP),
        (VP8L, MediaType.WEBP),
        (VP8, MediaType.WEBP),
    ],
)
def test_pictures_are_known_by_what_they_are(data: bytes, kind: MediaType) -> None:
    picture = picture_of(data)
    assert (picture.media_type, picture.width, picture.height) == (kind, 640, 480)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\0" * 40,
        png()[:20],
        JPEG[:24],
        b"\xff\xd8\xff" + b"\xe0\x00\x00" * 9,
        VP8[:28],
        png(0, 5),
        png(20_001, 1),
        b"\x89PNG\r\n\x1a\n" + b"\0" * LARGEST_IMAGE,
    ],
)
def test_nothing_else_is_a_picture(data: bytes) -> None:
    """SVG can carry scripts; what is cut off or has no size is none."""
    with pytest.raises(InvalidValue):
        picture_of(data)


class Floor:
    """The office with the plan *ground* of the site berlin."""

    def __init__(self, office: Office) -> None:
        self.office = office
        office.write(lambda tx: add_plan(tx, "ground", "berlin", png(), ADMIN, office.now))

    def place(self, phone: str, x: float = 0.5, y: float = 0.25, plan: str = "ground") -> None:
        self.office.write(lambda tx: place_desk(tx, plan, phone, x, y, ADMIN, self.office.now))

    def desks(self, plan: str = "ground") -> list[DeskOnPlan]:
        return list(self.office.read(lambda tx: floor_seen(tx, plan)).desks)

    def state(self) -> DeskState:
        (desk,) = self.desks()
        return desk.state


@pytest.fixture
def floor(office: Office) -> Floor:
    return Floor(office)


def test_desks_are_placed_moved_and_removed(floor: Floor) -> None:
    office = floor.office
    office.write(lambda tx: add_plan(tx, "first", "berlin", JPEG, ADMIN, office.now))
    floor.place("3002")
    floor.place("3001", 0.0, 1.0)
    assert [(desk.phone, desk.x, desk.y) for desk in floor.desks()] == [("3001", 0.0, 1.0), ("3002", 0.5, 0.25)]
    floor.place("3001", 0.1, 0.2, "first")
    assert [desk.phone for desk in floor.desks()] == ["3002"]
    assert [(desk.phone, desk.x) for desk in floor.desks("first")] == [("3001", 0.1)]
    office.write(lambda tx: remove_desk(tx, "3001", ADMIN, office.now))
    assert floor.desks("first") == []
    placed = [(event.phone, event.data["plan"]) for event in office.events(Kind.DESK_PLACED)]
    assert placed == [("3002", "ground"), ("3001", "ground"), ("3001", "first"), ("3001", "")]
    with pytest.raises(NotFound):
        office.write(lambda tx: remove_desk(tx, "3001", ADMIN, office.now))


def test_placing_again_where_it_is_changes_nothing(floor: Floor) -> None:
    floor.place("3001")
    before = floor.office.position()
    floor.place("3001")
    assert floor.office.position() == before


@pytest.mark.parametrize(("x", "y"), [(-0.01, 0), (0, 1.01), (float("nan"), 0), (float("inf"), 0)])
def test_places_are_on_the_plan(floor: Floor, x: float, y: float) -> None:
    with pytest.raises(InvalidValue):
        floor.place("3001", x, y)
    with pytest.raises(NotFound):
        floor.place("3999")
    with pytest.raises(NotFound):
        floor.place("3001", plan="roof")


def test_the_colours_of_a_desk(floor: Floor) -> None:
    office = floor.office
    floor.place("3001")
    assert floor.state() is DeskState.UNREGISTERED
    binding = office.bind("3001")
    assert floor.state() is DeskState.FREE
    office.login("2019", "3001")
    (desk,) = floor.desks()
    assert (desk.state, desk.occupant, desk.occupant_name, desk.since) == (
        DeskState.OCCUPIED, "2019", "User 2019", office.now,
    )  # fmt: skip
    office.unbind(binding)
    assert floor.state() is DeskState.UNREGISTERED
    office.change_phone("3001", enabled=False)
    assert floor.state() is DeskState.DISABLED


def test_a_plan_changes_and_goes(floor: Floor) -> None:
    office = floor.office
    floor.place("3001")
    new = office.write(lambda tx: change_plan(tx, "ground", ADMIN, office.now, new_name="basement", image=JPEG))
    assert (new.media_type, new.site) == (MediaType.JPEG, "berlin")
    assert office.read(lambda tx: image_of(tx, "basement")) == (new, JPEG)
    assert [desk.phone for desk in floor.desks("basement")] == ["3001"]
    with pytest.raises(InvalidValue):
        office.write(lambda tx: change_plan(tx, "basement", ADMIN, office.now, image=b"<svg/>"))
    with pytest.raises(Clash):
        office.write(lambda tx: add_plan(tx, "basement", "", png(), ADMIN, office.now))
    office.write(lambda tx: delete_phone(tx, "3001", ADMIN, office.now))
    assert floor.desks("basement") == []
    office.write(lambda tx: delete_plan(tx, "basement", ADMIN, office.now))
    with pytest.raises(NotFound):
        office.read(lambda tx: image_of(tx, "basement"))
