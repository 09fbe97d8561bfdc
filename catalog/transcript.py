"""Cues as running text: paragraphs by speaker and pause, for pages and plain-text transcripts. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from catalog.model import Cue

PAUSE_MS = 3000
"""Silence after which a new paragraph begins."""
LONG_PARAGRAPH = 600
"""Characters after which a paragraph ends with the next sentence; three times as many end it anywhere."""

_SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"'”’»)\]」』）]*\Z")
_FIRST_TIGHT = "\u3000"
"""No character before it is one of ``_NO_SPACE``; most text is spared the expressions."""
_NO_SPACE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3000-\u303f\uff00-\uffef]")


class CuesOnDemand(Sequence[Cue]):
    """The cues of a published caption file, read when they are needed and not kept; there is at least one."""

    def __init__(self, read: Callable[[], Sequence[Cue]]) -> None:
        self._read = read

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Cue]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    @overload
    def __getitem__(self, index: int) -> Cue: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Cue]: ...

    def __getitem__(self, index: int | slice) -> Cue | Sequence[Cue]:
        return self._read()[index]


@dataclass(frozen=True)
class Paragraph:
    """What one speaker says in one go."""

    speaker: str
    """Empty when not known."""
    cues: tuple[Cue, ...]
    """At least one; each can be linked to by its ``start_ms``."""

    @property
    def start_ms(self) -> int:
        """When it begins."""
        return self.cues[0].start_ms

    @property
    def text(self) -> str:
        """The text without line breaks."""
        return joined(cue.text for cue in self.cues)


def joined(texts: Iterable[str]) -> str:
    r"""Texts as one line; no space between Chinese or Japanese characters.

    >>> joined(["one\ntwo", "three"]), joined(["日本", "語"])
    ('one two three', '日本語')
    """
    result = ""
    for text in texts:
        for piece in text.split("\n"):
            line = piece.strip()
            if not result or not line:
                result += line
            else:
                tight = line[0] >= _FIRST_TIGHT and _NO_SPACE.match(result[-1]) and _NO_SPACE.match(line[0])
                result += line if tight else f" {line}"
    return result


def text(cues: Iterable[Cue], limit: int) -> str:
    """Cues as one line of at most ``limit`` characters, cut at the end of a cue."""
    found, length = [], 0
    for cue in cues:
        length += len(cue.text) + 1
        if length > limit:
            break
        found.append(cue.text)
    return joined(found)


def paragraphs(cues: Iterable[Cue]) -> tuple[Paragraph, ...]:
    """Gather cues into paragraphs: a new one at another speaker, after a pause, or when it gets long."""
    found: list[Paragraph] = []
    current: list[Cue] = []
    length = 0
    for cue in cues:
        if current and _ends(current[-1], cue, length):
            found.append(Paragraph(current[0].speaker, tuple(current)))
            current, length = [], 0
        current.append(cue)
        length += len(cue.text)
    if current:
        found.append(Paragraph(current[0].speaker, tuple(current)))
    return tuple(found)


def _ends(last: Cue, following: Cue, length: int) -> bool:
    if following.speaker != last.speaker or following.start_ms - last.end_ms >= PAUSE_MS:
        return True
    return length >= 3 * LONG_PARAGRAPH or (length >= LONG_PARAGRAPH and bool(_SENTENCE_END.search(last.text)))
