"""A caption track as files of an artifact."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from catalog.manifest import Origin
from catalog.model import Cue
from pipeline.captions import export, webvtt

FOLDER = "captions"


def write_track(out: Path, key: str, origin: Origin, cues: Sequence[Cue], duration_ms: int) -> dict[str, Any]:
    """Write the cues below ``out`` as WebVTT with its HLS playlist, SubRip and transcript.

    Returns:
        What the facts of an artifact say of a track: ``file``, ``subrip``, ``transcript``, ``playlist``, ``language``,
        ``origin``.
    """
    folder = out / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / f"{key}.vtt").write_bytes(webvtt.write(cues, key))
    (folder / f"{key}.srt").write_bytes(export.subrip(cues))
    (folder / f"{key}.m3u8").write_bytes(export.hls_playlist(f"{key}.vtt", duration_ms))
    (out / f"transcript.{key}.txt").write_bytes(export.transcript(cues))
    return {
        "file": f"{FOLDER}/{key}.vtt",
        "subrip": f"{FOLDER}/{key}.srt",
        "transcript": f"transcript.{key}.txt",
        "playlist": f"{FOLDER}/{key}.m3u8",
        "language": key,
        "origin": origin.value,
    }
