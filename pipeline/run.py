"""One run over the whole catalogue: find, make, publish. Each recording stands or falls alone."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from pipeline import report
from pipeline.catalogue import CatalogueDirectory
from pipeline.digests import DigestCache
from pipeline.engine import Engine, LocalEngine
from pipeline.errors import AftertalkError, ConfigurationError
from pipeline.failures import Failures
from pipeline.flow import Flow, artifacts_by_stage, manifest_of
from pipeline.media.runner import Runner
from pipeline.media.tools import find_tools
from pipeline.stages import STAGES, Job
from pipeline.stages.ingest import Item, Survey, source_of, survey
from pipeline.stages.publish import Publication, Ready, StoreMedia, open_target
from pipeline.workspace import Workspace


@dataclass(frozen=True)
class Options:
    """What a run is asked for."""

    only: frozenset[str] = frozenset()
    """Recordings to make; all when empty. The others stay as they are."""
    dry_run: bool = False
    target: str | None = None
    """Where to publish instead of the configured place."""


def publish(directory: CatalogueDirectory, reporter: report.Reporter, options: Options, *, now: datetime) -> int:
    """Make what is new and publish; returns how many recordings failed.

    Raises:
        LockHeldError: another run works on this catalogue.
        ConfigurationError: an option names something that is not there.
        StoreError: the store cannot be read or written; what was public before still is.
    """
    started = time.monotonic()
    workspace = Workspace(directory.workspace)
    with nullcontext() if options.dry_run else workspace.locked():
        found = survey(directory, now=now)
        _check_only(found, options.only)
        for finding in found.notices:
            reporter.tell(finding)
        store = open_target(directory, options.target)
        run = _Run(directory, found, workspace, StoreMedia(store), reporter, options, now)
        publication = Publication(directory, store, reporter, now=now, dry_run=options.dry_run)
        if publication.must_take_back(found):
            publication.publish(found, run.standing())  # before anything that takes long
        ready = run.make()
        publication.publish(found, ready)
    reporter.tell(report.RunDone(len(run.workable), len(run.failed), round(time.monotonic() - started, 1)))
    return len(run.failed)


def _check_only(found: Survey, only: frozenset[str]) -> None:
    known = {item.id for item in found.items}
    if unknown := sorted(only - known):
        raise ConfigurationError(
            f"--only {unknown[0]}",
            "there is no such recording",
            hint=f"one of: {', '.join(sorted(known)[:20]) or 'none yet'}",
        )


class _Run:
    """Makes the recordings of one run."""

    def __init__(  # noqa: PLR0913, PLR0917  (what a run works with; built in one place)
        self,
        directory: CatalogueDirectory,
        found: Survey,
        workspace: Workspace,
        published: StoreMedia,
        reporter: report.Reporter,
        options: Options,
        now: datetime,
    ) -> None:
        self.workable = [item for item in found.items if item.is_workable]
        self.failed: set[str] = set()
        self._directory = directory
        self._reporter = reporter
        self._options = options
        self._now = now
        self._published = published
        self._failures = Failures(directory.workspace)
        self._digests = DigestCache(directory.workspace / "digests.db")
        self._tools = find_tools(directory.settings.ffmpeg)
        self._engine: Engine = LocalEngine()
        runner = Runner(self._tools)
        self._flow = Flow(workspace, self._engine, reporter, runner.run, published)

    def standing(self) -> Mapping[str, Ready]:
        """What can be published without making anything."""
        return self._by_id([self._stand(item) for item in self.workable])

    def make(self) -> Mapping[str, Ready]:
        """Make every recording that is asked for; returns all that can be published, by id."""
        self._reporter.tell(report.RunStarted(len(self.workable)))
        return self._by_id(self._engine.map(self._make, self.workable))

    def _by_id(self, results: Sequence[Ready | None]) -> Mapping[str, Ready]:
        return {one.manifest.recording: one for one in results if one is not None}

    def _make(self, item: Item) -> Ready | None:
        try:
            if self._is_asked_for(item):
                job = self._flow.make(self._job(item))
                self._failures.clear(item.id)
                self._reporter.tell(report.RecordingDone(item.id))
                return Ready(item, manifest_of(job))
        except AftertalkError as error:
            self.failed.add(item.id)
            self._failures.record(item.id, error, at=self._now)
            self._reporter.tell(report.RecordingFailed.of(item.id, error))
        return self._stand(item)

    def _is_asked_for(self, item: Item) -> bool:
        """Whether to make the recording; tells what a dry run would make, and who has no source."""
        if item.source is None:
            self._reporter.tell(report.Noticed(item.id, item.problem, item.hint))
            return False
        if self._options.dry_run:
            self._tell_what_is_missing(item)
            return False
        return not self._options.only or item.id in self._options.only

    def _tell_what_is_missing(self, item: Item) -> None:
        reason = self._flow.is_made(self._job(item))
        if isinstance(reason, str):
            self._reporter.tell(report.PlannedChange("make", item.id, 0, reason))

    def _stand(self, item: Item) -> Ready | None:
        """The recording as it is: up to date in the workspace, else as it was last published."""
        if item.source is not None and item.is_local:
            try:
                job = self._flow.is_made(self._job(item))
            except AftertalkError:
                job = ""  # told where it is made; here only what stands counts
            if isinstance(job, Job):
                return Ready(item, manifest_of(job))
        manifest = self._published.manifest(item.id)
        whole = manifest is not None and artifacts_by_stage(manifest).keys() >= {stage.name for stage in STAGES}
        return Ready(item, manifest) if manifest and whole else None

    def _job(self, item: Item) -> Job:
        source = source_of(item, self._digests)
        return Job(item.event, item.session, item.recording, self._directory.settings, self._tools, source, {})
