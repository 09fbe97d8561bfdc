"""What nothing happens in, and what could be cut off; one side of a stereo sound that is dead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from catalog.edits import Channels
from pipeline.media import stills, stretches
from pipeline.media.stretches import Flags, Levels, Watched

RANDOM = np.random.default_rng(4)
Pictures = NDArray[np.uint8]
BLACK: Pictures = np.full((90, 160), 3, np.uint8)
SCREEN: Pictures = np.kron(RANDOM.integers(0, 2, (9, 16)), np.full((10, 10), 200)).astype(np.uint8)


def talk(seconds: int) -> Pictures:
    """A camera: all moves."""
    return RANDOM.integers(60, 200, (seconds, 90, 160)).astype(np.uint8)


def held(picture: Pictures, seconds: int) -> Pictures:
    """A picture that stands, with the noise of an encoder."""
    noise = RANDOM.integers(-2, 3, (seconds, *picture.shape))
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def speech(seconds: int) -> Levels:
    """Words and pauses."""
    levels = RANDOM.normal(-22, 3, (10 * seconds, 1))
    levels[RANDOM.random(10 * seconds) < 0.15] = -50
    return levels


def even(seconds: int, level: float) -> Levels:
    """Silence, or music without a pause."""
    return RANDOM.normal(level, 1.5, (10 * seconds, 1))


def watch(*parts: tuple[Pictures, Levels]) -> Watched:
    pictures = np.concatenate([one for one, _ in parts])
    moments = [1000 * number for number in range(len(pictures))]
    return stretches.watch(pictures, moments, np.concatenate([one for _, one in parts]), len(pictures))


TALK = (talk(100), speech(100))
SILENT_SCREEN = (held(SCREEN, 20), even(20, -70))


@pytest.mark.parametrize(
    ("parts", "hint"),
    [
        ([TALK], {}),
        ([SILENT_SCREEN, TALK], {"start_ms": 19_000}),
        ([(held(BLACK, 8), even(8, -90)), TALK, SILENT_SCREEN], {"start_ms": 7_000, "end_ms": 109_000}),
        ([(held(SCREEN, 3), even(3, -70)), TALK], {}),
        ([(talk(20), even(20, -70)), TALK], {}),
        ([(talk(40), even(40, -70)), TALK], {"start_ms": 39_000}),
        ([(held(SCREEN, 60), even(60, -20)), TALK], {"start_ms": 59_000}),
        ([(held(SCREEN, 60), speech(60)), TALK], {}),
        ([(held(BLACK, 60), speech(60)), TALK], {}),
        ([(held(SCREEN, 400), even(400, -70)), TALK], {}),
    ],
    ids=[
        "a talk",
        "a waiting screen",
        "black, and a closing screen",
        "a short breath",
        "a silent opening",
        "an empty hall",
        "a waiting screen with music",
        "a title while somebody speaks",
        "speech in the dark",
        "more waiting than talk",
    ],
)
def test_what_could_be_cut_off(parts: list[tuple[Pictures, Levels]], hint: dict[str, int]) -> None:
    """Waiting before and after the talk, with a second left; never a word, never most of a recording."""
    assert stretches.ends(watch(*parts)) == hint


def test_a_click_does_not_end_the_waiting() -> None:
    """A microphone that is plugged in, a pointer that moves."""
    pictures, levels = held(SCREEN, 20), even(20, -70)
    levels[100:104] = -20
    pictures[12, :4, :4] = 255
    assert stretches.ends(watch((pictures, levels), TALK)) == {"start_ms": 19_000}


def test_stretches_are_told() -> None:
    """Black, standing and silent ones, each by itself, as start and end in ms."""
    found = watch(TALK, (held(BLACK, 4), speech(4)), SILENT_SCREEN, TALK).data()
    assert found == {"black": [[100_000, 104_000]], "frozen": [[100_000, 124_000]], "silent": [[104_000, 124_000]]}


def test_thumbnails_may_be_closer_than_seconds() -> None:
    """Each chunk begins with one: what counts is when they are shown, not their number."""
    pictures = np.concatenate([talk(10), held(BLACK, 8)])
    moments = [500 * number for number in range(18)]
    assert stretches.watch(pictures, moments, None, 9).data()["black"] == [[5000, 9000]]


def test_sound_alone_and_picture_alone() -> None:
    """Silence is enough where there is no picture; a picture that stands is not, where there is no sound."""
    heard = stretches.watch(stills.NOTHING, (), np.concatenate([even(40, -80), speech(90)]), 130)
    assert stretches.ends(heard) == {"start_ms": 39_000}
    pictures = np.concatenate([held(SCREEN, 40), talk(90)])
    assert stretches.ends(stretches.watch(pictures, range(0, 130_000, 1000), None, 130)) == {}


@pytest.mark.parametrize(
    ("left", "right", "living"),
    [(-20, -90, Channels.LEFT), (-90, -20, Channels.RIGHT), (-20, -40, None), (-20, -60, None), (-90, -90, None)],
)
def test_a_dead_side(left: float, right: float, living: Channels | None) -> None:
    """The other one is alive; crosstalk and a room are no silence, and of two dead ones none is better."""
    levels = np.hstack([even(60, left), even(60, right)])
    assert stretches.living_side(levels) is living


def test_one_question_from_the_audience_keeps_a_side() -> None:
    """Clicks do not make a side alive, five seconds of speech do."""
    levels = np.hstack([even(300, -20), even(300, -90)])
    levels[::400, 1] = -10
    assert stretches.living_side(levels) is Channels.LEFT
    levels[1000:1050, 1] = -20
    assert stretches.living_side(levels) is None
    assert stretches.living_side(even(10, -20)) is None


def test_levels_of_a_measurement(tmp_path: Path) -> None:
    """One row for each moment, one column for each channel; digital silence is -120 dB."""
    file = tmp_path / "loudness.txt"
    lines = ["frame:0 pts:0", "lavfi.r128.M=-14", "lavfi.astats.1.RMS_level=-13.5", "lavfi.astats.2.RMS_level=-inf"]
    file.write_text("\n".join(lines * 2), "ascii")
    assert stretches.read_levels(file).tolist() == [[-13.5, -120.0]] * 2
    file.write_text("", "ascii")
    assert len(stretches.read_levels(file)) == 0


def flags(text: str) -> Flags:
    return np.array([one == "x" for one in text])


def test_short_interruptions_are_closed() -> None:
    """Only where there is more on both sides."""
    assert stretches.runs(flags("xx.xx..xx.x."), 4) == [(0, 5), (7, 11)]
    assert stretches.runs(flags("....."), 1) == []
    assert stretches.runs(flags(".xxx."), 3) == [(1, 4)]


@pytest.mark.parametrize("bad", ["black", "blurred", "fading", "waiting"])
def test_no_bad_poster(bad: str) -> None:
    """However much of the recording is like that, and although one of them is richest in detail."""
    good = held(SCREEN // 3 + 60, 4)
    blurred = np.asarray(np.full((90, 160), 120) + np.linspace(0, 9, 160), np.uint8)
    fade = np.stack([(SCREEN * share).astype(np.uint8) for share in (0.2, 0.4, 0.6, 0.8, 1.0)])
    others = {"black": held(BLACK, 60), "blurred": held(blurred, 3), "fading": fade, "waiting": held(SCREEN, 60)}[bad]
    pictures = np.concatenate([others, good])
    unfit = np.zeros(len(pictures), np.bool_)
    unfit[: len(others)] = bad == "waiting"
    best = stills.best_moment(pictures, unfit)
    assert best is not None
    assert best >= len(others)
    assert stills.best_moment(others, unfit[: len(others)]) is not None
