"""What else to watch: recordings that share people, a theme, a session or rare words of their titles. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from heapq import nsmallest
from math import log

from catalog.published import PublishedRecording, oldest_first
from catalog.words import words

MOST = 4
_COMMON = 200
"""What more recordings share than this says nothing about any of them."""
_WEIGHTS = {"person": 3.0, "session": 2.0, "track": 1.5, "word": 1.0}
_LEAST_LETTERS = 4
_ENOUGH_WORDS = 2
"""One word in common is chance."""
_STEPS = 8
"""The common past grows in so many steps, at least, while the catalogue doubles."""


class Related:
    """An index over all recordings; asking it costs as much as the recording has to share.

    So that a new recording does not change the pages of many others, a recording is compared with the older ones and
    with those of the *common past*, which grows in steps of about a tenth of the catalogue.
    """

    def __init__(self, recordings: Sequence[PublishedRecording]) -> None:
        self._recordings = oldest_first(recordings)
        self._places = {one.key: place for place, one in enumerate(self._recordings)}
        step = max(1, 1 << (len(recordings) // _STEPS).bit_length() >> 1)
        self._past = len(recordings) // step * step
        self._features = [sorted(set(_features(one))) for one in self._recordings]
        self._members: dict[tuple[str, str], list[int]] = {}
        for number, features in enumerate(self._features):
            for feature in features:
                self._members.setdefault(feature, []).append(number)

    def to(self, one: PublishedRecording) -> tuple[PublishedRecording, ...]:
        """At most ``MOST`` recordings that share most with ``one``; rare things count more than common ones."""
        scores: dict[int, float] = {}
        shared_words: dict[int, int] = {}
        own = self._places[one.key]
        end = max(self._past, own + 1)
        for feature in self._features[own]:
            members = self._members[feature]
            count = bisect_left(members, end)
            if 1 < count <= _COMMON:
                weight = _WEIGHTS[feature[0]] * log(1 + end / count)
                for number in members[:count]:
                    scores[number] = scores.get(number, 0) + weight
                    shared_words[number] = shared_words.get(number, 0) + (1 if feature[0] == "word" else _ENOUGH_WORDS)
        close = (number for number in scores if number != own and shared_words[number] >= _ENOUGH_WORDS)
        best = nsmallest(MOST, close, key=lambda number: (-scores[number], -number))
        return tuple(self._recordings[number] for number in best)


def _features(one: PublishedRecording) -> Iterator[tuple[str, str]]:
    yield "session", f"{one.event.id}/{one.session.id}"
    for person in one.people:
        yield "person", person.id
    if one.session.track:
        yield "track", one.session.track.casefold()
    for word in words(one.recording.title):
        if len(word) >= _LEAST_LETTERS or not word.isascii():
            yield "word", word
