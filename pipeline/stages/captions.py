"""Captions: caption files, embedded tracks and closed captions to clean WebVTT and transcripts, per language.

In order of trust: files beside the recording, embedded text tracks, CEA-608 or CEA-708 inside the picture, downloaded
files, embedded pictures of text that a machine read, files that a machine wrote. One that cannot be used is a finding,
never a failed recording.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from catalog.manifest import Origin
from catalog.model import Cue
from pipeline.captions import closed, language, readers, sync
from pipeline.captions.clean import clean
from pipeline.captions.files import write_track
from pipeline.captions.report import report
from pipeline.captions.timed import MAX_BYTES, TimedText, Track, bounded
from pipeline.errors import AftertalkError, ToolError
from pipeline.freshness import Task
from pipeline.media import ocr, subtitles
from pipeline.media.probe import Probe, TextTrack
from pipeline.stages import sound
from pipeline.stages.base import Bench, CaptionFile, Job, Output

TRUST = (
    *(Origin.SIDECAR, Origin.EMBEDDED, Origin.CEA608, Origin.CEA708, Origin.DOWNLOADED),
    *(Origin.OCR, Origin.ASR),
)
"""Of two captions in one language the one whose origin comes first is published."""

_FILM_BYTES_PER_S = 20_000
"""A picture of a caption takes more bytes than this, and less than a second to read."""
_AFTER_ZERO = re.compile(rb"\0[^\n]*")


@dataclass(frozen=True)
class Candidate:
    """Captions that may be published."""

    origin: Origin
    name: str
    """How messages name where they are from."""
    track: Track
    language: str | None
    """As the organiser, the file name, the container or the file itself says."""
    shift_ms: int = 0
    """Added to every time."""
    align: bool = False
    """Whether its times are to be corrected by the sound."""


class CaptionsStage:
    """Files: ``captions/<language>.vtt``, ``.srt`` and ``.m3u8``, and ``transcript.<language>.txt``."""

    name = "captions"
    version = 7

    def plan(self, job: Job) -> Task:
        """Depends on the caption files, on the source where it holds captions, and on the recording's length."""
        probe = Probe.model_validate(job.artifacts["probe"].data)
        inputs = {f"caption file {number}": one.sha256 for number, one in enumerate(job.source.captions, 1)}
        if job.source.captions or _may_hold_captions(probe):
            inputs |= sound.inputs(job)
        tools = {}
        if _may_hold_captions(probe):
            inputs["source"] = job.source.sha256
            tools["ffmpeg"] = job.tools.ffmpeg_version
        if any(one.codec in subtitles.BITMAP_CODECS for one in probe.texts):
            tools["ocr"] = ocr.engine_version()
        return Task(
            stage=self.name,
            version=self.version,
            recording=job.id,
            tools=tools,
            inputs=inputs,
            settings={
                "duration_ms": probe.duration_ms,
                "origin_us": probe.origin_us,
                "trimmed_ms": probe.trimmed_ms,
                "language": job.language,
                # Names decide about languages and stand in the findings.
                "files": [[_name(one), one.language, _origin(one).value, one.align] for one in job.source.captions],
            },
        )

    def run(self, job: Job, task: Task, bench: Bench) -> Output:
        """Read whatever there is, clean it, and write the best of each language."""
        probe = Probe.model_validate(job.artifacts["probe"].data)
        findings: list[str] = []
        speech = sound.speech(job, bench) if job.source.captions else None
        candidates = [_compared(one, speech, findings) for one in _of_files(job, probe, findings)]
        candidates += _embedded(job, probe, bench, findings)
        if not any(one.origin in {Origin.SIDECAR, Origin.EMBEDDED} for one in candidates):
            candidates += _closed_captions(job, probe, bench, findings)
        candidates.sort(key=lambda one: TRUST.index(one.origin))
        duration_ms = task.settings["duration_ms"]
        chosen = choose(candidates, task.settings["language"], duration_ms, findings)
        tracks = [write_track(bench.out, key, origin, cues, duration_ms) for key, (origin, cues) in chosen.items()]
        if chosen and speech is None:
            speech = sound.speech(job, bench)
        reports = {key: report(cues, duration_ms, speech) for key, (_, cues) in chosen.items()}
        return Output(data={"tracks": tracks, "findings": findings, "reports": reports})


