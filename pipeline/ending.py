"""How a complete run ends: what the next one may rest on, and until when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from catalog.release import Verdict
from pipeline import discussions
from pipeline.failures import inputs_of
from pipeline.ready import Ready
from pipeline.settled import KEPT_FOR, Ending
from pipeline.stages.ingest import Survey
from pipeline.stages.publish import Result
from pipeline.storage.actions import Rules
from pipeline.targets import address
from pipeline.workshop import Workshop

_SLACK = timedelta(minutes=1)
"""Added to periods that are counted by a store's clock."""


def ending(shop: Workshop, found: Survey, ready: Sequence[Ready], result: Result, *, now: datetime) -> Ending | None:
    """How a run without failures ended; ``None`` where the next one has to look for itself whatever it sees here."""
    asks = shop.directory.fetches or any(item.address for item in found.items if item.is_workable)
    again = not all(one.note.is_complete for one in ready)
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
