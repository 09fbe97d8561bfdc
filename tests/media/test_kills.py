"""A run that is killed at any moment goes on where it was: no chunk twice, and the same bytes in the end."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.media.tools import Tools
from tests.media.sources import record
from tests.media.test_interrupt import COMMAND, descendants

pytestmark = [pytest.mark.media, pytest.mark.slow, pytest.mark.timeout(3600)]

KILLS = 20
CATALOGUE = """
title: Test
transcode: {heights: [180, 90], copy_source: false}
captions: {recognise: false}
"""
EVENT = "title: Meeting\nsessions: [{id: day, title: Day, recordings: [{id: long, title: Long}]}]\n"


def catalogue(root: Path, source: Path) -> Path:
    """A new catalogue of one recording of three chunks."""
    inbox = root / "meeting" / "recordings"
    inbox.mkdir(parents=True)
    shutil.copy(source, inbox / "long.mp4")
    (root / "meeting" / "event.yaml").write_text(EVENT, "utf-8")
    (root / "catalogue.yaml").write_text(CATALOGUE, "utf-8")
    return root


def killed(root: Path, after_s: float | None) -> bool:
    """Publish, and kill the whole group of processes after so long; whether it was still running then."""
    with subprocess.Popen(
        [*COMMAND, str(root)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as run:
        try:
            said, _ = run.communicate(timeout=after_s)
        except subprocess.TimeoutExpired:
            left = descendants(run.pid)
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()
            deadline = time.monotonic() + 10
            while any(Path(f"/proc/{pid}").exists() for pid in left):
                assert time.monotonic() < deadline, "a process is left"
                time.sleep(0.05)
            return True
        assert run.returncode == 0, said
        return False


def public(root: Path) -> dict[str, bytes]:
    """Every public file but the list of what was published when."""
    folder = root / "public"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "state" not in path.relative_to(folder).parts
    }


def finished(root: Path) -> dict[str, int]:
    """Everything the workspace has finished, chunks too: its key, and the file that says so."""
    return {one.parent.name: one.stat().st_ino for one in (root / ".aftertalk/artifacts").glob("**/artifact.json")}


def test_twenty_kills(tools: Tools, tmp_path: Path) -> None:
    """At random moments from the first one on; whenever a run got through, the next ones begin from nothing."""
    source = record(tools, tmp_path / "long.mp4", seconds=280, size="320x180", rate=10)
    began = time.monotonic()
    assert not killed(catalogue(tmp_path / "reference", source), None)
    whole_s = time.monotonic() - began
    expected = public(tmp_path / "reference")
    moments = random.Random(20)
    kills = resumed = number = 0
    while kills < KILLS:
        number += 1
        root = catalogue(tmp_path / str(number), source)
        known: dict[str, int] = {}
        while killed(root, moments.uniform(0.1, whole_s) if kills < KILLS else None):
            kills += 1
            now = finished(root)
            again = {key for key in known.keys() & now.keys() if known[key] != now[key]}
            assert not again, "finished work was done again"
            resumed += bool(known)
            known |= now
        assert public(root) == expected
        shutil.rmtree(root)
    assert resumed >= KILLS // 4, "hardly any run had something to go on from"
    sys.stdout.write(f"{kills} kills over {number} catalogues, {resumed} runs went on from finished work\n")
