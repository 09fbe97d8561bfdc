"""The whole way: a catalogue directory in, a public catalogue out. With real recordings and the real command line."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from catalog import document
from catalog.document import validator
from pipeline import forked, report
from pipeline.catalogue import load
from pipeline.check import check_site
from pipeline.digests import SETTLED_NS
from pipeline.errors import StoreError
from pipeline.failures import Failures
from pipeline.programmes import import_programme
from pipeline.run import Options, publish
from pipeline.status import states
from pipeline.storage import headers, open_store, protocol
from pipeline.storage.local import LocalStore
from pipeline.storage.protocol import Wanted
from tests.media import processes
from tests.packs import readable
from tests.waiting import wait_until

pytestmark = pytest.mark.media

AFTERTALK = (sys.executable, "-m", "pipeline.cli")
NOW = datetime(2021, 7, 1, tzinfo=UTC)


class Meeting:
    """A small catalogue in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.public = root / "public"
        self.inbox = root / "meeting" / "recordings"

    def edit(self, change: dict[str, object], recording: str = "panel") -> None:
        """Change fields of one recording in ``event.yaml``."""
        path = self.root / "meeting" / "event.yaml"
        data = yaml.safe_load(path.read_text())
        for one in data["sessions"][0]["recordings"]:
            if one["id"] == recording:
                one.update(change)
        path.write_text(yaml.safe_dump(data))

    def publish(self, *, now: datetime = NOW, **options: object) -> Told:
        """Publish in this process."""
        reporter = report.RecordingReporter()
        directory = load(self.root, import_programme)
        failed = publish(directory, reporter, Options(**options), now=now)  # type: ignore[arg-type]
        return Told(reporter.messages, failed)

    def snapshot(self) -> dict[str, str]:
        """Every published file with its SHA-256."""
        return {
            path.relative_to(self.public).as_posix(): sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.public.rglob("*"))
            if path.is_file()
        }

    def site(self) -> dict[str, str]:
        """The snapshot without what counts generations."""
        return {key: value for key, value in self.snapshot().items() if not key.startswith(("state/", "catalog.json"))}

    def catalog(self) -> dict[str, object]:
        """``catalog.json``."""
        return dict(json.loads((self.public / "catalog.json").read_bytes()))

    def ids(self) -> list[str]:
        """What is public."""
        recordings = self.catalog()["recordings"]
        assert isinstance(recordings, list)
        return [one["id"] for one in recordings]


class Told:
    """What a run told."""

    def __init__(self, messages: list[report.Message], failed: int) -> None:
        self.messages = messages
        self.failed = failed

    def made(self) -> set[tuple[str, str]]:
        """Recording and stage of everything that was made."""
        return {(one.recording, one.stage) for one in self.messages if isinstance(one, report.StageStarted)}

    def published(self) -> report.Published:
        """The outcome."""
        return [one for one in self.messages if isinstance(one, report.Published)][-1]

    def failures(self) -> dict[str, str]:
        """Messages of failed recordings."""
        return {one.recording: one.message for one in self.messages if isinstance(one, report.RecordingFailed)}

    def noticed(self) -> str:
        """All notes as one text."""
        return "\n".join(f"{m.reference}: {m.message}" for m in self.messages if isinstance(m, report.Noticed))


