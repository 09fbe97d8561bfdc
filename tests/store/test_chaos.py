"""A catalogue that is published while everything goes wrong, and somebody looks at it throughout."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from uuid import uuid4

import imageio_ffmpeg
import pytest
import yaml

from pipeline.check import check_site
from pipeline.storage import ObjectStore, open_store
from pipeline.storage.records import Published
from pipeline.storage.state import read_remote
from pipeline.workshop import LOCAL
from tests.media.cluster import Machines, machines
from tests.store import proxy
from tests.store.proxy import Fault, Kind, Proxy
from tests.store.servers import Server
from tests.store.watcher import Watcher

pytestmark = [pytest.mark.media, pytest.mark.store, pytest.mark.timeout(3600)]
ROOT = Path(__file__).parents[2]
SECRET = "zugzwang-canary"
RECORDINGS, HELD = 12, 3
FAULTS = (
    Fault(Kind.REFUSE, times=3),
    Fault(Kind.REFUSE, "PutObject", times=9, code="InternalError", status=500),
    Fault(Kind.RESET_DURING, "PutObject", times=2),
    Fault(Kind.LOST_REPLY, "PutObject", times=2),
    Fault(Kind.LOST_REPLY, "PutObject", "catalog.json"),
    Fault(Kind.FLIP_UP, "PutObject", times=2),
    Fault(Kind.REFUSE, "DeleteObjects", times=9),
)
COMMAND = """
import sys, resource, signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from pipeline import report
from pipeline.catalogue import load
from pipeline.programmes import import_programme
from pipeline.run import Options, publish
folder, engine, hours, largest = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
if largest:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
print("ready", flush=True)
now = datetime.now(UTC) + timedelta(hours=hours)
sys.exit(publish(load(folder, import_programme), report.RecordingReporter(), Options(engine=engine), now=now))
"""


class Site:
    """A catalogue of twelve recordings, some of which nobody may see, and its bucket."""

    def __init__(self, root: Path, settings: Mapping[str, object], clips: list[bytes], engine: str = LOCAL) -> None:
        self.root = root
        self.engine = engine
        self._clips = clips
        self._inbox = root / "meeting" / "recordings"
        self._inbox.mkdir(parents=True)
        self.configure(settings)
        self.change(0)

    def configure(self, settings: Mapping[str, object]) -> None:
        """Write the settings of the catalogue."""
        (self.root / "catalogue.yaml").write_text(yaml.safe_dump(dict(settings)))

    def change(self, number: int) -> None:
        """Something new for a run to do: a title, a recording that comes or is replaced, captions."""
        recordings = [self._recording(index) for index in range(RECORDINGS)]
        session = {"id": "day", "title": "Day", "recordings": recordings}
        event = {"title": f"Meeting {number}", "timezone": "Europe/Copenhagen", "sessions": [session]}
        (self.root / "meeting" / "event.yaml").write_text(yaml.safe_dump(event))
        for index in range(RECORDINGS) if number == 0 else [number % RECORDINGS]:
            name = f"{SECRET}-{index}" if index < HELD else f"r{index}"
            words = f"{SECRET if index < HELD else 'Words'} {number}"
            (self._inbox / f"{name}.m4a").write_bytes(self._clips[(index + number) % len(self._clips)])
            (self._inbox / f"{name}.en.vtt").write_text(f"WEBVTT\n\n00:00.000 --> 00:01.000\n{words}\n")

    def _recording(self, index: int) -> dict[str, str]:
        if index < HELD:
            release = ("held", "withdrawn", "after 2091-01-01")[index]
            return {"id": f"{SECRET}-{index}", "title": f"{SECRET} {index}", "release": release}
        return {"id": f"r{index}", "title": f"Talk {index}"}

    def begin(self, *, hours: float = 0, largest: int = 0) -> subprocess.Popen[str]:
        """Start a publish in a process group of its own; returns when it is about to begin."""
        argv = [sys.executable, "-c", COMMAND, str(self.root), self.engine, str(hours), str(largest)]
        log = (self.root / "log").open("a")
        process = subprocess.Popen(
            argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )
        log.close()
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", (self.root / "log").read_text()
        return process

    def publish(self) -> None:
        """A run without any trouble."""
        assert self.begin().wait(timeout=240) == 0, (self.root / "log").read_text()


@dataclass(frozen=True)
class World:
    """Everything that can be disturbed: the catalogue, the way to its store, and whoever does the work."""

    site: Site
    between: Proxy
    workers: Machines | None

    @property
    def kinds(self) -> tuple[str, ...]:
        """What can go wrong."""
        return ("kill", "store", "disk", "clock", *(["worker"] if self.workers else []))


def disturb(world: World, chance: random.Random, kind: str, whole_s: float) -> bool:
    """One run with something going wrong in it; whether it did not end well because of that."""
    site, between = world.site, world.between
    between.clear()
    if kind == "store":
        fault = chance.choice(FAULTS)
        between.faults.append(Fault(**{**vars(fault), "skip": chance.randrange(10) if not fault.key else 0}))
    hours = chance.choice([-30 * 24, -1, 1, 400 * 24]) if kind == "clock" else 0
    process = site.begin(hours=hours, largest=chance.choice([512, 4096]) if kind == "disk" else 0)
    if kind in {"kill", "worker"}:
        time.sleep(chance.uniform(0, whole_s / 2))  # later runs have less to do than the first
    if kind == "kill" and process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    if kind == "worker" and world.workers:
        world.workers.kill("worker")
        world.workers.start_worker("worker")
    code = process.wait(timeout=240)
    between.clear()
    return code != 0


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Short recordings of tones."""
    folder = tmp_path_factory.mktemp("clips")
    for number in range(4):
        tone = ["-f", "lavfi", "-i", f"sine=frequency={300 + 100 * number}:duration=1:sample_rate=48000"]
        argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *tone, "-c:a", "aac", str(folder / f"{number}.m4a")]
        subprocess.run(argv, check=True, timeout=60)
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def published(store: ObjectStore) -> dict[str, Published]:
    """Every public object by its digest."""
    return dict(read_remote(store).record.objects)


