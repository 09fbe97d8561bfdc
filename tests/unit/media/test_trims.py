"""Trims as people write them, and what is left of a recording's pictures; pure."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from catalog.edits import Trim
from pipeline.media import chunks
from pipeline.media.probe import Probe
from pipeline.media.probe_tracks import Pictures
from tests.unit.media.test_ladder import probe

BASE = Fraction(1, 1000)


@pytest.mark.parametrize(
    ("written", "ms"),
    [
        (90, 90_000), (90.5, 90_500), ("90.5", 90_500), ("1:30", 90_000), ("01:01:30.5", 3_690_500),
        ("0:00:01.040", 1_040), ("1:30,25", 90_250), ("1h 2m 3s", 3_723_000), ("2m", 120_000), ("5 min", 300_000),
        (0, 0),
    ],
)  # fmt: skip
def test_times_as_people_write_them(written: object, ms: int) -> None:
    """Seconds, clock times, decimal commas and units."""
    assert Trim.model_validate({"start": written}).start == ms


@pytest.mark.parametrize("written", ["", "abc", "1:75", "-5", -5, True, "1::2", "1.2.3", "h", None, [1], float("nan")])
def test_what_is_no_time_is_refused(written: object) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValidationError, match="not a time"):
        Trim.model_validate({"start": written})


def test_a_trim_that_ends_before_it_starts_is_refused() -> None:
    """The message gives both times."""
    with pytest.raises(ValidationError, match=r"ends \(5 s\) before it starts \(10 s\)"):
        Trim.model_validate({"start": 10, "end": "0:05"})


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_trims_survive_being_written(start: int, length: int) -> None:
    """What is dumped says the same when it is read again."""
    trim = Trim.model_validate({"start": start / 1000, "end": f"{(start + length) / 1000:.3f}"})
    assert (trim.start, trim.end) == (start, start + length)
    assert Trim.model_validate(trim.model_dump()) == trim


@st.composite
def recordings(draw: st.DrawFn) -> tuple[Pictures, int, int]:
    """Pictures at uneven times, key frames among them, and a part of the whole."""
    steps = draw(st.lists(st.integers(1, 3000), min_size=1, max_size=60))
    keys = draw(st.sets(st.integers(0, len(steps)), max_size=20)) | {0}
    track = Pictures(SimpleNamespace(time_base=BASE, start_time=None, average_rate=Fraction(25)))
    at = 0
    for number, step in enumerate([*steps, 40]):
        track.add(SimpleNamespace(pts=at, dts=at, size=1, duration=step, is_corrupt=False, is_keyframe=number in keys))
        at += step
    start = draw(st.integers(0, at - 1))
    return track, start, draw(st.integers(start + 1, at))


def trimmed(track: Pictures, start: int, end: int) -> Probe:
    summary: dict[str, Any] = track.summary(start * BASE, end * BASE)
    whole = probe(**summary)
    source_ms = int(track.end_s() * 1000)
    return whole.model_copy(update={"duration_ms": end - start, "source_ms": source_ms, "trimmed_ms": start})


@given(recordings())
def test_what_is_shown_is_what_is_left(recording: tuple[Pictures, int, int]) -> None:
    """The first picture left is the one shown at the start, pictures are counted, and a key frame leads in."""
    track, start, end = recording
    video = trimmed(track, start, end).video
    assert video is not None
    inside = [at for at in track.times if start < at < end]
    standing = max(at for at in track.times if at <= start)
    assert (video.start_ms, video.frames) == (standing - start, len(inside) + 1)
    assert video.key_frames_ms[0] <= video.start_ms
    assert list(video.key_frames_ms) == sorted(video.key_frames_ms)
    for key, before in zip(video.key_frames_ms, video.key_frame_index, strict=True):
        assert before == sum(standing - start <= at - start < key for at in track.times)


@given(recordings())
def test_chunks_hold_every_picture_once(recording: tuple[Pictures, int, int]) -> None:
    """Chunks follow each other from the start to the end, their counts add up, their segments lie inside."""
    made = trimmed(*recording)
    for copied in (True, False):
        pieces = chunks.plan(made, copied=copied)
        assert made.video is not None
        assert sum(piece.frames for piece in pieces) == made.video.frames
        assert pieces[0].start_ms == 0
        for piece, following in pairwise(pieces):
            assert piece.end_ms == following.start_ms
        assert pieces[-1].end_ms in {None, made.duration_ms}


@given(recordings())
def test_a_copy_and_its_edges_hold_every_picture_once(recording: tuple[Pictures, int, int]) -> None:
    """What is not copied is encoded; nothing is both."""
    made = trimmed(*recording)
    wanted = chunks.copying(made)
    assert made.video is not None
    if wanted is None:
        return
    index = dict(zip(made.video.key_frames_ms, made.video.key_frame_index, strict=True))
    last = made.video.frames if wanted.end_ms is None else index[wanted.end_ms]
    assert sum(edge.frames for edge in wanted.edges) + last - index[wanted.start_ms] == made.video.frames
    assert wanted.start_ms >= made.video.start_ms
    assert wanted.end_ms is None or wanted.start_ms < wanted.end_ms <= made.duration_ms
