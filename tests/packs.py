"""Packs of the search index, for tests that look for words in everything that is published."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path


def piece(content: bytes, number: int) -> bytes:
    """One piece of a pack."""
    start, end = place(content, number)
    return zlib.decompress(content[start:end]) if end > start else b""


def place(content: bytes, number: int) -> tuple[int, int]:
    """Where a piece begins and ends.

    Raises:
        IndexError: there is no such piece.
    """
    if not 0 <= number < count(content):
        raise IndexError(number)
    start, end = struct.unpack_from("<2I", content, 4 * number)
    return start, end


def count(content: bytes) -> int:
    """How many pieces a pack has."""
    (first,) = struct.unpack_from("<I", content)
    return int(first) // 4 - 1


def pieces(content: bytes) -> Iterator[bytes]:
    """Every piece of a pack."""
    return (piece(content, number) for number in range(count(content)))


def readable(path: Path) -> bytes:
    """What a reader gets of a published file: its bytes, and of a pack all that is in it."""
    content = path.read_bytes()
    return b"\n".join(pieces(content)) if path.suffix == ".bin" and path.parent.name in {"search", "text"} else content
