"""A Dask cluster of real processes on this machine, each in a process group of its own, to be killed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

START_S = 30


class Machines:
    """A scheduler and workers; all log into ``folder``."""

    def __init__(self, folder: Path, work: str) -> None:
        self.work = work
        self._folder = folder
        self._port = _free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        folder.mkdir()

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        return f"tcp://127.0.0.1:{self._port}"

    def log(self, name: str) -> str:
        """What a machine has written."""
        return (self._folder / f"{name}.log").read_text(errors="replace")

    def start_scheduler(self) -> None:
        """Start it, and wait until it listens."""
        options = ["--host", "127.0.0.1", "--port", str(self._port), "--no-dashboard", "--no-show"]
        self.start("scheduler", ["-m", "distributed.cli.dask_scheduler", *options])
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            time.sleep(0.1)
        raise AssertionError(self.log("scheduler"))

    def start_worker(self, name: str, slots: int = 1) -> None:
        """Start a worker; it comes to the scheduler by itself."""
        options = ["--work", self.work, "--slots", str(slots), "--folder", str(self._folder / name)]
        self.start(name, ["-m", "pipeline.cli", "worker", self.address, *options, "--host", "127.0.0.1"])

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Start a Python program as a machine."""
        with (self._folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, name: str, how: int = signal.SIGKILL) -> None:
        """Send a signal to the machine's main process; its children are left to themselves, as after a crash."""
        process = self._running[name]
        process.send_signal(how)
        if how == signal.SIGKILL:
            process.wait()

    def close(self) -> None:
        """End everything."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def machines(folder: Path, work: str) -> Iterator[Machines]:
    """A cluster that is gone in the end."""
    cluster = Machines(folder, work)
    try:
        yield cluster
    finally:
        cluster.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
