"""Runs that notice at once that nothing changed, and whatever makes them look for themselves."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from pipeline import report
from pipeline.catalogue import CatalogueDirectory, load
from pipeline.config import load_settings
from pipeline.media.tools import Tools
from pipeline.programmes import import_programme
from pipeline.resting import Timing, rest
from pipeline.run import Options, publish
from pipeline.settled import FILE, Settled
from pipeline.storage import memo
from pipeline.storage.local import LocalStore
from tests.media.sources import record
from tests.media.web import body, serve

pytestmark = pytest.mark.media
LATER_NS = 10_000_000_000
"""Added to the clock, so that files written by a test are not too new."""
NOW = datetime.now(UTC)


class Timer:
    """A catalogue of recordings that are kept elsewhere, and the timer that looks after it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.settings: dict[str, object] = {"title": "Catalogue", "mirrors": [{"publish": "./mirror"}]}
        self.sessions: list[dict[str, object]] = [
            {"id": f"s{number}", "title": f"Session {number}", "start": f"2021-06-2{number} 10:00", "recordings": []}
            for number in range(3)
        ]
        for number, session in enumerate(self.sessions):
            session["recordings"] = [{"id": f"r{number}", "title": f"Talk {number}", "source": "none"}]
        (root / "e" / "recordings").mkdir(parents=True)
        (root / "e" / "recordings" / "unmatched.vtt").write_text("WEBVTT\n\nfirst\n")

    def write(self) -> None:
        """The documents, as the organiser saves them."""
        event = {"title": "Event", "timezone": "UTC", "start": "2021-06-20", "sessions": self.sessions}
        (self.root / "catalogue.yaml").write_text(yaml.safe_dump(self.settings))
        (self.root / "e" / "event.yaml").write_text(yaml.safe_dump(event))

    def fire(self, *, after: timedelta = timedelta(), reporter: report.Reporter | None = None) -> list[report.Message]:
        """One run, so long after the first; returns what it told."""
        told = reporter or report.RecordingReporter()
        now = NOW + after
        bare = CatalogueDirectory(self.root, load_settings(self.root), (), ())
        settled = Settled(bare, clock=lambda: time.time_ns() + LATER_NS)
        if not rest(bare, settled, told, Timing("the-run", now, time.monotonic())):
            publish(load(self.root, import_programme), told, Options(run="a-run"), now=now, settled=settled)
        return told.messages if isinstance(told, report.RecordingReporter) else []

    def rests(self, *, after: timedelta = timedelta()) -> bool:
        """Whether a run has nothing to do."""
        return any(isinstance(one, report.NothingChanged) for one in self.fire(after=after))


@pytest.fixture
def timer(tmp_path: Path) -> Timer:
    """Published, and looked after once more."""
    made = Timer(tmp_path)
    made.write()
    return made


@pytest.fixture
def settled(timer: Timer) -> Timer:
    """Published; the next run has nothing to do."""
    assert not timer.rests()
    return timer


