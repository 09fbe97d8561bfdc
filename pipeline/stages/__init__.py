"""The stages of one recording, in order.

``ingest`` comes before them (it finds the sources of the whole catalogue) and ``publish`` after them.
"""

from __future__ import annotations

from pipeline.stages.base import Bench, CaptionFile, Job, OptionalStage, Output, PictureFile, Source, Stage
from pipeline.stages.captions import CaptionsStage
from pipeline.stages.enrich import EnrichStage
from pipeline.stages.probe import ProbeStage
from pipeline.stages.read_slides import ReadSlidesStage
from pipeline.stages.transcode import TranscodeStage
from pipeline.stages.transcribe import TranscribeStage

STAGES: tuple[Stage, ...] = (
    ProbeStage(),
    TranscodeStage(),
    CaptionsStage(),
    TranscribeStage(),
    ReadSlidesStage(),
    EnrichStage(),
)
"""What every recording goes through."""

__all__ = ["STAGES", "Bench", "CaptionFile", "Job", "OptionalStage", "Output", "PictureFile", "Source", "Stage"]
