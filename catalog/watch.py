"""What a watch page shows of one recording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Any

from catalog import licences, urls
from catalog.feeds import citation, structured
from catalog.manifest import BY_MACHINE, CaptionTrack, ChapterMark, Slide
from catalog.model import Link
from catalog.published import PLAIN_HEIGHT, Catalogue, PublishedRecording, same_language

HLS_TYPE = "application/vnd.apple.mpegurl"
HLS_LIGHT = "hls.light.min.js"
HLS_FULL = "hls.min.js"
"""The complete build is needed where there is more than one language to hear."""
_SLIDE_LATE_MS = 2000
"""A slide that appears so soon after a chapter begins belongs to it."""


@dataclass(frozen=True)
class Source:
    """One ``<source>`` of the player."""

    url: str
    type: str


class DownloadKind(StrEnum):
    """What a download is."""

    VIDEO = "video"
    AUDIO = "audio"
    CAPTIONS = "captions"
    TRANSCRIPT = "transcript"


_ORDER = tuple(DownloadKind)


@dataclass(frozen=True)
class Download:
    """A file to keep."""

    kind: DownloadKind
    url: str
    file: str
    """The name it is saved under."""
    bytes: int = 0
    """0 where it is not known."""
    height: int = 0
    """Pixels, of a video."""
    language: str = ""
    """Of captions, a transcript, or an interpretation."""
    form: str = ""
    """The name of its format, where there are several."""


def context(
    catalogue: Catalogue, recording: PublishedRecording, related: tuple[PublishedRecording, ...] = ()
) -> Mapping[str, Any]:
    """Everything the template of a watch page needs besides the site's own facts."""
    previous, following = catalogue.neighbours(recording)
    track = recording.transcript
    discussion = recording.discussion
    marks = chapters(recording)
    links = recording.recording.links + _missing(recording.recording.links, recording.session.links)
    return {
        "recording": recording,
        "sources": sources(recording),
        "hls_script": HLS_FULL if sum(1 for one in recording.made.audio if one.playlist) > 1 else HLS_LIGHT,
        "tracks": tracks(recording),
        "transcript": track,
        "other_transcripts": tuple(one for one in tracks(recording) if one.cues and one != track),
        "chapters": marks,
        "slides": recording.made.slides if len(recording.made.slides) > 1 and not marks else (),
        "downloads": tuple((kind, tuple(found)) for kind, found in groupby(downloads(recording), attrgetter("kind"))),
        "data_saver": recording.made.renditions[-1] if len(recording.made.renditions) > 1 else None,
        "links": tuple(one for one in links if not recording.is_elsewhere or one not in recording.watch_links),
        "discussion": discussion,
        "activity": catalogue.activity.get(discussion.topic) if discussion else None,
        "licence": licences.describe(recording.licence) if recording.licence else None,
        "plain_file": recording.plain_file,
        "citation": citation.text(catalogue, recording),
        "related": related,
        "frame": structured.frame(catalogue.site.absolute(recording.page + structured.EMBED)),
        "previous": previous,
        "following": following,
    }


def chapters(recording: PublishedRecording) -> tuple[tuple[ChapterMark, Slide | None], ...]:
    """Each chapter with the slide that is shown when it begins, or first in it; none where one is the whole."""
    if len(recording.made.chapters) < 2:
        return ()
    slides = recording.made.slides
    found = []
    for mark in recording.made.chapters:
        shown = [one for one in slides if one.start_ms <= mark.start_ms + _SLIDE_LATE_MS]
        later = [one for one in slides if mark.start_ms < one.start_ms < mark.end_ms]
        found.append((mark, shown[-1] if shown else next(iter(later), None)))
    return tuple(found)


def sources(recording: PublishedRecording) -> tuple[Source, ...]:
    """HLS first, then plain files, the one for an ordinary line first."""
    made = recording.made
    found = [Source(made.hls, HLS_TYPE)] if made.hls else []
    if recording.is_audio:
        return tuple(found + [Source(one.url, _type("audio", one.codecs)) for one in made.audio])
    ordered = sorted(made.renditions, key=lambda one: (one.height > PLAIN_HEIGHT, -one.height))
    return tuple(found + [Source(one.url, _type("video", one.codecs)) for one in ordered])


def tracks(recording: PublishedRecording) -> tuple[CaptionTrack, ...]:
    """Caption tracks, the language spoken first, then by language."""
    return tuple(
        sorted(
            recording.made.captions,
            key=lambda one: (not same_language(one.language, recording.language), one.language, one.url),
        )
    )


def is_automatic(track: CaptionTrack) -> bool:
    """Whether a machine found the words of the captions, by listening or by reading pictures."""
    return track.origin in BY_MACHINE


def track_kind(track: CaptionTrack, recording: PublishedRecording) -> str:
    """``captions`` in the language spoken, ``subtitles`` in others."""
    return "captions" if same_language(track.language, recording.language) else "subtitles"


def downloads(recording: PublishedRecording) -> tuple[Download, ...]:
    """Everything to keep, in the order of its kinds: videos best first, sound, captions, transcripts."""
    name = f"{recording.event.id}-{recording.recording.id}"
    made = recording.made
    found = [
        Download(DownloadKind.VIDEO, one.url, f"{name}-{one.height}p.mp4", one.bytes, height=one.height)
        for one in made.renditions
    ]
    found += [
        Download(DownloadKind.VIDEO, one.url, f"{name}-{one.height}p-av1.mp4", one.bytes, height=one.height, form="AV1")
        for one in made.av1
    ]
    found += [
        Download(
            DownloadKind.AUDIO,
            one.url,
            f"{name}{'-' + one.language if one.language and len(made.audio) > 1 else ''}.m4a",
            one.bytes,
            language=one.language or "",
        )
        for one in made.audio
    ]
    for one in tracks(recording):
        found += _texts(one, recording.page, f"{name}.{one.language}")
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.kind)))


def _texts(track: CaptionTrack, page: str, name: str) -> Iterator[Download]:
    """The captions of one language and their transcript, in every form."""
    captions, transcript, language = DownloadKind.CAPTIONS, DownloadKind.TRANSCRIPT, track.language
    yield Download(captions, track.url, f"{name}.vtt", track.bytes, language=language, form="WebVTT")
    if track.subrip:
        yield Download(captions, track.subrip, f"{name}.srt", language=language, form="SubRip")
    yield Download(transcript, track.transcript, f"{name}.txt", language=language, form="TXT")
    yield Download(transcript, urls.transcript(page, language), f"{name}.html", language=language, form="HTML")


def _type(kind: str, codecs: str) -> str:
    return f'{kind}/mp4; codecs="{codecs}"' if codecs else f"{kind}/mp4"


def _missing(known: tuple[Link, ...], others: tuple[Link, ...]) -> tuple[Link, ...]:
    return tuple(one for one in others if all(one.url != other.url for other in known))
