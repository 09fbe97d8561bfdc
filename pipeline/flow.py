"""One recording through the stages: whatever is already made is kept, the rest is made, each with its reason."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from catalog import urls
from catalog.manifest import Artifact, RecordingManifest
from pipeline.engine import Engine
from pipeline.errors import AftertalkError, ToolError
from pipeline.freshness import Task, explain
from pipeline.media.command import Command, Completed
from pipeline.report import Detail, Noticed, Reporter, StageDone, StageProgress, StageStarted
from pipeline.stages import STAGES, Job, Stage
from pipeline.workspace import Workspace

RunCommand = Callable[[Command, Callable[[int], None] | None], Completed]
"""Runs a confined process; the second argument hears the media milliseconds done."""


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
class Flow:
    """Makes recordings; shared by all threads of a run."""

    workspace: Workspace
    engine: Engine
    reporter: Reporter
    run_command: RunCommand
    published: PublishedMedia
    stages: Sequence[Stage] = STAGES

    def make(self, job: Job) -> Job:
        """Take ``job`` through every stage and return it with all its artifacts.

        Raises:
            AftertalkError: a stage failed; artifacts made before are kept for the next run.
        """
        for stage in self.stages:
            artifact = self._artifact(job, stage)
            job = replace(job, artifacts={**job.artifacts, stage.name: artifact})
        return job

    def is_made(self, job: Job) -> Job | str:
        """The job with all its artifacts if nothing needs to be made, else the reason why something does."""
        for stage in self.stages:
            task = stage.plan(job)
            found = self._find(job, task)
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

    def _artifact(self, job: Job, stage: Stage) -> Artifact:
        task = stage.plan(job)
        started = time.monotonic()
        if (found := self._find(job, task)) is not None:
            artifact, outcome = found
        else:
            self.reporter.tell(StageStarted(job.id, stage.name, self._reason(task)))
            artifact, outcome = self._run(job, stage, task), "made"
            for finding in artifact.data.get("findings", ()):
                self.reporter.tell(Noticed(job.id, finding))
        for note in artifact.data.get("notes", ()):
            self.reporter.tell(Detail(job.id, stage.name, note))
        self.reporter.tell(StageDone(job.id, stage.name, outcome, round(time.monotonic() - started, 3)))
        return artifact

    def _find(self, job: Job, task: Task) -> tuple[Artifact, str] | None:
        if (artifact := self.workspace.find(task.key)) is not None:
            return artifact, "kept"
        manifest = self.published.manifest(job.id)
        for one in manifest.artifacts if manifest else ():
            if one.key == task.key:
                return one, "published"
        return None

    def _reason(self, task: Task) -> str:
        return explain(self.workspace.last_fingerprint(task.recording, task.stage), task.fingerprint)

    def _run(self, job: Job, stage: Stage, task: Task) -> Artifact:
        """Make the parts of ``task`` that are missing, side by side, then ``task`` itself."""
        missing = [part for part in task.parts if self.workspace.find(part.key) is None]
        self.engine.map(lambda part: self._run(job, stage, part), missing)
        artifact = self.engine.run(lambda: self._run_one(job, stage, task))
        for part in task.parts:  # joined: their bytes are not needed any more
            shutil.rmtree(self.workspace.folder(part.key), ignore_errors=True)
        return artifact

    def _run_one(self, job: Job, stage: Stage, task: Task) -> Artifact:
        with self.workspace.scratch() as folder:
            out = folder / "out"
            out.mkdir()
            bench = _Bench(out, self, job, task)
            try:
                output = stage.run(job, task, bench)
            except ToolError as error:
                raise _about_source(job, error) from error
            return self.workspace.commit(task, out, output.data, output.private)


def _about_source(job: Job, error: ToolError) -> ToolError:
    """A tool's failure as a fact about the file it worked on: that is what a person can do something about."""
    hint = error.hint or "play the file; if it plays well, convert it to MP4 (H.264 and AAC) and try again"
    return ToolError(job.source.name, f"{error.reference} {error.message}", context=error.context, hint=hint)


class _Bench:
    """``stages.Bench`` on this machine."""

    def __init__(self, out: Path, flow: Flow, job: Job, task: Task) -> None:
        self.out = out
        self._flow = flow
        self._job = job
        self._task = task

    def artifact(self, stage: str) -> Artifact:
        if stage in self._job.artifacts:
            return self._job.artifacts[stage]
        found = self._flow.workspace.find(stage)
        if found is None:
            raise AftertalkError(self._job.id, f"a part of {self._task.stage} is gone", hint="run the command again")
        return found

    def file(self, stage: str, name: str) -> Path:
        artifact = self.artifact(stage)
        if (path := self._flow.workspace.path(artifact, name)) is not None:
            return path
        fetched = self.out.parent / "fetched" / artifact.digest / name
        fetched.parent.mkdir(parents=True, exist_ok=True)
        fetched.write_bytes(self._flow.published.read(_key(self._job.id, artifact, name)))
        return fetched

    def run(self, command: Command, *, on_progress: Callable[[int], None] | None = None) -> Completed:
        return self._flow.run_command(command, on_progress)

    def progress(self, done_ms: int) -> None:
        total = int(self._job.artifacts["probe"].data["duration_ms"]) if "probe" in self._job.artifacts else done_ms
        self._flow.reporter.tell(StageProgress(self._job.id, self._task.stage, done_ms, total))


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
