"""The words of the search index: which recordings have a word, and where.

The index is cut into *segments*, so that one new recording changes few files: recordings are put in order of their
dates, the newest (at most ``FEWEST - 1``) are a segment of their own, those before them up to the last multiple of
``FEWEST * GROWTH`` another, and so on: three segments for ten thousand recordings. Which recording is in which segment
follows from the catalogue alone. The words of a segment are spread over *shards* by their hash. A shard is JSON:
``first``, the number of the oldest recording of the segment; ``common``, words that are only kept where they stand in a
title or description; and ``words``, which maps words to ``[step, n, block … block, step, n, …]``. The steps add up to
the numbers of the recordings, from ``first``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.published import PublishedRecording, oldest_first
from catalog.words import distinct, shard

FEWEST = 16
"""Recordings that are gathered before they are put with older ones."""
GROWTH = 32
"""How much larger each segment may be than the next newer one."""
MOST_BLOCKS = 16
"""Places of a word that the index keeps of one recording."""
MANY = 400
"""Recordings of a segment that have a word, from which on fewer of its places are kept."""
FEW_BLOCKS = 4
"""Places of such a word that the index keeps of one recording."""
ABOUT = 2
"""The first blocks of a recording: its title, and what is written about it."""
COMMON = 2000
"""A word that more recordings of a segment have is only kept where it stands in a title or description."""
_SHARDS = 64
"""Shards of the newest segment, of some 10 kB at most; the next older one has ``GROWTH`` times as many, and so on."""
_MINUTE = 60


@dataclass(frozen=True)
class Segment:
    """Neighbours in the order of dates: their numbers and themselves."""

    level: int
    """0 for the newest."""
    members: tuple[tuple[int, PublishedRecording], ...]

    @property
    def first(self) -> int:
        """The number of its oldest recording."""
        return self.members[0][0]

    @property
    def name(self) -> str:
        """Of its file."""
        return str(self.level)

    @property
    def shards(self) -> int:
        """How many it has, a power of two."""
        return int(_SHARDS * GROWTH**self.level)


def numbered(recordings: Iterable[PublishedRecording]) -> tuple[tuple[int, PublishedRecording], ...]:
    """Recordings from the oldest, each with a number that others hardly change.

    The number is the minute of the recording, or the next one that is free: it grows with time, and a recording that
    comes or goes moves the numbers of those of the same minutes only. Those without a date, and those before 1970, are
    numbered one after the other from 0.
    """
    found: list[tuple[int, PublishedRecording]] = []
    last = -1
    for one in oldest_first(recordings):
        minute = int(one.date.timestamp() // _MINUTE) if one.date and one.date.tzinfo else 0
        last = max(minute, last + 1)
        found.append((last, one))
    return tuple(found)


def segments(members: Sequence[tuple[int, PublishedRecording]]) -> Iterator[Segment]:
    """The segments, the oldest first; none is empty."""
    steps = [FEWEST]
    while steps[-1] * GROWTH <= len(members):
        steps.append(steps[-1] * GROWTH)
    start = 0
    for level, step in sorted(enumerate((1, *steps)), reverse=True):
        end = len(members) // step * step
        if end > start:
            yield Segment(level, tuple(members[start:end]))
            start = end


@dataclass(slots=True)
class _Entry:
    """What is known of a word; the numbers as they will be written, each followed by a comma."""

    last: int
    last_about: int
    recordings: int = 0
    places: bytearray = field(default_factory=bytearray)
    about: bytearray = field(default_factory=bytearray)

    def add(self, number: int, places: Sequence[int]) -> None:
        places = places[: MOST_BLOCKS if self.recordings < MANY else FEW_BLOCKS]
        step = number - self.last
        self.places += b"%d,1,%d," % (step, places[0]) if len(places) == 1 else _numbers(step, places)
        self.last = number
        self.recordings += 1
        if places[0] < ABOUT:
            self.about += _numbers(number - self.last_about, [one for one in places if one < ABOUT])
            self.last_about = number


def _numbers(step: int, places: Sequence[int]) -> bytes:
    return f"{step},{len(places)},{','.join(map(str, places))},".encode()


def shards(segment: Segment, texts: Callable[[PublishedRecording], Iterable[str]]) -> Iterator[bytes]:
    """The shards of a segment, as JSON; those without a word are empty.

    Args:
        segment: whose words.
        texts: the blocks of a recording.
    """
    index: dict[str, _Entry] = {}
    for number, recording in segment.members:
        for word, places in _places(texts(recording)).items():
            entry = index.get(word)
            if entry is None:
                entry = index[word] = _Entry(segment.first, segment.first)
            entry.add(number, places)
    members: list[list[str]] = [[] for _ in range(segment.shards)]
    for word in index:
        members[shard(word, segment.shards)].append(word)
    for found in members:
        yield _shard(segment.first, {word: index.pop(word) for word in sorted(found)}) if found else b""


def _shard(first: int, entries: Mapping[str, _Entry]) -> bytes:
    common = {word for word, entry in entries.items() if entry.recordings > COMMON}
    kept = {word: entry.about if word in common else entry.places for word, entry in entries.items()}
    lines = b",\n".join(b"%b:[%b]" % (_quoted(word), bytes(places[:-1])) for word, places in kept.items())
    return b'{"first":%d,"common":[%b],"words":{%b}}' % (first, b",".join(map(_quoted, sorted(common))), lines)


def _quoted(word: str) -> bytes:
    return json.dumps(word, ensure_ascii=False).encode()


def _places(texts: Iterable[str]) -> dict[str, list[int]]:
    """Word -> the blocks that contain it."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        for word in distinct(text):
            found[word].append(number)
    return found
