"""What gain follows from a measurement, and reading ffmpeg's."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.media.loudness import Gain, Loudness, correction, gain_for, read

SAVED = """frame:0    pts:0       pts_time:0
lavfi.r128.M=-120.691
lavfi.r128.I=-70.000
lavfi.r128.true_peaks_ch0=0.063
frame:199  pts:955200  pts_time:19.9
lavfi.r128.M=-20.2
lavfi.r128.I=-21.300
lavfi.r128.LRA=0.100
lavfi.r128.true_peaks_ch0=0.251
lavfi.r128.true_peaks_ch1=0.500
"""


def test_read(tmp_path: Path) -> None:
    """The last values count, the loudest channel is the peak, amplitudes become decibels."""
    file = tmp_path / "loudness.txt"
    file.write_text(SAVED, "ascii")
    found = read(file)
    assert found is not None
    assert found.lufs == -21.3
    assert found.peak_db == pytest.approx(-6.02, abs=0.01)


def test_too_short_to_measure(tmp_path: Path) -> None:
    """Sound of less than a block has no loudness, and is left as it is."""
    file = tmp_path / "loudness.txt"
    file.write_bytes(b"")
    assert read(file) is None
    assert gain_for(None, -16) == Gain()


@pytest.mark.parametrize(
    ("measured", "target", "expected"),
    [
        (Loudness(-26, -12), -16, Gain(10)),
        (Loudness(-9, -0.5), -16, Gain(-7)),
        (Loudness(-26, -3), -16, Gain(10, limited=True)),
        (Loudness(-16.2, -3), -16, Gain()),
        (Loudness(-16.2, 0.3), -16, Gain(0.2, limited=True)),
        (Loudness(-70, -60), -16, Gain()),
        (Loudness(-52, -40), -16, Gain(24)),
        (Loudness(float("nan"), -40), -16, Gain()),
        (Loudness(-26, -12), None, Gain()),
    ],
    ids=["quiet", "loud", "peaks", "right", "right but clipped", "silence", "nearly silence", "broken", "switched off"],
)
def test_gain(measured: Loudness, target: float | None, expected: Gain) -> None:
    """Linear where the peaks fit, limited where they do not, bounded, and none for silence."""
    assert gain_for(measured, target) == expected


def test_correction() -> None:
    """Where the limiter took loudness away, more gain; at most a little, and only then."""
    assert correction(Gain(10, limited=True), -19, -16) == Gain(13, limited=True)
    assert correction(Gain(10, limited=True), -30, -16) == Gain(16, limited=True)
    assert correction(Gain(10, limited=True), -16.5, -16) is None
    assert correction(Gain(10), -19, -16) is None
