"""Which objects each rendered part of the site consists of: a table in the workspace.

A run reads and writes the rows of what changed, however large the site is. A cache: what is damaged, or was written by
another version, is begun anew.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from hashlib import md5, sha256
from pathlib import Path
from typing import NamedTuple

from pipeline.workspace import writing

SCHEMA = 2
_UNKNOWN = 0
"""In the place of the schema: some run did not come to its end, and may have left files that no row names."""
_TABLES = """
CREATE TABLE IF NOT EXISTS parts (fingerprint TEXT PRIMARY KEY, objects TEXT NOT NULL) WITHOUT ROWID;
"""


class SiteObject(NamedTuple):
    """An object of a part."""

    key: str
    size: int
    """Bytes."""
    sha256: str
    md5: str

    @classmethod
    def of(cls, key: str, content: bytes) -> SiteObject:
        """An object of ``content``."""
        digest = md5(content, usedforsecurity=False).hexdigest()
        return cls(key, len(content), sha256(content).hexdigest(), digest)


class SiteIndex:
    """The table in the file at ``path``; one run at a time writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()

    def fingerprints(self) -> set[str]:
        """Of every part that is known."""
        return {name for (name,) in self._rows("SELECT fingerprint FROM parts")}

    def objects(self, fingerprints: Iterable[str]) -> dict[str, tuple[SiteObject, ...]]:
        """The objects of those parts that are known."""
        query = "SELECT fingerprint, objects FROM parts WHERE fingerprint = ?"
        found = {name: _parsed(text) for name, text in self._rows(query, ((one,) for one in fingerprints))}
        return {name: objects for name, objects in found.items() if objects is not None}

    @contextmanager
    def changing(
        self, now: Collection[str], new: Mapping[str, Sequence[SiteObject]]
    ) -> Iterator[Collection[str] | None]:
        """Write down ``new`` parts, and forget all that are not of ``now``.

        Gives the parts that are forgotten, whose files are to be removed inside; ``None`` where nobody knows what lies
        there besides what ``fingerprints`` tells.

        Raises:
            MachineError: the table cannot be written.
        """
        with self._writing() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            with db:
                db.execute(f"PRAGMA user_version = {_UNKNOWN}")
                forgotten = _replace(db, now, new)
            yield forgotten if version == SCHEMA else None
            with db:
                db.execute(f"PRAGMA user_version = {SCHEMA}")

    def _rows(self, query: str, values: Iterable[tuple[str, ...]] = ((),)) -> list[tuple[str, ...]]:
        """What a query finds with each of the values; nothing where there is no table that can be read."""
        try:
            with closing(sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True, timeout=30)) as db:
                (version,) = db.execute("PRAGMA user_version").fetchone()
                if version not in {SCHEMA, _UNKNOWN}:
                    return []
                return [row for one in values for row in db.execute(query, one)]
        except sqlite3.Error:
            return []

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with writing(self._path):
            if not self._is_usable():
                self._path.unlink(missing_ok=True)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=30)) as db:
                db.executescript(_TABLES)
                yield db

    def _is_usable(self) -> bool:
        try:
            with closing(sqlite3.connect(self._path, timeout=30)) as db:
                (version,) = db.execute("PRAGMA user_version").fetchone()
                db.executescript(_TABLES)
                return version in {SCHEMA, _UNKNOWN}
        except sqlite3.Error:
            return False


def _replace(db: sqlite3.Connection, now: Collection[str], new: Mapping[str, Sequence[SiteObject]]) -> set[str]:
    """Change the rows; returns the parts that are forgotten."""
    forgotten = {name for (name,) in db.execute("SELECT fingerprint FROM parts")}.difference(now)
    db.executemany("DELETE FROM parts WHERE fingerprint = ?", ((name,) for name in forgotten))
    rows = ((name, json.dumps(objects, ensure_ascii=False)) for name, objects in new.items())
    db.executemany("INSERT OR REPLACE INTO parts VALUES (?, ?)", rows)
    return forgotten


def _parsed(text: str) -> tuple[SiteObject, ...] | None:
    """The objects of a row; ``None`` of a damaged one."""
    try:
        return tuple(map(SiteObject._make, json.loads(text)))
    except (ValueError, TypeError):
        return None
