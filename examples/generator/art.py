"""Illustrations for the slides, drawn from numbers. Every function draws into a box of the picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from PIL import ImageDraw

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, pixels."""

FOREST, GREEN, LEAF, MIST, CREAM = "#12301b", "#2f6b18", "#4c9c2e", "#dfead6", "#fbfaf5"
INK, SLATE, GOLD, CLAY, SKY = "#1d2b20", "#5b6b5e", "#d9a441", "#c4704a", "#4d8fa8"
SERIES = (LEAF, GOLD, SKY, CLAY)


def _numbers(seed: int) -> Iterator[float]:
    """Numbers from 0 to 1 that are the same on every machine (a linear congruential generator)."""
    state = seed
    while True:
        state = (1103515245 * state + 12345) % 2**31
        yield state / 2**31


def seed_head(draw: ImageDraw.ImageDraw, box: Box) -> None:
    """The spirals of a sunflower's seed head: each seed turns by the golden angle."""
    centre_x, centre_y, radius = _circle(box)
    golden = math.pi * (3 - math.sqrt(5))
    for index in range(420):
        distance = radius * math.sqrt(index / 420)
        x, y = centre_x + distance * math.cos(index * golden), centre_y + distance * math.sin(index * golden)
        size = radius * (0.008 + 0.022 * index / 420)
        colour = (LEAF, "#7fb069", GOLD, "#3f8a3a")[(index % 21) // 6]
        draw.ellipse((x - size, y - size, x + size, y + size), fill=colour)


def network(draw: ImageDraw.ImageDraw, box: Box) -> None:
    """National nodes around regional ones, all linked."""
    centre_x, centre_y, radius = _circle(box)
    dots: list[tuple[float, float, float, str]] = []
    for region in range(6):
        angle = region * math.tau / 6 + 0.3
        x, y = centre_x + 0.52 * radius * math.cos(angle), centre_y + 0.52 * radius * math.sin(angle)
        draw.line((centre_x, centre_y, x, y), fill=GREEN, width=_width(radius, 0.014))
        for country in range(5):
            turn = angle + (country - 2) * 0.62
            end = (x + 0.4 * radius * math.cos(turn), y + 0.4 * radius * math.sin(turn))
            draw.line((x, y, *end), fill="#a9c79b", width=_width(radius, 0.008))
            dots.append((*end, 0.036, SERIES[(region + country) % 4]))
        dots.append((x, y, 0.075, GREEN))
    for x, y, size, colour in [*dots, (centre_x, centre_y, 0.12, FOREST)]:
        r = size * radius
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour, outline=CREAM, width=_width(radius, 0.012))


def hexagons(draw: ImageDraw.ImageDraw, box: Box) -> None:
    """A density map of hexagonal cells around a few places of many records."""
    left, top, right, bottom = box
    size = (right - left) / 26
    places = [(0.3, 0.32, 0.2), (0.66, 0.42, 0.26), (0.45, 0.74, 0.18)]
    shades = ("#e9f1e2", "#cfe3bf", "#a8cf8e", "#74b257", LEAF, GREEN, FOREST)
    noise = _numbers(7)
    row = 0
    while (y := top + size + row * size * 1.5) < bottom - size:
        x = left + size + (row % 2) * size * 0.866
        while x < right - size:
            u, v = (x - left) / (right - left), (y - top) / (bottom - top)
            density = sum(math.exp(-((u - a) ** 2 + (v - b) ** 2) / w**2 * 2.2) for a, b, w in places)
            level = density * 6.5 + next(noise) * 1.4 - 0.6
            if level > 0.15:
                corners = [(x + size * 0.93 * math.sin(k * math.pi / 3), y + size * 0.93 * math.cos(k * math.pi / 3))
                           for k in range(6)]  # fmt: skip
                draw.polygon(corners, fill=shades[min(int(level), 6)])
            x += size * 1.732
        row += 1


