"""Building the site of a catalogue of any size: from nothing, with one recording added, and unchanged.

``python -m bench.scale 100 1000``: sizes; those up to 1,000 when none is given. Each build is a process of its own,
and works as a publish does: through the cache of rendered pages, in a folder.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench import report, synthetic
from catalog.render import parts
from pipeline.cli import PUBLISH_COLLECTS_AFTER
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
    """Of all processes."""
    memory_mb: int
    """At most, of all processes: the sum of their proportional set sizes."""
    objects: int
    made: int
    """Parts that were made (a page each, mostly)."""
    changed: int
    """Objects that a publish would send or delete: what differs from the build before."""
    megabytes: float
    """Of all objects."""

    def __str__(self) -> str:
        return (
            f"| {self.recordings:,} | {self.task} | {self.seconds:.1f} | {self.cpu_seconds:.1f} | {self.memory_mb:,} "
            f"| {self.made:,} | {self.objects:,} | {self.changed:,} | {self.megabytes:,.0f} |"
        )


HEADER = (
    "| recordings | task | seconds | CPU seconds | memory, MB | parts made | objects | changed | MB |\n"
    "|--:|---|--:|--:|--:|--:|--:|--:|--:|"
)


def build(task: str, recordings: int, folder: Path) -> Build:
    """Build here, as the command line does; ``folder`` keeps what is rendered. Memory is for others to tell."""
    gc.set_threshold(PUBLISH_COLLECTS_AFTER)
    catalogue = synthetic.catalogue(recordings)
    for language in set(synthetic.SPOKEN):
        synthetic.lines(language)  # what is said, made up once and not in each process while the clock runs
    known = folder / "objects.json"
    before = json.loads(known.read_bytes()) if known.exists() else {"lots": [], "objects": {}}
    public, lots = before["objects"], set(before["lots"])
    began, cpu = time.perf_counter(), processor_seconds()
    cache = SiteCache(folder / "site")
    found = cache.lots(
        parts(catalogue), has=lots.__contains__, is_public=lambda one: bool(public.get(one.key) == one.sha256)
    )
    seconds, cpu_seconds = time.perf_counter() - began, processor_seconds() - cpu
    wanted = [one for lot in found for one in lot.objects()]
    now = {one.key: one.sha256 for one in wanted}
    known.write_text(json.dumps({"lots": [lot.name for lot in found], "objects": now}))
    changed = sum(public.get(key) != now.get(key) for key in public.keys() | now.keys())
    size = sum(one.size for one in wanted) / 1e6
    return Build(recordings, task, seconds, cpu_seconds, 0, len(wanted), cache.made, changed, size)


def processor_seconds() -> float:
    """Of this process and of those it has waited for."""
    found = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in found)


def memory_kb(process: int) -> int:
    """Proportional set size of a process and its children; what they share counts once."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:  # it ended
        return 0
    own = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return own + sum(memory_kb(int(child)) for child in children)


def alone(task: str, recordings: int, folder: Path) -> Build:
    """Build in a process of its own, and look at its memory twice a second; less often where looking takes long."""
    argv = [sys.executable, "-m", "bench.scale", "--one", task, str(recordings), "--folder", str(folder)]
    most, pause = 0, 0.5
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        while True:
            try:
                out, _ = process.communicate(timeout=pause)
                break
            except subprocess.TimeoutExpired:
                began = time.perf_counter()
                most = max(most, memory_kb(process.pid))
                pause = max(0.5, 30 * (time.perf_counter() - began))
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, argv)
    return replace(Build(**json.loads(out)), memory_mb=most // 1024)


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
