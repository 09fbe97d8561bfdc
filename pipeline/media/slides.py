"""Slide changes, found in the thumbnails of the one decode (one per second). Pure.

Pictures are compared in small blocks, and only where they stand still, so a talking head and a video inside a slide do
not count. A picture is another slide when what was written on the one before is gone; what is only added, or dimmed,
belongs to the same slide (a build). A fade is over before it is looked at: it does not stand still.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.media.stills import Lumas

BLOCK = 5
"""Side of a block, pixels of a thumbnail."""
STILL = 5.0
"""Mean difference of luma (0 to 255) from one second to the next, up to which a block stands still."""
CHANGED = 8.0
"""Mean difference of luma from which on a block shows something else."""
INK = 6.0
"""Standard deviation of luma from which on there is something in a block."""
ALIKE = 0.9
"""Correlation from which on a block shows the same thing, brighter or darker."""
GONE_OF_INK = 0.2
"""Another slide: so much of what was written is gone …"""
GONE_OF_ALL = 0.01
"""… and that is at least so much of the picture;"""
CHANGED_OF_ALL = 0.4
"""or so much of the picture is different, written on or not;"""
BLANK = 0.01
"""or at most so much of the picture before had anything on it, and now more has."""
COMPARABLE = 0.2
"""So much of the picture must stand still to tell."""
RESTLESS = 0.3
"""A block that changes in a larger share of all seconds shows no slide,"""
RESTLESS_RUNS = 0.04
"""nor one that changes three seconds in a row more often than that; a fade takes less,"""
RESTLESS_HERE = 0.4
"""nor does one that changes in a larger share of the seconds around: a video that plays for a while."""
FADE = 4
"""Seconds that a change takes at most."""
AROUND = 15
"""Seconds before and after."""

Blocks = NDArray[np.float32]
"""Picture, block, pixel."""
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Slide:
    """A stretch of thumbnails that show one slide."""

    first: int
    """Number of the first thumbnail."""
    best: int
    """Number of the one that shows it most complete, standing still."""


def find(brightness: Lumas) -> list[Slide]:
    """The slides of a recording; none where it shows no slides, only one at most.

    Args:
        brightness: thumbnails, in order.
    """
    if len(brightness) < 3:
        return []
    blocks = _blocks(brightness)
    moved = np.abs(np.diff(blocks, axis=0)).mean(axis=2)
    watch = _Watch(blocks, moved, _restless(moved > CHANGED))
    for number in range(len(blocks) - 1):
        watch.look(number)
    return watch.slides


def _blocks(brightness: Lumas) -> Blocks:
    """Each picture cut into blocks; what is left over at the right and at the bottom is not looked at."""
    count, height, width = brightness.shape
    rows, columns = max(1, height // BLOCK), max(1, width // BLOCK)
    down, across = min(BLOCK, height), min(BLOCK, width)
    cut = brightness[:, : rows * down, : columns * across].reshape(count, rows, down, columns, across)
    return cut.transpose(0, 1, 3, 2, 4).reshape(count, rows * columns, down * across).astype(np.float32)


def _restless(changed: Flags) -> Flags:
    """Whether a block is one that moves all the time, for each second: a talking head, or a video that plays."""
    runs = changed[:-2] & changed[1:-1] & changed[2:]
    always = (changed.mean(axis=0) > RESTLESS) | (runs.sum(axis=0) > RESTLESS_RUNS * len(changed))
    sums = np.cumsum(np.vstack([np.zeros((1, changed.shape[1])), changed]), axis=0)
    at = np.arange(len(changed))
    before, after = np.maximum(at - AROUND, 0), np.minimum(at + AROUND, len(changed))
    here = (sums[after] - sums[before]) / (after - before)[:, None]
    restless: Flags = always[None, :] | (here > RESTLESS_HERE)
    return restless


class _Watch:
    """Goes through the pictures with the slide in mind that was seen last."""

    def __init__(self, blocks: Blocks, moved: NDArray[np.float32], restless: Flags) -> None:
        self.slides: list[Slide] = []
        self._blocks = blocks
        self._restless = restless
        self._still = (moved <= STILL) & ~restless
        self._seen = blocks[0].copy()
        self._known = np.zeros(blocks.shape[1], np.bool_)

    def look(self, number: int) -> None:
        """Compare picture ``number`` where it and the next one are the same."""
        still, now = self._still[number], self._blocks[number]
        if still.mean() < COMPARABLE:
            return
        gone = self._gone(now, still)
        if not self.slides:
            self._begin(0, number)
        elif self._is_other(now, still, gone):
            self._begin(self._came(number), number)
            gone[:] = False
        else:
            self.slides[-1] = Slide(self.slides[-1].first, number)
        fresh = still & ~gone  # what is gone is kept in mind: a slide may go piece by piece
        self._seen[fresh] = now[fresh]
        self._known |= fresh

    def _begin(self, first: int, number: int) -> None:
        self.slides.append(Slide(first, number))
        self._known = np.zeros_like(self._known)

    def _came(self, number: int) -> int:
        """When the slide that stands at ``number`` came: when a quarter of the change was done, where it is a fade."""
        old = max(self.slides[-1].first, number - FADE)
        before, after = self._blocks[old], self._blocks[number]
        changed = (np.abs(before - after).mean(axis=1) > CHANGED) & ~self._restless[number]
        if not changed.any():  # it came while all was moving: nothing tells when
            return number
        for at in range(old + 1, number):
            here = self._blocks[at][changed]
            if np.abs(here - after[changed]).mean() < 0.75 * np.abs(before[changed] - after[changed]).mean():
                return at
        return number

    def _gone(self, now: Blocks, still: Flags) -> Flags:
        """Blocks that had something on them which is not there any more, not even dimmed."""
        both = still & self._known
        before, after = self._seen[both], now[both]
        different = np.abs(before - after).mean(axis=1) > CHANGED
        result = np.zeros_like(both)
        result[both] = different & (before.std(axis=1) > INK) & (_correlation(before, after) < ALIKE)
        return result

    def _is_other(self, now: Blocks, still: Flags, gone: Flags) -> bool:
        both = still & self._known
        if both.mean() < COMPARABLE:  # what stands now is not what stood: a picture that only flickers is no other one
            return bool((np.abs(self._seen[still] - now[still]).mean(axis=1) > CHANGED).sum() >= GONE_OF_ALL * len(now))
        before, after = self._seen[both], now[both]
        if (np.abs(before - after).mean(axis=1) > CHANGED).mean() > CHANGED_OF_ALL:
            return True
        ink = before.std(axis=1) > INK
        if ink.mean() < BLANK:
            return bool((after.std(axis=1) > INK).mean() >= BLANK)
        return bool(gone.mean() >= GONE_OF_ALL and gone.sum() >= GONE_OF_INK * ink.sum())


def _correlation(one: Blocks, other: Blocks) -> NDArray[np.float32]:
    """Of each block with its counterpart; 0 where one of them is plain."""
    a, b = one - one.mean(axis=1, keepdims=True), other - other.mean(axis=1, keepdims=True)
    scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    result: NDArray[np.float32] = np.divide((a * b).sum(axis=1), scale, out=np.zeros_like(scale), where=scale > 0)
    return result


def thinned(slides: Sequence[Slide], most: int) -> list[Slide]:
    """At most ``most`` slides: those shown longest, in order."""
    if len(slides) <= most:
        return list(slides)
    ends = [*(one.first for one in slides[1:]), slides[-1].best + 1]
    longest = sorted(range(len(slides)), key=lambda index: slides[index].first - ends[index])[:most]
    return [slides[index] for index in sorted(longest)]
