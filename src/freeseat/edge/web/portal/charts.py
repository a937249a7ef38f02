"""Charts as SVG that the server draws: bars over time, one beside or on top of another. Geometry only, no text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, SLIM, HEIGHT = 720, 400, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 12, 28
_LABEL_WIDTH = 54
_WIDEST_BAR = 90
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Stack:
    """A bar: what stands under it, what it says when pointed at, and its parts from the bottom up."""

    label: str
    title: str
    parts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle of a chart; `series` is the number of its part."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A text beside an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart, in units of its view box."""

    width: int
    height: int
    left: int
    bottom: float
    pieces: tuple[Piece, ...]
    ticks: tuple[Mark, ...]
    labels: tuple[Mark, ...]


def charts(stacks: Sequence[Stack], *, height: int = HEIGHT) -> tuple[Chart, Chart]:
    """The same bars twice: over the width of a page, and for one where that could not be read."""
    return bars(stacks, height=height), bars(stacks, width=SLIM, height=height)


def bars(
    stacks: Sequence[Stack], *, most: float | None = None, unit: str = "", width: int = WIDTH, height: int = HEIGHT
) -> Chart:
    """Bars side by side. `most` is the top of the scale (without it the highest bar's), `unit` follows its figures."""
    top = most if most is not None else max((sum(stack.parts) for stack in stacks), default=0.0)
    step = _step(top)
    scale = max(step, math.ceil(top / step) * step)
    high, wide = height - _TOP - _BOTTOM, width - _LEFT - _RIGHT
    slot = wide / max(1, len(stacks))
    every = max(1, math.ceil(len(stacks) * _LABEL_WIDTH / wide))
    pieces: list[Piece] = []
    labels: list[Mark] = []
    for index, stack in enumerate(stacks):
        middle, width_of_bar = _LEFT + (index + 0.5) * slot, min(slot * 0.76, _WIDEST_BAR)
        pieces += _pieces(stack, middle - width_of_bar / 2, width_of_bar, high / scale, _TOP + high)
        if index % every == 0:
            labels.append(Mark(round(min(middle, width - _LABEL_WIDTH / 2), 1), stack.label))
    ticks = tuple(
        Mark(round(_TOP + high - high * n * step / scale, 1), f"{n * step:g}{unit}")
        for n in range(round(scale / step) + 1)
    )
    return Chart(width, height, _LEFT, _TOP + high, tuple(pieces), ticks, tuple(labels))


def _pieces(stack: Stack, x: float, width: float, per_unit: float, bottom: float) -> list[Piece]:
    found, y = [], bottom
    for series, value in enumerate(stack.parts):
        tall = value * per_unit
        y -= tall
        if tall > 0:
            found.append(Piece(round(x, 1), round(y, 1), round(width, 1), round(tall, 1), series, stack.title))
    return found


def _step(top: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, of which at most five reach the top; whole numbers only."""
    if top <= 5:
        return 1
    power = 10.0 ** math.floor(math.log10(top / 5))
    return next((power * each for each in _STEPS if power * each * 5 >= top), power * 10)
