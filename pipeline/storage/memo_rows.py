"""The rows of a memo: the objects of a store, read as far as somebody asks for them.

A run over a large archive needs a few hundred of hundreds of thousands. What asks for more gets them all, once.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, Set
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from catalog import urls
from pipeline.errors import StoreError
from pipeline.storage.protocol import Entry
from pipeline.storage.records import Published
from pipeline.storage.state import Remote

TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kinds (id INTEGER PRIMARY KEY, content_type TEXT, cache TEXT);
CREATE TABLE IF NOT EXISTS objects (key TEXT PRIMARY KEY, size INT, etag TEXT, modified INT, sha256 TEXT, md5 TEXT,
  kind INT, changed INT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS loose ON objects (key) WHERE sha256 IS NULL OR changed;
CREATE TABLE IF NOT EXISTS lots (name TEXT PRIMARY KEY, keys TEXT) WITHOUT ROWID;
"""
_OBJECTS = "SELECT key, size, etag, modified, sha256, md5, kind, changed FROM objects"
_DIGEST = "SELECT sha256 FROM objects WHERE key = ?"
_FEW = 20_000
"""Objects; whoever asks for more, one by one, gets them faster if all are read."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
Value = TypeVar("Value")
_Row = tuple[str, int, str, int, str | None, str | None, int | None, int]


class Objects(NamedTuple):
    """Some objects of a store."""

    entries: dict[str, Entry]
    published: dict[str, Published]
    """Those of the public record."""
    changed: frozenset[str]
    """Those of them that may differ from the record's base."""


