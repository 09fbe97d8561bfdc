"""Every caption file of the shared corpus becomes clean WebVTT or a clear error."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import webvtt as webvtt_py

from pipeline.captions import export, lines, readers, webvtt
from pipeline.captions.clean import clean
from pipeline.captions.decode import decode
from pipeline.captions.readers import webvtt as webvtt_reader
from pipeline.errors import CaptionError

pytestmark = pytest.mark.corpus

REASONS = (
    "the file is empty",
    "there are no captions in the file",
    "this is not a caption file of a known format",
    "this JSON holds no captions of a known kind",
    "this is not JSON",
    "this is not a text file",
    "this is not well-formed XML",
    "these are pictures of text",
)


def test_every_file_is_clean_webvtt_or_a_clear_error(shared: Path) -> None:
    """Nothing but ``CaptionError`` is raised; what comes out is within the rules and reads back in strict mode."""
    usable, refused = 0, {}
    for path in sorted(one for one in (shared / "captions").rglob("*") if one.is_file()):
        try:
            tracks = readers.read(path.name, path.read_bytes())
        except CaptionError as error:
            refused[path] = error.message
            continue
        for track in tracks:
            cues = clean(track, None).cues
            for before, after in pairwise(cues):
                assert before.end_ms <= after.start_ms, path
            for cue in cues:
                rows = cue.text.split("\n")
                assert len(rows) <= 2, (path, cue)
                assert all(lines.width(row) <= lines.LINE_WIDTH or " " not in row for row in rows), (path, cue)
            content = webvtt.write(cues, "en")
            assert len(webvtt_py.from_string(content.decode(), strict=True).captions) == len(cues)
            assert webvtt.read_published(content) == cues, path
            export.subrip(cues)
            export.transcript(cues)
        usable += 1
    assert usable > 370
    assert not {path: message for path, message in refused.items() if not message.startswith(REASONS)}
    assert len(refused) < 350  # half of them expected parses in JSON, tables and other things beside the captions


# What differs from vtt.js's expected times, and why.
OTHER_TIMES = {
    "cue-times/fraction-digits": "a time with two decimals is read: a caption more is better than one less",
    "cuetext/lang/no-end-gt": "a cue whose only content is an unfinished tag has no text, so there is no cue",
    "cuetext/voice/no-end-gt": "the same",
    "integration/arrows": "the same, for a cue without content",
    "cuetext/voice/with-closing-span": "two voices in one cue become two cues",
    "integration/cycle-collector-talk": "the same",
}
# What differs from its expected text, and why.
OTHER_TEXT = {
    "cue-times/fraction-digits": "see above",
    "file-layout/bom-garbage-data": "given to this reader without asking whether it is WebVTT",
    "file-layout/bom-tab-webvtt": "the same",
    "file-layout/header-no-new-line": "cues directly after the header are read, as browsers do today",
}


def text_of(node: dict[str, Any]) -> str:
    return "".join(map(text_of, node["childNodes"])) if node.get("childNodes") else str(node.get("textContent") or "")


def letters(text: str) -> str:
    """Text without spaces and without the parentheses that ruby annotations get."""
    return "".join(text.split()).replace("(", "").replace(")", "")


def test_vtt_js_conformance_cases(shared: Path) -> None:
    """Times and rendered text agree with what vtt.js expects, but for the exceptions listed above."""
    root, times, texts = shared / "captions" / "vtt.js", set(), set()
    compared = 0
    for path in sorted(root.rglob("*.vtt")):
        name = path.relative_to(root).with_suffix("").as_posix()
        (track,) = webvtt_reader.read(path.name, decode(path.name, path.read_bytes())[0])
        parsed, drawn = path.with_suffix(".json"), path.with_name(f"{path.stem}-proc.json")
        if parsed.exists() and isinstance(data := json.loads(parsed.read_text()), dict):
            compared += 1
            expected = [(round(one["startTime"] * 1000), round(one["endTime"] * 1000)) for one in data["cues"]]
            if expected != [one[:2] for one in track.texts]:
                times.add(name)
        if drawn.exists() and (data := json.loads(drawn.read_text())) is not None:
            compared += 1
            if sorted(letters("".join(map(text_of, data)))) != sorted(
                letters("".join(one.text for one in track.texts))
            ):
                texts.add(name)
    assert compared > 180
    assert times == set(OTHER_TIMES)
    assert texts == set(OTHER_TEXT)
