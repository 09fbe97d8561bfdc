"""What a workspace remembers of a store, so that a run need not list it.

After a publish, or a listing, the **memo** keeps what the store holds. The next run asks for the entry of
``catalog.json`` and lists the few records below ``state/``: when both are as remembered, nobody published or began to
since, and the memo stands for a listing. It does so for a day at most; then, or when anything is not as remembered, the
store is listed again. A store of a few thousand objects is listed and compared each time all the same: that costs a few
requests, and shows at once what somebody did to it.

The memo is void from before the first write of a publish until its end, so a run that failed or was killed is followed
by one that lists. A cache: it may be deleted at any time.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path
from typing import Any

from catalog import urls
from pipeline.errors import StoreError
from pipeline.storage import headers
from pipeline.storage.actions import Plan
from pipeline.storage.memo_rows import TABLES, Rows, write_lots, write_objects
from pipeline.storage.noted import NotedStore
from pipeline.storage.protocol import Entry, ObjectStore
from pipeline.storage.records import Record
from pipeline.storage.state import Remote, read_remote

SCHEMA = 2
KEPT_FOR = timedelta(days=1)
"""How long a listing counts: what others do to a store without publishing is noticed after this time at most."""
MANY = 5_000
"""Objects; a store that holds fewer is listed each time, with one request for a thousand of them."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Memo:
    """The memo of one place, in a file of the workspace; used under the workspace's lock, or only read."""

    def __init__(self, path: Path, place: str) -> None:
        """``place`` tells the place from every other, its service included."""
        self._path = path
        self._place = place
        self._known: Remote | None = None
        """What the file holds, void or not, once it was read or written as a whole."""
        self._listed = _EPOCH
        """When the store was last listed."""

    def remote(self, store: ObjectStore, *, now: datetime, may_keep: bool = True) -> Remote:
        """What ``store`` holds: from memory where that can be trusted, else listed, and then remembered.

        Raises:
            StoreError: the store cannot be read.
        """
        if (known := self._recall(store, now, at_once=not may_keep)) is not None:
            return known
        found = read_remote(store)
        found = replace(found, lots=self._lots(found))
        self._listed = now
        if may_keep and self._write(found):
            self._known = found
        return found

    def stands(self, store: ObjectStore, *, now: datetime) -> bool:
        """Whether the store is as remembered: two requests.

        Raises:
            StoreError: the store cannot be read.
        """
        return self._look(store, now) is not None

    def void(self) -> None:
        """Do not trust it any more: something is about to be written."""
        with suppress(sqlite3.Error), self._open(create=False) as db:
            db.execute("DELETE FROM facts WHERE name = 'valid'")
            return
        self._remove()  # there is none, or it is damaged

    def follow(
        self, before: Remote, plan: Plan, noted: NotedStore, catalog: bytes, lots: Mapping[str, str] | None = None
    ) -> None:
        """Remember what the store holds, ``lots`` of it as a whole, after ``plan`` was carried out on ``before``.

        Not after something was taken back, nor while anything unfinished lies there: the next run looks for itself.
        """
        sent = {one.wanted.key for one in plan.uploads}
        if plan.taken_back or before.unfinished or not sent <= noted.written.keys():
            return
        committed = noted.written.get(urls.CATALOG)
        entry = noted.head(urls.CATALOG) if committed else before.entries[urls.CATALOG]
        if entry is None or (committed and committed != (entry.size, entry.etag)):
            return  # another publisher was here already
        new = {key: Entry(key, size, etag, entry.modified) for key, (size, etag) in noted.written.items()}
        kept = {key: one for key, one in before.entries.items() if key not in noted.removed}
        after = Remote(
            address=before.address,
            entries={**kept, **new},
            catalog=catalog,
            catalog_etag=entry.etag,
            generation=plan.generation,
            record_key=plan.record_key,
            record=plan.after,
            md5_etags=before.md5_etags or entry.etag == md5(catalog, usedforsecurity=False).hexdigest(),
            lots=lots or {},
        )
        gone = before.record.objects.keys() - after.record.objects.keys()
        touched = new.keys() | noted.removed | gone | (before.record.changed ^ after.record.changed)
        is_known = before is self._known or before.record.rest > 0
        self._known = after if self._write(after, touched if is_known else None) and not after.record.rest else None

    def _write(self, remote: Remote, keys: Set[str] | None = None) -> bool:
        """Write down ``remote``, anew or where it differs from what is written: in these keys and no others."""
        if not _is_whole(remote, keys):
            return False
        if keys is None:
            self._remove()
        try:
            with self._open() as db:
                write_objects(db, remote, remote.entries.keys() if keys is None else keys)
                write_lots(db, remote.lots)
                _write_facts(db, remote, self._place, self._listed)
        except sqlite3.Error:  # a full disk, a damaged file: the next run lists
            self._remove()
            return False
        return True

    def _recall(self, store: ObjectStore, now: datetime, *, at_once: bool) -> Remote | None:
        facts = self._look(store, now)
        if facts is None:
            return None
        self._listed = datetime.fromisoformat(facts["listed"])
        if self._known is None:
            try:
                with self._open(create=False) as db:
                    rows, lots = Rows(self._path), _read_lots(db, facts)
                    self._known = _read(rows, facts, lots, store.address)
                    if at_once:  # nobody keeps others from writing meanwhile
                        len(rows.all.entries)
            except (StoreError, sqlite3.Error, zlib.error, ValueError, KeyError, TypeError):
                self._known = None
                self._remove()
        return self._known

    def _lots(self, found: Remote) -> Mapping[str, str]:
        """The lots of the public generation, where its record is the remembered one and the store has all of it."""
        try:
            with self._open(create=False) as db:
                facts = dict(db.execute("SELECT name, value FROM facts"))
                is_known = (facts.get("record"), facts.get("place")) == (found.record_key, self._place)
                return _read_lots(db, facts) if is_known and _is_whole(found) else {}
        except sqlite3.Error:
            return {}

    def _look(self, store: ObjectStore, now: datetime) -> Mapping[str, Any] | None:
        """The facts, if they still hold."""
        try:
            with self._open(create=False) as db:
                facts = dict(db.execute("SELECT name, value FROM facts"))
                is_large = db.execute("SELECT 1 FROM objects LIMIT 1 OFFSET ?", (MANY - 1,)).fetchone()
                looked = urls.STATE if is_large else ""
                rows = db.execute("SELECT key, size, etag FROM objects WHERE key GLOB ?", (f"{looked}*",)).fetchall()
            if (facts.get("valid"), facts["place"]) != (SCHEMA, self._place):
                return None
            if not timedelta() <= now - datetime.fromisoformat(facts["listed"]) < KEPT_FOR:
                return None
            before = json.loads(facts["entry"])
        except (sqlite3.Error, KeyError, ValueError, TypeError):
            return None
        entry = store.head(urls.CATALOG)
        if entry is None or _identity(entry) != before:
            return None
        listed = ((one.key, one.size, one.etag) for one in store.list(looked) if not one.key.startswith(urls.LEASE))
        return facts if sorted(listed) == sorted(rows) else None

    def _remove(self) -> None:
        for path in (self._path, self._path.with_name(f"{self._path.name}-journal")):
            path.unlink(missing_ok=True)

    @contextmanager
    def _open(self, *, create: bool = True) -> Iterator[sqlite3.Connection]:
        """The file, in one transaction."""
        if create:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        mode = "rwc" if create else "rw"
        with closing(sqlite3.connect(f"file:{self._path}?mode={mode}", uri=True, timeout=30)) as db, db:
            if create:
                db.executescript(TABLES)
            yield db


