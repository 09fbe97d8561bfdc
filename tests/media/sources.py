"""Recordings made for a test: moving pictures with a clock, and a tone."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pipeline.media.tools import Tools


def record(
    tools: Tools, target: Path, *arguments: str, seconds: float = 10, size: str = "640x360", rate: int = 25
) -> Path:
    """A recording of H.264 with a key frame every two seconds and AAC; ``arguments`` are further output options."""
    run(
        tools,
        *("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}"),
        *("-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=44100:duration={seconds}"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-g", str(2 * rate), "-pix_fmt", "yuv420p", "-b:v", "500k"),
        *("-c:a", "aac", "-ac", "1", *arguments, str(target)),
    )
    return target


def standing(tools: Tools, target: Path) -> Path:
    """A recording of 36 s that moves until 3 s, from 15 s to 17 s and at its very end, and has no picture between."""
    moving = ("-vf", "select='lt(t,3)+between(t,15,17)+gt(t,35.9)'", "-fps_mode", "vfr")
    return record(tools, target, *moving, seconds=36)


def run(tools: Tools, *arguments: str) -> None:
    """Run ffmpeg as a test's own tool; an error fails the test."""
    subprocess.run([str(tools.ffmpeg), "-v", "error", "-y", *arguments], check=True, stdin=subprocess.DEVNULL)
