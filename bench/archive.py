"""Publishing a whole archive by the command line: for the first time, unchanged, with one recording added or changed.

``python -m bench.archive 100 1000``: sizes; ``--folder`` publishes to a folder instead of SeaweedFS,
``--languages en,fr`` says in which languages pages are. The catalogue directory, its inbox and its workspace are real,
and so is every run. Only the work itself is not done: each recording gets copies of what was made of one short real
one, under the keys that its stages plan. Requests are counted by a proxy before the server, which takes part of the
time.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from bench import report, synthetic
from bench.scale import memory_kb
from catalog.manifest import Artifact
from pipeline.catalogue import load
from pipeline.engine import LocalEngine
from pipeline.making import Order
from pipeline.media.tools import find_tools
from pipeline.programmes import import_programme
from pipeline.report import RecordingReporter
from pipeline.stages.base import Job
from pipeline.stages.ingest import survey
from pipeline.workshop import Workshop, open_workshop
from tests.media import sources
from tests.store import proxy, servers

SIZES = (100, 1000)
CUES = 60
"""Of the captions of one recording."""
LOOK_S = 0.1
"""Between two looks at the memory of a run."""
SETTLE_S = 2.5
"""Files that are younger are not relied on."""
HEADER = ("recordings", "run", "seconds", "CPU seconds", "memory, MB", "requests", "objects")


@dataclass(frozen=True)
class Run:
    """One publish."""

    recordings: int
    task: str
    seconds: float
    cpu_seconds: float
    memory_mb: int
    requests: int | None
    """``None`` where a folder was published to."""
    objects: int

    def row(self) -> tuple[object, ...]:
        """Of the table."""
        asked = "none" if self.requests is None else self.requests
        figures = (round(self.seconds, 1), round(self.cpu_seconds, 1), self.memory_mb, asked, self.objects)
        return (self.recordings, self.task, *figures)


class Copier(LocalEngine):
    """Makes nothing: an artifact is a copy of the same stage's of the first recording, under its own key."""

    def __init__(self, shop: Workshop, models: dict[str, Artifact]) -> None:
        super().__init__(shop.engine.maker)  # type: ignore[attr-defined] # the engine of this machine has one
        self._models = models

    def make(self, order: Order, *, keep: bool) -> Artifact:  # noqa: ARG002 -- as for the engine of this machine
        """See ``Engine.make``."""
        model, workspace = self._models[order.task.stage], self.maker.workspace
        with workspace.scratch() as folder:
            for file in model.files:
                path = folder / "out" / file.name
                path.parent.mkdir(parents=True, exist_ok=True)
                content = (workspace.folder(model.key) / file.name).read_bytes()
                path.write_bytes(_captions(order.job) if path.suffix == ".vtt" and "captions" in file.name else content)
            (folder / "out").mkdir(exist_ok=True)
            private = frozenset(one.name for one in model.files if not one.public)
            return workspace.commit(order.task, folder / "out", dict(model.data), private)


def _captions(job: Job) -> bytes:
    return job.source.captions[0].path.read_bytes()


