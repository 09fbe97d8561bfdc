"""The stages of one recording, in order.

``ingest`` comes before them (it finds the sources of the whole catalogue) and ``publish`` after them.
"""

from __future__ import annotations

from pipeline.stages.base import Bench, CaptionFile, Job, Output, PictureFile, Source, Stage
from pipeline.stages.probe import ProbeStage

STAGES: tuple[Stage, ...] = (ProbeStage(),)
"""What every recording goes through."""

__all__ = ["STAGES", "Bench", "CaptionFile", "Job", "Output", "PictureFile", "Source", "Stage"]
