"""A JSON API in the shape of media.ccc.de's, so that its clients need only another host name.

As static files: ``public/conferences`` (its object is ``public/conferences/index.html``, because a folder of that name
must exist too), ``public/conferences/<event>``, ``public/events/<guid>`` (and the same by number, which the page
``v/<slug>/`` names, as yt-dlp asks for it) and ``public/events/recent``.
"""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import Any

from babel.core import get_global

from catalog import urls
from catalog.feeds import programme
from catalog.feeds.scope import Scope, about, dump, guid, summary
from catalog.manifest import AudioTrack, CaptionTrack, Rendition
from catalog.model import Event
from catalog.programme.export import has_schedule
from catalog.published import Catalogue, PublishedRecording

API = urls.API
File = Rendition | AudioTrack | CaptionTrack
RECENT = 100
_BIBLIOGRAPHIC = frozenset(
    {"alb", "arm", "baq", "bur", "chi", "cze", "dut", "fre", "geo", "ger"}
    | {"gre", "ice", "mac", "mao", "may", "per", "rum", "slo", "tib", "wel"}
)
"""Older codes of the same languages (ISO 639-2/B)."""
_PARTS_OF_MACROLANGUAGES = frozenset({"arb", "cmn", "pes"})


def files(catalogue: Catalogue) -> dict[str, bytes]:
    """The lists of all events, and of the newest recordings: key -> JSON."""
    api = _Api(catalogue)
    recent = [api.talk(one) for one in Scope(catalogue).recordings if not one.is_elsewhere][:RECENT]
    return {
        f"{API}conferences/index.html": dump({"conferences": [api.conference(one) for one in catalogue.events]}),
        f"{API}events/recent": dump({"events": recent}),
    }


def event_files(catalogue: Catalogue, event: Event) -> dict[str, bytes]:
    """An event with its recordings: key -> JSON."""
    api = _Api(catalogue)
    talks = [api.talk(one) for one in catalogue.of_event(event) if not one.is_elsewhere]
    return {f"{API}conferences/{event.id}": dump({**api.conference(event), "events": talks})}


def recording_files(catalogue: Catalogue, one: PublishedRecording) -> dict[str, bytes]:
    """A recording with its files: key -> JSON."""
    api = _Api(catalogue)
    answer = dump({**api.talk(one), "recordings": api.recordings(one)})
    return {f"{API}events/{name}": answer for name in (guid(catalogue, one), number(catalogue, one))}


def number(catalogue: Catalogue, one: PublishedRecording) -> int:
    """A number that stays, for clients that know talks by number; exact in JavaScript."""
    return uuid.UUID(guid(catalogue, one)).int >> 76


@lru_cache(maxsize=128)
def three_letters(tag: str) -> str:
    """The ISO 639-2/T code of a language tag, e.g. ``deu``; the tag's first part where none is known."""
    short = tag.lower().partition("-")[0]
    aliases = get_global("language_aliases")
    unwanted = _BIBLIOGRAPHIC | _PARTS_OF_MACROLANGUAGES
    codes = sorted(long for long, alias in aliases.items() if alias == short and len(long) == 3)
    return next((code for code in codes if code not in unwanted), short)


class _Api:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._base = catalogue.site.base_url
        self._full = catalogue.site.absolute

    def conference(self, event: Event) -> dict[str, Any]:
        url = f"{self._base}{API}conferences/{event.id}"
        newest = max((one.date for one in self._catalogue.of_event(event) if one.date), default=None)
        return {
            "acronym": event.id,
            "title": event.title,
            "slug": event.id,
            "description": about(event),
            "aspect_ratio": "16:9",
            "schedule_url": self._base + urls.event(event.id) + programme.XML if has_schedule(event) else None,
            "event_last_released_at": newest.date().isoformat() if newest else None,
            "updated_at": newest.isoformat() if newest else None,
            "link": self._full(urls.event(event.id)),
            "webgen_location": event.id,
            "logo_url": None,
            "images_url": (self._catalogue.site.media_url or self._base) + urls.MEDIA + event.id,
            "recordings_url": (self._catalogue.site.media_url or self._base) + urls.MEDIA + event.id,
            "url": url,
        }

    def talk(self, one: PublishedRecording) -> dict[str, Any]:
        poster = one.made.poster
        length = round(one.made.duration_ms / 1000)
        date = one.date.isoformat() if one.date else None
        return {
            "guid": guid(self._catalogue, one),
            "title": one.recording.title,
            "subtitle": one.session.title if one.session.title != one.recording.title else None,
            "slug": f"{one.event.id}-{one.recording.id}",
            "link": self._full(one.page),
            "description": summary(one),
            "original_language": three_letters(one.language),
            "persons": [person.name for person in one.people],
            "tags": [tag for tag in (one.event.id, one.session.track) if tag],
            "view_count": 0,
            "promoted": False,
            "date": date,
            "release_date": date,
            "updated_at": date,
            "length": length,
            "duration": length,
            "thumb_url": self._full(poster.thumbnail or poster.url) if poster else None,
            "poster_url": self._full(poster.url) if poster else None,
            "timeline_url": None,
            "thumbnails_url": self._full(one.made.storyboard) if one.made.storyboard else None,
            "frontend_link": self._full(one.page),
            "url": f"{self._base}{API}events/{guid(self._catalogue, one)}",
            "conference_title": one.event.title,
            "conference_url": f"{self._base}{API}conferences/{one.event.id}",
            "related": [],
        }

    def recordings(self, one: PublishedRecording) -> list[dict[str, Any]]:
        """Every file: pictures best first, sound, captions."""
        files: tuple[File, ...] = (*one.made.renditions, *one.made.av1, *one.made.audio, *one.made.captions)
        return [self._file(one, file) for file in files]

    def _file(self, one: PublishedRecording, file: File) -> dict[str, Any]:
        video = file if isinstance(file, Rendition) else None
        best = bool(video) and video == one.made.renditions[0]
        if video:
            codec = "av1" if video.codecs.startswith("av01") else "h264"
            mime, folder = "video/mp4", f"{codec}-{'hd' if video.height >= 720 else 'sd'}"
        else:
            mime, folder = ("audio/mp4", "aac") if isinstance(file, AudioTrack) else ("text/vtt", "subtitles")
        language = one.language if isinstance(file, Rendition) else file.language or one.language
        return {
            "size": max(1, round(file.bytes / 1_000_000)),
            "length": round(one.made.duration_ms / 1000),
            "mime_type": mime,
            "language": three_letters(language),
            "filename": file.url.rpartition("/")[2],
            "state": "new",
            "folder": folder,
            "high_quality": best,
            "width": video.width if video else None,
            "height": video.height if video else None,
            "updated_at": one.date.isoformat() if one.date else None,
            "recording_url": self._full(file.url),
            "url": self._full(file.url),
            "event_url": f"{self._base}{API}events/{guid(self._catalogue, one)}",
            "conference_url": f"{self._base}{API}conferences/{one.event.id}",
        }
