"""``python -m bench.publish_folder INDEX BUCKET ENDPOINT``: publish files as ``aftertalk publish`` does, in a process.

``INDEX`` is a JSON list of ``[key, path, bytes, SHA-256]``; a publish has these from what it made, and does not read
its media once more to know them.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from pipeline.storage import open_store
from pipeline.storage.protocol import Wanted
from pipeline.storage.publish import Options, publish


def catalog(generation: int, manifest: str) -> bytes:
    """The least that ``catalog.json`` can be."""
    return json.dumps({"generation": generation, "manifest": manifest}).encode()


def main(index: str, bucket: str, endpoint: str) -> None:
    """Make the files of ``index`` public in a bucket, guarded as in a run that holds the lease."""
    wanted = [
        Wanted.of_file(key, Path(path), size=size, sha256=digest)
        for key, path, size, digest in json.loads(Path(index).read_text())
    ]
    store = open_store(f"s3://{bucket}", base=Path(), endpoint=endpoint)
    publish(store, wanted, catalog, Options(guard=lambda: None, clock=lambda: datetime.now(UTC)))


if __name__ == "__main__":
    main(*sys.argv[1:])
