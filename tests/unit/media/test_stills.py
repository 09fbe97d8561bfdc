"""Posters small enough for a phone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.media import stills


@pytest.mark.parametrize(("busy", "width"), [(False, 1280), (True, 640)])
def test_a_poster_costs_a_phone_little(tmp_path: Path, busy: bool, width: int) -> None:
    """A plain slide keeps its pixels; a picture full of detail gives up quality, then pixels."""
    random = np.random.default_rng(3)
    rough = (
        random.integers(0, 255, (720 // 4, 1280 // 4, 3), np.uint8) if busy else np.full((180, 320, 3), 90, np.uint8)
    )
    still = tmp_path / "still.png"
    Image.fromarray(rough).resize((1280, 720), Image.Resampling.BICUBIC).save(still)
    found = stills.write_poster(still, tmp_path)
    with Image.open(tmp_path / "poster.jpg") as poster:
        assert poster.size == (found["width"], found["height"])
    assert found["width"] == width
    if not busy:
        assert (tmp_path / "poster.jpg").stat().st_size <= stills.POSTER_BYTES
    assert (tmp_path / "thumbnail.jpg").stat().st_size < 30_000
