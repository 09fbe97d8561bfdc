"""A publisher in a process of its own, to be killed.

``python -m tests.store.publisher URL ENDPOINT FOLDER VERSION``
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path

from pipeline.storage import open_store
from pipeline.storage.parts import PART_BYTES
from pipeline.storage.protocol import Wanted
from tests.unit.storage.simulation import run, site

RECORDINGS = 40
LARGE = 2


def large_file(folder: Path, number: int, version: int) -> Wanted:
    """A file of three parts; the same for the same number and version."""
    path = folder / f"large-{number}-{version}"
    if not path.exists():
        block = f"{number} {version}\n".encode() * 1024
        half = path.with_suffix(".tmp")
        half.write_bytes(block * (5 * PART_BYTES // 2 // len(block)))
        half.replace(path)
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    key = f"media/e/large{number}/{digest[:16]}/1080p.mp4"
    return Wanted.of_file(key, path, size=path.stat().st_size, sha256=digest)


def wanted(folder: Path, version: int) -> list[Wanted]:
    """About 200 objects, two of them large; a third of them change from version to version."""
    recordings = {f"r{number}": f"{version if number % 3 == version % 3 else 0}" for number in range(RECORDINGS)}
    large = [large_file(folder, number, version % 2) for number in range(LARGE)]
    page = Wanted.of_bytes("e/s/large/index.html", f'["{large[0].key}", "{large[1].key}"]'.encode())
    return [*site(recordings), *large, page]


def main(url: str, endpoint: str, folder: str, version: str) -> None:
    """Publish one version, saying when it begins."""
    store = open_store(url, base=Path(folder), endpoint=endpoint or None)
    objects = wanted(Path(folder), int(version))
    print("ready", flush=True)  # noqa: T201 (the parent waits for it)
    run(store, objects, lambda: datetime.now(UTC))


if __name__ == "__main__":
    main(*sys.argv[1:])
