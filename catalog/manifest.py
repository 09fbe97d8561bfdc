"""What has been made: artifacts, the manifest of a recording, and ``catalog.json``.

An **artifact** is the immutable output of one stage: a few files and a JSON value. It has two names. Its *key*
(``freshness.py``) says what it was made from, and answers "need this be made again?". Its *digest* says what it
contains, and is part of the public address of its files.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any

from pydantic import Field, SkipValidation

from catalog import urls
from catalog.fields import Language, Model
from catalog.model import Cue

SCHEMA = 1


class ArtifactFile(Model):
    """One file of an artifact."""

    name: str
    """Path relative to the artifact's folder, ``/`` as separator."""
    bytes: int = Field(ge=0)
    sha256: str
    """Hexadecimal."""
    public: bool = True
    """Whether it is published; working files (PCM, chunks) are not."""


class Artifact(Model):
    """The immutable output of one stage for one recording."""

    key: str
    """What it was made from: SHA-256 of stage, versions, settings and inputs, hexadecimal."""
    stage: str
    files: tuple[ArtifactFile, ...] = ()
    data: dict[str, Any] = Field(default_factory=dict)
    """The stage's own facts, plain JSON."""

    @cached_property
    def digest(self) -> str:
        """What its public files contain: 16 hexadecimal digits of a SHA-256 over names and digests."""
        public = sorted((one.name, one.sha256) for one in self.files if one.public)
        # JSON, put together by hand: a large archive has tens of thousands, and every publish asks for all of them.
        listing = ", ".join(f"[{_quoted(name)}, {_quoted(digest)}]" for name, digest in public)
        return sha256(f"[{listing}]".encode()).hexdigest()[:16]

    def file(self, name: str) -> ArtifactFile:
        """The file of that name.

        Raises:
            KeyError: there is none.
        """
        for one in self.files:
            if one.name == name:
                return one
        raise KeyError(name)


class RecordingManifest(Model):
    """Everything made from one recording, kept in the store beside it.

    It lets another machine, or one whose workspace is gone, know what need not be made again.
    """

    schema_version: int = Field(default=SCHEMA, alias="schema")
    recording: str
    """``<event>/<recording>``."""
    source_sha256: str
    artifacts: tuple[Artifact, ...] = ()


class Rendition(Model):
    """One MP4 file: an ordinary faststart MP4 that is also the media of its HLS playlist."""

    url: str
    """Key below the published root."""
    playlist: str
    """Key of its HLS media playlist."""
    width: int
    """Pixels, as displayed (square pixels, rotation applied)."""
    height: int
    codecs: str
    """By RFC 6381, e.g. ``avc1.64001f,mp4a.40.2``."""
    bandwidth: int
    """Peak bit rate over one segment, bit/s (RFC 8216, BANDWIDTH)."""
    average_bandwidth: int
    """bit/s."""
    frame_rate: float = 0.0
    """Frames per second; 0 when it has no picture or is not known."""
    bytes: int
    sha256: str
    copied: bool = False
    """Whether the picture is the source's own, copied and not encoded again."""


class AudioTrack(Model):
    """An audio-only file."""

    url: str
    playlist: str | None = None
    """Key of its HLS media playlist, where it is part of the HLS presentation."""
    language: Language | None = None
    codecs: str
    bytes: int
    sha256: str
    bandwidth: int
    """Peak bit/s."""
    lufs: float | None = None
    """Integrated loudness by EBU R128."""


class Origin(StrEnum):
    """Where captions came from."""

    SIDECAR = "sidecar"
    EMBEDDED = "embedded"
    CEA608 = "cea608"
    CEA708 = "cea708"
    DOWNLOADED = "downloaded"
    OCR = "ocr"
    """Read by a machine from subtitles that are pictures."""
    ASR = "asr"
    """Written by a machine that listened."""


BY_MACHINE = frozenset({Origin.OCR, Origin.ASR})
"""Origins of captions whose words a machine found, so that some may be wrong."""


class CaptionTrack(Model):
    """Captions of one language."""

    url: str
    """Key of the WebVTT file."""
    transcript: str
    """Key of the plain-text transcript."""
    subrip: str | None = None
    """Key of the same captions as SubRip."""
    playlist: str | None = None
    """Key of its HLS playlist."""
    language: Language
    origin: Origin
    bytes: int
    sha256: str
    cues: SkipValidation[Sequence[Cue]] = ()
    """For the transcript on the page; may be read only when they are asked for."""


