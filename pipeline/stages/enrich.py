"""enrich: what ties the other artifacts together.

Reads the facts of the stages before; writes the HLS master playlist, which names files of the other artifacts by their
digests, the chapters as a WebVTT track, and the poster where the organiser chose one. Rule: cheap enough to be made
again whenever anything it names changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from catalog.locales import own_name
from catalog.manifest import BY_MACHINE, Artifact, ChapterMark
from catalog.model import Chapter, Cue
from pipeline.captions import webvtt
from pipeline.errors import ToolError
from pipeline.freshness import Task
from pipeline.media import encode, hls, stills
from pipeline.media.probe import Probe
from pipeline.stages.base import Bench, Job, Output

MASTER = "master.m3u8"
MASTER_AV1 = "master-av1.m3u8"
CHAPTERS = "chapters.vtt"
SHORTEST_CHAPTER_MS = 20_000
"""Slides that are only leafed through are no chapters."""
MAX_TITLE = 80
UPPER_LINES = 3
"""Of a slide's text, among which its title is looked for."""
OFTEN, FEWEST_REPEATS = 0.3, 3
"""A line on this share of the slides, and on this many at least, belongs to the template."""


class EnrichStage:
    """Files: master playlists; ``chapters.vtt`` where there are chapters; the poster that the organiser chose."""

    name = "enrich"
    version = 5

    def plan(self, job: Job) -> Task:
        """Depends on what the files it names contain, and on the chapters and the picture the organiser gave."""
        inputs = {
            "media": job.artifacts["transcode"].digest,
            "captions": job.artifacts["captions"].digest,
            "transcript": job.artifacts["transcribe"].digest,
            "probe": job.artifacts["probe"].key,
            "text on slides": job.artifacts["slides"].key,
        }
        picture = {"poster": job.source.poster.sha256} if job.source.poster else {}
        return Task(
            stage=self.name,
            version=self.version,
            recording=job.id,
            tools={"ffmpeg": job.tools.ffmpeg_version} if picture else {},
            inputs=inputs | picture,
            settings={
                "chapters": [[one.start_ms, one.title] for one in given_chapters(job)],
                "language": job.language,
            },
        )

    def run(self, job: Job, task: Task, bench: Bench) -> Output:
        """Write the playlist, the chapters and the poster."""
        texts = (job.artifacts["captions"], job.artifacts["transcribe"])
        (bench.out / MASTER).write_text(master(job.artifacts["transcode"], texts), "utf-8")
        with_av1 = bool(job.artifacts["transcode"].data["av1"])
        if with_av1:
            (bench.out / MASTER_AV1).write_text(master(job.artifacts["transcode"], texts, av1=True), "utf-8")
        read = job.artifacts["slides"].data["texts"]
        slides = [{**one, "text": read.get(one["file"], "")} for one in job.artifacts["transcode"].data["slides"]]
        marks = chapters(job) or slide_chapters(slides, job.artifacts["transcode"].data["duration_ms"])
        if marks:
            cues = [Cue(start_ms=one.start_ms, end_ms=one.end_ms, text=one.title) for one in marks]
            (bench.out / CHAPTERS).write_bytes(webvtt.write(cues, job.language))
        findings: list[str] = []
        return Output(
            data={
                "master": MASTER,
                "master_av1": MASTER_AV1 if with_av1 else None,
                "chapters": [one.model_dump() for one in marks],
                "chapters_file": CHAPTERS if marks else None,
                "slides": slides,
                "poster": _poster(job, bench, findings),
                "findings": findings,
            }
        )


def _poster(job: Job, bench: Bench, findings: list[str]) -> dict[str, Any] | None:
    """The organiser's picture, decoded in a confined process; one that cannot be used is a finding."""
    if job.source.poster is None:
        return None
    with TemporaryDirectory() as folder:
        try:
            bench.run(replace(encode.picture(job.source.poster.path, stills.POSTER_SIDE), output=Path(folder)))
        except ToolError:
            findings.append("the picture given as poster cannot be read; save it as JPEG or PNG")
            return None
        return stills.write_poster(Path(folder) / "still.png", bench.out)


