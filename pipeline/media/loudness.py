"""Loudness by EBU R128: what was measured, and what gain follows. Pure, except for reading the measurement."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

PEAK_DB = -1.0
"""dBTP that no sound may exceed."""
LIMITER_DB = -2.0
"""The limiter works on samples; true peaks, and the encoder, may go about a decibel higher."""
QUIETEST_LUFS = -55.0
"""Below this there is no speech: silence is not made loud."""
MAX_GAIN_DB = 24.0
CORRECTED_FROM_DB = 1.0
MAX_CORRECTION_DB = 6.0
TOLERANCE_DB = 0.5
"""A smaller gain is not worth it."""
_TAIL_BYTES = 64 * 1024


@dataclass(frozen=True)
class Loudness:
    """What was measured over a whole recording."""

    lufs: float
    """Integrated loudness."""
    peak_db: float
    """True peak, dBTP; minus infinity where it was not measured."""


@dataclass(frozen=True)
class Gain:
    """What to do to the sound."""

    db: float = 0.0
    limited: bool = False
    """Whether peaks must be held back: the gain is not the same throughout then."""


def read(file: Path) -> Loudness | None:
    """The last values of a measurement; ``None`` where the sound was too short to measure (under 0.4 s)."""
    with file.open("rb") as handle:
        handle.seek(max(0, file.stat().st_size - _TAIL_BYTES))
        lines = handle.read().decode("ascii", "replace").splitlines()
    values = dict(line.split("=", 1) for line in lines if line.startswith("lavfi.r128.") and "=" in line)
    if "lavfi.r128.I" not in values:
        return None
    peaks = [_decibel(value) for name, value in values.items() if name.startswith("lavfi.r128.true_peaks_ch")]
    return Loudness(float(values["lavfi.r128.I"]), max(peaks, default=float("-inf")))


def _decibel(amplitude: str) -> float:
    value = float(amplitude)
    return 20 * math.log10(value) if value > 0 else float("-inf")


def gain_for(measured: Loudness | None, target: float | None) -> Gain:
    """The gain that brings ``measured`` to ``target`` LUFS: linear where the peaks fit, else limited."""
    if measured is None or target is None or not measured.lufs >= QUIETEST_LUFS:
        return Gain()
    wanted = min(MAX_GAIN_DB, target - measured.lufs)
    too_loud = measured.peak_db + wanted > PEAK_DB
    if abs(wanted) < TOLERANCE_DB and not too_loud:
        return Gain()
    return Gain(round(wanted, 2), limited=too_loud)


def correction(gain: Gain, came_out: float | None, target: float | None) -> Gain | None:
    """A larger gain where the limiter took more than a decibel of loudness away; ``None`` where there is no need."""
    if not gain.limited or came_out is None or target is None or target - came_out <= CORRECTED_FROM_DB:
        return None
    return Gain(round(gain.db + min(MAX_CORRECTION_DB, target - came_out), 2), limited=True)
