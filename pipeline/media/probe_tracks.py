"""What the packets of one track tell: part of the confined probe (standard library and PyAV only)."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median_low
from typing import Any

MAX_GAP_S = 4 * 3600
"""A silence of packets longer than this is not a recording."""
MAX_PRIMING_S = 1
"""Sound that starts this much later than its packets is taken for an encoder's priming."""
KEY_FRAME_SPACING_MS = 1000
"""Of closer key frames only every first one is told."""
UNTIMED_RATE = Fraction(25)
"""Pictures per second of raw streams that do not tell; ffmpeg assumes the same."""


class BadMediaError(Exception):
    """The file cannot be used: a class of ``probe.PROBLEMS`` and a detail."""

    def __init__(self, problem: str, detail: str = "") -> None:
        super().__init__(problem, detail)
        self.problem = problem
        self.detail = detail


@dataclass(frozen=True)
class Span:
    """A file and the part of it that the recording is, in seconds of the file's own time."""

    first: Fraction
    last: Fraction
    origin: Fraction
    end: Fraction


class Track:
    """What the packets of one stream say."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.base = stream.time_base or Fraction(1, 90_000)
        self.packets = 0
        self.bytes = 0
        self.corrupt = 0
        self.start: int | None = None
        self.end = 0
        self.last = 0
        self.untimed = 0

    def add(self, packet: Any) -> None:
        """Take note of a packet.

        Raises:
            BadMediaError: the stream jumps by hours.
        """
        self.packets += 1
        self.bytes += packet.size
        self.corrupt += packet.is_corrupt
        time = packet.pts if packet.pts is not None else packet.dts
        if time is None:
            self.untimed += 1
            return
        if self.start is None:
            self.start = self.last = time
        if abs(time - self.last) * self.base > MAX_GAP_S:
            raise BadMediaError("gap", f"{float(abs(time - self.last) * self.base) / 3600:.0f} hours")
        self.last = time
        self.start = min(self.start, time)
        self.end = max(self.end, time + (packet.duration or 0))

    def start_s(self) -> Fraction:
        """When it is first heard: the demuxer's word, which leaves out an encoder's priming, else the packets'."""
        start = self.start or 0
        told = self.stream.start_time
        return (told if told is not None and start <= told < start + MAX_PRIMING_S / self.base else start) * self.base

    def end_s(self) -> Fraction:
        """When its last packet ends."""
        return self.end * self.base

    def bit_rate(self) -> int:
        """Average bit/s."""
        length = self.end_s() - self.start_s()
        return int(self.bytes * 8 / length) if length > 0 else 0


class Pictures(Track):
    """The main video track: every picture's time, and where the key frames are."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self.times = array("q")
        self.keys = array("q")
        self.open_groups = 0
        self._sizes = array("I"), array("I")

    def start_s(self) -> Fraction:
        """When its first picture is shown."""
        return (self.start or 0) * self.base

    def end_s(self) -> Fraction:
        """When its last picture ends; by count where the packets carry no times."""
        rate = self.stream.average_rate or UNTIMED_RATE
        if self.untimed:
            return self.packets / rate
        last = max(self.times, default=0)
        return max(self.end * self.base, last * self.base + (1 / rate if self.end <= last else 0))

    def add(self, packet: Any) -> None:
        """Take note of a picture."""
        super().add(packet)
        self._sizes[packet.is_keyframe].append(packet.size)
        time = packet.pts if packet.pts is not None else packet.dts
        if time is None:
            return
        self.times.append(time)
        if packet.is_keyframe:
            self.keys.append(time)
        elif self.keys and time < self.keys[-1]:
            self.open_groups += 1

    def interval(self, origin: Fraction, end: Fraction) -> tuple[int, int] | None:
        """Which pictures (in order of showing, the end exclusive) a recording from ``origin`` to ``end`` shows.

        The first one may have appeared before and still be there. ``None`` where no picture has a time.

        Raises:
            BadMediaError: none is shown then.
        """
        times = self.sorted_times()
        if not times:
            return None
        first = max(0, bisect_right(times, origin / self.base) - 1)
        last = bisect_left(times, end / self.base)
        if first >= last or self.end_s() <= origin:
            raise BadMediaError("trim", "no picture is shown in that part")
        return first, last

    def change(self) -> float:
        """What the median picture between key frames takes, as a share of the median key frame; 1 without the former.

        Of the whole file, so that a trim does not alter how a recording is coded.
        """
        between, keys = self._sizes
        return round(median_low(between) / median_low(keys), 4) if between and keys else 1.0

    def sorted_times(self) -> list[int]:
        """When the pictures are shown, ticks, in that order."""
        return sorted(self.times)

    def summary(self, origin: Fraction, end: Fraction) -> dict[str, Any]:
        """What is shown from ``origin`` to ``end``.

        Times are milliseconds after ``origin``, rounded down so that each still separates its pictures.
        """
        times = self.sorted_times()
        shown = self.interval(origin, end)
        first, last = shown or (0, 0)
        steps = sorted(later - earlier for earlier, later in pairwise(times))
        median = steps[len(steps) // 2] if steps else 0
        uneven = sum(abs(step - median) * 2 > median for step in steps)
        keys = sorted(self.keys)
        entered = (
            keys[max(0, bisect_right(keys, times[first]) - 1) : bisect_left(keys, end / self.base)] if times else []
        )
        told, before = self._spaced(entered, times, origin)
        span = (times[-1] - times[0]) * self.base if times else Fraction(0)
        gaps = [later - earlier for earlier, later in pairwise(keys)]
        last_gap = (times[-1] - keys[-1]) if keys and times else 0
        return {
            "frames": last - first if times and not self.untimed else self.packets,
            "frame_rate": float(round((len(times) - 1) / span, 3)) if span > 0 else 0.0,
            "constant_rate": uneven <= len(steps) // 100,
            "key_frames_ms": told,
            "key_frame_index": [max(0, index - first) for index in before],
            "max_key_interval_ms": to_ms(max([*gaps, last_gap]) * self.base) if keys else 0,
            "longest_ms": to_ms(self._longest(times[first:last], min(end, self.end_s()))),
            "open_gop": self.open_groups > 0,
            "timed": self.untimed == 0,
            "start_ms": to_ms(times[first] * self.base - origin) if times else 0,
            "end_ms": to_ms(min(end, self.end_s()) - origin),
        }

    def _longest(self, times: list[int], end: Fraction) -> Fraction:
        """How long one of the pictures shown at ``times`` stands at most, the last one until ``end``; seconds."""
        if not times:
            return Fraction(0)
        step = max((later - earlier for earlier, later in pairwise(times)), default=0)
        return max(step * self.base, end - times[-1] * self.base)

    def _spaced(self, keys: list[int], times: list[int], origin: Fraction) -> tuple[list[int], list[int]]:
        """Key frames at least a second apart, in milliseconds; and how many pictures are shown before each."""
        told: list[int] = []
        before: list[int] = []
        for key in keys:
            at = to_ms(key * self.base - origin)
            if not told or at - told[-1] >= KEY_FRAME_SPACING_MS:
                told.append(at)
                before.append(bisect_left(times, key))
        return told, before


def to_ms(seconds: Fraction) -> int:
    """Milliseconds, rounded down."""
    return (seconds * 1000).__floor__()
