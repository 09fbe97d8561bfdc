"""What pages say of themselves to machines: schema.org as JSON-LD, and oEmbed."""

from __future__ import annotations

from typing import Any

from catalog import licences, locales, markdown, transcript, urls
from catalog.feeds.scope import dump, summary
from catalog.model import Event, Person
from catalog.published import Catalogue, PublishedRecording

OEMBED = "oembed.json"
EMBED = "embed/"
TRANSCRIPT = 5000
"""Characters of a transcript that a page gives to search engines a second time."""
_WIDTH, _HEIGHT = 640, 360


def recording(catalogue: Catalogue, one: PublishedRecording) -> dict[str, Any]:
    """A recording as schema.org VideoObject, or AudioObject where there is no picture."""
    full, made = catalogue.site.absolute, one.made
    file = one.plain_file
    content = file.url if file else next((track.url for track in made.audio), None)
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "AudioObject" if one.is_audio else "VideoObject",
        "name": one.recording.title,
        "description": summary(one) or one.recording.title,
        "url": full(one.page),
        "sameAs": [link.url for link in one.watch_links] if one.is_elsewhere else None,
        "identifier": f"https://doi.org/{one.recording.doi}" if one.recording.doi else None,
        "contentUrl": full(content) if content else None,
        "embedUrl": None if one.is_elsewhere else full(one.page + EMBED),
        "thumbnailUrl": full(made.poster.url) if made.poster else None,
        "uploadDate": one.date.isoformat() if one.date else None,
        "duration": locales.iso_duration(made.duration_ms) if made.duration_ms else None,
        "inLanguage": one.language,
        "license": licences.describe(one.licence).url,
        "isAccessibleForFree": True,
        "actor": [_person(full(urls.person(person.id)), person) for person in one.people],
        "isPartOf": {"@type": "Event", "name": one.event.title, "url": full(urls.event(one.event.id))},
        "transcript": transcript.text(one.transcript.cues, TRANSCRIPT) if one.transcript else None,
        "caption": [
            {"@type": "MediaObject", "contentUrl": full(track.url), "inLanguage": track.language}
            for track in made.captions
        ],
        "hasPart": [
            {
                "@type": "Clip",
                "name": chapter.title,
                "startOffset": chapter.start_ms // 1000,
                "endOffset": chapter.end_ms // 1000,
                "url": f"{full(one.page)}?t={chapter.start_ms // 1000}",
            }
            for chapter in made.chapters
        ],
        "potentialAction": None
        if one.is_elsewhere
        else {
            "@type": "SeekToAction",
            "target": f"{full(one.page)}?t={{seek_to_second_number}}",
            "startOffset-input": "required name=seek_to_second_number",
        },
    }
    return {key: value for key, value in data.items() if value not in (None, [])}


def event(catalogue: Catalogue, one: Event) -> dict[str, Any]:
    """An event as schema.org Event."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": one.title,
        "description": markdown.to_text(one.abstract or one.subtitle, 300),
        "url": catalogue.site.absolute(urls.event(one.id)),
        "startDate": one.start.isoformat() if one.start else None,
        "endDate": one.end.isoformat() if one.end else None,
        "inLanguage": one.language,
        "location": {"@type": "Place", "name": one.place} if one.place else None,
        "organizer": {"@type": "Organization", "name": catalogue.site.theme.organisation}
        if catalogue.site.theme.organisation
        else None,
    }
    return {key: value for key, value in data.items() if value}


def oembed(catalogue: Catalogue, one: PublishedRecording) -> bytes:
    """The answer to an oEmbed request for the watch page (oembed.com, version 1.0)."""
    full, poster = catalogue.site.absolute, one.made.poster
    data: dict[str, Any] = {
        "version": "1.0",
        "type": "video",
        "title": one.recording.title,
        "author_name": ", ".join(person.name for person in one.people),
        "provider_name": catalogue.site.title,
        "provider_url": full(urls.home()),
        "width": _WIDTH,
        "height": _HEIGHT,
        "html": frame(full(one.page + EMBED)),
    }
    if poster:
        data |= {"thumbnail_url": full(poster.url), "thumbnail_width": poster.width, "thumbnail_height": poster.height}
    return dump(data)


def frame(address: str) -> str:
    """HTML that shows the player of an embed page; ``address`` is made of ids and safe as it is."""
    return f'<iframe src="{address}" width="{_WIDTH}" height="{_HEIGHT}" allow="fullscreen" loading="lazy"></iframe>'


def _person(url: str, person: Person) -> dict[str, Any]:
    data: dict[str, Any] = {"@type": "Person", "name": person.name, "url": url}
    if person.organisation:
        data["affiliation"] = {"@type": "Organization", "name": person.organisation}
    return data
