"""Packs of the search index, for tests that look for words in everything that is published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catalog.pack import count, piece


def pieces(content: bytes) -> Iterator[bytes]:
    """Every piece of a pack."""
    return (piece(content, number) for number in range(count(content)))


def readable(path: Path) -> bytes:
    """What a reader gets of a published file: its bytes, and of a pack all that is in it."""
    content = path.read_bytes()
    return b"\n".join(pieces(content)) if path.suffix == ".bin" and path.parent.name in {"search", "text"} else content
