"""The work done by a cluster: real processes, a folder between them, and the same bytes as on one machine."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from pipeline import report
from pipeline.catalogue import load
from pipeline.errors import ConfigurationError
from pipeline.media.tools import Tools
from pipeline.programmes import import_programme
from pipeline.run import Options, publish
from tests.media.cluster import Machines, Network, Trust, machines
from tests.media.sources import record
from tests.waiting import wait_until

pytestmark = pytest.mark.media
NOW = datetime(2021, 7, 1, tzinfo=UTC)
CATALOGUE = """
title: Test
work: work
transcode: {heights: [180, 90], copy_source: false}
captions: {recognise: false}
"""
EVENT = """
title: Meeting
sessions:
  - {id: day, title: Day, recordings: [{id: long, title: Long}, {id: short, title: Short}]}
"""
CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:03.000\nGood morning\n"


@pytest.fixture
def root(tmp_path: Path, tools: Tools) -> Path:
    """A catalogue of two recordings, one of three chunks."""
    inbox = tmp_path / "catalogue" / "meeting" / "recordings"
    inbox.mkdir(parents=True)
    record(tools, inbox / "long.mp4", seconds=280, size="320x180", rate=10)
    record(tools, inbox / "short.mp4", seconds=8, size="320x180", rate=10)
    (inbox / "short.en.vtt").write_text(CAPTIONS)
    (inbox.parent / "event.yaml").write_text(EVENT)
    (tmp_path / "catalogue" / "catalogue.yaml").write_text(CATALOGUE)
    return tmp_path / "catalogue"


@pytest.fixture
def cluster(root: Path, tmp_path: Path) -> Iterator[Machines]:
    with machines(tmp_path / "machines", str(root / "work")) as running:
        yield running


def run(root: Path, engine: str = "local") -> report.RecordingReporter:
    """Publish; every recording must be made."""
    reporter = report.RecordingReporter()
    failed = publish(load(root, import_programme), reporter, Options(engine=engine), now=NOW)
    assert not failed, [one for one in reporter.messages if isinstance(one, report.RecordingFailed)]
    return reporter


def published(root: Path) -> dict[str, bytes]:
    """Everything public, and then nothing: the workspace and the public folder are removed."""
    folder = root / "public"
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    shutil.rmtree(folder)
    shutil.rmtree(root / ".aftertalk")
    return found


def records(root: Path) -> set[Path]:
    """The artifacts in the shared store."""
    return set((root / "work" / "artifacts").glob("*/artifact.json"))


def test_same_bytes_as_on_one_machine(root: Path, cluster: Machines) -> None:
    """Two workers publish the same bytes as this machine alone, and leave nothing in the shared store."""
    run(root)
    expected = published(root)
    cluster.start_scheduler()
    for name in ("one", "two"):
        cluster.start_worker(name)
    run(root, cluster.address)
    assert published(root) == expected
    assert not [path for path in (root / "work").rglob("*") if path.is_file()]


def test_only_known_machines(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With TLS the work is done by machines with a certificate; a run without one is not let in."""
    (root / "meeting" / "recordings" / "long.mp4").unlink()
    monkeypatch.setattr("pipeline.cluster.engine._CONNECT_S", 2)
    trust = Trust.new(tmp_path)
    settings = {"ca": trust.ca, "certificate": trust.own, "key": trust.own}
    with machines(tmp_path / "machines", str(root / "work"), trust=trust) as cluster:
        cluster.start_scheduler()
        cluster.start_worker("one")
        with pytest.raises(ConfigurationError, match="needs certificates"):
            run(root, cluster.address)
        with pytest.raises(ConfigurationError, match="no scheduler answers"):
            run(root, cluster.address.replace("tls", "tcp"))
        (root / "catalogue.yaml").write_text(f"{CATALOGUE}\ncluster: {json.dumps(settings)}\n")
        run(root, cluster.address)
    assert "meeting/day/short/index.html" in published(root)


@pytest.mark.slow
def test_losses_of_a_cluster(root: Path, tmp_path: Path) -> None:
    """A worker killed in the middle of its work, one cut off, one frozen, the scheduler started anew: the same bytes.

    Every machine is a host of its own, with only the shared store between them.
    """
    run(root)
    expected = published(root)
    network = Network()
    with machines(tmp_path / "machines", str(root / "work"), network) as cluster:
        lose_machines(root, cluster, network)
    assert published(root) == expected


def lose_machines(root: Path, cluster: Machines, network: Network) -> None:
    """Publish while one machine after the other is lost."""
    cluster.start_scheduler()
    for name in ("one", "two", "three", "four"):
        cluster.start_worker(name)
    outcome: list[report.RecordingReporter] = []
    runner = Thread(target=lambda: outcome.append(run(root, cluster.address)))
    runner.start()
    losses: tuple[Callable[[], None], ...] = (
        lambda: cluster.kill("one"),
        lambda: network.cut("two"),
        lambda: cluster.kill("three", signal.SIGSTOP),
        lambda: cluster.kill("scheduler"),
    )
    for count, lose in enumerate(losses, start=1):
        wait_until(lambda count=count: len(records(root)) >= count, "nothing was made any more", seconds=120)  # type: ignore[misc]
        lose()
    cluster.start_scheduler()
    runner.join(300)
    assert outcome, cluster.log("four")


def test_no_scheduler(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a scheduler, or a shared place, the run says so at once and does nothing."""
    monkeypatch.setattr("pipeline.cluster.engine._CONNECT_S", 1)
    with pytest.raises(ConfigurationError, match="no scheduler answers"):
        run(root, "tcp://127.0.0.1:9")
    with pytest.raises(ConfigurationError, match="is not a scheduler's address"):
        run(root, "http://127.0.0.1:9")
    (root / "catalogue.yaml").write_text("title: Test\n")
    with pytest.raises(ConfigurationError, match="need a place to share files"):
        run(root, "tcp://127.0.0.1:9")
