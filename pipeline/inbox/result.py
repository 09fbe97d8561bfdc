"""What matching gives: the files of each recording, and what is left on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.model import Event
from pipeline.inbox.files import InboxFile


@dataclass(frozen=True)
class FoundCaption:
    """A caption file of a recording."""

    file: InboxFile
    language: str | None
    """As the organiser or the file's name says; ``None`` when neither does."""
    is_automatic: bool = False
    """Whether its name says that a machine wrote it."""
    align: bool = False
    """Whether the organiser asks for its times to be corrected."""


@dataclass(frozen=True)
class Found:
    """The files of one recording."""

    recording: str
    """Id of the recording."""
    parts: tuple[InboxFile, ...] = ()
    """Its media file; several, in order, when the recorder split it. Empty when the source is an address."""
    reason: str = ""
    """How the media file was found, in words."""
    views: tuple[InboxFile, ...] = ()
    """Other views of the same moment, not taken (see ``views.py``)."""
    captions: tuple[FoundCaption, ...] = ()
    poster: InboxFile | None = None
    slides: tuple[InboxFile, ...] = ()


@dataclass(frozen=True)
class Missing:
    """A recording whose file is not in the inbox (yet)."""

    session: str
    recording: str
    message: str
    """What is missing, in words."""
    nearest: tuple[str, ...] = ()
    """Names of unmatched files that may be meant, best first, as shown to people."""


@dataclass(frozen=True)
class Unmatched:
    """A file that belongs to no recording."""

    file: InboxFile
    message: str
    """Why, in words."""
    nearest: tuple[str, ...] = ()
    """Ids of recordings or sessions that may be meant, best first."""


@dataclass(frozen=True)
class Matches:
    """The outcome of matching one inbox with one event."""

    event: Event
    """The event, with a recording added for each session that declared none and has a file."""
    found: Mapping[str, Found] = field(default_factory=dict)
    """Recording id -> its files, for every recording that has any."""
    missing: tuple[Missing, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
