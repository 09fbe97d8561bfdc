"""Where lines may be broken, how wide they are, and which break reads best. Pure.

An **atom** is a stretch of text that is never broken: a word with its punctuation, a number with its groups
(``10 000``), one Chinese or Japanese character with the punctuation that may not stand apart from it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

_NARROW, _WIDE = 9, 14
LINE_WIDTH = 42 * _NARROW
"""The widest line: 42 narrow characters, or 27 full-width ones (27 * 14 = 42 * 9)."""

SPACE_WIDTH = _NARROW

_GROUP = re.compile(r"\d{3}(?!\d)")
_NUMBER_END = re.compile(r"(?:^|[^\w])\d{1,3}(?: \d{3})*\Z")
_SENTENCE_END = re.compile(r"[.!?…。！？؟۔।]+[\"'”’»)\]」』）]*\Z")
_CLAUSE_END = re.compile(r"(?:[,;:،؛、，；：]|[–—-])[\"'”’»)\]」』）]*\Z")
# Source: https://www.w3.org/TR/jlreq/ (characters not starting and not ending a line).
_NOT_FIRST = frozenset(
    "、。，．・：；？！゛゜´｀¨ヽヾゝゞ々ー’”）〕］｝〉》」』】°′″℃％ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ…‥"
)
_NOT_LAST = frozenset("‘“（〔［｛〈《「『【")


class Atom(NamedTuple):
    """An unbreakable stretch of text."""

    text: str
    glued: bool
    """Whether it follows the atom before without a space."""


SENTENCE, CLAUSE, WORD = 0.0, 0.35, 1.0
"""Costs of stopping after a sentence, after a clause and between words."""


@lru_cache(maxsize=8192)
def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return _WIDE if unicodedata.east_asian_width(character) in "WF" else _NARROW


def width(text: str) -> int:
    """How wide text is, in ninths of a narrow character.

    >>> width("ab") == 18, width("日本") == 28
    (True, True)
    """
    return len(text) * _NARROW if text.isascii() else sum(map(_character_width, text))


def atoms(text: str) -> list[Atom]:
    """Cut text into atoms; joined again by ``join`` they give the same words.

    >>> [atom.text for atom in atoms("about 10 000 records (日本)。")]
    ['about', '10 000', 'records', '(日', '本)。']
    """
    found: list[Atom] = []
    for word in text.split(" "):
        if not word:
            continue
        if found and _GROUP.match(word) and _NUMBER_END.search(found[-1].text):
            found[-1] = Atom(f"{found[-1].text} {word}", found[-1].glued)
            continue
        for at, piece in enumerate(_breakable(word)):
            found.append(Atom(piece, at > 0))
    return found


def _breakable(word: str) -> list[str]:
    """Cut a word around its ideographs and kana; words of other scripts stay whole."""
    if word.isascii() or not any(_is_ideographic(character) for character in word):
        return [word]
    pieces = [word[0]]
    for before, after in pairwise(word):
        if may_break(before, after) and any(character.isalnum() for character in pieces[-1]):
            pieces.append(after)
        else:
            pieces[-1] += after
    return pieces


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters that no space parts."""
    if not touches(before, after):
        return False
    opens = after in _NOT_LAST
    return before not in _NOT_LAST and after not in _NOT_FIRST and (opens or after.isalnum())


def touches(before: str, after: str) -> bool:
    """Whether words that end and begin with these characters stand together without a space, as in Chinese."""
    return _is_ideographic(before) or _is_ideographic(after)


def _is_ideographic(character: str) -> bool:
    """Chinese characters and kana, which need no space between words (Korean does)."""
    code = ord(character)
    return (
        0x3040 <= code <= 0x30FF
        or 0x3400 <= code <= 0x4DBF
        or 0x4E00 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFAFF
        or 0x20000 <= code <= 0x3FFFF
    )


def join(parts: Sequence[Atom]) -> str:
    """The text of atoms on one line."""
    return "".join(part.text if part.glued or at == 0 else f" {part.text}" for at, part in enumerate(parts))


def break_cost(text: str) -> float:
    """How bad it is to stop after this atom: less after a sentence or a clause."""
    if _SENTENCE_END.search(text[-8:]):
        return SENTENCE
    return CLAUSE if _CLAUSE_END.search(text[-8:]) else WORD


def fits(text: str) -> bool:
    """Whether text has at most two lines and each is narrow enough."""
    parts = text.split("\n")
    return len(parts) <= 2 and all(width(part) <= LINE_WIDTH for part in parts)


def wrap(parts: Sequence[Atom]) -> str:
    """Break atoms into as few lines as they need; two lines at the place that reads best.

    A clause that ends in the middle wins over even halves; the upper line is the shorter one, all else equal.
    """
    whole = join(parts)
    total, first = width(whole), 0
    if total <= LINE_WIDTH:
        return whole
    best: tuple[float, int] | None = None
    spaces = [0, *(0 if part.glued else SPACE_WIDTH for part in parts[1:])]
    for at in range(1, len(parts)):
        first += width(parts[at - 1].text) + spaces[at - 1]
        second = total - first - spaces[at]
        if first > LINE_WIDTH or second > LINE_WIDTH:
            continue
        uneven = abs(first - second) / LINE_WIDTH + (0.05 if first > second else 0)
        cost = uneven + break_cost(parts[at - 1].text) * 0.6
        if best is None or cost < best[0]:
            best = cost, at
    return f"{join(parts[: best[1]])}\n{join(parts[best[1] :])}" if best else _fill(parts)


def _fill(parts: Sequence[Atom]) -> str:
    """Fill line by line: for what does not fit in two lines."""
    lines: list[list[Atom]] = [[]]
    for part in parts:
        if lines[-1] and width(join([*lines[-1], part])) > LINE_WIDTH:
            lines.append([])
        lines[-1].append(part)
    return "\n".join(join(line) for line in lines)
