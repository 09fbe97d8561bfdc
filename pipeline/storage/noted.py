"""A store that remembers what was written to it and removed from it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime

from pipeline.storage.protocol import Capabilities, Condition, Entry, Object, ObjectStore, OnBytes, Wanted


class NotedStore:
    """Everything goes to ``store``, and is noted once it succeeded."""

    def __init__(self, store: ObjectStore) -> None:
        self.written: dict[str, tuple[int, str]] = {}
        """Key -> size in bytes and ETag, of objects that were written, or were found to be there already."""
        self.removed: set[str] = set()
        self._store = store
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """See ``ObjectStore.address``."""
        return self._store.address

    def capabilities(self) -> Capabilities:
        """See ``ObjectStore.capabilities``."""
        return self._store.capabilities()

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """See ``ObjectStore.list``."""
        return self._store.list(prefix)

    def head(self, key: str) -> Entry | None:
        """See ``ObjectStore.head``."""
        if (entry := self._store.head(key)) is not None:
            self._note(key, entry.size, entry.etag)
        return entry

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Object:
        """See ``ObjectStore.read``."""
        return self._store.read(key, start=start, end=end)

    def stream(self, key: str) -> Iterator[bytes]:
        """See ``ObjectStore.stream``."""
        return self._store.stream(key)

    def put(self, wanted: Wanted, *, condition: Condition | None = None, on_bytes: OnBytes | None = None) -> str:
        """See ``ObjectStore.put``."""
        etag = self._store.put(wanted, condition=condition, on_bytes=on_bytes)
        self._note(wanted.key, wanted.size, etag)
        return etag

    def delete(self, keys: Sequence[str]) -> None:
        """See ``ObjectStore.delete``."""
        self._store.delete(keys)
        self._forget(keys)

    def purge(self, keys: Sequence[str]) -> None:
        """See ``ObjectStore.purge``."""
        self._store.purge(keys)
        self._forget(keys)

    def purge_below(self, prefixes: Sequence[str], *, keep: frozenset[str]) -> None:
        """See ``ObjectStore.purge_below``."""
        self._store.purge_below(prefixes, keep=keep)

    def forget_versions(self, keys: Sequence[str]) -> None:
        """See ``ObjectStore.forget_versions``."""
        self._store.forget_versions(keys)

    def abandon(self, *, before: datetime, withdrawn: tuple[str, ...] = ()) -> int:
        """See ``ObjectStore.abandon``."""
        return self._store.abandon(before=before, withdrawn=withdrawn)

    def _note(self, key: str, size: int, etag: str) -> None:
        with self._lock:
            self.removed.discard(key)
            self.written[key] = size, etag

    def _forget(self, keys: Sequence[str]) -> None:
        with self._lock:
            self.removed.update(keys)
            for key in keys:
                self.written.pop(key, None)
