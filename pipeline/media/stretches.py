"""Where a recording shows or says nothing, and what of its ends could be cut off. Pure, except for reading levels.

Pictures are the thumbnails of a transcode, one for each second; levels are those of its sound, ten a second. A
recording begins with waiting when it is silent while nothing moves or all is black, when it is silent for long, or
when music without a pause plays over a picture that stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog.edits import Channels
from pipeline.media import stills
from pipeline.media.stills import Lumas

LEVELS_PER_S = 10
SILENT_DB = -60.0
"""RMS below which there is silence, full scale is 0 …"""
BELOW_LOUD_DB = 30.0
"""… or so much below what is loud in the recording."""
DEAD_DB = -65.0
"""A channel hardly ever louder than this is dead …"""
HARDLY_EVER = 99.5
"""… (percentile: some clicks are no sound, one question from the audience is) …"""
ALIVE_DB = -45.0
"""… where the other one is often louder than this."""
LOUD = 90
"""Percentile of the levels that counts as loud."""
MOSTLY = 0.9
"""So much of a second must be silent: a click is no speech."""
BLOCK = 5
"""Side of a block, pixels of a thumbnail."""
MOVED = 5.0
"""Mean difference of luma from which on a block moves."""
FROZEN = 0.01
"""Share of blocks that may move in a picture that stands: a clock, a pointer."""
GAP_S = 1
"""Shorter interruptions of a stretch do not count."""
BLACK_S, FROZEN_S, SILENT_S = 2, 10, 5
"""Shorter stretches are not kept."""
IDLE_S = 5
"""Waiting in silence for so long could be cut off, when the picture stands or is black;"""
LONG_S = 30
"""for so long whatever the picture shows; and so long must music last."""
PAUSE_DB = 15.0
"""Pauses are so much quieter than what is around them;"""
PAUSES = 0.02
"""speech has more of them than this."""
MARGIN_S = 1
"""So much before the first word stays."""
LEAST_LEFT = 0.25
"""Share of a recording that must be left: nobody waits longer than that."""

Flags = NDArray[np.bool_]
"""One for each second."""
Levels = NDArray[np.float64]
"""RMS in dB, -120 for silence: moment, channel."""

_KEY = "lavfi.astats."
_FLOOR_DB = -120.0


def read_levels(file: Path) -> Levels:
    """The levels in a measurement of ``sounds.sound``."""
    values: dict[int, list[float]] = {}
    with file.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            if line.startswith(_KEY):
                name, _, value = line.partition("=")
                values.setdefault(int(name.split(".")[2]), []).append(float(value))
    if not values:
        return np.zeros((0, 1))
    levels = np.array([values[channel] for channel in sorted(values)], np.float64).T
    return np.maximum(np.nan_to_num(levels, nan=_FLOOR_DB, neginf=_FLOOR_DB), _FLOOR_DB)


def living_side(levels: Levels) -> Channels | None:
    """The side that is heard where the other one of a stereo sound is dead."""
    if levels.shape[1] != 2 or not len(levels):
        return None
    dead = np.percentile(levels, HARDLY_EVER, axis=0) < DEAD_DB
    alive = np.percentile(levels, LOUD, axis=0) > ALIVE_DB
    if dead[0] and alive[1]:
        return Channels.RIGHT
    return Channels.LEFT if dead[1] and alive[0] else None


@dataclass(frozen=True)
class Watched:
    """What each second of a recording is like. Without pictures nothing is seen, and without sound nothing heard."""

    black: Flags
    frozen: Flags
    silent: Flags
    sound: Levels
    """The levels of each second; none without sound."""

    def data(self) -> dict[str, list[list[int]]]:
        """Stretches of start and end, ms, as plain JSON."""
        kinds = (("black", self.black, BLACK_S), ("frozen", self.frozen, FROZEN_S), ("silent", self.silent, SILENT_S))
        return {name: [[1000 * a, 1000 * b] for a, b in runs(flags, least)] for name, flags, least in kinds}

    def waiting(self) -> tuple[int, int]:
        """How many seconds at the start, and at the end, show or say nothing yet, or any more."""
        start, end = self._leading(1), self._leading(-1)
        return (start, end) if start + end <= (1 - LEAST_LEFT) * len(self.silent) else (0, 0)

    def _leading(self, step: int) -> int:
        silent, still = filled(self.silent)[::step], filled(self.black | self.frozen)[::step]
        quiet, long, standing = (_prefix(one) for one in (silent & still, silent, still))
        music = standing if _has_no_pauses(self.sound[::step][:standing]) else 0
        return max(quiet if quiet >= IDLE_S else 0, *(one if one >= LONG_S else 0 for one in (long, music)))


def watch(brightness: Lumas, moments_ms: Sequence[int], levels: Levels | None, seconds: int) -> Watched:
    """Judge every second of a recording.

    Args:
        brightness: thumbnails, about one for each second; none where there is no picture.
        moments_ms: when each is shown, ascending.
        levels: see ``read_levels``; ``None`` where there is no sound.
        seconds: length of the recording.
    """
    black, frozen = (
        _at_seconds(flags, moments_ms, seconds) for flags in (stills.are_black(brightness), _frozen(brightness))
    )
    loudest = levels.max(axis=1) if levels is not None and len(levels) else np.zeros(0)
    sound = _seconds(loudest)[:seconds]
    silent = np.zeros(seconds, np.bool_)
    silent[: len(sound)] = _silent(sound)
    silent[len(sound) :] = silent[len(sound) - 1] if len(sound) else False
    return Watched(black, frozen, silent, sound)


def ends(watched: Watched) -> dict[str, int]:
    """What could be cut off, ms: ``start_ms`` and ``end_ms`` of what is left, as far as there is something to cut."""
    before, after = watched.waiting()
    found = {"start_ms": 1000 * (before - MARGIN_S)} if before else {}
    return found | ({"end_ms": 1000 * (len(watched.silent) - after + MARGIN_S)} if after else {})


def unfit(watched: Watched) -> Flags:
    """Seconds that are not what the recording is about: the waiting before and after."""
    before, after = watched.waiting()
    flags = np.zeros(len(watched.silent), np.bool_)
    flags[:before] = True
    flags[len(flags) - after :] = True
    return flags


def runs(flags: Flags, least: int) -> list[tuple[int, int]]:
    """First and last (exclusive) of each stretch of at least ``least``; short interruptions do not end one."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], filled(flags), [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= least]


