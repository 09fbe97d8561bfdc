"""Runs that nobody watches: a week of them, with what goes wrong in a week; who is told, what is kept, what waits."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import imageio_ffmpeg
import pytest
import yaml
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipeline import report
from pipeline.catalogue import load
from pipeline.check import check_site
from pipeline.errors import LockHeldError
from pipeline.programmes import import_programme
from pipeline.run import Options, publish
from pipeline.storage import open_store
from pipeline.storage.lease import held
from tests.packs import readable
from tests.store import servers

pytestmark = pytest.mark.media
MONDAY = datetime(2021, 6, 28, 8, tzinfo=UTC)
KEEPER = "import pathlib, sys; pathlib.Path('told.jsonl').open('a').write(sys.stdin.read())"
CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:01.000\n{}\n"


class Week:
    """A catalogue with a clock, looked after by a timer."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = MONDAY
        self.inbox = root / "week" / "recordings"
        self.inbox.mkdir(parents=True)
        self.settings: dict[str, object] = {
            "title": "Week",
            "captions": {"recognise": False},
            "hooks": {"notify": [sys.executable, "-c", KEEPER]},
        }
        self.event: dict[str, object] = {
            "title": "A week",
            "start": "2021-06-28",
            "timezone": "Europe/Copenhagen",
            "sessions": [
                {
                    "id": f"day{day}",
                    "title": f"Day {day}",
                    "recordings": [{"id": f"r{day}{half}", "title": f"{day}{half}"}],
                }
                for day in range(1, 5)
                for half in "a"
            ],
        }

    def recording(self, name: str) -> dict[str, object]:
        """The entry of a recording, to be changed."""
        sessions: list = self.event["sessions"]  # type: ignore[assignment] # plain YAML
        return next(one for session in sessions for one in session["recordings"] if one["id"] == name)

    def put(self, name: str, content: bytes) -> None:
        """A file arrives whole, some time ago."""
        path = self.inbox / name
        path.write_bytes(content)
        self._arrivals = getattr(self, "_arrivals", 0) + 1
        at = MONDAY.timestamp() + self._arrivals
        os.utime(path, (at, at))

    def run(self, **options: object) -> tuple[int, list[report.Message]]:
        """The timer fires."""
        (self.root / "catalogue.yaml").write_text(yaml.safe_dump(self.settings))
        (self.root / "week" / "event.yaml").write_text(yaml.safe_dump(self.event))
        reporter = report.RecordingReporter()
        directory = load(self.root, import_programme)
        failed = publish(directory, reporter, Options(**options), now=self.now)  # type: ignore[arg-type]
        assert check_site(open_store("public", base=self.root), deep=True).findings == ()
        return failed, reporter.messages

    def public(self) -> list[str]:
        """Recordings that everybody can watch."""
        document = json.loads((self.root / "public" / "catalog.json").read_bytes())
        return [one["id"].removeprefix("week/") for one in document["recordings"]]

    def told(self) -> list[tuple[str, str]]:
        """Everything that anybody was told, in order."""
        path = self.root / "told.jsonl"
        notices = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [
            (kind, one["recording"].removeprefix("week/"))
            for notice in notices
            for kind in ("published", "withdrawn", "failed")
            for one in notice[kind]
        ]

    def holds(self, text: str) -> list[str]:
        """Public files in which a text is."""
        files = (path for path in (self.root / "public").rglob("*") if path.is_file())
        return [str(path) for path in files if text.encode() in readable(path)]


@pytest.fixture
def week(tmp_path: Path) -> Week:
    return Week(tmp_path)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], bytes]:
    """Makes a short recording of a tone."""
    folder = tmp_path_factory.mktemp("clips")

    def make(hertz: int) -> bytes:
        path = folder / f"{hertz}.m4a"
        if not path.exists():
            tone = ["-f", "lavfi", "-i", f"sine=frequency={hertz}:duration=2:sample_rate=48000"]
            argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *tone, "-c:a", "aac", str(path)]
            subprocess.run(argv, check=True, timeout=60)
        return path.read_bytes()

    return make


