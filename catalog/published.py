"""What the public site is made from: the facts that may be shown, and what has been made of each recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from catalog import urls
from catalog.manifest import CaptionTrack, Made, Rendition
from catalog.model import Discussion, Event, Link, LinkKind, Person, Recording, Session
from catalog.site import Site

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
        return tuple(sorted(self.recordings, key=newest_first))

    @cached_property
    def _by_event(self) -> Mapping[str, tuple[PublishedRecording, ...]]:
        return {event.id: self._in_order(event) for event in self.events}

    @cached_property
    def _neighbours(self) -> Mapping[str, tuple[PublishedRecording | None, PublishedRecording | None]]:
        found: dict[str, tuple[PublishedRecording | None, PublishedRecording | None]] = {}
        for recordings in self._by_event.values():
            around = (None, *recordings, None)
            for before, one, after in zip(around, recordings, around[2:], strict=False):
                found[one.key] = before, after
        return found

    def of_event(self, event: Event) -> tuple[PublishedRecording, ...]:
        """The published recordings of one event, in programme order."""
        return self._by_event.get(event.id, ())

    def neighbours(self, one: PublishedRecording) -> tuple[PublishedRecording | None, PublishedRecording | None]:
        """The recordings before and after ``one`` in the programme of its event."""
        return self._neighbours.get(one.key, (None, None))

    def _in_order(self, event: Event) -> tuple[PublishedRecording, ...]:
        return tuple(
            self.by_key[key] for _, one in event.recordings() if (key := f"{event.id}/{one.id}") in self.by_key
        )

    def of_session(self, event: Event, session: Session) -> tuple[PublishedRecording, ...]:
        """The published recordings of one session, in the order given."""
        keys = (f"{event.id}/{one.id}" for one in session.recordings)
        return tuple(self.by_key[key] for key in keys if key in self.by_key)


def newest_first(recording: PublishedRecording) -> tuple[float, str]:
    """Sort key: latest date first, those without a date last, then by key."""
    moment = recording.date
    return (-moment.timestamp() if moment and moment.tzinfo else float("inf"), recording.key)


def same_language(one: str, other: str) -> bool:
    """Whether two language tags name the same language, whatever their script or region."""
    return one.lower().partition("-")[0] == other.lower().partition("-")[0]
