"""What the sessions of a programme can be told apart by: day, theme, type, languages, kind, length. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain

from catalog.fields import slugify
from catalog.programme_view import Day, Slot

STYLE = "filters.css"
"""Below the page of the event; see ``style_sheet``."""
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

    @property
    def anchor(self) -> str:
        """Its id on the page of the event; without scripts, an address that ends in it shows only what has it."""
        return f"by-{self.facet.value}-{self.slug}"


def of_slot(day: Day, slot: Slot) -> Mapping[Facet, tuple[Choice, ...]]:
    """What a session and its recordings have of each facet."""
    found: dict[Facet, list[Choice]] = {}
    for facet, value in dict.fromkeys(_values(day, slot)):
        found.setdefault(facet, []).append(Choice(facet, _slug(facet, value), value))
    return {facet: tuple(choices) for facet, choices in found.items()}


def of_programme(days: tuple[Day, ...]) -> Mapping[Facet, tuple[Choice, ...]]:
    """The choices of a programme, in order of appearance: facets with one that some sessions have and others lack."""
    total = sum(len(day.slots) for day in days)
    found: dict[Facet, dict[str, Choice]] = {facet: {} for facet in Facet}
    sessions: Counter[tuple[Facet, str]] = Counter()
    for choices in (of_slot(day, slot) for day in days for slot in day.slots):
        for one in chain.from_iterable(choices.values()):
            found[one.facet].setdefault(one.slug, one)
            sessions[one.facet, one.slug] += 1
    return {
        facet: _ordered(facet, tuple(replace(one, sessions=sessions[facet, one.slug]) for one in known.values()))
        for facet, known in found.items()
        if any(sessions[facet, slug] < total for slug in known)
    }


def style_sheet(choices: Mapping[Facet, tuple[Choice, ...]]) -> bytes:
    """What makes links to choices filter a programme without scripts: CSS; the same for all languages of its page.

    Slugs are made of letters a-z, digits and hyphens, so they need no escapes.
    """
    rules = []
    for one in (one for found in choices.values() for one in found):
        page, has = f"html:not(.js):has(#{one.anchor}:target)", f'[data-{one.facet.value}~="{one.slug}"]'
        rules.append(f"{page} .slot:not({has}), {page} .day:not(:has({has})) {{ display: none; }}\n")
    return "".join(rules).encode()


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
