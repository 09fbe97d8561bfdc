"""SubRip (``.srt``) as tools really write it, and SubViewer (``.sbv``) of YouTube.

Own reader, because files without numbers, without hours, with negative times, with ``.`` for ``,`` and with empty
lines inside the text are common, and readers that refuse one of these lose captions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.captions.markup import strip_html
from pipeline.captions.timed import TimedText, Track, bounded

_STAMP = r"(-?)(?:(\d{1,4})\s*:\s*)?(\d{1,4})\s*:\s*(-?\d{1,2})(?:\s*[,.:]\s*(\d{1,6}))?"
_SUBRIP_TIMES = re.compile(rf"\s*{_STAMP}\s*-{{1,3}}>\s*{_STAMP}(?:\s.*)?\Z")
_SUBVIEWER_TIMES = re.compile(
    r"\s*()(\d{1,4}):(\d{1,2}):(\d{1,2})\.(\d{1,6}),()(\d{1,4}):(\d{1,2}):(\d{1,2})\.(\d{1,6})\s*\Z"
)
_SUBVIEWER_BREAK = re.compile(r"\[br\]", re.IGNORECASE)
_LOOK_AHEAD_LINES = 50
_MOST_DIGITS = 9
"""Of a cue's number."""


def matches(text: str) -> bool:
    """Whether a SubRip or SubViewer time line is near the beginning."""
    lines = text[:20_000].split("\n")[:_LOOK_AHEAD_LINES]
    return any(_SUBRIP_TIMES.match(line) or _SUBVIEWER_TIMES.match(line) for line in lines)


def read(name: str, text: str) -> tuple[Track, ...]:
    """Read a SubRip or SubViewer file.

    Raises:
        CaptionError: too large.
    """
    return (Track(bounded(name, _texts(text.split("\n")))),)


def _texts(lines: list[str]) -> Iterator[TimedText]:
    times: tuple[int, int] | None = None
    number, body = "", list[str]()
    for line in lines:
        if match := _SUBRIP_TIMES.match(line) or _SUBVIEWER_TIMES.match(line):
            said, following = _without_number(body, number)
            if times:
                yield _text(times, said)
            parts = match.groups()
            times, number, body = (_milliseconds(parts[:5]), _milliseconds(parts[5:])), following, []
        else:
            body.append(line)
    if times:
        yield _text(times, body)


def _without_number(body: list[str], number: str) -> tuple[list[str], str]:
    """The lines before the next cue's number, and that number: digits alone on the last line.

    Where text stands before it and no empty line on either side, it must be the one that follows ``number``.
    """
    is_beside = bool(body and body[-1].strip())
    while body and not body[-1].strip():
        body = body[:-1]
    last = body[-1].strip() if body else ""
    if not last.isdecimal() or len(last) > _MOST_DIGITS:
        return body, ""
    is_next = is_beside and number != "" and int(last) == int(number) + 1
    return (body[:-1], last) if is_next or len(body) == 1 or not body[-2].strip() else (body, "")


def _text(times: tuple[int, int], body: list[str]) -> TimedText:
    text = _SUBVIEWER_BREAK.sub("\n", "\n".join(line for line in body if line.strip()))
    return TimedText(*times, strip_html(text))


def _milliseconds(parts: tuple[str | None, ...]) -> int:
    sign, hours, minutes, seconds, fraction = parts
    thousandths = int((fraction or "0").ljust(3, "0")[:3])
    whole = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + abs(int(seconds or 0))
    negative = sign == "-" or (seconds or "").startswith("-")
    return (-1 if negative else 1) * (whole * 1000 + thousandths)
