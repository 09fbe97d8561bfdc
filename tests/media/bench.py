"""A bench for the media stages that is nothing but folders: tasks are made where they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from catalog.manifest import Artifact, ArtifactFile
from catalog.model import Event, Recording, Session
from pipeline.config import Settings
from pipeline.digests import sha256_file
from pipeline.freshness import Task
from pipeline.media.command import Command, Completed, Tools
from pipeline.media.runner import Runner
from pipeline.stages.base import Job, Source, Stage
from pipeline.stages.probe import ProbeStage
from pipeline.stages.transcode import TranscodeStage


class FolderBench:
    """``stages.Bench`` with one folder per artifact."""

    def __init__(self, root: Path, key: str, runner: Runner, folders: dict[str, Path]) -> None:
        self.out = root / key[:16] / "out"
        self.out.mkdir(parents=True)
        self.cpu_s = 0.0
        self.heard_ms: list[int] = []
        self._runner = runner
        self._folders = folders

    def file(self, stage: str, name: str) -> Path:
        return self._folders[stage] / name

    def run(self, command: Command, *, on_progress: Callable[[int], None] | None = None) -> Completed:
        done = self._runner.run(command, on_progress)
        self.cpu_s += done.cpu_s
        return done

    def progress(self, done_ms: int) -> None:
        self.heard_ms.append(done_ms)


class Workshop:
    """Takes recordings through probe and transcode, below ``root``."""

    def __init__(self, root: Path, tools: Tools, settings: Settings | None = None, **recording: Any) -> None:
        self.root = root
        self.tools = tools
        self.settings = settings or Settings(title="Test")
        self.recording = Recording(id="one", title="One", **recording)
        self.runner = Runner(tools)
        self.folders: dict[str, Path] = {}
        self.cpu_s = 0.0

    def job(self, source: Path) -> Job:
        session = Session(id="talk", title="Talk", recordings=(self.recording,))
        return Job(
            event=Event(id="meeting", title="Meeting", sessions=(session,)),
            session=session,
            recording=self.recording,
            settings=self.settings,
            tools=self.tools,
            source=Source(path=source, name=source.name, sha256=sha256_file(source), bytes=source.stat().st_size),
            artifacts={},
        )

    def make(self, stage: Stage, job: Job, task: Task | None = None) -> Artifact:
        task = task or stage.plan(job)
        for part in task.parts:
            self.make(stage, job, part)
        bench = FolderBench(self.root, task.key, self.runner, self.folders)
        output = stage.run(job, task, bench)
        self.cpu_s += bench.cpu_s
        self.folders[task.key] = bench.out
        if task.parts or stage.name not in self.folders:
            self.folders[stage.name] = bench.out
        files = tuple(
            ArtifactFile(
                name=path.name,
                bytes=path.stat().st_size,
                sha256=sha256_file(path),
                public=path.name not in output.private,
            )
            for path in sorted(bench.out.iterdir())
        )
        return Artifact(key=task.key, stage=stage.name, files=files, data=output.data)

    def transcode(self, source: Path) -> tuple[Artifact, Path]:
        """The transcode artifact of ``source`` and its folder."""
        job = self.job(source)
        artifacts = {"probe": self.make(ProbeStage(), job)}
        job = Job(**{**vars(job), "artifacts": artifacts})
        artifact = self.make(TranscodeStage(), job)
        return artifact, self.folders[artifact.key]
