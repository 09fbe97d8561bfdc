"""The stages of one recording, in order.

``ingest`` comes before them (it finds the sources of the whole catalogue) and ``publish`` after them.
"""

from __future__ import annotations

from pipeline.stages.base import Bench, CaptionFile, Job, Output, PictureFile, Source, Stage

__all__ = ["Bench", "CaptionFile", "Job", "Output", "PictureFile", "Source", "Stage"]