class Poster(Model):
    """A still picture."""

    url: str
    width: int
    height: int
    thumbnail: str = ""
    """Key of a small version for lists, 320 px wide; empty where there is none."""


class ChapterMark(Model):
    """A chapter as published."""

    start_ms: int
    end_ms: int
    title: str


class Slide(Model):
    """A slide as it appears in the recording."""

    start_ms: int
    """When it is shown first."""
    url: str
    """Key of its picture."""
    text: str = ""
    """What stands on it."""


class Made(Model):
    """What can be watched, heard and read of one recording."""

    duration_ms: int
    source_sha256: str
    hls: str | None = None
    """Key of the HLS master playlist."""
    hls_av1: str | None = None
    """Key of one that names the renditions in AV1 too, for players that keep to one coding."""
    poster: Poster | None = None
    storyboard: str | None = None
    renditions: tuple[Rendition, ...] = ()
    """Best first; empty for an audio-only recording. In H.264, which every player has."""
    av1: tuple[Rendition, ...] = ()
    """The largest ones again in AV1, where the organiser wants that."""
    audio: tuple[AudioTrack, ...] = ()
    captions: tuple[CaptionTrack, ...] = ()
    chapters: tuple[ChapterMark, ...] = ()
    chapters_url: str | None = None
    slides: tuple[Slide, ...] = ()
    """In order of time."""


class CatalogEvent(Model):
    """An event in ``catalog.json``."""

    id: str
    title: str
    start: date | None
    end: date | None
    page: str


class CatalogEntry(Model):
    """What ``catalog.json`` says of a recording wherever it is kept."""

    id: str
    event: str
    session: str
    kind: str
    title: str
    people: tuple[str, ...]
    language: str
    date: datetime | None
    duration_ms: int
    page: str
    licence: str


class CatalogRecording(CatalogEntry):
    """A recording in ``catalog.json``; see ``catalog.schema.json`` for the contract."""

    hls: str | None
    poster: str | None
    storyboard: str | None
    renditions: tuple[dict[str, Any], ...]
    audio: tuple[dict[str, Any], ...]
    captions: tuple[dict[str, Any], ...]
    chapters: str | None
    transcript: str | None
    source_sha256: str
    doi: str | None


class CatalogElsewhere(CatalogEntry):
    """A recording that others keep, in ``catalog.json``; an addition to the contract."""

    doi: str | None
    links: tuple[str, ...]
    """Where it can be watched, the best first."""


class CatalogDocument(Model):
    """``catalog.json``: the machine-readable catalogue, written last; its generation is the commit of a publish."""

    schema_version: int = Field(default=SCHEMA, alias="schema")
    generation: int = Field(ge=1)
    title: str
    base_url: str
    manifest: str = ""
    """Key of the list of every published object (``state/…``); an addition to the contract."""
    events: tuple[CatalogEvent, ...] = ()
    recordings: tuple[CatalogRecording, ...] = ()
    elsewhere: tuple[CatalogElsewhere, ...] = ()


def _pick(model: Model, *names: str) -> dict[str, Any]:
    return {
        name: value for name, value in model.model_dump(mode="json", include=set(names)).items() if value is not None
    }


def rendition_entry(one: Rendition) -> dict[str, Any]:
    """A rendition as ``catalog.json`` shows it."""
    return _pick(one, "url", "width", "height", "codecs", "bytes", "sha256", "copied")


def audio_entry(one: AudioTrack) -> dict[str, Any]:
    """An audio file as ``catalog.json`` shows it."""
    return _pick(one, "url", "language", "codecs", "bytes", "lufs")


def caption_entry(one: CaptionTrack) -> dict[str, Any]:
    """A caption track as ``catalog.json`` shows it."""
    return _pick(one, "url", "language", "origin", "bytes")


def public_url(event_id: str, recording_id: str, artifact: Artifact, name: str) -> str:
    """The key of one file of an artifact; the file must exist.

    Raises:
        KeyError: the artifact has no such file.
    """
    return urls.artifact(event_id, recording_id, artifact.digest, artifact.file(name).name)
