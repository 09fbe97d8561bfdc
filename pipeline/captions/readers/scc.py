"""Scenarist closed captions (``.scc``): CEA-608 byte pairs in hexadecimal with time codes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.captions import cea608
from pipeline.captions.timed import Track, bounded

_SIGNATURE = re.compile(r"\s*Scenarist_SCC V\d", re.IGNORECASE)
_LINE = re.compile(r"\s*(\d{1,2}):(\d{2}):(\d{2})([:;.,])(\d{2})\s+([0-9A-Fa-f\s]+?)\s*\Z")
_FRAMES = 30
_DROPPED = 2
"""Frame numbers left out at every minute but the tenth by drop-frame time code."""


def matches(text: str) -> bool:
    """Whether the text begins as SCC files do."""
    return bool(_SIGNATURE.match(text))


def read(name: str, text: str) -> tuple[Track, ...]:
    """Read an SCC file: caption channel 1.

    Raises:
        CaptionError: too large.
    """
    lines = [match for line in text.split("\n") if (match := _LINE.match(line))]
    unread = sum(":" in line for line in text.split("\n")) - len(lines)
    findings = [f"{unread} lines could not be read and were left out"] if unread else []
    if odd := sum(int(line[5]) >= _FRAMES for line in lines):
        findings.append(f"{odd} time codes have a frame number of {_FRAMES} or more; it was taken as frames")
    return (Track(bounded(name, cea608.decode(_pairs(lines))), findings=tuple(findings)),)


def _pairs(lines: list[re.Match[str]]) -> Iterator[tuple[int, int, int]]:
    """Every byte pair with its time: one pair is sent in one frame."""
    for line in lines:
        hours, minutes, seconds, frame = (int(line[group]) for group in (1, 2, 3, 5))
        total_minutes = hours * 60 + minutes
        number = (total_minutes * 60 + seconds) * _FRAMES + frame
        if line[4] in ";,":
            number -= _DROPPED * (total_minutes - total_minutes // 10)
        for at, word in enumerate(line[6].split()):
            if len(word) == 4:
                # 30000/1001 frames a second
                yield (number + at) * 1001 // 30, int(word[:2], 16), int(word[2:], 16)
