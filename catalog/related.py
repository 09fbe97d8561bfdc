"""What else to watch: recordings that share people, a theme, a session or rare words of their titles. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from math import log
from typing import NamedTuple

from catalog.published import PublishedRecording, oldest_first
from catalog.words import words

MOST = 4
_COMMON = 200
"""What more recordings share than this says nothing about any of them."""
_WEIGHTS = {"person": 3.0, "session": 2.0, "track": 1.5, "word": 1.0}
_LEAST_LETTERS = 4
_STEPS = 8
"""The common past grows in so many steps, at least, while the catalogue doubles."""


class _Telling(NamedTuple):
    """Something that a few recordings share."""

    kind: str
    weight: float
    members: list[int]


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
        told = ((feature, self._telling(feature, self._past)) for feature in self._members)
        self._of_past = {feature: found for feature, found in told if found}

    def to(self, one: PublishedRecording) -> tuple[PublishedRecording, ...]:
        """At most ``MOST`` recordings that share most with ``one``; rare things count more than common ones."""
        own = self._places[one.key]
        if own < self._past:
            telling = [self._of_past[feature] for feature in self._features[own] if feature in self._of_past]
        else:
            telling = [found for feature in self._features[own] if (found := self._telling(feature, own + 1))]
        close = _close(telling) - {own}
        scores = dict.fromkeys(close, 0.0)
        for _, weight, members in telling:
            for number in close.intersection(members):
                scores[number] += weight
        best = sorted(zip(scores.values(), scores, strict=True), reverse=True)[:MOST]
        return tuple(self._recordings[number] for _, number in best)

    def _telling(self, feature: tuple[str, str], end: int) -> _Telling | None:
        """What sharing this tells of the first ``end`` recordings; nothing where hardly any or very many do."""
        members = self._members[feature]
        count = bisect_left(members, end)
        if not 1 < count <= _COMMON:
            return None
        return _Telling(feature[0], _WEIGHTS[feature[0]] * log(1 + end / count), members[:count])


def _close(telling: Iterable[_Telling]) -> set[int]:
    """Those that share something; one word in common is chance, and counts only together with another."""
    close: set[int] = set()
    once: set[int] = set()
    for kind, _, members in telling:
        if kind == "word":
            close |= once.intersection(members)
            once.update(members)
        else:
            close.update(members)
    return close


def _features(one: PublishedRecording) -> Iterator[tuple[str, str]]:
    yield "session", f"{one.event.id}/{one.session.id}"
    for person in one.people:
        yield "person", person.id
    if one.session.track:
        yield "track", one.session.track.casefold()
    for word in words(one.recording.title):
        if len(word) >= _LEAST_LETTERS or not word.isascii():
            yield "word", word