def master(media: Artifact, texts: Sequence[Artifact], *, av1: bool = False) -> str:
    """The master playlist; it lies beside the folders of the artifacts whose files it names.

    Args:
        media: of the ``transcode`` stage.
        texts: of the stages that give caption tracks.
        av1: whether to name the renditions in AV1 too. Not for every player: Chromium's own HLS changes from one
            coding to the other in the middle, and fails; hls.js keeps to one.
    """
    entries: list[dict[str, Any]] = [*media.data["renditions"], *(media.data["av1"] if av1 else ())]
    main, *others = media.data["audio"] or [None]
    if not entries and main is not None:  # sound only
        variants = [hls.Variant(_uri(media, main["playlist"]), main["codecs"], main["bandwidth"], main["bandwidth"])]
    else:
        variants = [_variant(media, one) for one in entries]
    return hls.master_playlist(
        variants,
        [_audio(media, one) for one in others if one["playlist"]],
        [_subtitles(captions, one) for captions in texts for one in captions.data["tracks"]],
    )


def _uri(artifact: Artifact, name: str) -> str:
    return f"../{artifact.digest}/{artifact.file(name).name}"


def _variant(media: Artifact, entry: dict[str, Any]) -> hls.Variant:
    return hls.Variant(
        uri=_uri(media, entry["playlist"]),
        codecs=entry["codecs"],
        bandwidth=entry["bandwidth"],
        average_bandwidth=entry["average_bandwidth"],
        width=entry["width"],
        height=entry["height"],
        frame_rate=entry["frame_rate"],
    )


def _audio(media: Artifact, entry: dict[str, Any]) -> hls.AudioRendition:
    language = entry["language"] or "und"
    return hls.AudioRendition(
        _uri(media, entry["playlist"]), language, own_name(language), entry["codecs"], entry["bandwidth"]
    )


def _subtitles(captions: Artifact, entry: dict[str, Any]) -> hls.Subtitles:
    language = entry["language"]
    automatic = entry["origin"] in BY_MACHINE
    return hls.Subtitles(_uri(captions, entry["playlist"]), language, own_name(language), automatic)


def given_chapters(job: Job) -> tuple[Chapter, ...]:
    """The organiser's chapters, else those that came with a fetched source."""
    return job.recording.chapters or job.source.chapters


def chapters(job: Job) -> tuple[ChapterMark, ...]:
    """The chapters given, else those embedded in the source, inside the recording and in order."""
    probe = Probe.model_validate(job.artifacts["probe"].data)
    duration_ms = job.artifacts["transcode"].data["duration_ms"]
    marks: Iterable[tuple[int, str]] = [(one.start_ms - probe.trimmed_ms, one.title) for one in given_chapters(job)]
    return spans(marks or [(one.start_ms, one.title) for one in probe.chapters if one.title.strip()], duration_ms)


def slide_chapters(slides: Sequence[dict[str, Any]], duration_ms: int) -> tuple[ChapterMark, ...]:
    """A chapter for each slide, named by the title on it where that was read.

    Slides that come one upon another belong to one chapter, which has the number of the first.
    """
    titles = slide_titles([one["text"] for one in slides])
    marks: list[tuple[int, str]] = []
    for number, (one, title) in enumerate(zip(slides, titles, strict=True), 1):
        if not marks or one["start_ms"] - marks[-1][0] >= SHORTEST_CHAPTER_MS:
            marks.append((one["start_ms"], title or f"Slide {number}"))
    return spans(marks, duration_ms)


def slide_titles(texts: Sequence[str]) -> list[str]:
    """The title on each slide: the first of its upper lines that reads like one; empty where none does.

    A line that stands on many slides (the meeting's name, a footer) is no title; nor is a number, a date or an address.
    """
    counts = Counter(line for text in texts for line in set(_upper(text)))
    often = max(FEWEST_REPEATS, len(texts) * OFTEN)
    return [
        next((line[:MAX_TITLE] for line in _upper(text) if counts[line] < often and _is_title(line)), "")
        for text in texts
    ]


def _upper(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n")[:UPPER_LINES]]


def _is_title(line: str) -> bool:
    letters = sum(one.isalpha() for one in line)
    fewest = 2 if any(ord(one) >= 0x2E80 for one in line) else 4  # a Chinese title may have two characters
    return (
        letters >= fewest and letters >= len(line) / 2 and "://" not in line and "www." not in line and "@" not in line
    )


def spans(marks: Iterable[tuple[int, str]], duration_ms: int) -> tuple[ChapterMark, ...]:
    """Chapters from their starts and titles: each lasts until the next begins; the last mark of a moment counts."""
    starts: Sequence[tuple[int, str]] = sorted({max(0, at): title for at, title in marks if at < duration_ms}.items())
    ends = [*(at for at, _ in starts[1:]), duration_ms][: len(starts)]
    return tuple(
        ChapterMark(start_ms=at, end_ms=end, title=title) for (at, title), end in zip(starts, ends, strict=True)
    )
