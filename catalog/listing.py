"""Lists that pages show: events, people, newest recordings."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import islice

from catalog.model import Event, Person, Session
from catalog.published import Catalogue, PublishedRecording

PICTURES = 4
CARDS = 12
"""Events that the home page shows as cards; others follow as a plain list."""


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


def events(catalogue: Catalogue, most: int) -> tuple[EventCard, ...]:
    """The latest events, at most so many."""
    ordered = latest_first(catalogue.events)[:most]
    return tuple(EventCard(event, counts(catalogue, event), _pictures(catalogue, event)) for event in ordered)


def latest_first(found: Iterable[Event]) -> list[Event]:
    """Events by the day they begin; those without a date last, in the order given."""
    return sorted(found, key=lambda event: event.start or date.min, reverse=True)


def _pictures(catalogue: Catalogue, event: Event) -> tuple[str, ...]:
    posters = (one.made.poster for one in catalogue.of_event(event))
    return tuple(islice((poster.thumbnail or poster.url for poster in posters if poster), PICTURES))


def profiles(catalogue: Catalogue) -> tuple[Profile, ...]:
    """Everyone who took part, by name."""
    people: dict[str, Person] = {}
    sessions: dict[str, list[tuple[Event, Session]]] = {}
    recordings: dict[str, list[PublishedRecording]] = {}
    for recording in catalogue.recordings:
        for person in recording.people:
            _merge(people, person)
    for event in catalogue.events:
        for session in event.sessions:
            for person in everyone(session):
                _merge(people, person)
                sessions.setdefault(person.id, []).append((event, session))
    for recording in catalogue.newest:
        for person in recording.people:
            recordings.setdefault(person.id, []).append(recording)
    found = (_profile(one, recordings.get(one.id, []), sessions.get(one.id, [])) for one in people.values())
    return tuple(sorted(found, key=lambda profile: (sort_name(profile.person.name), profile.person.id)))


def everyone(session: Session) -> tuple[Person, ...]:
    """Those named by a session or by one of its recordings; each once, the session's own first."""
    found: dict[str, Person] = {}
    for person in (*session.people, *(one for recording in session.recordings for one in recording.people)):
        found.setdefault(person.id, person)
    return tuple(found.values())


def sort_name(name: str) -> str:
    """A name without accents and case, for sorting."""
    if name.isascii():
        return name.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if not unicodedata.combining(c))


def _merge(people: dict[str, Person], person: Person) -> None:
    """Keep what is known of a person: the latest of everything that is given."""
    known = people.get(person.id)
    if known is None:
        people[person.id] = person
        return
    organisation, url = person.organisation or known.organisation, person.url or known.url
    if (organisation, url) != (known.organisation, known.url):
        people[person.id] = known.model_copy(update={"organisation": organisation, "url": url})


def _profile(person: Person, recordings: list[PublishedRecording], sessions: list[tuple[Event, Session]]) -> Profile:
    shown = {(one.event.id, one.session.id) for one in recordings}
    others = tuple((event, session) for event, session in sessions if (event.id, session.id) not in shown)
    return Profile(person, tuple(recordings), others)