def choose(
    candidates: Iterable[Candidate], spoken: str, duration_ms: int | None, findings: list[str]
) -> dict[str, tuple[Origin, tuple[Cue, ...]]]:
    """The first candidate of each language that has cues, cleaned; adds to ``findings`` what is worth knowing.

    Args:
        candidates: the most trusted first.
        spoken: the language of the recording, taken for texts whose language nothing tells.
        duration_ms: length of the recording; ``None`` when not known.
        findings: extended.
    """
    chosen: dict[str, tuple[Origin, tuple[Cue, ...]]] = {}
    for one in candidates:
        key = _language(one, spoken, findings)
        if key in chosen:
            findings.append(f"{one.name}: left out, there are better captions in {key} already")
            continue
        cleaned = clean(one.track, duration_ms, shift_ms=one.shift_ms)
        findings += [f"{one.name}: {finding}" for finding in cleaned.findings]
        if cleaned.cues:
            chosen[key] = (one.origin, cleaned.cues)
        else:
            findings.append(f"{one.name}: left out, nothing of it lies within the recording")
    return chosen


def _language(one: Candidate, spoken: str, findings: list[str]) -> str:
    said = language.tag(one.language) or language.tag(one.track.language)
    read = language.of_text(timed.text for timed in one.track.texts)
    if said is None:
        return read if read and language.base(read) != language.base(spoken) else spoken
    if read and not language.are_close(read, said):
        findings.append(f"{one.name}: is said to be in {said}, but reads like {read}")
    return said


def _of_files(job: Job, probe: Probe, findings: list[str]) -> Iterator[Candidate]:
    rate = probe.video.frame_rate if probe.video else None
    for file in sorted(job.source.captions, key=lambda one: not _is_imported(job, one)):
        try:
            tracks = readers.read(_name(file), _content(file), frame_rate=rate, language=file.language)
        except (AftertalkError, OSError) as error:
            findings.append(f"left out: {error}")
            continue
        for track in tracks:
            # A file with several languages names each itself; the file's name can only mean one.
            said = file.language if len(tracks) == 1 else None
            yield Candidate(_origin(file), _name(file), track, said, shift_ms=-probe.trimmed_ms, align=file.align)


def _compared(one: Candidate, speech: sync.Signal | None, findings: list[str]) -> Candidate:
    """The candidate with its times compared with the sound, and corrected where that is asked for."""
    if speech is None:
        return one
    track, notes = sync.compared(one.name, sync.moved(one.track, one.shift_ms), speech, align=one.align)
    findings += notes
    return replace(one, track=track, shift_ms=0)


def imported_name(recording: str, tag: str) -> str:
    """The name in the inbox of captions that count before all others of their language."""
    return f"{recording}.{tag}.vtt"


def _is_imported(job: Job, file: CaptionFile) -> bool:
    return file.language is not None and _name(file) == imported_name(job.recording.id, file.language)


def _origin(file: CaptionFile) -> Origin:
    if file.automatic:
        return Origin.ASR
    return Origin.DOWNLOADED if file.downloaded else Origin.SIDECAR


def _name(file: CaptionFile) -> str:
    return file.name or file.path.name


def _content(file: CaptionFile) -> bytes:
    """The bytes of a caption file, not more than readers take."""
    with file.path.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)


def _may_hold_captions(probe: Probe) -> bool:
    return bool(probe.texts) or (probe.video is not None and subtitles.may_hold_closed_captions(probe.video.codec))


def _embedded(job: Job, probe: Probe, bench: Bench, findings: list[str]) -> list[Candidate]:
    """The subtitle tracks of the source; those that are pictures of text come last."""
    pictures = [track for track in probe.texts if track.codec in subtitles.BITMAP_CODECS]
    texts = [track for track in probe.texts if track not in pictures]
    return [*_of_text(job, texts, probe, bench, findings), *_of_pictures(job, pictures, probe, bench, findings)]