@pytest.fixture
def workers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machines | None]:
    """A scheduler and two workers where the work is to be done by a cluster."""
    if request.param == LOCAL:
        yield None
        return
    with machines(tmp_path / "machines", str(tmp_path / "work")) as cluster:
        cluster.start_scheduler()
        cluster.start_worker("worker")
        cluster.start_worker("another")
        yield cluster


@pytest.mark.parametrize(
    ("workers", "injections"),
    [
        (LOCAL, 4),
        pytest.param(LOCAL, 30, marks=pytest.mark.slow),
        pytest.param("cluster", 30, marks=pytest.mark.slow),
    ],
    indirect=["workers"],
)
def test_what_is_left_after_everything_went_wrong(
    seaweedfs: Server, tmp_path: Path, clips: list[bytes], workers: Machines | None, injections: int
) -> None:
    """Kills, a full disk, jumps of the clock, failures of the store: readers notice nothing, and nothing stays of it.

    No page ever names what is not there, nothing held is ever seen; one run without trouble ends in the same bytes as
    a publish of the same catalogue that nothing ever happened to, and the run after that has nothing to do.
    """
    chance = random.Random(injections)
    bucket, calm = seaweedfs.bucket(f"chaos-{uuid4().hex}"), seaweedfs.bucket(f"calm-{uuid4().hex}")
    store = open_store(f"s3://{bucket}", base=tmp_path, endpoint=seaweedfs.endpoint)
    settings = {"title": "Chaos", "captions": {"recognise": False}, "base_url": "https://talks.example.org/"}
    spoilt: Counter[str] = Counter()
    with proxy.running(seaweedfs.endpoint) as between:
        places = {"publish": f"s3://{bucket}", "endpoint": between.endpoint, "work": str(tmp_path / "work")}
        site = Site(tmp_path / "site", settings | places, clips, workers.address if workers else LOCAL)
        world = World(site, between, workers)
        begun = time.monotonic()
        site.publish()
        whole_s = time.monotonic() - begun
        with Watcher(store, SECRET) as watcher:
            for number, kind in zip(range(1, injections + 1), cycle(world.kinds), strict=False):
                site.change(number)
                spoilt[kind] += disturb(world, chance, kind, whole_s)
            site.publish()
        generation = read_remote(store).generation
        site.publish()
        assert read_remote(store).generation == generation, "a run with nothing to do published"
    assert watcher.look() > RECORDINGS
    assert watcher.rounds > injections / 2, "nobody looked: this proved nothing"
    assert (watcher.broken, watcher.leaked) == ([], [])
    assert spoilt.total() >= injections // 4, f"hardly anything went wrong: {spoilt}"

    shutil.rmtree(site.root / ".aftertalk")
    site.configure(settings | {"publish": f"s3://{calm}", "endpoint": seaweedfs.endpoint})
    site.engine = LOCAL
    site.publish()
    assert published(store) == published(open_store(f"s3://{calm}", base=tmp_path, endpoint=seaweedfs.endpoint))
    assert check_site(store, deep=True).findings == ()
    assert store.abandon(before=datetime.now(UTC) + timedelta(days=2)) == 0, "an unfinished upload was left"
    assert store.head("state/lease.json") is None