EVENT = """
title: Meeting
start: 2021-06-28
timezone: Europe/Copenhagen
sessions:
  - id: opening
    title: Opening
    start: 2021-06-28T14:00
    duration: 30
    recordings:
      - {id: panel, title: The panel, people: [Ada Example]}
      - {id: talk, title: The talk, kind: pre-recorded, language: en}
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Meeting:
    """Published once; tests work on copies."""
    folder = tmp_path_factory.mktemp("meeting")
    inbox = folder / "meeting" / "recordings"
    inbox.mkdir(parents=True)
    (folder / "catalogue.yaml").write_text("title: Meetings\ntranscode: {heights: [360, 180]}\n")
    (folder / "meeting" / "event.yaml").write_text(EVENT)
    example = root / "examples" / "gnm2021" / "gnm2021" / "recordings"
    shutil.copy(example / "regional-capacity.mp4", inbox / "panel.mp4")
    shutil.copy(example / "regional-capacity.en.vtt", inbox / "panel.en.vtt")
    shutil.copy(example / "regional-capacity.es.vtt", inbox / "panel.es.vtt")
    shutil.copy(example / "resource-mobilization.m4a", inbox / "talk.m4a")
    meeting = Meeting(folder)
    told = meeting.publish()
    assert told.failed == 0, told.failures()
    return meeting


@pytest.fixture
def meeting(published: Meeting, tmp_path: Path) -> Meeting:
    shutil.copytree(published.root, tmp_path / "m", copy_function=shutil.copy2)
    return Meeting(tmp_path / "m")


def test_the_catalogue_is_as_its_contract_says(published: Meeting) -> None:
    """``catalog.json`` validates, and every address in it is a file of the size it says."""
    document = published.catalog()
    validator().validate(document)
    assert published.ids() == ["meeting/panel", "meeting/talk"]
    for recording in document["recordings"]:  # type: ignore[attr-defined]
        assert (published.public / recording["page"] / "index.html").is_file()
        for entry in (*recording["renditions"], *recording["audio"], *recording["captions"]):
            assert (published.public / entry["url"]).stat().st_size == entry["bytes"]
        for entry in recording["renditions"]:
            assert sha256((published.public / entry["url"]).read_bytes()).hexdigest() == entry["sha256"]
    panel = document["recordings"][0]  # type: ignore[index]
    assert [(one["language"], one["origin"]) for one in panel["captions"]] == [("en", "sidecar"), ("es", "sidecar")]
    assert (published.public / panel["hls"]).read_text().startswith("#EXTM3U")


def test_the_second_publish_changes_nothing(meeting: Meeting) -> None:
    """Nothing is made, nothing is sent, no byte of the public folder is another."""
    before = meeting.snapshot()
    times = {path: path.stat().st_mtime_ns for path in meeting.public.rglob("*") if path.is_file()}
    told = meeting.publish()
    assert told.made() == set()
    assert (told.published().uploaded, told.published().deleted) == (0, 0)
    assert meeting.snapshot() == before
    assert {path: path.stat().st_mtime_ns for path in meeting.public.rglob("*") if path.is_file()} == times
    assert "made" not in {one.outcome for one in told.messages if isinstance(one, report.StageDone)}


def test_of_what_stands_no_stage_is_looked_at(meeting: Meeting) -> None:
    """Once its files were at rest during a publish, an unchanged recording is taken as it was."""
    time.sleep(SETTLED_NS / 1e9)
    meeting.publish()
    told = meeting.publish()
    assert not [one for one in told.messages if isinstance(one, report.StageDone)]
    assert not [one for one in told.messages if isinstance(one, report.RecordingDone)]
    assert [one for one in told.messages if isinstance(one, report.RecordingsUnchanged)] == [
        report.RecordingsUnchanged(2)
    ]


@pytest.mark.parametrize("only", [frozenset(), frozenset({"meeting/panel"})], ids=["failing", "not asked for"])
def test_what_was_not_made_does_not_stand(meeting: Meeting, only: frozenset[str]) -> None:
    """A recording with a new source that failed, or that this run was not asked for, is tried by the next run."""
    (meeting.inbox / "talk.m4a").write_bytes((meeting.inbox / "panel.mp4").read_bytes()[:20_000])
    time.sleep(SETTLED_NS / 1e9)
    assert meeting.publish(only=only).failed == (0 if only else 1)
    for times in (1, 2) if only else (2, 3):
        told = meeting.publish(now=NOW + times * timedelta(days=2))
        assert told.failures().keys() == {"meeting/talk"}
        assert Failures(meeting.root / ".aftertalk").get("meeting/talk").times == times
    assert meeting.ids() == ["meeting/panel", "meeting/talk"]


@pytest.mark.parametrize("lost", ["nothing", "workspace"])
def test_a_run_that_stopped_after_the_media_is_continued(
    published: Meeting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """What it left is used, playlists as well, with its workspace or on another machine; the result is the same."""
    shutil.copytree(published.root, tmp_path / "m", ignore=shutil.ignore_patterns("public"))
    meeting, put = Meeting(tmp_path / "m"), LocalStore.put

    def stop_at_pages(store: LocalStore, wanted: Wanted, **options: Any) -> str:
        if wanted.key.endswith("index.html"):
            raise StoreError(wanted.key, "the line is cut")
        return put(store, wanted, **options)

    monkeypatch.setattr(LocalStore, "put", stop_at_pages)
    with pytest.raises(StoreError, match="the line is cut"):
        meeting.publish()
    assert list(meeting.public.rglob("*.m3u8"))
    assert not list(meeting.public.rglob("index.html"))
    monkeypatch.undo()
    if lost == "workspace":
        shutil.rmtree(meeting.root / ".aftertalk")
    told = meeting.publish()
    assert (told.failed, told.made()) == (0, set())
    assert meeting.site() == published.site()


def test_what_is_to_be_served_otherwise_is_sent_again(meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later version may serve the same bytes with another type: from here, or from where they are."""
    told = meeting.publish()
    real = protocol.content_type
    monkeypatch.setattr(protocol, "content_type", lambda key: "text/x-new" if key.endswith(".vtt") else real(key))
    monkeypatch.setattr(headers, "rules", lambda: "those of a later version")
    told = meeting.publish()
    sent = len(list(meeting.public.rglob("*.vtt")))
    assert sent > 0
    assert told.published().uploaded == sent


