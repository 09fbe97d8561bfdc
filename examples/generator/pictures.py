"""The pictures of a talk: slides or a gallery of people, and something that moves with the voice.

Sizes are for a picture 1920 px wide and are scaled to the talk's own width.
"""

from __future__ import annotations

import bisect
import math
import textwrap
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import art
from captions import Cue
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

FONTS = "/usr/share/fonts/truetype/noto/"
FADE = 9
"""Pictures that a change takes."""
SMOOTH = 2
"""Slides are drawn this many times larger, then reduced, for smooth edges."""


class Canvas:
    """A picture with sizes in 1/1920 of its width."""

    def __init__(self, size: tuple[int, int], background: str) -> None:
        self.scale = size[0] * SMOOTH / 1920
        self.image = Image.new("RGB", (size[0] * SMOOTH, size[1] * SMOOTH), background)
        self.draw = ImageDraw.Draw(self.image)

    def box(self, *edges: float) -> tuple[float, ...]:
        """Edges in pixels of the enlarged picture."""
        return tuple(edge * self.scale for edge in edges)

    def text(self, at: tuple[float, float], text: str, font: str, size: float, colour: str, anchor: str = "la") -> None:
        """Write one line."""
        self.draw.text(self.box(*at), text, colour, _font(font, size * self.scale), anchor=anchor)

    def finish(self) -> Image.Image:
        """The picture in its own size."""
        return self.image.resize((self.image.width // SMOOTH, self.image.height // SMOOTH), Image.Resampling.LANCZOS)


def frames(talk: dict[str, Any], starts_ms: tuple[int, ...], cues: tuple[Cue, ...],
           levels: NDArray[Any]) -> Iterator[bytes]:  # fmt: skip
    """Every picture of a talk, 25 a second, as raw RGB."""
    lines = [(number, index, line) for number, slide in enumerate(talk["slides"])
             for index, line in enumerate(slide["say"])]  # fmt: skip
    before = current = None
    since = 0
    for frame, level in enumerate(levels):
        now = frame * 40
        spoken = bisect.bisect_right([cue.start_ms for cue in cues], now) - 1
        number = bisect.bisect_right(starts_ms, now) - 1
        index = lines[spoken][1] if spoken >= 0 and lines[spoken][0] == number else -1
        state = (number, min(index + 1, len(talk["slides"][number].get("points", []))))
        if state != current:
            before, current, since = current, state, frame
        picture = _slide(talk, *state)
        if before is not None and frame - since < FADE:
            picture = Image.blend(_slide(talk, *before), picture, (frame - since + 1) / FADE)
        else:
            picture = picture.copy()
        if "tiles" in talk:
            active = lines[max(spoken, 0)][2].get("tile", 0)
            _light(picture, active, float(level))
        else:
            _presenter(picture, talk, levels[max(0, frame - 27) : frame + 1])
        _progress(picture, frame / len(levels))
        yield picture.tobytes()


_CACHE: dict[tuple[str, int, int], Image.Image] = {}


def _slide(talk: dict[str, Any], number: int, shown: int) -> Image.Image:
    key = (talk["id"], number, shown)
    if key not in _CACHE:
        slide = talk["slides"][number]
        size = (talk["size"][0], talk["size"][1])
        if "tiles" in talk:
            _CACHE[key] = _gallery(size, talk["tiles"], slide["title"])
        elif number == 0:
            _CACHE[key] = _title(size, talk, slide)
        else:
            _CACHE[key] = _points(size, talk, slide, shown)
    return _CACHE[key]


@lru_cache
def _font(name: str, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(f"{FONTS}Noto{name}.ttf", round(size))


def _title(size: tuple[int, int], talk: dict[str, Any], slide: dict[str, Any]) -> Image.Image:
    canvas = Canvas(size, art.FOREST)
    height = canvas.image.height
    for y in range(height):
        shade = y / height
        canvas.draw.line((0, y, canvas.image.width, y), fill=(round(14 + 14 * shade), round(40 + 34 * shade), 26))
    art.ART[slide["art"]](canvas.draw, canvas.box(1130, 30, 2150, 1050))
    canvas.text((120, 150), talk["session"].upper(), "Sans-Bold", 30, "#9fd48a")
    canvas.draw.rectangle(canvas.box(120, 208, 210, 215), fill=art.GOLD)
    y = 268.0
    for line in textwrap.wrap(slide["title"], 24):
        canvas.text((116, y), line, "Serif-Bold", 78, "#ffffff")
        y += 102
    y += 44
    for name in talk["speakers"]:
        canvas.text((120, y), name, "Sans-Bold", 38, "#ffffff")
        y += 54
    canvas.text((120, y), talk["organisation"], "Sans-Regular", 32, "#c7dcbd")
    _footer(canvas, talk, "#9db899")
    return canvas.finish()


def _points(size: tuple[int, int], talk: dict[str, Any], slide: dict[str, Any], shown: int) -> Image.Image:
    canvas = Canvas(size, art.CREAM)
    canvas.draw.rectangle(canvas.box(0, 0, 28, 1080), fill=art.GREEN)
    canvas.text((120, 92), slide["title"], "Serif-Bold", 64, art.FOREST)
    canvas.draw.rectangle(canvas.box(122, 196, 212, 203), fill=art.GOLD)
    art.ART[slide["art"]](canvas.draw, canvas.box(1190, 180, 1790, 740))
    y = 290.0
    for point in slide["points"][:shown]:
        art.leaf(canvas.draw, (122 * canvas.scale, (y + 44) * canvas.scale), 58 * canvas.scale, -0.55, art.LEAF)
        for line in textwrap.wrap(point, 42):
            canvas.text((206, y), line, "Sans-Regular", 42, art.INK)
            y += 60
        y += 42
    _footer(canvas, talk, art.SLATE)
    return canvas.finish()


def _footer(canvas: Canvas, talk: dict[str, Any], colour: str) -> None:
    canvas.text((120, 988), f"{talk['footer']}", "Sans-Regular", 25, colour)


def _tile_box(index: int) -> tuple[float, float, float, float]:
    column, row = index % 3, index // 3
    left, top = 66 + column * 602, 132 + row * 436
    return left, top, left + 584, top + 418


def _gallery(size: tuple[int, int], tiles: list[dict[str, str]], title: str) -> Image.Image:
    canvas = Canvas(size, "#141b16")
    canvas.text((70, 66), title, "Serif-Bold", 40, "#ffffff", "lm")
    canvas.draw.ellipse(canvas.box(1730, 56, 1750, 76), fill="#d5544a")
    canvas.text((1766, 66), "REC", "Sans-Bold", 28, "#e9efe6", "lm")
    tints = ("#28513a", "#3d5a2a", "#4f5527", "#2c4f5a", "#5a4630", "#37503f")
    for index, tile in enumerate(tiles):
        left, top, right, bottom = _tile_box(index)
        canvas.draw.rounded_rectangle(canvas.box(left, top, right, bottom), 20 * canvas.scale, fill=tints[index % 6])
        x, y = (left + right) / 2, (top + bottom) / 2 - 22
        canvas.draw.ellipse(canvas.box(x - 96, y - 96, x + 96, y + 96), fill="#eef4e8")
        canvas.text((x, y), _initials(tile["name"]), "Serif-Bold", 66, tints[index % 6], "mm")
        canvas.text((left + 28, bottom - 40), tile["name"], "Sans-Bold", 29, "#ffffff", "lm")
    return canvas.finish()


def _light(picture: Image.Image, active: int, level: float) -> None:
    """Mark who speaks: a frame around the tile, and a ring that moves with the voice."""
    scale = picture.width / 1920
    left, top, right, bottom = (edge * scale for edge in _tile_box(active))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((left, top, right, bottom), 20 * scale, outline="#9fd48a", width=round(6 * scale))
    x, y, radius = (left + right) / 2, (top + bottom) / 2 - 22 * scale, (104 + 34 * level) * scale
    ring = round((3 + 7 * level) * scale) + 1
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline="#9fd48a", width=ring)


def _presenter(picture: Image.Image, talk: dict[str, Any], levels: NDArray[Any]) -> None:
    """The presenter's tile in the lower right corner: initials, a ring and a wave that move with the voice."""
    scale = picture.width / 1920
    level = float(levels[-1])
    tile = Image.new("RGB", (round(860 * scale), round(440 * scale)), "#1b4526")
    draw = ImageDraw.Draw(tile)
    middle, x = tile.height / 2, 220 * scale
    halo = (136 + 64 * level) * scale
    draw.ellipse((x - halo, middle - halo, x + halo, middle + halo), fill="#2c6a3b")
    radius = 124 * scale
    draw.ellipse((x - radius, middle - radius, x + radius, middle + radius), fill="#eef4e8")
    font = _font("Serif-Bold", 84 * scale)
    draw.text((x, middle), _initials(talk["speakers"][0]), "#1b4526", font, anchor="mm")
    for index, loud in enumerate(reversed(levels[::2])):
        left = (456 + index * 26) * scale
        tall = (6 + 120 * float(loud) * math.exp(-index / 18)) * scale
        draw.rounded_rectangle((left, middle - tall, left + 12 * scale, middle + tall), 6 * scale, fill="#9fd48a")
    small = tile.resize((round(430 * scale), round(220 * scale)), Image.Resampling.LANCZOS)
    mask = Image.new("L", (small.width * 2, small.height * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), 44 * scale, fill=255)
    picture.paste(small, (round(1430 * scale), round(800 * scale)), mask.resize(small.size, Image.Resampling.LANCZOS))


def _progress(picture: Image.Image, share: float) -> None:
    height = max(4, picture.height // 180)
    ImageDraw.Draw(picture).rectangle(
        (0, picture.height - height, round(picture.width * share), picture.height), fill=art.LEAF
    )


def _initials(name: str) -> str:
    words = name.split()
    return (words[0][0] + words[-1][0]).upper()
