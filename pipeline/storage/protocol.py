"""What an object store is: the nouns, the protocol, and its errors.

Every implementation keeps the same promises, and one contract test suite (``tests/store``) holds them to it:

- A key is a relative path such as ``media/a/b.mp4``; ``check_key`` says which are accepted.
- A put is atomic and verified: readers see the old object or the whole new one, and the bytes that arrived are
  those that ``Wanted.sha256`` names, or the put fails.
- A put with a ``Condition`` either takes effect or raises ``PreconditionFailedError``, where the store honours
  conditions at all (``capabilities``). A lost reply to one's own put is not reported as a conflict.
- Deleting what is not there is no error.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, NamedTuple, Protocol

from pipeline.errors import StoreError
from pipeline.storage.headers import Cache, cache_class, content_type

MAX_KEY_BYTES = 900
"""S3 allows 1,024 bytes including the prefix; some servers refuse 1,000."""
MAX_PART_BYTES = 240
"""Longest name between two slashes, so that a key is also a path on every file system."""
RESERVED = ".aftertalk-store"
"""First part of keys that stores keep for themselves (temporary files, locks, probes)."""

_PLAIN = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*")
"""Most keys: nothing in them needs a closer look, unless they are long."""
_NOT_NAMES = frozenset({"", ".", ".."})
_NOT_IN_NAMES = frozenset({"Cc", "Cs"})

OnBytes = Callable[[int], None]
"""Hears how many further bytes of an object have been sent; from any thread."""


class NoSuchObjectError(StoreError):
    """There is no object of that key."""


class PreconditionFailedError(StoreError):
    """Somebody else wrote or removed the object since it was looked at; nothing was written."""


class BadKeyError(StoreError):
    """The key is not a safe relative path."""


def check_key(key: str) -> str:
    """Return ``key`` when it is a safe relative path, the same on every kind of store.

    Raises:
        BadKeyError: it is empty, too long, absolute, has empty, ``.`` or ``..`` parts, a backslash or control
            characters, or belongs to the store itself.
    """
    if len(key) <= MAX_PART_BYTES and _PLAIN.fullmatch(key):
        return key
    parts = key.split("/")
    bad = (
        "\\" in key
        or not _NOT_NAMES.isdisjoint(parts)
        or parts[0] == RESERVED
        or _bytes(key) > MAX_KEY_BYTES
        or max(map(_bytes, parts)) > MAX_PART_BYTES
        or not (key.isprintable() or _NOT_IN_NAMES.isdisjoint(map(unicodedata.category, key)))
    )
    if bad:
        raise BadKeyError(ascii(key)[:200], "this cannot be the name of a published object")
    return key


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


@dataclass(frozen=True)
class Elsewhere:
    """Content that another store has under the same key; it is fetched when it is its turn."""

    store: ObjectStore
    scratch: Path
    """A folder for it meanwhile."""


class Piece(NamedTuple):
    """Bytes of a local file that holds more than one object."""

    path: str
    start: int
    """Where they begin."""


@dataclass(frozen=True)
class Wanted:
    """An object as it shall be.

    Attributes:
        key: address below the published root.
        size: bytes.
        sha256: of its bytes, hexadecimal.
        content_type: as served.
        cache: how long readers may keep it.
        source: the bytes, the path of a local file that holds them, or where they are in one; ``None`` when they are
            not on this machine, which is good enough as long as the store has the object already.
        elsewhere: where to fetch them then.
        md5: of its bytes, where it is known and the address does not name the content; else empty.
    """

    key: str
    size: int
    sha256: str
    content_type: str
    cache: Cache
    source: str | bytes | Piece | None
    elsewhere: Elsewhere | None = None
    md5: str = ""

    def open(self) -> BinaryIO:
        """Its bytes, to be read; fewer than there should be, if its file has become shorter.

        Raises:
            OSError: its file cannot be read.
            ValueError: it has no source.
        """
        match self.source:
            case bytes():
                return io.BytesIO(self.source)
            case str():
                return Path(self.source).open("rb")
            case Piece(path, start):
                with Path(path).open("rb") as file:
                    file.seek(start)
                    return io.BytesIO(file.read(self.size))
            case None:
                raise ValueError(f"{self.key} is not on this machine")

    @classmethod
    def of_bytes(cls, key: str, data: bytes) -> Wanted:
        """An object of ``data``; type and cache class follow from the key."""
        return cls(key, len(data), sha256(data).hexdigest(), content_type(key), cache_class(key), data)

    @classmethod
    def of_file(cls, key: str, path: Path | str | Piece | None, *, size: int, sha256: str, md5: str = "") -> Wanted:
        """An object of the bytes of ``path`` (known size and digests); type and cache class follow from the key."""
        source = str(path) if isinstance(path, Path) else path
        return cls(key, size, sha256, content_type(key), cache_class(key), source, md5=md5)


@contextmanager
def at_hand(wanted: Wanted) -> Iterator[Wanted]:
    """The same object with its content on this machine, for as long as it is needed.

    Raises:
        StoreError: it could not be fetched from where it is.
    """
    if wanted.source is not None or wanted.elsewhere is None:
        yield wanted
        return
    with NamedTemporaryFile(dir=wanted.elsewhere.scratch) as file:
        for piece in wanted.elsewhere.store.stream(wanted.key):
            file.write(piece)
        file.flush()
        yield replace(wanted, source=file.name)


class Entry(NamedTuple):
    """An object as the store lists it."""

    key: str
    size: int
    """Bytes."""
    etag: str
    """Opaque, unquoted; another whenever the content is another. Most stores use the MD5 of small objects."""
    modified: datetime
    """When it was last written, by the store's clock, with an offset."""
    sha256: str | None = None
    """Hexadecimal, where the store told it (listings do not)."""


