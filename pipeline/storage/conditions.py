"""Whether an S3 server honours conditional writes: tried, not assumed. Several take them and ignore them.

That one honours them is remembered for a day, where there is a workspace to remember it in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import rows
from pipeline.storage.protocol import Capabilities
from pipeline.storage.s3_errors import CONFLICT, UNSUPPORTED, error_code

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

KEPT_FOR_S = 86_400
"""Servers are replaced, seldom; a day later at most, one that does less is found out."""
_COLUMNS = "place TEXT PRIMARY KEY, tried INT NOT NULL"


def remembered(path: Path, place: str, find: Callable[[], Capabilities]) -> Capabilities:
    """What ``find`` found out about ``place`` during the last day, or finds now.

    Args:
        path: a small table in the workspace.
        place: tells the store from every other, its service included.
        find: asks the store.
    """
    now = int(time.time())
    for (tried,) in rows.read(path, "SELECT tried FROM guarded WHERE place = ?", (place,)):
        if 0 <= now - tried < KEPT_FOR_S:
            return Capabilities(creates=True, swaps=True)
    found = find()
    if found.guards_commit:  # of a store that can do less it shall be noticed when it learns more
        rows.write(path, "guarded", [(place, now)], _COLUMNS)
    return found


def probe(client: S3Client, bucket: str, key: str) -> Capabilities:
    """Find out by writes that must be refused whether conditions are honoured.

    The probe object stays, so that probes need no preparation, and no two of them disturb each other.
    """

    def refused(**guard: Any) -> bool:
        try:
            client.put_object(Bucket=bucket, Key=key, Body=b"Aftertalk tries conditional writes here.\n", **guard)
        except client.exceptions.ClientError as error:
            if error_code(error.response) in CONFLICT | UNSUPPORTED:
                return error_code(error.response) in CONFLICT
            raise
        return False

    creates = refused(IfNoneMatch="*") or refused(IfNoneMatch="*")
    return Capabilities(creates=creates, swaps=refused(IfMatch='"00000000000000000000000000000000"'))
