"""The nouns: what an organiser declares about an event, its sessions, people and recordings.

All models are frozen and forbid unknown fields. What has been *made* from a recording (renditions, captions)
is in ``manifest.py``; the types of fields are in ``fields.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from catalog.edits import Channels, Trim
from catalog.fields import Doi, Duration, Id, Language, Model, ShortForm, Text, TimeZone, Title, Url, slugify
from catalog.releases import APPROVED, HELD, Release, ReleaseState
from catalog.wording import Worded

__all__ = [
    "APPROVED", "HELD", "CaptionSource", "Chapter", "Cue", "Discussion", "Event", "Kind", "Link", "LinkKind", "Model",
    "Person", "Recording", "Release", "ReleaseState", "Session",
]  # fmt: skip

ModelT = TypeVar("ModelT", bound=Model)


class Kind(StrEnum):
    """How a recording came to be."""

    LIVE = "live"
    PRE_RECORDED = "pre-recorded"


class Person(Model):
    """A person and the part they have in a session or recording. In YAML a plain name is enough."""

    name: Title
    id: Id = ""
    """Public id, the same for the same person everywhere; made from the name when not given."""
    role: Text = ""
    """The part they have, e.g. ``speaker``, ``moderator``."""
    organisation: Text = ""
    url: Url | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        data: Any = {"name": value} if isinstance(value, str) else value
        if isinstance(data, dict) and not data.get("id") and isinstance(data.get("name"), str):
            return {**data, "id": slugify(data["name"], fallback="person")}
        return data


class LinkKind(StrEnum):
    """What a link leads to."""

    DISCUSSION = "discussion"
    SLIDES = "slides"
    DOCUMENT = "document"
    VIDEO = "video"
    PAGE = "page"


class Link(ShortForm):
    """An address that belongs to a session or a recording. In YAML a plain address is enough."""

    short_form: ClassVar[str] = "url"
    url: Url
    kind: LinkKind = LinkKind.PAGE
    title: Text = ""


class Discussion(ShortForm):
    """The topic of a forum in which people talk about a session or recording. In YAML a plain address is enough."""

    short_form: ClassVar[str] = "topic"
    topic: Url
    title: Text = ""


class Chapter(Model):
    """A named point of a recording."""

    start_ms: int = Field(ge=0)
    """Milliseconds from the start of the recording."""
    title: Title


class Cue(Model):
    """One caption: text shown from ``start_ms`` (inclusive) to ``end_ms`` (exclusive), integer milliseconds."""

    start_ms: int = Field(ge=0)
    end_ms: int = Field(gt=0)
    text: str
    """Plain text, lines separated by ``\\n``; no markup."""
    speaker: str = ""


class CaptionSource(ShortForm):
    """A caption file named by the organiser. In YAML a plain file name is enough."""

    short_form: ClassVar[str] = "file"
    file: str
    """Path relative to the event's ``recordings/`` folder."""
    language: Language | None = None
    """Language of the text; taken from the file name or found from the text when not given."""
    align: bool = False
    """Move its times to where the speech is, when they are found to be early, late or drifting."""


class Recording(Worded):
    """One recording of a session: a live one, or a presentation recorded beforehand."""

    id: Id
    """Unique within the event."""
    kind: Kind = Kind.LIVE
    source: str | None = None
    """A file relative to ``recordings/``, an http(s) address, or ``s3://bucket/key``; found by id when not given;
    ``none`` when the recording exists elsewhere only."""
    guid: Text = ""
    people: tuple[Person, ...] = ()
    """Who speaks; the session's people when not given."""
    language: Language | None = None
    """The language spoken; the session's, else the event's, when not given."""
    date: datetime | None = None
    """When it was recorded; the session's start when not given."""
    abstract: Text = ""
    """Markdown."""
    duration: Duration | None = None
    """How long it is, where that cannot be measured because it is kept elsewhere only."""
    licence: Text = ""
    """SPDX identifier or text; the catalogue's when not given."""
    doi: Doi | None = None
    """Its digital object identifier, e.g. ``10.5281/zenodo.1234``."""
    discussion: Discussion | None = None
    """The session's when not given."""
    release: Release | None = None
    """The catalogue's default when not given."""
    links: tuple[Link, ...] = ()
    captions: tuple[CaptionSource, ...] = ()
    """Caption files that are not found by their name."""
    chapters: tuple[Chapter, ...] = ()
    poster: str | None = None
    """A picture relative to ``recordings/`` to show before playback."""
    trim: Trim = Trim()
    """The part of the source to publish."""
    audio: Channels | None = None
    """``left``, ``right``, or ``mix`` of both, for speech on one channel; as the source has it when not given."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether the recording has no source here and is only listed with its links."""
        return self.source == "none"


