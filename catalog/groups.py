"""Recordings that share a theme or a language: short lists name them all, long ones the events that have some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from catalog.facets import Choice, Facet
from catalog.fields import slugify
from catalog.listing import latest_first, sort_name
from catalog.model import Event
from catalog.published import Catalogue, PublishedRecording, newest

MOST = 100
"""Recordings that one page lists. A longer list leads to the programmes of the events, which then show the sessions of
that theme, or with recordings in that language: it stays short, and a new recording hardly ever changes it."""


@dataclass(frozen=True)
class Place:
    """An event in which a group has recordings."""

    event: Event
    choices: tuple[Choice, ...]
    """What leaves the sessions that have some of them, the choice that leaves most recordings first; at least one."""


class Named(NamedTuple):
    """What a list of groups shows of one."""

    id: str
    name: str


@dataclass(frozen=True)
class Group:
    """Recordings that share a theme or a language."""

    id: str
    """Last part of the page's address: a slug, or a language tag in lower case."""
    name: str
    """The theme as the programme writes it; empty for a language."""
    recordings: tuple[PublishedRecording, ...]
    """Newest first."""

    @property
    def about(self) -> Named:
        """The group without its recordings."""
        return Named(self.id, self.name)

    @property
    def is_long(self) -> bool:
        """Whether its page lists events."""
        return len(self.recordings) > MOST

    def places(self) -> tuple[Place, ...]:
        """The events that have some of them, latest first."""
        members: dict[str, list[PublishedRecording]] = {}
        for one in self.recordings:
            members.setdefault(one.event.id, []).append(one)
        events = latest_first(found[0].event for found in members.values())
        return tuple(Place(event, self._choices(members[event.id])) for event in events)

    def _choices(self, recordings: list[PublishedRecording]) -> tuple[Choice, ...]:
        if self.name:
            return (Choice(Facet.THEME, self.id, self.name),)
        spoken = sum(self.id == one.language.lower() for one in recordings)
        captioned = sum(any(self.id == track.language.lower() for track in one.made.captions) for one in recordings)
        found = {Facet.SPOKEN: spoken} if spoken else {}
        if spoken < len(recordings):  # the others have captions in it
            found[Facet.CAPTIONS] = captioned
        return tuple(Choice(facet, self.id, self.id) for facet in sorted(found, key=lambda facet: -found[facet]))


def themes(catalogue: Catalogue) -> tuple[Group, ...]:
    """Recordings by the theme (track) of their session, by name; themes that differ only in spelling are one."""
    names: dict[str, str] = {}
    members: dict[str, list[PublishedRecording]] = {}
    for one in catalogue.recordings:
        if one.session.track:
            key = slugify(one.session.track, fallback="theme")
            names.setdefault(key, one.session.track)
            members.setdefault(key, []).append(one)
    groups = (Group(key, name, newest(members[key])) for key, name in names.items())
    return tuple(sorted(groups, key=lambda group: (sort_name(group.name), group.id)))


def largest(found: tuple[Group, ...], most: int) -> tuple[Group, ...]:
    """At most so many of them, those with most recordings, in the same order."""
    if len(found) <= most:
        return found
    kept = set(sorted(range(len(found)), key=lambda at: -len(found[at].recordings))[:most])
    return tuple(one for at, one in enumerate(found) if at in kept)


def languages(catalogue: Catalogue) -> tuple[Group, ...]:
    """Recordings by language, spoken or in captions; the language with most recordings first."""
    members: dict[str, list[PublishedRecording]] = {}
    for one in catalogue.newest:
        for tag in {one.language.lower(), *(track.language.lower() for track in one.made.captions)}:
            members.setdefault(tag, []).append(one)
    ordered = sorted(members, key=lambda tag: (-len(members[tag]), tag))
    return tuple(Group(tag, "", tuple(members[tag])) for tag in ordered)