def test_a_run_rests_on_the_one_before(settled: Timer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks each place for two things, tells the same notices and figures, and notes that it was there."""
    monkeypatch.setattr(memo, "MANY", 0)  # a small store is listed whole
    asked: list[str] = []
    for name in ("head", "list", "read", "put"):
        real = getattr(LocalStore, name)
        monkeypatch.setattr(
            LocalStore, name, lambda self, key="", *, real=real, **more: asked.append(key) or real(self, key, **more)
        )
    first = settled.fire(after=timedelta(minutes=1))
    assert [type(one) for one in first] == [report.Noticed, report.NothingChanged, report.RunDone]
    assert isinstance(first[0], report.Noticed)
    assert "unmatched.vtt" in first[0].reference
    assert [one for one in asked if not one.startswith("state/") or one == "state/"] == ["catalog.json", "state/"] * 2
    workspace = settled.root / ".aftertalk"
    at = (NOW + timedelta(minutes=1)).timestamp()
    assert f"aftertalk_last_run_timestamp_seconds {at:.15g}\n" in (workspace / "metrics.prom").read_text()
    assert "Run the-run began" in (workspace / "operations.html").read_text()


def _edit_caption(timer: Timer) -> None:
    (timer.root / "e" / "recordings" / "unmatched.vtt").write_text("WEBVTT\n\nother\n")


def _edit_caption_and_its_time(timer: Timer) -> None:
    path = timer.root / "e" / "recordings" / "unmatched.vtt"
    before = path.stat()
    path.write_text("WEBVTT\n\nother\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _add_file(timer: Timer) -> None:
    (timer.root / "e" / "recordings" / "r1.mp4").write_bytes(b"")


def _remove_file(timer: Timer) -> None:
    (timer.root / "e" / "recordings" / "unmatched.vtt").unlink()


def _add_template(timer: Timer) -> None:
    (timer.root / "templates").mkdir()
    (timer.root / "templates" / "extra.html").write_text("")


def _change_title(timer: Timer) -> None:
    timer.settings["title"] = "Archive__"
    timer.write()


def _lose_memo(timer: Timer) -> None:
    for path in (timer.root / ".aftertalk" / "stores").glob("*.db"):
        path.unlink()


@pytest.mark.parametrize(
    "change",
    [
        _edit_caption,
        _edit_caption_and_its_time,
        _add_file,
        _remove_file,
        _add_template,
        _change_title,
        _lose_memo,
    ],
)
def test_whatever_changes_is_noticed(settled: Timer, change: Callable[[Timer], None]) -> None:
    """A run looks for itself, and the one after it rests again."""
    change(settled)
    assert not settled.rests()
    assert settled.rests()


def test_every_mirror_is_asked(settled: Timer) -> None:
    """What is lost in a mirror is put back, although nothing changed here or in the main place."""
    lost = settled.root / "mirror" / "catalog.json"
    lost.unlink()
    assert not settled.rests()
    assert lost.exists()


def test_another_machine_is_noticed(timer: Timer, tmp_path: Path) -> None:
    """Somebody else published to the same place: this run puts right what it finds there."""
    timer.settings["publish"] = "../public-of-both"
    timer.root = tmp_path / "one"
    (timer.root / "e" / "recordings").mkdir(parents=True)
    timer.write()
    assert not timer.rests()
    assert timer.rests()
    other = Timer(tmp_path / "other")
    other.settings["publish"] = "../public-of-both"
    other.sessions[0]["title"] = "A title by another machine"
    other.write()
    assert not other.rests()
    page = tmp_path / "public-of-both" / "e" / "index.html"
    assert "A title by another machine" in page.read_text()
    assert not timer.rests()
    assert "A title by another machine" not in page.read_text()


def test_a_linked_inbox_is_looked_into(timer: Timer, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Files are noticed where an inbox is a link to a folder elsewhere."""
    inbox = timer.root / "e" / "recordings"
    away = tmp_path_factory.mktemp("media") / "talks"
    inbox.rename(away)
    inbox.symlink_to(away)
    (away / "back").symlink_to(timer.root)
    assert not timer.rests()
    assert timer.rests()
    (away / "new.vtt").write_text("WEBVTT\n")
    assert not timer.rests()


def test_files_may_be_too_new(timer: Timer) -> None:
    """What was written just before a run may change again within the same tick: the next run looks for itself."""
    bare = CatalogueDirectory(timer.root, load_settings(timer.root), (), ())
    settled = Settled(bare)
    publish(load(timer.root, import_programme), report.RecordingReporter(), Options(), now=NOW, settled=settled)
    assert not (timer.root / ".aftertalk" / FILE).exists()


@pytest.mark.parametrize("hours", [1, 30])
def test_time_alone_may_change_something(timer: Timer, hours: int) -> None:
    """A session that is over and an embargo that ends count at their moment, and no run rests for more than a day."""
    moment = NOW + timedelta(hours=hours)
    timer.sessions[0]["start"] = f"{moment:%Y-%m-%d %H:%M:%S}"
    timer.write()
    timer.fire()
    early, late = moment - timedelta(minutes=2), moment + timedelta(minutes=2)
    assert timer.rests(after=min(early - NOW, timedelta(hours=23)))
    assert not timer.rests(after=min(late - NOW, timedelta(hours=25)))
    recordings: list[dict[str, object]] = timer.sessions[1]["recordings"]  # type: ignore[assignment] # plain YAML
    end = NOW + timedelta(hours=40)
    recordings[0] |= {"release": f"after {end.isoformat()}"}
    timer.write()
    page = timer.root / "public" / "e" / "s1" / "r1" / "index.html"
    timer.fire(after=timedelta(hours=39))
    assert not page.exists()
    assert timer.rests(after=timedelta(hours=39, minutes=50))
    assert not timer.rests(after=timedelta(hours=40, minutes=1))
    assert page.exists()


def test_what_waits_for_its_readers_is_removed_in_time(settled: Timer) -> None:
    """A page that is gone from the catalogue is looked after an hour later."""
    settled.sessions.pop()
    settled.write()
    assert not settled.rests()
    assert settled.rests(after=timedelta(minutes=59))
    assert not settled.rests(after=timedelta(minutes=62))


class _Killed(BaseException):
    """Stands for a kill."""


class _Killing:
    """A reporter that ends the run when the plan is made."""

    def tell(self, message: report.Message) -> None:
        """Die."""
        if isinstance(message, report.PlannedChange):
            raise _Killed


def test_nothing_rests_on_a_killed_run(settled: Timer) -> None:
    """A run that began to change something and was killed is followed by one that looks for itself."""
    settled.settings["title"] = "Other"
    settled.write()
    with pytest.raises(_Killed):
        settled.fire(reporter=_Killing())
    assert not (settled.root / ".aftertalk" / FILE).exists()
    assert not settled.rests()
    assert settled.rests()


def test_after_a_failure_a_run_looks_again(timer: Timer) -> None:
    """A recording that failed has the next run look for itself, though its file did not change."""
    recordings: list[dict[str, object]] = timer.sessions[1]["recordings"]  # type: ignore[assignment] # plain YAML
    recordings[0] |= {"source": "r1.mp4"}
    (timer.root / "e" / "recordings" / "r1.mp4").write_bytes(b"no recording")
    timer.write()
    assert _done(timer.fire()).failed == 1
    assert not timer.rests()


@pytest.mark.parametrize("source", ["clip.mp4", "an address"])
def test_only_a_server_knows_whether_its_file_changed(timer: Timer, tools: Tools, source: str) -> None:
    """A recording whose source is a file may be rested on; the server of one with an address is asked by every run."""
    clip = record(tools, timer.root / "e" / "recordings" / "clip.mp4", seconds=1, size="128x72", rate=10)
    with contextmanager(serve)() as site:
        site.answers["/a.mp4"] = body(clip.read_bytes())
        timer.settings["fetch"] = {"allow_hosts": [site.host]}
        recordings: list[dict[str, object]] = timer.sessions[1]["recordings"]  # type: ignore[assignment] # plain YAML
        recordings[0] |= {"source": source if source.endswith(".mp4") else site.url("/a.mp4")}
        timer.write()
        assert (_done(timer.fire()).ready, _done(timer.fire()).failed) == (1, 0)
        before = len(site.asked)
        assert timer.rests() == source.endswith(".mp4")
        assert (len(site.asked) > before) == (source == "an address")


def _done(messages: list[report.Message]) -> report.RunDone:
    last = messages[-1]
    assert isinstance(last, report.RunDone)
    return last


def test_a_dry_run_leaves_it_as_it_is(settled: Timer) -> None:
    """What is planned only, changes nothing."""
    directory = load(settled.root, import_programme)
    publish(directory, report.RecordingReporter(), Options(dry_run=True), now=NOW)
    assert settled.rests()
    assert not Options(dry_run=True).is_plain
    assert Options(engine="tcp://127.0.0.1:8786").is_plain
