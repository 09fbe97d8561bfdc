"""How far a recording is, told from parts that run side by side."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from catalog.manifest import Artifact
from pipeline.flow import progress_to
from pipeline.freshness import Task
from pipeline.making import Order
from pipeline.report import RecordingReporter, StageProgress


def test_progress_of_parts_adds_up() -> None:
    """Two chunks side by side: what is told never goes back, and ends at the length of the recording."""
    probe = Artifact(key="p", stage="probe", data={"duration_ms": 3000})
    job: Any = SimpleNamespace(id="meeting/one", artifacts={"probe": probe})
    first, second = (Order(job, Task("transcode", 1, "meeting/one", settings={"chunk": n})) for n in range(2))
    reporter = RecordingReporter()
    tell = progress_to(reporter)
    for order, done_ms in ((first, 500), (second, 400), (first, 2000), (second, 1000)):
        tell(order, done_ms)
    told = [(one.done_ms, one.total_ms) for one in reporter.messages if isinstance(one, StageProgress)]
    assert told == [(500, 3000), (900, 3000), (2400, 3000), (3000, 3000)]
