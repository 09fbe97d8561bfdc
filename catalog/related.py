"""What else to watch: recordings that share people, a theme, a session or rare words of their titles. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log

from catalog.published import PublishedRecording
from catalog.words import words

MOST = 4
_COMMON = 200
"""What more recordings share than this says nothing about any of them."""
_WEIGHTS = {"person": 3.0, "session": 2.0, "track": 1.5, "word": 1.0}
_LEAST_LETTERS = 4
_ENOUGH_WORDS = 2
"""One word in common is chance."""


class Related:
    """An index over all recordings; asking it costs as much as the recording has to share."""

    def __init__(self, recordings: Sequence[PublishedRecording]) -> None:
        self._recordings = recordings
        self._members: dict[tuple[str, str], list[int]] = {}
        for number, one in enumerate(recordings):
            for feature in set(_features(one)):
                self._members.setdefault(feature, []).append(number)

    def to(self, one: PublishedRecording) -> tuple[PublishedRecording, ...]:
        """At most ``MOST`` recordings that share most with ``one``; rare things count more than common ones."""
        scores: dict[int, float] = {}
        shared_words: dict[int, int] = {}
        for feature in sorted(set(_features(one))):
            members = self._members.get(feature, ())
            if 1 < len(members) <= _COMMON:
                weight = _WEIGHTS[feature[0]] * log(1 + len(self._recordings) / len(members))
                for number in members:
                    scores[number] = scores.get(number, 0) + weight
                    shared_words[number] = shared_words.get(number, 0) + (1 if feature[0] == "word" else _ENOUGH_WORDS)
        close = (number for number in scores if shared_words[number] >= _ENOUGH_WORDS)
        best = sorted(close, key=lambda number: (-scores[number], number))
        found = (self._recordings[number] for number in best)
        return tuple(other for other in found if other.key != one.key)[:MOST]


def _features(one: PublishedRecording) -> Iterator[tuple[str, str]]:
    yield "session", f"{one.event.id}/{one.session.id}"
    for person in one.people:
        yield "person", person.id
    if one.session.track:
        yield "track", one.session.track.casefold()
    for word in words(one.recording.title):
        if len(word) >= _LEAST_LETTERS or not word.isascii():
            yield "word", word
