"""SubStation Alpha (``.ssa``, ``.ass``) and MicroDVD (``.sub``), with pysubs2."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pysubs2

from pipeline.captions.timed import TimedText, Track, bounded
from pipeline.errors import CaptionError

_SECTION = re.compile(r"^\[(?:Script Info|V4\+? Styles|Events)\]", re.MULTILINE | re.IGNORECASE)
_DIALOGUE = re.compile(r"^Dialogue\s*:", re.MULTILINE)
_STAMP = re.compile(r"\s*(\d{1,4}):(\d{1,2}):(\d{1,2})[.:,](\d{1,6})\s*\Z")
# Source: http://www.tcax.org/docs/ass-specs.htm; used for fragments without a Format line.
_USUAL_FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
_MARGINS = re.compile(r"\d{0,4},\d{0,4},\d{0,4},[^,]{0,40},")
_MICRODVD = re.compile(r"\A\s*\{-?\d{1,9}\}\{-?\d{0,9}\}")
_MICRODVD_RATE = re.compile(r"\A\s*\{[01]\}\{[01]?\}\s*(\d{1,3}(?:\.\d{1,4})?)\s*$", re.MULTILINE)
_USUAL_RATE = 25.0


def matches(text: str) -> bool:
    """Whether the text is SubStation Alpha, by its sections."""
    return bool(_SECTION.search(text[:20_000]) or _DIALOGUE.search(text[:20_000]))


def matches_microdvd(text: str) -> bool:
    """Whether the text begins with MicroDVD frame numbers."""
    return bool(_MICRODVD.match(text))


def read(name: str, text: str) -> tuple[Track, ...]:
    """Read SubStation Alpha; comments and drawings are left out, the Name field is the speaker.

    Own line parser, because pysubs2 gives up a whole file for one bad time; the text of events is left to it.

    Raises:
        CaptionError: it is too large.
    """
    fields = list(_USUAL_FIELDS)
    texts: list[TimedText] = []
    unread = 0
    for line in text.split("\n"):
        kind, _, rest = line.partition(":")
        if kind.strip() == "Format" and (named := [one.strip().lower() for one in rest.split(",")])[-1] == "text":
            fields = named
        elif kind.strip() == "Dialogue":
            values = _values(fields, rest)
            start, end = _STAMP.match(values.get("start", "")), _STAMP.match(values.get("end", ""))
            if start and end:
                texts += _event(_milliseconds(start), _milliseconds(end), values)
            else:
                unread += 1
    findings = (f"{unread} lines with times that cannot be read were left out",) if unread else ()
    return (Track(bounded(name, texts), findings=findings),)


def _values(fields: list[str], line: str) -> dict[str, str]:
    values = dict(zip(fields, line.split(",", len(fields) - 1), strict=False))
    if "marginl" not in fields:  # Matroska always has the margins, whatever its Format line says
        values["text"] = _MARGINS.sub("", values.get("text", ""))
    return values


def _event(start_ms: int, end_ms: int, values: dict[str, str]) -> Iterator[TimedText]:
    event = pysubs2.SSAEvent(start=start_ms, end=end_ms, text=values.get("text", ""))
    if not event.is_drawing:
        yield TimedText(start_ms, end_ms, event.plaintext, values.get("name", values.get("actor", "")).strip())


def _milliseconds(stamp: re.Match[str]) -> int:
    hours, minutes, seconds, fraction = stamp.groups()
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(fraction.ljust(3, "0")[:3])


def read_microdvd(name: str, text: str, frame_rate: float | None) -> tuple[Track, ...]:
    """Read MicroDVD, whose times are frame numbers.

    Args:
        name: of the file, for messages.
        text: its content.
        frame_rate: of the recording, frames per second, used when the file gives none.

    Raises:
        CaptionError: it cannot be parsed, or is too large.
    """
    stated = _MICRODVD_RATE.match(text)
    rate = float(stated[1]) if stated else frame_rate
    findings = () if rate else (f"the frame rate is not known; {_USUAL_RATE:g} frames per second were assumed",)
    body = text[stated.end() :] if stated else text
    try:
        subtitles = pysubs2.SSAFile.from_string(body, format_="microdvd", fps=rate or _USUAL_RATE)
    except (pysubs2.exceptions.Pysubs2Error, ValueError) as error:
        raise CaptionError(name, f"these MicroDVD subtitles cannot be read: {error}") from error
    texts = bounded(name, (TimedText(event.start, event.end, event.plaintext) for event in subtitles))
    return (Track(texts, findings=findings),)
