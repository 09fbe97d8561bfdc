"""The sound of a recording, as later stages use it."""

from __future__ import annotations

from pipeline.captions import language, sync
from pipeline.errors import ToolError
from pipeline.media import levels
from pipeline.stages.base import Bench, Job


def file_of(job: Job) -> str | None:
    """The sound file of the language spoken, else the main one, of the ``transcode`` artifact; ``None`` if silent."""
    entries = job.artifacts["transcode"].data["audio"]
    spoken = [one for one in entries if one["language"] and language.are_close(one["language"], job.language)]
    return next((str(one["file"]) for one in spoken or entries), None)


def inputs(job: Job) -> dict[str, str]:
    """What a task depends on that listens to the sound."""
    file = file_of(job)
    return {"sound": job.artifacts["transcode"].file(file).sha256} if file else {}


def speech(job: Job, bench: Bench) -> sync.Signal | None:
    """Where speech is (``sync.activity``); ``None`` where that cannot be told."""
    file = file_of(job)
    if file is None:
        return None
    try:
        return sync.activity(levels.read(bench.run(levels.command(bench.file("transcode", file))).stdout))
    except (ToolError, ValueError):  # captions are made all the same, only not compared
        return None
