"""What a store holds: the record of a publish, and reading it back.

Every publish writes one **record**, ``state/<generation>-<digest>.json.gz``, before its first upload, and
``catalog.json`` names the record of the generation that is public. A record whose generation never became public
(the run was killed, or lost against another) still says which objects belong to Aftertalk, so that the next run can
use them or clear them away; what no record names is somebody else's and never touched. Records hold no times: the
same history gives the same bytes.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import md5, sha256
from typing import Any

from catalog import urls
from pipeline.errors import StoreError
from pipeline.storage.protocol import Entry, NoSuchObjectError, ObjectStore, Wanted

SCHEMA = 1
_RECORD_KEY = re.compile(r"state/([1-9][0-9]{0,17})-[0-9a-f]{16}\.json\.gz\Z")
_MAX_RECORD_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Published:
    """One object as a publish left it."""

    size: int
    sha256: str
    content_type: str
    cache: str
    md5: str = ""
    """Of objects whose address does not name their content, to notice edits that keep the size; else empty."""

    @classmethod
    def of(cls, wanted: Wanted) -> Published:
        """The record of an object as it shall be."""
        digest = wanted.md5
        if not digest and isinstance(wanted.content, bytes):
            digest = md5(wanted.content, usedforsecurity=False).hexdigest()
        return cls(wanted.size, wanted.sha256, wanted.content_type, wanted.cache.value, digest)


@dataclass(frozen=True)
class Record:
    """What one generation consists of, besides ``catalog.json`` and the record itself."""

    generation: int
    objects: Mapping[str, Published] = field(default_factory=dict)
    retired: Mapping[str, int] = field(default_factory=dict)
    """Objects that are still there but no longer wanted -> the first generation that does without them."""

    def encode(self) -> bytes:
        """As stored; the same record gives the same bytes."""
        document = {
            "schema": SCHEMA,
            "generation": self.generation,
            "objects": {
                key: [one.size, one.sha256, one.content_type, one.cache, one.md5]
                for key, one in sorted(self.objects.items())
            },
            "retired": dict(sorted(self.retired.items())),
        }
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return gzip.compress(text.encode(), compresslevel=6, mtime=0)

    @classmethod
    def decode(cls, data: bytes) -> Record:
        """Read a record back.

        Raises:
            ValueError: it is not one, is damaged, or is from a later version.
        """
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
                text = file.read(_MAX_RECORD_BYTES)
            document = json.loads(text)
            if document["schema"] != SCHEMA:
                raise ValueError(f"schema {document['schema']!r} is not known to this version")
            objects = {str(key): Published(*one) for key, one in document["objects"].items()}
            return cls(int(document["generation"]), objects, {str(k): int(v) for k, v in document["retired"].items()})
        except (OSError, EOFError, zlib.error, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a publish record: {error}") from error


def record_key(generation: int, data: bytes) -> str:
    """The address of an encoded record."""
    return f"{urls.STATE}{generation}-{sha256(data).hexdigest()[:16]}.json.gz"


@dataclass(frozen=True)
class Remote:
    """What a store holds now."""

    address: str
    entries: Mapping[str, Entry]
    """Everything that is listed, strangers included."""
    catalog: bytes | None = None
    """``catalog.json`` as it is; ``None`` when there is none."""
    catalog_etag: str | None = None
    generation: int = 0
    """The public one; 0 before the first publish."""
    record_key: str = ""
    record: Record = Record(0)
    """The record of the public generation; empty when there is none or it is damaged."""
    unfinished: Mapping[str, Record] = field(default_factory=dict)
    """Records of generations that never became public, by key."""
    md5_etags: bool = False
    """Whether ETags of small objects are known to be their MD5 here."""

    @property
    def is_ours(self) -> bool:
        """Whether something was published here before."""
        return self.catalog is not None or bool(self.unfinished)

    def holds(self, key: str, *, size: int, sha256: str) -> bool:
        """Whether the store has this object already, as far as a listing and the records can tell."""
        return any(
            one is not None and one.sha256 == sha256 and one.size == size
            for record in self.records()
            for one in [record.objects.get(key)]
        ) and self.intact(key, Published(size, sha256, "", ""))

    def intact(self, key: str, published: Published) -> bool:
        """Whether the listing agrees with what was published."""
        entry = self.entries.get(key)
        if entry is None or entry.size != published.size:
            return False
        return not (published.md5 and self.md5_etags) or entry.etag == published.md5

    def records(self) -> Iterable[Record]:
        """The record of the public generation first, then the unfinished ones."""
        return (self.record, *self.unfinished.values())

    def committed_at(self, generation: int) -> datetime | None:
        """A moment not before the one at which ``generation`` became public; ``None`` when it cannot be told.

        It is when the next generation's record was written, or when ``catalog.json`` was, by the store's clock.
        """
        later = [
            entry.modified
            for key, entry in self.entries.items()
            if (number := record_generation(key)) is not None and generation < number <= self.generation
        ]
        catalog = self.entries.get(urls.CATALOG)
        return min(later) if later else (catalog.modified if catalog else None)


def record_generation(key: str) -> int | None:
    """The generation in the address of a record; ``None`` for any other key."""
    match = _RECORD_KEY.match(key)
    return int(match[1]) if match else None


def read_remote(store: ObjectStore) -> Remote:
    """Find out what a store holds: ``catalog.json``, the record it names, one listing, and unfinished records.

    Raises:
        StoreError: the store cannot be read, or its ``catalog.json`` is not one of Aftertalk's.
    """
    try:
        found = store.read(urls.CATALOG)
    except NoSuchObjectError:
        found = None
    generation, key = _parse_catalog(store.address, found.data) if found else (0, "")
    bodies: list[tuple[Entry, bytes]] = [(found.entry, found.data)] if found else []
    record = Record(0)
    if key and (loaded := _load_record(store, key, bodies)):
        record = loaded
    entries = {entry.key: entry for entry in store.list()}
    unfinished: dict[str, Record] = {}
    for other in entries:
        if record_generation(other) is not None and other != key and other not in record.retired:
            unfinished[other] = _load_record(store, other, bodies) or Record(0)
    return Remote(
        address=store.address,
        entries=entries,
        catalog=found.data if found else None,
        catalog_etag=found.entry.etag if found else None,
        generation=generation,
        record_key=key,
        record=record,
        unfinished=unfinished,
        md5_etags=any(one.etag == md5(body, usedforsecurity=False).hexdigest() for one, body in bodies),
    )


def _parse_catalog(address: str, data: bytes) -> tuple[int, str]:
    try:
        document: Any = json.loads(data)
        generation, key = document["generation"], document.get("manifest", "")
        usable = isinstance(generation, int) and generation >= 1 and isinstance(key, str)
    except (ValueError, KeyError, TypeError, AttributeError):
        usable = False
    if not usable:
        hint = "publish to an empty place, or remove that file if it is a damaged one of yours"
        raise StoreError(f"{address}/{urls.CATALOG}", "this is not a catalogue of Aftertalk", hint=hint)
    return generation, key if record_generation(key) is not None else ""


def _load_record(store: ObjectStore, key: str, bodies: list[tuple[Entry, bytes]]) -> Record | None:
    """Read one record; a damaged or missing one is ``None``, and is replaced by the next publish."""
    try:
        found = store.read(key)
        bodies.append((found.entry, found.data))
        return Record.decode(found.data)
    except (NoSuchObjectError, ValueError):
        return None
