"""Fetching a source that is an object of a bucket."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import SourceError, StoreError
from pipeline.fetch.result import WORK, Fetched, keep, recall
from pipeline.inbox.files import AUDIO_ENDINGS, VIDEO_ENDINGS
from pipeline.storage.protocol import Entry, ObjectStore

PIECE = 16 * 1024**2
"""Bytes of one request."""


def fetch_object(store: ObjectStore, key: str, url: str, folder: Path, *, max_bytes: int) -> Fetched:
    """Fetch an object into ``folder``, or find that what is there is still current; a broken fetch is gone on with.

    Raises:
        SourceError: there is no such object, it is too large, or it changed while it was fetched.
        StoreError: the store failed, and nothing was fetched before.
    """
    known = recall(folder, url)
    try:
        entry = store.head(key)
    except StoreError as error:
        if known is None:
            raise
        note = f"it could not be asked whether it changed ({error.message}); the copy fetched before is used"
        return known.model_copy(update={"note": note})
    if entry is None:
        raise SourceError(url, "there is no such object", hint="look for the right key with a client of your store")
    remote = {"ETag": entry.etag, "Content-Length": str(entry.size)}
    if known is not None and known.remote == remote:
        return known
    if entry.size > max_bytes:
        message = f"has {entry.size:,} bytes; at most {max_bytes:,} are fetched"
        raise SourceError(url, message, hint="raise 'fetch: max_bytes' in catalogue.yaml")
    media = _copy(store, entry, url, folder / WORK)
    outcome: dict[str, Any] = {
        "file": media,
        "title": PurePosixPath(key).stem,
        "subtitles": [],
        "thumbnail": None,
        "remote": remote,
    }
    return keep(folder, url, outcome)


def _copy(store: ObjectStore, entry: Entry, url: str, work: Path) -> str:
    """Copy the object in pieces, all of one version; the name of the file in ``work``."""
    work.mkdir(parents=True, exist_ok=True)
    part = work / f"{sha256(entry.etag.encode()).hexdigest()[:16]}.part"
    for other in work.iterdir():
        if other != part:
            other.unlink()
    with part.open("ab") as handle:
        while (offset := handle.tell()) < entry.size:
            piece = store.read(entry.key, start=offset, end=min(offset + PIECE, entry.size))
            if piece.entry.etag != entry.etag or not piece.data:
                raise SourceError(url, "it changed while it was fetched", hint="the next run fetches the new one")
            handle.write(piece.data)
    ending = PurePosixPath(entry.key).suffix.lower()
    media = work / f"media{ending if ending in VIDEO_ENDINGS | AUDIO_ENDINGS else '.bin'}"
    part.rename(media)
    return media.name
