"""A run that is interrupted ends at once, leaves no process behind, and goes on where it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.media.tools import Tools
from tests.media.sources import record
from tests.media.sources import run as run_tool
from tests.waiting import wait_until

pytestmark = pytest.mark.media

COMMAND = [sys.executable, "-c", "from pipeline.cli import main; main()", "publish", "--catalogue"]


def descendants(pid: int) -> set[int]:
    """All processes below ``pid``."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def is_encoding(pid: int) -> bool:
    """Whether a process below ``pid`` encodes pictures."""
    for child in descendants(pid):
        try:
            if b"libx264" in Path(f"/proc/{child}/cmdline").read_bytes():
                return True
        except OSError:
            continue
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "stopped by a service manager"])
def test_no_child_is_left(tools: Tools, tmp_path: Path, number: signal.Signals) -> None:
    """In the middle of an encode: the command ends as stopped, no recording counts as failed, and nothing runs on."""
    (tmp_path / "meeting/recordings").mkdir(parents=True)
    (tmp_path / "catalogue.yaml").write_text("title: Test\ncaptions: {recognise: false}\n", "utf-8")
    session = "sessions: [{id: talk, title: Talk, recordings: [{id: one, title: One}]}]"
    (tmp_path / "meeting/event.yaml").write_text(f"id: meeting\ntitle: Meeting\n{session}\n", "utf-8")
    clip = record(tools, tmp_path / "clip.mp4", seconds=4, size="1280x720")
    long = ("-stream_loop", "150", "-i", str(clip), "-c", "copy", str(tmp_path / "meeting/recordings/one.mp4"))
    run_tool(tools, *long)
    with subprocess.Popen([*COMMAND, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as run:
        deadline = time.monotonic() + 120
        while not is_encoding(run.pid):
            assert run.poll() is None, run.stdout and run.stdout.read()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        left = descendants(run.pid)
        os.kill(run.pid, number)
        said, _ = run.communicate(timeout=20)
    assert run.returncode == 1
    assert b"run the command again" in said
    assert b"failed" not in said
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left), "a process is left")
