"""enrich: what ties the other artifacts together.

Reads the facts of probe, transcode and captions; writes the HLS master playlist, which names files of the other
artifacts by their digests, and the chapters as a WebVTT track. Rule: cheap enough to be made again whenever anything
it names changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from catalog.manifest import ChapterMark
from catalog.model import Cue
from pipeline.captions import webvtt
from pipeline.freshness import Task
from pipeline.media import hls
from pipeline.media.probe import Probe
from pipeline.stages.base import Bench, Job, Output

MASTER = "master.m3u8"
CHAPTERS = "chapters.vtt"
