"""Stills: which moment makes a good poster, judged by thumbnails (raw 4:2:0 pictures, one per second)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

POSTER_SIDE = 1280
"""Long side of a poster, pixels."""
POSTER_BYTES = 40_000
"""A watch page costs a phone at most 60 kB before play; the poster is most of it."""
_POSTER_SIDES = POSTER_SIDE, 960, 640
_POSTER_QUALITIES = 80, 65, 50
SLIDE_SIDE = 960
"""Long side of a slide's picture, pixels: text can be read, by people and by OCR."""
SLIDE_QUALITY = 60
THUMBNAIL_WIDTH = 320
THUMBNAIL_QUALITY = 75

DARK = 10
"""Mean luma (0 to 255) below which a picture counts as black;"""
LIT = 64
"""unless so bright …"""
LIT_OF_ALL = 0.003
"""… a share of it is: white writing on black is no black picture."""
FADE = 6.0
"""Mean change of luma within a second from which on a picture is in the middle of something."""
BLURRED = 0.4
"""A picture with so much less detail than the others is blurred, or a plain one."""
EARLY_SHARE = 0.03
"""A poster from the first moments would show waiting screens and microphone checks."""

Lumas = NDArray[np.uint8]
"""Brightness: picture, row, column; or whole thumbnails: picture, sample."""
NOTHING: Lumas = np.zeros((0, 1, 1), np.uint8)
"""No pictures at all."""


def thumb_size(width: int, height: int, side: int) -> tuple[int, int]:
    """Even sizes of a thumbnail whose long side is ``side``, or the picture's own where that is smaller."""
    share = min(1.0, side / max(width, height))
    return max(2, 2 * round(width * share / 2)), max(2, 2 * round(height * share / 2))


def read_frames(files: list[Path], size: tuple[int, int]) -> Lumas:
    """All thumbnails in ``files``, one per row: brightness, then the two colours at half size."""
    width, height = size
    frame = width * height * 3 // 2
    data = b"".join(path.read_bytes() for path in files)
    return np.frombuffer(data, np.uint8, len(data) // frame * frame).reshape(-1, frame)


def lumas(frames: Lumas, size: tuple[int, int]) -> Lumas:
    """The brightness of thumbnails."""
    width, height = size
    return frames[:, : width * height].reshape(-1, height, width)


def are_black(brightness: Lumas) -> NDArray[np.bool_]:
    """Whether each picture is black, perhaps with noise."""
    lit = (brightness > LIT).mean(axis=(1, 2)) >= LIT_OF_ALL
    black: NDArray[np.bool_] = (brightness.mean(axis=(1, 2)) < DARK) & ~lit
    return black


def best_moment(brightness: Lumas, unfit: NDArray[np.bool_] | None = None) -> int | None:
    """The number of the thumbnail that makes the best poster; ``None`` without any.

    Rich in detail, standing still, not at the very beginning. Never one that is ``unfit``, black, blurred or in the
    middle of a fade, where there is any other.
    """
    if len(brightness) == 0:
        return None
    pictures = brightness.astype(np.float32)
    detail = np.abs(np.diff(pictures, axis=1)).mean(axis=(1, 2)) + np.abs(np.diff(pictures, axis=2)).mean(axis=(1, 2))
    change = np.abs(np.diff(pictures, axis=0)).mean(axis=(1, 2))
    moving = np.maximum(np.append(change, 0), np.insert(change, 0, 0))
    score = detail / (1 + moving / 4)
    score[: int(len(score) * EARLY_SHARE)] *= 0.5
    fit = ~are_black(brightness) & (True if unfit is None else ~unfit)
    fit &= detail >= BLURRED * float(np.median(detail[fit])) if fit.any() else True
    for good in (fit & (moving < FADE), fit):
        if good.any():
            return int(np.argmax(np.where(good, score, -1.0)))
    return int(np.argmax(score))


def count(file: Path, size: tuple[int, int]) -> int:
    """How many whole thumbnails a file holds."""
    width, height = size
    return file.stat().st_size // (width * height * 3 // 2)


def write_poster(still: Path, folder: Path) -> dict[str, Any]:
    """Write ``poster.jpg`` and ``thumbnail.jpg`` of a picture into ``folder``, and describe them."""
    with Image.open(still) as opened:
        picture = opened.convert("RGB")
    size = _write_within(POSTER_BYTES, picture, folder / "poster.jpg")
    small = picture.copy()
    small.thumbnail((THUMBNAIL_WIDTH, THUMBNAIL_WIDTH), Image.Resampling.LANCZOS)
    small.save(folder / "thumbnail.jpg", quality=THUMBNAIL_QUALITY, optimize=True, progressive=True)
    return {"file": "poster.jpg", "width": size[0], "height": size[1], "thumbnail": "thumbnail.jpg"}


def write_slide(still: Path, target: Path) -> None:
    """Write the picture of a slide as WebP, which every browser shows."""
    with Image.open(still) as opened:
        opened.convert("RGB").save(target, "WEBP", quality=SLIDE_QUALITY, method=4)


def _write_within(most: int, picture: Image.Image, path: Path) -> tuple[int, int]:
    """Write ``picture`` as JPEG of about ``most`` bytes: less quality first, then fewer pixels; returns its size."""
    for side in _POSTER_SIDES:
        fitted = picture.copy()
        fitted.thumbnail((side, side), Image.Resampling.LANCZOS)
        for quality in _POSTER_QUALITIES:
            fitted.save(path, quality=quality, optimize=True, progressive=True)
            if path.stat().st_size <= most:
                return fitted.size
    return fitted.size
