"""From artifacts to what the pages show: the facts of every stage with their public addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from catalog import urls
from catalog.manifest import Artifact, AudioTrack, CaptionTrack, ChapterMark, Made, Poster, Rendition, Slide


def made(recording: str, source_sha256: str, artifacts: Mapping[str, Artifact], *, host: str = "") -> Made:
    """Describe what was made of ``recording`` (``<event>/<recording>``) from its artifacts by stage name.

    The cues of its captions are left out. ``host`` is where media are found, ending in a slash, when that is not where
    the pages are.

    Raises:
        KeyError: an artifact, or a file that one names, is missing.
    """
    media, extra = artifacts["transcode"], artifacts["enrich"]
    public = _Addresses(recording, host)
    return Made(
        duration_ms=media.data["duration_ms"],
        source_sha256=source_sha256,
        hls=public(extra, extra.data["master"]),
        hls_av1=public(extra, extra.data.get("master_av1")),
        poster=_poster(public, extra) or _poster(public, media),
        storyboard=public(media, media.data.get("storyboard")),
        renditions=tuple(
            Rendition(**_with_addresses(public, media, entry), **_size(media, entry["file"]))
            for entry in media.data["renditions"]
        ),
        av1=tuple(
            Rendition(**_with_addresses(public, media, entry), **_size(media, entry["file"]))
            for entry in media.data.get("av1", ())
        ),
        audio=tuple(
            AudioTrack(**_with_addresses(public, media, entry), **_size(media, entry["file"]))
            for entry in media.data["audio"]
        ),
        captions=tuple(
            CaptionTrack(**_with_addresses(public, captions, entry), **_size(captions, entry["file"]))
            for captions, entry in caption_entries(artifacts)
        ),
        chapters=tuple(ChapterMark(**entry) for entry in extra.data["chapters"]),
        chapters_url=public(extra, extra.data.get("chapters_file")),
        slides=tuple(
            Slide(start_ms=entry["start_ms"], url=public(media, entry["file"]) or "", text=entry.get("text", ""))
            for entry in extra.data.get("slides", ())
        ),
    )


def caption_entries(artifacts: Mapping[str, Artifact]) -> Iterator[tuple[Artifact, Mapping[str, Any]]]:
    """The caption tracks in the order of ``Made.captions``: the artifact that has the files, and its stage's entry."""
    for captions in (artifacts["captions"], artifacts["transcribe"]):
        for entry in captions.data["tracks"]:
            yield captions, entry


class _Addresses:
    """Public keys of the files of one recording's artifacts."""

    def __init__(self, recording: str, host: str) -> None:
        self._host = host
        self._event, _, self._recording = recording.partition("/")

    def __call__(self, artifact: Artifact, name: str | None) -> str | None:
        if name is None:
            return None
        return self._host + urls.artifact(self._event, self._recording, artifact.digest, artifact.file(name).name)


def _with_addresses(public: _Addresses, artifact: Artifact, entry: Mapping[str, Any]) -> dict[str, Any]:
    """A stage's entry with file names turned into public keys."""
    addresses = {"url": public(artifact, entry["file"])}
    addresses |= {name: public(artifact, entry[name]) for name in ("playlist", "transcript", "subrip") if name in entry}
    return {**{name: value for name, value in entry.items() if name != "file"}, **addresses}


def _size(artifact: Artifact, name: str) -> dict[str, Any]:
    file = artifact.file(name)
    return {"bytes": file.bytes, "sha256": file.sha256}


def _poster(public: _Addresses, media: Artifact) -> Poster | None:
    """The poster that a stage made."""
    entry = media.data.get("poster")
    if not entry:
        return None
    return Poster(
        url=public(media, entry["file"]) or "",
        width=entry["width"],
        height=entry["height"],
        thumbnail=public(media, entry.get("thumbnail")) or "",
    )
