"""Plots as SVG: lines on two logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 20, 50
COLOURS = ("#2f6b18", "#1f5fa8", "#a8431f", "#6b3fa0")


@dataclass(frozen=True)
class Line:
    """A line and its name."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class _Axis:
    """Powers of ten from ``low`` to ``high``, on the pixels from ``start`` to ``end``."""

    low: int
    high: int
    start: float
    end: float

    def at(self, value: float) -> float:
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> Iterator[tuple[float, str]]:
        for power in range(self.low, self.high + 1):
            yield self.at(10.0**power), f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"


def log_log(lines: Sequence[Line], *, across: str, up: str) -> str:
    """The plot as a document of its own; ``across`` and ``up`` name the axes. Values must be positive."""
    points = [point for line in lines for point in line.points]
    x = _axis([one for one, _ in points], LEFT, WIDTH - RIGHT)
    y = _axis([two for _, two in points], HEIGHT - BOTTOM, TOP)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
            ' font-family="sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            *_grid(x, y),
            f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{escape(across)}</text>',
            f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)"',
            f' text-anchor="middle">{escape(up)}</text>',
            *(part for line, colour in zip(lines, COLOURS, strict=False) for part in _drawn(line, colour, x, y)),
            "</svg>",
            "",
        ]
    )


def _axis(values: Sequence[float], start: float, end: float) -> _Axis:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return _Axis(low, max(high, low + 1), start, end)


def _grid(x: _Axis, y: _Axis) -> Iterator[str]:
    for at, name in x.ticks():
        yield f'<path d="M{at:.1f} {y.start}V{y.end}" stroke="#ddd"/>'
        yield f'<text x="{at:.1f}" y="{y.start + 18}" text-anchor="middle">{name}</text>'
    for at, name in y.ticks():
        yield f'<path d="M{x.start} {at:.1f}H{x.end}" stroke="#ddd"/>'
        yield f'<text x="{x.start - 8}" y="{at + 4:.1f}" text-anchor="end">{name}</text>'


def _drawn(line: Line, colour: str, x: _Axis, y: _Axis) -> Iterator[str]:
    places = [(x.at(one), y.at(two)) for one, two in line.points]
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    yield from (f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.500" fill="{colour}"/>' for a, b in places)
    a, b = places[-1]
    yield f'<text x="{a + 10:.1f}" y="{b + 4:.1f}" fill="{colour}">{escape(line.name)}</text>'
