"""How an object gets to S3: guarded by a condition, and verified."""

from __future__ import annotations

import secrets
from base64 import b64encode
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Any

from pipeline.errors import StoreError
from pipeline.storage.limits import Bandwidth, Limits, Paced
from pipeline.storage.parts import PART_BYTES, Parcel, check_content, send_parts
from pipeline.storage.protocol import Condition, OnBytes, PreconditionFailedError, Wanted
from pipeline.storage.s3_errors import CONFLICT, MISSING, error_code
from pipeline.storage.s3_short import ShortWay

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

_GONE = "NoSuchUpload"
"""Code of a finished (the reply was lost) or aborted upload in parts."""


class Uploader:
    """Puts objects into one bucket."""

    def __init__(self, client: S3Client, bucket: str, limits: Limits) -> None:
        self._client = client
        self._bucket = bucket
        self._bandwidth = Bandwidth(limits.bandwidth)
        self._short = ShortWay(client, limits, self._bandwidth)

    def put(self, key: str, wanted: Wanted, condition: Condition | None, on_bytes: OnBytes) -> str:
        """Send ``wanted`` to the full ``key``; returns its ETag.

        Raises:
            PreconditionFailedError: ``condition`` did not hold.
            StoreError: the content is not what was announced, or did not arrive whole.
            ClientError: the server refused.
        """
        nonce = secrets.token_hex(8)
        arguments = {
            "Bucket": self._bucket,
            "Key": key,
            "ContentType": wanted.content_type,
            "CacheControl": wanted.cache.value,
            "Metadata": {"sha256": wanted.sha256, "write": nonce},
        }

        def parcel(guard: dict[str, Any]) -> Parcel:
            return Parcel(wanted, arguments, guard, lambda data: Paced(data, self._bandwidth), on_bytes)

        try:
            return self._send(parcel(_guard(condition)))
        except self._client.exceptions.ClientError as error:
            code = error_code(error.response)
            if code not in CONFLICT | MISSING | {_GONE}:
                raise
            present = self.head(key)
            if present is not None and _is_own(present, wanted, nonce):
                return self._confirm(key, wanted)
            if condition is None or code == _GONE:
                raise
            if present is None or condition.etag is None or condition.etag != present["ETag"].strip('"'):
                raise PreconditionFailedError(wanted.key, "somebody else changed it") from None
        # The condition holds and yet was not met: this server compares ETags without quotes.
        return self._send(parcel({"IfMatch": condition.etag}))

    def head(self, key: str) -> HeadObjectOutputTypeDef | None:
        """What the server tells of an object; ``None`` when there is none."""
        try:
            return self._client.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
        except self._client.exceptions.ClientError as error:
            if error_code(error.response) in MISSING:
                return None
            raise

    def _send(self, parcel: Parcel) -> str:
        """Send, and make sure that it arrived: by its ETag where that is made of MD5s, else by asking."""
        large = parcel.wanted.size > PART_BYTES
        etag, expected = send_parts(self._client, parcel) if large else self._send_whole(parcel)
        return etag if etag == expected else self._confirm(parcel.place["Key"], parcel.wanted)

    def _send_whole(self, parcel: Parcel) -> tuple[str, str]:
        """Send an object in one request; returns its ETag, and the ETag it has on servers that make them of MD5s."""
        wanted = parcel.wanted
        with wanted.open() as file:
            data = file.read()
        check_content(wanted, len(data), sha256(data).hexdigest())
        digest = md5(data, usedforsecurity=False)
        arguments = {
            **parcel.arguments,
            **parcel.guard,
            "ContentMD5": b64encode(digest.digest()).decode(),
            "ChecksumSHA256": b64encode(bytes.fromhex(wanted.sha256)).decode(),
        }
        etag = self._short.put(arguments, data)
        if etag is None:
            etag = self._client.put_object(**arguments, Body=parcel.pace(data))["ETag"]
        parcel.on_bytes(len(data))
        return etag.strip('"'), digest.hexdigest()

    def _confirm(self, key: str, wanted: Wanted) -> str:
        """Compare size and digest of what is there now with what was sent; returns the ETag."""
        present = self.head(key)
        if present is not None:
            checksum = present.get("ChecksumSHA256", "")
            whole = b64encode(bytes.fromhex(wanted.sha256)).decode()
            same = present["ContentLength"] == wanted.size and present["Metadata"].get("sha256") == wanted.sha256
            if same and ("-" in checksum or checksum in {"", whole}):
                return present["ETag"].strip('"')
        raise StoreError(wanted.key, "it did not arrive whole", hint="run the command again")


def _guard(condition: Condition | None) -> dict[str, Any]:
    """The condition as arguments of a request."""
    if condition is None:
        return {}
    return {"IfNoneMatch": "*"} if condition.etag is None else {"IfMatch": f'"{condition.etag}"'}


def _is_own(present: HeadObjectOutputTypeDef, wanted: Wanted, nonce: str) -> bool:
    """Whether the object there is what a refused put had written: its first reply was lost.

    An upload in parts that was continued carries the nonce of the run that began it: there the content decides.
    """
    metadata = present["Metadata"]
    continued = wanted.size > PART_BYTES and metadata.get("sha256") == wanted.sha256
    return continued or metadata.get("write") == nonce
