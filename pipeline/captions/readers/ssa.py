"""SubStation Alpha (``.ssa``, ``.ass``) and MicroDVD (``.sub``), parsed by pysubs2."""

from __future__ import annotations

import re

import pysubs2

from pipeline.captions.timed import TimedText, Track, bounded
from pipeline.errors import CaptionError

_SECTION = re.compile(r"^\[(?:Script Info|V4\+? Styles|Events)\]", re.MULTILINE | re.IGNORECASE)
_DIALOGUE = re.compile(r"^Dialogue\s*:", re.MULTILINE)
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

    Raises:
        CaptionError: it cannot be parsed, or is too large.
    """
    subtitles = _parse(name, text, "ass", None)
    events = (event for event in subtitles if not event.is_comment and not event.is_drawing)
    texts = bounded(name, (TimedText(event.start, event.end, event.plaintext, event.name.strip()) for event in events))
    return (Track(texts, subtitles.info.get("Language")),)


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
    subtitles = _parse(name, body, "microdvd", rate or _USUAL_RATE)
    texts = bounded(name, (TimedText(event.start, event.end, event.plaintext) for event in subtitles))
    return (Track(texts, findings=findings),)


def _parse(name: str, text: str, kind: str, rate: float | None) -> pysubs2.SSAFile:
    try:
        return pysubs2.SSAFile.from_string(text, format_=kind, fps=rate)
    except (pysubs2.exceptions.Pysubs2Error, ValueError, IndexError, KeyError) as error:
        raise CaptionError(name, f"the subtitles cannot be read: {type(error).__name__} {error}") from error
