"""The workspace ``.aftertalk/``: a cache of artifacts, known by their keys. It may be deleted at any time.

An artifact is made in a temporary folder, every file is hashed and flushed, and one rename puts it in place: a run
killed anywhere leaves either the whole artifact or none. One run at a time holds the lock.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import socket
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from catalog.manifest import Artifact, ArtifactFile
from pipeline.digests import sha256_file
from pipeline.errors import LockHeldError, MachineError
from pipeline.freshness import Task

RECORD = "artifact.json"
"""Describes an artifact; its date tells when the artifact was last used."""
_USED_S = 3600.0


class Workspace:
    """Artifacts on this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._artifacts = root / "artifacts"
        self._temporary = root / "tmp"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the workspace alone; what a killed run left half-made is removed first.

        Raises:
            LockHeldError: another run holds it.
            MachineError: the folder cannot be written.
        """
        with writing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            handle = (self.root / "lock").open("a+")
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                handle.seek(0)
                holder = handle.read().strip() or "another process"
                raise LockHeldError(
                    str(self.root), f"another run works on this catalogue: {holder}", hint="wait until it has ended"
                ) from error
            with writing(self.root):
                handle.truncate(0)
                handle.write(f"process {os.getpid()} on {socket.gethostname()}\n")
                handle.flush()
                shutil.rmtree(self._temporary, ignore_errors=True)
            yield

    def identity(self) -> str:
        """A name that no other workspace has, not even a copy of this one on another machine."""
        path = self.root / "identity"
        with writing(self.root):
            if not path.is_file():
                write_atomically(path, secrets.token_hex(8).encode())
            return f"{path.read_text()}@{socket.gethostname()}"

    def folder(self, key: str) -> Path:
        """Where the artifact of that key is kept."""
        return self._artifacts / key[:2] / key

    def find(self, key: str) -> Artifact | None:
        """The artifact of that key, if it is here whole."""
        folder = self.folder(key)
        try:
            artifact = Artifact.model_validate_json((folder / RECORD).read_bytes())
            whole = all((folder / one.name).stat().st_size == one.bytes for one in artifact.files)
            if time.time() - (folder / RECORD).stat().st_mtime > _USED_S:
                os.utime(folder / RECORD)
        except (OSError, ValueError):
            return None
        return artifact if whole else None

    def path(self, artifact: Artifact, name: str) -> Path | None:
        """The file of an artifact, or ``None`` when it is not on this machine."""
        path = f"{self._artifacts}/{artifact.key[:2]}/{artifact.key}/{artifact.file(name).name}"
        return Path(path) if os.path.isfile(path) else None  # noqa: PTH113 (asked for each file of a large archive)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder that is removed in the end, whatever happens."""
        with writing(self.root):
            self._temporary.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self._temporary))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def commit(self, task: Task, folder: Path, data: dict[str, Any], private: frozenset[str]) -> Artifact:
        """Turn ``folder`` (from ``scratch``) into the artifact of ``task``, all at once.

        Raises:
            MachineError: the disk is full or cannot be written; nothing was changed.
        """
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        files = tuple(_describe(folder, name, public=name not in private) for name in names)
        artifact = Artifact(key=task.key, stage=task.stage, files=files, data=data)
        final = self.folder(task.key)
        with writing(self.root):
            write_atomically(folder / RECORD, artifact.model_dump_json(exclude={"digest"}).encode())
            _flush_folders(folder)
            shutil.rmtree(final, ignore_errors=True)
            final.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(final)
            _flush(final.parent)
            self._remember(task)
        return artifact

    def last_fingerprint(self, recording: str, stage: str) -> dict[str, Any] | None:
        """What the recording's artifact of that stage was last made from on this machine, for explanations."""
        try:
            return dict(json.loads(self._fingerprint_path(recording, stage).read_bytes()))
        except (OSError, ValueError):
            return None

    def _remember(self, task: Task) -> None:
        path = self._fingerprint_path(task.recording, task.stage)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(task.fingerprint).encode())

    def _fingerprint_path(self, recording: str, stage: str) -> Path:
        return self.root / "fingerprints" / recording / f"{stage}.json"


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Turn what the disk refuses into an error that a person can act on.

    Raises:
        MachineError: the workspace cannot be written.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise MachineError(
            str(root),
            f"the workspace cannot be written: {error.strerror if isinstance(error, OSError) else error}",
            hint="free some space on this disk, or check who owns the folder, and run the command again",
        ) from error


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is either the old or the new one, whatever happens.

    Buffered, flushed and renamed: ``os.write`` may write less than asked on a full disk without an error.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _describe(folder: Path, name: str, *, public: bool) -> ArtifactFile:
    path = folder / name
    _flush(path)
    return ArtifactFile(name=name, bytes=path.stat().st_size, sha256=sha256_file(path), public=public)


def _flush_folders(folder: Path) -> None:
    for path in (folder, *(one for one in folder.rglob("*") if one.is_dir())):
        _flush(path)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
