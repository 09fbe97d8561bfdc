"""A run that rests on the one before: nothing changed here, nor in the places published to.

It runs every few minutes for years, so it loads nothing of what makes recordings.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline import last_run, report
from pipeline.catalogue import CatalogueDirectory
from pipeline.settled import Settled
from pipeline.targets import address, open_memos, open_mirrors, open_target
from pipeline.workspace import Workspace


@dataclass(frozen=True)
class Timing:
    """When a run began.

    Attributes:
        run: its id.
        now: with an offset.
        started: the same by the monotonic clock, seconds.
    """

    run: str
    now: datetime
    started: float


def rest(directory: CatalogueDirectory, settled: Settled, reporter: report.Reporter, timing: Timing) -> bool:
    """Whether nothing changed since the last complete run; then the run is told and noted as done.

    Of ``directory`` only root and settings are used. Each place is asked for two things: ``catalog.json``'s entry, and
    the records below ``state/``.

    Raises:
        LockHeldError: another run works on this catalogue.
        StoreError: a place cannot be read.
    """
    last = settled.last(now=timing.now)
    if last is None:
        return False
    store, mirrors = open_target(directory), open_mirrors(directory)
    memos = open_memos(directory, store, mirrors)
    workspace = Workspace(directory.workspace)
    with workspace.locked():
        present = datetime.now(UTC)
        if not all(memo.stands(place, now=present) for place, memo in zip((store, *mirrors), memos, strict=True)):
            return False
        for notice in last.notices:
            reporter.tell(report.Noticed(*notice))
        reporter.tell(report.NothingChanged(last.generation, address(directory, store)))
        seconds = round(time.monotonic() - timing.started, 1)
        metrics = directory.root / directory.settings.metrics if directory.settings.metrics else None
        try:
            last_run.repeat(workspace.root, metrics, timing.run, timing.now, seconds)
        except OSError as error:
            message = f"the operations page or the metrics cannot be written ({error.strerror})"
            reporter.tell(report.Noticed(error.filename or "metrics", message))
    reporter.tell(report.RunDone(last.recordings, last.ready, 0, seconds))
    return True
