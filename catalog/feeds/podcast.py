"""Podcasts: RSS 2.0 with the iTunes and Podcasting 2.0 namespaces (podcastindex.org/namespace/1.0)."""

from __future__ import annotations

import uuid
from email.utils import format_datetime
from enum import StrEnum
from xml.etree import ElementTree as ET

from catalog import licences, urls, watch
from catalog.feeds.scope import Scope, dump, guid, summary
from catalog.feeds.syndication import HISTORY
from catalog.feeds.xml import add, document
from catalog.manifest import AudioTrack, Rendition
from catalog.published import PublishedRecording

_NAMESPACES = {
    "xmlns:itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "xmlns:podcast": "https://podcastindex.org/namespace/1.0",
    "xmlns:atom": "http://www.w3.org/2005/Atom",
}
File = Rendition | AudioTrack
_GUID_NAMESPACE = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")
"""Given by the Podcasting 2.0 specification for the guid of a channel."""


class Medium(StrEnum):
    """What the enclosures of a feed are."""

    VIDEO = "video"
    AUDIO = "audio"

    @property
    def file(self) -> str:
        """Name of the feed."""
        return "podcast.xml" if self is Medium.VIDEO else "podcast-audio.xml"


def feed(scope: Scope, medium: Medium) -> bytes:
    """The podcast of ``scope``: recordings that have a file of that medium, newest first."""
    history = {"xmlns:fh": HISTORY} if scope.archive else {}
    root = ET.Element("rss", {"version": "2.0", **_NAMESPACES, **history})
    channel = add(root, "channel")
    if scope.archive:
        add(channel, "fh:archive")
    address = scope.absolute(scope.key(medium.file))
    add(channel, "title", scope.title)
    add(channel, "link", scope.page)
    add(channel, "description", scope.description)
    add(channel, "language", scope.language)
    add(channel, "generator", "Aftertalk")
    for relation, link in scope.links(medium.file).items():
        add(channel, "atom:link", href=link, rel=relation, type="application/rss+xml")
    add(channel, "itunes:author", scope.author)
    add(channel, "itunes:explicit", "false")
    add(channel, "itunes:type", "episodic")
    add(channel, "itunes:category", text_=scope.catalogue.site.podcast.category)
    if (picture := _artwork(scope)) is not None:
        add(channel, "itunes:image", href=scope.absolute(picture))
    add(channel, "podcast:guid", str(uuid.uuid5(_GUID_NAMESPACE, address.partition("://")[2].rstrip("/"))))
    add(channel, "podcast:medium", "video" if medium is Medium.VIDEO else "podcast")
    if scope.catalogue.site.licence:
        _licence(channel, scope.catalogue.site.licence)
    for recording in scope.recordings:
        if (enclosure := _enclosure(recording, medium)) is not None:
            _item(channel, scope, recording, enclosure)
    return document(root)


def chapters(recording: PublishedRecording) -> bytes | None:
    """Chapters as JSON (application/json+chapters, version 1.2.0); ``None`` where there are none."""
    if not recording.made.chapters:
        return None
    marks = [
        {"startTime": one.start_ms / 1000, "endTime": one.end_ms / 1000, "title": one.title}
        for one in recording.made.chapters
    ]
    return dump({"version": "1.2.0", "title": recording.recording.title, "chapters": marks})


def chapters_key(recording: PublishedRecording) -> str:
    """Key of ``chapters``."""
    return f"{recording.page}chapters.json"


def _artwork(scope: Scope) -> str | None:
    """The picture of a channel: the one of the catalogue, else the newest poster."""
    name = scope.catalogue.site.podcast.artwork
    if name in scope.catalogue.files:
        return urls.asset(name, scope.catalogue.files[name])
    return next((one.made.poster.url for one in scope.recordings if one.made.poster), None)


def _enclosure(recording: PublishedRecording, medium: Medium) -> File | None:
    if medium is Medium.VIDEO:
        return recording.plain_file
    return next(iter(recording.made.audio), None)


def _item(channel: ET.Element, scope: Scope, recording: PublishedRecording, file: File) -> None:
    made = recording.made
    item = add(channel, "item")
    add(item, "title", recording.recording.title)
    add(item, "link", scope.absolute(recording.page))
    add(item, "guid", guid(scope.catalogue, recording), isPermaLink="false")
    if recording.date is not None:
        add(item, "pubDate", format_datetime(recording.date))
    if text := summary(recording):
        add(item, "description", text)
    add(item, "enclosure", url=scope.absolute(file.url), length=str(file.bytes), type=_type(file))
    add(item, "itunes:duration", str(round(made.duration_ms / 1000)))
    add(item, "itunes:author", ", ".join(person.name for person in recording.people) or None)
    if made.poster:
        add(item, "itunes:image", href=scope.absolute(made.poster.url))
    for person in recording.people:
        add(item, "podcast:person", person.name, role="guest", href=person.url)
    for track in made.captions:
        address = scope.absolute(track.url)
        add(item, "podcast:transcript", url=address, type="text/vtt", language=track.language, rel="captions")
    if made.chapters:
        address = scope.absolute(chapters_key(recording))
        add(item, "podcast:chapters", url=address, type="application/json+chapters")
    if recording.licence:
        _licence(item, recording.licence)
    _alternates(item, scope, recording, file)


def _alternates(item: ET.Element, scope: Scope, recording: PublishedRecording, file: File) -> None:
    """Every other file of the recording; the enclosure itself is the default one."""
    made = recording.made
    files: tuple[File, ...] = (*made.renditions, *made.av1, *made.audio)
    for one in files:
        rate = str(round(one.bytes * 8000 / max(1, made.duration_ms)))
        height = str(one.height) if isinstance(one, Rendition) else None
        default = "true" if one.url == file.url else None
        alternate = add(
            item,
            "podcast:alternateEnclosure",
            type=_type(one),
            length=str(one.bytes),
            bitrate=rate,
            height=height,
            default=default,
        )
        add(alternate, "podcast:source", uri=scope.absolute(one.url))
    if made.hls:
        alternate = add(item, "podcast:alternateEnclosure", type=watch.HLS_TYPE)
        add(alternate, "podcast:source", uri=scope.absolute(made.hls))


def _licence(parent: ET.Element, licence: str) -> None:
    known = licences.describe(licence)
    add(parent, "podcast:license", licence.lower() if known.url and " " not in licence else licence, url=known.url)


def _type(file: File) -> str:
    return "video/mp4" if isinstance(file, Rendition) else "audio/mp4"
