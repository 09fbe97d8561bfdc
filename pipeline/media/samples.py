"""Sample tables: what an MP4 track consists of, as arrays; reading them from a file, joining and retiming them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import MediaError
from pipeline.media.boxes import VISUAL_ENTRY_BYTES, Box, box, boxes, read_moov

Numbers = NDArray[np.int64]
_ENCODER_NAME = slice(42, 74)
"""Where a VisualSampleEntry keeps ``compressorname``."""


@dataclass(frozen=True)
class Samples:
    """One track, in decoding order. Arrays have one element per sample.

    Attributes:
        video: whether it is picture; else sound.
        timescale: ticks per second.
        entry: the sample entry box (codec and its configuration).
        width: pixels, 0 for sound.
        height: pixels, 0 for sound.
        files: where the bytes are.
        file: index into ``files``.
        offset: bytes from the start of that file.
        size: bytes.
        time: when it is presented, ticks after the start of the recording; negative for what is only decoded.
        sync: whether decoding can start here.
        end: when the last sample ends, ticks.
    """

    video: bool
    timescale: int
    entry: bytes
    width: int
    height: int
    files: tuple[Path, ...]
    file: Numbers
    offset: Numbers
    size: Numbers
    time: Numbers
    sync: NDArray[np.bool_]
    end: int

    def __len__(self) -> int:
        return len(self.size)


def read(path: Path) -> list[Samples]:
    """The tracks of an MP4 file that is not fragmented.

    Raises:
        MediaError: it is not one.
    """
    length = path.stat().st_size
    with path.open("rb") as file:
        moov = read_moov(file, length)
    (movie_scale,) = struct.unpack_from(">I", moov.child(b"mvhd").content, _after_dates(moov.child(b"mvhd")))
    tracks = [_track(one, movie_scale, path) for one in moov.children() if one.kind == b"trak"]
    return [one for one in tracks if one is not None]


def _after_dates(header: Box) -> int:
    """Where the time scale stands in ``mvhd`` and ``mdhd``, which begin with two dates."""
    return 20 if header.content[0] == 1 else 12


def _track(trak: Box, movie_scale: int, path: Path) -> Samples | None:
    media = trak.child(b"mdia")
    kind = media.child(b"hdlr").content[8:12]
    if kind not in {b"vide", b"soun"}:
        return None
    (timescale,) = struct.unpack_from(">I", media.child(b"mdhd").content, _after_dates(media.child(b"mdhd")))
    table = media.child(b"minf", b"stbl")
    size = _sizes(table)
    count = len(size)
    durations = _runs(table, b"stts", ">u4")
    if len(durations) != count or count == 0:
        raise MediaError("MP4", "has a track without samples" if count == 0 else "has a sample table that is wrong")
    decode = np.concatenate(([0], np.cumsum(durations)[:-1]))
    shift = _runs(table, b"ctts", ">i4") if table.find(b"ctts") else np.zeros(count, np.int64)
    start = _edit(trak, movie_scale, timescale)
    time = decode + shift + start
    width, height = _dimensions(trak) if kind == b"vide" else (0, 0)
    return Samples(
        video=kind == b"vide",
        timescale=timescale,
        entry=_entry(table),
        width=width,
        height=height,
        files=(path,),
        file=np.zeros(count, np.int64),
        offset=_offsets(table, size),
        size=size,
        time=time,
        sync=_sync(table, count),
        end=int((time + durations).max()),
    )


def _numbers(content: bytes, kind: str, skip: int = 8) -> Numbers:
    (count,) = struct.unpack_from(">I", content, skip - 4)
    return np.frombuffer(content, kind, count, skip).astype(np.int64)


def _runs(table: Box, name: bytes, kind: str) -> Numbers:
    """A run-length coded box (``stts``, ``ctts``) as one value per sample."""
    content = table.child(name).content
    (count,) = struct.unpack_from(">I", content, 4)
    pairs = np.frombuffer(content, [("count", ">u4"), ("value", kind)], count, 8)
    return np.repeat(pairs["value"].astype(np.int64), pairs["count"].astype(np.int64))


def _sizes(table: Box) -> Numbers:
    content = table.child(b"stsz").content
    same, count = struct.unpack_from(">II", content, 4)
    return np.full(count, same, np.int64) if same else _numbers(content, ">u4", 12)


def _offsets(table: Box, size: Numbers) -> Numbers:
    large = table.find(b"co64")
    chunks = _numbers(large.content, ">u8") if large else _numbers(table.child(b"stco").content, ">u4")
    content = table.child(b"stsc").content
    (count,) = struct.unpack_from(">I", content, 4)
    fields = [("first", ">u4"), ("samples", ">u4"), ("entry", ">u4")]
    runs = np.frombuffer(content, fields, count, 8)
    lengths = np.diff(np.append(runs["first"].astype(np.int64), len(chunks) + 1))
    per_chunk = np.repeat(runs["samples"].astype(np.int64), lengths)
    first = np.concatenate(([0], np.cumsum(per_chunk)[:-1]))
    before = np.concatenate(([0], np.cumsum(size)))
    return np.repeat(chunks - before[first], per_chunk) + before[:-1]


def _sync(table: Box, count: int) -> NDArray[np.bool_]:
    found = table.find(b"stss")
    if found is None:
        return np.ones(count, np.bool_)
    sync = np.zeros(count, np.bool_)
    sync[_numbers(found.content, ">u4") - 1] = True
    return sync


def _edit(trak: Box, movie_scale: int, timescale: int) -> int:
    """Ticks to add to media times: an edit list may delay the track and skip its beginning."""
    found = trak.find(b"edts", b"elst")
    if found is None:
        return 0
    content = found.content
    (count,) = struct.unpack_from(">I", content, 4)
    wide = content[0] == 1
    start = 0
    for index in range(count):
        duration, media_time = struct.unpack_from(">Qq" if wide else ">Ii", content, 8 + index * (20 if wide else 12))
        if media_time >= 0:
            return start - int(media_time)
        start += round(duration * timescale / movie_scale)
    return start


def _dimensions(trak: Box) -> tuple[int, int]:
    content = trak.child(b"mdia", b"minf", b"stbl", b"stsd").content
    width, height = struct.unpack_from(">HH", content, 8 + 8 + 24)
    return width, height


def _entry(table: Box) -> bytes:
    """The sample entry without the encoder's name, and without bit rates, which differ between pieces of one encode."""
    entries = list(table.child(b"stsd").children(8))
    if len(entries) != 1:
        raise MediaError("MP4", f"changes its coding in the middle: it has {len(entries)} sample descriptions")
    entry = entries[0]
    if entry.kind == b"mp4a":
        return box(entry.kind, entry.content)
    kept = [one for one in boxes(entry.content[VISUAL_ENTRY_BYTES:]) if one.kind != b"btrt"]
    fixed = entry.content[: _ENCODER_NAME.start] + bytes(32) + entry.content[_ENCODER_NAME.stop : VISUAL_ENTRY_BYTES]
    return box(entry.kind, fixed, *(box(one.kind, one.content) for one in kept))


