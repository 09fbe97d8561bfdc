"""The flow of one recording: made once, kept, taken from the store, made again only for a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog.manifest import Artifact, RecordingManifest
from catalog.model import Event, Recording, Session
from pipeline.config import Settings
from pipeline.engine import LocalEngine
from pipeline.errors import AftertalkError, MediaError, ToolError
from pipeline.flow import Flow, LocalShelf, manifest_of, progress_to
from pipeline.freshness import Task
from pipeline.making import Maker
from pipeline.media.command import Command, Completed
from pipeline.media.tools import Tools
from pipeline.report import Noticed, RecordingReporter, StageDone, StageStarted
from pipeline.stages import Bench, Job, Output, Source, Stage
from pipeline.workspace import Workspace


class Store:
    """A store that remembers manifests and objects."""

    def __init__(self) -> None:
        self.manifests: dict[str, RecordingManifest] = {}
        self.objects: dict[str, bytes] = {}

    def manifest(self, recording: str) -> RecordingManifest | None:
        return self.manifests.get(recording)

    def read(self, key: str) -> bytes:
        return self.objects[key]


class Cut:
    """A stage with two parts, which are joined; remembers what it ran."""

    name = "cut"
    version = 1

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.fails = False

    def plan(self, job: Job) -> Task:
        inputs = {"source": job.source.sha256}
        parts = tuple(Task("cut", 1, job.id, inputs=inputs, settings={"part": n}) for n in (1, 2))
        return Task("cut", 1, job.id, inputs=inputs, settings={"language": job.language}, parts=parts)

    def run(self, job: Job, task: Task, bench: Bench) -> Output:
        if self.fails:
            raise MediaError(job.source.name, "is broken")
        if not task.parts:
            self.ran.append(f"part {task.settings['part']}")
            (bench.out / "piece").write_text(str(task.settings["part"]))
            return Output({}, private=frozenset({"piece"}))
        self.ran.append("join")
        joined = "".join(bench.file(part.key, "piece").read_text() for part in task.parts)
        (bench.out / "whole.mp4").write_text(joined)
        return Output({"duration_ms": 1000})


class Name:
    """A stage that depends on the artifact before it and on the title."""

    name = "name"
    version = 1

    def __init__(self) -> None:
        self.ran = 0

    def plan(self, job: Job) -> Task:
        return Task(
            "name", 1, job.id, inputs={"cut": job.artifacts["cut"].digest}, settings={"title": job.recording.title}
        )

    def run(self, job: Job, task: Task, bench: Bench) -> Output:
        self.ran += 1
        (bench.out / "name.txt").write_text(job.recording.title + bench.file("cut", "whole.mp4").read_text())
        return Output({})


class Extra(Name):
    """A stage that the recording can do without."""

    name = "extra"
    version = 1

    def __init__(self) -> None:
        super().__init__()
        self.fails = False

    def plan(self, job: Job) -> Task:
        return Task("extra", 1, job.id, inputs={"cut": job.artifacts["cut"].digest})

    def run(self, job: Job, task: Task, bench: Bench) -> Output:
        if self.fails:
            raise ToolError("guessing", "was killed")
        (bench.out / "extra.txt").write_text("guessed")
        return Output({"findings": []})

    def without(self, error: AftertalkError) -> dict[str, Any]:
        return {"findings": [f"nothing extra: {error.message}"]}


def refuse(command: Command, on_progress: Callable[[int], None] | None) -> Completed:
    raise AssertionError("no process is started here")


class House:
    """A flow with its stages and its store."""

    def __init__(self, root: Path, *more: Stage) -> None:
        self.cut, self.name, self.store, self.reporter = Cut(), Name(), Store(), RecordingReporter()
        workspace, stages = Workspace(root), (self.cut, self.name, *more)
        shelf = LocalShelf(workspace, self.store)
        engine = LocalEngine(Maker(workspace, shelf, refuse, progress_to(self.reporter), stages), 2)
        self.flow = Flow(workspace, engine, self.reporter, self.store, stages)

    def outcomes(self) -> list[tuple[str, str]]:
        return [(one.stage, one.outcome) for one in self.reporter.messages if isinstance(one, StageDone)]

    def reasons(self) -> list[str]:
        return [one.reason for one in self.reporter.messages if isinstance(one, StageStarted)]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "w")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    recording = Recording(id="r", title="First")
    session = Session(id="s", title="S", recordings=(recording,))
    event = Event(id="e", title="E", sessions=(session,))
    source = Source(path=tmp_path / "x.mp4", name="x.mp4", sha256="aa", bytes=1)
    return Job(event, session, recording, Settings(title="T"), Tools(Path("ffmpeg"), "9", None), source, {})


def test_parts_are_made_first_and_removed_when_joined(house: House, job: Job) -> None:
    """Both parts are made, in any order, then joined; their bytes are not kept."""
    made = house.flow.make(job)
    assert sorted(house.cut.ran[:2]) == ["part 1", "part 2"]
    assert house.cut.ran[2] == "join"
    assert house.flow.read("e/r", made.artifacts["cut"], "whole.mp4") == b"12"
    assert all(house.flow.workspace.find(part.key) is None for part in house.cut.plan(job).parts)


def test_the_second_run_makes_nothing(house: House, job: Job) -> None:
    """Everything is kept, and ``is_made`` says so beforehand."""
    house.flow.make(job)
    house.cut.ran.clear()
    house.reporter.messages.clear()
    assert isinstance(house.flow.is_made(job), Job)
    house.flow.make(job)
    assert (house.cut.ran, house.name.ran) == ([], 1)
    assert house.outcomes() == [("cut", "kept"), ("name", "kept")]


def test_a_new_title_makes_only_what_shows_it(house: House, job: Job) -> None:
    """The cut is kept; the reason for the rest is the title."""
    house.flow.make(job)
    house.reporter.messages.clear()
    renamed = replace(job, recording=job.recording.model_copy(update={"title": "Second"}))
    assert house.flow.is_made(renamed) == "name: setting title changed"
    house.flow.make(renamed)
    assert house.outcomes() == [("cut", "kept"), ("name", "made")]
    assert house.reasons() == ["setting title changed"]


def test_a_stage_that_is_asked_for_is_made_again(house: House, job: Job) -> None:
    """It alone, as ``is_made`` says beforehand: what comes of it is the same, so the rest is kept."""
    house.flow.make(job)
    house.reporter.messages.clear()
    forced = replace(house.flow, force=frozenset({"cut"}))
    assert forced.is_made(job) == "cut: asked for"
    forced.make(job)
    assert house.outcomes() == [("cut", "made"), ("name", "kept")]
    assert house.reasons() == ["asked for"]


def test_a_new_source_makes_everything_again(house: House, job: Job) -> None:
    """Another SHA-256 of the source is another recording as far as making goes."""
    house.flow.make(job)
    house.reporter.messages.clear()
    house.flow.make(replace(job, source=replace(job.source, sha256="bb")))
    assert house.reasons()[0] == "source changed"


def test_an_empty_workspace_makes_nothing_that_the_store_has(tmp_path: Path, house: House, job: Job) -> None:
    """Artifacts in the recording's manifest count as made; what a later stage needs of them is read from the store."""
    made = house.flow.make(job)
    elsewhere = House(tmp_path / "other")
    elsewhere.store.manifests["e/r"] = manifest_of(made)
    key = f"media/e/r/{made.artifacts['cut'].digest}/whole.mp4"
    elsewhere.store.objects[key] = b"12"
    elsewhere.flow.make(job)
    assert (elsewhere.cut.ran, elsewhere.name.ran) == ([], 0)
    assert elsewhere.outcomes() == [("cut", "published"), ("name", "published")]
    renamed = replace(job, recording=job.recording.model_copy(update={"title": "Second"}))
    again = elsewhere.flow.make(renamed)
    assert elsewhere.cut.ran == []
    assert elsewhere.flow.read("e/r", again.artifacts["name"], "name.txt") == b"Second12"


