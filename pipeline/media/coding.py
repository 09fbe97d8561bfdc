"""How pictures are coded: the options of the encoders. Pure."""

from __future__ import annotations

from typing import Any

from pipeline.media.chunks import Chunk
from pipeline.media.content import Content
from pipeline.media.ladder import Rung

TICKS = 90_000
"""Ticks per second of encoded pictures: exact for 24, 25, 30, 50, 60 and 29.97 pictures a second."""
BITEXACT = {
    "fflags": "+bitexact",  # no version of the muxer in the file
    "flags": "+bitexact",
    "map_metadata": -1,  # no places, names or dates of the source
    "map_chapters": -1,
}
"""Of every file: nothing in it says when, where or by what it was made."""

SCALER = {"flags": "bicubic", "param1": 0.75}
"""Of the rungs: as sharp as Lanczos, for a sixth less processor time of the ladder; OpenCV's cubic is the same."""
_TUNED = {Content.SLIDES: "trellis=1", Content.CAMERA: "trellis=1:aq-strength=0.5"}
"""What it costs and brings is told in docs/benchmarks.md."""


def x264(rung: Rung, chunk: Chunk) -> dict[str, Any]:
    """The options of H.264 for a rung of a chunk."""
    return {
        "c:v": "libx264",
        "preset": "veryfast",  # superfast saved no time and cost 75 % more bytes
        "rc-lookahead": 20,  # the preset looks at 10 pictures; 40 cost 8 % more time and 7 % more bytes
        "x264-params": _TUNED[rung.content],
        "crf": rung.crf,
        "maxrate": f"{rung.max_rate}k",
        "bufsize": f"{2 * rung.max_rate}k",
        "profile:v": "high",
        "level:v": f"{rung.level / 10:.1f}",  # said, since ffmpeg's guess comes from the time base when rates vary
        "forced-idr": 1,  # key frames are where decoding can start
        "threads:v": 1,  # bytes depend on the number; parallel work comes from rungs and chunks
        **timed(chunk),
    }


def av1(rung: Rung, chunk: Chunk, frame_rate: float) -> dict[str, Any]:
    """The options of AV1 for a rung of a chunk; ``frame_rate`` is that of its pictures."""
    rate = round(1000 * frame_rate)
    return {
        "c:v": "libsvtav1",
        "preset": 8,
        "crf": round(rung.crf),
        "maxrate": f"{rung.max_rate}k",
        "bufsize": f"{2 * rung.max_rate}k",
        # One thread, since bytes may depend on the number; the rate of pictures, for the level, is not in the filters.
        "svtav1-params": f"lp=1:fps-num={rate}:fps-denom=1000",
        **timed(chunk),
    }


def timed(chunk: Chunk) -> dict[str, Any]:
    """Every picture at its own time, and key frames where segments start."""
    return {
        "g": 100_000,  # key frames where all renditions have theirs, and only there
        "force_key_frames": ",".join(f"{(ms - chunk.start_ms) / 1000:.3f}" for ms in chunk.cuts_ms),
        "fps_mode": "vfr",  # every picture once, at its own time
        "enc_time_base": f"1:{TICKS}",
        "video_track_timescale": TICKS,
        "movie_timescale": TICKS,
        **BITEXACT,
    }
