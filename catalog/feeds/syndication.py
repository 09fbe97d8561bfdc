"""News of recordings: Atom (RFC 4287) and JSON Feed 1.1."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from catalog import markdown
from catalog.feeds.scope import Scope, dump, guid, summary
from catalog.feeds.xml import add, document
from catalog.published import PublishedRecording

ATOM = "atom.xml"
JSON_FEED = "feed.json"
HISTORY = "http://purl.org/syndication/history/1.0"
"""The namespace of archived feeds (RFC 5005)."""
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
"""Atom asks for a date; nothing here depends on the clock."""


def atom(scope: Scope) -> bytes:
    """The Atom feed of ``scope``."""
    spaces = {"xmlns": "http://www.w3.org/2005/Atom"} | ({"xmlns:fh": HISTORY} if scope.archive else {})
    root = ET.Element("feed", {**spaces, "xml:lang": scope.language})
    if scope.archive:
        add(root, "fh:archive")
    add(root, "title", scope.title)
    add(root, "subtitle", scope.description)
    add(root, "id", scope.page)
    for relation, address in scope.links(ATOM).items():
        add(root, "link", href=address, rel=relation, type="application/atom+xml")
    add(root, "link", href=scope.page, rel="alternate", type="text/html")
    newest = max((one.date for one in scope.recordings if one.date), default=_UNKNOWN)
    add(root, "updated", newest.isoformat())
    add(add(root, "author"), "name", scope.author)
    add(root, "generator", "Aftertalk")
    for recording in scope.recordings:
        _entry(root, scope, recording)
    return document(root)


def _entry(root: ET.Element, scope: Scope, recording: PublishedRecording) -> None:
    entry = add(root, "entry")
    add(entry, "title", recording.recording.title)
    add(entry, "id", f"urn:uuid:{guid(scope.catalogue, recording)}")
    add(entry, "link", href=scope.absolute(recording.page), rel="alternate", type="text/html")
    date = (recording.date or _UNKNOWN).isoformat()
    add(entry, "updated", date)
    add(entry, "published", date)
    for person in recording.people:
        add(add(entry, "author"), "name", person.name)
    if text := summary(recording):
        add(entry, "summary", text)
    if (file := recording.plain_file) is not None:
        address = scope.absolute(file.url)
        add(entry, "link", href=address, rel="enclosure", type="video/mp4", length=str(file.bytes))
    for track in recording.made.audio[:1]:
        add(entry, "link", href=scope.absolute(track.url), rel="enclosure", type="audio/mp4", length=str(track.bytes))


def json_feed(scope: Scope) -> bytes:
    """The JSON Feed of ``scope``."""
    links = scope.links(JSON_FEED)
    older = {"next_url": links["prev-archive"]} if "prev-archive" in links else {}
    return dump(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": scope.title,
            "home_page_url": scope.page,
            "feed_url": links["self"],
            **older,
            "description": scope.description,
            "language": scope.language,
            "authors": [{"name": scope.author}],
            "items": [_item(scope, one) for one in scope.recordings],
        }
    )


def _content(recording: PublishedRecording) -> dict[str, str]:
    """Every item must say something; where nobody described the recording, its title."""
    text = recording.recording.abstract or recording.session.abstract
    return {"content_html": str(markdown.to_html(text))} if text else {"content_text": recording.recording.title}


def _item(scope: Scope, recording: PublishedRecording) -> dict[str, Any]:
    made = recording.made
    file = recording.plain_file
    files = [(file.url, "video/mp4", file.bytes)] if file else []
    files += [(one.url, "audio/mp4", one.bytes) for one in made.audio[:1]]
    item: dict[str, Any] = {
        "id": guid(scope.catalogue, recording),
        "url": scope.absolute(recording.page),
        "title": recording.recording.title,
        **_content(recording),
        "summary": summary(recording),
        "language": recording.language,
        "authors": [{"name": person.name} for person in recording.people],
        "attachments": [
            {
                "url": scope.absolute(url),
                "mime_type": kind,
                "size_in_bytes": count,
                "duration_in_seconds": made.duration_ms / 1000,
            }
            for url, kind, count in files
        ],
    }
    if recording.date:
        item["date_published"] = recording.date.isoformat()
    if made.poster:
        item["image"] = scope.absolute(made.poster.url)
    return item
