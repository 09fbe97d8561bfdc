"""Captions compared with the sound: offsets and drift are found, and nothing is claimed where nothing is certain."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.captions import sync
from pipeline.captions.sync import STEP_MS
from pipeline.captions.timed import TimedText, Track

Spans = list[tuple[int, int]]


def talk(duration_ms: int, seed: int = 1) -> tuple[Spans, sync.Signal]:
    """Speech with pauses, and how it sounds: loud syllables, a little noise in between."""
    random, spans, at = Random(seed), [], 2000
    while at < duration_ms - 8000:
        length = random.randint(1200, 6000)
        spans.append((at, at + length))
        at += length + random.randint(200, 2500)
    levels = [random.gauss(-60, 3) for _ in range(duration_ms // STEP_MS)]
    for start, end in spans:
        for step in range(start // STEP_MS, end // STEP_MS):
            levels[step] = random.gauss(-22, 6) if random.random() < 0.85 else -45
    speech = sync.activity(levels)
    assert speech is not None
    return spans, speech


def displaced(spans: Spans, rate: float, offset_ms: int) -> Spans:
    """Where captions stand that belong at ``time * rate + offset_ms``."""
    return [(round((start - offset_ms) / rate), round((end - offset_ms) / rate)) for start, end in spans]


def sloppy(spans: Spans, seed: int = 2) -> Spans:
    """As people write captions: early, late and longer than the speech, by some hundred milliseconds."""
    random = Random(seed)
    return [(start - random.randint(0, 300), end + random.randint(0, 500)) for start, end in spans]


@given(st.integers(-60_000, 60_000), st.integers(0, 10_000))
@settings(max_examples=25)
def test_offsets_are_found(offset_ms: int, seed: int) -> None:
    """Whatever the offset, to within a quarter of a second."""
    spans, speech = talk(240_000, seed)
    found = sync.fit(displaced(sloppy(spans), 1.0, offset_ms), speech)
    assert found is not None
    assert abs(found.offset_ms - offset_ms) <= 250
    assert found.rate == 1.0


@pytest.mark.parametrize("rate", [1.0003, 0.9995, 1.001, 25 / 24, 24 / 25, 25 / 23.976])
@pytest.mark.parametrize("offset_ms", [0, -3000])
def test_drift_is_found(rate: float, offset_ms: int) -> None:
    """Clocks that run apart, and films at another speed: right at both ends of an hour."""
    spans, speech = talk(3_600_000)
    found = sync.fit(displaced(sloppy(spans), rate, offset_ms), speech)
    assert found is not None
    for at in (0, 3_600_000):
        assert abs(found.at(round((at - offset_ms) / rate)) - at) <= 400


def test_good_captions_are_left_alone() -> None:
    """Captions in time: no finding, and not moved even when that is asked for."""
    spans, speech = talk(240_000)
    track = Track(tuple(TimedText(*span, "words") for span in sloppy(spans)))
    assert sync.compared("a.srt", track, speech, align=True) == (track, ())


def test_late_captions_are_told_and_corrected_when_asked() -> None:
    """The finding says by how much and what to do; with ``align`` the times are right."""
    spans, speech = talk(240_000)
    track = Track(tuple(TimedText(start + 3000, end + 3000, "words") for start, end in spans))
    same, (told,) = sync.compared("a.srt", track, speech, align=False)
    assert same == track
    assert told == "a.srt: compared with the sound they are 3.0 s late; 'align: true' in event.yaml corrects it"
    moved, (told,) = sync.compared("a.srt", track, speech, align=True)
    assert told == "a.srt: compared with the sound they were 3.0 s late; corrected"
    assert all(abs(one.start_ms - start) <= 100 for one, (start, _) in zip(moved.texts, spans, strict=True))


def test_drift_is_told_at_both_ends() -> None:
    """Captions that run away: how far at the start and at the end."""
    spans, speech = talk(1_800_000)
    track = Track(tuple(TimedText(*span, "words") for span in displaced(spans, 1.001, 0)))
    _, (told,) = sync.compared("a.srt", track, speech, align=False)
    assert "0.0 s late at the start, 1.8 s early at the end" in told


@pytest.mark.parametrize("seed", range(8))
def test_captions_of_another_recording_fit_nowhere(seed: int) -> None:
    """No offset is claimed for captions that have nothing to do with the sound."""
    _, speech = talk(600_000, seed)
    other, _ = talk(600_000, seed + 100)
    assert sync.fit(other, speech) is None


def test_nothing_is_claimed_without_pauses() -> None:
    """Steady noise, silence, and recordings too short to compare tell nothing."""
    random = Random(3)
    assert sync.activity([random.gauss(-30, 1) for _ in range(5000)]) is None
    assert sync.activity([-120.0] * 5000) is None
    assert sync.activity([-120.0] * 10) is None
    spans, speech = talk(50_000)
    assert sync.fit(displaced(spans, 1.0, 4000), speech) is None


def test_share_of_speech_that_is_covered() -> None:
    """All of it, half of it, nothing."""
    spans, speech = talk(240_000)
    assert sync.covered(spans, speech) > 0.98
    assert 0.4 < sync.covered(spans[: len(spans) // 2], speech) < 0.6
    assert sync.covered([], speech) == 0
