"""Text to search words. ``site_templates/static/search.js`` does exactly the same to what visitors type.

Case, accents, vowel signs, and the spellings and prefixes of Arabic that mean the same are levelled; scripts written
without spaces are cut into pairs of characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

_MARKS = re.compile("[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]+")
"""Accents of Latin, Greek and Cyrillic, points of Hebrew, vowel signs and stretching of Arabic."""
_RUN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese: no spaces between words."""
_RUNS = re.compile(f"([{_RUN}]+)")
_ARABIC = (("\u0649", "\u064a"), ("\u0629", "\u0647"))
"""Alef maksura as yeh, teh marbuta as heh; the forms of alef have lost their hamza with the marks."""
_ARTICLE = re.compile("(?:[\u0648\u0641\u0628\u0643]?\u0627\u0644|\u0644\u0644)(?=[\u0620-\u064a]{3})")
"""The article, with the conjunctions and prepositions written together with it."""
_ASCII = re.compile("[a-z0-9]+")
_PLURAL = re.compile("[a-z]{3,}[a-rt-z]s")


def words(text: str) -> Iterator[str]:
    """The search words of ``text``, in order, repeated ones repeatedly."""
    for piece in text.split():
        yield from _words_of(piece)


def distinct(text: str) -> set[str]:
    """The search words of ``text``, each once."""
    return set(chain.from_iterable(map(_words_of, text.split())))


def level(text: str) -> str:
    """Text without differences that searching ignores: compatibility forms, case, accents."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).lower())
    found = unicodedata.normalize("NFC", _MARKS.sub("", plain))
    for letter, other in _ARABIC:  # several times as fast as ``translate``
        found = found.replace(letter, other)
    return found


def shard(word: str, shards: int) -> int:
    """The number of the shard that holds ``word``: FNV-1a of its UTF-8 bytes, 32 bit; ``shards`` is a power of two."""
    value = 0x811C9DC5
    for byte in word.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value & (shards - 1)


@lru_cache(maxsize=1 << 18)
def _words_of(piece: str) -> tuple[str, ...]:
    """The words of text without spaces; remembered, since languages repeat themselves."""
    if piece.isascii():  # the same with fewer steps
        return tuple(map(_stem, _ASCII.findall(piece.lower())))
    found: list[str] = []
    for match in _pattern().finditer(level(piece)):
        for part in _RUNS.split(match.group()):
            if _RUNS.fullmatch(part):
                found.extend(_pairs(part))
            elif part:
                found.append(_stem(part))
    return tuple(found)


def _pairs(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    for index in range(len(run) - 1):
        yield run[index : index + 2]


def _stem(word: str) -> str:
    if _PLURAL.fullmatch(word):
        return word[:-1]
    article = _ARTICLE.match(word)
    return word[article.end() :] if article else word


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """Letters, numbers and the marks that belong to them (categories L, N and M of Unicode)."""
    ranges: list[list[int]] = []
    for code in chain(range(0x32400), range(0xE0100, 0xE01F0)):  # nothing else is a letter, number or mark
        if unicodedata.category(chr(code))[0] in "LNM":
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return re.compile("[" + "".join(f"{re.escape(chr(one))}-{re.escape(chr(two))}" for one, two in ranges) + "]+")
