"""Large objects in parts: verified, in bounded memory, and continued where an earlier run stopped.

An upload in parts that fails stays in the store, so that the next run, on any machine, sends only the parts that
are missing; ``ObjectStore.abandon`` clears away those that nobody continued. It is begun without a checksum
algorithm, since some servers let only the same client finish one that has it; each part is guarded by its MD5
instead, and the whole by the SHA-256 of what was read.
"""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import md5, sha256
from typing import IO, TYPE_CHECKING, Any

from pipeline.errors import StoreError
from pipeline.storage.headers import Cache
from pipeline.storage.limits import Paced
from pipeline.storage.protocol import OnBytes, Wanted

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 8 * 1024 * 1024
"""Objects up to this size are sent in one request, larger ones in parts of (at least) this size."""
_MAX_PARTS = 9_000
"""S3 allows 10,000."""
_PARALLEL = 4
_SLOTS = threading.BoundedSemaphore(6)
"""Parts in memory at the same time, over all uploads of this process. With twelve, a server on two cores took
an eighth more processor time for the same bytes."""


def part_size(size: int) -> int:
    """Bytes of each part of an object of ``size`` bytes; the same in every run."""
    return max(PART_BYTES, -(-size // _MAX_PARTS))


def check_content(wanted: Wanted, size: int, digest: str) -> None:
    """Refuse to publish other bytes than were announced.

    Raises:
        StoreError: size or SHA-256 differ.
    """
    if size != wanted.size or digest != wanted.sha256:
        raise StoreError(wanted.key, "its content changed while it was being published", hint="run the command again")


@dataclass(frozen=True)
class Parcel:
    """An object on its way: where to, what, and at what pace.

    Attributes:
        arguments: of ``put_object`` and of ``create_multipart_upload``: bucket, key, headers.
        guard: the condition, an argument of the request that makes the object appear.
        pace: makes the body of a request from its bytes.
        on_bytes: hears of what has been sent.
    """

    wanted: Wanted
    arguments: Mapping[str, Any]
    guard: Mapping[str, Any]
    pace: Callable[[bytes], Paced]
    on_bytes: OnBytes

    @property
    def place(self) -> dict[str, Any]:
        """Bucket and key."""
        return {name: self.arguments[name] for name in ("Bucket", "Key")}


def send_parts(client: S3Client, parcel: Parcel) -> tuple[str, str]:
    """Send an object in parts; returns its ETag, and the ETag it has on servers that make them of MD5s.

    Raises:
        StoreError: the content is not what was announced; nothing is left of the upload.
    """
    wanted, place = parcel.wanted, parcel.place
    upload_id, present = _resumable(client, wanted, place) or (
        client.create_multipart_upload(**parcel.arguments)["UploadId"],
        {},
    )
    parts = _Parts(client, parcel, upload_id, present)
    try:
        digests = parts.send_all()
    except StoreError:
        abort(client, place["Bucket"], place["Key"], upload_id)
        raise
    completed: list[CompletedPartTypeDef] = [
        {"PartNumber": number, "ETag": etag} for number, etag in sorted(parts.etags.items())
    ]
    reply = client.complete_multipart_upload(
        **place, UploadId=upload_id, MultipartUpload={"Parts": completed}, **parcel.guard
    )
    expected = f"{md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"
    return reply["ETag"].strip('"'), expected


def abort(client: S3Client, bucket: str, key: str, upload_id: str) -> None:
    """Remove an unfinished upload with its parts; it may be gone already."""
    try:
        client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    except client.exceptions.NoSuchUpload:
        return


def _resumable(client: S3Client, wanted: Wanted, place: dict[str, Any]) -> tuple[str, dict[int, str]] | None:
    """The newest unfinished upload of this object and its parts (number -> ETag).

    Only where the address names the content can an upload be known to be of the same object.
    """
    if wanted.cache is not Cache.IMMUTABLE:
        return None
    found = client.list_multipart_uploads(Bucket=place["Bucket"], Prefix=place["Key"]).get("Uploads", [])
    own = sorted((one for one in found if one["Key"] == place["Key"]), key=lambda one: one["Initiated"])
    if not own:
        return None
    upload_id = own[-1]["UploadId"]
    parts: dict[int, str] = {}
    for page in client.get_paginator("list_parts").paginate(**place, UploadId=upload_id):
        parts.update({one["PartNumber"]: one["ETag"].strip('"') for one in page.get("Parts", ())})
    return upload_id, parts


class _Parts:
    """Sends the parts of one upload that the store does not have; used from several threads."""

    def __init__(self, client: S3Client, parcel: Parcel, upload_id: str, present: dict[int, str]) -> None:
        self._client = client
        self._parcel = parcel
        self._upload_id = upload_id
        self._present = present
        self.size = part_size(parcel.wanted.size)
        self.etags: dict[int, str] = {}
        self._ahead = threading.BoundedSemaphore(_PARALLEL + 1)

    def send_all(self) -> list[bytes]:
        """Read the content once, send its parts side by side and check that it is what was announced.

        Returns the MD5 of each part.

        Raises:
            StoreError: it is not.
        """
        futures: list[Future[bytes]] = []
        whole, size = sha256(), 0
        with (
            ThreadPoolExecutor(max_workers=_PARALLEL, thread_name_prefix="part") as pool,
            self._parcel.wanted.open() as file,
        ):
            try:
                while data := self._read(file, futures):
                    futures.append(pool.submit(self._send, len(futures) + 1, data))
                    futures[-1].add_done_callback(self._release)
                    whole.update(data)
                    size += len(data)
                digests = [future.result() for future in futures]
            finally:
                for future in futures:
                    future.cancel()
        check_content(self._parcel.wanted, size, whole.hexdigest())
        return digests

    def _read(self, file: IO[bytes], sent: Sequence[Future[bytes]]) -> bytes:
        """The next part, when there is room for it; empty at the end. Raises what a part before has failed with."""
        self._ahead.acquire()
        _SLOTS.acquire()
        data = b""
        try:
            for future in sent:
                if future.done():
                    future.result()
            data = file.read(self.size)
        finally:
            if not data:
                self._release()
        return data

    def _release(self, _: object = None) -> None:
        _SLOTS.release()
        self._ahead.release()

    def _send(self, number: int, data: bytes) -> bytes:
        """Send one part unless it is there; returns its MD5."""
        digest = md5(data, usedforsecurity=False)
        etag = self._present.get(number)
        if etag != digest.hexdigest():
            reply = self._client.upload_part(
                **self._parcel.place,
                UploadId=self._upload_id,
                PartNumber=number,
                Body=self._parcel.pace(data),
                ContentMD5=b64encode(digest.digest()).decode(),
            )
            etag = reply["ETag"].strip('"')
        self.etags[number] = etag
        self._parcel.on_bytes(len(data))
        return digest.digest()
