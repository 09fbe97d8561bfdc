"""Two machines publish one catalogue: each a network of its own, the bucket between them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from pipeline.catalogue import load
from pipeline.check import check_site
from pipeline.programmes import import_programme
from pipeline.storage.lease import DURATION
from pipeline.targets import open_target
from tests.media.cluster import Network
from tests.store import proxy, servers
from tests.store.proxy import Fault, Kind

pytestmark = [pytest.mark.store, pytest.mark.slow, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
RECORDINGS = 60
REPLACED = 10
"""Pages that are replaced when a machine is frozen."""
LOCKED = 3
"""Exit code of a run that another keeps out."""


@pytest.fixture
def network() -> Iterator[Network]:
    """Hosts that reach each other through a bridge."""
    with closing(Network()) as network:
        yield network


def catalogue(folder: Path, title: str, endpoint: str) -> Path:
    """A catalogue of recordings that are kept elsewhere: many pages, each with the title, and no media."""
    recordings = [{"id": f"talk-{number}", "title": f"Talk {number}", "source": "none"} for number in range(RECORDINGS)]
    event = {"id": "e", "title": "Event", "sessions": [{"id": "s", "title": "Session", "recordings": recordings}]}
    settings = {"title": title, "base_url": "https://meetings.example/", "publish": "s3://site", "endpoint": endpoint}
    (folder / "e").mkdir(parents=True)
    (folder / "e" / "event.yaml").write_text(yaml.safe_dump(event))
    (folder / "catalogue.yaml").write_text(yaml.safe_dump(settings))
    return folder


def begin(network: Network, machine: str, folder: Path) -> subprocess.Popen[str]:
    """Start ``aftertalk publish`` on a machine."""
    network.host(machine)
    command = [*network.command(machine), sys.executable, "-m", "pipeline.cli", "publish", "-C", str(folder)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and everything it said."""
    said, _ = process.communicate(timeout=300)
    return process.returncode, said


def pages(server: servers.Server) -> dict[str, str]:
    """ETag of every page."""
    found = server.client().get_paginator("list_objects_v2").paginate(Bucket="site")
    objects = {one["Key"]: one["ETag"] for reply in found for one in reply.get("Contents", ())}
    return {key: etag for key, etag in objects.items() if key.endswith(".html") and not key.startswith("public/")}


def freeze_in_the_middle(process: subprocess.Popen[str], server: servers.Server, before: dict[str, str]) -> None:
    """Stop it when some pages are replaced, and the next ones are on their way but do not arrive."""
    deadline = time.monotonic() + 120
    while (replaced := sum(etag != before[key] for key, etag in pages(server).items())) < REPLACED:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, "it never began to replace pages"
    os.killpg(process.pid, signal.SIGSTOP)
    assert process.poll() is None
    assert replaced == REPLACED < len(before)


def test_a_machine_that_was_frozen_spoils_nothing(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frozen in the middle of a publish, it is waited for, then taken over; thawed, it ends with exit code 3.

    What is public then is what the other machine published, every page of it; nothing of the first is left.
    """
    for name, value in servers.credentials().items():
        monkeypatch.setenv(name, value)
    with (
        servers.seaweedfs(tmp_path / "server", host=network.gateway) as server,
        proxy.running(server.endpoint, host=network.gateway) as way,
    ):
        server.bucket("site")
        first = catalogue(tmp_path / "first", "Alpaca", way.endpoint)
        second = catalogue(tmp_path / "second", "Bison", server.endpoint)
        assert ended(begin(network, "first", first))[0] == 0
        before = pages(server)
        settings = first / "catalogue.yaml"
        settings.write_text(settings.read_text().replace("Alpaca", "Camel"))
        way.faults.append(Fault(Kind.STALL, "PutObject", ".html", skip=REPLACED, times=len(before)))
        frozen = begin(network, "first", first)
        try:
            freeze_in_the_middle(frozen, server, before)
            way.clear()
            code, said = ended(begin(network, "second", second))
            assert (code, "another run publishes" in said) == (LOCKED, True), said
            time.sleep(DURATION.total_seconds() + 5)
            code, said = ended(begin(network, "second", second))
            assert code == 0, said
            public = pages(server)
        finally:
            os.killpg(frozen.pid, signal.SIGCONT)
        code, said = ended(frozen)
        assert code == LOCKED, said
        assert "another run publishes to this place" in said
        assert "Traceback" not in said
        assert pages(server) == public
        client = server.client()
        bodies = {key: client.get_object(Bucket="site", Key=key)["Body"].read() for key in public}
        assert [key for key, body in bodies.items() if b"Alpaca" in body or b"Camel" in body] == []
        assert sum(b"Bison" in body for body in bodies.values()) > RECORDINGS
        assert check_site(open_target(load(second, import_programme)), deep=True).findings == ()
        code, said = ended(begin(network, "first", first))
        assert code == 0, said
        assert check_site(open_target(load(first, import_programme)), deep=True).findings == ()
