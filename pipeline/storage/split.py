"""Two stores as one: media in a place of their own, everything else in another.

Publishing knows one store. What it promises of the order of things holds here too, since each operation goes to the
one store that its key belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge

from catalog import urls
from pipeline.storage.protocol import Capabilities, Condition, Entry, Object, ObjectStore, OnBytes, Wanted


class SplitStore:
    """Keys below ``media/`` are in one store, all others in another."""

    def __init__(self, pages: ObjectStore, media: ObjectStore) -> None:
        self.pages = pages
        self.media = media

    @property
    def address(self) -> str:
        """That of the pages: ``catalog.json`` is there."""
        return self.pages.address

    def capabilities(self) -> Capabilities:
        """What both stores can do."""
        one, other = self.pages.capabilities(), self.media.capabilities()
        return Capabilities(one.creates and other.creates, one.swaps and other.swaps)

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """See ``ObjectStore.list``; what other people keep in the wrong one of the two does not count."""
        below = prefix if prefix.startswith(urls.MEDIA) else urls.MEDIA
        media = self.media.list(below) if below.startswith(prefix) else iter(())
        pages = iter(()) if prefix.startswith(urls.MEDIA) else self.pages.list(prefix)
        others = (entry for entry in pages if not entry.key.startswith(urls.MEDIA))
        yield from merge(media, others, key=lambda entry: entry.key)

    def head(self, key: str) -> Entry | None:
        """See ``ObjectStore.head``."""
        return self._of(key).head(key)

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Object:
        """See ``ObjectStore.read``."""
        return self._of(key).read(key, start=start, end=end)

    def stream(self, key: str) -> Iterator[bytes]:
        """See ``ObjectStore.stream``."""
        return self._of(key).stream(key)

    def put(self, wanted: Wanted, *, condition: Condition | None = None, on_bytes: OnBytes | None = None) -> str:
        """See ``ObjectStore.put``."""
        return self._of(wanted.key).put(wanted, condition=condition, on_bytes=on_bytes)

    def delete(self, keys: Sequence[str]) -> None:
        """See ``ObjectStore.delete``."""
        for store, own in self._divide(keys):
            store.delete(own)

    def purge(self, keys: Sequence[str]) -> None:
        """See ``ObjectStore.purge``."""
        for store, own in self._divide(keys):
            store.purge(own)

    def purge_below(self, prefixes: Sequence[str], *, keep: frozenset[str]) -> None:
        """See ``ObjectStore.purge_below``."""
        for store, own in self._divide(prefixes):
            store.purge_below(own, keep=keep)

    def forget_versions(self, keys: Sequence[str]) -> None:
        """See ``ObjectStore.forget_versions``."""
        for store, own in self._divide(keys):
            store.forget_versions(own)

    def abandon(self, *, before: datetime, withdrawn: tuple[str, ...] = ()) -> int:
        """See ``ObjectStore.abandon``."""
        return sum(store.abandon(before=before, withdrawn=withdrawn) for store in (self.pages, self.media))

    def _of(self, key: str) -> ObjectStore:
        return self.media if key.startswith(urls.MEDIA) else self.pages

    def _divide(self, keys: Sequence[str]) -> Iterator[tuple[ObjectStore, Sequence[str]]]:
        for store in (self.pages, self.media):
            if own := [key for key in keys if self._of(key) is store]:
                yield store, own
