"""A worker: carries out orders with the tools of its own machine, confined as everywhere.

It keeps no artifact once the store has it. Sources stay until ``SOURCES_BYTES`` are kept, because every chunk of a
recording needs the same one.
"""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from distributed import Security, Worker, get_worker
from distributed.diagnostics.plugin import WorkerPlugin

from catalog.manifest import Artifact
from pipeline.cluster.work import WorkStore
from pipeline.errors import AftertalkError
from pipeline.locks import KeyedLocks
from pipeline.making import Maker, Order
from pipeline.media.command import Tools
from pipeline.media.runner import Runner
from pipeline.media.tools import find_tools
from pipeline.stages import STAGES, Source
from pipeline.workspace import Workspace

PROGRESS = "aftertalk-progress"
"""Topic under which a worker tells ``(task key, milliseconds done)``."""
SOURCES_BYTES = 50 * 1024**3
SLOT = "cpu"
"""The Dask resource that an order takes one of."""


@dataclass(frozen=True)
class WorkShelf:
    """``making.Shelf`` of a worker: everything comes from the shared store."""

    work: WorkStore

    def find(self, key: str) -> Artifact | None:
        """See ``Shelf.find``."""
        return self.work.find(key)

    def file(self, recording: str, artifact: Artifact, name: str, folder: Path) -> Path:  # noqa: ARG002 -- protocol
        """See ``Shelf.file``."""
        place = folder / name
        if not place.is_file():
            self.work.fetch(artifact, name, place)
        return place


class SourceCache:
    """Sources on this machine, by digest; the least recently used ones go when they are too many."""

    def __init__(self, root: Path, work: WorkStore, limit: int = SOURCES_BYTES) -> None:
        self._root = root
        self._work = work
        self._limit = limit
        self._lock = threading.Lock()
        self._in_use: Counter[str] = Counter()
        self._fetching = KeyedLocks()
        root.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def here(self, source: Source) -> Iterator[Source]:
        """``source`` with all its files on this machine, as long as the context lasts.

        Raises:
            StoreError: a file cannot be had.
        """
        digests = source_files(source)
        with self._lock:
            self._in_use.update(digests.keys())
        try:
            yield with_files(source, {digest: self._fetched(digest) for digest in digests})
        finally:
            with self._lock:
                self._in_use.subtract(digests.keys())
                self._make_room()

    def _fetched(self, digest: str) -> Path:
        place = self._root / digest
        with self._fetching.hold(digest):
            if not place.is_file():
                self._work.fetch_source(digest, place)
        place.touch()
        return place

    def _make_room(self) -> None:
        kept = sorted(self._root.iterdir(), key=lambda path: path.stat().st_mtime)
        size = sum(path.stat().st_size for path in kept)
        for path in kept:
            if size <= self._limit:
                return
            if not self._in_use[path.name]:
                size -= path.stat().st_size
                path.unlink()


def source_files(source: Source) -> dict[str, Path]:
    """Every file that a source consists of: SHA-256 -> path."""
    files = {source.sha256: source.path} | {one.sha256: one.path for one in source.captions}
    return files | ({source.poster.sha256: source.poster.path} if source.poster else {})


def with_files(source: Source, paths: dict[str, Path]) -> Source:
    """The same source with its files at other paths (SHA-256 -> path)."""
    captions = tuple(replace(one, path=paths[one.sha256]) for one in source.captions)
    poster = replace(source.poster, path=paths[source.poster.sha256]) if source.poster else None
    return replace(source, path=paths[source.sha256], captions=captions, poster=poster)


class Workplace(WorkerPlugin):
    """What a worker needs to carry out orders; lives in the worker as a plugin."""

    name = "aftertalk"

    def __init__(self, work: WorkStore, folder: Path, tools: Tools) -> None:
        self._work = work
        self._tools = tools
        self._workspace = Workspace(folder)
        self._sources = SourceCache(folder / "sources", work)
        self._runner = Runner(tools)
        shutil.rmtree(folder / "artifacts", ignore_errors=True)  # left by a killed worker; the store has what counts

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002 -- Dask's protocol
        """Stop what runs: the worker ends."""
        self._runner.stop()

    def carry_out(self, order: Order, tell: Callable[[int], None]) -> Artifact:
        """Make the order's artifact and put it into the shared store, unless it is there.

        Raises:
            AftertalkError: it cannot be made, or this machine would make it differently.
        """
        if (found := self._work.find(order.task.key)) is not None:
            return found
        self._check_same(order)
        maker = Maker(self._workspace, WorkShelf(self._work), self._runner.run, lambda _, done_ms: tell(done_ms))
        with self._sources.here(order.job.source) as source:
            made = maker.make(replace(order, job=replace(order.job, source=source, tools=self._tools)))
        try:
            self._work.put(made, self._workspace)
        finally:
            shutil.rmtree(self._workspace.folder(made.key), ignore_errors=True)
        return made

    def _check_same(self, order: Order) -> None:
        task = order.task
        stage = next((one for one in STAGES if one.name == task.stage), None)
        wanted = order.job.tools.ffmpeg_version
        if stage is None or stage.version != task.version:
            what = "another version of Aftertalk"
        elif wanted != self._tools.ffmpeg_version:
            what = f"ffmpeg {self._tools.ffmpeg_version} instead of {wanted}"
        else:
            return
        raise AftertalkError(order.job.id, f"a worker has {what}", hint="install the same versions on every machine")


def carry_out(order: Order) -> Artifact:
    """What the scheduler sends to workers.

    Raises:
        AftertalkError: as ``Workplace.carry_out``; or the worker is not one of Aftertalk's.
    """
    worker = get_worker()
    workplace = worker.plugins.get(Workplace.name)
    if not isinstance(workplace, Workplace):
        raise AftertalkError(worker.address, "is not a worker of Aftertalk", hint="start workers: aftertalk worker")
    return workplace.carry_out(order, lambda done_ms: worker.log_event(PROGRESS, (order.task.key, done_ms)))


@dataclass(frozen=True)
class WorkerOptions:
    """How a worker runs."""

    slots: int
    """Orders at a time."""
    folder: Path
    """Where it keeps files while it works."""
    host: str | None = None
    """Address to listen at; the one that reaches the scheduler when not given."""


def run_worker(address: str, work: WorkStore, options: WorkerOptions, security: Security) -> None:
    """Work for the scheduler at ``address`` until this process is stopped; wait when the scheduler is away."""
    tools = find_tools()

    async def work_on() -> None:
        while True:
            settings: dict[str, Any] = {
                "nthreads": options.slots,
                "resources": {SLOT: options.slots},
                "memory_limit": 0,  # the memory that counts is that of child processes, which have limits of their own
                "plugins": (Workplace(work, options.folder, tools),),
                "security": security,
                "host": options.host,
                "local_directory": str(options.folder / "dask"),
                "dashboard": False,
            }
            async with Worker(address, **settings) as worker:
                await worker.finished()

    asyncio.run(work_on())
