"""Which known names a name is nearest to, in catalogues of any size. Pure."""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from collections.abc import Iterable

from pipeline.inbox import names

FEW = 3
"""How many names are given."""
_LOOKED_AT = 20
"""So many names that share most with the one asked for are compared in full."""
_COMMON = 200
"""Runs of characters that more names have say nothing."""
_ALIKE = 0.5
"""Names less alike than this (``difflib``'s ratio, 0 to 1) are not near."""


class Nearest:
    """Names to look among: pairs of a text and what it stands for."""

    def __init__(self, pool: Iterable[tuple[str, str]]) -> None:
        self._meaning: dict[str, str] = {}
        self._index: dict[str, list[str]] = defaultdict(list)
        for text, meaning in pool:
            key = names.key(text)
            if key and key not in self._meaning:
                self._meaning[key] = meaning
                for piece in _pieces(key):
                    self._index[piece].append(key)

    def to(self, text: str) -> tuple[str, ...]:
        """What the nearest names stand for, best first; empty when none is near."""
        wanted = names.key(text)
        telling = [found for piece in _pieces(wanted) if len(found := self._index.get(piece, ())) <= _COMMON]
        shared = Counter(key for found in telling for key in found)
        likely = [key for key, _ in sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:_LOOKED_AT]]
        close = difflib.get_close_matches(wanted, likely, n=FEW, cutoff=_ALIKE)
        return tuple(dict.fromkeys(self._meaning[key] for key in close))


def _pieces(key: str) -> set[str]:
    """The runs of three characters in a name."""
    padded = f" {key} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}
