"""Where a recording is cut: into chunks of work, and into segments of the HLS presentation. Pure; milliseconds.

Chunks start at key frames of the source, so that each can be decoded on its own. Segments start where all renditions
have a key frame: at key frames of the source when it is copied, else every ``SEGMENT_MS``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.media.content import Content, content
from pipeline.media.probe import Probe, VideoTrack

CHUNK_MS = 90_000
"""About so much is decoded and encoded in one go: what a killed run may have to do again."""
SEGMENT_MS = 6_000
"""Apple's advice; a third fewer bytes for key frames than the 4 s of others."""
COPIED_SEGMENT_MS = {Content.SLIDES: 6_000, Content.CAMERA: 4_000}
"""Segments of a copied source are at least so long, and end with the next of its key frames. In a picture that stands,
key frames are most of the bytes, and a segment is small however long it is."""
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
        seek_ms: where to enter the file; somewhat after the key frame, for demuxers that aim too early. ``None`` where
            it is read from its beginning.
        frames: pictures that the source has there.
        cuts_ms: where segments start, counted from the start of the recording.
        first_ms: when its first picture appears, where the source is trimmed just there; often before ``start_ms``,
            since a recording may begin while a picture stands.
    """

    start_ms: int
    end_ms: int | None
    seek_ms: int | None
    frames: int
    cuts_ms: tuple[int, ...]
    first_ms: int | None = None


@dataclass(frozen=True)
class Copying:
    """What of a source's picture is copied: whole groups of pictures.

    Attributes:
        start_ms: the key frame to start with.
        end_ms: the key frame to stop before; ``None`` for the end of the source.
        edges: what lies before and after, to be encoded.
    """

    start_ms: int
    end_ms: int | None
    edges: tuple[Chunk, ...]


def plan(probe: Probe, *, copied: bool) -> tuple[Chunk, ...]:
    """The chunks of a recording with picture; together they hold every picture once."""
    video = probe.video
    if video is None:
        return ()
    spacing = COPIED_SEGMENT_MS[content(video)]
    keys = [key for key in video.key_frames_ms if key > 0]
    starts = [0, *(_spaced(keys, 0, video.end_ms, CHUNK_MS, CHUNK_MS // 2) if can_seek(probe) else [])]
    chunks = []
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        last = end if end is not None else video.end_ms
        cuts = _spaced(keys, start, last, spacing, SHORTEST_MS) if copied else _regular(start, last)
        chunks.append(_chunk(probe, video, (start, end), cuts))
    return tuple(chunks)


def _chunk(probe: Probe, video: VideoTrack, span: tuple[int, int | None], cuts: Sequence[int] = ()) -> Chunk:
    """The chunk from one key frame (or the start of the recording) to another (or the end)."""
    start, end = span
    index = dict(zip(video.key_frames_ms, video.key_frame_index, strict=True))
    frames = (index[end] if end is not None else video.frames) - (index[start] if start else 0)
    if end is None and _goes_on(probe):
        end = probe.duration_ms
    first = video.start_ms if start == 0 and probe.trimmed_ms else None
    seek = None
    if can_seek(probe) and (start or first is not None):
        seek = _seek(video.key_frames_ms, start or video.key_frames_ms[0])
    return Chunk(start, end, seek, frames, (start, *cuts), first)


def can_seek(probe: Probe) -> bool:
    """Whether the file can be entered exactly at its key frames; an edit list may hide the only one."""
    video = probe.video
    if video is None or not video.key_frames_ms:
        return False
    return video.seekable and probe.container.startswith(SEEKABLE)


def _goes_on(probe: Probe) -> bool:
    """Whether the source goes on after the end of the recording."""
    return probe.trimmed_ms + probe.duration_ms < probe.source_ms


def copying(probe: Probe) -> Copying | None:
    """What of the picture is copied when the source is the top rung; ``None`` where no whole group is left.

    A recording that is trimmed starts and ends within groups of pictures, as a rule; the rests of those are encoded.
    """
    video = probe.video
    if video is None or not video.key_frames_ms:
        return None
    start, *keys = video.key_frames_ms
    if start < video.start_ms and keys:
        start = keys.pop(0)
    if start < video.start_ms or (not keys and _goes_on(probe)):
        return None
    end = keys[-1] if _goes_on(probe) else None
    edges = [_chunk(probe, video, (0, start))] if start > max(0, video.start_ms) else []
    edges += [_chunk(probe, video, (end, None))] if end is not None else []
    return Copying(start, end, tuple(edges))


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
