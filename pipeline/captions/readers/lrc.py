"""LRC: a line of text after one or more times; and the ``.tsv`` of Whisper, a table of start, end and text.

Source: https://en.wikipedia.org/wiki/LRC_(file_format)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.captions.timed import TimedText, Track, bounded

_STAMP = r"(\d{1,4}):(\d{1,2})(?:([.:])(\d{1,3}))?"
_LINE = re.compile(rf"\s*((?:\[{_STAMP}\]\s*)+)(.*)\Z")
_TIME = re.compile(rf"\[{_STAMP}\]")
_WORD_TIME = re.compile(rf"<{_STAMP}>")
_TAG = re.compile(r"\s*\[([a-zA-Z#]+)\s*:\s*([^\]]*)\]\s*\Z")
_OFFSET = re.compile(r"[+-]?\d{1,7}\Z")
_LAST_LASTS_MS = 4000
_ROW = re.compile(r"(\d{1,12})\t(\d{1,12})\t(.*)\Z")
_HEADER = "start\tend\ttext"


def matches(text: str) -> bool:
    """Whether lines with times in brackets are near the beginning, and nothing else but tags."""
    lines = [line for line in text[:4096].split("\n")[:10] if line.strip()]
    return any(map(_LINE.match, lines)) and all(_LINE.match(line) or _TAG.match(line) for line in lines[:3])


def read(name: str, text: str) -> tuple[Track, ...]:
    """Read LRC: a line lasts until the next one; an empty line only ends the one before.

    Raises:
        CaptionError: too large.
    """
    tags = {match[1].lower(): match[2].strip() for line in text.split("\n") if (match := _TAG.match(line))}
    # A positive offset shows lyrics sooner.
    offset = int(tags["offset"]) if _OFFSET.match(tags.get("offset", "")) else 0
    points = sorted(_points(text), key=lambda point: point[0])
    ends = [start for start, _ in points[1:]] + [points[-1][0] + _LAST_LASTS_MS] if points else []
    texts = (
        TimedText(start - offset, end - offset, line) for (start, line), end in zip(points, ends, strict=True) if line
    )
    return (Track(bounded(name, texts), tags.get("la")),)


def _points(text: str) -> Iterator[tuple[int, str]]:
    by_hours = _by_hours(text)
    for line in text.split("\n"):
        if match := _LINE.match(line):
            said = " ".join(_WORD_TIME.sub("", match[6]).split())
            for stamp in _TIME.finditer(match[1]):
                first, second, _, third = stamp.groups()
                if by_hours:
                    yield ((int(first) * 60 + int(second)) * 60 + int(third)) * 1000, said
                else:
                    yield (int(first) * 60 + int(second)) * 1000 + int((third or "0").ljust(3, "0")), said


def _by_hours(text: str) -> bool:
    """Whether times are hours, minutes and seconds, as in transcripts: nowhere hundredths that no second can be."""
    stamps = _TIME.findall(text)
    return all(sign == ":" and len(third) == 2 and int(third) < 60 for _, _, sign, third in stamps)


def matches_table(text: str) -> bool:
    """Whether the text begins with the header of Whisper's table."""
    return text.lstrip().startswith(_HEADER)


def read_table(name: str, text: str) -> tuple[Track, ...]:
    """Read Whisper's ``.tsv``, whose times are milliseconds.

    Raises:
        CaptionError: too large.
    """
    rows = (match for line in text.split("\n") if (match := _ROW.match(line)))
    return (Track(bounded(name, (TimedText(int(row[1]), int(row[2]), row[3]) for row in rows))),)
