"""What a transcode writes plays to its end in Chromium: each file by itself, and the HLS presentation."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from catalog.render import TEMPLATES
from pipeline.config import Settings, TranscodeSettings
from pipeline.errors import AftertalkError
from pipeline.media.tools import Tools
from tests.browser.conftest import serving
from tests.browser.install import find
from tests.conftest import CHROMIUM_OPTIONS
from tests.media.bench import Workshop
from tests.media.player import play, play_by_hls_js, write_master
from tests.media.sources import record, standing
from tests.media.strict import check_folder

VENDORED = TEMPLATES / "vendor" / "hls.light.min.js"
pytestmark = [pytest.mark.media, pytest.mark.browser]
SMALL = Settings(title="Test", transcode=TranscodeSettings(heights=(360, 240)))


def check_plays(browser: Browser, folder: Path, data: dict[str, object], rate: float = 4) -> None:
    """Every rendition and the presentation reach their end with picture and sound, at the right length."""
    write_master(folder, data)
    renditions = data["renditions"]
    seconds = data["duration_ms"] / 1000
    names = (
        [one["file"] for one in (*renditions, *data["av1"])] + ["master.m3u8"] + [one["file"] for one in data["audio"]]
    )
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


def test_standing_pictures_play(browser: Browser, tools: Tools, tmp_path: Path) -> None:
    """A screen recording without a picture for a quarter of a minute, twice."""
    artifact, folder = Workshop(tmp_path, tools, SMALL).transcode(standing(tools, tmp_path / "screen.mp4"))
    check_plays(browser, folder, artifact.data)


def test_av1_beside_h264(browser: Browser, tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both codings play to their end, also where pictures come at no fixed rate; chunks join, segments agree."""
    monkeypatch.setattr("pipeline.media.chunks.CHUNK_MS", 4000)
    both = Settings(title="Test", transcode=TranscodeSettings(heights=(180, 90), codecs=("h264", "av1")))
    source = record(tools, tmp_path / "talk.mp4", seconds=9, size="320x180", rate=10)
    uneven = ("-vf", "select='lt(mod(n,5),3)'", "-fps_mode", "vfr")
    varying = record(tools, tmp_path / "varying.mkv", *uneven, seconds=5, size="320x180", rate=10)
    for path in (varying, source):
        artifact, folder = Workshop(tmp_path / path.stem, tools, both).transcode(path)
        assert [one["height"] for one in artifact.data["renditions"]] == [180, 90]
        assert [one["file"] for one in artifact.data["av1"]] == ["180p-av1.mp4", "90p-av1.mp4"]
        assert all(one["codecs"].startswith("av01.0.0") for one in artifact.data["av1"])
        check_folder(folder, artifact.data)
    check_plays(browser, folder, artifact.data)
    if VENDORED.is_file():
        with serving(folder) as base:
            codecs = play_by_hls_js(browser, base, "master-av1.m3u8", VENDORED)
        assert {one[:4] for one in codecs} in ({"av01"}, {"avc1"}), "one coding, from the start to the end"


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
