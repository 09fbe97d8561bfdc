"""Getting a place ready for publishing, and telling what is wrong with it."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.catalogue import load
from pipeline.errors import ConfigurationError, Severity, StoreError
from pipeline.programmes import import_programme
from pipeline.storage import Limits, ObjectStore, open_store, setup_bucket
from pipeline.storage.diagnose import diagnose
from pipeline.storage.protocol import Wanted
from pipeline.storage.s3 import S3Store
from pipeline.targets import open_mirrors, open_target
from tests.store import proxy as faulty
from tests.store.proxy import Fault, Kind
from tests.store.servers import Server
from tests.unit.storage.simulation import START, catalog, keys, run, site

pytestmark = pytest.mark.store
_numbers = itertools.count(1)


def by_field(store: ObjectStore, public_url: str | None = None) -> dict[str, Severity]:
    return {one.field: one.severity for one in diagnose(store, public_url)}


def test_a_healthy_store_gets_notes_only(store: ObjectStore) -> None:
    """On each kind of store everything that publishing needs works, and the trial leaves nothing behind."""
    assert set(by_field(store).values()) == {Severity.NOTE}
    assert keys(store) == set()


def test_a_bucket_set_up_serves_readers(seaweedfs: Server) -> None:
    """Before the setup readers are refused and the doctor says so; after it all is well, Range, types and CORS too."""
    bucket = seaweedfs.bucket("setup")
    store = open_store(f"s3://{bucket}/site", base=Path(), endpoint=seaweedfs.endpoint)
    assert isinstance(store, S3Store)
    url = f"{seaweedfs.endpoint}/{bucket}/site/"
    assert by_field(store, url)["public read"] is Severity.ERROR
    present, needed = store.setup(apply=False)
    assert by_field(store, url)["public read"] is Severity.ERROR, "a look must not change anything"
    assert present != needed
    store.setup(apply=True)
    found = diagnose(store, url)
    assert [one for one in found if one.severity is not Severity.NOTE] == []
    assert any(one.field == "CORS" and "may use" in one.message for one in found)
    again, needed = store.setup(apply=False)
    assert again.policy == needed.policy
    seaweedfs.client().put_object(Bucket=bucket, Key="private.txt", Body=b"outside of the prefix")
    assert by_field(store, f"{seaweedfs.endpoint}/{bucket}/")["public read"] is Severity.ERROR


def test_the_setup_is_told_in_words(seaweedfs: Server, tmp_path: Path) -> None:
    """Before it is applied each document is shown in full, afterwards it is as needed; a folder has no such setup."""
    store = open_store(f"s3://{seaweedfs.bucket('setup-words')}", base=Path(), endpoint=seaweedfs.endpoint)
    lines = setup_bucket(store, apply=True)
    assert [line.partition(":")[0] for line in lines] == ["policy", "CORS rules", "lifecycle rules"]
    assert all("to be\n" in line for line in lines)
    assert setup_bucket(store, apply=False)[0] == "policy: as needed"
    with pytest.raises(ConfigurationError):
        setup_bucket(open_store("site", base=tmp_path), apply=True)


def test_a_missing_bucket_is_diagnosed(seaweedfs: Server) -> None:
    """The doctor gives errors with what to do, no traceback."""
    store = open_store("s3://no-such-bucket", base=Path(), endpoint=seaweedfs.endpoint)
    first = diagnose(store)[0]
    assert (first.severity, first.field) == (Severity.ERROR, "list")
    assert "bucket" in first.message


@pytest.mark.parametrize("operation", ["PutObject", "DeleteObjects", "ListObjectsV2"])
def test_missing_rights_are_diagnosed(seaweedfs: Server, operation: str) -> None:
    """Each right that is missing is named."""
    bucket = seaweedfs.bucket(f"rights-{operation.lower()}")
    with faulty.running(seaweedfs.endpoint) as proxy:
        proxy.faults.append(Fault(Kind.REFUSE, operation, times=99, status=403, code="AccessDenied"))
        store = open_store(f"s3://{bucket}", base=Path(), endpoint=proxy.endpoint)
        errors = [one for one in diagnose(store) if one.severity is Severity.ERROR]
    expected = {"PutObject": "write", "DeleteObjects": "delete", "ListObjectsV2": "list"}[operation]
    assert [one.field for one in errors] == [expected]
    assert "docs/storage.md" in errors[0].hint


def test_a_plain_web_server_is_diagnosed(tmp_path: Path) -> None:
    """A server without Range requests and without a type for captions is not good enough, and told so."""
    store = open_store("site", base=tmp_path)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = by_field(store, f"http://127.0.0.1:{server.server_port}/")
        server.shutdown()
    assert found["public read"] is Severity.NOTE
    assert found["Range"] is Severity.ERROR


@pytest.fixture
def versioned(seaweedfs: Server) -> tuple[ObjectStore, Callable[[], list[str]]]:
    """A bucket that keeps versions, and a way to look at all of them."""
    client = seaweedfs.client()
    bucket = seaweedfs.bucket(f"versions-{next(_numbers)}")
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def versions() -> list[str]:
        found = client.list_object_versions(Bucket=bucket)
        return [one["Key"] for one in (*found.get("Versions", []), *found.get("DeleteMarkers", []))]

    return open_store(f"s3://{bucket}/p", base=Path(), endpoint=seaweedfs.endpoint), versions


def test_a_withdrawal_removes_every_version(versioned: tuple[ObjectStore, Callable[[], list[str]]]) -> None:
    """Where versions are kept, nothing of a withdrawn recording remains: no version, no page that named it."""
    store, versions = versioned
    clock = lambda: START  # noqa: E731 (a clock that stands still)
    run(store, site({"r1": "one", "r2": "two"}), clock)
    run(store, site({"r1": "one", "r2": "second edition"}), clock)
    assert sum("/r2/" in key for key in versions()) > len([key for key in keys(store) if "/r2/" in key])
    run(store, site({"r1": "one"}), clock, withdrawn=("media/e/r2/", "e/s/r2/"))
    assert [key for key in versions() if "/r2/" in key] == []
    assert any("/r1/" in key for key in versions())
    for shown in ("index.html", "catalog.json"):
        assert versions().count(f"p/{shown}") == 1, f"an older {shown} still tells of it"


def test_where_conditions_are_ignored_it_is_said(moto: Server) -> None:
    """A store that takes no notice of conditions is found out, told about, and can still be published to."""
    bucket = moto.bucket("unconditional")
    with faulty.running(moto.endpoint, drop_headers=(b"if-none-match", b"if-match")) as proxy:
        store = open_store(f"s3://{bucket}", base=Path(), endpoint=proxy.endpoint, limits=Limits(stall_s=5))
        assert not store.capabilities().guards_commit
        outcome = run(store, site({"r1": "one"}), lambda: START)
        assert "ignores conditional writes" in outcome.notes[0]
        assert by_field(store)["conditional writes"] is Severity.WARNING
        store.put(Wanted.of_bytes("catalog.json", catalog(7, "")))
        assert run(store, site({"r1": "one"}), lambda: START).generation == 8


def test_what_a_store_can_do_is_remembered_for_a_day(
    seaweedfs: Server, moto: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publish tries it once a day; of a store that ignores conditions, each time; ``doctor`` always."""
    bucket = seaweedfs.bucket("remembered")
    now = time.time()
    with faulty.running(seaweedfs.endpoint) as proxy:
        (tmp_path / "catalogue.yaml").write_text(f"title: T\npublish: s3://{bucket}\nendpoint: {proxy.endpoint}\n")
        directory = load(tmp_path, import_programme)

        def requests(known: Path | None = tmp_path / "work" / "known.db") -> int:
            before = proxy.counts.total()
            assert open_target(directory, known=known).capabilities().guards_commit
            return proxy.counts.total() - before

        assert [requests(), requests()] == [3, 0], "the first leaves what is tried on"
        assert [requests(known=None), requests(tmp_path / "other.db")] == [2, 2]
        for hours, expected in ((23, 0), (25, 2), (1, 2)):  # the last: the clock was set back
            monkeypatch.setattr(time, "time", lambda at=now + 3600 * hours: at)
            assert requests() == expected
        (tmp_path / "work" / "known.db").write_bytes(b"damaged" * 1000)
        assert [requests(), requests()] == [2, 0]
    bucket = moto.bucket("not-remembered")
    with faulty.running(moto.endpoint, drop_headers=(b"if-none-match", b"if-match")) as proxy:
        for expected in (3, 6):
            store = open_store(f"s3://{bucket}", base=Path(), endpoint=proxy.endpoint, known=tmp_path / "known.db")
            assert not store.capabilities().guards_commit
            assert proxy.counts.total() == expected


