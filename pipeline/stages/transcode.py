"""Transcode: the ladder below the source, the source itself as top rung where it is ready for the web, one sound.

Parts of the work, each an artifact of its own, so that a killed run goes on where it was and the work spreads:

* ``sound`` reads the source once: it decodes all languages to PCM, and copies the picture where that is the top rung.
* ``pictures`` reads one chunk: it decodes it **once**, and encodes every rung and the thumbnails from that.
* ``edge`` encodes what lies between a cut and the next key frame of a copied picture (there are none without a trim).

The task itself joins them: it encodes the sound, puts it with the pictures into one MP4 per rendition (``media.mp4``),
and writes playlists and stills. Joining copies bytes; nothing is encoded twice.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from catalog.edits import Channels
from pipeline.captions import language
from pipeline.config import Encoder
from pipeline.errors import MediaError, ToolError
from pipeline.freshness import Task
from pipeline.media import chunks, content, encode, hardware, joining, ladder, loudness, sounds, stretches
from pipeline.media.chunks import Chunk
from pipeline.media.command import Command, Completed
from pipeline.media.ladder import Rung
from pipeline.media.probe import AudioTrack, Probe
from pipeline.media.runner import ProcessError
from pipeline.media.samples import Samples
from pipeline.stages import views
from pipeline.stages.base import Bench, Job, Output

_DAMAGED = "take the original, or repair it with the program that recorded it"
MAX_LANGUAGES = 8
ENOUGH_PICTURES = 0.8
"""A decoder that gives fewer pictures than this share of the packets has failed. (Some packets hold no picture that
is shown, or one of two fields.)"""
_EDGE = "edge.mp4"
_DEAD = "only the {} channel of its sound is alive: it is published as mono ('audio: mix' in event.yaml keeps both)"
_SOUND_FILES = (("sound", "flac"), ("loudness", "txt"))
NEARLY_ALL = 0.98
SLACK_MS = 1000
"""So much earlier than its packets may the decoded picture of a chunk end."""


class TranscodeStage:
    """Files: ``<rung>.mp4``, ``.m3u8``, ``.init.mp4``; ``audio.m4a``; ``poster.jpg``; ``storyboard.vtt``; slides."""

    name = "transcode"
    version = 9

    def plan(self, job: Job) -> Task:
        """Depends on the source, on what the probe found in it, and on the settings of the ladder."""
        probe = _probe(job)
        steps = ladder.ladder(probe, job.settings.transcode)
        copied = any(rung.copied for rung in steps.rungs)
        wanted = chunks.copying(probe) if copied else None
        rungs = [rung.plain() for rung in steps.rungs]
        languages = [[track.index, tag] for track, tag in spoken(probe, job.language)]
        heard = {"tracks": languages, "channels": job.recording.audio, "copy_picture": copied}
        parts = [self._part(job, {"part": "sound", **heard})]
        pieces = chunks.plan(probe, copied=copied)
        coded = {"part": "pictures", "rungs": rungs, "encoder": steps.encoder}
        parts += [self._part(job, {**coded, "chunk": asdict(piece)}) for piece in pieces]
        edges = wanted.edges if wanted else ()
        parts += [self._part(job, {"part": "edge", "rung": rungs[0], "chunk": asdict(piece)}) for piece in edges]
        settings = {
            "rungs": rungs,
            "languages": languages,
            "audio_bitrate": job.settings.transcode.audio_bitrate,
            "loudness": job.settings.transcode.loudness,
            "encoder": steps.encoder,
            "notes": list(steps.notes),
        }
        return replace(self._part(job, settings), parts=tuple(parts))

    def _part(self, job: Job, settings: dict[str, Any]) -> Task:
        return Task(
            stage=self.name,
            version=self.version,
            recording=job.id,
            tools={"ffmpeg": job.tools.ffmpeg_version},
            inputs={"source": job.source.sha256, "probe": job.artifacts["probe"].key},
            settings=settings,
        )

    def run(self, job: Job, task: Task, bench: Bench) -> Output:
        """Make a part, or join them.

        Raises:
            MachineError: the encoder in hardware that is asked for does not work here.
            MediaError: the source cannot be decoded to its end.
            ToolError: ffmpeg failed, or was stopped by a limit.
        """
        match task.settings.get("part"):
            case "sound":
                return _sound(job, task, bench)
            case "pictures":
                return _pictures(job, task, bench)
            case "edge":
                return _edge(job, task, bench)
            case _:
                return _joined(job, task, bench)


def spoken(probe: Probe, main_language: str) -> list[tuple[AudioTrack, str]]:
    """The audio tracks to keep, the main one first, with their languages; one for each language."""
    ordered = sorted(probe.audio, key=lambda track: (not track.default, track.index))
    kept: dict[str, AudioTrack] = {}
    for track in ordered:
        known = language.tag(track.language)
        tag = known if known and kept else known or main_language
        if known or not kept:
            kept.setdefault(tag, track)
    return [(track, tag) for tag, track in kept.items()][:MAX_LANGUAGES]


def _probe(job: Job) -> Probe:
    return Probe.model_validate(job.artifacts["probe"].data)


def _run(bench: Bench, command: Command, folder: Path, *, counts: bool = False) -> Completed:
    """Run a command; its progress counts where it is what takes long, so that parts add up to the recording."""
    quiet = lambda _: None  # noqa: E731 -- the command reports to standard output all the same
    return bench.run(replace(command, output=folder), on_progress=bench.progress if counts else quiet)


def _decode(job: Job, bench: Bench, command: Command, *, counts: bool = False) -> None:
    """Run a command that reads the source.

    Raises:
        MediaError: too much of it cannot be decoded.
        ToolError: the command failed otherwise.
    """
    try:
        _run(bench, command, bench.out, counts=counts)
    except ProcessError as error:
        if error.status != encode.TOO_MANY_ERRORS:
            raise
        raise MediaError(job.source.name, "is damaged", context=error.context, hint=_DAMAGED) from error


def _sound(job: Job, task: Task, bench: Bench) -> Output:
    probe = _probe(job)
    by_index = {track.index: track for track in probe.audio}
    tracks = [by_index[index] for index, _ in task.settings["tracks"]]
    copied = task.settings["copy_picture"]
    if tracks or copied:
        channels = Channels(heard) if (heard := task.settings["channels"]) else None
        _decode(
            job,
            bench,
            sounds.sound(job.source.path, probe, tracks, channels, copy_picture=copied),
            counts=probe.video is None,
        )
    return Output(data={}, private=_names(bench.out))


def _pictures(job: Job, task: Task, bench: Bench) -> Output:
    probe = _probe(job)
    chunk = _chunk(task)
    rungs = [rung for rung in views.rungs(task) if not rung.copied]
    card = hardware.find(Encoder(task.settings["encoder"]))
    try:
        command = encode.pictures(job.source.path, probe, chunk, rungs, views.thumb_size(task), card)
        _decode(job, bench, command, counts=True)
    except ToolError:
        hardware.check(card, bench.run)  # it may be the card that fails, and not the recording
        raise
    for rung in rungs:
        _check_complete(job, probe, chunk, bench.out / f"{rung.name}.mp4")
    return Output(data={}, private=_names(bench.out))


def _edge(job: Job, task: Task, bench: Bench) -> Output:
    probe, chunk = _probe(job), _chunk(task)
    _decode(job, bench, encode.edge(job.source.path, probe, chunk, Rung.of(task.settings["rung"])))
    _check_complete(job, probe, chunk, bench.out / _EDGE)
    return Output(data={}, private=_names(bench.out))


def _chunk(task: Task) -> Chunk:
    plain = task.settings["chunk"]
    return Chunk(**{**plain, "cuts_ms": tuple(plain["cuts_ms"])})


def _names(folder: Path) -> frozenset[str]:
    return frozenset(path.name for path in folder.iterdir())


def _check_complete(job: Job, probe: Probe, chunk: Chunk, encoded: Path) -> None:
    """A decoder may give up and ffmpeg still end well: compare what came out with what the packets promised.

    Raises:
        MediaError: pictures are missing.
    """
    made = joining.picture(encoded)
    video = probe.video
    if video is None or made is None:
        raise MediaError(job.source.name, "has a picture that cannot be decoded")
    end_ms = (chunk.end_ms or video.end_ms) - chunk.start_ms
    reached_ms = made.end * 1000 // made.timescale
    counts = not ladder.is_retimed(video)
    few = counts and len(made) < ENOUGH_PICTURES * chunk.frames
    all_there = counts and len(made) >= NEARLY_ALL * chunk.frames  # the last one may stand for long
    if few or (reached_ms < end_ms - SLACK_MS and not all_there):
        raise MediaError(
            job.source.name,
            f"is damaged: only {len(made)} of {chunk.frames} pictures after {chunk.start_ms // 1000} s can be decoded",
            hint=_DAMAGED,
        )


def _joined(job: Job, task: Task, bench: Bench) -> Output:
    probe = _probe(job)
    starts_ms = [ms for part in views.parts(task, "pictures") for ms in part.settings["chunk"]["cuts_ms"]]
    cut = joining.Cut(starts_ms, probe.duration_ms)
    levels = [stretches.read_levels(_sound_file(task, bench, n, 1)) for n in range(len(task.settings["languages"]))]
    sides = [stretches.living_side(one) for one in levels]
    with tempfile.TemporaryDirectory(dir=bench.out.parent) as scratch:
        folder = Path(scratch)
        tracks = [
            (tag, _encoded_sound(bench, task, probe, (number, index, sides[number]), folder))
            for number, (index, tag) in enumerate(task.settings["languages"])
        ]
        main = tracks[0][1] if tracks else None
        renditions = []
        for rung in views.rungs(task):
            track = _copied(task, bench, probe) if rung.copied else _encoded(task, bench, probe, rung)
            renditions.append(joining.rendition(bench.out, rung, track, main, cut))
        audio = [
            joining.audio_file(
                bench.out, made, tag, main=not number, alone=not renditions, duration_ms=probe.duration_ms
            )
            for number, (tag, made) in enumerate(tracks)
        ]
        seen = views.made(task, bench, probe.duration_ms, levels[0] if levels else None, folder)
    rate = ladder.frame_rate(probe.video) if probe.video else 0.0
    return Output(
        data={
            "duration_ms": probe.duration_ms,
            "renditions": [{**one, "frame_rate": rate} for one in renditions if not _is_av1(one)],
            "av1": [{**one, "frame_rate": rate} for one in renditions if _is_av1(one)],
            "audio": audio,
            "content": _content(probe),
            "encoder": task.settings["encoder"],
            **seen,
            "notes": task.settings["notes"],
            "findings": [_DEAD.format(side.value) for side in sides if side],
        }
    )


def _content(probe: Probe) -> dict[str, Any] | None:
    """What the picture was taken for, and the figure that told it."""
    video = probe.video
    return {"kind": content.content(video).value, "change": video.change} if video else None


def _is_av1(rendition: dict[str, Any]) -> bool:
    return bool(rendition["codecs"].startswith("av01"))


def _sound_file(task: Task, bench: Bench, number: int, kind: int) -> Path:
    """A file of the sound part about track ``number``."""
    (part,) = views.parts(task, "sound")
    name, suffix = _SOUND_FILES[kind]
    return bench.file(part.key, f"{name}{number}.{suffix}")


def _encoded(task: Task, bench: Bench, probe: Probe, rung: Rung) -> Samples:
    parts = views.parts(task, "pictures")
    pieces = [(bench.file(part.key, f"{rung.name}.mp4"), views.start_ms(part)) for part in parts]
    return joining.encoded(rung, pieces, probe.video.end_ms if probe.video else 0)


def _copied(task: Task, bench: Bench, probe: Probe) -> Samples:
    wanted = chunks.copying(probe)
    if wanted is None:
        raise ValueError("the picture is not to be copied")
    (sound,) = views.parts(task, "sound")
    edges = [(bench.file(part.key, _EDGE), views.start_ms(part)) for part in views.parts(task, "edge")]
    return joining.copied(bench.file(sound.key, "picture.mp4"), encode.lead_ms(probe), wanted, edges)


def _encoded_sound(
    bench: Bench, task: Task, probe: Probe, track: tuple[int, int, Channels | None], folder: Path
) -> joining.Sound:
    """Encode track ``(number, stream index, its only living side)`` from the PCM of the sound part."""
    number, index, side = track
    (part,) = views.parts(task, "sound")
    channels = next(one for one in probe.audio if one.index == index).channels
    mono = part.settings["channels"] or side or channels == 1
    bit_rate = task.settings["audio_bitrate"] if mono else task.settings["audio_bitrate"] * 3 // 2
    pcm, measured = (_sound_file(task, bench, number, kind) for kind in (0, 1))

    target = folder / f"sound{number}"
    target.mkdir()
    gain = loudness.gain_for(loudness.read(measured), task.settings["loudness"])
    if gain.limited:  # the limiter takes some loudness away; hearing how much is cheaper than encoding twice
        _run(bench, sounds.louder(pcm, probe.duration_ms, gain, side), target)
        heard = loudness.read(target / "loudness.txt")
        gain = loudness.correction(gain, heard.lufs if heard else None, task.settings["loudness"]) or gain
    _run(bench, sounds.aac(pcm, probe.duration_ms, bit_rate, gain, side), target)
    return joining.sound(target / "sound.mp4", target / "loudness.txt")
