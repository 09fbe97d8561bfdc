"""A small catalogue, a clock that is set by hand, and a reader, for tests of publishing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

from catalog import urls
from pipeline.storage.lots import Lot
from pipeline.storage.memory import MemoryStore
from pipeline.storage.protocol import NoSuchObjectError, ObjectStore, Wanted
from pipeline.storage.publish import Options, Outcome, publish
from pipeline.storage.records import Record

START = datetime(2026, 1, 1, tzinfo=UTC)
TWO = {"r1": "one", "r2": "two"}
"""Two recordings, for ``site``."""


class Interruption(BaseException):
    """Stands for a kill: nothing catches it."""


@dataclass
class Clock:
    """A clock that moves when told to."""

    now: datetime = START

    def __call__(self) -> datetime:
        """The present."""
        return self.now

    def pass_time(self, **amount: float) -> None:
        """Move on."""
        self.now += timedelta(**amount)


def media(recording: str, content: str, *, at: str = "e") -> list[Wanted]:
    """A recording's objects, as a stage would make them: the address names the content."""
    digest = sha256(content.encode()).hexdigest()[:16]
    folder = f"media/{at}/{recording}/{digest}/"
    return [
        Wanted.of_bytes(f"{folder}720p.mp4", f"video {content}".encode() * 50),
        Wanted.of_bytes(f"{folder}master.m3u8", f"#EXTM3U\n{folder}720p.mp4\n".encode()),
        Wanted.of_bytes(f"{folder}captions/en.vtt", f"WEBVTT {content}".encode()),
    ]


def site(recordings: dict[str, str], *, title: str = "Title") -> list[Wanted]:
    """A whole catalogue: media, a page for each recording that names its media, and a home page that names the pages.

    Each page is a JSON list of the addresses it refers to.
    """
    objects = [Wanted.of_bytes("assets/site.0123456789.css", b"body {}")]
    pages = []
    for recording, content in recordings.items():
        files = media(recording, content)
        page = f"e/s/{recording}/index.html"
        references = [one.key for one in files] + ["assets/site.0123456789.css"]
        objects += [*files, Wanted.of_bytes(page, json.dumps(references).encode())]
        pages.append(page)
    return [*objects, Wanted.of_bytes("index.html", json.dumps([*pages, f"#{title}"]).encode())]


def lots(wanted: Iterable[Wanted], looked: list[str] | None = None) -> list[Lot]:
    """The same in lots: the files of a recording, and each page. ``looked`` hears the keys of what is looked into."""
    groups: dict[str, list[Wanted]] = {}
    for one in wanted:
        folder = "/".join(one.key.split("/")[:3]) if one.key.startswith("media/") else one.key
        groups.setdefault(folder, []).append(one)

    def objects(group: list[Wanted]) -> list[Wanted]:
        if looked is not None:
            looked.extend(one.key for one in group)
        return group

    return [Lot(repr([(one.key, one.sha256) for one in group]), partial(objects, group)) for group in groups.values()]


def catalog(generation: int, manifest: str) -> bytes:
    """A ``catalog.json``."""
    return json.dumps({"schema": 1, "generation": generation, "manifest": manifest}).encode()


def run(
    store: ObjectStore, wanted: Sequence[Wanted | Lot], clock: Callable[[], datetime], **options: object
) -> Outcome:
    """Publish."""
    return publish(store, wanted, catalog, Options(clock=clock, **options))  # type: ignore[arg-type] # test shorthand


def keys(store: ObjectStore) -> set[str]:
    """Every key in the store."""
    return {entry.key for entry in store.list()}


def content(store: ObjectStore) -> dict[str, bytes]:
    """Everything in the store."""
    return {key: store.read(key).data for key in keys(store)}


def broken_references(store: ObjectStore) -> list[str]:
    """What a reader who starts at the home page, or at ``catalog.json``, would miss."""
    try:
        document = json.loads(store.read(urls.CATALOG).data)
        start = set(Record.decode(store.read(document["manifest"]).data).objects)
    except NoSuchObjectError:
        start = set()
    missing: list[str] = []
    queue = [*start, *(["index.html"] if store.head("index.html") else [])]
    seen: set[str] = set()
    while queue:
        key = queue.pop()
        if key in seen or key.startswith("#"):
            continue
        seen.add(key)
        if store.head(key) is None:
            missing.append(key)
        elif key.endswith(".html"):
            queue += json.loads(store.read(key).data)
        elif key.endswith(".m3u8"):
            lines = store.read(key).data.decode().splitlines()
            queue += [line for line in lines if line and not line.startswith("#")]
    return missing


def _nothing(_operation: str, _key: str) -> None:
    """Do nothing before a write."""


class Journal(MemoryStore):
    """A memory store that keeps a list of what was done to it; ``before`` hears of each write, and may raise."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        super().__init__(clock=clock)
        self.log: list[str] = []
        self.before: Callable[[str, str], None] = _nothing

    def list(self, prefix: str = "") -> Iterable:  # type: ignore[type-arg,override] # same as the parent's
        """Listed."""
        self.log.append(f"list {prefix}".rstrip())
        return super().list(prefix)

    def read(self, key: str, **span: int | None):  # type: ignore[no-untyped-def,override]
        """Read."""
        self.log.append(f"read {key}")
        return super().read(key, **span)  # type: ignore[arg-type]

    def put(self, wanted: Wanted, **more: object) -> str:  # type: ignore[override]
        """Put."""
        self.before("put", wanted.key)
        self.log.append(f"put {wanted.key}")
        return super().put(wanted, **more)  # type: ignore[arg-type]

    def delete(self, keys) -> None:  # type: ignore[no-untyped-def,override]
        """Deleted."""
        for key in keys:
            self.before("delete", key)
            self.log.append(f"delete {key}")
            super().delete([key])

    purge = delete

    @property
    def writes(self) -> list[str]:
        """Puts and deletes so far."""
        return [line for line in self.log if line.startswith(("put", "delete"))]
