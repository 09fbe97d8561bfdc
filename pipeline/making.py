"""One artifact made: an order says what, as plain data; a maker carries it out, on this machine or on a worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from catalog.manifest import Artifact
from pipeline.errors import AftertalkError, ToolError
from pipeline.freshness import Task
from pipeline.media.command import Command, Completed
from pipeline.stages import STAGES, Job, Stage
from pipeline.workspace import Workspace

RunCommand = Callable[[Command, Callable[[int], None] | None], Completed]
"""Runs a confined process; the second argument hears the media milliseconds done."""


@dataclass(frozen=True)
class Order:
    """One artifact to make. Plain data: it survives a pickle round trip, and means the same on every machine."""

    job: Job
    task: Task


OnProgress = Callable[[Order, int], None]
"""Hears how many media milliseconds of an order are done."""


class Shelf(Protocol):
    """Where a maker takes artifacts from that were made before."""

    def find(self, key: str) -> Artifact | None:
        """The artifact of that key, if there is one."""

    def file(self, recording: str, artifact: Artifact, name: str, folder: Path) -> Path:
        """A file of an artifact of ``recording``; fetched into ``folder`` when it is not on this machine.

        Raises:
            StoreError: it cannot be had.
        """


@dataclass(frozen=True)
class Maker:
    """Carries out orders; shared by threads."""

    workspace: Workspace
    shelf: Shelf
    run_command: RunCommand
    on_progress: OnProgress
    stages: Sequence[Stage] = STAGES

    def make(self, order: Order) -> Artifact:
        """Run the order's stage and keep what it made in the workspace, all at once.

        Raises:
            AftertalkError: the stage failed, or the workspace cannot be written.
        """
        stage = next(one for one in self.stages if one.name == order.task.stage)
        with self.workspace.scratch() as folder:
            out = folder / "out"
            out.mkdir()
            try:
                output = stage.run(order.job, order.task, _Bench(out, self, order))
            except ToolError as error:
                raise _about_source(order.job, error) from error
            return self.workspace.commit(order.task, out, output.data, output.private)


def _about_source(job: Job, error: ToolError) -> ToolError:
    """A tool's failure as a fact about the file it worked on: that is what a person can do something about."""
    hint = error.hint or "play the file; if it plays well, convert it to MP4 (H.264 and AAC) and try again"
    return ToolError(job.source.name, f"{error.reference} {error.message}", context=error.context, hint=hint)


class _Bench:
    """``stages.Bench`` of one order."""

    def __init__(self, out: Path, maker: Maker, order: Order) -> None:
        self.out = out
        self._maker = maker
        self._order = order

    def file(self, stage: str, name: str) -> Path:
        artifact = self._artifact(stage)
        folder = self.out.parent / "fetched" / artifact.key
        return self._maker.shelf.file(self._order.job.id, artifact, name, folder)

    def run(self, command: Command, *, on_progress: Callable[[int], None] | None = None) -> Completed:
        return self._maker.run_command(command, on_progress)

    def progress(self, done_ms: int) -> None:
        self._maker.on_progress(self._order, done_ms)

    def _artifact(self, stage: str) -> Artifact:
        job = self._order.job
        if stage in job.artifacts:
            return job.artifacts[stage]
        found = self._maker.shelf.find(stage)
        if found is None:
            raise AftertalkError(job.id, f"a part of {self._order.task.stage} is gone", hint="run the command again")
        return found
