"""Faults between publisher and store: the same final bytes with a bounded number of requests, or a clear error.

After every error the site that was public before is whole, and the next run without faults ends complete.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.storage import Limits, ObjectStore, open_store
from pipeline.storage.parts import PART_BYTES
from pipeline.storage.protocol import Wanted
from tests.store.proxy import LIMITS, Fault, Kind, Proxy
from tests.store.publisher import large_file
from tests.store.servers import ACCESS_KEY, SECRET_KEY, Server
from tests.unit.storage.simulation import broken_references, keys, run, site

pytestmark = pytest.mark.store
BEFORE, AFTER = {"r1": "one", "r9": "to be withdrawn"}, {"r1": "changed", "r2": "two"}
WITHDRAWN = ("media/e/r9/", "e/s/r9/")


@pytest.fixture
def store(direct: ObjectStore, proxy: Proxy) -> ObjectStore:
    """The same bucket through the proxy."""
    return open_store(direct.address, base=Path(), endpoint=proxy.endpoint, limits=LIMITS)


def now() -> datetime:
    return datetime.now(UTC)


def later() -> datetime:
    return datetime.now(UTC) + timedelta(days=2)


def complete(direct: ObjectStore, wanted: list[Wanted]) -> None:
    """Assert that exactly these objects are public, bit by bit."""
    outcome = run(direct, wanted, later)
    assert keys(direct) == {one.key for one in wanted} | {"catalog.json", outcome.plan.record_key}
    assert broken_references(direct) == []
    for one in wanted:
        with one.open() as file:
            assert b"".join(direct.stream(one.key)) == file.read()


SURVIVED = [
    ("refused twice", Fault(Kind.REFUSE, "PutObject", times=2)),
    ("failing twice", Fault(Kind.REFUSE, "PutObject", status=500, code="InternalError", times=2)),
    ("listing refused", Fault(Kind.REFUSE, "ListObjectsV2", times=2)),
    ("reset before", Fault(Kind.RESET_BEFORE, "PutObject", times=2)),
    ("reset during", Fault(Kind.RESET_DURING, "PutObject", key="index.html", times=2)),
    ("reset while reading", Fault(Kind.RESET_BEFORE, "GetObject", times=2)),
    ("lost reply to media", Fault(Kind.LOST_REPLY, "PutObject", key="720p.mp4", times=2)),
    ("lost reply to a page", Fault(Kind.LOST_REPLY, "PutObject", key="index.html", times=2)),
    ("lost reply to the commit", Fault(Kind.LOST_REPLY, "PutObject", key="catalog.json", times=1)),
    ("lost reply to a delete", Fault(Kind.LOST_REPLY, "DeleteObjects", times=1)),
    ("truncated catalog", Fault(Kind.TRUNCATE, "GetObject", key="catalog.json", times=2)),
    ("truncated record", Fault(Kind.TRUNCATE, "GetObject", key="state/", times=2)),
    ("truncated listing", Fault(Kind.TRUNCATE, "ListObjectsV2", times=1)),
    ("bit flipped on the way up", Fault(Kind.FLIP_UP, "PutObject", key=".mp4", times=1)),
    ("stalled upload", Fault(Kind.STALL, "PutObject", key=".mp4", times=1)),
    ("trickling listing", Fault(Kind.TRICKLE, "ListObjectsV2", times=1)),
    ("trickling reply to a put", Fault(Kind.TRICKLE, "PutObject", times=1)),
    ("slowly read upload", Fault(Kind.SLOW_READ, "PutObject", times=3)),
    ("first part refused", Fault(Kind.REFUSE, "UploadPart", times=2)),
    ("part reset", Fault(Kind.RESET_DURING, "UploadPart", times=2)),
    ("lost reply to a part", Fault(Kind.LOST_REPLY, "UploadPart", times=2)),
    ("bit flipped in a part", Fault(Kind.FLIP_UP, "UploadPart", times=1)),
    ("slowly read part", Fault(Kind.SLOW_READ, "UploadPart", times=2)),
    ("lost reply to the completion", Fault(Kind.LOST_REPLY, "CompleteMultipartUpload", times=1)),
    ("error with status 200", Fault(Kind.ERROR_IN_200, "CompleteMultipartUpload", code="InternalError", times=1)),
]


@pytest.mark.parametrize(("fault"), [pytest.param(fault, id=name) for name, fault in SURVIVED])
def test_passing_faults_are_survived(
    direct: ObjectStore, store: ObjectStore, proxy: Proxy, tmp_path: Path, fault: Fault
) -> None:
    """A fault that passes changes nothing in the result, and costs a few requests more at most."""
    run(direct, site(BEFORE), lambda: now() - timedelta(days=3))
    wanted = [*site(AFTER), large_file(tmp_path, 0, 1)]
    fault = Fault(**vars(fault))
    proxy.faults.append(fault)
    run(store, wanted, later, withdrawn=WITHDRAWN)
    assert proxy.struck[fault.kind] >= 1, "the fault never struck"
    assert proxy.requests < 60
    proxy.clear()
    complete(direct, wanted)


FATAL = [
    ("clock", Fault(Kind.REFUSE, status=403, code="RequestTimeTooSkewed"), "clock"),
    ("unknown key", Fault(Kind.REFUSE, status=403, code="InvalidAccessKeyId"), "access key"),
    ("expired", Fault(Kind.REFUSE, status=400, code="ExpiredToken"), "expired"),
    ("forbidden", Fault(Kind.REFUSE, status=403, code="AccessDenied"), "allow"),
    ("bucket gone", Fault(Kind.REFUSE, status=404, code="NoSuchBucket"), "bucket"),
    ("disk full", Fault(Kind.REFUSE, status=507, code="InsufficientStorage"), "disk is full"),
    ("overloaded for good", Fault(Kind.REFUSE, status=503, code="SlowDown"), "overloaded"),
    ("broken for good", Fault(Kind.REFUSE, status=500, code="InternalError"), "failed"),
    ("never answers", Fault(Kind.STALL), "answer"),
    ("resets for good", Fault(Kind.RESET_BEFORE), "connection"),
]


@pytest.mark.parametrize(
    ("fault", "words", "skip"),
    [
        pytest.param(fault, words, skip, id=f"{name}-{skip}")
        for name, fault, words in FATAL
        for skip in ((0, 7) if 400 <= fault.status < 500 else (7,))
    ],
)
def test_lasting_faults_end_in_a_clear_error(
    direct: ObjectStore, store: ObjectStore, proxy: Proxy, fault: Fault, words: str, skip: int
) -> None:
    """From the first request on or in mid-run: an error that says what is wrong and what to do, and a whole site."""
    run(direct, site(BEFORE), lambda: now() - timedelta(days=3))
    proxy.faults.append(Fault(**{**vars(fault), "times": 10_000, "skip": skip}))
    with pytest.raises(StoreError) as caught:
        run(store, site(AFTER), now, workers=2)
    message = str(caught.value)
    assert words in message
    assert "What to do" in message
    assert SECRET_KEY not in message
    assert ACCESS_KEY not in message
    assert proxy.requests < 60
    proxy.clear()
    assert broken_references(direct) == []
    run(store, site(AFTER), now)
    complete(direct, site(AFTER))


def test_a_killed_upload_continues_at_the_missing_part(
    direct: ObjectStore, store: ObjectStore, proxy: Proxy, tmp_path: Path
) -> None:
    """An upload that broke off is continued by another process: parts that arrived are not sent again."""
    size = 6 * PART_BYTES + 5
    path = tmp_path / "film"
    path.write_bytes(bytes(range(256)) * (size // 256) + b"tail!"[: size % 256])
    film = Wanted.of_bytes("media/e/r/0123456789abcdef/film.mp4", path.read_bytes())
    film = Wanted.of_file(film.key, path, size=film.size, sha256=film.sha256)
    proxy.faults.append(Fault(Kind.REFUSE, "UploadPart", times=100, skip=4, status=403, code="AccessDenied"))
    with pytest.raises(StoreError):
        store.put(film)
    proxy.clear()
    other = open_store(direct.address, base=Path(), endpoint=proxy.endpoint, limits=LIMITS)
    heard: list[int] = []
    other.put(film, on_bytes=heard.append)
    assert proxy.counts["UploadPart"] == 7 - 4
    assert proxy.counts["CreateMultipartUpload"] == 0
    assert sum(heard) == size
    assert b"".join(direct.stream(film.key)) == path.read_bytes()
    assert direct.abandon(before=later()) == 0


def test_uploads_nobody_continues_are_removed(direct: ObjectStore, store: ObjectStore, proxy: Proxy) -> None:
    """A young unfinished upload stays, an old one goes, and below a withdrawn prefix each goes."""
    film = Wanted.of_bytes("media/e/r/0123456789abcdef/film.mp4", b"x" * (PART_BYTES + 1))
    for before, withdrawn, removed in (
        (now() - timedelta(days=1), (), 0),
        (later(), (), 1),
        (now() - timedelta(days=1), ("media/e/other/",), 0),
        (now() - timedelta(days=1), ("media/e/r/",), 1),
    ):
        proxy.faults[:] = [Fault(Kind.REFUSE, "UploadPart", times=100, status=403, code="AccessDenied")]
        with pytest.raises(StoreError):
            store.put(film)
        assert direct.abandon(before=before, withdrawn=withdrawn) == removed


def test_nothing_changed_takes_few_requests(direct: ObjectStore, store: ObjectStore, proxy: Proxy) -> None:
    """Two reads, one listing for a thousand objects, and a look for unfinished uploads."""
    run(direct, site(AFTER), now)
    outcome = run(store, site(AFTER), now)
    assert outcome.plan.is_empty
    assert proxy.counts == {"GetObject": 2, "ListObjectsV2": 1, "ListMultipartUploads": 1}


def test_only_large_bodies_ask_whether_they_are_welcome(
    direct: ObjectStore, store: ObjectStore, proxy: Proxy, tmp_path: Path
) -> None:
    """A page takes one journey to the store and back, not two; a part is not sent to a store that would refuse it."""
    run(store, [*site(AFTER), large_file(tmp_path, 0, 1)], now)
    assert proxy.counts["PutObject"] > 5
    assert proxy.asked == {"UploadPart": proxy.counts["UploadPart"]}


def test_a_flipped_bit_on_the_way_down_is_found(direct: ObjectStore, store: ObjectStore, proxy: Proxy) -> None:
    """Reading back everything finds content that is not what was published, and names it."""
    run(direct, site(AFTER), now)
    proxy.faults.append(Fault(Kind.FLIP_DOWN, "GetObject", key="720p.mp4"))
    wanted = next(one for one in site(AFTER) if one.key.endswith("720p.mp4"))
    assert b"".join(store.stream(wanted.key)) != wanted.source
    assert b"".join(store.stream(wanted.key)) == wanted.source


def test_a_trickling_download_is_given_up(direct: ObjectStore, store: ObjectStore, proxy: Proxy) -> None:
    """Two bytes a second never trip a time-out of the socket; the deadline does."""
    direct.put(Wanted.of_bytes("a.txt", b"x" * 1000))
    proxy.faults.append(Fault(Kind.TRICKLE, "GetObject", times=100))
    with pytest.raises(StoreError, match="answer"):
        list(store.stream("a.txt"))


def test_bandwidth_is_kept(direct: ObjectStore, seaweedfs: Server) -> None:
    """With 2 MB/s, 3 MB take at least a second, over all connections together."""
    begun = datetime.now(UTC)
    slow = open_store(direct.address, base=Path(), endpoint=seaweedfs.endpoint, limits=Limits(bandwidth=2_000_000))
    wanted = [Wanted.of_bytes(f"media/e/r/{number:016}/x.mp4", bytes(500_000)) for number in range(6)]
    run(slow, wanted, now)
    assert datetime.now(UTC) - begun >= timedelta(seconds=1)