@pytest.mark.parametrize("at", ["index.html", "catalog.json", "assets"])
def test_a_withdrawal_that_was_killed_is_finished(
    versioned: tuple[ObjectStore, Callable[[], list[str]]], monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """Killed before older versions of a page, of ``catalog.json`` or of assets are gone: the next run removes them."""
    store, versions = versioned
    clock = lambda: START  # noqa: E731 (a clock that stands still)
    asset = Wanted.of_bytes("assets/old.0123456789.js", b"it names r2")
    run(store, [*site({"r1": "one", "r2": "two"}), asset], clock)
    with monkeypatch.context() as patch:
        forget, purge = store.forget_versions, store.purge

        def killed(original: Callable[[list[str]], None]) -> Callable[[list[str]], None]:
            def act(keys: list[str]) -> None:
                if any(key.startswith(at) for key in keys):
                    raise KeyboardInterrupt
                original(keys)

            return act

        patch.setattr(store, "forget_versions", killed(forget))
        patch.setattr(store, "purge", killed(purge))
        with pytest.raises(KeyboardInterrupt):
            run(store, site({"r1": "one"}), clock, withdrawn=("media/e/r2/", "e/s/r2/"))
    run(store, site({"r1": "one"}), clock, withdrawn=("media/e/r2/", "e/s/r2/"))
    assert [key for key in versions() if "/r2/" in key or "old." in key] == []
    assert versions().count("p/index.html") == 1
    assert versions().count("p/catalog.json") == 1


def test_a_withdrawal_removes_versions_of_what_was_removed_before(
    versioned: tuple[ObjectStore, Callable[[], list[str]]],
) -> None:
    """Media of an earlier edition were deleted long ago; their hidden versions go with the withdrawal."""
    store, versions = versioned
    moment = [START]
    run(store, site({"r1": "one", "r2": "first"}), lambda: moment[0])
    run(store, site({"r1": "one", "r2": "second"}), lambda: moment[0])
    moment[0] = datetime.now(UTC) + timedelta(days=2)
    run(store, site({"r1": "one", "r2": "second"}), lambda: moment[0])
    first = next(one.key for one in site({"r2": "first"}) if one.key.endswith("720p.mp4"))
    assert first not in keys(store)
    assert f"p/{first}" in versions()
    run(store, site({"r1": "one"}), lambda: moment[0], withdrawn=("media/e/r2/", "e/s/r2/"))
    assert [key for key in versions() if "/r2/" in key] == []


def test_uploads_are_as_fast_as_the_catalogue_allows(seaweedfs: Server, tmp_path: Path) -> None:
    """``upload.bandwidth`` of ``catalogue.yaml`` reaches the connection: 300 kB at 150 kB/s take more than a second."""
    bucket = seaweedfs.bucket("bandwidth")
    settings = f"title: T\npublish: s3://{bucket}\nendpoint: {seaweedfs.endpoint}\nupload: {{bandwidth: 150000}}\n"
    (tmp_path / "catalogue.yaml").write_text(settings)
    store = open_target(load(tmp_path, import_programme))
    store.capabilities()
    begun = time.monotonic()
    for number in range(3):
        store.put(Wanted.of_bytes(f"media/e/r/{number:016}/x.mp4", bytes(100_000)))
    assert time.monotonic() - begun > 1


def test_each_place_may_have_its_own_credentials(
    seaweedfs: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mirror with a profile uses it; one without that right is refused in words."""
    bucket = seaweedfs.bucket("profiles")
    credentials = tmp_path / "credentials"
    credentials.write_text("[wrong]\naws_access_key_id = AKIAWRONG\naws_secret_access_key = wrong\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    place = f"publish: s3://{bucket}, endpoint: '{seaweedfs.endpoint}'"
    (tmp_path / "catalogue.yaml").write_text(f"title: T\nmirrors: [{{{place}}}, {{{place}, profile: wrong}}]\n")
    good, bad = open_mirrors(load(tmp_path, import_programme))
    assert list(good.list()) == []
    with pytest.raises(StoreError, match="access key"):
        list(bad.list())
