"""The boxes of ISO/IEC 14496-12 (MP4): reading them from bytes and building them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pipeline.errors import MediaError

VISUAL_ENTRY_BYTES = 78
"""Fixed part of a VisualSampleEntry after its header."""
AUDIO_ENTRY_BYTES = 28
"""Fixed part of an AudioSampleEntry (version 0) after its header."""
MAX_MOOV_BYTES = 512 * 1024**2


@dataclass(frozen=True)
class Box:
    """One box: its four-character type and its content without the header."""

    kind: bytes
    content: bytes

    def children(self, skip: int = 0) -> Iterator[Box]:
        """The boxes inside, after ``skip`` bytes of fields of its own."""
        return boxes(self.content[skip:])

    def child(self, *path: bytes) -> Box:
        """The first box at ``path`` below this one.

        Raises:
            MediaError: there is none.
        """
        found = self.find(*path)
        if found is None:
            raise MediaError("MP4", f"has no box {'/'.join(kind.decode('latin-1') for kind in path)}")
        return found

    def find(self, *path: bytes) -> Box | None:
        """As ``child``, or ``None``."""
        current: Box | None = self
        for kind in path:
            current = next((one for one in current.children() if one.kind == kind), None) if current else None
        return current


def boxes(data: bytes) -> Iterator[Box]:
    """The boxes that ``data`` consists of.

    Raises:
        MediaError: a length is wrong.
    """
    position = 0
    while position + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        header = 8
        if size == 1 and position + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, position + 8)
            header = 16
        elif size == 0:
            size = len(data) - position
        if size < header or position + size > len(data):
            raise MediaError("MP4", f"has a box of a wrong length at byte {position}")
        yield Box(kind, data[position + header : position + size])
        position += size


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of ``parts``, header included."""
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box with version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


@dataclass(frozen=True)
class Extent:
    """A top-level box of a file: where it starts, how long its header and the whole box are, in bytes."""

    kind: bytes
    offset: int
    header: int
    size: int


def extents(file: BinaryIO, end: int, start: int = 0) -> Iterator[Extent]:
    """The boxes of ``file`` between ``start`` and ``end``, reading only their headers.

    Raises:
        MediaError: a length is wrong.
    """
    position = start
    while position < end:
        file.seek(position)
        head = file.read(16)
        size, kind = struct.unpack(">I4s", head[:8].ljust(8, b"\0"))
        header = 8
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack(">Q", head[8:])
            header = 16
        elif size == 0:
            size = end - position
        if size < header or position + size > end:
            raise MediaError("MP4", f"has a box of a wrong length at byte {position}")
        yield Extent(kind, position, header, size)
        position += size


def read_moov(file: BinaryIO, end: int) -> Box:
    """The index of an MP4 file of ``end`` bytes.

    Raises:
        MediaError: there is none.
    """
    for extent in extents(file, end):
        if extent.kind == b"moov" and extent.size <= MAX_MOOV_BYTES:
            file.seek(extent.offset + extent.header)
            return Box(b"moov", file.read(extent.size - extent.header))
    raise MediaError("MP4", "has no index (moov)")


def codec_string(sample_entry: bytes) -> str:
    """The codec by RFC 6381 of a sample entry box, e.g. ``avc1.64001f`` or ``mp4a.40.2``.

    Raises:
        MediaError: it is none of H.264, AV1 and AAC.
    """
    entry = next(boxes(sample_entry))
    if entry.kind == b"avc1":
        config = _config(entry, VISUAL_ENTRY_BYTES, b"avcC")
        return f"avc1.{config[1:4].hex()}"  # profile, constraints, level
    if entry.kind == b"av01":
        return _av1(_config(entry, VISUAL_ENTRY_BYTES, b"av1C"))
    if entry.kind == b"mp4a":
        return f"mp4a.40.{_audio_object_type(_config(entry, AUDIO_ENTRY_BYTES, b'esds'))}"
    raise MediaError("MP4", f"has a track of type {entry.kind.decode('latin-1')}")


def _config(entry: Box, skip: int, kind: bytes) -> bytes:
    for one in entry.children(skip):
        if one.kind == kind:
            return one.content
    raise MediaError("MP4", f"has a sample entry without {kind.decode()}")


def _av1(config: bytes) -> str:
    """AV1 Codec ISO Media File Format Binding, section 5: ``av01.P.LLT.DD``."""
    profile, level = config[1] >> 5, config[1] & 31
    tier = "H" if config[2] & 0x80 else "M"
    depth = (12 if config[2] & 0x20 else 10) if config[2] & 0x40 else 8
    return f"av01.{profile}.{level:02}{tier}.{depth:02}"


def _audio_object_type(esds: bytes) -> int:
    """ISO/IEC 14496-1: descriptors 3 > 4 > 5; the first five bits of the decoder's own data."""
    position = 4  # version and flags
    while position < len(esds):
        tag = esds[position]
        position += 1
        length = 0
        while position < len(esds):
            length = length << 7 | esds[position] & 0x7F
            position += 1
            if not esds[position - 1] & 0x80:
                break
        if tag == 5 and position < len(esds):
            return esds[position] >> 3
        position += {3: 3, 4: 13}.get(tag, length)
    raise MediaError("MP4", "has an AAC track without its configuration")
