"""Captions on their whole way to the public: made, left out for a time, corrected."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import report
from pipeline.catalogue import load
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
        **dict.fromkeys(("probe", "transcode", "captions", "enrich"), "kept"),
        "transcribe": "left out",
    }
    meeting.configure("{recognise: false}")
    assert outcomes(meeting.publish())["transcribe"] == "made"
    assert meeting.status().reason == "up to date"
