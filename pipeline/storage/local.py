"""A folder as an object store, for any static web server, with the promises of a real one.

A put writes a temporary file below ``.aftertalk-store/`` in the same file system, syncs it to the disk, and renames
it into place, so that a reader, a kill or a power cut never meets half an object. Conditional puts hold a lock file.
Symbolic links out of the folder are refused. The ETag is the MD5 of files that S3 would take in one part, and
identity and time of the larger ones. Between publishes nothing of the store's own is in the folder.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import md5, sha256
from pathlib import Path
from typing import IO

from pipeline.errors import StoreError
from pipeline.storage.protocol import (
    RESERVED,
    Capabilities,
    Condition,
    Entry,
    NoSuchObjectError,
    Object,
    OnBytes,
    PreconditionFailedError,
    Wanted,
    check_key,
)

_PIECE = 1024 * 1024
_PART = ".part"
_HASHED_BYTES = 8 * 1024 * 1024


class LocalStore:
    """The folder ``root``; it is made when something is first written."""

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.abspath(root))  # noqa: PTH100 (keeps a symlinked root as the organiser wrote it)
        self._private = self._root / RESERVED
        self._lock_file = self._private / "lock"
        self._turn = threading.Lock()
        self._is_cleared = False

    @property
    def address(self) -> str:
        """The folder."""
        return str(self._root)

    @property
    def root(self) -> Path:
        """The folder."""
        return self._root

    def capabilities(self) -> Capabilities:
        """Everything: conditions are kept by a lock file."""
        return Capabilities(creates=True, swaps=True)

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """See ``ObjectStore.list``."""
        below = prefix.rpartition("/")[0]
        is_plain = (self._root / below).resolve() == self._root.resolve() / below  # else a link is on the way
        folder = self._root / below if is_plain else self._root
        keys = (path.relative_to(self._root).as_posix() for path in _files(folder, skip=self._private))
        for key in sorted(key for key in keys if key.startswith(prefix)):
            if (entry := self.head(key)) is not None:
                yield entry

    def head(self, key: str) -> Entry | None:
        """See ``ObjectStore.head``."""
        try:
            with self._open(key) as file:
                return _entry(key, file)
        except NoSuchObjectError:
            return None

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Object:
        """See ``ObjectStore.read``."""
        with self._open(key) as file:
            entry = _entry(key, file)
            file.seek(start)
            return Object(entry, file.read(-1 if end is None else max(0, end - start)))

    def stream(self, key: str) -> Iterator[bytes]:
        """See ``ObjectStore.stream``."""
        file = self._open(key)

        def pieces() -> Iterator[bytes]:
            with file:
                while piece := file.read(_PIECE):
                    yield piece

        return pieces()

    def put(self, wanted: Wanted, *, condition: Condition | None = None, on_bytes: OnBytes | None = None) -> str:
        """See ``ObjectStore.put``."""
        target = self._path(wanted.key)
        if wanted.source is None:
            raise StoreError(wanted.key, "there is nothing to upload")
        with self._mended(wanted.key):
            target.parent.mkdir(parents=True, exist_ok=True)
            self._refuse_links(wanted.key, target)
            with self._temporary() as temporary:
                _write(wanted, temporary, on_bytes)
                with self._lock():
                    present = self.head(wanted.key) if condition else None
                    if condition and condition.etag != (present.etag if present else None):
                        raise PreconditionFailedError(str(target), "somebody else changed it")
                    Path(temporary.name).replace(target)
                _sync_folder(target.parent)
                return _entry(wanted.key, temporary).etag

    def delete(self, keys: Sequence[str]) -> None:
        """See ``ObjectStore.delete``. Folders that become empty go too."""
        for key in keys:
            path = self._path(key)
            with self._mended(key):
                with suppress(FileNotFoundError, NotADirectoryError):
                    self._refuse_links(key, path)
                    path.unlink()
                for folder in path.parents:
                    if folder == self._root or not _remove_empty(folder):
                        break

    purge = delete

    def purge_below(self, prefixes: Sequence[str], *, keep: frozenset[str]) -> None:
        """See ``ObjectStore.purge_below``: no older versions are kept here."""

    def forget_versions(self, keys: Sequence[str]) -> None:
        """See ``ObjectStore.forget_versions``: no older versions are kept here."""

    def abandon(self, *, before: datetime, withdrawn: tuple[str, ...] = ()) -> int:
        """See ``ObjectStore.abandon``: temporary files of whatever age that no process writes to any more."""
        del before, withdrawn
        if not self._private.exists():
            return 0
        with self._mended(RESERVED), self._lock():
            return self._clear()

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _refuse_links(self, key: str, path: Path) -> None:
        inside = path.parent.resolve().is_relative_to(self._root.resolve())
        if not inside or path.is_symlink():
            hint = "remove the symbolic link from the published folder"
            raise StoreError(str(path), f"{key} leads out of the published folder by a symbolic link", hint=hint)

    def _open(self, key: str) -> IO[bytes]:
        path = self._path(key)
        self._refuse_links(key, path)
        try:
            return path.open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise NoSuchObjectError(str(path), "there is no such object") from error
        except OSError as error:
            raise _store_error(str(path), error) from error

    @contextmanager
    def _temporary(self) -> Iterator[IO[bytes]]:
        """A new file, locked for as long as this process works on it, and removed unless it was renamed."""
        with self._lock():  # between being made and being locked it must not be taken for a leftover
            file = (self._private / f"{secrets.token_hex(12)}{_PART}").open("xb+")
            fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield file
        finally:
            file.close()
            Path(file.name).unlink(missing_ok=True)
            _remove_empty(self._private)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Keep other writers of this folder out, in this process and in others; nothing of the lock remains.

        The first to hold it here clears away what processes left that were killed.
        """
        with self._turn, self._locked_file():
            try:
                if not self._is_cleared:
                    self._clear()
                    self._is_cleared = True
                yield
            finally:
                self._lock_file.unlink(missing_ok=True)
                _remove_empty(self._private)

    def _clear(self) -> int:
        """Remove the temporary files that nobody writes to any more; how many there were."""
        return sum(_remove_unlocked(path) for path in self._private.glob(f"*{_PART}"))

    def _locked_file(self) -> IO[bytes]:
        while True:
            try:
                self._private.mkdir(parents=True, exist_ok=True)
                file = self._lock_file.open("ab")
            except (FileNotFoundError, FileExistsError):  # somebody removed the folder in between
                if self._private.is_file():
                    raise
                continue
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_at(file, self._lock_file):
                return file
            file.close()  # the one who held it removed it

    @contextmanager
    def _mended(self, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _store_error(f"{self.address}/{key}", error) from error


def _write(wanted: Wanted, file: IO[bytes], on_bytes: OnBytes | None) -> None:
    """Write the content to a new file and sync it, checking size and SHA-256 on the way."""
    digest, size = sha256(), 0
    for piece in _pieces(wanted):
        file.write(piece)
        digest.update(piece)
        size += len(piece)
        if on_bytes:
            on_bytes(len(piece))
    file.flush()
    os.fsync(file.fileno())
    if size != wanted.size or digest.hexdigest() != wanted.sha256:
        raise StoreError(wanted.key, "its content changed while it was being published", hint="run the command again")


def _pieces(wanted: Wanted) -> Iterator[bytes]:
    with wanted.open() as source:
        while piece := source.read(_PIECE):
            yield piece


def _entry(key: str, file: IO[bytes]) -> Entry:
    """The entry of an open file, so that all its facts belong to the same bytes."""
    status = os.fstat(file.fileno())
    if status.st_size <= _HASHED_BYTES:
        file.seek(0)
        etag = md5(file.read(), usedforsecurity=False).hexdigest()
    else:
        etag = f"{status.st_size:x}-{status.st_mtime_ns:x}-{status.st_ino:x}"
    return Entry(key, status.st_size, etag, datetime.fromtimestamp(status.st_mtime, UTC))


def _files(folder: Path, *, skip: Path) -> Iterator[Path]:
    """Regular files below a folder; links are not followed and not given."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise _store_error(str(folder), error) from error
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False) and path != skip:
            yield from _files(path, skip=skip)
        elif entry.is_file(follow_symlinks=False):
            yield path


def _is_at(file: IO[bytes], path: Path) -> bool:
    """Whether ``path`` still leads to the open file."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _remove_unlocked(path: Path) -> bool:
    """Remove a file unless some process holds a lock on it; whether it was removed."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
    except (BlockingIOError, FileNotFoundError):  # still written to, or just given up by its writer
        return False
    return True


def _remove_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_HINTS = {
    errno.ENOSPC: "free space on the disk, then run the command again; what was public still is",
    errno.EDQUOT: "free space in your quota, then run the command again; what was public still is",
    errno.EROFS: "publish to a folder that can be written",
    errno.EACCES: "give yourself the right to write there, or publish to another folder",
    errno.ENOTDIR: "a file stands where a folder is needed; remove it, or publish to an empty folder",
    errno.EEXIST: "a file stands where a folder is needed; remove it, or publish to an empty folder",
    errno.EISDIR: "a folder stands where a file is needed; remove it, or publish to an empty folder",
}


def _store_error(reference: str, error: OSError) -> StoreError:
    reason = (error.strerror or str(error)).lower()
    return StoreError(reference, f"cannot be used ({reason})", hint=_HINTS.get(error.errno or 0, ""))
