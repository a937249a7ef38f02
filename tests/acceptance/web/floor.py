"""A picture of a floor, drawn dot by dot, for floor plans (PNG, W3C recommendation of 2003)."""

from __future__ import annotations

import struct
import zlib

WIDTH, HEIGHT = 1200, 700
_FLOOR, _WALL, _TABLE = 250, 120, 222
_TABLE_SIZE = 110, 60


def floor_picture(desks: list[tuple[float, float]]) -> bytes:
    """A floor of two rooms and a corridor, with a table under every desk (shares of width and height)."""
    rows = [bytearray([_FLOOR]) * WIDTH for _ in range(HEIGHT)]

    def fill(left: int, top: int, right: int, bottom: int, grey: int) -> None:
        for row in rows[max(0, top) : bottom]:
            row[max(0, left) : right] = bytes([grey]) * (min(right, WIDTH) - max(0, left))

    for left, top, right, bottom in (
        (0, 0, WIDTH, 8), (0, HEIGHT - 8, WIDTH, HEIGHT), (0, 0, 8, HEIGHT), (WIDTH - 8, 0, WIDTH, HEIGHT),
        (596, 0, 604, 250), (596, 450, 604, HEIGHT), (0, 346, 500, 352), (700, 346, WIDTH, 352),
    ):  # fmt: skip
        fill(left, top, right, bottom, _WALL)
    wide, high = _TABLE_SIZE
    for x, y in desks:
        left, top = round(x * WIDTH - wide / 2), round(y * HEIGHT - high / 2)
        fill(left, top, left + wide, top + high, _TABLE)
    return _png(rows)


def _png(rows: list[bytearray]) -> bytes:
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)  # grey, 8 bits
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
