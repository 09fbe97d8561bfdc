"""What follows a publish: who is told, the operations page and metrics, and the size of the workspace."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from catalog import urls
from catalog.release import Verdict
from pipeline import notices, operations, retention
from pipeline.errors import AftertalkError
from pipeline.ready import Ready
from pipeline.report import Noticed
from pipeline.stages.ingest import Item, Survey
from pipeline.stages.publish import Result
from pipeline.workshop import Workshop


@dataclass(frozen=True)
class Facts:
    """What is known of a run when it begins.

    Attributes:
        run: its id.
        begun: when it began, with an offset.
        started: the same by the monotonic clock, seconds.
        found: what it found.
    """

    run: str
    begun: datetime
    started: float
    found: Survey


class Aftermath:
    """Of one run; made before it publishes, under the workspace's lock."""

    def __init__(self, shop: Workshop, facts: Facts, before: Set[str]) -> None:
        """``before`` are the recordings that were public when the run began."""
        self._shop = shop
        self._facts = facts
        self._notices = notices.Notices(shop.workspace.root)
        self._before = before

    def expect(self, ready: Iterable[Ready]) -> None:
        """Remember what is about to become public."""
        public = {one.item.id for one in ready if one.item.verdict is Verdict.PUBLIC}
        self._notices.intend(public - self._before)

    def follow(self, ready: Sequence[Ready], result: Result) -> None:
        """Tell, write and tidy up. What fails here is a note: the publish itself is done."""
        self._tell(ready, result)
        self._write(ready, result)
        self._trim(ready)

    @property
    def is_waiting(self) -> bool:
        """Whether the next run has something to tell that this one could not."""
        return self._notices.is_waiting

    def _tell(self, ready: Sequence[Ready], result: Result) -> None:
        settings, items = self._shop.directory.settings, {item.id: item for item in self._facts.found.items}
        public = {one.item.id for one in ready if one.item.verdict is Verdict.PUBLIC}
        self._notices.note(
            settings.title,
            [self._subject(items[key]) for key in sorted(public & self._notices.intended)],
            [self._subject(items[key]) for key in sorted(self._before - public)],
            [self._subject(item) for item in items.values() if self._shop.failures.get(item.id)],
        )
        folder = self._shop.directory.root
        try:
            if settings.hooks.changed and result.changed:
                notices.tell_changed(settings.hooks.changed, result.changed, folder=folder)
        except AftertalkError as error:
            self._note(error)
        if not (settings.hooks.notify or settings.hooks.webhook):
            self._notices.drop()
        elif failed := self._notices.deliver(lambda one: notices.send(settings.hooks, one, folder=folder)):
            self._note(failed)

    def _subject(self, item: Item) -> notices.Subject:
        failure = self._shop.failures.get(item.id)
        page = urls.recording(item.event.id, item.session.id, item.recording.id)
        return notices.Subject(
            recording=item.id,
            title=item.recording.title,
            address=self._shop.directory.settings.site.absolute(page) if item.decision.is_public else "",
            message=failure.message if failure else "",
            hint=failure.hint if failure else "",
            since=(failure.since or failure.at).isoformat() if failure else "",
        )

    def _write(self, ready: Sequence[Ready], result: Result) -> None:
        settings = self._shop.directory.settings
        notes = {one.item.id: one.note for one in ready}
        lines = [
            operations.describe(item, notes.get(item.id), self._shop.failures.get(item.id))
            for item in self._facts.found.items
        ]
        run = operations.Run(
            title=settings.title,
            id=self._facts.run,
            begun=self._facts.begun,
            seconds=round(time.monotonic() - self._facts.started, 1),
            generation=result.generation,
            lines=lines,
            notices=self._facts.found.notices,
        )
        metrics = self._shop.directory.root / settings.metrics if settings.metrics else None
        try:
            operations.write(run, self._shop.workspace.root, metrics)
        except OSError as error:
            message = f"the operations page or the metrics cannot be written ({error.strerror})"
            self._shop.reporter.tell(Noticed(error.filename or "metrics", message))

    def _trim(self, ready: Sequence[Ready]) -> None:
        limit = self._shop.directory.settings.workspace_bytes
        if limit is None:
            return
        public, waiting = (
            {
                one.item.id: {artifact.key for artifact in one.note.manifest.artifacts}
                for one in ready
                if (one.item.verdict is Verdict.PUBLIC) == is_public
            }
            for is_public in (True, False)
        )
        retention.trim(self._shop.workspace, limit, public, waiting, now=time.time())

    def _note(self, error: AftertalkError) -> None:
        context = f": {error.context.splitlines()[-1]}" if error.context else ""
        self._shop.reporter.tell(Noticed(error.reference, error.message + context, error.hint))