class Rows:
    """Reads the objects that the file at ``path`` remembers; from any thread.

    Raises:
        StoreError: from every method, where the file turns out to be damaged. It is removed, so that the next run does
            without.
        sqlite3.Error: when it is opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        uri = f"{path.absolute().as_uri()}?mode=ro"
        self._db = sqlite3.connect(uri, uri=True, timeout=30, check_same_thread=False)
        kinds = self._db.execute("SELECT id, content_type, cache FROM kinds")
        self._kinds = {number: (kind, cache) for number, kind, cache in kinds}
        # Reads every page of the file, and so finds out whether it is whole.
        counts = "SELECT count(*), count(sha256) FROM objects"
        self.count, self.count_published = self._db.execute(counts).fetchone()
        # Buckets tell seconds: many moments are the same.
        self._moment = lru_cache(maxsize=10_000)(lambda us: _EPOCH + us * _MICROSECOND)
        self.one = lru_cache(maxsize=4)(self._one)

    @cached_property
    def all(self) -> Objects:
        """All of them."""
        return self._objects(_OBJECTS)

    @cached_property
    def loose(self) -> Objects:
        """Those that are not of the public record, or differ from its base."""
        return self._objects(f"{_OBJECTS} WHERE sha256 IS NULL OR changed")

    def some(self, keys: Iterable[str]) -> Objects:
        """Those of these keys that there are, and the loose ones."""
        found, loose = self._objects(f"{_OBJECTS} WHERE key = ?", ((key,) for key in keys)), self.loose
        published = loose.published | found.published
        return Objects(loose.entries | found.entries, published, loose.changed | found.changed)

    def keys(self, *, published: bool) -> list[str]:
        """The keys of all, or of those in the public record; nothing else of them is read."""
        query = "SELECT key FROM objects WHERE sha256 IS NOT NULL" if published else "SELECT key FROM objects"
        return [key for (key,) in self._rows(query)]

    def has(self, key: str, *, published: bool) -> bool:
        """Whether there is an object of that key; nothing else of it is read."""
        return any(digest is not None or not published for (digest,) in self._rows(_DIGEST, [(key,)]))

    def entries(self) -> Mapping[str, Entry]:
        """What a listing would give."""
        return _Lazy(self, lambda found: found.entries, self.count, published=False)

    def published(self) -> Mapping[str, Published]:
        """The objects of the public record."""
        return _Lazy(self, lambda found: found.published, self.count_published, published=True)

    def _one(self, key: str) -> Objects:
        """At most one: the same is mostly asked for several times in a row."""
        return self._objects(f"{_OBJECTS} WHERE key = ?", [(key,)])

    def _objects(self, query: str, values: Iterable[tuple[str, ...]] = ((),)) -> Objects:
        entries: dict[str, Entry] = {}
        published: dict[str, Published] = {}
        changed: list[str] = []
        entry, public = Entry._make, Published._make  # of hundreds of thousands; by their names they take twice as long
        for key, size, etag, modified, digest, own_md5, kind, is_changed in self._rows(query, values):
            entries[key] = entry((key, size, etag, self._moment(modified), None))
            if digest is not None:
                published[key] = public((size, digest, *self._kinds[kind], own_md5))
                if is_changed:
                    changed.append(key)
        return Objects(entries, published, frozenset(changed))

    def _rows(self, query: str, values: Iterable[tuple[str, ...]] = ((),)) -> list[Any]:
        with self._lock:
            try:
                return [row for one in values for row in self._db.execute(query, one)]
            except sqlite3.Error as error:
                self._path.unlink(missing_ok=True)
                hint = "run the command again: the store is looked at anew"
                raise StoreError(str(self._path), f"this file is damaged: {error}", hint=hint) from error


class _Lazy(Mapping[str, Value]):
    """What ``Rows`` has of each key, without reading all of it for a few."""

    def __init__(self, rows: Rows, pick: Callable[[Objects], dict[str, Value]], count: int, *, published: bool) -> None:
        self._rows = rows
        self._pick = pick
        self._count = count
        self._published = published
        self._asked = 0

    def __getitem__(self, key: str) -> Value:
        self._asked += 1
        is_read = self._is_read or self._asked > _FEW
        return self._pick(self._rows.all if is_read else self._rows.one(key))[key]

    def __contains__(self, key: object) -> bool:
        if self._is_read:
            return key in self._pick(self._rows.all)
        return isinstance(key, str) and self._rows.has(key, published=self._published)

    def __iter__(self) -> Iterator[str]:
        return iter(self._pick(self._rows.all) if self._is_read else self._rows.keys(published=self._published))

    def __len__(self) -> int:
        return self._count

    def keys(self) -> KeysView[str]:
        """Those of a dictionary, with which sets are made fast."""
        return self._pick(self._rows.all).keys()

    def items(self) -> ItemsView[str, Value]:
        """The same."""
        return self._pick(self._rows.all).items()

    @property
    def _is_read(self) -> bool:
        return "all" in vars(self._rows)


def write_objects(db: sqlite3.Connection, remote: Remote, keys: Set[str]) -> None:
    """Make the rows of these keys what ``remote`` says."""
    kinds = {(kind, cache): number for number, kind, cache in db.execute("SELECT id, content_type, cache FROM kinds")}

    def row(key: str, entry: Entry) -> _Row:
        start = (key, entry.size, entry.etag, (entry.modified - _EPOCH) // _MICROSECOND)
        one = remote.record.objects.get(key)
        if one is None:
            return (*start, None, None, None, 0)
        kind = kinds.setdefault((one.content_type, one.cache), len(kinds))
        return (*start, one.sha256, one.md5, kind, int(key in remote.record.changed))

    lasting = (key for key in sorted(keys) if not key.startswith(urls.LEASE))  # a lease is gone with its run
    rows = [row(key, entry) for key in lasting if (entry := remote.entries.get(key)) is not None]
    db.executemany("DELETE FROM objects WHERE key = ?", ((key,) for key in keys if key not in remote.entries))
    db.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    db.executemany("INSERT OR REPLACE INTO kinds VALUES (?, ?, ?)", ((n, *kind) for kind, n in kinds.items()))


def write_lots(db: sqlite3.Connection, lots: Mapping[str, str]) -> None:
    """Make the rows of lots what ``Remote.lots`` is."""
    there = {name for (name,) in db.execute("SELECT name FROM lots")}
    db.executemany("DELETE FROM lots WHERE name = ?", ((name,) for name in there - lots.keys()))
    db.executemany("INSERT INTO lots VALUES (?, ?)", ((name, lots[name]) for name in lots.keys() - there))
