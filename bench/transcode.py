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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Settings, TranscodeSettings
from pipeline.media.tools import find_tools
from tests.media.bench import Workshop

SOURCE = Path(__file__).parent.parent.parent / "shared" / "data" / "talks" / "slides-talk-1080p.mp4"
PEERTUBE_RATES = {240: 435, 360: 864, 480: 1229, 720: 2534, 1080: 5184}
"""kbit/s at 25 pictures a second."""
OPENCAST = {480: (854, "800k", "64k"), 720: (1280, "1200k", "96k"), 1080: (1920, "4000k", "96k")}
RATE = 25


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
    heights = (1080, 720, 480, 360)
    yield _measured("aftertalk 1080 (copied) 720 480 360", lambda: _ours(source, folder, heights))
    yield _measured("PeerTube 1080 720 480 360", lambda: _peertube(source, folder, heights))
    yield _measured("Opencast 1080 720 480", lambda: _opencast(source, folder))


def vmaf(source: Path, path: Path) -> float:
    """Mean VMAF against the source at its own size, of every fifth picture."""
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "vmaf.json"
        scale = "[0:v]scale=1920:1080:flags=bicubic,settb=1/25,setpts=N[a];[1:v]settb=1/25,setpts=N[b];"
        _ffmpeg("-i", path, "-i", source, "-lavfi", f"{scale}[a][b]libvmaf=n_subsample=5:log_fmt=json:log_path={log}")
        return float(json.loads(log.read_text())["pooled_metrics"]["vmaf"]["mean"])


def table(rows: list[Row], qualities: dict[tuple[str, int], float]) -> str:
    """The results as Markdown."""
    heights = sorted({height for row in rows for height in row.files}, reverse=True)
    head = ["", "CPU s", "bytes", *(f"VMAF {height}p" for height in heights)]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for row in rows:
        marks = [f"{qualities[row.name, one]:.1f}" if (row.name, one) in qualities else "–" for one in heights]
        lines.append(f"| {' | '.join([row.name, f'{row.cpu_s:.1f}', f'{row.bytes:,}', *marks])} |")
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
    artifact, out = Workshop(folder / "ours", find_tools(), settings).transcode(source)
    return {one["height"]: out / one["file"] for one in artifact.data["renditions"]}


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


def main() -> None:
    """Print the table; VMAF, which takes longer than everything else, unless ``AFTERTALK_BENCH_QUICK`` is set."""
    with tempfile.TemporaryDirectory() as scratch:
        rows, qualities = [], {}
        for row in measure(SOURCE, Path(scratch)):
            print(f"{row.name}: {row.cpu_s:.1f} CPU s, {row.bytes:,} bytes", flush=True)  # noqa: T201 (a benchmark)
            rows.append(row)
        if not os.environ.get("AFTERTALK_BENCH_QUICK"):
            for row in rows:
                qualities.update({(row.name, height): vmaf(SOURCE, path) for height, path in row.files.items()})
        text = table(rows, qualities)
        print(text)  # noqa: T201 (a benchmark)
        _keep(text)


def _keep(text: str) -> None:
    """Put the table into docs/benchmarks.md, between its marks."""
    path = Path(__file__).parent.parent / "docs" / "benchmarks.md"
    start, end = "<!-- transcode -->", "<!-- /transcode -->"
    before = path.read_text("utf-8") if path.exists() else "# Benchmarks\n"
    if start not in before:
        before += f"\n## Transcoding\n\n{start}\n{end}\n"
    head, _, rest = before.partition(start)
    tail = rest.partition(end)[2]
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{head}{start}\n\n{text}\n\n{end}{tail}", "utf-8")


if __name__ == "__main__":
    main()
