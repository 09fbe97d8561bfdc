"""``aftertalk captions``: what the captions of a recording are, copies of them, and a corrected file put in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from catalog.manifest import Artifact, Origin, RecordingManifest
from catalog.model import Cue
from pipeline.captions import export, readers, webvtt
from pipeline.captions import language as languages
from pipeline.captions.timed import MAX_BYTES
from pipeline.errors import AftertalkError, CaptionError, ConfigurationError
from pipeline.flow import artifacts_by_stage, manifest_of
from pipeline.inbox import sidecars
from pipeline.stages import Job
from pipeline.stages.captions import Candidate, choose, imported_name
from pipeline.stages.ingest import Item, survey
from pipeline.workshop import Workshop
from pipeline.workspace import write_atomically

STAGES = ("captions", "transcribe")
"""The stages that give captions."""
FORMS: Mapping[str, Callable[[Sequence[Cue], str], bytes]] = {
    "vtt": webvtt.write,
    "srt": lambda cues, _: export.subrip(cues),
    "txt": lambda cues, _: export.transcript(cues),
}
"""What captions are exported as: ending -> writer of cues in a language."""


@dataclass(frozen=True)
class TrackView:
    """The captions of one language."""

    language: str
    origin: str
    report: Mapping[str, Any]
    """See ``captions.report``."""
    artifact: Artifact
    file: str
    """The WebVTT file of the artifact."""


@dataclass(frozen=True)
class CaptionsView:
    """The captions of a recording."""

    recording: str
    tracks: tuple[TrackView, ...]
    findings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        tracks = [{"language": one.language, "origin": one.origin, **one.report} for one in self.tracks]
        return {"recording": self.recording, "tracks": tracks, "findings": list(self.findings)}


@dataclass(frozen=True)
class Imported:
    """A caption file that was put in place."""

    path: Path
    language: str
    cues: int
    replaced: bool
    """Whether there was such a file already."""


def find(shop: Workshop, recording: str, *, now: datetime) -> Item:
    """The recording of the catalogue with that id (``<event>/<recording>``).

    Raises:
        ConfigurationError: there is none.
    """
    items = survey(shop.directory, now=now).items
    for item in items:
        if item.id == recording:
            return item
    known = ", ".join(item.id for item in items[:20]) or "none yet"
    raise ConfigurationError(recording, "there is no such recording", hint=f"one of: {known}")


def view(shop: Workshop, item: Item) -> CaptionsView:
    """The captions as they were made last, else as they are published.

    Raises:
        AftertalkError: nothing was made of the recording yet.
    """
    manifest = _manifest(shop, item)
    if manifest is None:
        raise AftertalkError(item.id, "nothing was made of it yet", hint="run 'aftertalk publish' first")
    found = [one for name, one in artifacts_by_stage(manifest).items() if name in STAGES]
    tracks = tuple(_track(artifact, entry) for artifact in found for entry in artifact.data["tracks"])
    return CaptionsView(item.id, tracks, tuple(one for artifact in found for one in artifact.data["findings"]))


def _track(artifact: Artifact, entry: Mapping[str, Any]) -> TrackView:
    language = entry["language"]
    return TrackView(language, entry["origin"], artifact.data["reports"][language], artifact, entry["file"])


def write_copies(shop: Workshop, item: Item, folder: Path, *, forms: Sequence[str], language: str | None) -> list[Path]:
    """Write the captions into ``folder`` as ``<recording>.<language>.<form>``; only one language when it is given.

    Raises:
        AftertalkError: there are none, or the folder cannot be written.
        StoreError: they are only in the store, and cannot be read there.
    """
    written = []
    for track in view(shop, item).tracks:
        if language in {None, track.language}:
            cues = webvtt.read_published(shop.flow.read(item.id, track.artifact, track.file))
            for form in forms:
                path = folder / f"{item.recording.id}.{track.language}.{form}"
                _write(path, FORMS[form](cues, track.language))
                written.append(path)
    if not written:
        raise AftertalkError(item.id, f"has no captions{f' in {language}' if language else ''}")
    return written


def put(shop: Workshop, item: Item, file: Path, *, language: str | None) -> tuple[list[Imported], list[str]]:
    """Clean a caption file and put it beside the recording, one for each language in it, before all others.

    Args:
        shop: the catalogue.
        item: the recording.
        file: of any known format, timed as the published recording is.
        language: of its text; when not given, as its name or its content says.

    Returns:
        What was put in place, and what was found in the file that a person should know.

    Raises:
        CaptionError: the file cannot be read, or holds nothing for this recording.
        AftertalkError: the inbox cannot be written.
    """
    said = languages.tag(language)
    if language and said is None:
        raise ConfigurationError(f"--language {language}", "is no language", hint="write it as en, fr or pt-BR")
    manifest = _manifest(shop, item)
    data = {name: one.data for name, one in artifacts_by_stage(manifest).items()} if manifest else {}
    duration_ms = data.get("transcode", {}).get("duration_ms")
    trimmed_ms = data.get("probe", {}).get("trimmed_ms", 0)  # files of the inbox are timed as the source is
    findings: list[str] = []
    named = said or _language_of_name(file)
    tracks = readers.read(file.name, _content(file), language=named)
    known = said or (named if len(tracks) == 1 else None)
    candidates = [Candidate(Origin.SIDECAR, file.name, track, known) for track in tracks]
    chosen = choose(candidates, item.language, duration_ms, findings)
    if not chosen:
        raise CaptionError(file.name, "; ".join(findings) or "there are no captions in the file")
    placed = [_placed(shop, item, key, _moved(cues, trimmed_ms)) for key, (_, cues) in chosen.items()]
    return placed, findings


def _placed(shop: Workshop, item: Item, language: str, cues: tuple[Cue, ...]) -> Imported:
    path = shop.directory.inbox(item.event) / imported_name(item.recording.id, language)
    replaced = path.exists()
    _write(path, webvtt.write(cues, language))
    return Imported(path, language, len(cues), replaced)


def _moved(cues: tuple[Cue, ...], by_ms: int) -> tuple[Cue, ...]:
    return tuple(
        one.model_copy(update={"start_ms": one.start_ms + by_ms, "end_ms": one.end_ms + by_ms}) for one in cues
    )


def _manifest(shop: Workshop, item: Item) -> RecordingManifest | None:
    try:
        job = shop.flow.is_made(shop.job(item))
    except AftertalkError:  # its source is gone: what was published counts
        job = ""
    return manifest_of(job) if isinstance(job, Job) else shop.published.manifest(item.id)


def _language_of_name(file: Path) -> str | None:
    words = [word for _, words in sidecars.readings(file.stem) for word in words]
    return next((tag for word in words if (tag := sidecars.language_of(word))), None)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise CaptionError(str(file), f"cannot be read ({error.strerror})") from error


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
        path.chmod(0o644)
    except OSError as error:
        raise AftertalkError(str(path), f"cannot be written ({error.strerror})") from error