def _of_text(job: Job, texts: list[TextTrack], probe: Probe, bench: Bench, findings: list[str]) -> list[Candidate]:
    if not texts:
        return []
    with TemporaryDirectory() as folder:
        for group in [texts] if len(texts) == 1 else [texts, *([one] for one in texts)]:
            try:
                bench.run(subtitles.extract(job.source.path, job.source.bytes, group, Path(folder)))
            except ToolError as error:
                if len(group) == 1:  # together they fail together; one by one only those that are broken
                    findings.append(f"{_track_name(group[0])}: could not be read ({error.message})")
            else:
                if len(group) > 1:
                    break
        return [one for track in texts for one in _extracted(Path(folder), track, probe, findings)]


def _of_pictures(
    job: Job, tracks: list[TextTrack], probe: Probe, bench: Bench, findings: list[str]
) -> Iterator[Candidate]:
    """Tracks of pictures, their text read by machine where that is installed; else they are named."""
    for track in tracks:
        name = f"{_track_name(track)}: "
        if not ocr.is_installed():
            findings.append(f"{name}left out, it holds pictures of text ({track.codec}); to have them read, {ocr.HINT}")
        elif not ocr.can_read(language.tag(track.language) or job.language):
            findings.append(f"{name}left out, its pictures of text are in letters that cannot be read by machine")
        else:
            try:
                texts = _read_pictures(job, track, bench)
            except AftertalkError as error:
                findings.append(f"{name}its pictures of text could not be read ({error.message})")
                continue
            if texts:
                findings.append(f"{name}its pictures of text ({track.codec}) were read by machine; look for mistakes")
                shift_ms = -round(probe.origin_us / 1000)
                yield Candidate(Origin.OCR, _track_name(track), Track(texts), track.language, shift_ms)
            else:
                findings.append(f"{name}left out, no text was found in its pictures ({track.codec})")


def _read_pictures(job: Job, track: TextTrack, bench: Bench) -> tuple[TimedText, ...]:
    with TemporaryDirectory() as folder:
        bench.run(subtitles.render(job.source.path, job.source.bytes, track, Path(folder)))
        film = Path(folder) / subtitles.RENDERED
        if not film.is_file():  # nothing was drawn
            return ()
        seconds = 120 + film.stat().st_size // _FILM_BYTES_PER_S
        return bounded(_track_name(track), ocr.read_track(bench.run(ocr.track_reader(film, seconds)).stdout))


def _extracted(folder: Path, track: TextTrack, probe: Probe, findings: list[str]) -> list[Candidate]:
    file = folder / subtitles.output_name(track)
    # Matroska's strings may end with a zero, and anything may follow it (RFC 9559, section 4.1).
    content = _AFTER_ZERO.sub(b"", file.read_bytes()) if file.is_file() else b""
    if not content.strip():
        return []
    try:
        tracks = readers.read(_track_name(track), content)
    except AftertalkError as error:
        findings.append(f"left out: {error}")
        return []
    shift_ms = -round(probe.origin_us / 1000)
    return [Candidate(Origin.EMBEDDED, _track_name(track), one, track.language, shift_ms) for one in tracks]


def _track_name(track: TextTrack) -> str:
    title = f" {track.title!r}" if track.title else ""
    return f"embedded track {track.index}{title}"


def _closed_captions(job: Job, probe: Probe, bench: Bench, findings: list[str]) -> list[Candidate]:
    """CEA-608 and CEA-708 captions inside the picture's packets."""
    if probe.video is None or not subtitles.may_hold_closed_captions(probe.video.codec):
        return []
    name = "closed captions in the picture"
    try:
        done = bench.run(subtitles.read_closed_captions(job.source.path, job.source.bytes, probe.video.index))
        found = closed.read(name, done.stdout, findings)
    except (AftertalkError, ValueError) as error:
        findings.append(f"{name}: could not be read ({error})")
        return []
    shift_ms = -round(probe.origin_us / 1000)
    return [Candidate(one.origin, one.name, Track(one.texts), None, shift_ms) for one in found]
