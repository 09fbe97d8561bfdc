"""What the public site is made from: the facts that may be shown, and what has been made of each recording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from catalog import urls
from catalog.manifest import CaptionTrack, Made, Rendition
from catalog.model import Discussion, Event, Link, LinkKind, Person, Recording, Session
from catalog.site import Site
from catalog.wording import Worded

PLAIN_HEIGHT = 720
"""The rung for players without HLS: they take what they are given first, whatever their line."""


@dataclass(frozen=True)
class PublishedRecording:
    """A recording that the public can watch, here or elsewhere."""

    event: Event
    session: Session
    recording: Recording
    made: Made
    people: tuple[Person, ...]
    """Who speaks: the recording's own people, else the session's."""
    language: str
    """The language spoken, a tag by BCP 47."""
    licence: str
    """SPDX identifier or text; may be empty."""
    date: datetime | None
    digest: bytes | None = field(default=None, compare=False, repr=False)
    """Of all that is said above, from ``Fingerprints.digest``, where somebody remembers it; no fact of its own."""

    @property
    def key(self) -> str:
        """``<event>/<recording>``, unique in the catalogue."""
        return f"{self.event.id}/{self.recording.id}"

    @property
    def page(self) -> str:
        """Address of the watch page."""
        return urls.recording(self.event.id, self.session.id, self.recording.id)

    @property
    def is_audio(self) -> bool:
        """Whether there is sound only."""
        return not self.made.renditions and not self.is_elsewhere

    @property
    def is_elsewhere(self) -> bool:
        """Whether others keep it: it has a page with links, and nothing to play here."""
        return self.recording.is_elsewhere

    @property
    def watch_links(self) -> tuple[Link, ...]:
        """Where a recording kept elsewhere can be watched, the best first."""
        videos = tuple(one for one in self.recording.links if one.kind is LinkKind.VIDEO)
        return videos or self.recording.links[:1]

    @property
    def year(self) -> int | None:
        """Of its date, in UTC: by which a search narrows."""
        return self.date.astimezone(UTC).year if self.date else None

    @property
    def discussion(self) -> Discussion | None:
        """The topic about the recording, else about its session."""
        return self.recording.discussion or self.session.discussion

    @property
    def plain_file(self) -> Rendition | None:
        """The video file to name where only one may be: the best one for an ordinary line."""
        fitting = [one for one in self.made.renditions if one.height <= PLAIN_HEIGHT]
        return next(iter(fitting or self.made.renditions[-1:]), None)

    @property
    def transcript(self) -> CaptionTrack | None:
        """The captions shown as text: in the language spoken where there are any, else the first that have text."""
        tracks = [track for track in self.made.captions if track.cues]
        spoken = [track for track in tracks if same_language(track.language, self.language)]
        return next(iter(spoken or tracks), None)


class Neighbour(Worded):
    """A session of the programme, as the pages of those before and after it name it."""

    language: str
    page: str


class Activity(NamedTuple):
    """What goes on in a discussion."""

    replies: int
    last: datetime | None
    """When something was written last, with an offset."""


class Withdrawn(NamedTuple):
    """A recording that was public and is not any more; its former address says so."""

    event: Event
    session: Session
    recording_id: str
    reason: str


@dataclass(frozen=True)
class Catalogue:
    """Everything the public site shows, and nothing else."""

    site: Site
    events: tuple[Event, ...]
    """Public facts only: recordings that may not be public are already gone from the sessions."""
    recordings: tuple[PublishedRecording, ...] = ()
    """In programme order."""
    expected: frozenset[str] = frozenset()
    """``<event>/<recording>`` of those approved and not available yet."""
    withdrawn: tuple[Withdrawn, ...] = ()
    activity: Mapping[str, Activity] = field(default_factory=dict)
    """Topic of a discussion -> what is known of it."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Pictures of the catalogue directory that the theme names (its logo), by the name used there."""

    @cached_property
    def by_key(self) -> Mapping[str, PublishedRecording]:
        """Published recordings by ``<event>/<recording>``."""
        return {one.key: one for one in self.recordings}

    @cached_property
    def newest(self) -> tuple[PublishedRecording, ...]:
        """The recordings, latest first."""
        return newest(self.recordings)

    @cached_property
    def _by_event(self) -> Mapping[str, tuple[PublishedRecording, ...]]:
        return {event.id: self._in_order(event) for event in self.events}

    @cached_property
    def _neighbours(self) -> Mapping[tuple[str, str], tuple[Neighbour | None, Neighbour | None]]:
        found: dict[tuple[str, str], tuple[Neighbour | None, Neighbour | None]] = {}
        for event in self.events:
            sessions = [one for one in by_time(event) if _is_talk(one)]
            around = (None, *(_neighbour(event, one) for one in sessions), None)
            for before, one, after in zip(around, sessions, around[2:], strict=False):
                found[event.id, one.id] = before, after
        return found

    def of_event(self, event: Event) -> tuple[PublishedRecording, ...]:
        """The published recordings of one event, in programme order."""
        return self._by_event.get(event.id, ())

    def neighbours(self, one: PublishedRecording) -> tuple[Neighbour | None, Neighbour | None]:
        """The sessions before and after that of ``one``, as the page of the event has them.

        Not the recordings: a page that named the next one would change whenever that becomes public. As it is, the
        pages beside a session that names nobody change once, when the first of its recordings is released.
        """
        return self._neighbours.get((one.event.id, one.session.id), (None, None))

    def _in_order(self, event: Event) -> tuple[PublishedRecording, ...]:
        return tuple(
            self.by_key[key] for _, one in event.recordings() if (key := f"{event.id}/{one.id}") in self.by_key
        )

    def of_session(self, event: Event, session: Session) -> tuple[PublishedRecording, ...]:
        """The published recordings of one session, in the order given."""
        keys = (f"{event.id}/{one.id}" for one in session.recordings)
        return tuple(self.by_key[key] for key in keys if key in self.by_key)