@pytest.mark.parametrize("worth", [1, forked.WORTH])
def test_a_lost_workspace_makes_nothing_that_is_public(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch, worth: int
) -> None:
    """Without ``.aftertalk`` the store's manifests say what need not be made; the bytes stay, whoever renders pages."""
    monkeypatch.setattr(forked, "WORTH", worth)
    before = meeting.snapshot()
    shutil.rmtree(meeting.root / ".aftertalk")
    told = meeting.publish()
    assert told.made() == set()
    assert meeting.snapshot() == before


def test_a_changed_title_renders_pages_only(meeting: Meeting) -> None:
    """No media is made or sent again."""
    before = meeting.snapshot()
    meeting.edit({"title": "The great panel"})
    told = meeting.publish()
    assert told.made() == set()
    after = meeting.snapshot()
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    assert changed
    assert not {key for key in changed if key.startswith("media/")}
    assert "The great panel" in (meeting.public / "meeting/opening/panel/index.html").read_text()


def test_a_changed_source_makes_that_recording_only(meeting: Meeting, root: Path) -> None:
    """The other recording is kept; the old media stays for the grace period, then goes."""
    example = root / "examples" / "gnm2021" / "gnm2021" / "recordings"
    shutil.copy(example / "live-demos-2.m4a", meeting.inbox / "talk.m4a")
    told = meeting.publish()
    assert {recording for recording, _ in told.made()} == {"meeting/talk"}
    assert told.failed == 0


def test_a_broken_recording_stops_nobody_and_stays_as_it_was(meeting: Meeting) -> None:
    """The error names the file; the others are published; what was public of it before still is."""
    before = meeting.site()
    (meeting.inbox / "talk.m4a").write_bytes((meeting.inbox / "panel.mp4").read_bytes()[:20_000])
    meeting.edit({"title": "Another title"})
    told = meeting.publish()
    assert told.failed == 1
    assert "talk.m4a" in told.failures()["meeting/talk"]
    assert meeting.ids() == ["meeting/panel", "meeting/talk"]
    media = {key: value for key, value in before.items() if key.startswith("media/")}
    assert media.items() <= meeting.site().items()


