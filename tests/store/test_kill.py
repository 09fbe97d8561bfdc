"""kill -9 in the middle of publishing, on a folder and on a real server."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.storage import ObjectStore, open_store
from pipeline.storage.parts import PART_BYTES
from pipeline.storage.records import Published
from pipeline.storage.state import read_remote
from tests.store.publisher import wanted
from tests.store.servers import Server
from tests.unit.storage.simulation import broken_references, keys, run

pytestmark = pytest.mark.store
ROOT = Path(__file__).parents[2]


def begin_publish(url: str, endpoint: str, folder: Path, version: int) -> subprocess.Popen[bytes]:
    """Start a publish in a process group of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.publisher", url, endpoint, str(folder), str(version)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def killed_publish(url: str, endpoint: str, folder: Path, version: int, after_s: float) -> bool:
    """Start a publish and kill its whole process group; whether it was still running."""
    process = begin_publish(url, endpoint, folder, version)
    time.sleep(after_s)
    running = process.poll() is None
    if running:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert running or process.returncode == 0
    return running


def outlive(store: ObjectStore, url: str, endpoint: str, folder: Path, *, kills: int) -> None:
    """Publish, kill publishes of ever new versions at random moments, and look at the site after each."""
    chance = random.Random(7)
    begun = time.monotonic()
    run(store, wanted(folder, 0), lambda: datetime.now(UTC))
    whole_s = max(0.5, time.monotonic() - begun)
    caught = 0
    for number in range(1, kills + 1):
        caught += killed_publish(url, endpoint, folder, number, chance.uniform(0, whole_s))
        assert broken_references(store) == [], f"after kill {number}"
    assert caught >= kills // 3, "most publishes were over before they were killed: this proved little"
    last = wanted(folder, kills + 1)
    run(store, last, lambda: datetime.now(UTC))
    assert broken_references(store) == []
    outcome = run(store, last, lambda: datetime.now(UTC) + timedelta(days=2))
    assert store.abandon(before=datetime.now(UTC) + timedelta(days=2)) == 0, "an unfinished upload was left"
    assert keys(store) == {one.key for one in last} | {"catalog.json", outcome.plan.record_key}
    for one in last:
        entry = store.head(one.key)
        assert entry is not None
        assert entry.size == one.size
    assert run(store, last, lambda: datetime.now(UTC) + timedelta(days=2)).plan.is_empty


@pytest.mark.parametrize("kills", [6, pytest.param(30, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])])
def test_a_folder_survives_kills(tmp_path: Path, kills: int) -> None:
    """After each kill the site is whole; after the last clean run it is complete and nothing is left over."""
    store = open_store("site", base=tmp_path)
    outlive(store, str(tmp_path / "site"), "", tmp_path, kills=kills)


@pytest.mark.parametrize("kills", [5, pytest.param(30, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
def test_a_bucket_survives_kills(seaweedfs: Server, tmp_path: Path, kills: int) -> None:
    """The same on SeaweedFS, multipart uploads included."""
    bucket = seaweedfs.bucket(f"kills-{kills}")
    url = f"s3://{bucket}/site"
    store = open_store(url, base=tmp_path, endpoint=seaweedfs.endpoint)
    outlive(store, url, seaweedfs.endpoint, tmp_path, kills=kills)


def test_two_publishers_at_once(seaweedfs: Server, tmp_path: Path) -> None:
    """Two processes publish different versions at the same time: both commits count, what is public is one of them."""
    url = f"s3://{seaweedfs.bucket('together')}/site"
    store = open_store(url, base=tmp_path, endpoint=seaweedfs.endpoint)
    run(store, wanted(tmp_path, 0), lambda: datetime.now(UTC))
    both = [begin_publish(url, seaweedfs.endpoint, tmp_path, version) for version in (1, 2)]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    assert broken_references(store) == []
    remote = read_remote(store)
    assert remote.generation == 3
    objects = {version: wanted(tmp_path, version) for version in (1, 2)}
    (winner,) = (
        version
        for version in (1, 2)
        if remote.record.objects == {one.key: Published.of(one) for one in objects[version]}
    )
    for one in objects[winner]:
        assert sha256(store.read(one.key).data).hexdigest() == one.sha256, f"{one.key} is of the other publisher"


def test_a_full_disk_leaves_the_site_as_it_was(tmp_path: Path) -> None:
    """Where nothing large can be written, the publish fails with a clear error, and what was public still is."""
    store = open_store("site", base=tmp_path)
    run(store, wanted(tmp_path, 0), lambda: datetime.now(UTC))
    wanted(tmp_path, 1)
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({PART_BYTES}, {PART_BYTES}))"
    arguments = (str(tmp_path / "site"), "", str(tmp_path), "1")
    script = f"{limited}; from tests.store.publisher import main; main(*{arguments!r})"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "StoreError" in done.stderr
    assert "1080p.mp4" in done.stderr
    assert broken_references(store) == []
    run(store, wanted(tmp_path, 0), lambda: datetime.now(UTC))
    assert not list((tmp_path / "site").rglob("*.part"))
