"""When the last run was, on the operations page and in the metrics; ``operations`` writes all the rest of them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pipeline.workspace import write_atomically

PAGE = "operations.html"
METRICS = "metrics.prom"


def repeat(workspace: Path, metrics: Path | None, run: str, begun: datetime, seconds: float) -> None:
    """Page and metrics of a run that found everything as it was: only when it was, and how long it took.

    Raises:
        OSError: they cannot be written.
    """
    _rewrite(workspace / PAGE, {r'(?<=<span id="run">)[^<]*': html.escape(sentence(run, begun, seconds))})
    values = {"timestamp_seconds": begun.timestamp(), "duration_seconds": seconds}
    for path in (workspace / METRICS, *([metrics] if metrics else [])):
        lines = {rf"(?m)(?<=^aftertalk_last_run_{name} )\S+": f"{value:.15g}" for name, value in values.items()}
        _rewrite(path, lines)


def sentence(run: str, begun: datetime, seconds: float) -> str:
    """Which run it was, when it began and how long it took."""
    return f"Run {run} began {begun:%Y-%m-%d %H:%M:%S %Z} and took {seconds:.1f} s."


def _rewrite(path: Path, changes: Mapping[str, str]) -> None:
    text = path.read_text() if path.is_file() else ""
    for pattern, words in changes.items():
        text = re.sub(pattern, words.replace("\\", r"\\"), text, count=1)
    if text:
        write_atomically(path, text.encode())
