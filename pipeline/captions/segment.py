"""Long texts cut into cues where they read best, single words gathered into cues. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from pipeline.captions import lines
from pipeline.captions.timed import TimedText

LONGEST_MS = 7000
_SLOWEST_MS = 150
"""Milliseconds a character of very slow speech; a cue that lasts longer is standing still, not spoken."""
_FASTEST_MS = 10
"""Milliseconds a character that nobody can speak or read; where such a text is cut, does not matter."""
_PAUSE_MS = 1500
"""A pause this long ends a cue in any case."""
_BREATH_MS = 350
"""A pause this long is as good a place as the end of a clause."""
_EVERY_CUE = 0.1
"""Cost of one more cue."""


class _Timed(NamedTuple):
    """An atom with its time."""

    atom: lines.Atom
    start_ms: int
    end_ms: int


def fits_one(text: str) -> bool:
    """Whether text can be shown as one cue: two lines, each narrow enough, however it must be broken."""
    if lines.width(text) > 2 * lines.LINE_WIDTH:
        return False
    return lines.fits(text) or lines.fits(lines.wrap(lines.atoms(_flat(text))))


def split(one: TimedText) -> list[TimedText]:
    """Cut a text that is too long for one cue; one that is not keeps its own line breaks where they are good."""
    spoken = max(LONGEST_MS, lines.width(one.text) * _SLOWEST_MS // lines.SPACE_WIDTH)
    one = one._replace(end_ms=min(one.end_ms, one.start_ms + spoken))
    if one.end_ms - one.start_ms <= LONGEST_MS:
        if lines.fits(one.text):
            return [one]
        if fits_one(one.text):
            return [one._replace(text=lines.wrap(lines.atoms(_flat(one.text))))]
    run = _interpolated(one)
    if len(one.text) * _FASTEST_MS > one.end_ms - one.start_ms:
        return _cues(list(_full(run)), one.speaker)
    return _cut(run, one.speaker)


def from_words(words: Sequence[TimedText]) -> list[TimedText]:
    """Gather single words into cues, one speaker each.

    Where any word begins with a space, a word without one belongs to the word before: recognisers give parts of words.
    Words of Chinese and Japanese need no space.
    """
    result: list[TimedText] = []
    run: list[_Timed] = []
    whole = _whole(words)
    for at, (word, is_glued) in enumerate(whole):
        following = whole[at + 1][0] if at + 1 < len(whole) else None
        end = min(word.end_ms, following.start_ms) if following else word.end_ms
        pieces = lines.atoms(word.text)
        pieces[0] = pieces[0]._replace(glued=is_glued and bool(run))
        run += [_Timed(piece, word.start_ms, max(end, word.start_ms)) for piece in pieces]
        if not following or following.speaker != word.speaker or following.start_ms - end >= _PAUSE_MS:
            result += _cut(run, word.speaker)
            run = []
    return result


def _whole(words: Sequence[TimedText]) -> list[tuple[TimedText, bool]]:
    """Words with their parts joined, each with whether it follows the one before without a space."""
    spaced = any(one.text.startswith(" ") for one in words)
    result: list[tuple[TimedText, bool]] = []
    for one in words:
        text = _flat(one.text)
        before, before_glued = result[-1] if result else (None, False)
        glued = (
            before is not None
            and before.speaker == one.speaker
            and (not one.text.startswith(" ") if spaced else lines.touches(before.text[-1], text[0]))
        )
        if glued and before and not lines.may_break(before.text[-1], text[0]):
            result[-1] = before._replace(text=before.text + text, end_ms=max(one.end_ms, before.end_ms)), before_glued
        else:
            result.append((one._replace(text=text), glued))
    return result


def _flat(text: str) -> str:
    return " ".join(part for part in text.replace("\n", " ").split(" ") if part)


def _interpolated(one: TimedText) -> list[_Timed]:
    """Atoms of a text, each with its share of the time by width."""
    atoms = lines.atoms(_flat(one.text))
    widths = [lines.width(atom.text) + lines.SPACE_WIDTH for atom in atoms]
    total, length, passed = sum(widths), one.end_ms - one.start_ms, 0
    timed = []
    for atom, wide in zip(atoms, widths, strict=True):
        start = one.start_ms + length * passed // total
        passed += wide
        timed.append(_Timed(atom, start, one.start_ms + length * passed // total))
    return timed


def _cut(run: list[_Timed], speaker: str) -> list[TimedText]:
    """Cut a run of timed atoms where the sum of all costs is least (each cue: how empty it is, where it stops)."""
    widths = [lines.width(one.atom.text) for one in run]
    stops = [_stop_cost(one, following) for one, following in pairwise(run)] + [0.0]
    best = [0.0] + [float("inf")] * len(run)
    came_from = [0] * (len(run) + 1)
    for first in range(len(run)):
        for after, filled in _candidates(run, widths, first):
            cost = best[first] + (1 - filled) ** 2 + stops[after - 1] + _EVERY_CUE
            if cost < best[after]:
                best[after], came_from[after] = cost, first
    cuts = [len(run)]
    while cuts[-1] > 0:
        cuts.append(came_from[cuts[-1]])
    return _cues([run[first:after] for first, after in pairwise(cuts[::-1])], speaker)


def _full(run: list[_Timed]) -> Iterator[list[_Timed]]:
    """Cues with as much text as goes into each."""
    widths = [lines.width(one.atom.text) for one in run]
    first = 0
    while first < len(run):
        *_, (after, _) = _candidates(run, widths, first)
        yield run[first:after]
        first = after


def _candidates(run: list[_Timed], widths: list[int], first: int) -> Iterator[tuple[int, float]]:
    """Where a cue that begins at ``first`` may end, and how full it is then; at least one place."""
    line, upper = widths[first], 0
    latest = run[first].start_ms + LONGEST_MS
    yield first + 1, min(1.0, line / (2 * lines.LINE_WIDTH))
    for at in range(first + 1, len(run)):
        one = run[at]
        if one.end_ms > latest or one.start_ms - run[at - 1].end_ms >= _PAUSE_MS:
            return
        wide = widths[at] + (0 if one.atom.glued else lines.SPACE_WIDTH)
        if line + wide > lines.LINE_WIDTH:
            if upper:
                return
            upper, line = line, widths[at]
        else:
            line += wide
        yield at + 1, min(1.0, (upper + line) / (2 * lines.LINE_WIDTH))


def _stop_cost(one: _Timed, following: _Timed) -> float:
    cost = lines.break_cost(one.atom.text)
    return min(cost, lines.CLAUSE) if following.start_ms - one.end_ms >= _BREATH_MS else cost


def _cues(groups: list[list[_Timed]], speaker: str) -> list[TimedText]:
    """Texts of the groups; times strictly rise, so that none is empty."""
    result: list[TimedText] = []
    earliest = 0
    for group in groups:
        start = max(group[0].start_ms, earliest)
        end = max(group[-1].end_ms, start + 1)
        result.append(TimedText(start, end, lines.wrap([one.atom for one in group]), speaker))
        earliest = end
    return result
