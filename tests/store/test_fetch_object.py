"""A source in a real bucket, fetched by its address."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import FetchSettings
from pipeline.errors import ToolError
from pipeline.fetch import Fetcher
from pipeline.media.command import Command, Completed, Tools
from pipeline.storage import open_store
from pipeline.storage.protocol import Wanted
from tests.store import servers

pytestmark = pytest.mark.store


def never(command: Command) -> Completed:
    raise ToolError(command.argv[0], "no process is needed to read a bucket")


def test_an_s3_address_is_a_source(seaweedfs: servers.Server, tmp_path: Path) -> None:
    """``s3://bucket/key`` is read from the catalogue's store, or from the one named under ``fetch``."""
    bucket = seaweedfs.bucket("sources")
    data = bytes(range(256)) * 1000
    store = open_store(f"s3://{bucket}", base=tmp_path, endpoint=seaweedfs.endpoint)
    store.put(Wanted.of_bytes("gnm/panel.mp4", data))
    tools = Tools(Path("ffmpeg"), "", None)
    for number, settings in enumerate((FetchSettings(), FetchSettings(endpoint=seaweedfs.endpoint))):
        endpoint = None if settings.endpoint else seaweedfs.endpoint
        fetcher = Fetcher(settings, tools, never, tmp_path, endpoint)
        fetched = fetcher.fetch(f"s3://{bucket}/gnm/panel.mp4", tmp_path / str(number))
        assert fetched.path.read_bytes() == data