@dataclass(frozen=True)
class Object:
    """An object that was read: its entry and (a range of) its bytes."""

    entry: Entry
    data: bytes


@dataclass(frozen=True)
class Condition:
    """What must hold for a put to take effect: the object has this ETag, or does not exist (``None``)."""

    etag: str | None


IF_ABSENT = Condition(None)


@dataclass(frozen=True)
class Capabilities:
    """What a store can do, as found by trying."""

    creates: bool
    """Whether ``IF_ABSENT`` is honoured."""
    swaps: bool
    """Whether ``Condition(etag)`` is honoured."""

    @property
    def guards_commit(self) -> bool:
        """Whether two publishers on different machines cannot overwrite each other's commit."""
        return self.creates and self.swaps

    @property
    def notes(self) -> tuple[str, ...]:
        """What is weaker here than on a full store, in words."""
        if self.guards_commit:
            return ()
        return (
            "this store ignores conditional writes: do not publish to it from two machines at the same time "
            "(runs on one machine are kept apart by the catalogue's lock)",
        )


class ObjectStore(Protocol):
    """Where a catalogue is published. Implementations are safe to use from several threads."""

    @property
    def address(self) -> str:
        """Its address for messages, free of secrets: a folder, or ``s3://bucket/prefix``."""

    def capabilities(self) -> Capabilities:
        """What the store can do; tried once (it may take a few requests), then remembered."""

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Every object whose key starts with ``prefix``, in the order of keys."""

    def head(self, key: str) -> Entry | None:
        """The entry of one object, with ``sha256`` where the store knows it; ``None`` when there is none."""

    def read(self, key: str, *, start: int = 0, end: int | None = None) -> Object:
        """Read bytes ``start`` (inclusive) to ``end`` (exclusive) of one object into memory.

        Raises:
            NoSuchObjectError: there is none.
        """

    def stream(self, key: str) -> Iterator[bytes]:
        """Read one object of any size in pieces of at most 1 MiB.

        Raises:
            NoSuchObjectError: there is none.
            StoreError: fewer bytes came than the store had promised, or too slowly.
        """

    def put(self, wanted: Wanted, *, condition: Condition | None = None, on_bytes: OnBytes | None = None) -> str:
        """Write one object, atomically and verified; returns its new ETag.

        Raises:
            PreconditionFailedError: ``condition`` did not hold.
            StoreError: the content is not what ``wanted`` says, or the store failed; the old object still stands.
        """

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects; those that do not exist count as removed.

        Raises:
            StoreError: some could not be removed; it names them.
        """

    def purge(self, keys: Sequence[str]) -> None:
        """Remove objects so that no older version of them remains either."""

    def purge_below(self, prefixes: Sequence[str], *, keep: frozenset[str]) -> None:
        """Remove what versions the store keeps of anything that is or was below ``prefixes``.

        Of objects to ``keep`` only older versions go. A store that keeps no versions has nothing to do.
        """

    def forget_versions(self, keys: Sequence[str]) -> None:
        """Remove what older versions of these objects the store keeps; the objects stay as they are."""

    def abandon(self, *, before: datetime, withdrawn: tuple[str, ...] = ()) -> int:
        """Clear away unfinished uploads begun before that moment, and all below ``withdrawn``; returns how many."""
