"""Synthetic speech: lines of text to samples, and how loud they are."""

from __future__ import annotations

import io
import subprocess
import wave

import numpy as np
from numpy.typing import NDArray

RATE = 22050
Samples = NDArray[np.int16]


class Track:
    """Speech and pauses, one after another; 16-bit mono samples at ``RATE``."""

    def __init__(self) -> None:
        self._parts: list[Samples] = []
        self._length = 0

    @property
    def duration_ms(self) -> int:
        """How long it is so far."""
        return self._length * 1000 // RATE

    def pause(self, milliseconds: int) -> None:
        """Add silence."""
        self._add(np.zeros(RATE * milliseconds // 1000, dtype=np.int16))

    def say(self, text: str, voice: dict[str, str | int]) -> None:
        """Add a spoken line."""
        argv = ["espeak-ng", "--stdout", "-v", str(voice["name"]), "-s", str(voice["words_per_minute"])]
        argv += ["-p", str(voice["pitch"]), "-a", "90", "--", text]
        wav = subprocess.run(argv, check=True, capture_output=True).stdout
        with wave.open(io.BytesIO(_with_length(wav))) as reader:
            samples = np.frombuffer(reader.readframes(reader.getnframes()), dtype=np.int16)
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 200)
        self._add(samples[: loud[-1] + RATE // 20] if len(loud) else samples)

    def samples(self) -> Samples:
        """Everything added, at an even level."""
        joined = np.concatenate(self._parts).astype(np.float64)
        return (joined * (26000 / np.abs(joined).max())).astype(np.int16)

    def _add(self, samples: Samples) -> None:
        self._parts.append(samples)
        self._length += len(samples)


def levels(samples: Samples, frame_rate: int) -> NDArray[np.float64]:
    """How loud each picture's time is: 0 (silence) to 1, smoothed."""
    size = RATE // frame_rate
    frames = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    loudness = np.sqrt((frames**2).mean(axis=1))
    smooth = np.convolve(loudness, [0.1, 0.2, 0.4, 0.2, 0.1], mode="same")
    return smooth / max(smooth.max(), 1.0)


def _with_length(wav: bytes) -> bytes:
    """The same file with the sizes in its header set: what a program writes to a pipe has none."""
    body = len(wav) - 44
    return wav[:4] + (body + 36).to_bytes(4, "little") + wav[8:40] + body.to_bytes(4, "little") + wav[44:]