def test_the_manifest_names_public_files_only(house: House, job: Job) -> None:
    """Private working files are in no manifest, and the digest is the same without them."""
    made = house.flow.make(job)
    manifest = manifest_of(made)
    assert [file.name for one in manifest.artifacts for file in one.files] == ["whole.mp4", "name.txt"]
    assert [one.digest for one in manifest.artifacts] == [made.artifacts[name].digest for name in ("cut", "name")]
    assert RecordingManifest.model_validate_json(manifest.model_dump_json(by_alias=True)) == manifest


def test_a_failing_stage_leaves_what_was_made_before(house: House, job: Job) -> None:
    """The error goes up; the next run starts where this one ended."""
    house.cut.fails = True
    with pytest.raises(MediaError, match=r"x\.mp4: is broken"):
        house.flow.make(job)
    house.cut.fails = False
    assert isinstance(house.flow.make(job).artifacts["cut"], Artifact)


def test_a_recording_can_do_without_an_optional_stage(tmp_path: Path, job: Job) -> None:
    """It is made without it, a finding tells why, and every later run tries again until it works."""
    extra = Extra()
    house = House(tmp_path / "w", extra)
    extra.fails = True
    made = house.flow.make(job)
    assert made.artifacts["extra"].files == ()
    told = [one.message for one in house.reporter.messages if isinstance(one, Noticed)]
    assert told == ["nothing extra: guessing was killed"]
    assert house.outcomes()[-1] == ("extra", "left out")

    house.store.manifests["e/r"] = manifest_of(made)
    assert house.flow.is_made(job) == "extra: failed in the last run"
    house.flow.make(job)
    assert house.outcomes()[-1] == ("extra", "left out")

    extra.fails = False
    house.store.manifests["e/r"] = manifest_of(house.flow.make(job))
    assert house.flow.read("e/r", house.store.manifests["e/r"].artifacts[-1], "extra.txt") == b"guessed"
    assert isinstance(house.flow.is_made(job), Job)


def test_same_file_twice(house: House, job: Job) -> None:
    """Two recordings made from the same file at the same time: it is worked on once, and both have it."""
    again = replace(job, recording=job.recording.model_copy(update={"id": "again"}))
    both = house.flow.engine.map(house.flow.make, [job, again])
    assert both[0].artifacts["cut"] == both[1].artifacts["cut"]
    assert house.cut.ran.count("join") == 1


def test_two_recordings_may_have_parts_in_common(house: House, job: Job) -> None:
    """The same file in two languages, made at the same time: parts that one has joined are there for the other."""
    again = replace(job, recording=job.recording.model_copy(update={"id": "again", "language": "fr"}))
    both = house.flow.engine.map(house.flow.make, [job, again])
    assert both[0].artifacts["cut"].key != both[1].artifacts["cut"].key
    assert house.cut.ran.count("join") == 2
