"""Which renditions a recording gets. Pure.

A rung is named by the **short side** of its picture in square pixels as displayed (``720p`` is 1280 × 720, and
720 × 1280 for a portrait video), so that a phone's upright video gets the same care as a talk. The top rung has the
source's own size, at most the largest configured one; below it come the configured ones that are clearly smaller.
Nothing is ever scaled up, and all sizes are even (4:2:0 colour needs it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from pipeline.config import Encoder, TranscodeSettings
from pipeline.media import chunks
from pipeline.media.content import Content, content, described
from pipeline.media.probe import Probe, VideoTrack

CLEARLY_SMALLER = 0.8
"""A rung below the top one has at most this share of its short side; a closer one would be no help to anybody."""
MAX_FRAME_RATE = 60.5
LONGEST_MS = chunks.SEGMENT_MS
"""A picture that stands for longer is repeated: without it the segment would not end, and players wait."""
FAST_RATE = 31.0
"""More pictures a second count as 50 or 60."""
LEAST_RATE = 5.0
"""Pictures a second; where there are fewer, they are repeated. Chromium's own HLS player does not start on two."""
COPY_CONTAINERS = ("mov", "matroska", "flv")
"""Containers that keep one coding throughout and tell every key frame."""
COPY_PROFILES = frozenset({"Baseline", "Constrained Baseline", "Main", "High"})
COPY_LEVEL = 51
COPY_KEY_INTERVAL_MS = 12_000
AV1_RUNGS = 2
"""So many of the largest sizes are made in AV1 too: it saves most there, and small ones play everywhere."""
AV1_CRF = 13.0
"""CRF of SVT-AV1 above that of x264."""
SQUARE = 0.01
"""So far from 1 a pixel's shape may be and still count as square."""

_QUALITY = {
    Content.SLIDES: ((2160, 23.0), (1080, 22.5), (720, 23.0), (480, 24.5), (360, 26.0)),
    Content.CAMERA: ((2160, 22.0), (1080, 20.5), (720, 23.5), (480, 23.0), (360, 22.5)),
}
"""Short side -> x264 CRF. Measured with VMAF against the ladders of PeerTube and Opencast (docs/benchmarks.md). A small
picture is looked at enlarged, so it gets more quality per pixel; of slides, scaling takes more than coding does."""
_MAX_RATES = (
    (2160, 14_000),
    (1440, 9_000),
    (1080, 5_000),
    (720, 2_800),
    (480, 1_400),
    (360, 800),
    (240, 400),
    (144, 200),
)
"""Short side -> kbit/s that a connection must carry at most: those usual for these sizes at 30 pictures a second."""
_LEVELS = (
    (30, 40_500, 1_620),
    (31, 108_000, 3_600),
    (32, 216_000, 5_120),
    (40, 245_760, 8_192),
    (42, 522_240, 8_704),
    (50, 589_824, 22_080),
    (51, 983_040, 36_864),
    (52, 2_073_600, 36_864),
)
"""H.264 level x 10, macroblocks a second, macroblocks a picture (ITU-T H.264, table A-1)."""


@dataclass(frozen=True)
class Rung:
    """One rendition to make."""

    name: str
    """``720p``."""
    width: int
    height: int
    copied: bool
    """The source's own picture; the rest does not matter then."""
    crf: float
    max_rate: int
    """kbit/s."""
    level: int
    """H.264 level x 10."""
    content: Content
    """What it shows, which encoders are tuned to."""
    codec: str = "h264"
    """``h264``, or ``av1`` for one that comes besides."""

    def plain(self) -> dict[str, Any]:
        """As plain JSON, for a task's settings."""
        return dict(vars(self))

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Rung:
        """The rung that ``plain`` came from."""
        return cls(**{**plain, "content": Content(plain["content"])})


@dataclass(frozen=True)
class Ladder:
    """The renditions, best first, those in AV1 after all others."""

    rungs: tuple[Rung, ...]
    notes: tuple[str, ...]
    """What they show, why the first is copied or not, and what encodes them where it is hardware."""
    encoder: Encoder = Encoder.SOFTWARE
    """Of those in H.264 that are not copied."""


def ladder(probe: Probe, settings: TranscodeSettings) -> Ladder:
    """The rungs for a recording; none where it has no picture."""
    video = probe.video
    if video is None:
        return Ladder((), ("no picture: audio only",))
    width, height = display_size(video)
    short = min(width, height)
    top = min(short, max(settings.heights))
    obstacles = copy_obstacles(probe, video, settings)
    sides = [top, *sorted((one for one in settings.heights if one <= CLEARLY_SMALLER * top), reverse=True)]
    rungs = [_rung(video, width, height, side, copied=False) for side in sides]
    wanted = rungs[:AV1_RUNGS] if "av1" in settings.codecs else []
    more = [replace(rung, name=f"{rung.name}-av1", codec="av1", crf=_av1_crf(rung)) for rung in wanted]
    notes = [described(video)]
    if obstacles:
        notes += [f"picture encoded, not copied: {reason}" for reason in obstacles]
    else:
        notes.append("picture copied: it is ready for the web")
        rungs[0] = _rung(video, width, height, top, copied=True)
    encoder = Encoder.SOFTWARE if all(rung.copied for rung in rungs) else settings.encoder
    if encoder is not Encoder.SOFTWARE:
        notes.append(f"encoded in hardware, by {encoder}")
    return Ladder((*rungs, *more), tuple(notes), encoder)


