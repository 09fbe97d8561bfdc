"""Lists that pages show: events, people, newest recordings."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from itertools import islice

from catalog.fields import slugify
from catalog.model import Event, Person, Session
from catalog.published import Catalogue, PublishedRecording, newest_first

PICTURES = 4
SHEET = 60
"""Recordings on one page of a list; up to twice as many on the page of the newest."""
PEOPLE = 600
"""People on one page; more have a page for each initial."""
_ALPHABETS = "\u1100"
"""The scripts before it are alphabets, or like them; after it come syllables and ideograms."""
CARDS = 12
"""Events that the home page shows as cards; the others follow as a plain list."""


@dataclass(frozen=True)
class Counts:
    """What an event holds."""

    sessions: int
    recordings: int
    playable: int
    """Those of the recordings that are kept here."""
    duration_ms: int
    languages: tuple[str, ...]
    """Spoken in its recordings, most frequent first."""


@dataclass(frozen=True)
class EventCard:
    """An event in a list."""

    event: Event
    counts: Counts
    pictures: tuple[str, ...]
    """Keys of up to ``PICTURES`` small pictures of its recordings."""


@dataclass(frozen=True)
class Profile:
    """A person and where they took part."""

    person: Person
    recordings: tuple[PublishedRecording, ...]
    sessions: tuple[tuple[Event, Session], ...]
    """Sessions in which they took part, other than those of their recordings."""


@dataclass(frozen=True)
class Initial:
    """Everyone whose name begins with the same letter."""

    letter: str
    """A capital; empty for names that begin with none of an alphabet, as Chinese ones."""
    profiles: tuple[Profile, ...]

    @property
    def page(self) -> str:
        """Address of their page: the letter by its number, so that it is never that of a person."""
        return f"people/{ord(self.letter):04x}.html" if self.letter else "people/others.html"


@dataclass(frozen=True)
class Group:
    """Recordings that share a theme or a language."""

    id: str
    """Last part of the page's address: a slug, or a language tag in lower case."""
    name: str
    """The theme as the programme writes it; empty for a language."""
    recordings: tuple[PublishedRecording, ...]
    """Newest first."""


@dataclass(frozen=True)
class Sheet:
    """One page of a long list of recordings."""

    number: int
    """From 1 for the oldest; 0 for the page of the newest, which has the address of the list."""
    recordings: tuple[PublishedRecording, ...]
    """Newest first."""
    sheets: int
    """How many older pages there are."""

    @property
    def older(self) -> int:
        """Number of the page with the next older recordings; 0 where there are none."""
        return (self.number or self.sheets + 1) - 1

    @property
    def newer(self) -> int | None:
        """Number of the page with the next newer recordings; ``None`` on the newest."""
        return (self.number + 1 if self.number < self.sheets else 0) if self.number else None