class Session(Worded):
    """A slot of the programme: a live slot, or a page of pre-recorded presentations."""

    id: Id
    """Unique within the event."""
    subtitle: Text = ""
    guid: Text = ""
    kind: Kind = Kind.LIVE
    type: Text = ""
    """The programme's own word, e.g. ``panel``, ``lightning talk``."""
    start: datetime | None = None
    duration: Duration | None = None
    room: Text = ""
    track: Text = ""
    """The theme or track it belongs to."""
    language: Language | None = None
    abstract: Text = ""
    """Markdown."""
    description: Text = ""
    """Longer text after the abstract, Markdown."""
    people: tuple[Person, ...] = ()
    links: tuple[Link, ...] = ()
    discussion: Discussion | None = None
    licence: Text = ""
    do_not_record: bool = False
    """The programme's opt-out: recordings of this session are held whatever the defaults say."""
    recordings: tuple[Recording, ...] = ()

    @property
    def end(self) -> datetime | None:
        """Start plus duration, where both are known."""
        return self.start + self.duration if self.start and self.duration else None


class Event(Worded):
    """A meeting: its sessions in the order of the programme."""

    id: Id
    subtitle: Text = ""
    start: date | None = None
    end: date | None = None
    timezone: TimeZone = "UTC"
    language: Language = "en"
    place: Text = ""
    abstract: Text = ""
    """Markdown."""
    day_change: time = time(4, 0)
    """Sessions before this local time belong to the day before."""
    links: tuple[Link, ...] = ()
    sessions: tuple[Session, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Event:
        if self.start and self.end and self.end < self.start:
            raise ValueError(f"the event ends ({self.end}) before it starts ({self.start})")
        for what, ids in (
            ("session", [session.id for session in self.sessions]),
            ("recording", [recording.id for _, recording in self.recordings()]),
        ):
            for repeated in sorted(one for one, count in Counter(ids).items() if count > 1):
                raise ValueError(f"two {what}s have the id {repeated!r}; give each its own")
        return self

    def recordings(self) -> Iterator[tuple[Session, Recording]]:
        """Every recording with the session it belongs to, in programme order."""
        for session in self.sessions:
            for recording in session.recordings:
                yield session, recording

    def localised(self) -> Event:
        """The same event with every time that had no offset placed in the event's time zone."""
        zone = ZoneInfo(self.timezone)
        sessions = tuple(_localised_session(session, zone) for session in self.sessions)
        return self if sessions == self.sessions else self.model_copy(update={"sessions": sessions})

    def day_of(self, session: Session) -> date | None:
        """The programme day a session belongs to, in the event's time zone, by ``day_change``."""
        if session.start is None:
            return None
        local = session.start.astimezone(ZoneInfo(self.timezone)) if session.start.tzinfo else session.start
        return (local - timedelta(hours=self.day_change.hour, minutes=self.day_change.minute)).date()


def _localised_session(session: Session, zone: ZoneInfo) -> Session:
    recordings = tuple(
        _changed(one, date=_at(one.date, zone), release=_localised_release(one.release, zone))
        for one in session.recordings
    )
    return _changed(session, start=_at(session.start, zone), recordings=recordings)


def _localised_release(release: Release | None, zone: ZoneInfo) -> Release | None:
    return _changed(release, after=_at(release.after, zone)) if release else None


def _at(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.replace(tzinfo=zone) if moment and moment.tzinfo is None else moment


def _changed(model: ModelT, **fields: object) -> ModelT:
    """The model with these fields; itself, where it has them already: nearly all of many do."""
    new = {name: value for name, value in fields.items() if value != getattr(model, name)}
    return model.model_copy(update=new) if new else model
