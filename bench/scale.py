"""Building the site of a catalogue of any size: from nothing, with one recording added, and unchanged.

``python -m bench.scale 100 1000``: sizes; those up to 1,000 when none is given. Each build is a process of its own,
and works as a publish does: through the cache of rendered pages, in a folder.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import report, synthetic
from catalog.render import parts
from pipeline.site_cache import SiteCache

SIZES = (10, 100, 1000)


@dataclass(frozen=True)
class Build:
    """One build."""

    recordings: int
    task: str
    seconds: float
    """Wall clock, without making up the catalogue."""
    cpu_seconds: float
    memory_mb: int
    """At most, of the whole process."""
    objects: int
    made: int
    """Parts that were made (a page each, mostly)."""
    megabytes: float
    """Of all objects."""

    def __str__(self) -> str:
        return (
            f"| {self.recordings:,} | {self.task} | {self.seconds:.1f} | {self.cpu_seconds:.1f} | {self.memory_mb:,} "
            f"| {self.made:,} | {self.objects:,} | {self.megabytes:,.0f} |"
        )


HEADER = (
    "| recordings | task | seconds | CPU seconds | memory, MB | parts made | objects | MB |\n"
    "|--:|---|--:|--:|--:|--:|--:|--:|"
)


def build(task: str, recordings: int, folder: Path) -> Build:
    """Build in this process; ``folder`` keeps what is rendered."""
    catalogue = synthetic.catalogue(recordings)
    began, cpu = time.perf_counter(), time.process_time()
    cache = SiteCache(folder)
    wanted = cache.wanted(parts(catalogue))
    return Build(
        recordings,
        task,
        time.perf_counter() - began,
        time.process_time() - cpu,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        len(wanted),
        cache.made,
        sum(one.size for one in wanted) / 1e6,
    )


def alone(task: str, recordings: int, folder: Path) -> Build:
    """Build in a process of its own, so that its memory can be told."""
    argv = [sys.executable, "-m", "bench.scale", "--one", task, str(recordings), "--folder", str(folder)]
    return Build(**json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout))


def measure(sizes: list[int]) -> list[Build]:
    """Every task at every size; prints each as it is done."""
    found = []
    print(HEADER, flush=True)  # noqa: T201 - a benchmark
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            for task, recordings in (("from nothing", size), ("nothing changed", size), ("one added", size + 1)):
                found.append(alone(task, recordings, Path(name)))
                print(found[-1], flush=True)  # noqa: T201 - a benchmark
    return found


def write(builds: list[Build]) -> None:
    """The section of ``docs/scale.md``: the table, and processor seconds over recordings for each task."""
    tasks = dict.fromkeys(one.task for one in builds)
    lines = {task: [(one.recordings, one.cpu_seconds) for one in builds if one.task == task] for task in tasks}
    axes = ("recordings", "CPU seconds")
    picture = report.plot("scale", "Processor time to build the site", axes, lines, log=True)
    report.write_section("scale.md", "scale", "\n".join([HEADER, *map(str, builds), "", picture]))


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale")
    parser.add_argument("sizes", nargs="*", type=int)
    parser.add_argument("--one")
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(asdict(build(arguments.one, arguments.sizes[0], arguments.folder))))  # noqa: T201 - for the parent
        return
    write(measure(arguments.sizes or list(SIZES)))


if __name__ == "__main__":
    main()
