"""Older versions of objects in buckets that keep them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from os.path import commonprefix
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_MANY = 50


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

    One listing per folder, not per object; a single one of what they have in common where there are many folders.
    """
    asked = set(keys)
    folders = {key[: key.rfind("/") + 1] for key in asked}
    if len(folders) > _MANY:
        folders = {commonprefix(list(folders))}  # noqa: RUF071 (keys are strings, not paths)
    return _listed(client, bucket, folders, lambda key: key in asked)


def below(client: S3Client, bucket: str, prefixes: Iterable[str]) -> Versions:
    """Every version and delete marker of everything that is or was below some prefixes."""
    return _listed(client, bucket, set(prefixes), lambda _: True)


def _listed(client: S3Client, bucket: str, prefixes: Set[str], is_meant: Callable[[str], bool]) -> Versions:
    older: dict[tuple[str, str], ObjectIdentifierTypeDef] = {}
    newest: dict[tuple[str, str], ObjectIdentifierTypeDef] = {}
    for prefix in sorted(prefixes):
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
            for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if is_meant(one["Key"]):
                    which = newest if one["IsLatest"] else older
                    which[one["Key"], one["VersionId"]] = {"Key": one["Key"], "VersionId": one["VersionId"]}
    return Versions(list(older.values()), list(newest.values()))