def test_a_missing_file_keeps_what_is_public(meeting: Meeting) -> None:
    """An organiser may remove sources that are published: a note, no failure, nothing disappears."""
    before = meeting.snapshot()
    (meeting.inbox / "panel.mp4").unlink()
    told = meeting.publish()
    assert told.failed == 0
    assert "meeting/panel" in told.noticed()
    assert meeting.snapshot() == before


def test_an_unmatched_file_is_named(meeting: Meeting) -> None:
    """A file that belongs to nothing is told by its name and stops nobody."""
    shutil.copy(meeting.inbox / "talk.m4a", meeting.inbox / "holiday.m4a")
    told = meeting.publish()
    assert told.failed == 0
    assert "holiday.m4a" in told.noticed()


def test_the_organisers_picture_is_the_poster(meeting: Meeting) -> None:
    """A picture beside the recording replaces the automatic poster; nothing but the poster is made again."""
    Image.new("RGB", (2000, 1000), "#2f6b18").save(meeting.inbox / "panel.png")
    told = meeting.publish()
    assert told.made() == {("meeting/panel", "enrich")}
    (panel, _) = meeting.catalog()["recordings"]  # type: ignore[misc]
    with Image.open(meeting.public / panel["poster"]) as poster:
        assert poster.size == (1280, 640)
        red, green, blue = poster.convert("RGB").getpixel((640, 320))  # type: ignore[misc]
        assert abs(red - 0x2F) < 4
        assert abs(green - 0x6B) < 4
        assert abs(blue - 0x18) < 4


