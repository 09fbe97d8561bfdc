"""Cues as they should be shown: sorted, apart, inside the recording, short enough to read. Pure.

Nothing said is lost and nothing is invented: the words of all cues, in order, are the words of the input, except
those that lie outside the recording, which are reported.

Figures: at most two lines of 42 characters, 1 to 7 seconds, at most 20 characters a second where the speech allows
(Netflix Timed Text Style Guide; BBC Subtitle Guidelines).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.model import Cue
from pipeline.captions import lines, segment
from pipeline.captions.timed import TimedText, Track

SHORTEST_MS = 1000
MS_PER_CHARACTER = 50
_ADJOINING_MS = 300
_LONGEST_IDEOGRAPHIC = 4
"""Characters of a word in Chinese or Japanese."""
_KEPT_CONTROLS = {"\n", "\t"}
_SPACES = re.compile(r"[ \t]+")
_INVISIBLE = {"Cc", "Cs", "Co"}
"""Controls, halves of surrogate pairs, and private use: teletext's block graphics."""
# Directional embeddings and overrides: lines are broken anew, so pairs would come apart, and players find the
# direction of each line by themselves (WebVTT: unicode-bidi plaintext). Marks (U+200E, U+200F) stay.
_DIRECTIONS = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


@dataclass(frozen=True)
class Cleaned:
    """Clean cues and what had to be done."""

    cues: tuple[Cue, ...]
    findings: tuple[str, ...]


def clean(track: Track, duration_ms: int | None, *, shift_ms: int = 0) -> Cleaned:
    """Make clean cues of a track.

    Args:
        track: texts as read.
        duration_ms: length of the recording; ``None`` when not known.
        shift_ms: added to every time, e.g. minus what was trimmed from the start.
    """
    findings = list(track.findings)
    texts = _normalised(track.texts, shift_ms)
    inside = [one for one in texts if _is_inside(one, duration_ms)]
    if len(inside) < len(texts):
        findings.append(f"{len(texts) - len(inside)} of {len(texts)} cues lie outside the recording and were left out")
    if any(one.end_ms <= one.start_ms for one in inside) and not track.by_word:
        count = sum(one.end_ms <= one.start_ms for one in inside)
        findings.append(f"{count} cues end before they start; their end was set from their length")
    ordered = _ordered(inside, duration_ms)
    if track.by_word or _is_by_word(ordered):
        pieces = segment.from_words(ordered)
    else:
        apart = _lasting(_joined(_apart(ordered)), duration_ms)
        pieces = [piece for one in apart for piece in segment.split(one)]
    shown = _squeezed(_lasting(pieces, duration_ms), duration_ms)
    cues = tuple(Cue(start_ms=s, end_ms=e, text=t, speaker=v) for s, e, t, v in shown)
    return Cleaned(cues, tuple(findings))


def _is_inside(one: TimedText, duration_ms: int | None) -> bool:
    begins_or_lasts = one.start_ms >= 0 or one.end_ms > 0
    return begins_or_lasts and (duration_ms is None or one.start_ms < duration_ms)


def _normalised(texts: Iterable[TimedText], shift_ms: int) -> list[TimedText]:
    """Texts without controls and empty lines, one space between words; texts without a visible character go."""
    result = []
    for one in texts:
        text = _plain(one.text)
        if any(not character.isspace() for character in text):
            begins_word = one.text[:1].isspace()  # as readers of single words mark it
            speaker = " ".join(_plain(one.speaker).split())
            result.append(
                TimedText(one.start_ms + shift_ms, one.end_ms + shift_ms, f" {text}" if begins_word else text, speaker)
            )
    return result


