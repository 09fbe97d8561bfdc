"""Caption files from cues."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cue:
    """One caption, times in milliseconds."""

    start_ms: int
    end_ms: int
    text: str
    speaker: str = ""


def write(path: Path, cues: tuple[Cue, ...]) -> None:
    """Write cues as WebVTT or SubRip, by the name's ending."""
    is_vtt = path.suffix == ".vtt"
    blocks = ["WEBVTT"] if is_vtt else []
    for number, cue in enumerate(cues, 1):
        times = f"{_clock(cue.start_ms, is_vtt)} --> {_clock(cue.end_ms, is_vtt)}"
        text = "\n".join(textwrap.wrap(cue.text, 42))
        voiced = f"<v {cue.speaker}>{text}" if is_vtt and cue.speaker else text
        blocks.append(f"{times}\n{voiced}" if is_vtt else f"{number}\n{times}\n{voiced}")
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8", newline="\n")


def _clock(milliseconds: int, is_vtt: bool) -> str:  # noqa: FBT001 - private, one caller
    seconds, rest = divmod(milliseconds, 1000)
    mark = "." if is_vtt else ","
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{rest:03}"
