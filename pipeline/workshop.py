"""What every command on a catalogue works with: its workspace, its store, its tools, and the flow through them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pipeline import cluster
from pipeline.catalogue import CatalogueDirectory
from pipeline.digests import DigestCache
from pipeline.engine import Engine, LocalEngine
from pipeline.errors import SourceError
from pipeline.failures import Failures
from pipeline.fetch import Fetched, Fetcher, recall, shown_url
from pipeline.flow import Flow, LocalShelf, progress_to
from pipeline.inbox import shown
from pipeline.making import Maker
from pipeline.media import join
from pipeline.media.command import Command, Completed
from pipeline.media.runner import Runner
from pipeline.media.tools import Tools, find_tools
from pipeline.report import Noticed, Reporter
from pipeline.stages import Job
from pipeline.stages.ingest import Item, Supply, source_of
from pipeline.storage.memo import Memo
from pipeline.storage.protocol import ObjectStore
from pipeline.store_media import StoreMedia
from pipeline.targets import open_memos, open_mirrors, open_target
from pipeline.workspace import Workspace

LOCAL = "local"
"""The engine of this machine."""


@dataclass(frozen=True)
class Workshop:
    """Built once per command by ``open_workshop``."""

    directory: CatalogueDirectory
    workspace: Workspace
    store: ObjectStore
    mirrors: tuple[tuple[ObjectStore, Memo], ...]
    """Each with what is remembered of it."""
    published: StoreMedia
    failures: Failures
    digests: DigestCache
    tools: Tools
    engine: Engine
    run_command: Callable[[Command], Completed]
    stop: Callable[[], None]
    """Kills every process that runs now; no more are started."""
    fetcher: Fetcher
    flow: Flow
    reporter: Reporter

    def job(self, item: Item, *, may_work: bool = False) -> Job:
        """The job of a recording, at its beginning.

        Without ``may_work`` nothing is fetched or joined: an address counts as it was last fetched, and the file of
        joined parts may not be there yet.

        Raises:
            SourceError: its source cannot be used.
        """
        supply = Supply(self._fetch, self._join) if may_work else Supply(self._recall, self._joined)
        source = source_of(item, self.digests, supply)
        return Job(item.event, item.session, item.recording, self.directory.settings, self.tools, source, {})

    def _fetch(self, address: str, language: str) -> Fetched:
        fetched = self.fetcher.fetch(address, self._fetched_folder(address), language=language)
        if fetched.note:
            self.reporter.tell(Noticed(shown_url(address), fetched.note))
        return fetched

    def _recall(self, address: str, _: str) -> Fetched:
        known = recall(self._fetched_folder(address), address)
        if known is None:
            raise SourceError(shown_url(address), "has not been fetched yet", hint="run 'aftertalk publish'")
        return known

    def _joined(self, _: Sequence[Path], identity: str) -> Path:
        return self.directory.workspace / "joined" / f"{identity}.mkv"

    def _join(self, parts: Sequence[Path], identity: str) -> Path:
        place = self._joined(parts, identity)
        if not place.is_file():
            with self.workspace.scratch() as folder:
                size = sum(part.stat().st_size for part in parts)
                done = self.run_command(join.command(parts, size, folder))
                join.check(done.stdout, shown(parts[0].name))
                place.parent.mkdir(parents=True, exist_ok=True)
                (folder / join.OUT).replace(place)
        return place

    def _fetched_folder(self, address: str) -> Path:
        return self.directory.workspace / "fetched" / sha256(address.encode()).hexdigest()[:32]


def open_workshop(directory: CatalogueDirectory, reporter: Reporter, *, engine_address: str = LOCAL) -> Workshop:
    """Open everything a command needs; nothing is read from the store yet.

    Raises:
        ConfigurationError: ``engine_address`` is neither ``local`` nor a scheduler's.
        StoreError: a place to publish to cannot be opened.
        MissingToolError: there is no usable ffmpeg.
    """
    known = directory.workspace / "stores" / "known.db"
    store, mirrors = open_target(directory, known=known), open_mirrors(directory, known=known)
    memo, *others = open_memos(directory, store, mirrors)
    published = StoreMedia(store, memo)
    workspace = Workspace(directory.workspace)
    tools = find_tools(directory.settings.ffmpeg)
    runner = Runner(tools)
    maker = Maker(workspace, LocalShelf(workspace, published), runner.run, progress_to(reporter))
    engine = _engine(engine_address, maker, directory)
    return Workshop(
        directory=directory,
        workspace=workspace,
        store=store,
        mirrors=tuple(zip(mirrors, others, strict=True)),
        published=published,
        failures=Failures(directory.workspace),
        digests=DigestCache(directory.workspace / "digests.db"),
        tools=tools,
        engine=engine,
        run_command=runner.run,
        stop=runner.stop,
        fetcher=Fetcher(
            directory.settings.fetch, tools, runner.run, directory.root, endpoint=directory.settings.endpoint
        ),
        flow=Flow(workspace, engine, reporter, published),
        reporter=reporter,
    )


def _engine(address: str, maker: Maker, directory: CatalogueDirectory) -> Engine:
    here = LocalEngine(maker)
    if address == LOCAL:
        return here
    cluster.check_installed()
    from pipeline.cluster.connect import open_engine  # noqa: PLC0415 (Dask is an extra, and takes long to load)

    return open_engine(address, here, directory)
