"""Transcoding beside what conferences and universities use today: processor time, bytes and VMAF of each rung.

The peers' parameters are those of their own sources: PeerTube (one process, one full decode, per rendition) and
Opencast (one process, three MP4 files). Same ffmpeg, same input; processor time is user and system seconds of all
processes, Python of ours included.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av

from bench import report
from pipeline.config import Settings, TranscodeSettings
from pipeline.media import chunks, ladder
from pipeline.media.coding import SCALER, x264
from pipeline.media.probe import Probe
from pipeline.media.tools import find_tools
from pipeline.stages.probe import ProbeStage
from tests.media.bench import Workshop

DATA = Path(__file__).parents[2] / "shared" / "data"
TALK = DATA / "talks" / "slides-talk-1080p.mp4"
FOOTAGE = ("media/talk-like", "media/peertube", "speech/peertube-videos", "media/opencast")
"""Folders with camera pictures; the longest of them is taken."""
CAMERA_S = 20
HEIGHTS = (1080, 720, 480, 360)
PEERTUBE_RATES = {240: 435, 360: 864, 480: 1229, 720: 2534, 1080: 5184}
"""kbit/s at 25 pictures a second."""
OPENCAST = {480: (854, "800k", "64k"), 720: (1280, "1200k", "96k"), 1080: (1920, "4000k", "96k")}
RATE = 25
OURS = "Aftertalk"
ALONE = "the same ladder alone"
OURS_AS_OPENCAST = "Aftertalk, rungs of Opencast"


@dataclass(frozen=True)
class Row:
    """One ladder of one system."""

    name: str
    cpu_s: float
    files: dict[int, Path]
    """Height -> file."""

    @property
    def bytes(self) -> int:
        """Of all rungs together."""
        return sum(path.stat().st_size for path in self.files.values())


def measure(source: Path, folder: Path) -> Iterator[Row]:
    """Measure every system, one after the other."""
    yield _measured(OURS, lambda: _ours(source, folder / "all", HEIGHTS))
    command = _alone(source, folder / "alone", HEIGHTS)
    yield _measured(ALONE, command)
    yield _measured(OURS_AS_OPENCAST, lambda: _ours(source, folder / "three", tuple(OPENCAST)))
    yield _measured("PeerTube", lambda: _peertube(source, folder, HEIGHTS))
    yield _measured("Opencast", lambda: _opencast(source, folder))


def vmaf(source: Path, path: Path) -> float:
    """Mean VMAF against the source at its own size, of every tenth picture."""
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "vmaf.json"
        scale = "[0:v]scale=1920:1080:flags=bicubic,settb=1/25,setpts=N[a];[1:v]settb=1/25,setpts=N[b];"
        _ffmpeg(
            "-i",
            path,
            "-i",
            source,
            "-lavfi",
            f"{scale}[a][b]libvmaf=n_subsample=10:n_threads=2:log_fmt=json:log_path={log}",
            "-f",
            "null",
            "-",
        )
        return float(json.loads(log.read_text())["pooled_metrics"]["vmaf"]["mean"])


def compared(rows: Sequence[Row], marks: Mapping[tuple[str, int], float]) -> str:
    """Markdown: processor time, bytes and quality of each system."""
    heights = sorted({height for row in rows for height in row.files}, reverse=True)
    head = ["", "CPU s", "bytes", *(f"VMAF {height}p" for height in heights)]
    cells = []
    for row in rows:
        own = [f"{marks[row.name, one]:.1f}" if (row.name, one) in marks else "–" for one in heights]
        cells.append([row.name, round(row.cpu_s, 1), row.bytes, *own])
    return report.table(head, cells)


def shares(rows: Sequence[Row]) -> str:
    """One sentence for each peer: what of its cost ours is, for the rungs that it makes."""
    by_name = {row.name: row for row in rows}
    lines = []
    for ours, peer in ((OURS, "PeerTube"), (OURS_AS_OPENCAST, "Opencast")):
        cpu, size = by_name[ours].cpu_s / by_name[peer].cpu_s, by_name[ours].bytes / by_name[peer].bytes
        lines.append(f"For the same rungs as {peer}: {cpu:.2f} × its processor time, {size:.2f} × its bytes.")
    more = by_name[OURS].cpu_s / by_name[ALONE].cpu_s - 1
    lines.append(
        f"Beyond one plain ffmpeg command that makes {ALONE}, with the same options and the sound, {more:.0%} more: the"
        " probe, confinement, loudness, PCM, storyboard, slides, poster, and files that are both downloads and HLS."
    )
    return "\n".join(lines)


def _measured(name: str, make: Callable[[], dict[int, Path]]) -> Row:
    before = _cpu_s()
    files = make()
    return Row(name, _cpu_s() - before, files)


def _cpu_s() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _ours(source: Path, folder: Path, heights: tuple[int, ...]) -> dict[int, Path]:
    settings = Settings(title="Bench", transcode=TranscodeSettings(heights=heights))
    artifact, out = Workshop(folder, find_tools(), settings).transcode(source)
    return {one["height"]: out / one["file"] for one in artifact.data["renditions"]}


def _alone(source: Path, folder: Path, heights: tuple[int, ...]) -> Callable[[], dict[int, Path]]:
    """One plain command that makes the rungs and the sound, and nothing else; what it needs to know is found before."""
    settings = Settings(title="Bench", transcode=TranscodeSettings(heights=heights))
    workshop = Workshop(folder, find_tools(), settings)
    probe = Probe.model_validate(workshop.make(ProbeStage(), workshop.job(source)).data)
    rungs = ladder.ladder(probe, settings.transcode).rungs
    pieces = chunks.plan(probe, copied=rungs[0].copied)
    whole = replace(pieces[0], end_ms=None, cuts_ms=tuple(cut for piece in pieces for cut in piece.cuts_ms))
    made = {rung.height: folder / f"{rung.name}.mp4" for rung in rungs}
    words: list[object] = ["-i", source]
    graph, given = [], "0:v"
    scaler = ":".join(f"{key}={value}" for key, value in SCALER.items())
    for rung in rungs:
        words += ["-map", "0:v" if rung.copied else f"[{rung.name}]"]
        if not rung.copied:
            graph.append(f"[{given}]scale={rung.width}:{rung.height}:{scaler},split[{rung.name}][r{rung.name}]")
            given = f"r{rung.name}"
        coded = {"c:v": "copy"} if rung.copied else x264(rung, whole)
        words += [word for key, value in coded.items() for word in (f"-{key}", value)] + [made[rung.height]]
    graph.append(f"[{given}]nullsink")
    sound = ("-map", "0:a:0", "-c:a", "aac", "-b:a", settings.transcode.audio_bitrate, "-ar", 48000, folder / "a.mp4")

    def run() -> dict[int, Path]:
        _ffmpeg(*words[:2], "-filter_complex_threads", 1, "-filter_complex", ";".join(graph), *words[2:], *sound)
        return made

    return run


def _peertube(source: Path, folder: Path, heights: tuple[int, ...]) -> dict[int, Path]:
    made = {}
    for height in heights:
        rate = PEERTUBE_RATES[height]
        made[height] = folder / f"peertube{height}.mp4"
        _ffmpeg(
            *("-i", source, "-acodec", "aac", "-vcodec", "libx264", "-threads", "1", "-max_muxing_queue_size", "1024"),
            *("-map_metadata", "-1", "-pix_fmt", "yuv420p", "-vf", f"scale=w=-2:h={height}", "-preset", "veryfast"),
            *("-maxrate:v", f"{rate}k", "-bufsize:v", f"{2 * rate}k", "-b_strategy", "1", "-bf", "16", "-r", RATE),
            *("-g:v", 2 * RATE, "-hls_time", "4", "-hls_list_size", "0", "-hls_playlist_type", "vod"),
            *("-hls_segment_type", "fmp4", "-hls_flags", "single_file", "-hls_segment_filename", made[height]),
            *("-f", "hls", folder / f"peertube{height}.m3u8"),
        )
    return made


def _opencast(source: Path, folder: Path) -> dict[int, Path]:
    made = {height: folder / f"opencast{height}.mp4" for height in OPENCAST}
    words: list[object] = ["-i", source]
    for height, (side, rate, sound) in OPENCAST.items():
        fit = "force_original_aspect_ratio=decrease:force_divisible_by=2"
        words += ["-filter:v", f"scale={side}:{side}:{fit},fps=25", "-pix_fmt", "yuv420p", "-c:v", "libx264"]
        words += ["-profile:v", "high", "-level", "4.0", "-crf", "22", "-force_key_frames", "expr:gte(t,n_forced*4)"]
        words += ["-maxrate", rate, "-bufsize", f"{2 * int(rate[:-1])}k", "-c:a", "aac", "-b:a", sound, "-ac", "2"]
        words += ["-movflags", "faststart", made[height]]
    _ffmpeg(*words)
    return made


def _ffmpeg(*words: object) -> None:
    argv = [str(find_tools().ffmpeg), "-v", "error", "-y", "-nostdin", *map(str, words)]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def camera(folder: Path, seconds: float) -> Path:
    """A camera-like source: footage of the shared data, scaled to 1080p25 and coded well."""
    found = [path for name in FOOTAGE for path in (DATA / name).glob("*.mp4")]
    footage = max(found, key=lambda path: path.stat().st_size)
    target = folder / "camera.mp4"
    fit = "scale=1920:1080:force_original_aspect_ratio=increase:flags=lanczos,crop=1920:1080,fps=25"
    words = ("-stream_loop", 20, "-i", footage, "-t", seconds, "-vf", f"{fit},noise=alls=3:allf=t")
    _ffmpeg(
        *words, "-c:v", "libx264", "-preset", "fast", "-crf", 18, "-g", 250, "-pix_fmt", "yuv420p", "-ac", 2, target
    )
    return target


def lengthened(source: Path, folder: Path, times: int) -> Path:
    """The source, so many times one after another, copied."""
    target = folder / f"times{times}.mp4"
    _ffmpeg("-stream_loop", times - 1, "-i", source, "-c", "copy", target)
    return target


def growth(source: Path, folder: Path) -> str:
    """Markdown: cost against duration, and so against the number of chunks (one for each 90 s)."""
    rows, points = [], []
    for times in (1, 2, 4):
        long = lengthened(source, folder, times)
        row = _measured(OURS, lambda long=long, times=times: _ours(long, folder / f"growth{times}", HEIGHTS))
        seconds = times * _seconds(source)
        rows.append([round(seconds), round(row.cpu_s, 1), round(row.cpu_s / seconds, 3), row.bytes])
        points.append((seconds, row.cpu_s))
    picture = report.plot("transcode", "Processor time by length", ("seconds of media", "CPU s"), {OURS: points})
    return report.table(["seconds", "CPU s", "CPU s for a second", "bytes"], rows) + "\n" + picture


def _seconds(source: Path) -> float:
    with av.open(str(source)) as container:
        return float(container.duration or 0) / av.time_base


def _section(title: str, source: Path, folder: Path) -> str:
    """Measure all systems on one source."""
    folder.mkdir()
    rows = []
    for row in measure(source, folder):
        print(f"{title}: {row.name}: {row.cpu_s:.1f} CPU s, {row.bytes:,} bytes", flush=True)  # noqa: T201 (a benchmark)
        rows.append(row)
    return f"### {title}\n\n{compared(rows, qualities(source, rows))}\n{shares(rows)}\n"


def qualities(source: Path, rows: Sequence[Row]) -> dict[tuple[str, int], float]:
    """VMAF of each system's rungs, by its name and their height; of ours only once, since its rungs are the same."""
    judged = [row for row in rows if row.name not in {OURS_AS_OPENCAST, ALONE}]
    return {(row.name, height): vmaf(source, path) for row in judged for height, path in row.files.items()}


def main() -> None:
    """Measure, print, and write ``docs/benchmarks.md``.

    ``AFTERTALK_BENCH_SECONDS`` takes only so much of each source: enough to compare versions on a busy machine.
    """
    most = float(os.environ.get("AFTERTALK_BENCH_SECONDS", "inf"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        talk = TALK
        if most < _seconds(TALK):
            talk = folder / "talk.mp4"
            _ffmpeg("-i", TALK, "-t", most, "-c", "copy", talk)
        seconds = min(most, CAMERA_S)
        parts = [_section("A talk with slides", talk, folder / "talk")]
        parts.append(_section("A camera", camera(folder, seconds), folder / "camera"))
        parts.append(f"### Longer recordings\n\n{growth(talk, folder)}\n")
        note = f"Sources: {round(_seconds(talk))} s of a talk, {seconds:.0f} s of camera footage.\n"
    text = "\n".join([note, *parts])
    print(text)  # noqa: T201 (a benchmark)
    report.write_section("benchmarks.md", "transcode", text)


if __name__ == "__main__":
    main()