class Archive:
    """A catalogue directory of any number of recordings."""

    def __init__(self, root: Path, settings: dict[str, Any]) -> None:
        self._root = root
        self._settings = settings
        self._media = root / "first.mp4"
        self._models: dict[str, Artifact] = {}

    def write(self, recordings: int, *, title: str = "An archive") -> None:
        """Write the documents, and the files of recordings that are new."""
        self._root.mkdir(exist_ok=True)
        documents = {"catalogue.yaml": {**self._settings, "title": title}}
        for number in range((recordings + synthetic.OF_EVENT - 1) // synthetic.OF_EVENT):
            event = synthetic.event(number, recordings)
            documents[f"{event.id}/event.yaml"] = event.model_dump(mode="json", exclude_defaults=True)
            for _, one in event.recordings():
                self._put(self._root / event.id / "recordings", one.id, one.language or "en")
        for name, document in documents.items():
            text = yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
            if not (self._root / name).exists() or (self._root / name).read_text() != text:
                (self._root / name).write_text(text)

    def _put(self, inbox: Path, name: str, language: str) -> None:
        inbox.mkdir(parents=True, exist_ok=True)
        media = inbox / f"{name}.mp4"
        if media.exists():
            return
        if not self._media.exists():
            sources.record(find_tools(), self._media, seconds=2, size="320x180", rate=10)
        media.write_bytes(self._media.read_bytes() + len(name).to_bytes(4) + b"free" + name.encode())
        cues = synthetic.cues(int(name.partition("-")[2]), language)[:CUES]
        lines = [f"00:{one.start_ms // 60000:02}:{one.start_ms // 1000 % 60:02}.000" for one in cues]
        text = "\n\n".join(f"{at} --> {at[:-3]}900\n{one.text}" for at, one in zip(lines, cues, strict=True))
        (inbox / f"{name}.{language}.vtt").write_text(f"WEBVTT\n\n{text}\n")

    def make(self) -> None:
        """Fill the workspace: what is new is made as copies of the first recording's artifacts."""
        directory = load(self._root, import_programme)
        shop = open_workshop(directory, RecordingReporter())
        with shop.workspace.locked():
            first, *rest = survey(directory, now=datetime.now(UTC)).items
            job = shop.flow.make(shop.job(first, may_work=True))
            self._models = dict(job.artifacts)
            flow = replace(shop.flow, engine=Copier(shop, self._models))
            with unflushed():
                for item in rest:
                    flow.make(shop.job(item, may_work=True))


@contextmanager
def unflushed() -> Iterator[None]:
    """Copies need not outlive a power cut; flushing each would take most of the time."""
    real, os.fsync = os.fsync, lambda _: None
    try:
        yield
    finally:
        os.fsync = real


def publish(root: Path, task: str, recordings: int, counter: proxy.Proxy | None) -> Run:
    """``aftertalk publish``, in a process of its own."""
    time.sleep(SETTLE_S)
    if counter:
        counter.clear()
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    argv = [sys.executable, "-m", "pipeline.cli", "publish", "-C", str(root), "--json"]
    most = 0
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, memory_kb(process.pid))
            time.sleep(LOOK_S)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, argv)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    requests = counter.requests if counter else None
    return Run(recordings, task, seconds, cpu, most // 1024, requests, 0)


def measure(size: int, root: Path, settings: dict[str, Any], counter: proxy.Proxy | None) -> Iterator[Run]:
    """Every run at one size."""
    archive = Archive(root, settings)
    archive.write(size)
    archive.make()
    yield publish(root, "first", size, counter)
    yield publish(root, "nothing changed", size, counter)
    archive.write(size + 1)
    archive.make()
    yield publish(root, "one added", size + 1, counter)
    yield publish(root, "nothing changed", size + 1, counter)
    event = root / "meeting-0" / "event.yaml"
    first = " ".join(synthetic.recording(0).title.split()[:3])
    text = event.read_text()
    if f"title: {first}" not in text:
        raise ValueError(f"{event} has no title {first}")
    event.write_text(text.replace(f"title: {first}", f"title: Corrected {first}", 1))
    yield publish(root, "a title corrected", size + 1, counter)


def objects(settings: dict[str, Any], counter: proxy.Proxy | None, root: Path) -> int:
    """How many there are in the place published to."""
    from pipeline.storage import open_store  # noqa: PLC0415 (boto3 takes long to load)

    store = open_store(str(settings["publish"]), base=root, endpoint=counter.endpoint if counter else None)
    return sum(1 for _ in store.list())


def run(sizes: list[int], languages: list[str], *, folder: bool) -> Iterator[Run]:
    """Every run at every size."""
    with tempfile.TemporaryDirectory() as name, servers.seaweedfs(Path(name) / "server", memory="3GiB") as server:
        os.environ.update(server.environment)
        with proxy.running(server.endpoint) as counter:
            for size in sizes:
                place = {"publish": "../public"} if folder else {"publish": f"s3://{server.bucket(f'archive-{size}')}"}
                settings = {"languages": languages, "captions": {"recognise": False}, **place}
                settings |= {} if folder else {"endpoint": counter.endpoint}
                root = Path(name) / str(size) / "catalogue"
                root.parent.mkdir()
                used = None if folder else counter
                for one in measure(size, root, settings, used):
                    yield replace(one, objects=objects(settings, used, root))


def main() -> None:
    """Measure what is asked for, and write it down."""
    parser = argparse.ArgumentParser(prog="python -m bench.archive")
    parser.add_argument("sizes", nargs="*", type=int)
    parser.add_argument("--languages", default="en")
    parser.add_argument("--folder", action="store_true")
    given = parser.parse_args()
    rows = []
    for one in run(given.sizes or list(SIZES), given.languages.split(","), folder=given.folder):
        rows.append(one.row())
        print(*one.row(), sep=" | ", flush=True)  # noqa: T201 - a benchmark
    place = "a folder" if given.folder else "SeaweedFS on the same machine"
    words = f"Published to {place}, pages in {len(given.languages.split(','))} language(s), no work to be done."
    report.write_section("scale.md", "archive", f"{words}\n\n{report.table(HEADER, rows)}")


if __name__ == "__main__":
    main()
