"""Small tables in the workspace that only save time: what is damaged is begun anew, what cannot be written is left."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any


def read(path: Path, query: str, values: Sequence[object] = ()) -> list[Any]:
    """What a query finds in the file at ``path``; nothing where there is no usable one."""
    with suppress(sqlite3.Error), closing(_connect(path, "ro")) as db:
        return db.execute(query, values).fetchall()
    return []


def write(path: Path, table: str, rows: Sequence[Sequence[object]], columns: str) -> None:
    """Put rows in place of those with the same key.

    Args:
        path: the file; its folder is made.
        table: its name.
        rows: values of all columns.
        columns: as ``CREATE TABLE`` has them.
    """
    for _ in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(_connect(path, "rwc")) as db, db:
                # The names are our own.
                db.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
                places = ", ".join("?" * len(rows[0]))
                db.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({places})", rows)  # noqa: S608
        except (sqlite3.Error, OSError):  # damaged: begun anew; on a full disk the next run looks for itself
            with suppress(OSError):
                path.unlink(missing_ok=True)
        else:
            return


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=30)
