"""A run that rests on the one before: nothing changed here, nor in the places published to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from catalog.release import Verdict
from pipeline import discussions, operations, report
from pipeline.catalogue import CatalogueDirectory
from pipeline.failures import inputs_of
from pipeline.flow import NOT_MADE
from pipeline.settled import KEPT_FOR, Ending, Settled
from pipeline.stages.ingest import Survey
from pipeline.stages.publish import Ready, Result
from pipeline.storage.actions import Rules
from pipeline.targets import address, open_memos, open_mirrors, open_target
from pipeline.workshop import Workshop
from pipeline.workspace import Workspace

_SLACK = timedelta(minutes=1)
"""Added to periods that are counted by a store's clock."""


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
            operations.repeat(workspace.root, metrics, timing.run, timing.now, seconds)
        except OSError as error:
            message = f"the operations page or the metrics cannot be written ({error.strerror})"
            reporter.tell(report.Noticed(error.filename or "metrics", message))
    reporter.tell(report.RunDone(last.recordings, last.ready, 0, seconds))
    return True


def ending(shop: Workshop, found: Survey, ready: Sequence[Ready], result: Result, *, now: datetime) -> Ending | None:
    """How a run without failures ended; ``None`` where the next one has to look for itself whatever it sees here."""
    asks = shop.directory.fetches or any(item.address for item in found.items if item.is_workable)
    again = any(artifact.key == NOT_MADE for one in ready for artifact in one.manifest.artifacts)
    if asks or again or result.behind:
        return None
    workable = sum(item.is_workable for item in found.items)
    return Ending(
        seen="",
        begun=now,
        until=min(_moments(shop, found, result, now)),
        recordings=workable,
        ready=len(ready),
        generation=result.generation,
        address=address(shop.directory, shop.store),
        notices=tuple((one.reference, one.message, one.hint) for one in found.notices),
    )


def _moments(shop: Workshop, found: Survey, result: Result, now: datetime) -> Iterator[datetime]:
    """When the next run must look for itself, at the latest, and each moment at which time alone changes something."""
    yield now + KEPT_FOR
    if discussions.topics(found.events):
        yield now + discussions.AGAIN
    if result.waits:
        yield now + Rules.grace + _SLACK
    for event in found.events:
        for session in event.sessions:
            end = session.end or session.start  # until then it is shown as one to come
            if end is not None and end.tzinfo is not None and end > now:
                yield end
    for item in found.items:
        if item.verdict is Verdict.EMBARGOED and item.decision.until is not None:
            yield item.decision.until
        failure = shop.failures.get(item.id)
        if failure is not None and item.is_workable:
            is_same = failure.inputs == inputs_of(item, shop.directory.settings)
            yield (failure.next_try or now + KEPT_FOR) if is_same else now
