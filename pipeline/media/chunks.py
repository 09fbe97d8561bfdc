"""Where a recording is cut: into chunks of work, and into segments of the HLS presentation. Pure; milliseconds.

Chunks start at key frames of the source, so that each can be decoded on its own. Segments start where all renditions
have a key frame: at key frames of the source when it is copied, else every ``SEGMENT_MS``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.media.probe import Probe

CHUNK_MS = 90_000
"""About so much is decoded and encoded in one go: what a killed run may have to do again."""
SEGMENT_MS = 6_000
"""Apple's advice; a third fewer bytes for key frames than the 4 s of others."""
COPIED_SEGMENT_MS = 4_000
"""Segments of a copied source are at least so long, and end with the next of its key frames."""
SHORTEST_MS = 2_000
"""No segment is planned to be shorter, except the whole recording."""
SEEKABLE = ("mov", "matroska")
"""Containers with an index of key frames: only there does seeking land exactly."""


@dataclass(frozen=True)
class Chunk:
    """A piece of the recording to decode and encode in one go.

    Attributes:
        start_ms: inclusive.
        end_ms: exclusive; ``None`` for the end of the recording.
        seek_ms: where to enter the file; somewhat after the key frame, for demuxers that aim too early.
        frames: pictures that the source has there.
        cuts_ms: where segments start, counted from the start of the recording.
    """

    start_ms: int
    end_ms: int | None
    seek_ms: int
    frames: int
    cuts_ms: tuple[int, ...]


def plan(probe: Probe, *, copied: bool) -> tuple[Chunk, ...]:
    """The chunks of a recording with picture; together they hold every picture once."""
    video = probe.video
    if video is None:
        return ()
    index = dict(zip(video.key_frames_ms, video.key_frame_index, strict=True))
    keys = [key for key in video.key_frames_ms if key > 0]
    can_seek = video.seekable and probe.container.startswith(SEEKABLE)
    starts = [0, *(_spaced(keys, 0, video.end_ms, CHUNK_MS, CHUNK_MS // 2) if can_seek else [])]
    chunks = []
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else None
        last = end if end is not None else video.end_ms
        cuts = _spaced(keys, start, last, COPIED_SEGMENT_MS, SHORTEST_MS) if copied else _regular(start, last)
        after = index[end] if end is not None else video.frames
        frames = after - (index[start] if start else 0)
        chunks.append(Chunk(start, end, _seek(keys, start), frames, (start, *cuts)))
    return tuple(chunks)


def audio_cuts(duration_ms: int) -> tuple[int, ...]:
    """Where segments of a recording without picture start."""
    return (0, *_regular(0, duration_ms))


def _spaced(keys: Sequence[int], start: int, end: int, spacing: int, rest: int) -> list[int]:
    """Keys between start and end, at least ``spacing`` apart, the last at least ``rest`` before the end."""
    found: list[int] = []
    position = bisect_left(keys, start + spacing)
    while position < len(keys) and keys[position] <= end - rest:
        found.append(keys[position])
        position = bisect_left(keys, keys[position] + spacing)
    return found


def _regular(start: int, end: int) -> list[int]:
    return list(range(start + SEGMENT_MS, end - SHORTEST_MS, SEGMENT_MS))


def _seek(keys: Sequence[int], start: int) -> int:
    """Where no presentation times are in the index, ffmpeg enters 131 ms early: aim later, if there is room."""
    following = bisect_left(keys, start + 1)
    room = (keys[following] - start) // 2 if following < len(keys) else 200
    return start + min(200, room)
