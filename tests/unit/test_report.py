"""What a run tells: every message has a form on the terminal and in JSON, and hostile names do no harm."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import get_args

import pytest
from rich.console import Console

from pipeline import report
from pipeline.console import ConsoleReporter
from pipeline.errors import AftertalkError, SourceError

SAMPLES: dict[type, report.Message] = {
    report.RunStarted: report.RunStarted(2),
    report.StageStarted: report.StageStarted("e/r", "transcode", "never made"),
    report.StageProgress: report.StageProgress("e/r", "transcode", 500, 1000),
    report.StageDone: report.StageDone("e/r", "transcode", "made", 1.5),
    report.Detail: report.Detail("e/r", "transcode", "the picture is copied"),
    report.RecordingDone: report.RecordingDone("e/r"),
    report.RecordingsUnchanged: report.RecordingsUnchanged(5),
    report.RecordingSkipped: report.RecordingSkipped("e/h", "held by the organiser"),
    report.RecordingFailed: report.RecordingFailed("e/r", "is broken", "line 1\nline 2", "copy it again"),
    report.RecordingResting: report.RecordingResting("e/r", "is broken", "parked after 6 tries", "copy it again"),
    report.Noticed: report.Noticed("e/x.mp4", "belongs to nothing", "rename it"),
    report.PlannedChange: report.PlannedChange("upload", "index.html", 12, "changed"),
    report.TransferProgress: report.TransferProgress(1, 2),
    report.Published: report.Published(3, 4, 1, 7, "/srv/public/index.html"),
    report.PlaceFailed: report.PlaceFailed("s3://mirror", "does not answer", "HTTP 503", "look at the network"),
    report.NothingChanged: report.NothingChanged(7, "/srv/public/index.html"),
    report.RunDone: report.RunDone(2, 1, 1, 3.25),
}


def shown(*messages: report.Message, verbose: bool = False, show_plan: bool = False, terminal: bool = False) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=100, color_system=None)
    with ConsoleReporter(console, verbose=verbose, show_plan=show_plan) as reporter:
        for message in messages:
            reporter.tell(message)
    return stream.getvalue()


@pytest.mark.parametrize("kind", get_args(report.Message))
def test_every_message_has_both_forms(kind: type) -> None:
    """No kind of message is forgotten by a reporter; on a terminal, too."""
    message = SAMPLES[kind]
    shown(report.RunStarted(1), SAMPLES[report.StageStarted], message, terminal=True)
    stream = io.StringIO()
    report.JsonReporter(stream, run="r1").tell(message)
    line = json.loads(stream.getvalue())
    assert line.pop("event") == kind.__name__
    assert line.pop("run") == "r1"
    assert datetime.fromisoformat(line.pop("at")).tzinfo is not None
    assert line == json.loads(json.dumps(vars(message)))


def test_a_failure_says_what_and_what_to_do() -> None:
    """Message, context and hint are all on the screen."""
    error = SourceError("talk.mp4", "is empty", context="0 bytes", hint="copy it again")
    text = shown(report.RecordingFailed.of("e/r", error))
    assert "failed e/r: talk.mp4: is empty" in text
    assert "    0 bytes" in text
    assert "What to do: copy it again" in text


def test_the_reference_is_not_said_twice() -> None:
    """An error about the recording itself does not repeat its id."""
    assert report.RecordingFailed.of("e/r", AftertalkError("e/r", "is broken")).message == "is broken"


@pytest.mark.parametrize("name", ["\x1b[2Jgone", "a\nb", "x\u202egpj.exe", "[red]x[/]", "[/]", "\udcff.mp4"])
def test_hostile_names_are_shown_and_do_nothing(name: str) -> None:
    """Escape sequences, direction marks and markup in a file name are text on the screen."""
    text = shown(report.Noticed(name, "belongs to nothing"), SAMPLES[report.RunDone])
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "belongs to nothing" in text
    assert name in text or not name.isprintable()


def test_quiet_by_default_and_reasons_with_verbose() -> None:
    """What is up to date is told only when asked for."""
    kept = report.StageDone("e/r", "transcode", "kept", 0.0)
    assert shown(kept) == ""
    assert "transcode is up to date" in shown(kept, verbose=True)
    waiting = report.PlannedChange(report.WAIT, "index.html", 0, "was public until this publish")
    assert shown(waiting, show_plan=True) == ""
    assert "was public until" in shown(waiting, verbose=True)


def test_an_unchanged_publish_says_so() -> None:
    """Nothing to do is a sentence of its own."""
    assert "nothing changed: all 9 objects" in shown(report.Published(0, 9, 0, 3, "x"))


def test_progress_in_json_is_bounded() -> None:
    """Ten thousand steps a second are not ten thousand lines; objects that only wait are none."""
    stream = io.StringIO()
    reporter = report.JsonReporter(stream)
    for step in range(10_000):
        reporter.tell(report.StageProgress("e/r", "transcode", step, 10_000))
        reporter.tell(report.PlannedChange(report.WAIT, f"{step}", 0, "was public until this publish"))
    assert len(stream.getvalue().splitlines()) < 20
