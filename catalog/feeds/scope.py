"""What a feed covers: the whole catalogue or one event; and what all feeds say the same way."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from catalog import markdown, urls
from catalog.model import Event
from catalog.published import Catalogue, PublishedRecording, newest_first

SUMMARY = 300
"""Characters of a description in a feed."""
ARCHIVE = 100
"""Recordings in an archived part of the feeds of the whole catalogue; an event's feed has all of them."""
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@dataclass(frozen=True)
class Scope:
    """The whole catalogue, a part of it that is not added to any more (RFC 5005, section 4), or one event."""

    catalogue: Catalogue
    event: Event | None = None
    archive: int = 0
    """Number of the part, from 1 for the oldest; 0 for the feed that readers subscribe to."""

    @property
    def title(self) -> str:
        """Title of the event, or of the catalogue."""
        return self.event.title if self.event else self.catalogue.site.title

    @property
    def description(self) -> str:
        """One paragraph of plain text."""
        if self.event:
            return about(self.event)
        return markdown.to_text(self.catalogue.site.description, SUMMARY) or self.title

    @property
    def language(self) -> str:
        """Of the event, or of the first interface language."""
        return self.event.language if self.event else self.catalogue.site.languages[0]

    @property
    def page(self) -> str:
        """Full address of its page."""
        return self.absolute(urls.event(self.event.id) if self.event else urls.home())

    @cached_property
    def recordings(self) -> tuple[PublishedRecording, ...]:
        """Newest first."""
        if self.event:
            return tuple(sorted(self.catalogue.of_event(self.event), key=newest_first))
        ordered = self.catalogue.newest
        end = len(ordered) - (self.previous or 0) * ARCHIVE
        return ordered[max(0, end - ARCHIVE) if self.archive else 0 : end]

    @property
    def archives(self) -> int:
        """How many archived parts the feeds have; what is in them stays there when recordings are added."""
        return 0 if self.event else max(0, len(self.catalogue.recordings) // ARCHIVE - 1)

    @property
    def previous(self) -> int | None:
        """Number of the part that is next older."""
        number = (self.archive or self.archives + 1) - 1
        return number or None

    @property
    def following(self) -> int | None:
        """Number of the part that is next newer, if that is an archived one."""
        return self.archive + 1 if 0 < self.archive < self.archives else None

    @property
    def author(self) -> str:
        """The organisation, else the catalogue's title."""
        return self.catalogue.site.theme.organisation or self.catalogue.site.title

    def key(self, name: str) -> str:
        """Key of one of its feeds."""
        return (urls.event(self.event.id) if self.event else urls.home()) + name

    def key_of(self, name: str, number: int) -> str:
        """Key of an archived part of a feed; the feed itself is number 0."""
        return f"{urls.FEEDS}{number}/{name}" if number else self.key(name)

    def links(self, name: str) -> dict[str, str]:
        """Relation -> full address: this document of a feed, and how to get to the others (RFC 5005)."""
        found = {"self": self.archive, "prev-archive": self.previous, "next-archive": self.following}
        if self.archive:
            found["current"] = 0
        return {rel: self.absolute(self.key_of(name, at)) for rel, at in found.items() if at is not None}

    def absolute(self, key: str) -> str:
        """Full address of a published object."""
        return self.catalogue.site.absolute(key)


def about(event: Event) -> str:
    """An event in one line of plain text; its title where nothing is said of it."""
    return markdown.to_text(event.abstract or event.subtitle, SUMMARY) or event.title


def summary(recording: PublishedRecording) -> str:
    """A recording in one line of plain text."""
    return markdown.to_text(recording.recording.abstract or recording.session.abstract, SUMMARY)


def guid(catalogue: Catalogue, recording: PublishedRecording) -> str:
    """A UUID that stays: the one given, else one made from the catalogue's address and the recording's id."""
    only_one = len(recording.session.recordings) == 1
    given = recording.recording.guid or (recording.session.guid if only_one else "")
    try:
        return str(uuid.UUID(given))
    except ValueError:
        site = uuid.uuid5(uuid.NAMESPACE_URL, catalogue.site.base_url)
        return str(uuid.uuid5(site, recording.key))


def compact(data: Any) -> bytes:
    """JSON like that of ``dump``, without spaces: for files of which there are many, and for scripts only."""
    return _safe(json.dumps(data, ensure_ascii=False, separators=(",", ":")))


def dump(data: Any) -> bytes:
    """JSON that is safe even where a host or browser takes it for HTML."""
    return _safe(json.dumps(data, ensure_ascii=False, indent=1))


def _safe(text: str) -> bytes:
    """JSON in which nothing can end a script element or a line of one."""
    for character, escaped in _UNSAFE.items():  # many times as fast as ``translate``
        text = text.replace(character, escaped)
    return text.encode() + b"\n"
