"""The index (``moov``) of an MP4 file, built from sample tables: the whole one, and the empty one of an init file."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.media.boxes import box, full_box
from pipeline.media.samples import Numbers, Samples

MOVIE_SCALE = 90_000
BRANDS = struct.pack(">4sI4s4s4s4s", b"isom", 512, b"isom", b"iso2", b"avc1", b"mp41")
INIT_BRANDS = struct.pack(">4sI4s4s4s", b"iso6", 1, b"iso6", b"cmfc", b"mp41")
_UNITY = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_UNDETERMINED = 0x55C4
"""Language ``und``, packed: languages are told by the playlists."""


@dataclass(frozen=True)
class Placed:
    """Where the runs of one track's samples lie, relative to the first byte of samples."""

    start: Numbers
    count: Numbers
    """Samples per run."""


def moov(tracks: Sequence[Samples], placed: Sequence[Placed], base: int, *, wide: bool) -> bytes:
    """The whole index; ``base`` is where the samples start in the file, ``wide`` uses 64-bit offsets."""
    length = max(_movie_ticks(track.end, track) for track in tracks)
    traks = [
        _trak(number, track, _whole_table(track, at, base, wide=wide), _edits(track))
        for number, (track, at) in enumerate(zip(tracks, placed, strict=True), start=1)
    ]
    return box(b"moov", _mvhd(length, len(tracks)), *traks)


def moov_init(tracks: Sequence[Samples]) -> bytes:
    """The index of an init file: what the tracks are, without samples."""
    traks = [_trak(number, track, _empty_table(track), None) for number, track in enumerate(tracks, start=1)]
    trex = [full_box(b"trex", 0, 0, struct.pack(">5I", number, 1, 0, 0, 0)) for number in range(1, len(tracks) + 1)]
    return box(b"moov", _mvhd(0, len(tracks)), *traks, box(b"mvex", *trex))


def _movie_ticks(ticks: int, track: Samples) -> int:
    return ticks * MOVIE_SCALE // track.timescale


def _mvhd(length: int, tracks: int) -> bytes:
    head = struct.pack(">QQIQ", 0, 0, MOVIE_SCALE, length)
    rest = struct.pack(">IHH8x", 1 << 16, 1 << 8, 0) + _UNITY + bytes(24) + struct.pack(">I", tracks + 1)
    return full_box(b"mvhd", 1, 0, head, rest)


def _trak(number: int, track: Samples, table: bytes, edits: bytes | None) -> bytes:
    whole = edits is not None
    media_length = track.end - int(track.time.min()) if whole else 0
    tkhd = struct.pack(
        ">QQII Q8xHHHH",
        0,
        0,
        number,
        0,
        _movie_ticks(track.end, track) if whole else 0,
        0,
        0,
        0 if track.video else 256,
        0,
    )
    size = struct.pack(">II", track.width << 16, track.height << 16)
    mdhd = struct.pack(">QQIQHH", 0, 0, track.timescale, media_length, _UNDETERMINED, 0)
    kind, name, header = (
        (b"vide", b"Picture\0", full_box(b"vmhd", 0, 1, bytes(8)))
        if track.video
        else (b"soun", b"Sound\0", full_box(b"smhd", 0, 0, bytes(4)))
    )
    dinf = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    return box(
        b"trak",
        full_box(b"tkhd", 1, 3, tkhd, _UNITY, size),
        edits or b"",
        box(
            b"mdia",
            full_box(b"mdhd", 1, 0, mdhd),
            full_box(b"hdlr", 0, 0, struct.pack(">4x4s12x", kind), name),
            box(b"minf", header, dinf, table),
        ),
    )


def _edits(track: Samples) -> bytes:
    """Skip what lies before the start, which is also the shift that unsigned composition offsets need."""
    hidden = max(0, -int(track.time.min())) + _composition_shift(track)
    entry = struct.pack(">QqHH", _movie_ticks(track.end, track), hidden, 1, 0)
    return box(b"edts", full_box(b"elst", 1, 0, struct.pack(">I", 1), entry))


def _composition_shift(track: Samples) -> int:
    return max(0, -int((track.time - np.sort(track.time)).min()))


def _stsd(track: Samples) -> bytes:
    return full_box(b"stsd", 0, 0, struct.pack(">I", 1), track.entry)


def _empty_table(track: Samples) -> bytes:
    nothing = struct.pack(">I", 0)
    empty = [full_box(name, 0, 0, nothing) for name in (b"stts", b"stsc", b"stco")]
    return box(b"stbl", _stsd(track), *empty, full_box(b"stsz", 0, 0, nothing, nothing))


def _whole_table(track: Samples, placed: Placed, base: int, *, wide: bool) -> bytes:
    decode = np.sort(track.time)
    durations = np.diff(np.append(decode, track.end))
    parts = [_stsd(track), full_box(b"stts", 0, 0, _runs(durations))]
    if not np.array_equal(decode, track.time):
        parts.append(full_box(b"ctts", 0, 0, _runs(track.time - decode + _composition_shift(track))))
    if not track.sync.all():
        parts.append(full_box(b"stss", 0, 0, _listed(np.flatnonzero(track.sync) + 1, ">u4")))
    parts.append(full_box(b"stsc", 0, 0, _chunk_runs(placed.count)))
    parts.append(full_box(b"stsz", 0, 0, bytes(4), _listed(track.size, ">u4")))
    name, kind = (b"co64", ">u8") if wide else (b"stco", ">u4")
    parts.append(full_box(name, 0, 0, _listed(placed.start + base, kind)))
    return box(b"stbl", *parts)


def _listed(values: Numbers, kind: str) -> bytes:
    return struct.pack(">I", len(values)) + values.astype(kind).tobytes()


def _changes(values: Numbers) -> Numbers:
    """Indexes at which a value differs from the one before, 0 included."""
    return np.concatenate(([0], np.flatnonzero(np.diff(values)) + 1))


def _runs(values: Numbers) -> bytes:
    first = _changes(values)
    lengths = np.diff(np.append(first, len(values)))
    return struct.pack(">I", len(first)) + np.stack([lengths, values[first]], axis=1).astype(">u4").tobytes()


def _chunk_runs(counts: Numbers) -> bytes:
    first = _changes(counts)
    rows = np.stack([first + 1, counts[first], np.ones(len(first), np.int64)], axis=1)
    return struct.pack(">I", len(first)) + rows.astype(">u4").tobytes()
