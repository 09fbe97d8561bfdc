"""What S3's replies say of an object. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.storage.protocol import Entry

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, HeadObjectOutputTypeDef


def entry_of(key: str, reply: HeadObjectOutputTypeDef | GetObjectOutputTypeDef, *, size: int) -> Entry:
    """The entry of an object of ``size`` bytes."""
    return Entry(key, size, reply["ETag"].strip('"'), reply["LastModified"], reply["Metadata"].get("sha256"))


def full_size(reply: GetObjectOutputTypeDef) -> int:
    """Size of the whole object, of which the reply may be a range (``bytes 0-9/1234``)."""
    total = reply.get("ContentRange", "").rpartition("/")[2]
    return int(total) if total.isdigit() else reply["ContentLength"]