def join(pieces: Sequence[tuple[Samples, int]]) -> Samples:
    """One track of consecutive pieces, each with the milliseconds at which it starts.

    Raises:
        MediaError: they were not encoded alike.
    """
    first = pieces[0][0]
    if any((one.entry, one.timescale) != (first.entry, first.timescale) for one, _ in pieces):
        raise MediaError("MP4", "cannot be joined: its pieces were not encoded alike")
    starts = [ms * first.timescale // 1000 for _, ms in pieces]
    counts = [len(one) for one, _ in pieces]
    shifted = replace(
        first,
        files=tuple(path for one, _ in pieces for path in one.files),
        file=np.repeat(np.arange(len(pieces)), counts),
        time=_joined([one.time + start for (one, _), start in zip(pieces, starts, strict=True)]),
        end=pieces[-1][0].end + starts[-1],
    )
    return replace(
        shifted, **{name: _joined([getattr(p, name) for p, _ in pieces]) for name in ("offset", "size", "sync")}
    )


def _joined(arrays: Sequence[Any]) -> Any:
    return np.concatenate(arrays)


def start_at_zero(track: Samples) -> Samples:
    """The pictures from the first key frame that is shown on, which is shown from the very start.

    What an edit list of the source hides before it is left out; and a player that needs picture and sound to begin
    would wait, or skip what comes before, if the first picture came late.
    """
    shown = np.flatnonzero(track.sync & (track.time >= 0))
    first = int(shown[0]) if len(shown) else 0
    arrays = {name: getattr(track, name)[first:].copy() for name in ("file", "offset", "size", "time", "sync")}
    arrays["time"][int(np.argmin(arrays["time"]))] = 0
    return replace(track, **arrays)


def end_by(track: Samples, end_ms: int) -> Samples:
    """The same track, ended by ``end_ms``: an edit list of the source may end it early.

    Pictures that it hides are left out as far as no other one can need them: those that are decoded last.
    """
    limit = end_ms * track.timescale // 1000
    kept = len(track)
    while kept > 1 and track.time[kept - 1] >= limit:
        kept -= 1
    arrays = {name: getattr(track, name)[:kept] for name in ("file", "offset", "size", "time", "sync")}
    end = max(limit, int(arrays["time"].max()) + 1)
    return replace(track, end=min(track.end, end), **arrays)


def groups(track: Samples, start_ms: int, end_ms: int | None) -> Samples:
    """The samples from the key frame at ``start_ms`` to that at ``end_ms`` (exclusive), or to the end.

    Raises:
        MediaError: there is no key frame there.
    """
    first = _key_at(track, start_ms)
    last = len(track) if end_ms is None else _key_at(track, end_ms)
    arrays = {name: getattr(track, name)[first:last].copy() for name in ("file", "offset", "size", "time", "sync")}
    arrays["time"][0] = max(0, arrays["time"][0])  # a picture that stands when the recording starts
    return replace(track, **arrays)


def _key_at(track: Samples, ms: int) -> int:
    """Index of the key frame at ``ms``; that was rounded down."""
    keys = np.flatnonzero(track.sync)
    late = track.time[keys] - ms * track.timescale // 1000
    near = keys[(late >= -1) & (late <= 2 * track.timescale // 1000 + 1)]
    if len(near) == 0:
        raise MediaError("MP4", f"has no key frame at {ms} ms")
    return int(near[0])


def shifted(track: Samples, ms: int) -> Samples:
    """The same track ``ms`` later."""
    ticks = ms * track.timescale // 1000
    return replace(track, time=track.time + ticks, end=track.end + ticks)


def rescaled(track: Samples, timescale: int) -> Samples:
    """The same track in other ticks; times are rounded up, at most by one of them."""
    time = -(-track.time * timescale // track.timescale)
    return replace(track, timescale=timescale, time=time, end=-(-track.end * timescale // track.timescale))
