"""What one new recording costs a large site: counts, which do not depend on the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import synthetic
from catalog.render import parts
from pipeline.site_cache import SiteCache

LANGUAGES = ("en", "ar")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def build(folder: Path, recordings: int) -> tuple[int, dict[str, str]]:
    """How many parts were made, and the digests of all objects."""
    cache = SiteCache(folder)
    lots = cache.lots(parts(synthetic.catalogue(recordings, LANGUAGES)))
    return cache.made, {one.key: one.sha256 for lot in lots for one in lot.objects()}


def test_a_new_recording_costs_the_same_in_a_large_catalogue(tmp_path: Path) -> None:
    """Added to 210 recordings: few parts are made, few objects change, most of them pages in two languages."""
    _, before = build(tmp_path, 210)
    assert build(tmp_path, 210) == (0, before)
    made, after = build(tmp_path, 211)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    index = {key for key in changed if key.startswith("search/") and not key.startswith("search/text/")}
    assert made <= 45
    assert index == {"search/0.bin"}
    assert len(changed) <= 75
    assert not {key for key in changed if key.startswith("feeds/")}
    fresh, same = build(tmp_path / "fresh", 211)
    assert fresh > 1000
    assert same == after
