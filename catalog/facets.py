"""What the sessions of a programme can be told apart by: day, theme, type, languages, kind, length. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from catalog import urls
from catalog.fields import slugify
from catalog.model import Event
from catalog.programme_view import Day, Slot

MOST_SESSIONS = 300
"""Programmes with more sessions have no page for each choice: their filters need scripts."""
_MINUTE_MS = 60_000
_LENGTHS = (10, "short"), (30, "medium"), (60, "long")
"""Below so many minutes, and the word for it in addresses."""
_LONGEST = "longest"


class Facet(StrEnum):
    """One thing to filter by; the value is its name in addresses."""

    DAY = "day"
    THEME = "theme"
    TYPE = "type"
    SPOKEN = "language"
    CAPTIONS = "captions"
    KIND = "kind"
    LENGTH = "length"


@dataclass(frozen=True)
class Choice:
    """One value of a facet that some sessions have."""

    facet: Facet
    slug: str
    """In addresses."""
    value: str
    """As the programme writes it; a date, a language tag, or a word of ours."""
    sessions: int = 1

    def path(self, event: Event) -> str:
        """The page of the sessions that have it."""
        return f"{urls.event(event.id)}by/{self.facet.value}/{self.slug}/"


def of_slot(day: Day, slot: Slot) -> Mapping[Facet, tuple[Choice, ...]]:
    """What a session and its recordings have of each facet."""
    found: dict[Facet, tuple[Choice, ...]] = {}
    for facet, value in _values(day, slot):
        choice = Choice(facet, _slug(facet, value), value)
        if choice not in found.get(facet, ()):
            found[facet] = (*found.get(facet, ()), choice)
    return found


def of_programme(days: tuple[Day, ...]) -> Mapping[Facet, tuple[Choice, ...]]:
    """The choices of a programme that make a difference: facets with at least two, in order of appearance."""
    counted: dict[Facet, dict[str, Choice]] = {facet: {} for facet in Facet}
    for day in days:
        for slot in day.slots:
            for facet, choices in of_slot(day, slot).items():
                for one in choices:
                    known = counted[facet].get(one.slug)
                    counted[facet][one.slug] = replace(known, sessions=known.sessions + 1) if known else one
    return {facet: _ordered(facet, tuple(found.values())) for facet, found in counted.items() if len(found) > 1}


def having(days: tuple[Day, ...], choice: Choice) -> tuple[Day, ...]:
    """The days with only those sessions that have ``choice``."""
    found = []
    for day in days:
        slots = [
            slot
            for slot in day.slots
            if any(one.slug == choice.slug for one in of_slot(day, slot).get(choice.facet, ()))
        ]
        if slots:
            found.append(replace(day, slots=tuple(slots)))
    return tuple(found)


def _values(day: Day, slot: Slot) -> Iterator[tuple[Facet, str]]:
    yield Facet.DAY, day.anchor
    if slot.session.track:
        yield Facet.THEME, slot.session.track
    if slot.session.type:
        yield Facet.TYPE, slot.session.type
    for one in slot.recordings:
        yield Facet.SPOKEN, one.language
        yield Facet.KIND, one.recording.kind.value
        if one.made.duration_ms:
            yield Facet.LENGTH, _length(one.made.duration_ms)
        for track in one.made.captions:
            yield Facet.CAPTIONS, track.language


def _length(ms: int) -> str:
    return next((word for minutes, word in _LENGTHS if ms < minutes * _MINUTE_MS), _LONGEST)


def _slug(facet: Facet, value: str) -> str:
    return slugify(value, fallback=facet.value) if facet in {Facet.THEME, Facet.TYPE} else value.lower()


def _ordered(facet: Facet, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    if facet is Facet.LENGTH:
        order = [*(word for _, word in _LENGTHS), _LONGEST]
        return tuple(sorted(choices, key=lambda one: order.index(one.value)))
    if facet in {Facet.SPOKEN, Facet.CAPTIONS}:
        return tuple(sorted(choices, key=lambda one: one.slug))
    return choices
