"""read_slides: the text on the slides, where text recognition is installed.

Reads the stills that ``transcode`` made of the slides; gives their text, to search and to name chapters by. Rule: a
recording does without it.
"""

from __future__ import annotations

from typing import Any

from pipeline.errors import AftertalkError, ToolError
from pipeline.freshness import Task
from pipeline.media import ocr
from pipeline.stages.base import Bench, Job, Output

MAX_TEXT = 4000
"""Characters of a slide's text that are kept; a full page has fewer."""


class ReadSlidesStage:
    """No files; the text by the name of the still."""

    name = "slides"
    version = 1

    def plan(self, job: Job) -> Task:
        """Depends on the stills and on what reads them; on nothing when there is nothing to do."""
        stills = _stills(job)
        if not stills or not ocr.is_installed() or not ocr.can_read(job.language):
            return Task(self.name, self.version, job.id)
        media = job.artifacts["transcode"]
        inputs = {name: media.file(name).sha256 for name in stills}
        return Task(self.name, self.version, job.id, tools={"ocr": ocr.engine_version()}, inputs=inputs)

    def run(self, job: Job, task: Task, bench: Bench) -> Output:
        """Read the stills, all in one confined process."""
        if not task.inputs:
            return Output(data={"texts": {}})
        try:
            done = bench.run(ocr.still_reader([bench.file("transcode", name) for name in task.inputs]))
        except ToolError as error:
            raise ToolError("text recognition", error.message, context=error.context) from error
        texts = {name: text[:MAX_TEXT] for name, text in ocr.read_stills(done.stdout).items()}
        return Output(data={"texts": texts})

    def without(self, error: AftertalkError) -> dict[str, Any]:
        """No text this time, and why."""
        return {"texts": {}, "findings": [f"slides not read, the next run tries again: {error.message}"]}


def _stills(job: Job) -> list[str]:
    return [one["file"] for one in job.artifacts["transcode"].data["slides"]]
