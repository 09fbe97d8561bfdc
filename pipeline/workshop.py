"""What every command on a catalogue works with: its workspace, its store, its tools, and the flow through them."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.catalogue import CatalogueDirectory
from pipeline.digests import DigestCache
from pipeline.engine import Engine, LocalEngine
from pipeline.failures import Failures
from pipeline.flow import Flow
from pipeline.media.runner import Runner
from pipeline.media.tools import Tools, find_tools
from pipeline.report import Reporter
from pipeline.stages import Job
from pipeline.stages.ingest import Item, source_of
from pipeline.stages.publish import StoreMedia, open_target
from pipeline.storage.protocol import ObjectStore
from pipeline.workspace import Workspace


@dataclass(frozen=True)
class Workshop:
    """Built once per command by ``open_workshop``."""

    directory: CatalogueDirectory
    workspace: Workspace
    store: ObjectStore
    published: StoreMedia
    failures: Failures
    digests: DigestCache
    tools: Tools
    engine: Engine
    flow: Flow
    reporter: Reporter

    def job(self, item: Item) -> Job:
        """The job of a recording, at its beginning.

        Raises:
            SourceError: its source cannot be used.
        """
        source = source_of(item, self.digests)
        return Job(item.event, item.session, item.recording, self.directory.settings, self.tools, source, {})


def open_workshop(directory: CatalogueDirectory, reporter: Reporter, *, target: str | None = None) -> Workshop:
    """Open everything a command needs; nothing is read from the store yet.

    Raises:
        ConfigurationError: ``target``, or the configured place, is not a place to publish to.
        MissingToolError: there is no usable ffmpeg.
    """
    store = open_target(directory, target)
    published = StoreMedia(store)
    workspace = Workspace(directory.workspace)
    tools = find_tools(directory.settings.ffmpeg)
    engine = LocalEngine()
    return Workshop(
        directory=directory,
        workspace=workspace,
        store=store,
        published=published,
        failures=Failures(directory.workspace),
        digests=DigestCache(directory.workspace / "digests.db"),
        tools=tools,
        engine=engine,
        flow=Flow(workspace, engine, reporter, Runner(tools).run, published),
        reporter=reporter,
    )
