"""How loud a recording is from moment to moment, where speech is: by ffmpeg. Pure."""

from __future__ import annotations

import math
from pathlib import Path

from pipeline.media.command import Command, Limits
from pipeline.media.formats import FORMATS

STEP_MS = 50
_RATE = 8000
_LONGEST_S = 6 * 3600
"""More is not looked at: what is true of six hours is true of the rest."""
_SILENT_DB = -120.0
_KEY = b"lavfi.astats.Overall.RMS_level="


def command(sound: Path) -> Command:
    """Print the level of every ``STEP_MS`` of a sound file; ``read`` reads it."""
    filters = ",".join(
        (
            f"aresample={_RATE}",
            "highpass=f=200",  # hum and steps are no speech
            f"asetnsamples=n={_RATE * STEP_MS // 1000}:p=0",
            "astats=metadata=1:reset=1:measure_overall=RMS_level:measure_perchannel=none",
            r"ametadata=mode=print:key=lavfi.astats.Overall.RMS_level:file=pipe\\:1",
        )
    )
    return Command(
        argv=(
            *("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error"),
            *("-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS, "-t", str(_LONGEST_S)),
            *("-i", "file:/in/src", "-map", "0:a:0", "-ac", "1", "-af", filters, "-f", "null", "-"),
        ),
        inputs={"src": sound},
        limits=Limits(wall_s=1200, cpu_s=600, memory_bytes=2 * 1024**3, file_bytes=0),
    )


def read(stdout: bytes) -> list[float]:
    """Decibels (full scale is 0, silence -120), one for every ``STEP_MS``.

    Raises:
        ValueError: it is not what ``command`` prints.
    """
    values = (float(line[len(_KEY) :]) for line in stdout.splitlines() if line.startswith(_KEY))
    return [max(_SILENT_DB, value) if not math.isnan(value) else _SILENT_DB for value in values]