def test_a_week_in_the_life(week: Week, clip: Callable[[int], bytes]) -> None:
    """Sessions, a late upload, an embargo, a broken file and its replacement, a corrected caption, a withdrawal."""
    week.recording("r2a")["release"] = "after 2021-07-01"
    week.put("r1a.m4a", clip(300))
    assert week.run()[0] == 0
    assert week.public() == ["r1a"]
    assert week.told() == [("published", "r1a")]

    week.now += timedelta(hours=5)  # nothing new: nothing is made, sent or told
    _, messages = week.run()
    assert not [one for one in messages if isinstance(one, report.StageStarted)]
    assert [(one.uploaded, one.deleted) for one in messages if isinstance(one, report.Published)] == [(0, 0)]

    week.now = MONDAY + timedelta(days=1)  # Tuesday: a session under embargo, and a broken upload
    week.put("r2a.m4a", clip(400))
    week.put("r3a.m4a", clip(500)[:2000])
    assert week.run()[0] == 1
    assert week.public() == ["r1a"]
    assert week.holds("week/day2/r2a/") == []
    assert week.told()[1:] == [("failed", "r3a")]

    week.now += timedelta(hours=2)  # the same file, tried once more; nobody is told again
    week.run()
    week.now += timedelta(hours=2)  # the upload is repeated, late
    week.put("r3a.m4a", clip(500))
    assert week.run()[0] == 0
    assert week.public() == ["r1a", "r3a"]
    assert week.told()[2:] == [("published", "r3a")]

    week.now = MONDAY + timedelta(days=2)  # Wednesday: captions, with a mistake in them
    week.put("r1a.en.vtt", CAPTIONS.format("Wellcome to the Mondey").encode())
    week.run()
    assert week.holds("Mondey")
    week.now += timedelta(hours=3)
    week.put("r1a.en.vtt", CAPTIONS.format("Welcome to the Monday").encode())
    _, messages = week.run()
    assert {one.stage for one in messages if isinstance(one, report.StageStarted)} <= {
        "captions",
        "transcribe",
        "enrich",
    }
    assert any("r1a" in path and path.endswith("index.html") for path in week.holds("Welcome to the Monday"))
    assert not [path for path in week.holds("Mondey") if path.endswith((".html", ".json"))]

    week.now = MONDAY + timedelta(days=3)  # Thursday: the embargo has ended; nothing is made for it
    _, messages = week.run()
    assert week.public() == ["r1a", "r2a", "r3a"]
    assert not [one for one in messages if isinstance(one, report.StageStarted)]
    assert week.told()[3:] == [("published", "r2a")]

    week.now = MONDAY + timedelta(days=4)  # Friday: a speaker withdraws
    week.recording("r1a")["release"] = "withdrawn"
    week.run()
    assert week.public() == ["r2a", "r3a"]
    assert week.holds("Welcome to the Monday") == []
    assert not list((week.root / "public" / "media" / "week").glob("r1a"))
    assert week.told()[4:] == [("withdrawn", "r1a")]
    week.now += timedelta(hours=5)
    week.run()
    assert len(week.told()) == 5


