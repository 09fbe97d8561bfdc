"""What every object store promises, tried on each of them."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256
from itertools import accumulate
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.storage.headers import Cache
from pipeline.storage.parts import PART_BYTES
from pipeline.storage.protocol import (
    IF_ABSENT,
    BadKeyError,
    Condition,
    NoSuchObjectError,
    ObjectStore,
    Piece,
    PreconditionFailedError,
    Wanted,
)
from tests.unit.storage.simulation import TWO, Clock, run, site

pytestmark = pytest.mark.store
NAMES = ["a.txt", "e/s/r/index.html", "media/e/r/0123456789abcdef/captions/en.vtt", "with space & +%25 ü日本.txt"]


def keys(store: ObjectStore, prefix: str = "") -> list[str]:
    return [entry.key for entry in store.list(prefix)]


def big(tmp_path: Path, size: int, key: str = "media/e/r/0123456789abcdef/big.mp4") -> Wanted:
    path = tmp_path / "big"
    block = sha256(b"seed").digest() * 32768
    data = (block * (size // len(block) + 1))[:size]
    path.write_bytes(data)
    return Wanted.of_file(key, path, size=size, sha256=sha256(data).hexdigest())


def test_what_is_put_can_be_read_listed_and_deleted(store: ObjectStore) -> None:
    """Any accepted key, any bytes: the same bytes come back, the listing knows key and size, deleting removes it."""
    for name in NAMES:
        store.put(Wanted.of_bytes(name, name.encode()))
    assert keys(store) == sorted(NAMES, key=lambda name: name.encode())
    for name in NAMES:
        found = store.read(name)
        assert found.data == name.encode()
        assert found.entry.size == len(found.data)
    assert [entry.size for entry in store.list("media/")] == [len(NAMES[2])]
    store.delete([*NAMES[1:], "never/was"])
    assert keys(store) == ["a.txt"]


def test_a_range_is_read(store: ObjectStore) -> None:
    """``start`` is inclusive, ``end`` exclusive; the entry still tells the whole size."""
    store.put(Wanted.of_bytes("a.txt", b"0123456789"))
    assert store.read("a.txt", start=2, end=5).data == b"234"
    assert store.read("a.txt", start=7).data == b"789"
    assert store.read("a.txt", end=3).data == b"012"
    assert store.read("a.txt", start=4, end=4).data == b""
    assert store.read("a.txt", start=2, end=5).entry.size == 10


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    """Zero bytes can be put, listed, read and streamed."""
    store.put(Wanted.of_bytes("empty.txt", b""))
    assert store.read("empty.txt").data == b""
    assert list(store.stream("empty.txt")) == []
    assert [entry.size for entry in store.list()] == [0]


def test_what_is_not_there_is_said_to_be_missing(store: ObjectStore) -> None:
    """Reading and streaming raise, ``head`` gives ``None``, listing and deleting find nothing."""
    with pytest.raises(NoSuchObjectError):
        store.read("nothing")
    with pytest.raises(NoSuchObjectError):
        list(store.stream("nothing"))
    assert store.head("nothing") is None
    assert keys(store, "nothing") == []
    store.delete(["nothing"])


def test_if_absent_writes_once(store: ObjectStore) -> None:
    """A second put that requires absence is refused and changes nothing."""
    etag = store.put(Wanted.of_bytes("a.txt", b"first"), condition=IF_ABSENT)
    with pytest.raises(PreconditionFailedError):
        store.put(Wanted.of_bytes("a.txt", b"second"), condition=IF_ABSENT)
    found = store.read("a.txt")
    assert (found.data, found.entry.etag) == (b"first", etag)


def test_a_swap_needs_the_right_etag(store: ObjectStore) -> None:
    """A put that requires an ETag works once with it; with a stale one, or when the object is gone, it is refused."""
    first = store.put(Wanted.of_bytes("a.txt", b"one"))
    second = store.put(Wanted.of_bytes("a.txt", b"two"), condition=Condition(first))
    assert second != first
    with pytest.raises(PreconditionFailedError):
        store.put(Wanted.of_bytes("a.txt", b"three"), condition=Condition(first))
    assert store.read("a.txt").data == b"two"
    store.delete(["a.txt"])
    with pytest.raises(PreconditionFailedError):
        store.put(Wanted.of_bytes("a.txt", b"four"), condition=Condition(second))
    assert store.head("a.txt") is None


def test_of_many_swaps_at_once_one_wins(store: ObjectStore) -> None:
    """Eight writers swap the same version at the same moment: one succeeds, its bytes are there, the others know."""
    etag = store.put(Wanted.of_bytes("a.txt", b"start"))
    together = threading.Barrier(8)

    def swap(number: int) -> int | None:
        together.wait()
        try:
            store.put(Wanted.of_bytes("a.txt", b"writer %d" % number), condition=Condition(etag))
        except PreconditionFailedError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        winners = [one for one in pool.map(swap, range(8)) if one is not None]
    assert len(winners) == 1
    assert store.read("a.txt").data == b"writer %d" % winners[0]


def test_conditions_are_found_to_work(store: ObjectStore) -> None:
    """All of these stores honour conditions, and finding it out leaves nothing in the listing."""
    assert store.capabilities().guards_commit
    assert keys(store) == []


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/../../b", ".", "a\\b", "a\nb", "a\x00", "x" * 901])
def test_unsafe_keys_are_refused(store: ObjectStore, key: str) -> None:
    """No operation accepts a key that is not a plain relative path."""
    with pytest.raises(BadKeyError):
        store.put(Wanted.of_bytes(key, b"x"))
    with pytest.raises(BadKeyError):
        store.read(key)
    with pytest.raises(BadKeyError):
        store.delete([key])


def test_content_that_is_not_what_was_announced_is_refused(store: ObjectStore, tmp_path: Path) -> None:
    """A file that changed since it was hashed is not published; what was there stays."""
    store.put(Wanted.of_bytes("a.txt", b"old"))
    for size in (3, PART_BYTES + 10):
        wanted = big(tmp_path, size, "a.txt")
        (tmp_path / "big").write_bytes(b"x" * size)
        with pytest.raises(StoreError, match="content"):
            store.put(wanted)
    assert store.read("a.txt").data == b"old"
    assert store.abandon(before=datetime.now(UTC) + timedelta(days=1)) == 0, "an unfinished upload was left"


def test_a_large_file_arrives_whole(store: ObjectStore, tmp_path: Path) -> None:
    """A file of several parts is read back bit by bit; progress adds up to its size; it can require absence."""
    wanted = big(tmp_path, 2 * PART_BYTES + 12345)
    heard: list[int] = []
    store.put(wanted, condition=IF_ABSENT, on_bytes=heard.append)
    assert sum(heard) == wanted.size
    digest = sha256()
    for piece in store.stream(wanted.key):
        assert len(piece) <= 1024 * 1024
        digest.update(piece)
    assert digest.hexdigest() == wanted.sha256
    with pytest.raises(PreconditionFailedError):
        store.put(Wanted.of_bytes(wanted.key, b"small"), condition=IF_ABSENT)


def test_a_piece_of_a_file_is_sent_alone(store: ObjectStore, tmp_path: Path) -> None:
    """Small or large, it arrives without what is around it; a file that has become shorter is not published."""
    path, contents = tmp_path / "several", (b"before", b"small", b"large" * (PART_BYTES // 4), b"")
    path.write_bytes(b"".join(contents))
    starts = accumulate(map(len, contents), initial=0)
    pieces = [
        Wanted.of_file(f"{number}.txt", Piece(str(path), start), size=len(data), sha256=sha256(data).hexdigest())
        for number, (data, start) in enumerate(zip(contents, starts, strict=False))
    ]
    for one in pieces:
        store.put(one)
    assert [b"".join(store.stream(one.key)) for one in pieces] == list(contents)
    os.truncate(path, 8)
    with pytest.raises(StoreError, match="content"):
        store.put(pieces[1])
    assert store.read("1.txt").data == b"small"


def test_several_threads_put_at_once(store: ObjectStore) -> None:
    """Sixteen threads write a hundred objects; all are there."""
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: store.put(Wanted.of_bytes(f"e/{n:03}/index.html", b"%d" % n)), range(100)))
    assert [store.read(key).data for key in keys(store)] == [b"%d" % n for n in range(100)]


def test_entries_are_dated(store: ObjectStore) -> None:
    """The time of the last write has an offset and is close to now."""
    store.put(Wanted.of_bytes("a.txt", b"x"))
    (entry,) = store.list()
    assert abs(datetime.now(UTC) - entry.modified) < timedelta(minutes=1)


def test_etags_of_small_objects_are_md5(store: ObjectStore) -> None:
    """What lets a publish notice that a page was edited behind its back."""
    store.put(Wanted.of_bytes("a.txt", b"x"))
    (entry,) = store.list()
    assert entry.etag == "9dd4e461268c8034f5c8564e155c67a6"


def test_purged_objects_are_gone(store: ObjectStore) -> None:
    """Purging removes objects; those that do not exist are no error."""
    for name in NAMES:
        store.put(Wanted.of_bytes(name, b"x"))
    store.purge([*NAMES[:3], "never/was"])
    assert keys(store) == [NAMES[3]]


def test_types_and_caching_reach_the_reader(store: ObjectStore, request: pytest.FixtureRequest) -> None:
    """S3 stores serve what was said: content type and Cache-Control; the SHA-256 is kept beside the object."""
    if not hasattr(store, "_client"):
        return
    wanted = Wanted.of_bytes("media/e/r/0123456789abcdef/captions/en.vtt", b"WEBVTT\n")
    store.put(wanted)
    head = store._client.head_object(Bucket=store._bucket, Key=store._prefix + wanted.key)
    assert head["ContentType"] == "text/vtt; charset=utf-8"
    assert head["CacheControl"] == Cache.IMMUTABLE.value
    entry = store.head(wanted.key)
    assert entry is not None
    assert entry.sha256 == wanted.sha256


def test_a_large_page_is_sent_once(store: ObjectStore) -> None:
    """What went in parts has an ETag of another kind: that is no damage, and is not sent again and again."""
    clock = Clock()
    large = Wanted.of_bytes("search/0.bin", bytes(PART_BYTES + 1))
    wanted = [*site(TWO), replace(large, md5=md5(bytes(PART_BYTES + 1), usedforsecurity=False).hexdigest())]
    assert len(run(store, wanted, clock).plan.uploads) == len(wanted)
    again = run(store, wanted, clock).plan
    assert [(one.wanted.key, one.reason) for one in again.uploads] == []
    assert again.is_empty
