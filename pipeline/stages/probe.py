"""Probe: read the source in a confined process; its streams, duration, key frames, embedded captions and chapters.

What it tells is about the part that the organiser wants (``trim``): every stage after it counts time from there.
Nothing a file claims about itself is believed without bound (``media.probe``).
"""

from __future__ import annotations

from catalog.edits import Trim
from pipeline.freshness import Task
from pipeline.media import probe
from pipeline.packages import version_of
from pipeline.stages.base import Bench, Job, Output


class ProbeStage:
    """The artifact has no files; its data is a ``media.probe.Probe``."""

    name = "probe"
    version = 5

    def plan(self, job: Job) -> Task:
        """Depends on the bytes of the source and on PyAV."""
        return Task(
            stage=self.name,
            version=self.version,
            recording=job.id,
            tools={"PyAV": version_of("av")},
            inputs={"source": job.source.sha256},
            settings={
                "max_duration_hours": job.settings.transcode.max_duration_hours,
                "trim": job.recording.trim.model_dump(),
            },
        )

    def run(self, job: Job, task: Task, bench: Bench) -> Output:
        """Read the source.

        Raises:
            MediaError: it cannot be published; the message says why.
            ToolError: the process was stopped by a limit.
        """
        reference = job.source.name
        probe.check_file(job.source.path, reference)
        done = bench.run(probe.command(job.source.path, job.source.bytes, Trim(**task.settings["trim"])))
        longest_ms = round(task.settings["max_duration_hours"] * 3_600_000)
        return Output(data=probe.parse(done.stdout, reference, longest_ms).model_dump(mode="json"))
