"""Any S3-compatible object store, by boto3. The only module that opens a client of it.

Settings and detours follow from trials against several servers: checksums only where they are asked for (some
servers store or refuse the trailer that newer clients send by default), our own SHA-256 on every put, conditions
only after they were seen to work, and our own multipart upload (``uploads.py``), because the client library's can
neither resume nor be guarded by a condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipeline.errors import StoreError
from pipeline.storage import parts, s3_requests, versions
from pipeline.storage.bucket import Setup, merged
from pipeline.storage.conditions import probe, remembered
from pipeline.storage.limits import CONNECTIONS, Limits, StalledError, within
from pipeline.storage.protocol import (
    RESERVED,
    Capabilities,
    Condition,
    Entry,
    NoSuchObjectError,
    Object,
    OnBytes,
    PreconditionFailedError,
    Wanted,
    check_key,
)
from pipeline.storage.s3_errors import CONFLICT, MISSING, UNSUPPORTED, error_code, not_removed, store_error
from pipeline.storage.s3_replies import entry_of, full_size
from pipeline.storage.setup import apply_setup, read_setup
from pipeline.storage.uploads import Uploader

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, ObjectIdentifierTypeDef

_PIECE = 1024 * 1024
_DELETE_BATCH = 1000
_ATTEMPTS = 6


class S3Store:
    """The objects below ``prefix`` (empty, or ending in ``/``) of a bucket."""

    def __init__(self, client: S3Client, bucket: str, prefix: str, limits: Limits, *, known: Path | None) -> None:
        """``known`` is a table in which to remember what the store can do."""
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._limits = limits
        self._known = known
        self._uploader = Uploader(client, bucket, limits)

    @property
    def address(self) -> str:
        """``s3://bucket/prefix``."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    @cached_property
    def _capabilities(self) -> Capabilities:
        def find() -> Capabilities:
            return probe(self._client, self._bucket, f"{self._prefix}{RESERVED}/probe.txt")

        with self._errors("", "PutObject"):
            place = f"{self._client.meta.endpoint_url} {self.address}"
            return remembered(self._known, place, find) if self._known else find()

    def capabilities(self) -> Capabilities:
        """See ``ObjectStore.capabilities``: small writes that must be refused, or what came of them within a day."""
        return self._capabilities

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """See ``ObjectStore.list``: one request for every 1,000 objects."""
        paginator = self._client.get_paginator("list_objects_v2")
        pages = iter(paginator.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix))
        while True:
            with self._errors(prefix, "ListObjectsV2"):
                page = next(pages, None)
            if page is None:
                return
            for one in page.get("Contents", ()):
                key = one["Key"].removeprefix(self._prefix)
                if key and not key.startswith(f"{RESERVED}/"):
                    yield Entry(key, one["Size"], one["ETag"].strip('"'), one["LastModified"])

    def head(self, key: str) -> Entry | None:
        """See ``ObjectStore.head``."""
        with self._errors(key, "HeadObject"):
            found = self._uploader.head(self._prefix + check_key(key))
        return entry_of(key, found, size=found["ContentLength"]) if found else None

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Object:
        """See ``ObjectStore.read``."""
        if end is not None and end <= start:
            present = self.head(key)
            if present is None:
                raise NoSuchObjectError(self._reference(key), "there is no such object")
            return Object(present, b"")
        more: Any = {"Range": f"bytes={start}-{'' if end is None else end - 1}"} if (start, end) != (0, None) else {}
        with self._errors(key, "GetObject"):
            reply, data = self._get(check_key(key), more)
        return Object(entry_of(key, reply, size=full_size(reply)), data)

    def _get(self, key: str, more: Any) -> tuple[GetObjectOutputTypeDef, bytes]:
        """Read a reply with its whole body; the library repeats requests, but not when a body breaks off."""

        def ask() -> tuple[GetObjectOutputTypeDef, Callable[[], bytes]]:
            reply = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key, **more)
            seconds = self._limits.deadline_s(reply["ContentLength"])
            return reply, lambda: within(seconds, reply["Body"].read)

        for _ in range(_ATTEMPTS - 1):
            reply, body = ask()
            with suppress(BotoCoreError, StalledError):
                return reply, body()
        reply, body = ask()
        return reply, body()

    def stream(self, key: str) -> Iterator[bytes]:
        """See ``ObjectStore.stream``."""
        with self._errors(key, "GetObject"):
            reply = self._client.get_object(Bucket=self._bucket, Key=self._prefix + check_key(key))

        def pieces() -> Iterator[bytes]:
            with closing(reply["Body"]) as body, self._errors(key, "GetObject"):
                while piece := within(self._limits.deadline_s(_PIECE), lambda: body.read(_PIECE)):
                    yield piece

        return pieces()

    def put(self, wanted: Wanted, *, condition: Condition | None = None, on_bytes: OnBytes | None = None) -> str:
        """See ``ObjectStore.put``."""
        check_key(wanted.key)
        if wanted.source is None:
            raise StoreError(wanted.key, "there is nothing to upload")
        with self._errors(wanted.key, "PutObject"):
            return self._uploader.put(self._prefix + wanted.key, wanted, condition, on_bytes or (lambda _: None))

    def delete(self, keys: Sequence[str]) -> None:
        """See ``ObjectStore.delete``: one request for every 1,000 objects."""
        self._delete([{"Key": self._prefix + check_key(key)} for key in keys])

    def purge(self, keys: Sequence[str]) -> None:
        """See ``ObjectStore.purge``: without versioning in the bucket, this is ``delete``."""
        if not self._is_versioned:
            self.delete(keys)
            return
        found = self._versions(keys)
        self._delete(found.older)  # the newest last: while it is listed, a run that was cut short begins again here
        self._delete(found.newest)

    def purge_below(self, prefixes: Sequence[str], *, keep: frozenset[str]) -> None:
        """See ``ObjectStore.purge_below``."""
        if self._is_versioned:
            with self._errors("", "ListObjectVersions"):
                found = versions.below(self._client, self._bucket, [self._prefix + one for one in prefixes])
            kept = {self._prefix + key for key in keep}
            self._delete(found.older)
            self._delete([one for one in found.newest if one["Key"] not in kept])

    def forget_versions(self, keys: Sequence[str]) -> None:
        """See ``ObjectStore.forget_versions``."""
        if self._is_versioned:
            self._delete(self._versions(keys).older)

    def _versions(self, keys: Sequence[str]) -> versions.Versions:
        with self._errors("", "ListObjectVersions"):
            return versions.of_keys(self._client, self._bucket, [self._prefix + check_key(key) for key in keys])

    def abandon(self, *, before: datetime, withdrawn: tuple[str, ...] = ()) -> int:
        """See ``ObjectStore.abandon``; where listing uploads is not allowed, it is left to the bucket's own rules."""
        count = 0
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket, Prefix=self._prefix)
        with self._errors("", "ListMultipartUploads"):
            try:
                for one in (upload for page in pages for upload in page.get("Uploads", ())):
                    taken_back = one["Key"].removeprefix(self._prefix).startswith(withdrawn)
                    if one["Initiated"] < before or taken_back:
                        parts.abort(self._client, self._bucket, one["Key"], one["UploadId"])
                        count += 1
            except ClientError as error:
                if error_code(error.response) not in UNSUPPORTED | {"AccessDenied"}:
                    raise
        return count

    def setup(self, *, origins: Sequence[str] = ("*",), apply: bool) -> tuple[Setup, Setup]:
        """What the bucket's policy, CORS and lifecycle are, and what publishing needs them to be.

        With ``apply`` they are changed to that; rules of others in them stay.
        """
        with self._errors("", "GetBucketPolicy"):
            present = read_setup(self._client, self._bucket)
        needed = merged(present, self._bucket, self._prefix, origins=origins)
        if apply:
            with self._errors("", "PutBucketPolicy"):
                apply_setup(self._client, self._bucket, needed)
        return present, needed

    def _reference(self, key: str) -> str:
        return f"{self.address}/{key}" if key else self.address

    @contextmanager
    def _errors(self, key: str, operation: str) -> Iterator[None]:
        """Turn what boto3 raises into errors that a person can act on."""
        reference = self._reference(key)
        try:
            yield
        except ClientError as error:
            code = error_code(error.response)
            status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
            if code in MISSING:
                raise NoSuchObjectError(reference, "there is no such object") from None
            if code in CONFLICT:
                raise PreconditionFailedError(reference, "somebody else changed it") from None
            raise store_error(reference, code, operation=operation, status=status) from None
        except BotoCoreError as error:
            raise store_error(reference, type(error).__name__, operation=operation) from None
        except StalledError as error:
            raise store_error(reference, "ReadTimeoutError", operation=operation) from error
        except OSError as error:
            raise StoreError(reference, f"the file to upload cannot be read ({error.strerror})") from error

    @cached_property
    def _is_versioned(self) -> bool:
        with self._errors("", "GetBucketVersioning"):
            return versions.are_kept(self._client, self._bucket)

    def _delete(self, identifiers: Sequence[ObjectIdentifierTypeDef]) -> None:
        for start in range(0, len(identifiers), _DELETE_BATCH):
            batch = identifiers[start : start + _DELETE_BATCH]
            with self._errors(batch[0]["Key"].removeprefix(self._prefix), "DeleteObjects"):
                reply = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": batch, "Quiet": True})
            failed = [one for one in reply.get("Errors", ()) if one.get("Code") not in MISSING]
            if failed:
                key = failed[0].get("Key", "").removeprefix(self._prefix)
                raise not_removed(self._reference(key), failed[0].get("Code", ""), len(failed))