def layers(draw: ImageDraw.ImageDraw, box: Box) -> None:
    """Sheets of a data model, one above the other, with links between them."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    for index, colour in enumerate((MIST, "#b9d6a6", "#7fb85f", GREEN)):
        y = bottom - height * (0.2 + index * 0.2)
        sheet = [
            (left + width * 0.5, y - height * 0.17),
            (right, y),
            (left + width * 0.5, y + height * 0.17),
            (left, y),
        ]
        draw.polygon([(x + width * 0.008, y + height * 0.035) for x, y in sheet], fill="#cdd8c6")
        draw.polygon(sheet, fill=colour, outline=CREAM, width=_width(width, 0.006))
        for k, (u, v) in enumerate(((0.3, 0.0), (0.5, -0.07), (0.5, 0.07), (0.7, 0.0))):
            x, r = left + width * u, width * 0.02
            draw.ellipse(
                (x - r, y + height * v - r * 0.6, x + r, y + height * v + r * 0.6), fill=SERIES[(k + index) % 4]
            )


def growth(draw: ImageDraw.ImageDraw, box: Box) -> None:
    """A stem that grows from left to right, a pair of leaves at each step."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    points = [(left + width * k / 60, bottom - height * (0.08 + 0.78 * (k / 60) ** 1.6)) for k in range(61)]
    draw.line(points, fill=GREEN, width=_width(width, 0.014), joint="curve")
    for index, k in enumerate(range(6, 61, 9)):
        x, y = points[k]
        size = width * (0.055 + 0.0016 * k)
        for side in (-1, 1):
            leaf(draw, (x, y), size, -0.9 - side * 0.95, SERIES[0] if (index + side) % 3 else GOLD)
    draw.line((left, bottom, right, bottom), fill="#b8c6b0", width=_width(width, 0.006))


def leaf(draw: ImageDraw.ImageDraw, stem: tuple[float, float], size: float, angle: float, colour: str) -> None:
    """One pointed leaf of length ``size`` px from ``stem`` in the direction ``angle`` (radians, 0 is right)."""
    upper = [(t / 12, 0.3 * math.sin(math.pi * (t / 12) ** 0.8)) for t in range(13)]
    outline = [*upper, *((u, -v) for u, v in reversed(upper))]
    cos, sin = math.cos(angle) * size, math.sin(angle) * size
    draw.polygon([(stem[0] + u * cos - v * sin, stem[1] + u * sin + v * cos) for u, v in outline], fill=colour)
    draw.line((*stem, stem[0] + 0.9 * cos, stem[1] + 0.9 * sin), fill=CREAM, width=_width(size, 0.025))


def columns(draw: ImageDraw.ImageDraw, box: Box) -> None:
    """Rising columns; an illustration, not a measurement."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    for line in range(1, 5):
        y = bottom - height * line * 0.22
        draw.line((left, y, right, y), fill="#dde5d6", width=_width(width, 0.004))
    for index in range(7):
        x = left + width * (0.03 + index * 0.14)
        tall = height * (0.14 + 0.74 * (index / 6) ** 1.5)
        box_ = (x, bottom - tall, x + width * 0.1, bottom)
        draw.rounded_rectangle(
            box_, width * 0.015, fill=LEAF if index < 6 else GOLD, corners=(True, True, False, False)
        )
    draw.line((left, bottom, right, bottom), fill=SLATE, width=_width(width, 0.006))


ART: dict[str, Callable[[ImageDraw.ImageDraw, Box], None]] = {
    "seed head": seed_head,
    "network": network,
    "hexagons": hexagons,
    "layers": layers,
    "growth": growth,
    "columns": columns,
}


def _circle(box: Box) -> tuple[float, float, float]:
    left, top, right, bottom = box
    return (left + right) / 2, (top + bottom) / 2, min(right - left, bottom - top) / 2


def _width(size: float, share: float) -> int:
    return max(1, round(size * share))