def _is_talk(session: Session) -> bool:
    """Whether there is somebody to listen to: neither a break, nor what may not be recorded.

    Recordings that are not released are gone from the sessions: where nobody is named, such a one looks like a break.
    """
    return bool(session.people or session.recordings) and not session.do_not_record


def _neighbour(event: Event, session: Session) -> Neighbour:
    return Neighbour(
        title=session.title,
        translations=session.translations,
        language=session.language or event.language,
        page=urls.session(event.id, session.id),
    )


def by_time(event: Event) -> list[Session]:
    """The sessions in order of time, those without one last; those at the same time in the order given."""
    zone = ZoneInfo(event.timezone)

    def moment(session: Session) -> float:
        start = session.start
        return (start if start.tzinfo else start.replace(tzinfo=zone)).timestamp() if start else float("inf")

    return sorted(event.sessions, key=moment)


def newest(recordings: Iterable[PublishedRecording]) -> tuple[PublishedRecording, ...]:
    """Recordings, latest first."""
    return tuple(sorted(recordings, key=newest_first))


def newest_first(recording: PublishedRecording) -> tuple[float, str]:
    """Sort key: latest date first, those without a date last, then by key."""
    moment = recording.date
    return (-moment.timestamp() if moment and moment.tzinfo else float("inf"), recording.key)


def oldest_first(recordings: Iterable[PublishedRecording]) -> list[PublishedRecording]:
    """By date, those without one first; those of the same moment stay in order.

    In programme order, as a catalogue has them, a talk added at the end of a session therefore comes after
    the others.
    """
    return sorted(recordings, key=lambda one: -newest_first(one)[0])


def same_language(one: str, other: str) -> bool:
    """Whether two language tags name the same language, whatever their script or region."""
    return one.lower().partition("-")[0] == other.lower().partition("-")[0]
