"""SHA-256 of files, remembered by path, size, inode and modification time so that large sources are read once."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from contextlib import closing
from pathlib import Path

SETTLED_NS = 2_000_000_000
"""A file changed less than this long before it was read may change again within the same timestamp."""


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


class DigestCache:
    """Digests of files outside the workspace. A lost or broken cache costs time, never correctness."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def sha256(self, path: Path) -> str:
        """The SHA-256 of ``path``, from memory when size, inode, modification and change time are the same.

        Raises:
            OSError: it cannot be read.
        """
        stat = path.stat()
        stamp = (str(path.resolve()), stat.st_size, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns)
        known = self._get(stamp)
        if known is not None:
            return known
        digest = sha256_file(path)
        if time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > SETTLED_NS:
            self._put(stamp, digest)
        return digest

    def _get(self, stamp: tuple[str, int, int, int, int]) -> str | None:
        try:
            with closing(self._connect()) as connection:
                query = "SELECT sha256 FROM digests WHERE path=? AND size=? AND inode=? AND mtime=? AND ctime=?"
                row = connection.execute(query, stamp).fetchone()
        except sqlite3.Error:
            return None
        return str(row[0]) if row else None

    def _put(self, stamp: tuple[str, int, int, int, int], digest: str) -> None:
        try:
            with closing(self._connect()) as connection, connection:
                connection.execute("INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?, ?, ?)", (*stamp, digest))
        except sqlite3.Error:
            self._path.unlink(missing_ok=True)

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=30)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS digests (path TEXT PRIMARY KEY, size INT, inode INT, mtime INT, ctime INT, "
            "sha256 TEXT) WITHOUT ROWID"
        )
        return connection