def _is_whole(remote: Remote, keys: Set[str] | None = None) -> bool:
    """Whether the public record and the listing agree (in these keys), and nobody left anything unfinished."""
    if remote.catalog is None or remote.unfinished or remote.record.generation != remote.generation:
        return False
    objects = remote.record.objects
    return all(remote.intact(key, objects[key]) for key in (objects.keys() if keys is None else objects.keys() & keys))


def _identity(entry: Entry) -> list[object]:
    return [entry.etag, entry.size, int(entry.modified.timestamp())]  # answers to HEAD know no fractions


def _write_facts(db: sqlite3.Connection, remote: Remote, place: str, listed: datetime) -> None:
    facts: dict[str, object] = {
        "valid": SCHEMA,
        "listed": listed.isoformat(),
        "place": place,
        "entry": json.dumps(_identity(remote.entries[urls.CATALOG])),
        "catalog": zlib.compress(remote.catalog or b"", 1),
        "generation": remote.generation,
        "record": remote.record_key,
        "base": remote.record.base,
        "gone": json.dumps(sorted(remote.record.changed - remote.record.objects.keys())),
        "retired": json.dumps(remote.record.retired),
        "md5_etags": int(remote.md5_etags),
        "serving": headers.rules(),
    }
    db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts.items())


def _read_lots(db: sqlite3.Connection, facts: Mapping[str, Any]) -> Mapping[str, str]:
    """None where objects are served in another way by now than when they were sent."""
    return dict(db.execute("SELECT name, keys FROM lots")) if facts.get("serving") == headers.rules() else {}


def _read(rows: Rows, facts: Mapping[str, Any], lots: Mapping[str, str], address: str) -> Remote:
    entry = rows.one(urls.CATALOG).entries[urls.CATALOG]
    gone = frozenset(json.loads(facts["gone"]))
    remote = Remote(
        address=address,
        entries=rows.entries(),
        catalog=zlib.decompress(facts["catalog"]),
        catalog_etag=entry.etag,
        generation=facts["generation"],
        record_key=facts["record"],
        record=Record(
            facts["generation"],
            rows.published(),
            {str(key): int(since) for key, since in json.loads(facts["retired"]).items()},
            facts["base"],
            gone | rows.loose.changed,
        ),
        md5_etags=bool(facts["md5_etags"]),
        lots=lots,
    )

    def narrow(keys: Iterable[str]) -> Remote:
        found = rows.some(keys)
        rest = rows.count_published - len(found.published)
        record = replace(remote.record, objects=found.published, rest=rest)
        return replace(remote, entries=found.entries, record=record)

    return replace(remote, narrow=narrow)
