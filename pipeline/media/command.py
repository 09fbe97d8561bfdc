"""A process to run, as plain data: described by pure functions, run by ``runner.py``, confined by ``sandbox.py``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Tools:
    """The programs in use; plain data, found by ``tools.find_tools``."""

    ffmpeg: Path
    ffmpeg_version: str
    bwrap: Path | None
    """bubblewrap; ``None`` where processes cannot be confined by namespaces."""


@dataclass(frozen=True)
class Limits:
    """Bounds on a process and its children; ``None`` is unbounded."""

    wall_s: float | None = None
    """Seconds of real time after which the process group is killed."""
    cpu_s: int | None = None
    """Seconds of processor time."""
    memory_bytes: int | None = None
    """Address space."""
    file_bytes: int | None = None
    """Size of any file written."""
    nice: int = 10


@dataclass(frozen=True)
class Command:
    """A command line with everything it may see.

    Attributes:
        argv: program and arguments. The program is ``ffmpeg`` or ``python``. Paths are as the process sees them:
            ``/in/<name>`` for inputs and relative names for outputs (the working directory is the output folder).
        inputs: name below ``/in`` -> the real file or folder, readable; nothing else of the machine's data is in sight.
        output: the real folder that is the process's working directory, the only place it can write.
        environment: its whole environment; values may name ``/in/<name>``.
        limits: bounds.
        duration_ms: media milliseconds it works through, for progress; 0 when not known.
        devices: device files it may use, such as ``/dev/dri/renderD128``; no others are in sight.
    """

    argv: tuple[str, ...]
    inputs: Mapping[str, Path] = field(default_factory=dict)
    output: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    duration_ms: int = 0
    devices: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The command in shell-quoted form, to paste."""
        return shlex.join(self.argv)


@dataclass(frozen=True)
class Completed:
    """What a process that ended with status 0 left behind."""

    stdout: bytes
    stderr: str
    """The last lines of its error output."""
    cpu_s: float
    """User and system seconds of the whole process tree."""
    wall_s: float