def _plain(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        text = "".join(
            character
            for character in text
            if character in _KEPT_CONTROLS
            or not (unicodedata.category(character) in _INVISIBLE or character in _DIRECTIONS or character == "\ufeff")
        )
    # Only ASCII white space is collapsed: a no-break space before "!" is right in French.
    rows = (" ".join(part for part in _SPACES.split(row) if part).strip(" \u00a0") for row in text.split("\n"))
    return "\n".join(row for row in rows if row)


def _ordered(texts: list[TimedText], duration_ms: int | None) -> list[TimedText]:
    """Sorted by start; starts not before zero, ends after starts and not after the end of the recording."""
    result = []
    for one in sorted(texts, key=lambda one: one.start_ms):
        start = max(0, one.start_ms)
        end = one.end_ms if one.end_ms > start else start + max(1, _reading_ms(one.text))
        result.append(one._replace(start_ms=start, end_ms=min(end, duration_ms) if duration_ms else end))
    return result


def _is_by_word(texts: list[TimedText]) -> bool:
    """Whether nearly every text is one word, as some recognisers write files."""
    return (
        len(texts) > 3
        and sum(" " not in one.text.strip() and _is_word(one.text) for one in texts) > 0.9 * len(texts)
        and all(lines.width(one.text) < lines.LINE_WIDTH // 2 for one in texts)
    )


def _is_word(text: str) -> bool:
    """Whether text may be one word; Chinese and Japanese, which have no spaces, have few characters in one."""
    return "\n" not in text and len(lines.atoms(text)) <= _LONGEST_IDEOGRAPHIC


def _apart(texts: list[TimedText]) -> list[TimedText]:
    """No two texts at once: one ends where the next starts, when it can be read by then; else they share the time."""
    result: list[TimedText] = []
    for one in texts:
        before = result[-1] if result else None
        if before is None or one.start_ms >= before.end_ms:
            result.append(one)
        elif one.start_ms - before.start_ms >= min(SHORTEST_MS, _reading_ms(before.text)):
            result[-1] = before._replace(end_ms=one.start_ms)
            result.append(one)
        elif one.speaker == before.speaker:
            end = max(one.end_ms, before.end_ms)
            result[-1] = before._replace(end_ms=end, text=f"{before.text}\n{one.text}")
        else:
            middle = _shared(before, one)
            result[-1] = before._replace(end_ms=middle)
            result.append(one._replace(start_ms=middle, end_ms=max(one.end_ms, before.end_ms, middle + 1)))
    return result


def _reading_ms(text: str) -> int:
    """How long it takes to read text: 20 characters a second, 13 of the full-width ones."""
    return lines.width(text) * MS_PER_CHARACTER // lines.SPACE_WIDTH


def _shared(first: TimedText, second: TimedText) -> int:
    """Where the time of two speakers at once is divided, by the length of what they say."""
    end = max(first.end_ms, second.end_ms)
    part = (end - first.start_ms) * len(first.text) // (len(first.text) + len(second.text))
    return max(first.start_ms + 1, min(end - 1, first.start_ms + part))


def _joined(texts: list[TimedText]) -> list[TimedText]:
    """Flashes shorter than a second join a neighbour of the same speaker, where both fit into one cue."""
    result: list[TimedText] = []
    for one in texts:
        before = result[-1] if result else None
        if before and _belong_together(before, one):
            result[-1] = before._replace(end_ms=one.end_ms, text=f"{before.text}\n{one.text}")
        else:
            result.append(one)
    return result


def _belong_together(first: TimedText, second: TimedText) -> bool:
    short = min(first.end_ms - first.start_ms, second.end_ms - second.start_ms) < SHORTEST_MS
    return (
        short
        and first.speaker == second.speaker
        and second.start_ms - first.end_ms <= _ADJOINING_MS
        and second.end_ms - first.start_ms <= segment.LONGEST_MS
        and lines.width(first.text) + lines.width(second.text) < 2 * lines.LINE_WIDTH
        and segment.fits_one(f"{first.text}\n{second.text}")
    )


def _lasting(texts: list[TimedText], duration_ms: int | None) -> list[TimedText]:
    """Texts too short to read last longer, as far as the next one or the end of the recording allows."""
    result = []
    for at, one in enumerate(texts):
        wanted = one.start_ms + max(SHORTEST_MS, _reading_ms(one.text))
        limit = texts[at + 1].start_ms if at + 1 < len(texts) else duration_ms or wanted
        result.append(one._replace(end_ms=max(one.end_ms, min(wanted, limit))))
    return result


def _squeezed(texts: list[TimedText], duration_ms: int | None) -> list[TimedText]:
    """The last resort for more texts than milliseconds: what has no time left joins the one before."""
    result: list[TimedText] = []
    for one in texts:
        start = max(one.start_ms, result[-1].end_ms) if result else one.start_ms
        end = max(one.end_ms, start + 1)
        if duration_ms is not None:
            end = min(end, duration_ms)
        if start < end:
            result.append(one._replace(start_ms=start, end_ms=end))
        elif result:
            result[-1] = result[-1]._replace(text=f"{result[-1].text}\n{one.text}")
    return result
