"""What a feed covers: the whole catalogue or one event; and what all feeds say the same way."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from catalog import listing, markdown, urls
from catalog.model import Event
from catalog.published import Catalogue, PublishedRecording

SUMMARY = 300
"""Characters of a description in a feed."""
NEWEST = 300
"""Recordings in a feed of the whole catalogue; an event's feed has all of them."""
_UNSAFE = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@dataclass(frozen=True)
class Scope:
    """The whole catalogue, or one event of it."""

    catalogue: Catalogue
    event: Event | None = None

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
            return tuple(sorted(self.catalogue.of_event(self.event), key=listing.newest_first))
        return tuple(sorted(self.catalogue.recordings, key=listing.newest_first)[:NEWEST])

    @property
    def author(self) -> str:
        """The organisation, else the catalogue's title."""
        return self.catalogue.site.theme.organisation or self.catalogue.site.title

    def key(self, name: str) -> str:
        """Key of one of its feeds."""
        return (urls.event(self.event.id) if self.event else urls.home()) + name

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
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_UNSAFE).encode() + b"\n"


def dump(data: Any) -> bytes:
    """JSON that is safe even where a host or browser takes it for HTML."""
    return json.dumps(data, ensure_ascii=False, indent=1).translate(_UNSAFE).encode() + b"\n"
