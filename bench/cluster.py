"""How long a conference takes on a cluster: costs measured on one recording, then 1,000 talks of an hour, simulated.

Measured on this machine, one piece of work at a time: seconds and bytes of every kind of order, for a talk of some
minutes. Simulated from that: ``workers`` with ``SLOTS`` slots each, and one machine that publishes, whose network is
shared by everything that goes through it (sources to the workers, artifacts back, and on to the public store).
"""

from __future__ import annotations

import heapq
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bench import report
from catalog.manifest import Artifact
from pipeline import workshop
from pipeline.catalogue import load
from pipeline.engine import LocalEngine
from pipeline.making import Maker, Order
from pipeline.programmes import import_programme
from pipeline.report import RecordingReporter
from pipeline.stages.ingest import survey
from tests.media.sources import run

SECONDS = 180
"""Of the talk that is measured: two chunks."""
TALKS, TALK_S = 1000, 3600
CHUNK_S = 90
SLOTS = 4
LINK_BYTES_S = 125e6
"""1 Gbit/s."""
WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
CATALOGUE = "title: Measured\ncaptions: {recognise: false}\n"
EVENT = "title: E\nsessions: [{id: s, title: S, recordings: [{id: talk, title: Talk}]}]\n"


@dataclass(frozen=True)
class Costs:
    """What an hour of a talk costs."""

    chunk_s: float
    """Slot seconds of one chunk."""
    alone_s: float
    """Slot seconds of the orders that must follow each other: probe, sound, join, captions and the rest."""
    source_bytes: float
    made_bytes: float
    """Of all artifacts that come back."""

    @property
    def chunks(self) -> int:
        """Chunks of a talk."""
        return TALK_S // CHUNK_S

    @property
    def slot_s(self) -> float:
        """All slot seconds of a talk."""
        return self.alone_s + self.chunks * self.chunk_s

    @property
    def link_s(self) -> float:
        """Seconds of the publishing machine's network: the source out, what is made in, and out again."""
        return (self.source_bytes + 2 * self.made_bytes) / LINK_BYTES_S


class Stopwatch(LocalEngine):
    """One order at a time, each timed."""

    def __init__(self, maker: Maker) -> None:
        super().__init__(maker, slots=1)
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.bytes = 0

    def make(self, order: Order, *, keep: bool) -> Artifact:
        """See ``Engine.make``."""
        begun = time.monotonic()
        made = super().make(order, keep=keep)
        self.seconds[str(order.task.settings.get("part", "alone"))] += time.monotonic() - begun
        self.bytes += sum(one.bytes for one in made.files) if keep else 0
        return made


def measure(folder: Path) -> Costs:
    """Make one talk and scale what it cost to an hour."""
    inbox = folder / "e" / "recordings"
    inbox.mkdir(parents=True)
    (folder / "catalogue.yaml").write_text(CATALOGUE)
    (inbox.parent / "event.yaml").write_text(EVENT)
    directory = load(folder, import_programme)
    shop = workshop.open_workshop(directory, RecordingReporter())
    source = inbox / "talk.mp4"
    pictures = f"testsrc=size=1920x1080:rate=25:duration={SECONDS}"
    sound = f"anoisesrc=d={SECONDS}:a=0.1:c=pink"
    inputs = ("-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", sound)
    run(shop.tools, *inputs, "-preset", "ultrafast", "-b:v", "2M", str(source))
    if not isinstance(shop.engine, LocalEngine):
        raise TypeError("this machine has another engine than its own")
    watch = Stopwatch(shop.engine.maker)
    (item,) = survey(directory, now=datetime.now(UTC)).items
    replace(shop.flow, engine=watch).make(shop.job(item, may_work=True))
    scale = TALK_S / SECONDS
    chunk_s = watch.seconds.pop("pictures") * CHUNK_S / SECONDS
    alone_s = sum(watch.seconds.values()) * scale
    return Costs(chunk_s, alone_s, source.stat().st_size * scale, watch.bytes * scale)


def simulate(costs: Costs, workers: int) -> float:
    """Hours until all talks are public: whichever slot is free takes the order that has waited longest."""
    slots = [0.0] * (workers * SLOTS)
    arrivals = [(1 + talk) * costs.source_bytes / LINK_BYTES_S for talk in range(TALKS)]
    orders = [(arrivals[talk], talk, costs.chunk_s) for talk in range(TALKS) for _ in range(costs.chunks)]
    heapq.heapify(orders)
    to_come = dict.fromkeys(range(TALKS), costs.chunks)
    last = 0.0
    while orders:
        ready, talk, seconds = heapq.heappop(orders)
        end = max(ready, heapq.heappop(slots)) + seconds
        heapq.heappush(slots, end)
        to_come[talk] -= 1
        if to_come[talk] == 0:  # its last chunk: the others ended before, or nearly so
            heapq.heappush(orders, (end, talk, costs.alone_s))
        last = max(last, end)
    return max(last, TALKS * costs.link_s) / 3600


def bottleneck(costs: Costs, workers: int) -> str:
    """What a further worker would not, or would, help."""
    return "workers" if costs.slot_s / (workers * SLOTS) > costs.link_s else "network of the publishing machine"


def describe(costs: Costs, rows: Sequence[tuple[int, float]]) -> str:
    """The section of the page."""
    ideal = TALKS * costs.slot_s / SLOTS / 3600
    table = report.table(
        ("workers", "hours", "of a perfect speed-up", "what limits"),
        [(count, round(hours, 2), f"{ideal / count / hours:.0%}", bottleneck(costs, count)) for count, hours in rows],
    )
    lines = {"simulated": rows, "perfect": [(count, ideal / count) for count, _ in rows]}
    title = "Hours to publish 1,000 talks of one hour"
    figure = report.plot("cluster", title, ("workers", "hours"), lines, log=True)
    return f"""Measured: a talk of an hour (1080p25, {costs.source_bytes / 1e9:.2f} GB) takes {costs.slot_s:.0f} seconds
of a slot, of which {costs.alone_s:.0f} cannot be spread; {costs.made_bytes / 1e9:.2f} GB come back. Simulated: {TALKS}
of them, {SLOTS} slots a worker, {LINK_BYTES_S * 8 / 1e9:.0f} Gbit/s at the machine that publishes.

{table}
{figure}"""


def main() -> None:
    """Measure, simulate, write it down."""
    with tempfile.TemporaryDirectory() as folder:
        costs = measure(Path(folder))
    rows = [(workers, simulate(costs, workers)) for workers in WORKERS]
    section = describe(costs, rows)
    print(section)  # noqa: T201 -- what a benchmark is for
    report.write_section("scale.md", "cluster", section)


if __name__ == "__main__":
    main()
