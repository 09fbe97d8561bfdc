"""JSON of speech recognition: Whisper and its relatives, whisper.cpp, YouTube's ``json3``; services by ``services.py``.

Known shapes: ``{"segments": [{"start", "end", "text", "words": [{"start", "end", "word"|"text"}]}], "language"}``
(Whisper, faster-whisper, WhisperX, whisper-timestamped; seconds), ``{"transcription": [{"offsets": {"from", "to"},
"text"}]}`` (whisper.cpp; milliseconds), ``{"events": [{"tStartMs", "dDurationMs", "segs": [{"utf8"}]}]}`` (YouTube).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from pipeline.captions.readers import services
from pipeline.captions.timed import TimedText, Track, bounded
from pipeline.errors import CaptionError

_BEGINNING = re.compile(r"""\s*(?:\{\s*["}]|\[\s*[{\]])""")
_LONGEST_MS = 366 * 24 * 3_600_000


def matches(text: str) -> bool:
    """Whether the text begins like a JSON object or a list of objects."""
    return bool(_BEGINNING.match(text))


def read(name: str, text: str) -> tuple[Track, ...]:
    """Read recognised speech; with word times where every segment has them.

    Raises:
        CaptionError: not JSON, not one of the known shapes, or too large.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CaptionError(name, f"this is not JSON: {error}") from error
    if isinstance(data, list):
        data = {"segments": data}
    try:
        return (_track(name, data),)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        hint = "Whisper's JSON has 'segments' with 'start', 'end' and 'text'"
        raise CaptionError(name, "this JSON holds no captions of a known kind", hint=hint) from error


def _track(name: str, data: dict[str, Any]) -> Track:
    if "transcription" in data:
        language = data.get("result", {}).get("language")
        return Track(bounded(name, _whisper_cpp(data["transcription"])), language)
    if "events" in data:
        return Track(bounded(name, _youtube(data["events"])))
    data = services.as_segments(data)
    segments = data["segments"]
    language = data.get("language")
    if segments and all(_has_words(segment) for segment in segments if str(segment["text"]).strip()):
        return Track(bounded(name, _words(segments)), language, by_word=True)
    return Track(bounded(name, _segments(segments)), language)


def _has_words(segment: dict[str, Any]) -> bool:
    """Whether the words are all there: only then may they stand for the segment's text."""
    words = segment.get("words") or []
    spoken = "".join(_word_text(word) for word in words)
    return bool(words) and "".join(spoken.split()) == "".join(str(segment["text"]).split())


def _word_text(word: dict[str, Any]) -> str:
    return str(word["word"] if "word" in word else word["text"])


def _segments(segments: list[dict[str, Any]]) -> Iterator[TimedText]:
    last = 0
    for segment in segments:
        speaker = str(segment.get("speaker") or "")
        start = last if segment["start"] is None else _ms(segment["start"])
        # An end that is missing is set by its length when cues are cleaned.
        last = start if segment["end"] is None else _ms(segment["end"])
        yield TimedText(start, last, str(segment["text"]).strip(), speaker)


def _words(segments: list[dict[str, Any]]) -> Iterator[TimedText]:
    """Words, each after a space where the segment's text has one (Chinese has none, hyphens neither)."""
    last = 0
    for segment in segments:
        speaker = str(segment.get("speaker") or "")
        last = last if segment.get("start") is None else _ms(segment["start"])
        for word, spaced in zip(segment["words"], _spaced(segment), strict=True):
            # WhisperX gives no times for words it cannot align, e.g. numbers.
            start = last if word.get("start") is None else _ms(word["start"])
            last = start if word.get("end") is None else _ms(word["end"])
            text = _word_text(word).strip()
            yield TimedText(start, last, f" {text}" if spaced else text, str(word.get("speaker") or speaker))


def _spaced(segment: dict[str, Any]) -> Iterator[bool]:
    """For every word of a segment whether a space, or the beginning of the segment, comes before it."""
    text, position = f" {segment['text']}", 0
    for word in segment["words"]:
        begin = position
        while position < len(text) and text[position].isspace():
            position += 1
        yield position > begin
        for character in _word_text(word):
            if not character.isspace():
                position = text.index(character, position) + 1


def _whisper_cpp(segments: list[dict[str, Any]]) -> Iterator[TimedText]:
    for segment in segments:
        yield TimedText(int(segment["offsets"]["from"]), int(segment["offsets"]["to"]), str(segment["text"]).strip())


def _youtube(events: list[dict[str, Any]]) -> Iterator[TimedText]:
    for event in events:
        text = "".join(str(segment.get("utf8", "")) for segment in event.get("segs") or ())
        if text.strip():
            start = int(event["tStartMs"])
            yield TimedText(start, start + int(event.get("dDurationMs", 0)), text)


def _ms(seconds: float) -> int:
    """Seconds to whole milliseconds.

    Raises:
        ValueError: not a number, or beyond any recording.
    """
    value = float(seconds) * 1000
    if not math.isfinite(value) or abs(value) > _LONGEST_MS:
        raise ValueError(f"{seconds!r} is not a time")
    return round(value)
