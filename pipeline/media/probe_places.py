"""What entering a file here and there tells: part of the confined probe (standard library and PyAV only)."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import Any

import av

from pipeline.media.probe_tracks import Pictures

SEEK_TRIALS = 100
PLACES = 4
LOOKED_AT = 20
"""At so many places, so many pictures are decoded to see whether they are interlaced."""


def can_seek(container: Any, track: Pictures) -> bool:
    """Whether entering the file at key frames lands exactly there, tried at some of them.

    It does not in files whose index is wrong, and in some that are fragmented.
    """
    keys = sorted(track.keys)
    for key in keys[:: len(keys) // SEEK_TRIALS + 1]:
        try:
            container.seek(key, stream=track.stream)
            packet = next(one for one in container.demux(track.stream) if one.size and not one.is_discard)
        except (av.error.FFmpegError, StopIteration):
            return False
        if packet.pts != key or not packet.is_keyframe:
            return False
    return True


def has_fields(container: Any, track: Pictures) -> bool:
    """Whether pictures here and there are interlaced: a first one may be a title that is not."""
    length = track.end_s() - track.start_s()
    for place in range(PLACES):
        with suppress(av.error.FFmpegError):
            container.seek(int((track.start_s() + length * place / PLACES) / track.base), stream=track.stream)
            packets = islice((one for one in container.demux(track.stream) if one.size), LOOKED_AT)
            if any(frame.interlaced_frame for packet in packets for frame in _decoded(packet)):
                return True
    return False


def _decoded(packet: Any) -> list[Any]:
    """Its pictures; none where it cannot be decoded, as some that follow a jump."""
    try:
        return list(packet.decode())
    except (av.error.FFmpegError, NotImplementedError):
        return []
