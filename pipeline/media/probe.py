"""What a media file really holds, found by reading all of it in a confined process.

``probe_worker.py`` does the reading; this module describes the process and judges what it says. Nothing a header
claims is believed: lengths, rates and key frames come from packets, and one picture has been decoded.
"""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from catalog.edits import Trim
from catalog.fields import Model
from pipeline.errors import MediaError, ToolError
from pipeline.media.command import Command, Limits
from pipeline.media.workers import ENVIRONMENT, pyav_inputs

WORKER = "pipeline.media.probe_worker"
SLACK_MS = 1000
"""So much less than its index promises may a file hold before it counts as cut short."""
SLACK_SHARE = 0.05
"""As ``SLACK_MS``, for short files: a share of the promised length."""

PROBLEMS = {
    "empty": ("is empty", "copy the file again"),
    "lfs": ("is a Git LFS pointer, not the recording itself", "run 'git lfs pull' where it came from"),
    "list": ("is a list of other files or a text document, not a recording", "give the media file itself"),
    "zeros": ("holds only zeros", "copy the file again"),
    "unknown": ("is not a media file of a known kind", "give a recording, for example MP4, MKV, WebM, MP3 or WAV"),
    "moov": ("is an MP4 without its index (moov)", "the recording or the copy was interrupted; take the original"),
    "unreadable": ("cannot be read", "take the original, or repair it with the program that recorded it"),
    "undecodable": ("has picture or sound that cannot be decoded", "convert it to H.264 and AAC first"),
    "unknown codec": ("is in a codec that cannot be decoded", "convert it to H.264 and AAC first"),
    "encrypted": ("is encrypted", "export it without copy protection"),
    "nothing": ("holds neither picture nor sound", "check that this is the right file"),
    "streams": ("has too many tracks", "keep the picture and the spoken languages only"),
    "packets": ("has too many packets", "cut it into several recordings"),
    "pixels": ("has too large a picture", "scale it down to 8K or less"),
    "gap": ("has a gap in time", "cut the gap out"),
    "trim": (
        "has nothing in the part that 'trim' leaves",
        "correct 'trim' in event.yaml; it counts from the file's start",
    ),
    "memory": ("needs more memory than such a file should", "convert it to H.264 and AAC first"),
}
"""Class of problem -> what is wrong, what to do."""


class VideoTrack(Model):
    """The main video track. Times are milliseconds after the start of the recording, rounded down."""

    index: int
    codec: str
    profile: str
    level: int
    width: int = Field(gt=0)
    """As stored: before rotation and aspect ratio."""
    height: int = Field(gt=0)
    sample_aspect: tuple[int, int]
    rotation: int
    """Degrees counter-clockwise that the picture is to be turned for display: 0, 90, 180, 270."""
    pixel_format: str
    bit_depth: int
    interlaced: bool
    """Whether some of its pictures are."""
    primaries: int
    """Code points by ITU-T H.273."""
    transfer: int
    matrix: int
    full_range: bool
    bit_rate: int
    frames: int
    frame_rate: float
    """Average; 0 for a single picture."""
    constant_rate: bool
    key_frames_ms: tuple[int, ...]
    """Key frames at least a second apart; the first is the one that the first picture shown needs."""
    key_frame_index: tuple[int, ...]
    """For each of them, how many pictures are shown before it."""
    max_key_interval_ms: int
    open_gop: bool
    """Whether pictures after a key frame in the file are shown before it."""
    timed: bool
    """Whether every packet has a time."""
    seekable: bool
    """Whether the file can be entered exactly at its key frames; tried, not believed."""
    longest_ms: int
    """How long the picture that stands longest is shown."""
    change: float
    """What the median picture between key frames takes, as a share of the median key frame; 1 without the former."""
    start_ms: int
    """When its first picture appears; before 0 where that is still shown when the recording starts."""
    end_ms: int


