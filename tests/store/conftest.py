"""Every implementation of the store protocol, for the contract suite."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.storage import open_store
from pipeline.storage.memory import MemoryStore
from pipeline.storage.protocol import ObjectStore
from pipeline.storage.split import SplitStore
from tests.store import proxy as faulty
from tests.store import servers

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    """One SeaweedFS for all tests of this process; each test makes its own bucket."""
    with servers.seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server


@pytest.fixture(scope="session")
def moto() -> Iterator[servers.Server]:
    """One moto server for all tests of this process."""
    with servers.moto() as server:
        yield server


@pytest.fixture(scope="module")
def proxy(seaweedfs: servers.Server) -> Iterator[faulty.Proxy]:
    """A proxy before SeaweedFS, which counts requests and makes faults."""
    with faulty.running(seaweedfs.endpoint) as one:
        yield one


@pytest.fixture
def direct(seaweedfs: servers.Server, proxy: faulty.Proxy) -> ObjectStore:
    """An empty place in a bucket, without the proxy in between, which counts from here on."""
    proxy.clear()
    bucket = seaweedfs.bucket(f"bucket-{next(_numbers)}")
    return open_store(f"s3://{bucket}/place", base=Path(), endpoint=seaweedfs.endpoint)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test credentials, and none of this machine's."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in servers.credentials().items():
        monkeypatch.setenv(name, value)


OpenStore = Callable[[servers.Server], ObjectStore]


@pytest.fixture
def fresh() -> Callable[[servers.Server, str], ObjectStore]:
    """Opens an empty bucket of a server, below a prefix."""

    def open_fresh(server: servers.Server, prefix: str = "") -> ObjectStore:
        bucket = server.bucket(f"bucket-{next(_numbers)}")
        return open_store(f"s3://{bucket}/{prefix}", base=Path(), endpoint=server.endpoint)

    return open_fresh


@pytest.fixture(params=["memory", "local", "split", "seaweedfs", "seaweedfs-prefix", "moto"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, fresh: Callable[[servers.Server, str], ObjectStore]
) -> ObjectStore:
    """An empty store of each kind."""
    kind, _, prefix = str(request.param).partition("-")
    if kind == "memory":
        return MemoryStore()
    if kind == "local":
        return open_store("site", base=tmp_path)
    if kind == "split":
        return SplitStore(MemoryStore(), open_store("media", base=tmp_path))
    return fresh(request.getfixturevalue(kind), f"some/{prefix}/" if prefix else "")