def sheets(recordings: tuple[PublishedRecording, ...]) -> tuple[Sheet, ...]:
    """A list, newest first, in pages of ``SHEET``; a new recording changes the first page only, until that is full."""
    older = max(0, len(recordings) // SHEET - 1)
    ends = [len(recordings) - number * SHEET for number in range(older + 1)]
    newest = Sheet(0, recordings[: ends[older]], older)
    others = (Sheet(number, recordings[ends[number] : ends[number - 1]], older) for number in range(older, 0, -1))
    return newest, *others


def counts(catalogue: Catalogue, event: Event) -> Counts:
    """How much there is of an event."""
    recordings = catalogue.of_event(event)
    spoken = [one.language for one in recordings]
    languages = sorted(set(spoken), key=lambda tag: (-spoken.count(tag), tag))
    return Counts(
        sessions=len(event.sessions),
        recordings=len(recordings),
        playable=sum(not one.is_elsewhere for one in recordings),
        duration_ms=sum(one.made.duration_ms for one in recordings),
        languages=tuple(languages),
    )


def events(catalogue: Catalogue) -> tuple[EventCard, ...]:
    """All events, latest first; those without a date last, in the order given."""
    ordered = sorted(catalogue.events, key=lambda event: event.start or date.min, reverse=True)
    return tuple(EventCard(event, counts(catalogue, event), _pictures(catalogue, event)) for event in ordered)


def _pictures(catalogue: Catalogue, event: Event) -> tuple[str, ...]:
    posters = (one.made.poster for one in catalogue.of_event(event))
    return tuple(islice((poster.thumbnail or poster.url for poster in posters if poster), PICTURES))


def themes(catalogue: Catalogue) -> tuple[Group, ...]:
    """Recordings by the theme (track) of their session, by name; themes that differ only in spelling are one."""
    names: dict[str, str] = {}
    members: dict[str, list[PublishedRecording]] = {}
    for one in catalogue.recordings:
        if one.session.track:
            key = slugify(one.session.track, fallback="theme")
            names.setdefault(key, one.session.track)
            members.setdefault(key, []).append(one)
    groups = (Group(key, name, _newest(members[key])) for key, name in names.items())
    return tuple(sorted(groups, key=lambda group: (sort_name(group.name), group.id)))


def languages(catalogue: Catalogue) -> tuple[Group, ...]:
    """Recordings by language, spoken or in captions; the language with most recordings first."""
    members: dict[str, list[PublishedRecording]] = {}
    for one in catalogue.recordings:
        for tag in sorted({one.language.lower(), *(track.language.lower() for track in one.made.captions)}):
            members.setdefault(tag, []).append(one)
    ordered = sorted(members, key=lambda tag: (-len(members[tag]), tag))
    return tuple(Group(tag, "", _newest(members[tag])) for tag in ordered)


def _newest(recordings: list[PublishedRecording]) -> tuple[PublishedRecording, ...]:
    return tuple(sorted(recordings, key=newest_first))


def profiles(catalogue: Catalogue) -> tuple[Profile, ...]:
    """Everyone who took part, by name."""
    people: dict[str, Person] = {}
    recordings: dict[str, list[PublishedRecording]] = {}
    sessions: dict[str, list[tuple[Event, Session]]] = {}
    for recording in catalogue.recordings:
        for person in recording.people:
            _merge(people, person)
            recordings.setdefault(person.id, []).append(recording)
    for event in catalogue.events:
        for session in event.sessions:
            for person in everyone(session):
                _merge(people, person)
                sessions.setdefault(person.id, []).append((event, session))
    found = (_profile(one, recordings.get(one.id, []), sessions.get(one.id, [])) for one in people.values())
    return tuple(sorted(found, key=lambda profile: (sort_name(profile.person.name), profile.person.id)))


def initials(found: tuple[Profile, ...]) -> tuple[Initial, ...]:
    """People by the first letter of their names, in order; those without one last."""
    members: dict[str, list[Profile]] = {}
    for profile in found:
        members.setdefault(_initial(profile.person.name), []).append(profile)
    return tuple(Initial(letter, tuple(members[letter])) for letter in sorted(members, key=lambda one: (not one, one)))


def _initial(name: str) -> str:
    """Scripts beyond those of ``_ALPHABETS`` have too many characters for a page each."""
    first = next((c for c in sort_name(name) if c.isalpha()), "").upper()[:1]
    return first if first < _ALPHABETS else ""


def everyone(session: Session) -> tuple[Person, ...]:
    """Those named by a session or by one of its recordings; each once, the session's own first."""
    found: dict[str, Person] = {}
    for person in (*session.people, *(one for recording in session.recordings for one in recording.people)):
        found.setdefault(person.id, person)
    return tuple(found.values())


def sort_name(name: str) -> str:
    """A name without accents and case, for sorting."""
    return "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if not unicodedata.combining(c))


def _merge(people: dict[str, Person], person: Person) -> None:
    """Keep what is known of a person: the latest of everything that is given."""
    known = people.get(person.id)
    if known is None:
        people[person.id] = person
        return
    changes = {"organisation": person.organisation or known.organisation, "url": person.url or known.url}
    people[person.id] = known.model_copy(update=changes)


def _profile(person: Person, recordings: list[PublishedRecording], sessions: list[tuple[Event, Session]]) -> Profile:
    shown = {(one.event.id, one.session.id) for one in recordings}
    others = tuple((event, session) for event, session in sessions if (event.id, session.id) not in shown)
    return Profile(person, _newest(recordings), others)
