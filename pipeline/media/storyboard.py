"""The storyboard: small pictures of the whole recording for the seek bar, as sprites and a WebVTT metadata track."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLUMNS, ROWS = 10, 10
"""Tiles of one sprite."""
MAX_TILES = 300
"""A longer recording has tiles further apart."""
QUALITY = 60
FILE = "storyboard.vtt"

Frames = NDArray[np.uint8]
"""Raw 4:2:0 pictures in JPEG's colours, one per row."""


def write(frames: Frames, size: tuple[int, int], moments_ms: Sequence[int], end_ms: int, folder: Path) -> str | None:
    """Write sprites and track into ``folder``.

    Args:
        frames: pictures of ``size``.
        size: width and height, pixels.
        moments_ms: when each is shown, ascending.
        end_ms: the end of the recording.
        folder: where the files go.

    Returns:
        The name of the track; ``None`` where there are fewer than two pictures.
    """
    count = sum(moment < end_ms for moment in moments_ms)
    chosen = list(range(0, count, max(1, -(-count // MAX_TILES))))
    if len(chosen) < 2:
        return None
    width, height = size
    lines = ["WEBVTT", ""]
    for number, index in enumerate(chosen):
        sprite, place = divmod(number, COLUMNS * ROWS)
        row, column = divmod(place, COLUMNS)
        end = moments_ms[chosen[number + 1]] if number + 1 < len(chosen) else end_ms
        lines.append(f"{_clock(moments_ms[index])} --> {_clock(end)}")
        lines += [f"{_name(sprite)}#xywh={column * width},{row * height},{width},{height}", ""]
    for sprite in range(-(-len(chosen) // (COLUMNS * ROWS))):
        tiles = frames[chosen[sprite * COLUMNS * ROWS : (sprite + 1) * COLUMNS * ROWS]]
        _sprite(tiles, size).save(folder / _name(sprite), quality=QUALITY, optimize=True, progressive=True)
    (folder / FILE).write_text("\n".join(lines), "utf-8")
    return FILE


def _name(sprite: int) -> str:
    return f"storyboard-{sprite + 1}.jpg"


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def _sprite(tiles: Frames, size: tuple[int, int]) -> Image.Image:
    width, height = size
    columns, rows = min(COLUMNS, len(tiles)), -(-len(tiles) // COLUMNS)
    sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, COLUMNS)
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = _full_colour(tile, size)
    return Image.fromarray(sheet, "YCbCr").convert("RGB")


def _full_colour(tile: Frames, size: tuple[int, int]) -> Frames:
    """4:2:0 to 4:4:4: each colour sample four times."""
    width, height = size
    luma = tile[: width * height].reshape(height, width)
    colours = tile[width * height :].reshape(2, height // 2, width // 2).repeat(2, axis=1).repeat(2, axis=2)
    return np.stack([luma, colours[0], colours[1]], axis=2)
