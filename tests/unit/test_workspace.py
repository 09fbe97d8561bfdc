"""The workspace: artifacts whole or not at all, one run at a time, digests remembered."""

from __future__ import annotations

import json
import os
import time
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.manifest import Artifact, ArtifactFile
from pipeline.digests import DigestCache, sha256_file
from pipeline.errors import AftertalkError, LockHeldError
from pipeline.freshness import Task, explain
from pipeline.workspace import RECORD, Workspace, write_atomically


def task(**settings: object) -> Task:
    return Task("transcode", 1, "e/r", inputs={"source": "abc"}, settings=settings)


def commit(workspace: Workspace, made: Task, content: bytes = b"x") -> None:
    with workspace.scratch() as folder:
        out = folder / "out"
        (out / "captions").mkdir(parents=True)
        (out / "captions" / "en.vtt").write_bytes(content)
        (out / "speech.pcm").write_bytes(b"private")
        workspace.commit(made, out, {"duration_ms": 5}, frozenset({"speech.pcm"}))


def test_an_artifact_is_found_by_its_key(tmp_path: Path) -> None:
    """What was committed comes back with its files, digests and facts; private files are marked."""
    workspace = Workspace(tmp_path / "w")
    commit(workspace, task())
    artifact = workspace.find(task().key)
    assert artifact is not None
    assert [(one.name, one.bytes, one.public) for one in artifact.files] == [
        ("captions/en.vtt", 1, True),
        ("speech.pcm", 7, False),
    ]
    assert artifact.data == {"duration_ms": 5}
    path = workspace.path(artifact, "captions/en.vtt")
    assert path is not None
    assert path.read_bytes() == b"x"


def test_the_digest_names_the_public_content_only(tmp_path: Path) -> None:
    """The same public bytes have the same digest whatever they were made from; other bytes another."""
    workspace = Workspace(tmp_path / "w")
    commit(workspace, task(a=1))
    commit(workspace, task(a=2))
    commit(workspace, task(a=3), b"y")
    first, second, third = (workspace.find(task(a=n).key) for n in (1, 2, 3))
    assert first
    assert second
    assert third
    assert first.digest == second.digest != third.digest


def test_a_damaged_artifact_is_not_found(tmp_path: Path) -> None:
    """A file that is missing or shorter than recorded makes the artifact count as not made."""
    workspace = Workspace(tmp_path / "w")
    commit(workspace, task())
    (workspace.folder(task().key) / "captions" / "en.vtt").write_bytes(b"")
    assert workspace.find(task().key) is None


def test_a_failed_stage_leaves_nothing(tmp_path: Path) -> None:
    """The scratch folder is removed whatever happens inside."""
    workspace = Workspace(tmp_path / "w")
    with pytest.raises(RuntimeError), workspace.scratch() as folder:
        (folder / "half").write_bytes(b"x")
        raise RuntimeError
    assert list((tmp_path / "w" / "tmp").iterdir()) == []


def test_leftovers_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    """Taking the lock clears what a run that was killed left half-made."""
    workspace = Workspace(tmp_path / "w")
    (tmp_path / "w" / "tmp" / "old").mkdir(parents=True)
    with workspace.locked():
        assert not (tmp_path / "w" / "tmp").exists()


def test_one_run_at_a_time(tmp_path: Path) -> None:
    """A second run is refused at once and told who holds the lock; afterwards the lock is free."""
    first, second = Workspace(tmp_path / "w"), Workspace(tmp_path / "w")
    with first.locked(), pytest.raises(LockHeldError, match=f"process {os.getpid()}"), second.locked():
        pytest.fail("two runs held the lock")
    with second.locked():
        pass


def test_an_unwritable_workspace_is_a_clear_error(tmp_path: Path) -> None:
    """A file where the folder should be is told with a hint, not a traceback."""
    (tmp_path / "w").write_bytes(b"")
    with pytest.raises(AftertalkError, match="workspace cannot be written"), Workspace(tmp_path / "w").locked():
        pass


def test_write_atomically_keeps_the_old_file_on_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When flushing fails (a full disk), the old content stands and no temporary file remains."""
    path = tmp_path / "state.json"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.workspace.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_record_is_not_part_of_the_artifact(tmp_path: Path) -> None:
    """The record describes the files and is not one of them."""
    workspace = Workspace(tmp_path / "w")
    commit(workspace, task())
    artifact = workspace.find(task().key)
    assert artifact is not None
    assert RECORD not in {one.name for one in artifact.files}


@given(st.lists(st.tuples(st.text(min_size=1), st.booleans()), unique_by=lambda one: one[0]))
def test_the_digest_is_that_of_json(files: list[tuple[str, bool]]) -> None:
    """Addresses do not change with how the list of files is put together, whatever their names."""
    named = [(name, sha256(name.encode(errors="surrogatepass")).hexdigest(), public) for name, public in files]
    artifact = Artifact(
        key="k", stage="s", files=tuple(ArtifactFile(name=n, bytes=1, sha256=d, public=p) for n, d, p in named)
    )
    listing = sorted([one.name, one.sha256] for one in artifact.files if one.public)
    assert artifact.digest == sha256(json.dumps(listing).encode()).hexdigest()[:16]


def test_a_digest_is_remembered_until_the_file_changes(tmp_path: Path) -> None:
    """An old file is read once; the same size with other bytes and a new time is read again."""
    path = tmp_path / "talk.mp4"
    path.write_bytes(b"one")
    old = time.time() - 3600
    os.utime(path, (old, old))
    cache = DigestCache(tmp_path / "w" / "digests.db")
    assert cache.sha256(path) == sha256_file(path)
    path.write_bytes(b"two")
    assert cache.sha256(path) == sha256_file(path)


def test_a_broken_digest_cache_costs_only_time(tmp_path: Path) -> None:
    """A damaged database is dropped, and the digests are right."""
    (tmp_path / "digests.db").write_bytes(b"not a database" * 100)
    path = tmp_path / "talk.mp4"
    path.write_bytes(b"one")
    assert DigestCache(tmp_path / "digests.db").sha256(path) == sha256_file(path)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (None, {}, "never made"),
        ({"inputs": {"source": "a"}}, {"inputs": {"source": "b"}}, "source changed"),
        ({"settings": {"heights": [720]}}, {"settings": {"heights": [360]}}, "setting heights changed"),
        ({"tools": {"ffmpeg": "8"}}, {"tools": {"ffmpeg": "9"}}, "ffmpeg has another version"),
        ({"version": 1}, {"version": 2}, "this version of Aftertalk makes it differently"),
        ({"version": 1}, {"version": 1}, "its artifact is gone"),
    ],
)
def test_every_run_has_a_reason(before: dict[str, object] | None, after: dict[str, object], reason: str) -> None:
    """Freshness says in words what changed."""
    assert explain(before, after) == reason


def test_the_key_depends_on_everything_but_the_recordings_name() -> None:
    """The same source under another id has the same key: renaming makes nothing again."""
    other = Task("transcode", 1, "e/other", inputs={"source": "abc"}, settings={})
    assert other.key == task().key
    assert len({task().key, task(a=1).key, Task("probe", 1, "e/r", inputs={"source": "abc"}).key}) == 3
