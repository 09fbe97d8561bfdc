"""What a store holds: the record of the public generation, those of unfinished ones, and one listing.

Every publish writes one **record** (``records.py``), ``state/<generation>-<digest>.json.gz``, before its first upload,
and ``catalog.json`` names the record of the generation that is public. A record whose generation never became public
(the run was killed, or lost against another) still says which objects belong to Aftertalk, so that the next run can
use them or clear them away; what no record names is somebody else's and never touched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import md5
from typing import Any

from catalog import urls
from pipeline.errors import StoreError
from pipeline.storage.protocol import Entry, NoSuchObjectError, Object, ObjectStore, Wanted
from pipeline.storage.records import (
    Published,
    Record,
    decode_base,
    is_state,
    record_generation,
)


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
    record: Record = field(default_factory=lambda: Record(0))
    """The record of the public generation; empty when there is none or it is damaged."""
    unfinished: Mapping[str, Record] = field(default_factory=dict)
    """Records of generations that never became public, by key."""
    md5_etags: bool = False
    """Whether ETags of small objects are known to be their MD5 here."""
    lots: Mapping[str, str] = field(default_factory=dict)
    """Lots that are public and intact as a whole, as far as is remembered: name -> keys, one a line. Either none, or
    every object of the record is in one of them, and in no other."""
    narrow: Callable[[Iterable[str]], Remote] | None = field(default=None, compare=False)
    """Gives the same with few objects: those of some keys, and those that differ from the record's base or are of no
    lot. The others are counted in ``record.rest``. Only of what is remembered."""

    @property
    def is_remembered(self) -> bool:
        """Whether this is what an earlier run wrote down, and the store was not listed."""
        return self.narrow is not None

    @property
    def is_ours(self) -> bool:
        """Whether something was published here before."""
        return self.catalog is not None or bool(self.unfinished)

    def holds(self, key: str, *, size: int, sha256: str) -> bool:
        """Whether the store has this object already, as far as a listing and the records can tell."""
        entry = self.entries.get(key)
        if entry is None or entry.size != size:
            return False
        one = self.record.objects.get(key)
        if one is None or (one.sha256, one.size) != (sha256, size):
            left = (record.objects.get(key) for record in self.unfinished.values())
            return any(one is not None and (one.sha256, one.size) == (sha256, size) for one in left)
        return True

    def shows(self, wanted: Wanted) -> bool:
        """Whether the public generation has just this, served in just this way, as far as the listing can tell."""
        one = self.record.objects.get(wanted.key)
        return (
            one is not None
            and (one.size, one.sha256) == (wanted.size, wanted.sha256)
            and (one.content_type, one.cache) == (wanted.content_type, wanted.cache)
            and self.intact(wanted.key, one)
        )

    def intact(self, key: str, published: Published) -> bool:
        """Whether the listing agrees with what was published."""
        entry = self.entries.get(key)
        if entry is None or entry.size != published.size:
            return False
        is_md5 = self.md5_etags and "-" not in entry.etag  # that of an upload in parts is the MD5 of their MD5s
        return not (published.md5 and is_md5) or entry.etag == published.md5

    @cached_property
    def owned(self) -> Set[str]:
        """Objects in the store that some record names, the bases of records, and the public record itself."""
        owned = {self.record_key}
        for record in self.records():
            owned |= record.objects.keys() | record.retired.keys() | {record.base}
        return owned & self.entries.keys()

    def records(self) -> Iterable[Record]:
        """The record of the public generation first, then the unfinished ones."""
        return (self.record, *self.unfinished.values())

    def committed_at(self, generation: int) -> datetime | None:
        """A moment not before the one at which ``generation`` became public; ``None`` when it cannot be told.

        It is when the next generation's record was written, or when ``catalog.json`` was, by the store's clock.
        """
        later = [modified for number, modified in self._recorded if generation < number <= self.generation]
        catalog = self.entries.get(urls.CATALOG)
        return min(later) if later else (catalog.modified if catalog else None)

    @cached_property
    def _recorded(self) -> list[tuple[int, datetime]]:
        """Generations whose records are there, and when each was written."""
        found = ((record_generation(key), entry.modified) for key, entry in self.entries.items() if is_state(key))
        return [(number, modified) for number, modified in found if number is not None]


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
    reader = _Reader(store)
    if found:
        reader.saw(found)
    record = (reader.record(key) if key else None) or Record(0)
    entries = {entry.key: entry for entry in store.list()}
    unfinished: dict[str, Record] = {}
    for other in entries:
        if record_generation(other) is not None and other != key and other not in record.retired:
            unfinished[other] = reader.record(other) or Record(0)
    return Remote(
        address=store.address,
        entries=entries,
        catalog=found.data if found else None,
        catalog_etag=found.entry.etag if found else None,
        generation=generation,
        record_key=key,
        record=record,
        unfinished=unfinished,
        md5_etags=reader.md5_etags,
    )


class _Reader:
    """Reads records, each base once."""

    def __init__(self, store: ObjectStore) -> None:
        self.md5_etags = False
        """Whether an ETag was seen to be the MD5 of its object."""
        self._store = store
        self._bases: dict[str, Mapping[str, Published]] = {}

    def record(self, key: str) -> Record | None:
        """Read one; a damaged or missing one is ``None``, and is replaced by the next publish."""
        try:
            return Record.decode(self._read(key), self._base)
        except (NoSuchObjectError, ValueError):
            return None

    def saw(self, found: Object) -> None:
        """Compare the ETag of what was read."""
        self.md5_etags |= found.entry.etag == md5(found.data, usedforsecurity=False).hexdigest()

    def _base(self, key: str) -> Mapping[str, Published]:
        if not is_state(key):
            raise ValueError(f"{key} is no base")
        if key not in self._bases:
            self._bases[key] = decode_base(self._read(key))
        return self._bases[key]

    def _read(self, key: str) -> bytes:
        found = self._store.read(key)
        self.saw(found)
        return found.data


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
