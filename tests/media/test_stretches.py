"""A recording as a web conference leaves it: waiting before and after, and one side of the sound dead."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from pipeline import report
from pipeline.catalogue import load
from pipeline.cli import cli
from pipeline.media.tools import Tools
from pipeline.programmes import import_programme
from pipeline.run import Options, publish
from tests.media.bench import Workshop
from tests.media.sources import run

pytestmark = pytest.mark.media

SIZE = "320x180:rate=10"
CATALOGUE = "title: Test\ncaptions: {recognise: false}\ntranscode: {heights: [180]}\n"
EVENT = "title: Meeting\nsessions: [{id: day, title: Day, recordings: [{id: talk, title: Talk%s}]}]\n"


@pytest.fixture(scope="module")
def conference(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """8 s of a picture that stands, 20 s of talk on the left channel, 7 s of black."""
    path = tmp_path_factory.mktemp("conference") / "talk.mp4"
    screen = f"smptebars=size={SIZE}:duration=8"
    talk, black = f"testsrc2=size={SIZE}:duration=20", f"color=black:size={SIZE}:duration=7"
    sound = "aevalsrc='0.2*sin(500*2*PI*t)*between(t,8,28)|0':sample_rate=48000:duration=35"
    inputs = [word for one in (screen, talk, black, sound) for word in ("-f", "lavfi", "-i", one)]
    joined = "[0:v]setsar=1[a];[1:v]setsar=1[b];[2:v]setsar=1[c];[a][b][c]concat=n=3[v]"
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "20", "-pix_fmt", "yuv420p", "-c:a", "aac", str(path))
    run(tools, *inputs, "-filter_complex", joined, "-map", "[v]", "-map", "3:a", *coded)
    return path


def test_waiting_and_a_dead_side(tools: Tools, tmp_path: Path, conference: Path) -> None:
    """What is dead is found, the poster is of the talk, and the sound is mono and as loud as it should be."""
    artifact, folder = Workshop(tmp_path, tools).transcode(conference)
    data = artifact.data
    assert data["trim_hint"] == {"start_ms": 7000, "end_ms": 29_000}
    assert data["stretches"]["black"] == [[28_000, 35_000]]
    assert data["stretches"]["silent"] == [[0, 8000], [28_000, 35_000]]
    assert "left channel" in data["findings"][0]
    with av.open(str(folder / "audio.m4a")) as container:
        assert container.streams.audio[0].codec_context.channels == 1
    assert data["audio"][0]["lufs"] == pytest.approx(-16, abs=0.6)
    assert np.asarray(Image.open(folder / "poster.jpg").convert("L")).mean() > 40
    at = tmp_path / "at.png"
    run(tools, "-ss", "4", "-i", str(conference), "-frames:v", "1", str(at))
    waiting, poster = (np.asarray(Image.open(one).convert("L"), np.int16) for one in (at, folder / "poster.jpg"))
    assert np.abs(waiting - poster).mean() > 20


def test_an_organiser_who_says_which_channel_is_obeyed(tools: Tools, tmp_path: Path, conference: Path) -> None:
    """``audio: right`` publishes the dead one; nothing is repaired."""
    artifact, _ = Workshop(tmp_path, tools, audio="right").transcode(conference)
    assert artifact.data["findings"] == []
    assert artifact.data["audio"][0]["lufs"] is None


def test_status_tells_what_could_be_cut_off(tmp_path: Path, conference: Path) -> None:
    """In words and as JSON, ready for event.yaml; not any more when the organiser has trimmed it."""
    inbox = tmp_path / "meeting" / "recordings"
    inbox.mkdir(parents=True)
    (inbox / "talk.mp4").write_bytes(conference.read_bytes())
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    said = [_status(tmp_path, extra) for extra in ("", ", trim: {start: 0:07, end: 0:29}")]
    assert "nothing to see or hear outside 'trim: {start: 0:07, end: 0:29}'" in said[0][0]
    assert [json.loads(one[1])["trim"] for one in said] == [{"start": "0:07", "end": "0:29"}, {}]
    assert "nothing to see" not in said[1][0]


def _status(root: Path, extra: str) -> tuple[str, str]:
    """What ``status`` prints, in words and as JSON, after a publish."""
    (root / "meeting" / "event.yaml").write_text(EVENT % extra, "utf-8")
    reporter = report.RecordingReporter()
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert not publish(load(root, import_programme), reporter, Options(), now=now)
    words, plain = (
        CliRunner().invoke(cli, ["status", "--catalogue", str(root), *more], catch_exceptions=False)
        for more in ([], ["--json"])
    )
    return words.output, plain.output
