"""What the machines of a cluster share: sources and artifacts in an object store (a bucket, or a shared folder).

Layout: ``sources/<sha256>``; ``artifacts/<key>/<sha256>`` for the files of an artifact, and, written last,
``artifacts/<key>/artifact.json``. Bytes are named by their digest, so two writers cannot mix theirs.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from catalog.manifest import Artifact
from pipeline.errors import StoreError
from pipeline.storage.protocol import NoSuchObjectError, ObjectStore, Wanted
from pipeline.workspace import RECORD, Workspace


@dataclass(frozen=True)
class WorkStore:
    """The shared store; safe to use from several threads and machines."""

    store: ObjectStore

    def find(self, key: str) -> Artifact | None:
        """The artifact of that key, if a machine has put it here."""
        try:
            return Artifact.model_validate_json(self.store.read(_record(key)).data)
        except (NoSuchObjectError, ValueError):
            return None

    def put(self, artifact: Artifact, workspace: Workspace) -> None:
        """Share an artifact whose files are all in ``workspace``.

        Raises:
            StoreError: the store cannot be written.
        """
        folder = workspace.folder(artifact.key)
        for one in artifact.files:
            self._put_file(_blob(artifact.key, one.sha256), folder / one.name, one.bytes, one.sha256)
        record = artifact.model_dump_json(exclude={"digest"}).encode()
        self.store.put(Wanted.of_bytes(_record(artifact.key), record))

    def fetch(self, artifact: Artifact, name: str, to: Path) -> None:
        """Copy a file of an artifact to ``to``.

        Raises:
            StoreError: it is not there, or not what the artifact says.
        """
        file = artifact.file(name)
        self._fetch(_blob(artifact.key, file.sha256), file.sha256, to)

    def put_source(self, path: Path, digest: str) -> None:
        """Share a file that recordings are made from; nothing is sent when the store has it."""
        self._put_file(_source(digest), path, path.stat().st_size, digest)

    def fetch_source(self, digest: str, to: Path) -> None:
        """Copy a shared source to ``to``.

        Raises:
            StoreError: it is not there, or not the same bytes.
        """
        self._fetch(_source(digest), digest, to)

    def drop(self, artifacts: Sequence[str], sources: Sequence[str] = ()) -> None:
        """Remove artifacts by their keys, and sources by their digests; records go first."""
        self.store.delete([_record(key) for key in artifacts])
        blobs = [one.key for key in artifacts for one in self.store.list(f"artifacts/{key}/")]
        self.store.delete([*blobs, *(_source(digest) for digest in sources)])

    def _put_file(self, key: str, path: Path, size: int, digest: str) -> None:
        present = self.store.head(key)
        if present is None or present.size != size:
            self.store.put(Wanted.of_file(key, path, size=size, sha256=digest))

    def _fetch(self, key: str, digest: str, to: Path) -> None:
        to.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=to.parent, prefix=".tmp-")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                self._copy(key, digest, file)
            temporary.replace(to)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _copy(self, key: str, digest: str, file: IO[bytes]) -> None:
        found = sha256()
        for piece in self.store.stream(key):
            found.update(piece)
            file.write(piece)
        if found.hexdigest() != digest:
            raise StoreError(key, "came with other bytes than were put there", hint="run the command again")


def _record(key: str) -> str:
    return f"artifacts/{key}/{RECORD}"


def _blob(key: str, digest: str) -> str:
    return f"artifacts/{key}/{digest}"


def _source(digest: str) -> str:
    return f"sources/{digest}"
