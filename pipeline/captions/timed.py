"""What readers give: timed text as the file says it, before any cleaning, and the bounds on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.errors import CaptionError

MAX_BYTES = 16 * 1024 * 1024
"""Word-by-word JSON of an eight-hour day has about 10 MB; a larger file is not captions of one recording."""
MAX_CUES = 100_000
"""One cue per word for ten hours of speech; bounds the time that cleaning takes."""
MAX_CUE_CHARACTERS = 10_000
"""About ten minutes of speech: whole paragraphs as one cue are split, whole talks are a mistake."""
MAX_CHARACTERS = 2_000_000
"""More than a day of speech at 20 characters a second."""


class TimedText(NamedTuple):
    """A stretch of text with its time, as read: times may overlap, be reversed or lie before zero."""

    start_ms: int
    end_ms: int
    text: str
    """Plain text, lines separated by ``\\n``."""
    speaker: str = ""


@dataclass(frozen=True)
class Track:
    """The captions of one language in a file."""

    texts: tuple[TimedText, ...]
    language: str | None = None
    """As the file itself says; ``None`` when it does not."""
    by_word: bool = False
    """Whether every text is one word (or syllable group) with its own time."""
    findings: tuple[str, ...] = ()
    """What was left out or put right while reading, one sentence each."""


def bounded(name: str, texts: Iterable[TimedText]) -> tuple[TimedText, ...]:
    """Collect texts, stopping at the first bound that is passed.

    Raises:
        CaptionError: more cues, a longer cue or more text than any real recording has.
    """
    collected: list[TimedText] = []
    characters = 0
    for text in texts:
        characters += len(text.text)
        if len(text.text) > MAX_CUE_CHARACTERS:
            at = f"the cue at {text.start_ms / 1000:.3f} s"
            raise CaptionError(name, f"{at} has {len(text.text)} characters; at most {MAX_CUE_CHARACTERS} are read")
        if characters > MAX_CHARACTERS:
            raise CaptionError(name, f"there is more text than {MAX_CHARACTERS} characters")
        if len(collected) == MAX_CUES:
            raise CaptionError(name, f"there are more than {MAX_CUES} cues")
        collected.append(text)
    return tuple(collected)
