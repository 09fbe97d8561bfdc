"""Getting a place ready for publishing, and telling what is wrong with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, Severity
from pipeline.storage import Limits, ObjectStore, open_store, setup_bucket
from pipeline.storage.diagnose import diagnose
from pipeline.storage.protocol import Wanted
from pipeline.storage.s3 import S3Store
from tests.store import proxy as faulty
from tests.store.proxy import Fault, Kind
from tests.store.servers import Server
from tests.unit.storage.simulation import START, catalog, keys, run, site

pytestmark = pytest.mark.store


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
    bucket = seaweedfs.bucket("versions")
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
