"""What a stage is, and what it works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from catalog.manifest import Artifact
from catalog.model import Chapter, Event, Recording, Session
from pipeline.config import Settings
from pipeline.errors import AftertalkError
from pipeline.freshness import Task
from pipeline.media.command import Command, Completed
from pipeline.media.tools import Tools


@dataclass(frozen=True)
class Source:
    """The bytes a recording is made from: what ingest found."""

    path: Path
    """The organiser's file, or the fetched one. Only read; never named to a tool (see ``Command.inputs``)."""
    name: str
    """The file's name for messages, with whatever does not print escaped."""
    sha256: str
    bytes: int
    captions: tuple[CaptionFile, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    """Chapters that came with a fetched source."""
    poster: PictureFile | None = None


@dataclass(frozen=True)
class CaptionFile:
    """A caption file beside the source."""

    path: Path
    sha256: str
    language: str | None
    """From the organiser or the file name; ``None`` when neither says."""
    name: str = ""
    """The file's name for messages."""
    downloaded: bool = False
    automatic: bool = False
    """Whether its name says that a machine wrote it."""
    align: bool = False
    """Whether its times are to be corrected by the sound."""


@dataclass(frozen=True)
class PictureFile:
    """A picture the organiser named."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class Job:
    """One recording on its way: what is known of it before a stage plans."""

    event: Event
    session: Session
    recording: Recording
    settings: Settings
    tools: Tools
    source: Source
    artifacts: Mapping[str, Artifact]
    """Artifacts made so far, by stage name."""

    @property
    def id(self) -> str:
        """``<event>/<recording>``."""
        return f"{self.event.id}/{self.recording.id}"

    @property
    def language(self) -> str:
        """The language spoken."""
        return self.recording.language or self.session.language or self.event.language


@dataclass(frozen=True)
class Output:
    """What a stage's run leaves: files in the bench's folder, and facts."""

    data: dict[str, Any]
    private: frozenset[str] = frozenset()
    """Names of files that are working files and never published."""


class Bench(Protocol):
    """The place a task runs at."""

    out: Path
    """An empty folder; every file below it becomes part of the artifact."""

    def file(self, stage: str, name: str) -> Path:
        """A file of an artifact made before (of this job, or of a part by its key)."""

    def run(self, command: Command, *, on_progress: Callable[[int], None] | None = None) -> Completed:
        """Run a confined process; ``on_progress`` hears the media milliseconds done.

        Raises:
            ToolError: it failed, or was stopped by a limit.
        """

    def progress(self, done_ms: int) -> None:
        """Tell how many media milliseconds of the task are done."""


class Stage(Protocol):
    """One step: says what it depends on (``plan``, pure), then makes it (``run``)."""

    name: str
    version: int
    """Raised whenever the output changes for the same inputs."""

    def plan(self, job: Job) -> Task:
        """Describe the artifact to make, reading nothing but the job."""

    def run(self, job: Job, task: Task, bench: Bench) -> Output:
        """Make the artifact (or the part) that ``task`` describes, below ``bench.out``."""


@runtime_checkable
class OptionalStage(Stage, Protocol):
    """A stage that a recording can do without: when it fails, the recording is published all the same.

    What ``without`` gives is kept nowhere and has no key, so the next run tries again.
    """

    def without(self, error: AftertalkError) -> dict[str, Any]:
        """The facts to go on with after ``error``, as ``Output.data``; its ``findings`` say what is missing and why."""
