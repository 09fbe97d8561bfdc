"""Small objects take the short way, and faults on it leave no trace but one request more."""

from __future__ import annotations

import logging
import ssl
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from pipeline.errors import StoreError
from pipeline.storage import Limits, ObjectStore, open_store
from pipeline.storage.protocol import IF_ABSENT, Condition, PreconditionFailedError, Wanted
from pipeline.storage.s3_requests import SMALL
from tests.store.proxy import LIMITS, Fault, Kind, Proxy, running
from tests.store.servers import ACCESS_KEY, SECRET_KEY, Server
from tests.unit.storage.simulation import content, run, site

pytestmark = pytest.mark.store
PROBES = 3
"""Puts by which the library finds out whether conditions are honoured; the short way learns from them."""


@pytest.fixture
def store(direct: ObjectStore, proxy: Proxy) -> ObjectStore:
    """The same bucket through the proxy, once it is known what it can do; counting begins there."""
    opened = open_store(direct.address, base=Path(), endpoint=proxy.endpoint, limits=LIMITS)
    proxy.clear()
    assert opened.capabilities().guards_commit
    assert proxy.by_library["PutObject"] == PROBES
    proxy.clear()
    return opened


def test_a_publish_takes_it(direct: ObjectStore, store: ObjectStore, proxy: Proxy) -> None:
    """Every small object arrives in one request that the library had no part in, a larger one does not."""
    film = Wanted.of_bytes("media/e/r1/0123456789abcdef/film.mp4", bytes(SMALL + 1))
    wanted = [*site({"r1": "one", "r2": "two"}), film]
    outcome = run(store, wanted, lambda: datetime.now(UTC))
    assert proxy.counts["PutObject"] == len(wanted) + 2  # its record, and catalog.json
    assert proxy.by_library["PutObject"] == 1
    published = content(direct)
    assert {one.key: one.source for one in wanted} == {key: published[key] for key in (one.key for one in wanted)}
    assert set(published) == {one.key for one in wanted} | {"catalog.json", outcome.plan.record_key}


FAULTS = [
    Fault(Kind.REFUSE, status=503, code="SlowDown"),
    Fault(Kind.REFUSE, status=500, code="InternalError"),
    Fault(Kind.REFUSE, status=403, code="RequestTimeTooSkewed"),
    Fault(Kind.REFUSE, status=307, code="TemporaryRedirect"),
    Fault(Kind.RESET_BEFORE),
    Fault(Kind.RESET_DURING),
    Fault(Kind.LOST_REPLY),
    Fault(Kind.ERROR_IN_200, code="InternalError"),
    Fault(Kind.FLIP_UP),
    Fault(Kind.STALL),
    Fault(Kind.TRICKLE),
]


@pytest.mark.parametrize("fault", [pytest.param(one, id=f"{one.kind.name}-{one.status}".lower()) for one in FAULTS])
def test_after_a_fault_the_library_takes_over(
    direct: ObjectStore, store: ObjectStore, proxy: Proxy, fault: Fault
) -> None:
    """Whatever strikes the attempt, with each kind of condition: the object arrives, in one request of the library."""
    etag = direct.put(Wanted.of_bytes("index.html", b"before"))
    for key, condition in (("free.html", None), ("media/new.vtt", IF_ABSENT), ("index.html", Condition(etag))):
        proxy.clear()
        proxy.faults.append(Fault(**vars(fault)))
        heard: list[int] = []
        wanted = Wanted.of_bytes(key, b"what was meant to arrive")
        put = store.put(wanted, condition=condition, on_bytes=heard.append)
        assert proxy.struck[fault.kind] == 1
        assert (proxy.counts["PutObject"], proxy.by_library["PutObject"]) == (2, 1)
        found = direct.read(key)
        assert (found.data, found.entry.etag, found.entry.sha256) == (wanted.source, put, wanted.sha256)
        was_there = condition is not None and fault.kind in {Kind.LOST_REPLY, Kind.TRICKLE}
        assert sum(heard) == (0 if was_there else wanted.size)


def test_a_real_conflict_is_one(direct: ObjectStore, store: ObjectStore, proxy: Proxy) -> None:
    """Somebody else's write is reported as such, not taken for one's own, nor overwritten."""
    direct.put(Wanted.of_bytes("index.html", b"theirs"))
    for condition in (IF_ABSENT, Condition("0" * 32)):
        with pytest.raises(PreconditionFailedError):
            store.put(Wanted.of_bytes("index.html", b"ours"), condition=condition)
    assert direct.read("index.html").data == b"theirs"


