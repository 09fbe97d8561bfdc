"""Which of the files that belong to one recording are taken. Pure.

Recorders leave several *views* of the same moment, and several *parts*, one after another. Of the views of one moment
the first of this list is taken, then the one with most pixels in its name:

1. shared screen with speaker (Zoom's plain or ``as`` recording), and any file that names no view;
2. shared screen with gallery (``gallery``);
3. speaker only (``avo``, ``speaker``), and BigBlueButton's ``webcams``, which has the sound;
4. gallery only (``gvo``);
5. screen only, without sound (``deskshare``);
6. sound only.

Parts are put in the order of their moments, then of their numbers. Sound-only files are never parts of a recording
that has pictures.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from pipeline.inbox import names
from pipeline.inbox.files import InboxFile, in_order

_RANK = {"gallery": 2, "avo": 3, "speaker": 3, "webcams": 3, "gvo": 4, "deskshare": 5}
_SOUND_ONLY = 6
_PIXELS = re.compile(r"(?<!\d)(\d{3,4})x(\d{3,4})(?!\d)")
_NO_NUMBER = -1
Moment = tuple[float, int]
"""Seconds since the epoch (0 when the name says none), and the part's number."""


def choose(files: Iterable[InboxFile], zone: ZoneInfo) -> tuple[tuple[InboxFile, ...], tuple[InboxFile, ...]]:
    """The parts to take, in order, and the views left out."""
    every = in_order(files)
    if len(every) == 1:  # nearly always
        return tuple(every), ()
    parts = tuple(min(same, key=_preference) for _, same in sorted(_by_moment(every, zone).items()))
    return parts, tuple(file for file in every if file not in parts)


def agree(files: Iterable[InboxFile], zone: ZoneInfo, *, in_parts: bool = False) -> bool:
    """Whether files can be views and parts of one recording: no two stand for the same thing, and none is lacking.

    ``in_parts`` says that the numbers in the names are numbers of parts for sure; the first is then 0 or 1.
    """
    every = in_order(files)
    if len(every) == 1 and not in_parts:
        return True
    moments = _by_moment(every, zone)
    for same in moments.values():
        best = sorted(_preference(file)[:2] for file in same)
        if len(best) > 1 and best[0] == best[1]:
            return False
    if len(moments) == 1 and not in_parts:
        return True
    if all(seconds for seconds, _ in moments):
        return True
    numbers = sorted(number for _, number in moments)
    return not any(seconds for seconds, _ in moments) and numbers in (
        list(range(len(numbers))),
        list(range(1, len(numbers) + 1)),
    )


def rank(file: InboxFile) -> int:
    """The place of the file's view in the list above, counted from 1."""
    if not file.has_picture:
        return _SOUND_ONLY
    words = re.split(r"[^a-z]+", file.stem.lower())
    return max(_RANK.get(word, 1) for word in words)


def _by_moment(files: list[InboxFile], zone: ZoneInfo) -> dict[Moment, list[InboxFile]]:
    moments: dict[Moment, list[InboxFile]] = defaultdict(list)
    for file in [file for file in files if file.has_picture] or files:
        moments[_moment(file, zone)].append(file)
    return moments


def _preference(file: InboxFile) -> tuple[int, int, str]:
    size = _PIXELS.search(file.stem)
    return rank(file), -(int(size[1]) * int(size[2]) if size else 0), file.name


def _moment(file: InboxFile, zone: ZoneInfo) -> Moment:
    stamp = names.path_stamp(file.name, zone)
    rest = _PIXELS.sub("", stamp.after if stamp else file.stem).rstrip(" _-.")
    part = names.part_number(f"x{rest}")
    return stamp.moment.timestamp() if stamp else 0.0, part[1] if part else _NO_NUMBER
