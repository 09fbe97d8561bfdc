"""The record of a publish: what one generation consists of, as a document in the store.

A small record is one document. One of very many objects would cost seconds and megabytes for each new recording, so it
is cut in two: a **base**, ``state/base-<digest>.json.gz``, which stays the same for many generations, and the record
itself, which names it and holds only what changed since. Records hold no times: the same history gives the same bytes.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import md5, sha256
from typing import Any, NamedTuple

from catalog import urls
from pipeline.storage.protocol import Wanted

WHOLE, CHANGES = 1, 2
"""Schemas: everything in one document; what changed since a base."""
LARGE = 10_000
"""Objects from which a record has a base; a smaller one costs less than half a second."""
SHARE = 16
"""A base is written anew when more than one object in so many changed since."""
_RECORD_KEY = re.compile(r"state/([1-9][0-9]{0,17})-[0-9a-f]{16}\.json\.gz\Z")
_BASE_KEY = re.compile(r"state/base-[0-9a-f]{16}\.json\.gz\Z")
_MAX_RECORD_BYTES = 512 * 1024 * 1024

ReadBase = Callable[[str], Mapping[str, "Published"]]
"""Gives the objects of a base by its address; raises ``ValueError`` where it is not whole."""


class Published(NamedTuple):
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
        if not digest and isinstance(wanted.source, bytes):
            digest = md5(wanted.source, usedforsecurity=False).hexdigest()
        return cls(wanted.size, wanted.sha256, wanted.content_type, wanted.cache, digest)


def _no_base(key: str) -> Mapping[str, Published]:
    raise ValueError(f"needs {key}")


@dataclass(frozen=True)
class Record:
    """What one generation consists of, besides ``catalog.json`` and the record itself."""

    generation: int
    objects: Mapping[str, Published] = field(default_factory=dict)
    retired: Mapping[str, int] = field(default_factory=dict)
    """Objects that are still there but no longer wanted -> the first generation that does without them."""
    base: str = ""
    """Address of the base; empty when the document holds everything."""
    changed: frozenset[str] = frozenset()
    """Objects that may differ from the base, those that are gone included."""
    rest: int = 0
    """How many objects of the base are not named in ``objects``, because nothing becomes of them."""

    def after(self, objects: Mapping[str, Published], retired: Mapping[str, int], generation: int) -> Record:
        """The record of a later generation, with the same base while not too much changed."""
        count = len(objects) + self.rest
        if not self.base or count < LARGE:
            return Record(generation, objects, retired)
        differing = {key for key, one in objects.items() if (old := self.objects.get(key)) is not one and old != one}
        changed = self.changed | differing | (self.objects.keys() - objects.keys())
        if len(changed) > count // SHARE:
            return Record(generation, objects, retired)
        return Record(generation, objects, retired, self.base, changed, self.rest)

    def rebased(self) -> tuple[Record, bytes]:
        """The same record upon a base of its own, and that base as stored; empty where it needs none."""
        if self.base or len(self.objects) < LARGE:
            return self, b""
        data = _pack({"schema": WHOLE, "objects": _rows(self.objects, self.objects)})
        return Record(self.generation, self.objects, self.retired, base_key(data)), data

    def encode(self) -> bytes:
        """As stored; the same record gives the same bytes."""
        document: dict[str, Any] = {"schema": CHANGES if self.base else WHOLE, "generation": self.generation}
        shown = self.changed & self.objects.keys() if self.base else self.objects
        document |= {"objects": _rows(self.objects, shown), "retired": dict(sorted(self.retired.items()))}
        if self.base:
            document |= {"base": self.base, "gone": sorted(self.changed - self.objects.keys())}
        return _pack(document)

    @classmethod
    def decode(cls, data: bytes, read_base: ReadBase = _no_base) -> Record:
        """Read a record back.

        Raises:
            ValueError: it is not one, is damaged, is from a later version, or its base is not whole.
        """
        document = _unpack(data)
        try:
            generation, objects = int(document["generation"]), _objects(document)
            retired = {str(key): int(since) for key, since in document["retired"].items()}
            if document["schema"] == WHOLE:
                return cls(generation, objects, retired)
            base, gone = str(document["base"]), frozenset(map(str, document["gone"]))
            whole = {key: one for key, one in read_base(base).items() if key not in gone} | objects
            return cls(generation, whole, retired, base, gone | objects.keys())
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a publish record: {error}") from error


def decode_base(data: bytes) -> Mapping[str, Published]:
    """The objects of a base.

    Raises:
        ValueError: it is not one, or is damaged.
    """
    try:
        return _objects(_unpack(data))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the base of records: {error}") from error


def record_key(generation: int, data: bytes) -> str:
    """The address of an encoded record."""
    return f"{urls.STATE}{generation}-{sha256(data).hexdigest()[:16]}.json.gz"


def base_key(data: bytes) -> str:
    """The address of an encoded base."""
    return f"{urls.STATE}base-{sha256(data).hexdigest()[:16]}.json.gz"


def record_generation(key: str) -> int | None:
    """The generation in the address of a record; ``None`` for any other key."""
    match = _RECORD_KEY.match(key)
    return int(match[1]) if match else None


def is_state(key: str) -> bool:
    """Whether it is the address of a record or of a base: what names everything that was public."""
    return key.startswith(urls.STATE) and bool(_RECORD_KEY.match(key) or _BASE_KEY.match(key))


def _rows(objects: Mapping[str, Published], keys: Collection[str]) -> dict[str, Published]:
    return {key: objects[key] for key in sorted(keys)}


def _objects(document: Mapping[str, Any]) -> dict[str, Published]:
    return {str(key): Published(*one) for key, one in document["objects"].items()}


def _pack(document: Mapping[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


def _unpack(data: bytes) -> Mapping[str, Any]:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            document = json.loads(file.read(_MAX_RECORD_BYTES))
        if document["schema"] not in {WHOLE, CHANGES}:
            raise ValueError(f"schema {document['schema']!r} is not known to this version")
    except (OSError, EOFError, zlib.error, KeyError, TypeError) as error:
        raise ValueError(f"not a publish record: {error}") from error
    return dict(document)