def open_s3(
    bucket: str,
    prefix: str,
    *,
    endpoint: str | None,
    profile: str | None,
    limits: Limits,
    known: Path | None = None,
) -> S3Store:
    """Open a bucket with credentials and region of ``profile``, else from the usual boto3 chain.

    ``known`` is a table in a workspace in which to remember what the store can do.

    Raises:
        StoreError: the profile or the endpoint is unusable.
    """
    try:
        session = boto3.Session(profile_name=profile)
        client = session.client(
            "s3",
            endpoint_url=endpoint,
            region_name=session.region_name or ("us-east-1" if endpoint else None),
            config=Config(
                signature_version="s3v4",
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                connect_timeout=limits.stall_s,  # also the time-out of each block of a body
                read_timeout=limits.stall_s,
                max_pool_connections=CONNECTIONS,
                tcp_keepalive=True,
                user_agent=f"Aftertalk/{metadata.version('aftertalk')} Boto3/{boto3.__version__}",
                s3={"addressing_style": "path" if endpoint else "auto"},
            ),
        )
    except (BotoCoreError, ValueError) as error:
        raise store_error(f"s3://{bucket}", type(error).__name__) from None
    s3_requests.sign_digests(client)
    s3_requests.send_small_at_once(client)
    s3_requests.set_deadlines(client, limits)
    s3_requests.repeat_damaged(client, _ATTEMPTS)
    return S3Store(client, bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else "", limits, known=known)
