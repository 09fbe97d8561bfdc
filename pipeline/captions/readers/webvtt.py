"""WebVTT: files of people, meeting services, video sites and live streams. Blocks are parsed by webvtt-py.

Sources: https://www.w3.org/TR/webvtt1/, RFC 8216 section 3.5 (``X-TIMESTAMP-MAP``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

import webvtt as webvtt_py
from webvtt.errors import MalformedFileError

from pipeline.captions.markup import voice_runs
from pipeline.captions.timed import TimedText, Track, bounded
from pipeline.errors import CaptionError

_SIGNATURE = re.compile(r"\ufeff?WEBVTT(?=[ \t\n]|\Z)", re.IGNORECASE)
_HEADER_FIELD = re.compile(r"(kind|language)\s*:\s*(\S+)\s*\Z", re.IGNORECASE)
_TIMESTAMP_MAP = re.compile(r"X-TIMESTAMP-MAP\s*=\s*(.*)\Z")
_LOCAL = re.compile(r"LOCAL:(?:(\d{1,10}):)?(\d{1,2}):(\d{1,2})\.(\d{3})")
_MPEGTS = re.compile(r"MPEGTS:(\d{1,20})")
_MPEGTS_WRAP = 2**33
_MPEGTS_PER_MS = 90
_COMMA = re.compile(r"(?<=:\d\d),(?=\d{3})", re.ASCII)
"""In the time of a cue, as converters from SubRip leave it; browsers hide such a cue."""
_TIMES = re.compile(r"\s*(?:\d+:)?\d{1,2}:\d{1,2}[.,]\d+\s*-->", re.ASCII)
_OTHER_BLOCKS = {"NOTE", "STYLE", "REGION"}
_NOT_CAPTIONS = {"chapters", "metadata"}


class _Clock(NamedTuple):
    """What ``X-TIMESTAMP-MAP`` says: the cue time ``local_ms`` is the stream time ``mpegts`` (90 kHz, wraps)."""

    local_ms: int
    mpegts: int


def matches(text: str) -> bool:
    """Whether the text is a WebVTT file; the signature counts in any case, as some tools write it so."""
    return bool(_SIGNATURE.match(text))


def read(name: str, text: str) -> tuple[Track, ...]:
    """Read a WebVTT file, also one glued together from the segments of a live stream.

    Raises:
        CaptionError: it is not WebVTT, or not captions (chapters, metadata), or too large.
    """
    segments = list(_segments(text))
    fields: dict[str, str] = {}
    for segment in segments:
        for line in _header(segment):
            if match := _HEADER_FIELD.match(line.strip()):
                fields.setdefault(match[1].lower(), match[2])
    if fields.get("kind", "").lower() in _NOT_CAPTIONS:
        raise CaptionError(name, f"the file says it holds {fields['kind'].lower()}, not captions")
    findings = [f"{len(segments)} WebVTT files in one were joined"] if len(segments) > 1 else []
    if lost := [block for segment in segments for block in _untimed(segment)]:
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        findings.append(f"text without a readable time was left out: {lost[0][:60]!r}{more}")
    return (Track(bounded(name, _texts(name, segments)), fields.get("language"), findings=tuple(findings)),)


def _segments(text: str) -> Iterator[list[str]]:
    """Cut where a signature is repeated: after an empty line or at a time map, so that speech cannot look like it."""
    lines = text.split("\n")
    start = 0
    for at in range(1, len(lines)):
        if not _SIGNATURE.match(lines[at]):
            continue
        following = lines[at + 1].strip() if at + 1 < len(lines) else ""
        if following.startswith("X-TIMESTAMP-MAP") or (not lines[at - 1].strip() and not following):
            yield lines[start:at]
            start = at
    yield lines[start:]


def _header(lines: list[str]) -> Iterator[str]:
    for line in lines[1:]:
        if not line.strip() or "-->" in line:
            return
        yield line


def _untimed(lines: list[str]) -> Iterator[str]:
    """The text of blocks that are no cue: after an empty line within one, or below a time that is none."""
    below = lines[1 + sum(1 for _ in _header(lines)) :]
    for filled, block in groupby(below, key=lambda line: bool(line.strip())):
        written = list(block)
        is_other = written[0].split(" ")[0].strip() in _OTHER_BLOCKS
        if filled and not is_other and not any(_TIMES.match(line) for line in written):
            yield " ".join(" ".join(written).split())


def _clock(lines: list[str]) -> _Clock | None:
    for line in _header(lines):
        if found := _TIMESTAMP_MAP.match(line.strip()):
            local, mpegts = _LOCAL.search(found[1]), _MPEGTS.search(found[1])
            if local and mpegts:
                hours, minutes, seconds, thousandths = (int(part or 0) for part in local.groups())
                return _Clock(((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths, int(mpegts[1]))
    return None


def _texts(name: str, segments: list[list[str]]) -> Iterator[TimedText]:
    """All texts on one time line: zero is where the first time map says that local time begins."""
    first: _Clock | None = None
    seen: set[TimedText] = set()
    for lines in segments:
        clock, shift = _clock(lines), 0
        if clock:
            first = first or clock
            shift = (clock.mpegts - first.mpegts) % _MPEGTS_WRAP // _MPEGTS_PER_MS - clock.local_ms
        for text in _segment_texts(name, lines, shift):
            # A cue that spans two segments stands in both.
            if len(segments) == 1 or text not in seen:
                seen.add(text)
                yield text


def _segment_texts(name: str, lines: list[str], shift_ms: int) -> Iterator[TimedText]:
    signature = "WEBVTT" + lines[0].removeprefix("\ufeff")[len("WEBVTT") :]
    try:
        mended = (_COMMA.sub(".", line) if "-->" in line else line for line in lines[1:])
        parsed = webvtt_py.from_string("\n".join([signature, *mended]))
    except MalformedFileError as error:
        raise CaptionError(name, f"this is not WebVTT: {error}") from error
    for caption in parsed.captions:
        start, end = _milliseconds(caption.start_time) + shift_ms, _milliseconds(caption.end_time) + shift_ms
        yield from _by_voice(start, end, caption.raw_text)


def _milliseconds(stamp: webvtt_py.models.Timestamp) -> int:
    hours, minutes, seconds, thousandths = stamp.to_tuple()
    return int(((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths)


def _by_voice(start_ms: int, end_ms: int, payload: str) -> Iterator[TimedText]:
    """One text per voice: a cue in which two people speak is shared out between them by length."""
    runs = voice_runs(payload)
    total, before = sum(len(run.text) for run in runs), 0
    for run in runs:
        after = before + len(run.text)
        start = start_ms + (end_ms - start_ms) * before // total
        yield TimedText(start, start_ms + (end_ms - start_ms) * after // total, run.text, run.voice)
        before = after
