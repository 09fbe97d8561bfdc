"""A confined process never outlives the one that started it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.media import launch
from pipeline.media.tools import find_tools
from tests.media import processes
from tests.waiting import wait_until

pytestmark = pytest.mark.media

RUN = """
import sys
from pathlib import Path
from pipeline.media.command import Command
from pipeline.media.runner import Runner
from pipeline.media.tools import find_tools
argv = ("ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "anullsrc", "-f", "null", "-")
print("ready", flush=True)
Runner(find_tools()).run(Command(argv, output=Path(sys.argv[1])))
"""


@pytest.mark.parametrize("moment", range(12))
def test_killed_while_it_starts(tmp_path: Path, moment: int) -> None:
    """Whenever its parent is killed, also before the sandbox stands, nothing is left."""
    find_tools()  # what is not there yet is looked for once
    with subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        time.sleep(0.015 * moment)
        parent.kill()
    wait_until(lambda: not processes.naming(tmp_path), f"a process is left: {processes.naming(tmp_path)}")


def test_parent_that_is_gone_already(tmp_path: Path) -> None:
    """The program is not started at all."""
    argv = [sys.executable, launch.__file__, "1", "{}", "--", "/bin/touch", str(tmp_path / "ran")]
    done = subprocess.run(argv, check=False, timeout=30, start_new_session=True)
    assert done.returncode == 128 + signal.SIGKILL
    assert not (tmp_path / "ran").exists()
