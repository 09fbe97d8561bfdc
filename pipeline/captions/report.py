"""What there is to say about a caption track. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catalog.model import Cue
from pipeline.captions import sync

FASTEST_CPS = 20
"""Characters a second that can still be read."""


def report(cues: Sequence[Cue], duration_ms: int, speech: sync.Signal | None = None) -> dict[str, Any]:
    """Figures of a track: number of cues and words, average and highest reading speed, share of time covered.

    Returns:
        ``cues``, ``words``, ``speakers``, ``characters_per_second`` (while a cue is shown), ``too_fast`` (cues above
        ``FASTEST_CPS``), ``covered`` (0 to 1) and, with ``speech`` (see ``sync.activity``), ``speech_covered``.
    """
    shown_ms = sum(cue.end_ms - cue.start_ms for cue in cues)
    characters = sum(len(cue.text) for cue in cues)
    found: dict[str, Any] = {
        "cues": len(cues),
        "words": sum(len(cue.text.split()) for cue in cues),
        "speakers": len({cue.speaker for cue in cues if cue.speaker}),
        "characters_per_second": round(characters * 1000 / shown_ms, 1) if shown_ms else 0.0,
        "too_fast": sum(len(cue.text) * 1000 > FASTEST_CPS * (cue.end_ms - cue.start_ms) for cue in cues),
        "covered": round(min(1.0, shown_ms / duration_ms), 3) if duration_ms else 0.0,
    }
    if speech is not None:
        found["speech_covered"] = round(sync.covered([(cue.start_ms, cue.end_ms) for cue in cues], speech), 3)
    return found
