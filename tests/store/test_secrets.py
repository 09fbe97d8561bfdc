"""Credentials are in nothing that a run produces."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.storage import open_store
from tests.store import proxy as faulty
from tests.store.proxy import Fault, Kind
from tests.store.servers import ACCESS_KEY, SECRET_KEY, Server
from tests.unit.storage.simulation import content, run, site

pytestmark = pytest.mark.store


def test_no_output_holds_a_credential(seaweedfs: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Not the published objects, not the logs, not the errors, whatever the server answers; nor the objects' repr."""
    caplog.set_level(logging.INFO)
    bucket = seaweedfs.bucket("secrets")
    outputs: list[str] = []
    with faulty.running(seaweedfs.endpoint) as proxy:
        store = open_store(f"s3://{bucket}", base=Path(), endpoint=proxy.endpoint)
        outcome = run(store, site({"r1": "one"}), lambda: datetime.now(UTC))
        outputs += [repr(outcome), repr(store), store.address, *map(repr, content(store).items())]
        for code in ("SignatureDoesNotMatch", "InvalidAccessKeyId", "AccessDenied", "Unheard"):
            proxy.faults[:] = [
                Fault(Kind.REFUSE, times=99, status=403, code=code, message=f"{ACCESS_KEY} {SECRET_KEY}")
            ]
            with pytest.raises(StoreError) as caught:
                run(store, site({"r1": "two"}), lambda: datetime.now(UTC))
            outputs += [str(caught.value), repr(caught.value)]
    outputs.append(caplog.text)
    assert all(ACCESS_KEY not in one and SECRET_KEY not in one for one in outputs)
