"""A folder as a store: what is special about it."""

from __future__ import annotations

import fcntl
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, StoreError
from pipeline.storage import local_folder, open_store
from pipeline.storage.local import LocalStore
from pipeline.storage.protocol import Condition, PreconditionFailedError, Wanted


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_objects_are_plain_files(tmp_path: Path) -> None:
    """Any static web server can serve the folder; nothing else is in it but the store's own corner."""
    LocalStore(tmp_path / "site").put(Wanted.of_bytes("e/index.html", b"hello"))
    assert (tmp_path / "site/e/index.html").read_bytes() == b"hello"
    LocalStore(tmp_path / "site").abandon(before=datetime.now(UTC))
    assert files(tmp_path) == ["site/e/index.html"]


def test_files_are_readable_as_the_umask_allows(tmp_path: Path) -> None:
    """A web server running as somebody else can read what was published."""
    LocalStore(tmp_path).put(Wanted.of_bytes("index.html", b""))
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "index.html").stat().st_mode & 0o777 == 0o666 & ~mask


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """Neither writing, reading, deleting nor listing passes through a symbolic link, file or folder."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    site = tmp_path / "site"
    site.mkdir()
    (site / "folder").symlink_to(outside)
    (site / "link.txt").symlink_to(outside / "secret.txt")
    store = LocalStore(site)
    for key in ("folder/secret.txt", "link.txt"):
        with pytest.raises(StoreError, match="symbolic link"):
            store.put(Wanted.of_bytes(key, b"changed"))
        with pytest.raises(StoreError, match="symbolic link"):
            store.read(key)
        with pytest.raises(StoreError, match="symbolic link"):
            store.delete([key])
    assert list(store.list()) == []
    assert (outside / "secret.txt").read_text() == "secret"


def test_a_linked_root_is_fine(tmp_path: Path) -> None:
    """The published folder itself may be a symbolic link, as on many web hosts."""
    (tmp_path / "real").mkdir()
    (tmp_path / "www").symlink_to(tmp_path / "real")
    store = LocalStore(tmp_path / "www")
    store.put(Wanted.of_bytes("e/index.html", b"hello"))
    assert [entry.key for entry in store.list()] == ["e/index.html"]
    assert (tmp_path / "real/e/index.html").exists()


def test_empty_folders_go_with_their_last_file(tmp_path: Path) -> None:
    """Deleting leaves no empty folders, and never the root."""
    store = LocalStore(tmp_path / "site")
    store.put(Wanted.of_bytes("a/b/c/d.txt", b""))
    store.put(Wanted.of_bytes("a/x.txt", b""))
    store.delete(["a/b/c/d.txt"])
    assert not (tmp_path / "site/a/b").exists()
    store.delete(["a/x.txt"])
    assert (tmp_path / "site").is_dir()


def test_a_file_in_the_way_of_a_folder_is_explained(tmp_path: Path) -> None:
    """A file where a folder is needed is a clear error, not a traceback."""
    store = LocalStore(tmp_path)
    store.put(Wanted.of_bytes("a", b""))
    with pytest.raises(StoreError, match="a file stands where a folder is needed"):
        store.put(Wanted.of_bytes("a/b", b""))
    (tmp_path / "dir").mkdir()
    with pytest.raises(StoreError, match="a folder stands where a file is needed"):
        store.put(Wanted.of_bytes("dir", b""))


def test_half_written_files_of_dead_processes_are_cleared_away(tmp_path: Path) -> None:
    """What a killed run left is never listed and goes with the next one; what is being written to stays."""
    store = LocalStore(tmp_path)
    corner = tmp_path / ".aftertalk-store"
    corner.mkdir()
    (corner / "dead.part").write_bytes(b"half")
    store.put(Wanted.of_bytes("a.txt", b""))
    assert files(tmp_path) == ["a.txt"]
    assert not corner.exists()
    corner.mkdir()
    (corner / "lock").touch()
    (corner / "dead.part").write_bytes(b"half")
    with (corner / "alive.part").open("wb") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        assert store.abandon(before=datetime.now(UTC)) == 1
        assert files(corner) == ["alive.part"]
        assert [entry.key for entry in store.list()] == ["a.txt"]
    assert store.abandon(before=datetime.now(UTC)) == 1
    assert files(tmp_path) == ["a.txt"]
    assert not corner.exists()


def test_the_lock_survives_clearing_away(tmp_path: Path) -> None:
    """Clearing away while others write never lets two swaps of the same version both win, and breaks no put."""
    store = LocalStore(tmp_path)
    etag = store.put(Wanted.of_bytes("a.txt", b"start"))
    stop = threading.Event()

    def clear() -> None:
        while not stop.is_set():
            store.abandon(before=datetime.now(UTC))

    def swap(number: int) -> int:
        try:
            store.put(Wanted.of_bytes("a.txt", b"%d" % number), condition=Condition(etag))
        except PreconditionFailedError:
            return 0
        return 1

    with ThreadPoolExecutor(9) as pool:
        clearing = pool.submit(clear)
        try:
            wins = sum(pool.map(swap, range(200)))
        finally:
            stop.set()
        clearing.result()
    assert wins == 1


def test_a_failed_put_leaves_no_temporary_file(tmp_path: Path) -> None:
    """Nothing remains of a put whose content was not what was announced."""
    store = LocalStore(tmp_path / "site")
    with pytest.raises(StoreError):
        store.put(Wanted.of_file("a.txt", tmp_path / "missing", size=1, sha256="0" * 64))
    (tmp_path / "other").write_bytes(b"other")
    with pytest.raises(StoreError):
        store.put(Wanted.of_file("a.txt", tmp_path / "other", size=1, sha256="0" * 64))
    store.abandon(before=datetime.now(UTC))
    assert files(tmp_path / "site") == []


@pytest.mark.parametrize("url", ["ftp://host/x", "https://host/x", "s3://", "s3:///prefix"])
def test_unknown_places_are_refused(url: str, tmp_path: Path) -> None:
    """Only folders and buckets can be published to."""
    with pytest.raises(ConfigurationError):
        open_store(url, base=tmp_path)


def test_a_folder_is_relative_to_the_catalogue(tmp_path: Path) -> None:
    """``./public`` means below the catalogue; an absolute folder is taken as it is."""
    assert local_folder("./public", base=tmp_path) == tmp_path / "public"
    assert local_folder("/srv/www", base=tmp_path) == Path("/srv/www")
    with pytest.raises(ConfigurationError):
        local_folder("s3://bucket", base=tmp_path)
