"""Writing one MP4 file with two lives: an ordinary faststart MP4, and the media of an HLS playlist.

Layout::

    ftyp  moov  mdat { priming  [moof mdat] [moof mdat] … }

A player of files reads ``moov``, whose tables point at samples inside the outer ``mdat``, and never looks at the
fragments. An HLS player never sees ``moov`` and the outer ``mdat``: it reads a small init file and the byte ranges of
the fragments. Both see the same samples at the same times:

* In the fragments, decode times are the sorted presentation times and composition offsets are signed (as CMAF,
  ISO/IEC 23000-19, has it), so that no edit list is needed and all renditions agree on time without any shift.
* In ``moov``, composition offsets are unsigned and an edit list takes the shift back: what the oldest players know.
* Sound that is only decoded (an encoder's priming) is hidden by the edit list of ``moov``, and not in any fragment.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipeline.errors import MediaError
from pipeline.media.boxes import box, full_box
from pipeline.media.samples import Numbers, Samples
from pipeline.media.tables import BRANDS, INIT_BRANDS, Placed, moov, moov_init

_COPY_BYTES = 4 * 1024**2
_KEEP_FLAGS = 0x0200_0000
"""Sample flags (14496-12, 8.8.3.1): depends on no other sample."""
_DEPENDENT_FLAGS = 0x0101_0000
"""Depends on others, and is no sync sample."""


@dataclass(frozen=True)
class Segment:
    """A part of the file that can be played on its own: one fragment."""

    offset: int
    """Bytes from the start of the file."""
    size: int
    duration_ms: float


@dataclass(frozen=True)
class _Lane:
    """A track with its decode times (the sorted presentation times) and durations, ticks."""

    track: Samples
    decode: Numbers
    duration: Numbers


@dataclass(frozen=True)
class _Piece:
    """Samples ``first`` to ``last`` (exclusive) of a track, in one fragment."""

    lane: _Lane
    first: int
    last: int

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.lane.track.size[self.first : self.last].sum())


def write(target: Path, init: Path, tracks: Sequence[Samples], cuts_ms: Sequence[int]) -> list[Segment]:
    """Write ``target`` and the HLS ``init`` file beside it.

    Args:
        target: the MP4 file to write.
        init: the init file to write.
        tracks: at most one picture track, then the sound, all from 0 ms on.
        cuts_ms: where segments start, ascending, the first at 0; pictures must have a key frame there.

    Returns:
        The segments in order.

    Raises:
        MediaError: there is no key frame where there should be one.
    """
    lanes = [_lane(track) for track in tracks]
    bounds = [_bounds(track, cuts_ms) for track in tracks]
    fragments = [
        [_Piece(lane, at[number], at[number + 1]) for lane, at in zip(lanes, bounds, strict=True)]
        for number in range(len(cuts_ms))
    ]
    fragments = [pieces for pieces in fragments if any(piece.first < piece.last for piece in pieces)]
    priming = [_Piece(lane, 0, at[0]) for lane, at in zip(lanes, bounds, strict=True)]
    heads = [_fragment_head(number, pieces) for number, pieces in enumerate(fragments, start=1)]
    parts = [(b"", priming), *zip(heads, fragments, strict=True)]
    placed, sizes = _place(parts, len(tracks))
    head = _head(tracks, placed, sum(sizes))
    with target.open("wb") as file:
        file.write(head)
        for fragment_head, pieces in parts:
            file.write(fragment_head)
            for piece in pieces:
                _copy(piece, file)
    init.write_bytes(box(b"ftyp", INIT_BRANDS) + moov_init(tracks))
    return _segments(fragments, tracks, len(head) + sizes[0], sizes[1:])


def _lane(track: Samples) -> _Lane:
    decode = np.sort(track.time)
    return _Lane(track, decode, np.diff(np.append(decode, track.end)))


def _bounds(track: Samples, cuts_ms: Sequence[int]) -> list[int]:
    """Index of the first sample of each segment, and the number of samples."""
    if not track.video:
        found = [int(np.searchsorted(track.time, _ticks(ms, track))) for ms in cuts_ms]
        return [*found, len(track)]
    order = np.argsort(track.time, kind="stable")
    times = track.time[order]
    result = []
    for ms in cuts_ms:
        rank = int(np.searchsorted(times, _ticks(ms, track)))
        if rank == len(times):
            result.append(len(track))
            continue
        index = int(order[rank])
        if not track.sync[index]:
            raise MediaError("MP4", f"has no key frame at {ms} ms, where a segment is to start")
        result.append(index)
    return [*result, len(track)]


def _ticks(ms: int, track: Samples) -> int:
    return ms * track.timescale // 1000


def _place(parts: Sequence[tuple[bytes, Sequence[_Piece]]], tracks: int) -> tuple[list[Placed], list[int]]:
    """Where every run of samples lies within the outer ``mdat``; and the size of each part."""
    position = 0
    starts: list[list[int]] = [[] for _ in range(tracks)]
    counts: list[list[int]] = [[] for _ in range(tracks)]
    sizes = []
    for head, pieces in parts:
        begin = position
        position += len(head)
        for index, piece in enumerate(pieces):
            if piece.first < piece.last:
                starts[index].append(position)
                counts[index].append(piece.last - piece.first)
            position += piece.size
        sizes.append(position - begin)
    return [Placed(np.array(at, np.int64), np.array(n, np.int64)) for at, n in zip(starts, counts, strict=True)], sizes


def _head(tracks: Sequence[Samples], placed: Sequence[Placed], payload: int) -> bytes:
    """Everything before the samples. The index is built twice: its length is known only then."""
    ftyp = box(b"ftyp", BRANDS)
    mdat = struct.pack(">I4sQ", 1, b"mdat", 16 + payload)
    wide = payload > 2**32 - 2**28
    length = len(ftyp) + len(moov(tracks, placed, 0, wide=wide)) + len(mdat)
    return ftyp + moov(tracks, placed, length, wide=wide) + mdat


def _fragment_head(number: int, pieces: Sequence[_Piece]) -> bytes:
    """``moof`` and the header of its ``mdat``."""
    present = [(index, piece) for index, piece in enumerate(pieces, start=1) if piece.first < piece.last]
    payload = sum(piece.size for _, piece in present)
    length = len(_moof(number, present, 0))
    return _moof(number, present, length + 8) + struct.pack(">I4s", 8 + payload, b"mdat")


def _moof(number: int, pieces: Sequence[tuple[int, _Piece]], data_offset: int) -> bytes:
    parts = [full_box(b"mfhd", 0, 0, struct.pack(">I", number))]
    for track_id, piece in pieces:
        parts.append(_traf(track_id, piece, data_offset))
        data_offset += piece.size
    return box(b"moof", *parts)


def _traf(track_id: int, piece: _Piece, data_offset: int) -> bytes:
    track, decode, rows = piece.lane.track, piece.lane.decode, slice(piece.first, piece.last)
    tfhd = full_box(b"tfhd", 0, 0x02_0000, struct.pack(">I", track_id))  # data offsets count from the moof
    tfdt = full_box(b"tfdt", 1, 0, struct.pack(">Q", int(decode[piece.first])))
    size, duration = track.size[rows], piece.lane.duration[rows]
    if track.video:
        flags = np.where(track.sync[rows], _KEEP_FLAGS, _DEPENDENT_FLAGS)
        columns, present = [duration, size, flags, track.time[rows] - decode[rows]], 0xF01
    else:
        columns, present = [duration, size], 0x301
    table = np.stack(columns, axis=1).astype(">i4").tobytes()
    trun = full_box(b"trun", 1, present, struct.pack(">Ii", piece.last - piece.first, data_offset), table)
    return box(b"traf", tfhd, tfdt, trun)


def _copy(piece: _Piece, target: BinaryIO) -> None:
    """Copy the bytes of consecutive samples, in as few reads as the sources allow."""
    track = piece.lane.track
    rows = slice(piece.first, piece.last)
    if piece.first >= piece.last:
        return
    file, offset, size = track.file[rows], track.offset[rows], track.size[rows]
    breaks = np.flatnonzero((offset[1:] != offset[:-1] + size[:-1]) | (file[1:] != file[:-1])) + 1
    for first, last in zip([0, *breaks.tolist()], [*breaks.tolist(), len(size)], strict=True):
        with track.files[int(file[first])].open("rb") as source:
            source.seek(int(offset[first]))
            _copy_bytes(source, target, int(size[first:last].sum()))


def _copy_bytes(source: BinaryIO, target: BinaryIO, count: int) -> None:
    while count:
        data = source.read(min(count, _COPY_BYTES))
        if not data:
            raise MediaError("MP4", "ends within its samples")
        target.write(data)
        count -= len(data)


def _segments(
    fragments: Sequence[Sequence[_Piece]], tracks: Sequence[Samples], start: int, sizes: Sequence[int]
) -> list[Segment]:
    """Each fragment's place; it lasts from its first sample to that of the next one."""
    begins = [_begin_ms(pieces) for pieces in fragments]
    end = max(track.end * 1000 / track.timescale for track in tracks)
    result = []
    for size, begin, after in zip(sizes, begins, [*begins[1:], end], strict=True):
        result.append(Segment(start, size, after - begin))
        start += size
    return result


def _begin_ms(pieces: Sequence[_Piece]) -> float:
    """Pictures lead, where there are any."""
    lead = next(piece for piece in pieces if piece.first < piece.last)
    track = lead.lane.track
    return float(np.min(track.time[lead.first : lead.last]) * 1000 / track.timescale)