class AudioTrack(Model):
    """An audio track."""

    index: int
    codec: str
    profile: str
    sample_rate: int
    channels: int
    language: str | None
    """As the file says (ISO 639-2 or BCP 47), unchecked."""
    title: str
    default: bool
    bit_rate: int
    start_ms: int
    end_ms: int


class TextTrack(Model):
    """An embedded subtitle track."""

    index: int
    codec: str
    language: str | None
    title: str
    forced: bool


class Mark(Model):
    """An embedded chapter."""

    start_ms: int
    title: str


class Probe(Model):
    """What a recording holds."""

    container: str
    """The demuxer's names, comma-separated."""
    duration_ms: int
    """From the first to the last moment of picture or sound, by packets; of the part that is left after trimming."""
    origin_us: int
    """The file's own time at which the recording starts, microseconds."""
    source_ms: int
    """The length of the whole file."""
    trimmed_ms: int
    """So much of the file lies before the start of the recording."""
    declared_ms: int
    """The length its index promises; 0 where it promises none."""
    corrupt_packets: int
    video: VideoTrack | None
    audio: tuple[AudioTrack, ...]
    texts: tuple[TextTrack, ...]
    chapters: tuple[Mark, ...]

    @property
    def is_trimmed(self) -> bool:
        """Whether the recording is only a part of the file."""
        return self.duration_ms < self.source_ms


def command(source: Path, size: int, trim: Trim) -> Command:
    """The confined process that reads ``source`` (of ``size`` bytes) and prints JSON about the part in ``trim``."""
    inputs = {"src": source, **pyav_inputs("formats.py", "probe_places.py", "probe_tracks.py", "probe_worker.py")}
    seconds = 60 + size // 10_000_000  # 10 MB/s is slow, even for a network disk
    return Command(
        argv=("python", "-s", "-S", "-B", "-m", WORKER, "/in/src", str(trim.start), str(trim.end or "end")),
        inputs=inputs,
        environment=ENVIRONMENT,
        limits=Limits(wall_s=10 * seconds, cpu_s=seconds, memory_bytes=2 * 1024**3, file_bytes=0),
    )


def check_file(source: Path, reference: str) -> None:
    """Refuse what is not a regular file; opening a FIFO or a device might never return.

    Raises:
        MediaError: it is something else.
    """
    try:
        mode = source.lstat().st_mode
    except OSError as error:
        raise MediaError(reference, f"cannot be read ({error.strerror})") from error
    if not stat.S_ISREG(mode):
        raise MediaError(
            reference, "is not a regular file", hint="put the recording itself there, not a link or device"
        )


def parse(stdout: bytes, reference: str, max_duration_ms: int) -> Probe:
    """Judge what the worker printed.

    Raises:
        MediaError: the file cannot be published; the message says why.
        ToolError: the worker did not print what it should.
    """
    try:
        data: dict[str, Any] = json.loads(stdout)
        if "error" in data:
            message, hint = PROBLEMS[data["error"]]
            raise MediaError(reference, message, context=str(data["detail"])[:500], hint=hint)
        probe = Probe.model_validate(data)
    except (ValueError, KeyError, ValidationError) as error:
        raise ToolError(reference, "could not be examined", context=str(error)[:500]) from error
    if probe.source_ms > max_duration_ms:
        hours = probe.source_ms / 3_600_000
        hint = "raise 'max_duration_hours' under 'transcode' in catalogue.yaml if this is meant"
        raise MediaError(reference, f"is {hours:.1f} hours long, more than is allowed", hint=hint)
    missing = probe.declared_ms - probe.source_ms
    if missing > SLACK_MS + SLACK_SHARE * min(probe.declared_ms, 20_000):
        raise MediaError(
            reference,
            f"is cut short: its index promises {_clock(probe.declared_ms)}, but it ends after "
            f"{_clock(probe.source_ms)}",
            hint="copy the file again, or take the original",
        )
    return probe


def _clock(ms: int) -> str:
    seconds = ms // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}" if ms >= 60_000 else f"{ms / 1000:.1f} s"