def display_size(video: VideoTrack) -> tuple[int, int]:
    """Width and height in square pixels after rotation."""
    across, down = video.sample_aspect
    width, height = round(video.width * across / down), video.height
    return (height, width) if video.rotation % 180 == 90 else (width, height)


def copy_obstacles(probe: Probe, video: VideoTrack, settings: TranscodeSettings) -> list[str]:
    """Why the source's picture cannot be a rendition as it is; nothing when it can."""
    if video.codec != "h264":
        return [f"it is {video.codec}, not H.264"]
    width, height = display_size(video)
    shape = video.sample_aspect[0] / video.sample_aspect[1]
    allowed = 1.5 * max_rate(min(width, height), video.frame_rate)
    rules = (
        (not settings.copy_source, "copying is switched off"),
        (video.pixel_format not in {"yuv420p", "yuvj420p"}, f"its pixels are {video.pixel_format}, not 8-bit 4:2:0"),
        (video.profile not in COPY_PROFILES, f"its profile is {video.profile or 'not known'}"),
        (video.level > COPY_LEVEL, f"its level is {video.level / 10}"),
        (not probe.container.startswith(COPY_CONTAINERS), f"its container is {probe.container}"),
        (not video.timed, "its pictures have no times"),
        (video.interlaced, "it is interlaced"),
        (video.rotation != 0, "it is rotated"),
        (abs(shape - 1) > SQUARE, "its pixels are not square"),
        (video.transfer in {16, 18}, "it is HDR"),
        (min(width, height) > max(settings.heights), "it is larger than the largest rendition wanted"),
        (video.open_gop, "pictures lead its key frames (open GOP)"),
        (video.key_frames_ms[:1] > (video.start_ms,), "it does not begin with a key frame"),
        (video.max_key_interval_ms > COPY_KEY_INTERVAL_MS, f"its key frames are {video.max_key_interval_ms} ms apart"),
        (video.bit_rate > allowed * 1000, f"it has {video.bit_rate // 1000} kbit/s, more than {allowed:.0f}"),
        (not LEAST_RATE <= video.frame_rate <= MAX_FRAME_RATE, f"it has {video.frame_rate:g} pictures a second"),
        (video.longest_ms > LONGEST_MS, f"a picture of it stands for {video.longest_ms // 1000} s"),
        (chunks.copying(probe) is None, "no whole group of pictures is left of it"),
        (probe.is_trimmed and (width % 2 or height % 2), "it is trimmed, and has an odd size"),
        (probe.corrupt_packets > 0, "it has damaged packets"),
    )  # fmt: skip
    return [reason for obstacle, reason in rules if obstacle]


def is_sparse(video: VideoTrack) -> bool:
    """Whether pictures have to be repeated because they are few, or one of them stands for long."""
    return video.frame_rate < LEAST_RATE or video.longest_ms > LONGEST_MS


def is_retimed(video: VideoTrack) -> bool:
    """Whether what is encoded has other pictures than the source: some are left out, or repeated."""
    return video.frame_rate > MAX_FRAME_RATE or is_sparse(video)


def frame_rate(video: VideoTrack) -> float:
    """Pictures a second of what is encoded; where some are repeated, the most that there are in any second."""
    if is_sparse(video):
        return 60.0 if video.frame_rate > FAST_RATE else 30.0
    return min(video.frame_rate or 25.0, MAX_FRAME_RATE)


def max_rate(short_side: int, frame_rate: float) -> int:
    """kbit/s that a rung may need at most, from the two sizes around it; half more for 50 or 60 pictures a second."""
    rate = float(_interpolated(_MAX_RATES, short_side))
    return round(rate * (1.5 if frame_rate > FAST_RATE else 1.0))


def _interpolated(table: tuple[tuple[int, float], ...], side: int) -> float:
    """Between the rows of a table that falls; beyond its ends, their values."""
    if side >= table[0][0]:
        return table[0][1]
    for (upper, high), (lower, low) in pairwise(table):
        if side >= lower:
            return low + (high - low) * (side - lower) / (upper - lower)
    return table[-1][1]


def _rung(video: VideoTrack, width: int, height: int, side: int, *, copied: bool) -> Rung:
    short = min(width, height)
    scaled = _even(width * side / short), _even(height * side / short)
    across, down = (video.width, video.height) if copied else scaled
    rate = frame_rate(video)
    kind = content(video)
    return Rung(
        name=f"{min(across, down)}p",
        width=across,
        height=down,
        copied=copied,
        crf=round(_interpolated(_QUALITY[kind], side), 1),
        max_rate=max_rate(side, rate),
        level=_level(across, down, rate),
        content=kind,
    )


def _av1_crf(rung: Rung) -> float:
    """The scale of SVT-AV1 goes to 63, that of x264 to 51."""
    return float(round(rung.crf + AV1_CRF))


def _even(value: float) -> int:
    return max(2, 2 * round(value / 2))


def _level(width: int, height: int, rate: float) -> int:
    """The lowest H.264 level that such pictures fit in."""
    picture = -(-width // 16) * -(-height // 16)
    for level, per_second, per_picture in _LEVELS:
        if picture <= per_picture and picture * rate <= per_second:
            return level
    return _LEVELS[-1][0]
