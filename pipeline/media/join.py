"""Several parts of one recording as one file: the confined process that does it, and what it says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.media.command import Command, Limits
from pipeline.media.workers import ENVIRONMENT, pyav_inputs

VERSION = 1
"""Raised whenever the same parts give other bytes."""
WORKER = "pipeline.media.join_worker"
OUT = "joined.mkv"


def identity(parts: Sequence[str]) -> str:
    """The name of what the parts with these SHA-256 digests give, known before they are joined; hexadecimal."""
    return sha256(json.dumps(["join", VERSION, list(parts)]).encode()).hexdigest()


def command(parts: Sequence[Path], size: int, folder: Path) -> Command:
    """The confined process that joins ``parts`` (``size`` bytes together) into ``OUT`` in ``folder``."""
    names = [f"part{number}" for number in range(len(parts))]
    files = ("formats.py", "join_worker.py")
    inputs = {**pyav_inputs(*files), **dict(zip(names, parts, strict=True))}
    seconds = 60 + size // 5_000_000  # 5 MB/s is slow, even for a network disk
    return Command(
        argv=("python", "-s", "-S", "-B", "-m", WORKER, OUT, *(f"/in/{name}" for name in names)),
        inputs=inputs,
        output=folder,
        environment=ENVIRONMENT,
        limits=Limits(
            wall_s=10 * seconds, cpu_s=seconds, memory_bytes=2 * 1024**3, file_bytes=size + size // 8 + 2**20
        ),
    )


def check(stdout: bytes, reference: str) -> None:
    """Judge what the process said.

    Raises:
        SourceError: the parts do not fit together.
    """
    outcome = json.loads(stdout)
    if problem := outcome.get("error"):
        hint = "name the right file with 'source:', or convert the parts to one kind"
        raise SourceError(reference, f"its parts cannot be joined: {problem}", hint=hint)
