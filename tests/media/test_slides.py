"""Slides are found when they come, whatever else moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.config import Settings, TranscodeSettings
from pipeline.media import slides
from pipeline.media.slides import Slide
from pipeline.media.tools import Tools
from tests.media.bench import Workshop
from tests.media.decks import RATE, Deck, Picture, pages, pictures, write
from tests.media.sources import run

TOLERANCE_S = 1.5
DECKS = {
    "plain": Deck(),
    "talking head": Deck(head=True),
    "fades": Deck(fade=1.4),
    "builds": Deck(builds=3),
    "video in slides": Deck(video=True),
    "dark": Deck(dark=True, head=True, fade=1.0),
    "everything": Deck(head=True, fade=1.0, builds=2, video=True, seconds=(6, 14)),
}


def matched(found: list[float], known: list[float]) -> int:
    """How many of ``found`` are one of ``known`` each, within the tolerance; the first slide does not count."""
    left = known[1:]
    for at in found[1:]:
        near = [one for one in left if abs(one - at) <= TOLERANCE_S]
        if near:
            left.remove(near[0])
    return len(known) - 1 - len(left)


def thumbnails(
    deck: Deck, shown: int | list[Picture], seed: int
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.uint8]], list[float]]:
    """Noisy thumbnails of a recording, one for each second, and when each slide comes."""
    frames, starts = pictures(deck, shown, seed, every=RATE)
    small = [
        np.asarray(Image.fromarray(frame).convert("L").resize((160, 90), Image.Resampling.BOX), np.int16)
        for frame in frames
    ]
    noise = np.random.default_rng(seed).integers(-2, 3, (len(small), 90, 160))
    return np.clip(np.stack(small) + noise, 0, 255).astype(np.uint8), starts


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("deck", DECKS.values(), ids=DECKS)
def test_precision_and_recall(deck: Deck) -> None:
    """At least 0.95 each, on decks with all that moves on slides."""
    hits = found = known = 0
    for seed in (11, 12):
        brightness, starts = thumbnails(deck, 14, seed)
        firsts = [float(one.first) for one in slides.find(brightness)]
        hits, found, known = hits + matched(firsts, starts), found + len(firsts) - 1, known + len(starts) - 1
    assert hits >= 0.95 * found
    assert hits >= 0.95 * known


def test_no_slides_where_nothing_or_everything_moves() -> None:
    """A still picture is one slide at most, noise none."""
    assert len(slides.find(np.full((60, 90, 160), 90, np.uint8))) <= 1
    assert slides.find(np.random.default_rng(1).integers(0, 255, (60, 90, 160), np.uint8)) == []
    assert slides.find(np.zeros((2, 90, 160), np.uint8)) == []


@pytest.mark.corpus
@pytest.mark.filterwarnings("error")
def test_precision_and_recall_on_real_decks(shared: Path) -> None:
    """At least 0.95 each, with a talking head and short fades."""
    hits = found = known = 0
    for pdf in sorted((shared / "slides").glob("*.pdf")):
        real = pages(pdf)
        brightness, starts = thumbnails(Deck(head=True, fade=0.6, seconds=(4, 8)), real, len(real))
        firsts = [float(one.first) for one in slides.find(brightness)]
        hits, found, known = hits + matched(firsts, starts), found + len(firsts[1:]), known + len(starts) - 1
    assert hits >= 0.95 * found, f"precision {hits}/{found}"
    assert hits >= 0.95 * known, f"recall {hits}/{known}"


@pytest.mark.filterwarnings("error")
def test_a_flicker_is_no_slide() -> None:
    """Where one part of the picture stands now, another part then, and nothing else is shown, no slide comes."""
    left, right = np.zeros(160, np.bool_), np.zeros(160, np.bool_)
    left[:40], right[-40:] = True, True
    frames = [np.full((90, 160), 100, np.uint8)]
    for number in range(20):
        dark = frames[-1] > 103
        frames.append(np.where(left if number % 2 else right, frames[-1], np.where(dark, 100, 106)).astype(np.uint8))
    assert len(slides.find(np.stack(frames))) <= 1


def test_of_too_many_slides_the_longest_are_kept() -> None:
    """In order."""
    found = [Slide(0, 8), Slide(9, 9), Slide(10, 20), Slide(21, 21)]
    assert slides.thinned(found, 2) == [found[0], found[2]]
    assert slides.thinned(found, 4) == found


@pytest.mark.media
def test_slides_of_a_real_recording(tools: Tools, tmp_path: Path) -> None:
    """Through the whole transcode: each slide has its time and a picture that shows it."""
    source = tmp_path / "talk.mp4"
    starts = write(tools, source, Deck(head=True, builds=2, seconds=(6, 9)), 5, seed=5)
    settings = Settings(title="Test", transcode=TranscodeSettings(heights=(540,)))
    artifact, folder = Workshop(tmp_path, tools, settings).transcode(source)
    found = artifact.data["slides"]
    assert [one["start_ms"] / 1000 for one in found] == pytest.approx(starts, abs=TOLERANCE_S)
    seen = [np.asarray(Image.open(folder / one["file"]).convert("L"), np.int16) for one in found]
    assert {one.shape for one in seen} == {(540, 960)}
    for start, end, picture in zip(starts, [*starts[1:], starts[-1] + 6], seen, strict=True):
        run(tools, "-ss", f"{end - 0.6:.1f}", "-i", str(source), "-frames:v", "1", str(tmp_path / "whole.png"))
        at = Image.open(tmp_path / "whole.png").convert("L")  # complete, shortly before the next
        assert np.abs(np.asarray(at, np.int16) - picture)[:, :700].mean() < 6, start
