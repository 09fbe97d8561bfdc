"""Whether captions are where the speech is: their offset and drift against the sound, found by correlation. Pure.

Pauses of speech and gaps between captions are compared at every offset up to ``FARTHEST_MS`` and at the rates that
conversions between frame rates leave behind. A fit counts only where it is clearly better than every other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.captions.timed import TimedText, Track

STEP_MS = 50
"""Of the levels."""
FARTHEST_MS = 120_000
NOTABLE_MS = 600
"""A smaller difference is within what captions and this comparison are exact to."""
Signal: TypeAlias = NDArray[np.float64]
"""A value for every ``STEP_MS``."""
_RATES = (1.0, 1.001, 1 / 1.001, 25 / 24, 24 / 25, 25 / 23.976, 23.976 / 25)
_FEWEST_TEXTS = 8
_SHORTEST_MS = 60_000
"""Of a recording whose captions can be told from those of another."""
_FEWEST_LEVELS = 200
_QUIET, _LOUD = 10, 90
"""Percentiles taken for pauses and for speech."""
_LEAST_RANGE_DB = 6.0
_SPEECH = 0.5
_CLEARLY = 1.7
"""How much better the best offset must be than any that is more than ``_APART_MS`` away."""
_APART_MS = 2000
_OTHER_RATE = 1.1
"""How much better a rate other than one must be."""
_WINDOW_MS = 300_000
_NEAR_MS = 4000


@dataclass(frozen=True)
class Fit:
    """Where captions belong: ``time * rate + offset_ms``."""

    offset_ms: int
    rate: float = 1.0

    def at(self, time_ms: int) -> int:
        """Where a time of the captions belongs in the recording, ms."""
        return round(time_ms * self.rate) + self.offset_ms

    def is_notable(self, duration_ms: int) -> bool:
        """Whether a viewer would notice the difference."""
        return max(abs(self.offset_ms), abs(self.at(duration_ms) - duration_ms)) >= NOTABLE_MS


def activity(levels: Sequence[float]) -> Signal | None:
    """How much like speech each step of ``levels`` (dB) is, 0 to 1; ``None`` where there are no pauses to tell."""
    values = np.asarray(levels, dtype=np.float64)
    if len(values) < _FEWEST_LEVELS:
        return None
    quiet, loud = np.percentile(values, (_QUIET, _LOUD))
    return np.clip((values - quiet) / (loud - quiet), 0.0, 1.0) if loud - quiet >= _LEAST_RANGE_DB else None


def covered(texts: Sequence[tuple[int, int]], speech: Signal) -> float:
    """The share of what sounds like speech that lies within texts (start and end, ms), 0 to 1."""
    spoken = speech >= _SPEECH
    shown = _mask(texts, len(speech)) > 0
    return float((spoken & shown).sum() / max(1, spoken.sum()))


def fit(texts: Sequence[tuple[int, int]], speech: Signal) -> Fit | None:
    """Where texts (start and end, ms) belong; ``None`` where that is not certain."""
    if len(texts) < _FEWEST_TEXTS or len(speech) * STEP_MS < _SHORTEST_MS:
        return None
    rates = _RATES if len(speech) * STEP_MS >= _WINDOW_MS else _RATES[:1]  # the short tell too little
    found = [(*_best_offset(texts, speech, rate), rate) for rate in rates]
    offset, height, is_clear, rate = max(found, key=lambda one: one[1])
    if rate != 1.0 and height < _OTHER_RATE * found[0][1]:
        offset, height, is_clear, rate = found[0]
    return _refined(texts, speech, Fit(offset, rate)) if is_clear else None


def compared(name: str, track: Track, speech: Signal, *, align: bool) -> tuple[Track, tuple[str, ...]]:
    """The track, moved to where it belongs if ``align``, and what there is to say about it.

    Args:
        name: of the captions, for the finding.
        track: times are those of the recording.
        speech: see ``activity``.
        align: whether to correct the times.
    """
    duration_ms = len(speech) * STEP_MS
    found = fit([(one.start_ms, one.end_ms) for one in track.texts], speech)
    if found is None or not found.is_notable(duration_ms):
        return track, ()
    first, last = (found.at(at) - at for at in (0, duration_ms))
    where = _late(first) if abs(first - last) < NOTABLE_MS else f"{_late(first)} at the start, {_late(last)} at the end"
    if not align:
        return track, (f"{name}: compared with the sound they are {where}; 'align: true' in event.yaml corrects it",)
    texts = tuple(one._replace(start_ms=found.at(one.start_ms), end_ms=found.at(one.end_ms)) for one in track.texts)
    return replace(track, texts=texts), (f"{name}: compared with the sound they were {where}; corrected",)


def moved(track: Track, by_ms: int) -> Track:
    """The track with ``by_ms`` added to every time."""
    texts = (TimedText(one.start_ms + by_ms, one.end_ms + by_ms, one.text, one.speaker) for one in track.texts)
    return replace(track, texts=tuple(texts)) if by_ms else track


def _late(correction_ms: int) -> str:
    return f"{abs(correction_ms) / 1000:.1f} s {'early' if correction_ms > 0 else 'late'}"


def _mask(texts: Sequence[tuple[int, int]], steps: int, rate: float = 1.0) -> Signal:
    """1 where a text is shown, else 0; what lies outside is left away."""
    mask = np.zeros(steps)
    for start, end in texts:
        first = max(0, round(start * rate / STEP_MS))
        mask[first : max(first + 1, round(end * rate / STEP_MS))] = 1.0
    return mask


def _correlation(speech: Signal, mask: Signal, farthest: int) -> Signal:
    """How alike two signals are when ``mask`` is moved by -farthest to +farthest steps, -1 to 1."""
    size = 1 << (len(speech) + len(mask) + farthest).bit_length()
    one, other = speech - speech.mean(), mask - mask.mean()
    product = np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size))
    values: Signal = np.fft.irfft(product, size)[np.arange(-farthest, farthest + 1)]
    return values / (float(np.linalg.norm(one) * np.linalg.norm(other)) or 1.0)


def _best_offset(texts: Sequence[tuple[int, int]], speech: Signal, rate: float) -> tuple[int, float, bool]:
    """The best offset in ms, how good it is, and whether no other comes near."""
    farthest = min(FARTHEST_MS // STEP_MS, len(speech) // 2)
    steps = max(len(speech), min(2 * len(speech), round(max(end for _, end in texts) * rate / STEP_MS) + 1))
    values = _correlation(speech, _mask(texts, steps, rate), farthest)
    best = int(values.argmax())
    others = np.abs(np.arange(len(values)) - best) * STEP_MS > _APART_MS
    height = float(values[best])
    is_clear = height >= 0.1 and height >= _CLEARLY * float(values[others].max(initial=0.0))
    return (best - farthest) * STEP_MS, height, is_clear


def _refined(texts: Sequence[tuple[int, int]], speech: Signal, rough: Fit) -> Fit:
    """Offset and rate from the offsets of windows of five minutes, where there are several to compare."""
    count = len(speech) * STEP_MS // _WINDOW_MS
    if count < 3:
        return rough
    mask = _mask([(rough.at(start), rough.at(end)) for start, end in texts], len(speech))
    steps, near = len(speech) // count, _NEAR_MS // STEP_MS
    middles, rests = [], []
    for at in range(count):
        part = slice(at * steps, (at + 1) * steps)
        if 0 < mask[part].mean() < 1:
            values = _correlation(speech[part], mask[part], near)
            middles.append((at + 0.5) * steps * STEP_MS)
            rests.append((int(values.argmax()) - near) * STEP_MS)
    if len(middles) < 3:
        return rough
    slope, rest = _line(np.asarray(middles), np.asarray(rests))
    return Fit(round(rough.offset_ms * (1 + slope) + rest), rough.rate * (1 + slope))


def _line(x: Signal, y: Signal) -> tuple[float, float]:
    """Slope and height at zero of the line through points, by the medians of all pairs (Theil and Sen)."""
    one, other = np.triu_indices(len(x), 1)
    slope = float(np.median((y[other] - y[one]) / (x[other] - x[one])))
    return slope, float(np.median(y - slope * x))
