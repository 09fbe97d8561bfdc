"""Older versions of objects in buckets that keep them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef


@dataclass(frozen=True)
class Versions:
    """Versions and delete markers of some objects."""

    older: list[ObjectIdentifierTypeDef]
    newest: list[ObjectIdentifierTypeDef]
    """One for each object: what a listing of the bucket shows or, being a delete marker, hides."""


def are_kept(client: S3Client, bucket: str) -> bool:
    """Whether the bucket keeps (or has kept) versions; no, where the server does not know or may not tell."""
    try:
        return client.get_bucket_versioning(Bucket=bucket).get("Status") is not None
    except client.exceptions.ClientError:
        return False


def of_keys(client: S3Client, bucket: str, keys: Iterable[str]) -> Versions:
    """Every version and delete marker of some objects (full keys).

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
    return Versions(older, newest)
