"""Which external programs there are, and their versions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tools:
    """The programs in use; plain data."""

    ffmpeg: Path
    ffmpeg_version: str
    bwrap: Path | None
    """``None`` where processes cannot be confined by namespaces."""
