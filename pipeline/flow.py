"""One recording through the stages: whatever is already made is kept, the rest is made, each with its reason."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from catalog import urls
from catalog.manifest import Artifact, RecordingManifest
from pipeline.engine import Engine
from pipeline.errors import AftertalkError
from pipeline.freshness import Task, explain
from pipeline.locks import KeyedLocks
from pipeline.making import OnProgress, Order
from pipeline.report import Detail, Noticed, Reporter, StageDone, StageProgress, StageStarted
from pipeline.stages import STAGES, Job, OptionalStage, Stage
from pipeline.workspace import Workspace

NOT_MADE = ""
"""The key of what an optional stage left when it failed: no task has it, so the next run tries again."""


class PublishedMedia(Protocol):
    """What the store remembers of recordings: lets another machine, or an empty workspace, make nothing twice."""

    def manifest(self, recording: str) -> RecordingManifest | None:
        """The recording's manifest, with only those artifacts whose public files are all in the store."""

    def read(self, key: str) -> bytes:
        """An object's bytes.

        Raises:
            StoreError: it cannot be read.
        """


@dataclass(frozen=True)
class LocalShelf:
    """``making.Shelf`` of this machine: the workspace, then what is published."""

    workspace: Workspace
    published: PublishedMedia

    def find(self, key: str) -> Artifact | None:
        """See ``Shelf.find``."""
        return self.workspace.find(key)

    def file(self, recording: str, artifact: Artifact, name: str, folder: Path) -> Path:
        """See ``Shelf.file``."""
        if (path := self.workspace.path(artifact, name)) is not None:
            return path
        fetched = folder / name
        fetched.parent.mkdir(parents=True, exist_ok=True)
        fetched.write_bytes(self.published.read(_key(recording, artifact, name)))
        return fetched


def progress_to(reporter: Reporter) -> OnProgress:
    """Tells ``reporter`` how far orders are; parts of one stage that run side by side are added up."""
    done: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    lock = threading.Lock()

    def tell(order: Order, done_ms: int) -> None:
        probe = order.job.artifacts.get("probe")
        total = int(probe.data["duration_ms"]) if probe else done_ms
        with lock:
            parts = done[order.job.id, order.task.stage]
            parts[order.task.key] = done_ms
            together = sum(parts.values())
        reporter.tell(StageProgress(order.job.id, order.task.stage, min(together, total), total))

    return tell


@dataclass(frozen=True)
class Flow:
    """Makes recordings; shared by all threads of a run."""

    workspace: Workspace
    engine: Engine
    reporter: Reporter
    published: PublishedMedia
    stages: Sequence[Stage] = STAGES
    force: frozenset[str] = frozenset()
    """Names of stages that are run although their artifact is up to date."""
    under_way: KeyedLocks = field(default_factory=KeyedLocks)
    """Keys of artifacts that are being made."""

    def make(self, job: Job) -> Job:
        """Take ``job`` through every stage and return it with all its artifacts.

        Raises:
            AftertalkError: a stage failed that is not optional; artifacts made before are kept for the next run.
        """
        made = False
        for stage in self.stages:
            artifact, outcome = self._artifact(job, stage)
            job = replace(job, artifacts={**job.artifacts, stage.name: artifact})
            made = made or outcome == "made"
        if made:
            self.engine.release(job)
        return job

    def is_made(self, job: Job) -> Job | str:
        """The job with all its artifacts if nothing needs to be made, else the reason why something does."""
        for stage in self.stages:
            task = stage.plan(job)
            found = None if stage.name in self.force else self._find(job, task)
            if found is None:
                return f"{stage.name}: {self._reason(task)}"
            job = replace(job, artifacts={**job.artifacts, stage.name: found[0]})
        return job

    def read(self, recording: str, artifact: Artifact, name: str) -> bytes:
        """A public file of an artifact, from this machine or from the store.

        Raises:
            StoreError: it is neither here nor there.
        """
        path = self.workspace.path(artifact, name)
        return path.read_bytes() if path else self.published.read(_key(recording, artifact, name))

    def _artifact(self, job: Job, stage: Stage) -> tuple[Artifact, str]:
        """The stage's artifact, and where it came from, as ``StageDone`` says it."""
        task = stage.plan(job)
        started = time.monotonic()
        if stage.name in self.force:
            self.engine.drop([task.key])
        if (found := self._find(job, task)) is not None:
            artifact, outcome = found
        else:
            self.reporter.tell(StageStarted(job.id, stage.name, self._reason(task)))
            artifact, outcome = self._made_or_done_without(job, stage, task)
            for finding in artifact.data.get("findings", ()):
                self.reporter.tell(Noticed(job.id, finding))
        for note in artifact.data.get("notes", ()):
            self.reporter.tell(Detail(job.id, stage.name, note))
        self.reporter.tell(StageDone(job.id, stage.name, outcome, round(time.monotonic() - started, 3)))
        return artifact, outcome

    def _find(self, job: Job, task: Task) -> tuple[Artifact, str] | None:
        if (artifact := self.workspace.find(task.key)) is not None:
            return artifact, "kept"
        manifest = None if task.stage in self.force else self.published.manifest(job.id)
        for one in manifest.artifacts if manifest else ():
            if one.key == task.key:
                return one, "published"
        return None

    def _made_or_done_without(self, job: Job, stage: Stage, task: Task) -> tuple[Artifact, str]:
        try:
            # Two recordings may be made from the same file: their artifacts may differ and have parts in common.
            with self.under_way.hold((task.parts or (task,))[0].key):
                found = self._find(job, task)
                return found or (self._run(job, task), "made")
        except AftertalkError as error:
            if not isinstance(stage, OptionalStage):
                raise
            return Artifact(key=NOT_MADE, stage=stage.name, data=stage.without(error)), "left out"

    def _reason(self, task: Task) -> str:
        if task.stage in self.force:
            return "asked for"
        manifest = self.published.manifest(task.recording)
        if manifest and any(one.stage == task.stage and one.key == NOT_MADE for one in manifest.artifacts):
            return "failed in the last run"
        return explain(self.workspace.last_fingerprint(task.recording, task.stage), task.fingerprint)

    def _run(self, job: Job, task: Task) -> Artifact:
        """Make the parts of ``task`` that are missing, side by side, then ``task`` itself."""
        missing = [part for part in task.parts if self.workspace.find(part.key) is None]
        self.engine.map(lambda part: self.engine.make(Order(job, part), keep=False), missing)
        artifact = self.engine.make(Order(job, task), keep=True)
        self.engine.drop([part.key for part in task.parts])  # joined
        return artifact


def manifest_of(job: Job) -> RecordingManifest:
    """What the store is to remember of a job that is made: its artifacts, public files only."""
    artifacts = tuple(_public(one) for one in job.artifacts.values())
    return RecordingManifest(recording=job.id, source_sha256=job.source.sha256, artifacts=artifacts, schema=1)


def _public(artifact: Artifact) -> Artifact:
    return artifact.model_copy(update={"files": tuple(one for one in artifact.files if one.public)})


def _key(recording: str, artifact: Artifact, name: str) -> str:
    event_id, _, recording_id = recording.partition("/")
    return urls.artifact(event_id, recording_id, artifact.digest, name)


def artifacts_by_stage(manifest: RecordingManifest) -> Mapping[str, Artifact]:
    """The artifacts of a manifest by stage name."""
    return {one.stage: one for one in manifest.artifacts}
