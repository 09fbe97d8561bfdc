"""What a transcode writes plays to its end in Chromium: each file by itself, and the HLS presentation."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from pipeline.config import Settings, TranscodeSettings
from pipeline.errors import AftertalkError
from pipeline.media.tools import Tools
from tests.browser.conftest import serving
from tests.browser.install import find
from tests.conftest import CHROMIUM_OPTIONS
from tests.media.bench import Workshop
from tests.media.player import play, write_master
from tests.media.sources import record

pytestmark = [pytest.mark.media, pytest.mark.browser]
SMALL = Settings(title="Test", transcode=TranscodeSettings(heights=(360, 240)))


def check_plays(browser: Browser, folder: Path, data: dict[str, object], rate: float = 4) -> None:
    """Every rendition and the presentation reach their end with picture and sound, at the right length."""
    write_master(folder, data)
    renditions = data["renditions"]
    seconds = data["duration_ms"] / 1000
    names = [one["file"] for one in renditions] + ["master.m3u8"] + [one["file"] for one in data["audio"]]
    with serving(folder) as base:
        for name in names:
            played = play(browser, base, name, rate)
            assert abs(played.duration - seconds) <= 0.1, (name, played)
            assert abs(played.position - seconds) <= 0.1, (name, played)
            if renditions and name.endswith((".mp4", ".m3u8")):
                shape = renditions[0]["width"] / renditions[0]["height"]
                assert abs(played.width / played.height - shape) < 0.05 * shape, (name, played)
                assert played.frames > 0, (name, played)
            if data["audio"]:
                assert played.sound > 0, (name, played)


def test_talk_plays_to_its_end(browser: Browser, tools: Tools, tmp_path: Path) -> None:
    """A talk whose picture is copied as top rung: copied and encoded rungs, HLS, sound alone."""
    source = record(tools, tmp_path / "talk.mp4", seconds=14)
    artifact, folder = Workshop(tmp_path, tools, SMALL).transcode(source)
    assert [one["copied"] for one in artifact.data["renditions"]] == [True, False]
    check_plays(browser, folder, artifact.data)


def test_trimmed_talk_plays_to_its_end(browser: Browser, tools: Tools, tmp_path: Path) -> None:
    """A copied picture between two encoded edges: the browser plays across both seams, as a file and as HLS."""
    source = record(tools, tmp_path / "talk.mp4", seconds=16)
    trim = {"start": 2.6, "end": 14.5}
    artifact, folder = Workshop(tmp_path, tools, SMALL, trim=trim).transcode(source)
    assert [one["copied"] for one in artifact.data["renditions"]] == [True, False]
    check_plays(browser, folder, artifact.data)


def test_late_picture_and_silent_video_play(browser: Browser, tools: Tools, tmp_path: Path) -> None:
    """Sound that starts before the picture, and a recording without any sound."""
    late = record(tools, tmp_path / "late.mkv", "-vf", "setpts=PTS+1/TB", "-force_key_frames", "0", seconds=6)
    silent = record(tools, tmp_path / "silent.mp4", "-an", seconds=6)
    for source in (late, silent):
        artifact, folder = Workshop(tmp_path / source.stem, tools, SMALL).transcode(source)
        check_plays(browser, folder, artifact.data)


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_corpus_plays(browser: Browser, tools: Tools, shared: Path, tmp_path: Path) -> None:
    """Every file of the corpus that is published at all plays to its end."""
    failures = []
    chromium = browser.browser_type
    for number, source in enumerate(sorted(path for path in (shared / "media").rglob("*") if path.is_file())):
        try:
            artifact, folder = Workshop(tmp_path / str(number), tools).transcode(source)
        except AftertalkError:
            continue
        try:
            with chromium.launch(executable_path=find(), args=CHROMIUM_OPTIONS) as fresh:  # a crash costs one file only
                check_plays(fresh, folder, artifact.data, rate=8)
        except Exception as error:  # all of them are wanted in one list
            failures.append(f"{source.name}: {error}")
    assert not failures, "\n".join(failures)