def test_a_way_that_never_works_is_given_up(direct: ObjectStore, store: ObjectStore, proxy: Proxy) -> None:
    """When what is between us and the store lets the library's requests pass only, few requests are spent on others."""
    proxy.faults.append(
        Fault(Kind.REFUSE, "PutObject", times=10_000, status=405, code="MethodNotAllowed", spares_library=True)
    )
    for number in range(40):
        store.put(Wanted.of_bytes(f"e/{number}/index.html", b"page"))
    assert proxy.counts["PutObject"] == 40 + 8
    assert len(list(direct.list())) == 40


def test_bandwidth_is_kept(store: ObjectStore, proxy: Proxy) -> None:
    """With 1 MB/s, twelve objects of 100 kB take more than a second, though none is large."""
    slow = open_store(store.address, base=Path(), endpoint=proxy.endpoint, limits=Limits(bandwidth=1_000_000))
    slow.capabilities()
    proxy.clear()
    begun = time.monotonic()
    for number in range(12):
        slow.put(Wanted.of_bytes(f"{number}.json", bytes(100_000)))
    assert time.monotonic() - begun > 1
    assert proxy.by_library.total() == 0


def test_certificates_are_checked(seaweedfs: Server, direct: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over https it is taken too, but only to a server whose certificate the library takes as well."""
    ours, theirs = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.issue_cert("127.0.0.1").configure_cert(context)
    with running(seaweedfs.endpoint, tls=context) as secure, ours.cert_pem.tempfile() as trusted:
        monkeypatch.setenv("AWS_CA_BUNDLE", trusted)
        store = open_store(direct.address, base=Path(), endpoint=secure.endpoint, limits=LIMITS)
        store.capabilities()
        secure.clear()
        store.put(Wanted.of_bytes("a.html", b"page"))
        assert (secure.counts["PutObject"], secure.by_library.total()) == (1, 0)
        secure.clear()
        for authority, name in ((theirs, "127.0.0.1"), (ours, "elsewhere.example")):
            authority.issue_cert(name).configure_cert(context)  # from here on somebody else answers
            with pytest.raises(StoreError):
                store.put(Wanted.of_bytes("b.html", b"page"))
        assert secure.counts.total() == 0
    assert [one.key for one in direct.list()] == ["a.html"]


def test_credentials_are_those_of_the_moment(
    direct: ObjectStore, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Credentials that run out are fetched anew before each request, as the library does it."""
    program = tmp_path / "credentials.py"
    program.write_text(
        "import datetime, json, pathlib\n"
        f"pathlib.Path({str(tmp_path / 'asked')!r}).open('a').write('x')\n"
        "soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5)\n"
        f"print(json.dumps({{'Version': 1, 'AccessKeyId': {ACCESS_KEY!r}, 'SecretAccessKey': {SECRET_KEY!r},\n"
        " 'Expiration': soon.isoformat()}))\n"
    )
    config = tmp_path / "config"
    config.write_text(f"[profile short-lived]\ncredential_process = {sys.executable} {program}\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    store = open_store(direct.address, base=Path(), endpoint=proxy.endpoint, profile="short-lived")
    store.capabilities()
    proxy.clear()
    asked = (tmp_path / "asked").stat().st_size
    for number in range(3):
        store.put(Wanted.of_bytes(f"{number}.json", b"{}"))
    assert proxy.by_library.total() == 0
    assert (tmp_path / "asked").stat().st_size >= asked + 3


def test_it_tells_no_credentials(store: ObjectStore, proxy: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    """The secret is neither in what is logged, to the last detail, nor in the error of the library that took over."""
    caplog.set_level(logging.DEBUG)
    store.put(Wanted.of_bytes("a.html", b"page"))
    assert proxy.by_library.total() == 0
    told = []
    for code in ("SignatureDoesNotMatch", "InvalidAccessKeyId"):
        proxy.faults[:] = [Fault(Kind.REFUSE, times=99, status=403, code=code)]
        with pytest.raises(StoreError) as caught:
            store.put(Wanted.of_bytes("b.html", b"page"))
        told.append("".join(traceback.format_exception(caught.value)))
    assert all(SECRET_KEY not in one for one in (*told, caplog.text))
    assert all(ACCESS_KEY not in one for one in told)
