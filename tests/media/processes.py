"""Which processes run, as ``/proc`` tells."""

from __future__ import annotations

import os
from pathlib import Path


def naming(root: Path) -> list[str]:
    """Command lines of other processes that name ``root``."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(root) in line and str(os.getpid()) != entry.parent.name:
            found.append(line)
    return found
