"""An object store in memory, for tests and dry planning; it keeps every promise of the protocol."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import md5, sha256

from pipeline.errors import StoreError
from pipeline.storage.protocol import (
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

_PIECE = 1024 * 1024


class MemoryStore:
    """Objects in a dictionary; ``clock`` dates them."""

    def __init__(self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._objects: dict[str, tuple[Entry, bytes]] = {}
        self._properties: dict[str, tuple[str, str]] = {}
        self._lock = threading.Lock()
        self._clock = clock

    @property
    def address(self) -> str:
        """A name for messages."""
        return "memory"

    def capabilities(self) -> Capabilities:
        """Everything."""
        return Capabilities(creates=True, swaps=True)

    def properties(self, key: str) -> tuple[str, str]:
        """Content type and ``Cache-Control`` of an object, as they would be served."""
        return self._properties[check_key(key)]

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """See ``ObjectStore.list``."""
        with self._lock:
            entries = [entry for key, (entry, _) in sorted(self._objects.items()) if key.startswith(prefix)]
        yield from entries

    def head(self, key: str) -> Entry | None:
        """See ``ObjectStore.head``."""
        with self._lock:
            found = self._objects.get(check_key(key))
        return found[0] if found else None

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Object:
        """See ``ObjectStore.read``."""
        with self._lock:
            found = self._objects.get(check_key(key))
        if found is None:
            raise NoSuchObjectError(f"memory:{key}", "there is no such object")
        return Object(found[0], found[1][start:end])

    def stream(self, key: str) -> Iterator[bytes]:
        """See ``ObjectStore.stream``."""
        data = self.read(key).data
        return (data[start : start + _PIECE] for start in range(0, len(data), _PIECE))

    def put(self, wanted: Wanted, *, condition: Condition | None = None, on_bytes: OnBytes | None = None) -> str:
        """See ``ObjectStore.put``."""
        key = check_key(wanted.key)
        if wanted.source is None:
            raise StoreError(key, "there is nothing to upload")
        with wanted.open() as file:
            data = file.read()
        if len(data) != wanted.size or sha256(data).hexdigest() != wanted.sha256:
            raise StoreError(key, "the content is not what was announced", hint="run the command again")
        etag = md5(data, usedforsecurity=False).hexdigest()
        with self._lock:
            present = self._objects.get(key)
            if condition is not None and condition.etag != (present[0].etag if present else None):
                raise PreconditionFailedError(f"memory:{key}", "somebody else changed it")
            entry = Entry(key, len(data), etag, self._clock(), wanted.sha256)
            self._objects[key] = (entry, data)
            self._properties[key] = (wanted.content_type, wanted.cache)
        if on_bytes:
            on_bytes(len(data))
        return etag

    def delete(self, keys: Sequence[str]) -> None:
        """See ``ObjectStore.delete``."""
        with self._lock:
            for key in keys:
                self._objects.pop(check_key(key), None)

    purge = delete

    def purge_below(self, prefixes: Sequence[str], *, keep: frozenset[str]) -> None:
        """See ``ObjectStore.purge_below``: no older versions are kept here."""

    def forget_versions(self, keys: Sequence[str]) -> None:
        """See ``ObjectStore.forget_versions``: no older versions are kept here."""

    def abandon(self, *, before: datetime, withdrawn: tuple[str, ...] = ()) -> int:
        """See ``ObjectStore.abandon``: nothing is ever unfinished here."""
        del before, withdrawn
        return 0
