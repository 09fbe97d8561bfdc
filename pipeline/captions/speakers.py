"""Speakers written into the text: ``Name: text``, as meeting services do. Pure."""

from __future__ import annotations

import re
from collections import Counter

from pipeline.captions.timed import TimedText

_PREFIX = re.compile(r"\s*(?:>>+\s*)?([^\W\d_][^:：<>\[\]{}|\n?!;]{0,60}?)(?:\s?:\s+|：\s*)(?=\S)")
_MOST = 0.6
_MAX_WORDS = 6


def separate(texts: tuple[TimedText, ...]) -> tuple[TimedText, ...]:
    """Move ``Name:`` prefixes into the speaker field, when the file as a whole is written that way.

    That is when most cues begin with a name and names come back; a single ``Note: …`` is text.
    """
    filled = [timed for timed in texts if timed.text.strip()]
    names = Counter(name for timed in filled if (name := _name(timed)))
    # Screen names need no capital; but then they must come back, or it is a word of the text.
    names = Counter({name: count for name, count in names.items() if count > 1 or name[:1] == name[:1].upper()})
    known = sum(names.values())
    if not known or known < len(filled) * _MOST or (len(names) > 1 and known < len(names) * 1.2):
        return texts
    return tuple(_separated(timed) if _name(timed) in names else timed for timed in texts)


def _name(timed: TimedText) -> str:
    match = None if timed.speaker else _PREFIX.match(timed.text)
    return match[1] if match and len(match[1].split()) <= _MAX_WORDS else ""


def _separated(timed: TimedText) -> TimedText:
    match = _PREFIX.match(timed.text)
    return timed._replace(text=timed.text[match.end() :], speaker=match[1]) if match else timed
