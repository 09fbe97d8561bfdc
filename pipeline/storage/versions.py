"""Older versions of objects in buckets that keep them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef


def of_keys(
    client: S3Client, bucket: str, keys: Iterable[str]
) -> tuple[list[ObjectIdentifierTypeDef], list[ObjectIdentifierTypeDef]]:
    """Every version and delete marker of some objects (full keys): the older ones, and the newest of each object.

    One listing (or a few) per folder, not per object.
    """
    asked = set(keys)
    older: list[ObjectIdentifierTypeDef] = []
    newest: list[ObjectIdentifierTypeDef] = []
    for folder in sorted({key[: key.rfind("/") + 1] for key in asked}):
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=folder):
            for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if one["Key"].rpartition("/")[0] == folder.rstrip("/") and one["Key"] in asked:
                    which = newest if one["IsLatest"] else older
                    which.append({"Key": one["Key"], "VersionId": one["VersionId"]})
    return older, newest
