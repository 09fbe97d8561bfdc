"""Captions on their whole way to the public: made, left out for a time, corrected."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline import report
from pipeline.captions import webvtt
from pipeline.catalogue import load
from pipeline.cli import cli
from pipeline.media.command import Command, Limits, Tools
from pipeline.media.runner import Runner
from pipeline.programmes import import_programme
from pipeline.run import Options, publish
from pipeline.status import Row, states

pytestmark = pytest.mark.media

NOW = datetime(2021, 7, 1, tzinfo=UTC)
EVENT = """
title: Meeting
sessions:
  - {id: day, title: Day, recordings: [{id: talk, title: A talk}]}
"""


class Meeting:
    """A catalogue with one recording: six seconds of sound."""

    def __init__(self, root: Path, tools: Tools) -> None:
        self.root = root
        self.inbox = root / "meeting" / "recordings"
        self.inbox.mkdir(parents=True)
        (root / "meeting" / "event.yaml").write_text(EVENT)
        self.configure("{}")
        argv = ("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=6", "-c:a", "aac", "talk.m4a")
        Runner(tools).run(Command(argv, output=self.inbox, limits=Limits(wall_s=60)))

    def configure(self, captions: str) -> None:
        """Set ``captions:`` of the catalogue."""
        (self.root / "catalogue.yaml").write_text(f"title: Test\ncaptions: {captions}\n")

    def publish(self) -> Sequence[report.Message]:
        """Publish; every recording must become public."""
        reporter = report.RecordingReporter()
        assert publish(load(self.root, import_programme), reporter, Options(), now=NOW) == 0
        return reporter.messages

    def recording(self) -> dict[str, Any]:
        """The recording in ``catalog.json``."""
        (one,) = json.loads((self.root / "public" / "catalog.json").read_bytes())["recordings"]
        return dict(one)

    def status(self) -> Row:
        (row,) = states(load(self.root, import_programme), now=NOW)
        return row


@pytest.fixture
def meeting(tmp_path: Path, tools: Tools) -> Meeting:
    return Meeting(tmp_path, tools)


def outcomes(messages: Sequence[report.Message]) -> dict[str, str]:
    return {one.stage: one.outcome for one in messages if isinstance(one, report.StageDone)}


def notes(messages: Sequence[report.Message]) -> list[str]:
    return [one.message for one in messages if isinstance(one, report.Noticed)]


def test_failing_recognition_does_not_stop_a_recording(meeting: Meeting, tmp_path: Path) -> None:
    """With a broken model the recording is public without captions; each run tries again until it works."""
    model = tmp_path / "model"
    model.mkdir()
    for name in ("model.bin", "config.json"):
        (model / name).write_text("{}")
    meeting.configure(f"{{model: {model}}}")
    messages = meeting.publish()
    assert outcomes(messages)["transcribe"] == "left out"
    (note,) = notes(messages)
    assert note.startswith("no automatic captions, the next run tries again: speech recognition ")
    assert meeting.recording()["captions"] == []
    assert meeting.status().reason == "transcribe: failed in the last run"
    assert outcomes(meeting.publish()) == {
        **dict.fromkeys(("probe", "transcode", "captions", "slides", "enrich"), "kept"),
        "transcribe": "left out",
    }
    meeting.configure("{recognise: false}")
    assert outcomes(meeting.publish())["transcribe"] == "made"
    assert meeting.status().reason == "up to date"


def run(meeting: Meeting, *words: str) -> str:
    """The output of ``aftertalk captions meeting/talk …``, which must succeed."""
    done = CliRunner().invoke(cli, ["captions", "meeting/talk", "-C", str(meeting.root), *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_corrected_captions_count_for_good(meeting: Meeting, tmp_path: Path) -> None:
    """A machine's captions are pointed out and lose to a person's; imported ones win, and nothing is encoded again."""
    meeting.configure("{recognise: false}")
    (meeting.inbox / "talk.transcript.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:03.000\nGee bif notes\n")
    meeting.publish()
    assert meeting.status().automatic_only
    assert run(meeting).startswith("en: automatic; 1 cues, 3 words")
    (meeting.inbox / "talk.srt").write_text("1\n00:00:01,000 --> 00:00:03,000\nGeebif nodes\n")
    meeting.publish()
    assert [one["origin"] for one in meeting.recording()["captions"]] == ["sidecar"]

    copy = tmp_path / "talk.en.srt"
    assert run(meeting, "--export", str(tmp_path), "--format", "srt") == f"wrote {copy}\n"
    copy.write_text(copy.read_text("utf-8").replace("Geebif", "<b>GBIF</b>"), "utf-8")
    told = run(meeting, "--import", str(copy), "--language", "en")
    assert "meeting/recordings/talk.en.vtt: 1 cues in en" in told
    assert outcomes(meeting.publish()) == {
        **dict.fromkeys(("probe", "transcode", "transcribe", "slides"), "kept"),
        **dict.fromkeys(("captions", "enrich"), "made"),
    }
    (track,) = meeting.recording()["captions"]
    assert "GBIF nodes" in (meeting.root / "public" / track["url"]).read_text("utf-8")
    report = json.loads(run(meeting, "--json"))
    assert (report["tracks"][0]["origin"], report["tracks"][0]["cues"]) == ("sidecar", 1)
    assert "talk.srt: left out, there are better captions in en already" in report["findings"]
    assert "talk.srt: left out" in run(meeting)


def test_what_cannot_be_imported_is_told(meeting: Meeting) -> None:
    """Files without captions, and languages that are none, change nothing."""
    file = meeting.root / "catalogue.yaml"
    for words in ((), ("--language", "Klingonese")):
        done = CliRunner().invoke(
            cli, ["captions", "meeting/talk", "-C", str(meeting.root), "--import", str(file), *words]
        )
        assert done.exit_code in {1, 2}
        assert done.output.startswith("error: ")
    assert [path.name for path in meeting.inbox.iterdir()] == ["talk.m4a"]


def test_what_was_found_in_an_import_is_told(meeting: Meeting, tmp_path: Path) -> None:
    """An encoding that had to be guessed: somebody should look, as the file counts before all others."""
    file = tmp_path / "talk.srt"
    file.write_bytes("1\n00:00:01,000 --> 00:00:02,000\nGoddag på dansk\n".encode("cp1252"))
    done = CliRunner().invoke(
        cli, ["captions", "meeting/talk", "-C", str(meeting.root), "--import", str(file), "--language", "da"]
    )
    assert done.exit_code == 0, done.output
    assert "note: talk.srt: not UTF-8; read as cp1252, a guess" in done.output
    assert "på dansk" in (meeting.inbox / "talk.da.vtt").read_text("utf-8")


def test_late_captions_are_moved_when_asked(meeting: Meeting, tools: Tools) -> None:
    """A file whose captions come four seconds late: told, and with ``align`` published where the sound is."""
    meeting.configure("{recognise: false}")
    starts = (2, 6, 11, 13, 19, 26, 28, 33, 39, 46, 51, 57, 60)
    gate = "+".join(f"between(t,{at},{at + 1 + at % 3})" for at in starts)
    argv = (
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-f",
        "lavfi",
        "-i",
        f"sine=f=440:d=70,volume='0.001+min(1,{gate})':eval=frame",
    )
    Runner(tools).run(Command((*argv, "-c:a", "aac", "talk.m4a"), output=meeting.inbox, limits=Limits(wall_s=60)))
    cues = "".join(f"\n00:{at + 4:02}.000 --> 00:{at + 5 + at % 3:02}.000\nNumber {at}\n" for at in starts if at < 54)
    (meeting.inbox / "other name.vtt").write_text(f"WEBVTT\n{cues}")
    captions = "captions: [{file: other name.vtt, align: ALIGN}]"
    event = meeting.root / "meeting" / "event.yaml"
    event.write_text(EVENT.replace("title: A talk", f"title: A talk, {captions.replace('ALIGN', 'false')}"))
    told = notes(meeting.publish())
    late = "other name.vtt: compared with the sound they are 4.0 s late; 'align: true' in event.yaml corrects it"
    assert told == [late]
    event.write_text(event.read_text().replace("align: false", "align: true"))
    assert notes(meeting.publish()) == ["other name.vtt: compared with the sound they were 4.0 s late; corrected"]
    (track,) = meeting.recording()["captions"]
    first = webvtt.read_published((meeting.root / "public" / track["url"]).read_bytes())[0]
    assert abs(first.start_ms - 2000) <= 100


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_recognition_goes_on_where_it_was(meeting: Meeting, tools: Tools, root: Path) -> None:
    """An hour of speech: after kill -9 of everything at most the stretches under way, one for each slot, are lost."""
    speech = root / "examples" / "gnm2021" / "gnm2021" / "recordings" / "theme-1-panel.mp4"
    argv = ("ffmpeg", "-v", "error", "-y", "-stream_loop", "-1", "-i", "/in/src", "-t", "3600", "-vn", "-c:a", "aac")
    sound = Command((*argv, "talk.m4a"), inputs={"src": speech}, output=meeting.inbox, limits=Limits(wall_s=300))
    Runner(tools).run(sound)

    def done() -> set[str]:
        return {path.parent.name for path in (meeting.root / ".aftertalk" / "artifacts").glob("*/*/words.json")}

    words = (sys.executable, "-m", "pipeline.cli", "publish", "-C", str(meeting.root))
    with subprocess.Popen(words, cwd=root, start_new_session=True, stdout=subprocess.DEVNULL) as process:
        while not done():
            assert process.poll() is None
            time.sleep(0.2)
        os.killpg(process.pid, signal.SIGKILL)
    kept = done()
    messages = meeting.publish()
    made = [one for one in messages if isinstance(one, report.StageProgress) and one.stage == "transcribe"]
    assert len(made) == 12 - len(kept)
    (track,) = meeting.recording()["captions"]
    cues = webvtt.read_published((meeting.root / "public" / track["url"]).read_bytes())
    assert cues[-1].end_ms > 3_590_000
