"""Cues as they should be shown: sorted, apart, inside the recording, short enough to read. Pure.

Nothing said is lost and nothing is invented: the words of all cues, in order, are the words of the input, except
those that lie outside the recording, which are reported.

Figures: at most two lines of 42 characters, 1 to 7 seconds, at most 20 characters a second where the speech allows
(Netflix Timed Text Style Guide; BBC Subtitle Guidelines).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.model import Cue
from pipeline.captions import lines, segment
from pipeline.captions.timed import TimedText, Track

SHORTEST_MS, LONGEST_MS = 1000, 7000
MS_PER_CHARACTER = 50
_TOGETHER_MS = 120
"""Cues that start this close together are shown together."""
_ADJOINING_MS = 300
_KEPT_CONTROLS = {"\n", "\t"}
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
    inside = [one for one in texts if one.end_ms > 0 and (duration_ms is None or one.start_ms < duration_ms)]
    if len(inside) < len(texts):
        findings.append(f"{len(texts) - len(inside)} of {len(texts)} cues lie outside the recording and were left out")
    if any(one.end_ms <= one.start_ms for one in inside) and not track.by_word:
        count = sum(one.end_ms <= one.start_ms for one in inside)
        findings.append(f"{count} cues end before they start; their end was set from their length")
    ordered = _ordered(inside, duration_ms)
    if track.by_word or _is_by_word(ordered):
        pieces = segment.from_words(ordered)
    else:
        pieces = [piece for one in _joined(_apart(ordered)) for piece in segment.split(one)]
    cues = tuple(Cue(start_ms=s, end_ms=e, text=t, speaker=v) for s, e, t, v in _lasting(pieces, duration_ms))
    return Cleaned(cues, tuple(findings))


def _normalised(texts: Iterable[TimedText], shift_ms: int) -> list[TimedText]:
    """Texts without controls and empty lines, one space between words; texts without a visible character go."""
    result = []
    for one in texts:
        text = _plain(one.text)
        if any(not character.isspace() for character in text):
            glued = one.text[:1].isspace() and not text.startswith(" ")
            speaker = " ".join(_plain(one.speaker).split())
            result.append(
                TimedText(one.start_ms + shift_ms, one.end_ms + shift_ms, f" {text}" if glued else text, speaker)
            )
    return result


def _plain(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        text = "".join(
            character
            for character in text
            if character in _KEPT_CONTROLS
            or not (
                unicodedata.category(character) in {"Cc", "Cs"} or character in _DIRECTIONS or character == "\ufeff"
            )
        )
    # Only ASCII white space is collapsed: a no-break space before "!" is right in French.
    rows = (" ".join(row.replace("\t", " ").split(" ")).strip(" \u00a0") for row in text.split("\n"))
    return "\n".join(" ".join(part for part in row.split(" ") if part) for row in rows if row)


def _ordered(texts: list[TimedText], duration_ms: int | None) -> list[TimedText]:
    """Sorted by start; starts not before zero, ends after starts and not after the end of the recording."""
    result = []
    for one in sorted(texts, key=lambda one: one.start_ms):
        start = max(0, one.start_ms)
        end = one.end_ms if one.end_ms > start else start + max(1, len(one.text) * MS_PER_CHARACTER)
        result.append(one._replace(start_ms=start, end_ms=min(end, duration_ms) if duration_ms else end))
    return result


def _is_by_word(texts: list[TimedText]) -> bool:
    """Whether nearly every text is one word, as some recognisers write files."""
    return (
        len(texts) > 3
        and sum(" " not in one.text.strip() and "\n" not in one.text for one in texts) > 0.9 * len(texts)
        and all(lines.width(one.text) < lines.LINE_WIDTH // 2 for one in texts)
    )


def _apart(texts: list[TimedText]) -> list[TimedText]:
    """No two texts at once: those that start together are joined, others end where the next starts."""
    result: list[TimedText] = []
    for one in texts:
        before = result[-1] if result else None
        if before is None or one.start_ms >= before.end_ms:
            result.append(one)
        elif one.start_ms - before.start_ms >= _TOGETHER_MS:
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
        and second.end_ms - first.start_ms <= LONGEST_MS
        and lines.width(first.text) + lines.width(second.text) < 2 * lines.LINE_WIDTH
        and segment.fits_one(f"{first.text}\n{second.text}")
    )


def _lasting(pieces: list[TimedText], duration_ms: int | None) -> list[TimedText]:
    """Cues too short to read last longer, as far as the next cue or the end of the recording allows."""
    result = []
    for at, one in enumerate(pieces):
        limit = pieces[at + 1].start_ms if at + 1 < len(pieces) else duration_ms or one.end_ms + LONGEST_MS
        wanted = one.start_ms + min(LONGEST_MS, max(SHORTEST_MS, len(one.text) * MS_PER_CHARACTER))
        end = one.end_ms if one.end_ms >= wanted else max(one.end_ms, min(wanted, limit))
        result.append(one._replace(end_ms=min(end, limit) if limit > one.start_ms else end))
    return result