def filled(flags: Flags) -> Flags:
    """The same with interruptions of up to ``GAP_S`` closed, where there is more on both sides."""
    result = flags.copy()
    edges = np.flatnonzero(np.diff(flags.astype(np.int8))) + 1
    bounds = [0, *edges.tolist(), len(flags)]
    for a, b in pairwise(bounds[1:-1]):
        if not flags[a] and b - a <= GAP_S:
            result[a:b] = True
    return result


def at_moments(flags: Flags, moments_ms: Sequence[int]) -> Flags:
    """The flags of the seconds in which the given moments lie."""
    at = np.minimum(np.asarray(moments_ms, np.int64) // 1000, len(flags) - 1)
    found: Flags = flags[at]
    return found


def _prefix(flags: Flags) -> int:
    return len(flags) if flags.all() else int(np.argmin(flags))


def _at_seconds(flags: Flags, moments_ms: Sequence[int], seconds: int) -> Flags:
    """The flags of the pictures that are shown at each second."""
    if not len(flags):
        return np.zeros(seconds, np.bool_)
    shown = np.searchsorted(np.asarray(moments_ms), 1000 * np.arange(seconds), side="right") - 1
    found: Flags = flags[np.clip(shown, 0, len(flags) - 1)]
    return found


def _frozen(brightness: Lumas) -> Flags:
    """Whether hardly a block of each picture is another in the next one, or in the one before."""
    count, height, width = brightness.shape
    rows, columns = height // BLOCK, width // BLOCK
    if count < 2 or not rows or not columns:
        return np.ones(count, np.bool_)
    same = np.zeros(count - 1, np.bool_)
    for at in range(count - 1):
        change = np.abs(brightness[at + 1].astype(np.int16) - brightness[at])
        blocks = change[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK).mean(axis=(1, 3))
        same[at] = (blocks > MOVED).mean() <= FROZEN
    frozen: Flags = np.append(same, np.False_) | np.insert(same, 0, np.False_)
    return frozen


def _silent(sound: Levels) -> Flags:
    if not len(sound):
        return np.zeros(0, np.bool_)
    limit = max(SILENT_DB, float(np.percentile(sound, LOUD)) - BELOW_LOUD_DB)
    silent: Flags = (sound < limit).mean(axis=1) >= MOSTLY
    return silent


def _has_no_pauses(sound: Levels) -> bool:
    """Whether it goes on as music does, and speech does not."""
    if len(sound) < LONG_S:
        return False
    middle = float(np.median(sound))
    return middle > SILENT_DB and bool((sound < middle - PAUSE_DB).mean() <= PAUSES)


def _seconds(loudest: Levels) -> Levels:
    """One row for each second; the last value stands for what is missing of the last one."""
    if not len(loudest):
        return np.zeros((0, LEVELS_PER_S))
    return np.pad(loudest, (0, -len(loudest) % LEVELS_PER_S), mode="edge").reshape(-1, LEVELS_PER_S)
