"""H.264's parameter sets in MP4 (ISO/IEC 14496-15): one sample entry for pictures of two encoders."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from pipeline.errors import MediaError
from pipeline.media.boxes import VISUAL_ENTRY_BYTES, Box, box, boxes

HIGH = 100
"""profile_idc from which on ``avcC`` also tells the kind of pixels."""
_EIGHT_BIT_420 = bytes((0xFD, 0xF8, 0xF8, 0x00))
_HINT = "set 'copy_source: false' under 'transcode' in catalogue.yaml"


@dataclass(frozen=True)
class _Config:
    """What an ``avcC`` box says."""

    profile: int
    compatibility: int
    level: int
    length_size: int
    """Of the length before each unit, bytes."""
    sequence: tuple[bytes, ...]
    picture: tuple[bytes, ...]


def merged(entries: Sequence[bytes]) -> bytes:
    """One ``avc1`` sample entry with the parameter sets of all ``entries``.

    Decoders find the sets of each picture by their numbers, so one initialisation serves pictures of all encoders.

    Raises:
        MediaError: two sets have the same number and differ, or the entries differ otherwise.
    """
    parsed = [next(boxes(entry)) for entry in entries]
    configs = [_config(one) for one in parsed]
    sizes = {one.content[24:28] for one in parsed}
    if {one.kind for one in parsed} != {b"avc1"} or len(sizes) > 1 or len({one.length_size for one in configs}) > 1:
        raise MediaError("its picture", "cannot be trimmed without encoding it", hint=_HINT)
    sequence = _numbered(chain.from_iterable(one.sequence for one in configs), _sequence_number)
    picture = _numbered(chain.from_iterable(one.picture for one in configs), _picture_number)
    best = max(configs, key=lambda one: one.profile)
    head = bytes((1, best.profile, best.compatibility, max(one.level for one in configs), 0xFC | best.length_size - 1))
    content = head + _listed(sequence, 0xE0) + _listed(picture, 0) + (_EIGHT_BIT_420 if best.profile >= HIGH else b"")
    kept = [one for one in boxes(parsed[0].content[VISUAL_ENTRY_BYTES:]) if one.kind != b"avcC"]
    rest = [box(one.kind, one.content) for one in kept]
    return box(b"avc1", parsed[0].content[:VISUAL_ENTRY_BYTES], box(b"avcC", content), *rest)


def _config(entry: Box) -> _Config:
    content = next((one.content for one in entry.children(VISUAL_ENTRY_BYTES) if one.kind == b"avcC"), b"")
    if len(content) < 7:
        raise MediaError("MP4", "has a sample entry without avcC")
    sequence, position = _units(content, 6, content[5] & 31)
    picture, _ = _units(content, position + 1, content[position])
    return _Config(content[1], content[2], content[3], (content[4] & 3) + 1, sequence, picture)


def _units(content: bytes, position: int, count: int) -> tuple[tuple[bytes, ...], int]:
    found = []
    for _ in range(count):
        (length,) = struct.unpack_from(">H", content, position)
        found.append(content[position + 2 : position + 2 + length])
        position += 2 + length
    return tuple(found), position


def _numbered(units: Iterable[bytes], number: Callable[[bytes], int]) -> list[bytes]:
    """The units in order, each once.

    Raises:
        MediaError: two that differ have the same number.
    """
    found: dict[int, bytes] = {}
    for unit in units:
        if found.setdefault(number(unit), unit) != unit:
            raise MediaError("its picture", "cannot be trimmed without encoding it", hint=_HINT)
    return list(found.values())


def _listed(units: Sequence[bytes], mark: int) -> bytes:
    return bytes((mark | len(units),)) + b"".join(struct.pack(">H", len(unit)) + unit for unit in units)


def _sequence_number(unit: bytes) -> int:
    """seq_parameter_set_id (H.264, 7.3.2.1.1): after the header, profile, constraints and level."""
    return _exp_golomb(unit[4:])


def _picture_number(unit: bytes) -> int:
    """pic_parameter_set_id (H.264, 7.3.2.2)."""
    return _exp_golomb(unit[1:])


def _exp_golomb(data: bytes) -> int:
    """The unsigned Exp-Golomb number (H.264, 9.1) that ``data`` begins with; parameter sets have small ones."""
    bits = "".join(f"{byte:08b}" for byte in data[:4])
    zeros = len(bits) - len(bits.lstrip("0"))
    return int(bits[zeros : 2 * zeros + 1] or "1", 2) - 1
