"""Keeps the workspace to a size: what was used longest ago goes first, never what is not published yet."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Set
from contextlib import suppress
from pathlib import Path

from pipeline.freshness import key_of
from pipeline.workspace import RECORD, Workspace

Made = Mapping[str, Set[str]]
"""Recording -> keys of the artifacts that it is made of."""
UNFINISHED_S = 7 * 86400.0
"""What is neither published nor what a recording was last made of may be part of one being made: it stays so long."""


def trim(workspace: Workspace, limit: int, public: Made, waiting: Made, *, now: float) -> int:
    """Remove artifacts until those that are left take at most ``limit`` bytes; returns how many bytes went.

    Only those go that ``public`` recordings are made of, and old ones that nothing is made of any more; what they share
    with recordings that are ``waiting``, or still in the making, stays. Used under the workspace's lock, after a
    publish; ``now`` is in seconds since 1970.
    """
    needed = _in_the_making(workspace, public.keys()).union(*waiting.values())
    gone = frozenset[str]().union(*public.values())
    found = [_measured(path.parent) for path in (workspace.root / "artifacts").glob(f"*/*/{RECORD}")]
    total = sum(size for _, size, _ in found)
    removed = 0
    for used, size, folder in sorted(found):
        if total - removed <= limit:
            break
        if folder.name not in needed and (folder.name in gone or now - used > UNFINISHED_S):
            shutil.rmtree(folder)
            removed += size
    return removed


def _measured(folder: Path) -> tuple[float, int, Path]:
    """When the artifact was last used, its bytes, and its folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return (folder / RECORD).stat().st_mtime, sum(path.stat().st_size for path in files), folder


def _in_the_making(workspace: Workspace, public: Set[str]) -> set[str]:
    """Keys of the artifacts that recordings which are not public were last made of."""
    root = workspace.root / "fingerprints"
    keys = set()
    for path in root.rglob("*.json"):
        if path.parent.relative_to(root).as_posix() not in public:
            with suppress(OSError, ValueError):
                keys.add(key_of(json.loads(path.read_bytes())))
    return keys
