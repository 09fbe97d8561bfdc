"""Subtitles as Blu-ray discs have them (PGS, in ``.sup`` files): pictures of text, made for tests.

Source: https://blog.thescorpius.com/index.php/2017/07/15/presentation-graphic-stream-sup-files-bluray-subtitle-format/
"""

from __future__ import annotations

from itertools import groupby
from struct import pack

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 640, 360
_PALETTE, _OBJECT, _PRESENTATION, _WINDOW, _END = 0x14, 0x15, 0x16, 0x17, 0x80


def _segment(time_ms: int, kind: int, body: bytes) -> bytes:
    return b"PG" + pack(">IIBH", time_ms * 90, 0, kind, len(body)) + body


def _runs(row: list[int]) -> bytes:
    """One row of colour numbers, run-length coded."""
    coded = b""
    for colour, group in groupby(row):
        length = len(list(group))
        while length:
            part = min(length, 63)
            coded += bytes((0, 0x80 | part, colour)) if colour else bytes((0, part))
            length -= part
    return coded + b"\0\0"


def _picture(text: str) -> tuple[int, int, bytes]:
    """Width, height and coded pixels of white text."""
    font = ImageFont.load_default(40)
    left, top, right, bottom = ImageDraw.Draw(Image.new("L", (1, 1))).multiline_textbbox((0, 0), text, font=font)
    image = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
    ImageDraw.Draw(image).multiline_text((2 - left, 2 - top), text, fill=255, font=font)
    rows = (np.asarray(image) > 96).astype(int).tolist()
    return image.width, image.height, b"".join(_runs(row) for row in rows)


def _shown(number: int, start_ms: int, text: str) -> bytes:
    width, height, pixels = _picture(text)
    left, top = (WIDTH - width) // 2, HEIGHT - height - 20
    composition = pack(">HHBHBBBB", WIDTH, HEIGHT, 0x10, number, 0x80, 0, 0, 1) + pack(">HBBHH", 0, 0, 0, left, top)
    place = pack(">BBHHHH", 1, 0, left, top, width, height)
    palette = bytes((0, 0, 0, 16, 128, 128, 0, 1, 235, 128, 128, 255))  # nothing, and white
    item = pack(">HBB", 0, 0, 0xC0) + (len(pixels) + 4).to_bytes(3, "big") + pack(">HH", width, height) + pixels
    parts = ((_PRESENTATION, composition), (_WINDOW, place), (_PALETTE, palette), (_OBJECT, item), (_END, b""))
    return b"".join(_segment(start_ms, kind, body) for kind, body in parts)


def _cleared(number: int, time_ms: int) -> bytes:
    composition = pack(">HHBHBBBB", WIDTH, HEIGHT, 0x10, number, 0, 0, 0, 0)
    return _segment(time_ms, _PRESENTATION, composition) + _segment(time_ms, _END, b"")


def sup(captions: list[tuple[int, int, str]]) -> bytes:
    """A ``.sup`` file of captions: start and end in ms, text."""
    return b"".join(
        _shown(2 * number, start, text) + _cleared(2 * number + 1, end)
        for number, (start, end, text) in enumerate(captions)
    )
