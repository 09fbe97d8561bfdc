"""Where the catalogue is published: one store protocol, its implementations, and the pure publish plan.

``open_store`` gives an ``ObjectStore`` for an address; ``publish.publish`` makes a set of objects public in it. The
protocol is in ``protocol.py``; the stores are ``local.py``, ``s3.py`` and, for tests, ``memory.py``; what is done
and in which order is decided by ``plan.py`` and carried out by ``execute.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import ConfigurationError
from pipeline.storage.bucket import describe
from pipeline.storage.limits import Limits
from pipeline.storage.local import LocalStore
from pipeline.storage.protocol import ObjectStore

S3_SCHEME = "s3://"
DEFAULT_LIMITS = Limits()


def open_store(
    url: str,
    *,
    base: Path,
    endpoint: str | None = None,
    profile: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    known: Path | None = None,
) -> ObjectStore:
    """Open a store by its address: a folder (relative to ``base``), or ``s3://bucket/prefix``.

    ``endpoint`` is the address of an S3-compatible service other than AWS; credentials are those of ``profile``,
    else of the usual boto3 chain. ``known`` is a table in a workspace in which to remember what the store can do.

    Raises:
        ConfigurationError: the address is not one of these.
        StoreError: the credentials or the endpoint are unusable.
    """
    if url.startswith(S3_SCHEME):
        from pipeline.storage.s3 import open_s3  # noqa: PLC0415 (boto3 takes long to load and is not always needed)

        bucket, _, prefix = url.removeprefix(S3_SCHEME).partition("/")
        if not bucket:
            raise ConfigurationError(url, "names no bucket", hint="write it as s3://bucket or s3://bucket/prefix")
        return open_s3(bucket, prefix, endpoint=endpoint, profile=profile, limits=limits, known=known)
    if "://" in url:
        raise ConfigurationError(url, "is not a place to publish to", hint="use a folder or s3://bucket/prefix")
    return LocalStore(base / url)


def setup_bucket(store: ObjectStore, *, apply: bool, origins: Sequence[str] = ("*",)) -> list[str]:
    """Compare how a bucket is set up with what publishing to it needs, and with ``apply`` change it.

    Returns the comparison in words, as it was before. Pages of ``origins`` may use the media from other hosts.

    Raises:
        ConfigurationError: the store is not a bucket.
        StoreError: the bucket's setup may not be read or changed with these credentials.
    """
    from pipeline.storage.s3 import S3Store  # noqa: PLC0415 (as above)

    if not isinstance(store, S3Store):
        raise ConfigurationError(store.address, "is not a bucket", hint="set up the web server; see docs/storage.md")
    present, needed = store.setup(origins=origins, apply=apply)
    return list(describe(present, needed))


def local_folder(url: str, *, base: Path) -> Path:
    """The folder that a place to publish to is.

    Raises:
        ConfigurationError: it is not a folder of this machine.
    """
    if "://" in url:
        raise ConfigurationError(url, "is not a folder of this machine", hint="look at it at its public address")
    return LocalStore(base / url).root


__all__ = ["Limits", "ObjectStore", "local_folder", "open_store", "setup_bucket"]
