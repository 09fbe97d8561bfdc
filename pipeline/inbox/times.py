"""Matching by time and room: recorders name files by the moment they started. Pure.

A file that started at ``t`` belongs to the slot for which the first of these holds, the nearest one first:

1. ``t`` is within ``AROUND_START`` of the slot's start (people press the button early or late);
2. ``t`` is within the slot (the recorder was started again);
3. ``t`` is at most ``TOLERANCE`` before or after the slot.

When the name holds the name of a room of the event, only that room's slots count. When two slots fit equally well
(within ``MARGIN``), the file belongs to neither. Files of a *series* (a recorder that begins a new file every few
minutes, all day) belong to each slot they overlap.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from zoneinfo import ZoneInfo

from pipeline.inbox import names
from pipeline.inbox.files import InboxFile

AROUND_START = timedelta(minutes=15)
TOLERANCE = timedelta(minutes=30)
MARGIN = timedelta(minutes=5)
SERIES_STEP = timedelta(minutes=15)
"""A series begins a new file at least this often."""
SERIES_FILES = 3
"""Fewer files are no series."""


@dataclass(frozen=True)
class Slot:
    """A time in the programme that a recording may belong to."""

    owner: str
    """Id of the recording or, for a session that declares none, of the session."""
    start: datetime
    """With an offset."""
    end: datetime
    room: str = ""
    is_open: bool = True
    """Whether it still needs a file."""


@dataclass(frozen=True)
class Take:
    """A file and when it was started."""

    file: InboxFile
    start: datetime
    recorder: str
    """What files of one recorder have in common: the path up to the moment."""


def take(file: InboxFile, zone: ZoneInfo) -> Take | None:
    """When a file was started, by its name or else by its folder's; ``None`` when neither says."""
    if found := names.path_stamp(file.name, zone):
        return Take(file, found.moment, found.before)
    return None


class Slots:
    """All slots of an event, to be asked by time and room."""

    def __init__(self, slots: Iterable[Slot]) -> None:
        self._all = sorted(slots, key=lambda slot: (slot.start, slot.owner))
        self._longest = max((slot.end - slot.start for slot in self._all), default=timedelta(0))
        self._rooms: dict[str, list[Slot]] = defaultdict(list)
        for slot in self._all:
            for spelling in _spellings(slot.room):
                self._rooms[spelling].append(slot)

    def candidates(self, one: Take) -> list[Slot]:
        """The slots that a file may belong to: empty, one, or several that fit equally well."""
        near = self._near(one.file, one.start - TOLERANCE, one.start + TOLERANCE)
        fits = [(*fit, slot.owner, slot) for slot in near if (fit := _fit(one.start, slot))]
        ranked = sorted(fits, key=itemgetter(0, 1, 2))
        return [slot for tier, gap, _, slot in ranked if tier == ranked[0][0] and gap - ranked[0][1] < MARGIN]

    def overlapping(self, members: Sequence[Take]) -> Iterator[tuple[Slot, list[Take]]]:
        """The slots that a series overlaps, each with the files in order; a file lasts until the next one begins."""
        gaps = _gaps(members)
        ends = [one.start + min(gap, SERIES_STEP) for one, gap in zip(members, [*gaps, _usual(gaps)], strict=True)]
        for slot in self._near(members[0].file, members[0].start, ends[-1]):
            mine = [one for one, end in zip(members, ends, strict=True) if one.start < slot.end and end > slot.start]
            if mine:
                yield slot, mine

    def _near(self, file: InboxFile, since: datetime, until: datetime) -> list[Slot]:
        """The slots that touch a span of time, in the room that the file's name holds; in all when it holds none."""
        slots = self._all
        for spelling in _words(file):
            if spelling in self._rooms:
                slots = self._rooms[spelling]
                break
        first = bisect_left(slots, since - self._longest, key=lambda slot: slot.start)
        last = bisect_right(slots, until, key=lambda slot: slot.start)
        return [slot for slot in slots[first:last] if slot.end >= since]


def series(takes: Iterable[Take]) -> list[list[Take]]:
    """The series among files: at least ``SERIES_FILES`` of one recorder, a new one every few minutes."""
    families: dict[tuple[str, str], list[Take]] = defaultdict(list)
    for one in takes:
        families[one.recorder, one.file.ending].append(one)
    found = []
    for members in families.values():
        members.sort(key=lambda one: (one.start, one.file.name))
        if len(members) >= SERIES_FILES and timedelta(0) < _usual(_gaps(members)) <= SERIES_STEP:
            found.append(members)
    return found


def _fit(moment: datetime, slot: Slot) -> tuple[int, timedelta] | None:
    from_start = abs(moment - slot.start)
    if from_start <= AROUND_START:
        return 1, from_start
    if slot.start < moment < slot.end:
        return 2, timedelta(0)
    gap = min(from_start, abs(moment - slot.end))
    return (3, gap) if gap <= TOLERANCE else None


def _gaps(members: Sequence[Take]) -> list[timedelta]:
    return [after.start - before.start for before, after in pairwise(members)]


def _usual(gaps: list[timedelta]) -> timedelta:
    return sorted(gaps)[len(gaps) // 2]


def _words(file: InboxFile) -> list[str]:
    """Runs of up to four words of a name, longest first, in the form of ``_spellings``."""
    words = [word for word in re.split(r"[/ _-]+", file.name.rpartition(".")[0]) if word]
    runs = [words[i:j] for i in range(len(words)) for j in range(i + 1, min(i + 5, len(words) + 1))]
    return [_compact("".join(run)) for run in sorted(runs, key=len, reverse=True)]


def _spellings(room: str) -> set[str]:
    """How the name of a room may be written: ``K.1.105 (La Fontaine)`` as ``k1105`` or ``k1105lafontaine``."""
    return {text for text in (_compact(room), _compact(room.partition("(")[0])) if len(text) > 1}


def _compact(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
