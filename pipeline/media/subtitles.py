"""Taking captions out of a recording: text tracks by ffmpeg, closed captions by a worker. Commands only; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.media.command import Command, Limits
from pipeline.media.formats import FORMATS
from pipeline.media.probe import TextTrack
from pipeline.media.workers import ENVIRONMENT, pyav_inputs

BITMAP_CODECS = frozenset({"pgssub", "dvdsub", "dvbsub", "xsub", "hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle"})
"""Tracks that are pictures of text."""

_COPIED = {"webvtt": "webvtt", "ass": "ass", "ssa": "ass", "srt": "srt", "subrip": "srt"}
"""Codec -> format that the track is copied to: decoding would lose voices, names of speakers and unknown tags."""
_TELETEXT = frozenset({"", "dvb_teletext", "libzvbi_teletextdec"})
"""PyAV has no decoder for teletext, and so no name for it."""
_LINE_21 = frozenset({"cc_dec", "eia_608"})
_MAX_BYTES = 64 * 1024 * 1024
_MAX_FILM_BYTES = 512 * 1024 * 1024
_MAX_PICTURES = 10_000
RENDERED = "track.mkv"
_WORKER = Path(__file__).with_name("closed_captions_worker.py")
_CLOSED_CAPTION_CODECS = frozenset({"h264", "hevc", "mpeg2video", "mpeg1video"})


def may_hold_closed_captions(video_codec: str) -> bool:
    """Whether pictures of this codec can carry closed captions."""
    return video_codec in _CLOSED_CAPTION_CODECS


def output_name(track: TextTrack) -> str:
    """The file that ``extract`` writes for a track, relative to its output folder."""
    return f"track{track.index}.{_COPIED.get(track.codec, 'srt')}"


def extract(source: Path, size: int, tracks: Sequence[TextTrack], output: Path) -> Command:
    """Write every track to its ``output_name`` below ``output``, with the times of the file itself.

    Args:
        source: the recording.
        size: its bytes.
        tracks: text tracks of it.
        output: an existing folder.
    """
    argv = [
        *("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y"),
        *("-protocol_whitelist", "file", "-format_whitelist", FORMATS),
        # The file's own times: ffmpeg would move the first packet of any track to zero.
        "-copyts",
        *(word for track in tracks for word in _decoding(track)),
        *("-i", "file:/in/src"),
    ]
    for track in tracks:
        kind = _COPIED.get(track.codec)
        argv += ["-map", f"0:{track.index}", "-c:s", "copy" if kind else "srt", "-f", kind or "srt", output_name(track)]
    return Command(tuple(argv), inputs={"src": source}, output=output, limits=_limits(size))


def render(source: Path, size: int, track: TextTrack, output: Path) -> Command:
    """Draw a track of pictures as a film, ``RENDERED`` below ``output``.

    It has a picture for each change, on transparent ground, with the times of the file itself.
    PyAV gives such pictures without their colours; ffmpeg knows how to draw them.

    Args:
        source: the recording.
        size: its bytes.
        track: one whose codec is of ``BITMAP_CODECS``.
        output: an existing folder.
    """
    argv = (
        *("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y"),
        *("-protocol_whitelist", "file", "-format_whitelist", FORMATS),
        *("-copyts", "-i", "file:/in/src"),
        *("-filter_complex", f"[0:{track.index}]format=rgba[pictures]", "-map", "[pictures]"),
        *("-fps_mode", "passthrough", "-enc_time_base", "1:1000"),
        *("-c:v", "png", "-frames:v", str(_MAX_PICTURES), "-f", "matroska", RENDERED),
    )
    limits = replace(_limits(size), file_bytes=_MAX_FILM_BYTES)
    return Command(argv, inputs={"src": source}, output=output, limits=limits)


def read_closed_captions(source: Path, size: int, stream: int) -> Command:
    """Print the CEA-608 and CEA-708 bytes of a video track in order of time; ``captions.closed`` reads them.

    It ends soon when the beginning of the recording carries none. Times are the file's own.
    """
    return Command(
        argv=("python", "-s", "-S", "-B", "/in/worker.py", "/in/src", str(stream), FORMATS),
        inputs={"src": source, "worker.py": _WORKER, **pyav_inputs()},
        environment=ENVIRONMENT,
        limits=_limits(size),
    )


def _decoding(track: TextTrack) -> tuple[str, ...]:
    """Input options of a track."""
    # Live captions end when the next one comes; without this they would last for ever. It must not be set for
    # others: their last caption would be lost.
    until_next = (f"-fix_sub_duration:{track.index}",)
    if track.codec in _TELETEXT:
        # Text instead of pictures, and subtitle pages only, not the news.
        return (*until_next, f"-txt_format:{track.index}", "text", f"-txt_page:{track.index}", "subtitle")
    return until_next if track.codec in _LINE_21 else ()


def _limits(size: int) -> Limits:
    seconds = 60 + size // 10_000_000  # 10 MB/s is slow, even for a network disk
    return Limits(wall_s=10 * seconds, cpu_s=seconds, memory_bytes=2 * 1024**3, file_bytes=_MAX_BYTES)
