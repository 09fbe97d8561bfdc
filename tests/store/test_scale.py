"""Ten thousand objects: how many requests a publish takes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.storage import open_store
from pipeline.storage.protocol import Wanted
from tests.store import proxy as counting
from tests.store.servers import Server
from tests.unit.storage.simulation import run

pytestmark = [pytest.mark.store, pytest.mark.slow, pytest.mark.timeout(900)]


def test_ten_thousand_unchanged_objects_take_few_requests(seaweedfs: Server) -> None:
    """Nothing changed: at most 20 requests. One page changed: at most 20 more than its upload."""
    bucket = seaweedfs.bucket("thousands")
    wanted = [Wanted.of_bytes(f"media/e/r{n // 20}/0123456789abcdef/{n}.vtt", b"%d" % n) for n in range(10_000)]
    with counting.running(seaweedfs.endpoint) as proxy:
        direct = open_store(f"s3://{bucket}", base=Path(), endpoint=seaweedfs.endpoint)
        run(direct, [*wanted, Wanted.of_bytes("index.html", b"first")], lambda: datetime.now(UTC))
        store = open_store(f"s3://{bucket}", base=Path(), endpoint=proxy.endpoint)
        assert run(store, [*wanted, Wanted.of_bytes("index.html", b"first")], lambda: datetime.now(UTC)).plan.is_empty
        assert proxy.requests <= 20, proxy.counts
        proxy.clear()
        store = open_store(f"s3://{bucket}", base=Path(), endpoint=proxy.endpoint)
        outcome = run(store, [*wanted, Wanted.of_bytes("index.html", b"second")], lambda: datetime.now(UTC))
        assert [one.wanted.key for one in outcome.plan.uploads] == ["index.html"]
        assert proxy.requests <= 20 + 1, proxy.counts
