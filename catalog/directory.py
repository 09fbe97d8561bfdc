"""Long lists of names, cut into pages that hardly change: people and themes by initial, events by year."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from unicodedata import category

from catalog.listing import sort_name
from catalog.model import Event

MOST = 600
"""Names on one page; a longer list has a page for each initial."""
HOME = 60
"""Events, and themes, that the home page names; where there are more they have a list of their own."""
_ALPHABETS = "\u1100"
"""The scripts before it are alphabets, or like them; after it come syllables and ideograms."""


@dataclass(frozen=True)
class Entry:
    """One line of a list."""

    subject: object
    """An event, a person, or a group of recordings: what the line is about."""
    name: str
    """By which it is put in order."""


@dataclass(frozen=True)
class Section:
    """Entries that share a page."""

    label: str
    """A capital or a year; empty for names that begin with no letter of an alphabet, and events without a date."""
    page: str
    """Its address."""
    entries: tuple[Entry, ...]


def by_initial(folder: str, entries: Iterable[Entry]) -> tuple[Section, ...]:
    """Entries by the first letter of their names, in order; those without one last.

    A page is named by the number of its letter, so that its address is never that of a person.
    """
    return _sections(entries, lambda one: _initial(one.name), lambda letter: f"{folder}{ord(letter):04x}.html", folder)


def by_year(folder: str, events: Iterable[Event]) -> tuple[Section, ...]:
    """Events, given latest first, by the year in which they begin, the latest first; those without a date last."""
    entries = [Entry(one, str(one.start.year) if one.start else "") for one in events]
    found = _sections(entries, lambda one: one.name, lambda year: f"{folder}{year}.html", folder)
    dated = [one for one in found if one.label]
    return (*reversed(dated), *(one for one in found if not one.label))


def _sections(
    entries: Iterable[Entry], label: Callable[[Entry], str], page: Callable[[str], str], folder: str
) -> tuple[Section, ...]:
    members: dict[str, list[Entry]] = {}
    for one in entries:
        members.setdefault(label(one), []).append(one)
    labels = sorted(members, key=lambda one: (not one, one))
    return tuple(Section(one, page(one) if one else f"{folder}others.html", tuple(members[one])) for one in labels)


def _initial(name: str) -> str:
    """The first letter as a capital; none in scripts beyond ``_ALPHABETS``, of too many characters for a page each.

    Signs that modify letters are none (Lm: the first of ʿAbd), and Georgian letters stay as they are: their capitals,
    far from them, do not begin names.
    """
    letters = (one for one in sort_name(name) if one.isalpha() and category(one) != "Lm")
    first = next(letters, "")
    return next((one for one in (first.upper()[:1], first) if one < _ALPHABETS), "")
