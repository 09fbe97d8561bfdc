"""Fetching from a bucket, with the in-memory store."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SourceError, StoreError
from pipeline.fetch import Fetched, objects
from pipeline.fetch.objects import fetch_object
from pipeline.storage.memory import MemoryStore
from pipeline.storage.protocol import Entry, Object, Wanted

URL = "s3://talks/2021/panel.mp4"
KEY = "2021/panel.mp4"
DATA = bytes(range(256)) * 100


class Bucket(MemoryStore):
    """A store that counts the bytes it gives, and breaks or changes when told."""

    def __init__(self, data: bytes = DATA) -> None:
        super().__init__()
        self.given = 0
        self.fail_after: int | None = None
        self.change_after: int | None = None
        self.is_down = False
        self.fill(data)

    def fill(self, data: bytes) -> None:
        self.put(Wanted.of_bytes(KEY, data))

    def head(self, key: str) -> Entry | None:
        if self.is_down:
            raise StoreError("s3://talks", "does not answer")
        return super().head(key)

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Object:
        if self.fail_after is not None and self.given >= self.fail_after:
            raise StoreError("s3://talks", "broke off")
        if self.change_after is not None and self.given >= self.change_after:
            self.fill(DATA[::-1])
        found = super().read(key, start=start, end=end)
        self.given += len(found.data)
        return found


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several requests for a small object."""
    monkeypatch.setattr(objects, "PIECE", 1000)


def fetch(store: Bucket, folder: Path, max_bytes: int = 10**9) -> Fetched:
    return fetch_object(store, KEY, URL, folder, max_bytes=max_bytes)


def test_an_object_is_fetched_once(tmp_path: Path) -> None:
    """All its bytes, under a name with its ending; the next run reads nothing."""
    store = Bucket()
    first = fetch(store, tmp_path)
    assert (first.path.read_bytes(), first.file, first.title) == (DATA, "media.mp4", "panel")
    assert fetch(store, tmp_path) == first
    assert store.given == len(DATA)


def test_a_broken_fetch_is_gone_on_with(tmp_path: Path) -> None:
    """What has come is not asked for again."""
    store = Bucket()
    store.fail_after = 20_000
    with pytest.raises(StoreError):
        fetch(store, tmp_path)
    store.fail_after = None
    assert fetch(store, tmp_path).path.read_bytes() == DATA
    assert store.given == len(DATA)


def test_parts_of_two_versions_are_never_joined(tmp_path: Path) -> None:
    """A new version since the fetch broke is fetched from its start."""
    store = Bucket()
    store.fail_after = 20_000
    with pytest.raises(StoreError):
        fetch(store, tmp_path)
    store.fail_after = None
    store.fill(DATA[::-1])
    assert fetch(store, tmp_path).path.read_bytes() == DATA[::-1]


def test_a_change_during_the_fetch_is_an_error(tmp_path: Path) -> None:
    """Pieces of two versions are noticed; the next run gives the new one."""
    store = Bucket()
    store.change_after = 5000
    with pytest.raises(SourceError, match="changed while"):
        fetch(store, tmp_path)
    assert fetch(store, tmp_path).path.read_bytes() == DATA[::-1]


def test_a_changed_object_is_fetched_anew(tmp_path: Path) -> None:
    """And the old copy is cleared away."""
    store = Bucket()
    first = fetch(store, tmp_path)
    store.fill(b"new")
    assert fetch(store, tmp_path).path.read_bytes() == b"new"
    assert not first.folder.exists()


def test_a_store_that_is_down_leaves_the_copy(tmp_path: Path) -> None:
    """What was fetched is used, and that is said; without a copy it is an error."""
    store = Bucket()
    fetch(store, tmp_path / "a")
    store.is_down = True
    assert "does not answer" in fetch(store, tmp_path / "a").note
    with pytest.raises(StoreError):
        fetch(store, tmp_path / "b")


def test_what_is_missing_or_too_large_is_refused(tmp_path: Path) -> None:
    """Nothing is read then."""
    store = Bucket()
    with pytest.raises(SourceError, match="at most 100 are fetched"):
        fetch(store, tmp_path, max_bytes=100)
    store.delete([KEY])
    with pytest.raises(SourceError, match="no such object"):
        fetch(store, tmp_path)
    assert store.given == 0