def test_two_timers_overlap(week: Week, clip: Callable[[int], bytes]) -> None:
    """While one machine publishes, another ends at once, tells who is at work, and nothing is changed by it."""
    week.put("r1a.m4a", clip(300))
    store = open_store("public", base=week.root)
    with held(store, holder="process 7 on elsewhere", workspace="another"):
        with pytest.raises(LockHeldError, match="process 7 on elsewhere"):
            week.run()
        done = subprocess.run(
            [sys.executable, "-m", "pipeline.cli", "publish", "-C", str(week.root)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 3
        assert "process 7 on elsewhere" in done.stderr
        assert [entry.key for entry in store.list()] == ["state/lease.json"]
    assert week.run()[0] == 0
    assert week.public() == ["r1a"]


def test_what_keeps_failing_is_tried_less_and_less_and_parked(week: Week, clip: Callable[[int], bytes]) -> None:
    """At once, then after growing pauses, then not at all until the file changes; being named overrules it."""
    week.put("r1a.m4a", b"\0" * 5000)
    week.put("r2a.m4a", clip(400))
    tries = []
    for hour in range(24 * 5):
        week.now = MONDAY + timedelta(hours=hour)
        failed, messages = week.run() if hour in {0, 1, 2, 3, 4, 10, 40, 60} else (0, [])
        if failed:
            tries.append(hour)
        elif messages:
            (resting,) = [one for one in messages if isinstance(one, report.RecordingResting)]
            assert resting.recording == "week/r1a"
    assert tries == [0, 1, 2, 3, 10, 40]
    assert "parked" in resting.plan
    assert week.public() == ["r2a"]
    assert week.told() == [("published", "r2a"), ("failed", "r1a")]
    assert week.run(only=frozenset({"week/r1a"}))[0] == 1
    week.put("r1a.m4a", clip(300))
    assert week.run()[0] == 0
    assert week.public() == ["r1a", "r2a"]
    assert week.told()[2:] == [("published", "r1a")]


def test_a_notice_waits_for_whoever_does_not_take_it(week: Week, clip: Callable[[int], bytes]) -> None:
    """A command that fails is a note, the publish counts; the notice comes once, as soon as it is taken."""
    working = week.settings["hooks"]
    week.settings["hooks"] = {"notify": [sys.executable, "-c", "import sys; sys.exit('mail is down')"]}
    week.put("r1a.m4a", clip(300))
    failed, messages = week.run()
    assert failed == 0
    assert any("mail is down" in one.message for one in messages if isinstance(one, report.Noticed))
    week.settings["hooks"] = working
    week.run()
    week.run()
    assert week.told() == [("published", "r1a")]


def test_changed_addresses_go_to_the_cdn(week: Week, clip: Callable[[int], bytes]) -> None:
    """After a withdrawal the command hears every address that is not what it was, those of its media too."""
    week.settings["hooks"] = {"changed": [sys.executable, "-c", KEEPER.replace("jsonl", "txt")]}
    week.put("r1a.m4a", clip(300))
    week.run()
    (week.root / "told.txt").unlink(missing_ok=True)
    week.recording("r1a")["release"] = "withdrawn"
    week.run()
    lines = (week.root / "told.txt").read_text().splitlines()
    assert {"index.html", "catalog.json", "week/day1/r1a/index.html"} <= set(lines)
    assert any(line.startswith("media/week/r1a/") for line in lines)


def test_operations_are_private(week: Week, clip: Callable[[int], bytes]) -> None:
    """The page and the metrics tell the state of every recording, held ones too; nothing of it is public."""
    week.settings["metrics"] = "node.prom"
    week.put("r1a.m4a", clip(300))
    week.put("r2a.m4a", b"broken")
    week.put("nobody.m4a", clip(400))
    week.recording("r1a")["title"] = "<script>alert(1)</script>"
    week.recording("r3a").update({"release": "held", "title": "Secret plan"})
    week.run(run="run-17")
    page = (week.root / ".aftertalk" / "operations.html").read_text()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    for words in ("Secret plan", "run-17", "r2a", "nobody.m4a", "the next run tries again".capitalize()):
        assert words in page
    assert week.holds("Secret plan") == []
    metrics = (week.root / "node.prom").read_text()
    assert 'aftertalk_recordings{state="public"} 1\n' in metrics
    assert 'aftertalk_recordings{state="failed"} 1\n' in metrics
    assert 'aftertalk_recordings{state="held"} 1\n' in metrics
    samples = [line.rpartition(" ") for line in metrics.splitlines() if not line.startswith("#")]
    assert all(float(value) >= 0 for _, _, value in samples)


def test_the_workspace_is_kept_small(week: Week, clip: Callable[[int], bytes]) -> None:
    """What is published may go, what is not stays; and nothing is made again because of it."""
    week.settings["workspace_bytes"] = 0
    week.recording("r2a")["release"] = "after 2021-07-01"
    week.put("r1a.m4a", clip(300))
    week.put("r2a.m4a", clip(400))
    week.run()
    kept = {json.loads(path.read_bytes())["stage"] for path in (week.root / ".aftertalk").rglob("artifact.json")}
    assert kept >= {"transcode", "enrich"}
    assert len(list((week.root / ".aftertalk").rglob("audio.m4a"))) == 1
    week.now = MONDAY + timedelta(days=3)
    _, messages = week.run()
    assert not [one for one in messages if isinstance(one, report.StageStarted)]
    assert week.public() == ["r1a", "r2a"]
    assert list((week.root / ".aftertalk").rglob("artifact.json")) == []


def test_stages_can_be_forced_and_stopped_at(week: Week, clip: Callable[[int], bytes]) -> None:
    """``until`` makes no more than that and publishes nothing; ``force`` makes again, to the same bytes."""
    week.put("r1a.m4a", clip(300))
    with pytest.raises(AssertionError, match="nothing is published"):
        week.run(until="transcode")
    assert not (week.root / "public" / "catalog.json").exists()
    _, messages = week.run()
    assert "transcode" not in {one.stage for one in messages if isinstance(one, report.StageStarted)}
    before = sorted(path.name for path in (week.root / "public" / "media").rglob("*"))
    _, messages = week.run(force=frozenset({"transcode"}))
    assert {one.stage for one in messages if isinstance(one, report.StageStarted)} == {"transcode"}
    assert sorted(path.name for path in (week.root / "public" / "media").rglob("*")) == before


CANARY = "zugzwang-canary"


def published_bytes(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every public file; compressed ones as they are read."""
    for path in sorted((root / "public").rglob("*")):
        if path.is_file():
            data = readable(path)
            yield path.relative_to(root / "public").as_posix(), gzip.decompress(data) if path.suffix == ".gz" else data


def hide(week: Week, clip: Callable[[int], bytes], name: str, hertz: int) -> None:
    """Give a recording secrets of its own in everything it has: fields, captions, poster, slides, sound."""
    canary = f"{CANARY}-{name}"
    week.recording(name).update(
        {
            "title": f"{canary} title",
            "abstract": f"{canary} abstract",
            "people": [{"name": f"{canary} person", "organisation": f"{canary} organisation"}],
            "links": [{"url": f"https://example.org/{canary}", "title": f"{canary} link"}],
            "chapters": [{"start_ms": 1000, "title": f"{canary} chapter"}],
        }
    )
    week.put(f"{name}.m4a", clip(hertz))
    week.put(f"{name}.en.vtt", CAPTIONS.format(f"{canary} words").encode())
    week.put(f"{name}.pdf", f"%PDF-1.4\n% {canary}\n".encode())
    picture = io.BytesIO()
    Image.new("RGB", (640, 360), "#102030").save(picture, "PNG", pnginfo=_comment(canary))
    week.put(f"{name}.png", picture.getvalue())


def _comment(text: str) -> PngInfo:
    info = PngInfo()
    info.add_text("Comment", text)
    return info


def test_no_canary_is_ever_public(week: Week, clip: Callable[[int], bytes]) -> None:
    """Nothing of a recording that may not be public is in any public file; taken back, no file of it remains."""
    releases = {"r2a": "held", "r3a": "after 2031-01-01", "r4a": "withdrawn"}
    week.put("r1a.m4a", clip(300))
    for number, (name, release) in enumerate(releases.items()):
        hide(week, clip, name, 400 + 100 * number)
        week.recording(name)["release"] = release
    week.run()
    assert week.public() == ["r1a"]
    assert [name for name, data in published_bytes(week.root) if CANARY.encode() in data] == []
    for name in releases:
        week.recording(name)["release"] = "approved"
    week.run()
    contents = dict(published_bytes(week.root))
    addresses = [address for address in contents if any(f"/{name}/" in address for name in releases)]
    for name in releases:
        assert any(f"{CANARY}-{name}".encode() in data for data in contents.values()), "the canary proves nothing"
        assert any(f"/{name}/" in address and address.endswith(".m4a") for address in addresses)
    for name, release in releases.items():
        week.recording(name)["release"] = release
    week.run()
    week.run()
    assert [name for name, data in published_bytes(week.root) if CANARY.encode() in data] == []
    left = [address for address in addresses if (week.root / "public" / address).exists()]
    assert left == ["week/day4/r4a/index.html"]  # says that it was withdrawn


@pytest.mark.store
def test_no_credential_is_anywhere(
    week: Week, clip: Callable[[int], bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Not in what the command prints, not in the workspace, not in the bucket, not in what a hook gets to see."""
    spy = "import os, sys, pathlib; pathlib.Path('seen').write_text(repr(dict(os.environ)) + sys.stdin.read())"
    week.put("r1a.m4a", clip(300))
    week.put("r2a.m4a", b"broken")
    with servers.seaweedfs(tmp_path_factory.mktemp("server")) as server:
        week.settings |= {
            "publish": f"s3://{server.bucket('talks')}",
            "endpoint": server.endpoint,
            "hooks": {"notify": [sys.executable, "-c", spy]},
        }
        (week.root / "catalogue.yaml").write_text(yaml.safe_dump(week.settings))
        (week.root / "week" / "event.yaml").write_text(yaml.safe_dump(week.event))
        outputs = []
        for more in ([], ["--json", "-v"]):
            argv = [sys.executable, "-m", "pipeline.cli", "publish", *more, "-C", str(week.root)]
            environment = {**os.environ, **server.environment}
            done = subprocess.run(argv, capture_output=True, check=False, timeout=120, env=environment)
            outputs += [done.stdout, done.stderr]
        client = server.client()
        keys = [one["Key"] for one in client.list_objects_v2(Bucket="talks")["Contents"]]
        outputs += [client.get_object(Bucket="talks", Key=key)["Body"].read() for key in keys]
    assert "catalog.json" in keys
    outputs += [path.read_bytes() for path in week.root.rglob("*") if path.is_file()]
    assert "week/r1a" in (week.root / "seen").read_text()
    for secret in (servers.ACCESS_KEY, servers.SECRET_KEY):
        assert [data[:200] for data in outputs if secret.encode() in data] == []


@pytest.mark.parametrize("title", ["A week", "A week of which every page is rendered anew"])
def test_a_full_disk_leaves_everything_as_it_was(week: Week, clip: Callable[[int], bytes], title: str) -> None:
    """Where the workspace cannot grow any more: an error that says so, the public site as it was; then it goes on."""
    week.put("r1a.m4a", clip(300))
    week.run()
    before = dict(published_bytes(week.root))
    week.put("r2a.m4a", clip(400))
    (week.root / "week" / "event.yaml").write_text(yaml.safe_dump(week.event | {"title": title}))
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"
    ignored = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)"
    script = f"{limited}; {ignored}; from pipeline.cli import main; main()"
    argv = [sys.executable, "-c", script, "publish", "-C", str(week.root)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert "What to do" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert {name: data for name, data in published_bytes(week.root) if name in before} == before
    assert week.run()[0] == 0
    assert week.public() == ["r1a", "r2a"]