@pytest.mark.parametrize("content", [b"", b"not a picture", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"])
def test_a_picture_that_cannot_be_read_is_a_note(meeting: Meeting, content: bytes) -> None:
    """The automatic poster stays, and the organiser is told."""
    (meeting.inbox / "panel.png").write_bytes(content)
    told = meeting.publish()
    assert told.failed == 0
    assert "poster cannot be read" in told.noticed()


def add_recording(meeting: Meeting, **recording: object) -> None:
    path = meeting.root / "meeting" / "event.yaml"
    data = yaml.safe_load(path.read_text())
    data["sessions"][0]["recordings"].append(recording)
    path.write_text(yaml.safe_dump(data))


def test_parts_of_one_recording_are_joined(meeting: Meeting) -> None:
    """Two files of one recording are one, twice as long; the second run joins and makes nothing."""
    add_recording(meeting, id="long", title="In two parts")
    for number in (1, 2):
        shutil.copy(meeting.inbox / "panel.mp4", meeting.inbox / f"long-part{number}.mp4")
    told = meeting.publish()
    assert told.failed == 0, told.failures()
    durations = {one["id"]: one["duration_ms"] for one in meeting.catalog()["recordings"]}  # type: ignore[attr-defined]
    assert durations["meeting/long"] == pytest.approx(2 * durations["meeting/panel"], abs=50)
    assert meeting.publish().made() == set()


def test_parts_that_do_not_fit_are_explained(meeting: Meeting) -> None:
    """A part of another kind fails that recording, with what to do."""
    add_recording(meeting, id="long", title="In two parts")
    shutil.copy(meeting.inbox / "panel.mp4", meeting.inbox / "long-part1.mp4")
    shutil.copy(meeting.inbox / "talk.m4a", meeting.inbox / "long-part2.mp4")
    told = meeting.publish()
    assert "cannot be joined" in told.failures()["meeting/long"]
    assert meeting.ids() == ["meeting/panel", "meeting/talk"]


def test_nothing_held_is_ever_sent(meeting: Meeting) -> None:
    """Bytes of a held recording's title, captions and media are nowhere in the public folder."""
    shutil.rmtree(meeting.public)
    meeting.edit({"title": "CANARYTITLE", "release": "held"})
    (meeting.inbox / "panel.en.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:03.000\nCANARYCAPTION\n")
    meeting.publish()
    assert meeting.ids() == ["meeting/talk"]
    for path in meeting.public.rglob("*"):
        assert "panel" not in path.relative_to(meeting.public).as_posix()
        if path.is_file():
            assert b"CANARY" not in readable(path)


def test_withdrawing_takes_everything_back_at_once(meeting: Meeting) -> None:
    """Media, page, captions and entries go in the next run, without grace; a page that says so remains."""
    meeting.edit({"release": {"state": "withdrawn", "reason": "At the speaker's request"}})
    meeting.publish()
    assert meeting.ids() == ["meeting/talk"]
    assert not (meeting.public / "media/meeting/panel").exists()
    page = (meeting.public / "meeting/opening/panel/index.html").read_text()
    assert "speaker" in page
    assert "The panel" not in page
    again = meeting.publish()
    assert (again.published().uploaded, again.published().deleted) == (0, 0)


def test_an_embargo_ends_by_itself(meeting: Meeting) -> None:
    """Before the date nothing is public; the first run after it publishes without making anything again."""
    shutil.rmtree(meeting.public)
    meeting.edit({"release": "after 2021-07-02"})
    meeting.publish()
    assert meeting.ids() == ["meeting/talk"]
    told = meeting.publish(now=datetime(2021, 7, 2, 12, tzinfo=UTC))
    assert meeting.ids() == ["meeting/panel", "meeting/talk"]
    assert told.made() == set()


def test_a_dry_run_changes_nothing_and_shows_the_plan(meeting: Meeting) -> None:
    """The plan names what would be made and sent; the folder and the workspace stay as they are."""
    before = meeting.snapshot()
    meeting.edit({"title": "New"})
    (meeting.inbox / "talk.m4a").write_bytes(b"new source")
    told = meeting.publish(dry_run=True)
    planned = {(one.action, one.key) for one in told.messages if isinstance(one, report.PlannedChange)}
    assert ("make", "meeting/talk") in planned
    assert ("upload", "meeting/opening/panel/index.html") in planned
    assert meeting.snapshot() == before


def test_only_makes_what_is_asked_for(meeting: Meeting, root: Path) -> None:
    """The other recording stays public as it was, although its source changed."""
    example = root / "examples" / "gnm2021" / "gnm2021" / "recordings"
    shutil.copy(example / "live-demos-2.m4a", meeting.inbox / "talk.m4a")
    for recording, planned in (("meeting/panel", []), ("meeting/talk", ["meeting/talk"])):
        told = meeting.publish(only=frozenset({recording}), dry_run=True)
        made = [one.key for one in told.messages if isinstance(one, report.PlannedChange) and one.action == "make"]
        assert made == planned
    told = meeting.publish(only=frozenset({"meeting/panel"}))
    assert told.made() == set()
    assert meeting.ids() == ["meeting/panel", "meeting/talk"]


def run(meeting: Meeting, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*AFTERTALK, *arguments, "-C", str(meeting.root)], capture_output=True, text=True, check=False, timeout=250
    )


def test_the_command_line_tells_and_exits_as_documented(meeting: Meeting) -> None:
    """0 when all is done, 1 when one failed, 2 for a mistake, 3 when another run is at work; JSON lines on request."""
    done = run(meeting, "publish", "--json")
    assert done.returncode == 0, done.stderr
    assert {json.loads(line)["event"] for line in done.stdout.splitlines()} >= {"RunStarted", "Published", "RunDone"}
    assert run(meeting, "check", "--deep").returncode == 0
    rows = [json.loads(line) for line in run(meeting, "status", "--json").stdout.splitlines()]
    assert [(row["recording"], row["state"]) for row in rows] == [
        ("meeting/panel", "published"),
        ("meeting/talk", "published"),
    ]
    (meeting.inbox / "talk.m4a").write_bytes(b"")
    failed = run(meeting, "publish")
    assert failed.returncode == 1
    assert "talk.m4a" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr
    (meeting.root / "catalogue.yaml").write_text("titel: x\n")
    wrong = run(meeting, "publish")
    assert wrong.returncode == 2
    assert "did you mean 'title'?" in wrong.stderr


def test_check_finds_what_is_wrong(meeting: Meeting) -> None:
    """A missing object, a shortened one and a changed one are each named."""
    renditions = sorted(meeting.public.glob("media/meeting/panel/*/*p.mp4"))
    damaged = renditions[0]
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(bytes(content))
    playlist = next(meeting.public.glob("media/meeting/talk/*/audio.m3u8"))
    playlist.unlink()
    shallow = run(meeting, "check")
    assert shallow.returncode == 1
    assert "audio.m3u8" in shallow.stdout
    assert damaged.name not in shallow.stdout.replace(playlist.name, "")
    deep = run(meeting, "check", "--deep")
    assert damaged.relative_to(meeting.public).as_posix() in deep.stdout


def test_withdraw_from_the_command_line(meeting: Meeting) -> None:
    """The decision is written down, and carried out at once."""
    done = run(meeting, "withdraw", "meeting/panel", "--reason", "on request")
    assert done.returncode == 0, done.stderr
    assert "meeting/panel" in (meeting.root / "releases.yaml").read_text()
    assert meeting.ids() == ["meeting/talk"]
    unknown = run(meeting, "withdraw", "meeting/nobody")
    assert unknown.returncode == 2
    assert "meeting/panel" in unknown.stderr


def moments() -> list[float]:
    chance = random.Random(7)  # the same moments every time
    return [chance.uniform(0.3, 6.0) for _ in range(4)]


@pytest.mark.parametrize("seconds", moments())
def test_a_killed_run_ends_in_the_same_bytes(published: Meeting, tmp_path: Path, seconds: float) -> None:
    """Killed with its children at any moment and run again, the result is the same; no process survives."""
    root = tmp_path / "m"
    shutil.copytree(published.root, root, ignore=shutil.ignore_patterns("public", ".aftertalk"))
    meeting = Meeting(root)
    process = subprocess.Popen(
        [*AFTERTALK, "publish", "-C", str(root)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: not processes.naming(root), "a process is left")
    told = meeting.publish()
    assert told.failed == 0
    assert meeting.site() == published.site()
    assert list((root / ".aftertalk" / "tmp").iterdir()) == []
    assert meeting.publish().made() == set()


def add_settings(meeting: Meeting, text: str) -> None:
    """Add lines to ``catalogue.yaml``."""
    with (meeting.root / "catalogue.yaml").open("a") as file:
        file.write(text)


def tree(root: Path) -> dict[str, bytes]:
    """Every file below a folder, but for what counts generations."""
    return {
        name: path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not (name := path.relative_to(root).as_posix()).startswith(("state/", "catalog.json"))
    }


def test_mirrors_get_everything(meeting: Meeting) -> None:
    """A mirror added later gets what is no longer on this machine from the main place; a withdrawal reaches it too."""
    shutil.rmtree(meeting.root / ".aftertalk")
    add_settings(meeting, "mirrors: [./mirror, {publish: ./other}]\n")
    told = meeting.publish()
    assert told.failed == 0
    assert told.made() == set()
    assert tree(meeting.root / "mirror") == tree(meeting.root / "other") == tree(meeting.public)
    meeting.edit({"release": "withdrawn"})
    meeting.publish()
    assert not any("media/meeting/panel" in name for name in tree(meeting.root / "mirror"))
    assert tree(meeting.root / "mirror") == tree(meeting.public)


def test_a_broken_mirror_stops_nobody(meeting: Meeting) -> None:
    """The main place and the other mirror are up to date, the broken one is named, and the run counts as failed."""
    (meeting.root / "broken").write_text("a file where a folder is needed")
    add_settings(meeting, "mirrors: [./broken, ./mirror]\n")
    told = meeting.publish()
    assert told.failed == 1
    (failed,) = [one for one in told.messages if isinstance(one, report.PlaceFailed)]
    assert failed.address.endswith("broken")
    assert failed.hint
    assert tree(meeting.root / "mirror") == tree(meeting.public)


def test_media_may_have_a_host_of_their_own(meeting: Meeting) -> None:
    """Media are put where they belong, pages name them by their full address, and everything still holds together."""
    add_settings(meeting, "media: {url: 'https://media.example.org/talks', publish: ./media-host}\n")
    meeting.publish()
    media = tree(meeting.root / "media-host")
    assert media
    assert all(name.startswith("media/") for name in media)
    page = (meeting.public / "meeting" / "opening" / "panel" / "index.html").read_text()
    assert 'src="https://media.example.org/talks/media/meeting/panel/' in page
    assert 'crossorigin="anonymous"' in page
    assert "media-src 'self' blob: https://media.example.org;" in page
    (one, _) = meeting.catalog()["recordings"]  # type: ignore[misc] # two recordings
    assert one["hls"].startswith("https://media.example.org/talks/media/meeting/panel/")
    validator().validate(meeting.catalog())
    assert run(meeting, "check", "--deep").returncode == 0
    assert meeting.publish().published().uploaded == 0
    shutil.rmtree(meeting.root / "media-host" / "media" / "meeting" / "panel")
    missing = run(meeting, "check")
    assert missing.returncode == 1
    assert "master.m3u8" in missing.stdout


def test_what_a_cdn_must_purge_is_told(meeting: Meeting) -> None:
    """Changed and removed addresses, but not new ones, which no CDN can have."""
    meeting.edit({"title": "Another title"})
    changed = meeting.publish().published().changed
    assert "meeting/opening/panel/index.html" in changed
    assert "catalog.json" in changed
    assert not any(name.endswith(".mp4") for name in changed)
    lines = run(meeting, "publish", "-v", "--json").stdout.splitlines()
    assert [json.loads(line)["changed"] for line in lines if '"Published"' in line] == [[]]


KEEPER = "import pathlib, sys; pathlib.Path('told.jsonl').open('a').write(sys.stdin.read())"


def test_a_large_catalogue_is_published_in_parts(meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of ours reads the parts; who was told of a recording before is not told again; and back."""
    settings = yaml.safe_load((meeting.root / "catalogue.yaml").read_text())
    settings |= {"hooks": {"notify": [sys.executable, "-c", KEEPER]}}
    (meeting.root / "catalogue.yaml").write_text(yaml.safe_dump(settings))
    whole, table = meeting.catalog(), (meeting.public / "recordings.csv").read_bytes()
    monkeypatch.setattr(document, "WHOLE", 1)
    assert meeting.publish().failed == 0
    root, part = meeting.catalog(), meeting.public / "meeting" / "catalog.json"
    validator().validate(root)
    assert root["schema"] == 2
    assert json.loads(part.read_bytes())["recordings"] == whole["recordings"]
    store = open_store("public", base=meeting.root)
    assert check_site(store, deep=True).findings == ()
    rows = states(load(meeting.root, import_programme), now=NOW)
    assert [row.state for row in rows] == ["published", "published"]
    assert rows[0].captions == ("en (sidecar)", "es (sidecar)")
    meeting.edit({"title": "Corrected"})
    changed = meeting.publish().published().changed
    assert {"catalog.json", "meeting/catalog.json"} <= set(changed)
    assert "events.csv" not in changed
    assert not (meeting.root / "told.jsonl").exists()
    part.write_bytes(part.read_bytes().replace(b"Corrected", b"Falsified"))
    (flaw,) = check_site(store, deep=False).findings
    assert flaw.key == "meeting/catalog.json"
    monkeypatch.setattr(document, "WHOLE", 2)
    meeting.edit({"title": "The panel"})
    assert meeting.publish().failed == 0
    assert meeting.catalog()["recordings"] == whole["recordings"]
    assert (meeting.public / "recordings.csv").read_bytes() == table
    assert check_site(store, deep=True).findings == ()
    assert not (meeting.root / "told.jsonl").exists()
