"""``aftertalk check``: reads what was published as a visitor's browser would, and verifies that it holds together.

Every object of the published record is there with the right size (with ``deep``: the right SHA-256); every link,
picture, source and track of every page, and every address and byte range of every playlist, leads to an object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from catalog import urls
from pipeline.storage.protocol import NoSuchObjectError, ObjectStore
from pipeline.storage.state import read_remote

_ADDRESS_ATTRIBUTES = frozenset({"href", "src", "poster", "data-hls", "data-src", "data-track"})
_PLAYLIST_URI = re.compile(r'URI="([^"]*)"(?:,BYTERANGE="(\d+)@(\d+)")?')


@dataclass(frozen=True)
class Flaw:
    """Something wrong with what is public."""

    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message}"


@dataclass(frozen=True)
class Outcome:
    """What a check looked at, and found."""

    findings: tuple[Flaw, ...]
    objects: int
    references: int
    bytes_read: int

    @property
    def summary(self) -> str:
        """One sentence."""
        verdict = f"{len(self.findings)} flaws found" if self.findings else "all is well"
        return f"{verdict}: {self.objects} objects, {self.references} references, {self.bytes_read} bytes read"


def check_site(store: ObjectStore, *, deep: bool, media_url: str = "") -> Outcome:
    """Check everything below the root of ``store``; ``media_url`` is the host of its media, when they have their own.

    Raises:
        StoreError: the store cannot be read.
    """
    return _Check(store, media_url, deep=deep).run()


_UNREADABLE = "is listed but cannot be read"


class _Check:
    def __init__(self, store: ObjectStore, media_url: str, *, deep: bool) -> None:
        self._store = store
        self._media_url = media_url
        self._deep = deep
        self._remote = read_remote(store)
        self._sizes: Mapping[str, int] = {key: entry.size for key, entry in self._remote.entries.items()}
        self._flaws: list[Flaw] = []
        self._references = 0
        self._read = 0
        self._root = "/"

    def run(self) -> Outcome:
        if self._remote.catalog is None:
            self._flaw(urls.CATALOG, "is missing: nothing is published here")
        else:
            self._catalog(urls.CATALOG, self._remote.catalog)
        for key, published in self._remote.record.objects.items():
            self._object(key, published.size, published.sha256)
        for key in self._remote.record.objects:
            if key in self._sizes:
                self._content(key)
        return Outcome(tuple(self._flaws), len(self._remote.record.objects), self._references, self._read)

    def _flaw(self, key: str, message: str) -> None:
        self._flaws.append(Flaw(key, message))

    def _object(self, key: str, size: int, digest: str) -> None:
        if key not in self._sizes:
            self._flaw(key, "is missing")
        elif self._sizes[key] != size:
            self._flaw(key, f"has {self._sizes[key]} bytes instead of {size}")
        elif self._deep and self._digest(key) != digest:
            self._flaw(key, "has other content than was published")

    def _digest(self, key: str) -> str:
        running = sha256()
        for block in self._store.stream(key):
            running.update(block)
            self._read += len(block)
        return running.hexdigest()

    def _text(self, key: str) -> str:
        data = self._store.read(key).data
        self._read += len(data)
        return data.decode("utf-8", "replace")

    def _content(self, key: str) -> None:
        try:
            if key.endswith(".html"):
                self._page(key, self._text(key))
            elif key.endswith(".m3u8"):
                self._playlist(key, self._text(key))
        except NoSuchObjectError:
            self._flaw(key, _UNREADABLE)

    def _catalog(self, key: str, data: bytes) -> None:
        """``catalog.json``, or a document that a large one names, and what it names."""
        try:
            document = json.loads(data)
            self._root = urlsplit(document["base_url"]).path
            self._recordings(key, document.get("recordings", []))
            for event in document.get("events", []):
                if "catalog" in event:
                    self._part(event["catalog"])
        except (ValueError, KeyError, TypeError, AttributeError):
            self._flaw(key, "is damaged")

    def _part(self, named: dict[str, Any]) -> None:
        key = named["url"]
        self._refer(urls.CATALOG, key, size=named["bytes"])
        if key not in self._sizes:
            return
        try:
            data = self._text(key).encode()
        except NoSuchObjectError:
            self._flaw(key, _UNREADABLE)
            return
        if sha256(data).hexdigest() != named["sha256"]:
            self._flaw(key, "is not the one that catalog.json names")
        else:
            self._catalog(key, data)

    def _recordings(self, key: str, recordings: list[dict[str, Any]]) -> None:
        for recording in recordings:
            self._refer(key, recording["page"])
            for name in ("hls", "poster", "storyboard", "chapters", "transcript"):
                if recording.get(name):
                    self._refer(key, recording[name])
            for entry in (*recording["renditions"], *recording["audio"], *recording["captions"]):
                self._refer(key, entry["url"], size=entry["bytes"])

    def _page(self, key: str, text: str) -> None:
        page = _Page()
        page.feed(text)
        for address in page.addresses:
            if self._media_url and address.startswith(self._media_url):
                self._refer(key, unquote(address))
                continue
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            path = parts.path
            if path.startswith(self._root):  # the page for missing addresses starts from its host
                path = "/" + path.removeprefix(self._root)
            if path:
                self._refer(key, _resolve(key, path))
            elif parts.fragment and "=" not in parts.fragment and unquote(parts.fragment) not in page.ids:
                self._flaw(key, f"links to #{parts.fragment}, which is not on the page")

    def _playlist(self, key: str, text: str) -> None:
        for address, end in _playlist_addresses(text):
            target = _resolve(key, address)
            self._refer(key, target)
            if target in self._sizes and end > self._sizes[target]:
                self._flaw(key, f"names byte {end} of {target}, which has {self._sizes[target]}")

    def _refer(self, key: str, target: str, *, size: int | None = None) -> None:
        self._references += 1
        if self._media_url:
            target = target.removeprefix(self._media_url)
        found = self._sizes.get(urls.object_key(target))
        if found is None:
            self._flaw(key, f"names {target}, which is not there")
        elif size is not None and found != size:
            self._flaw(key, f"says that {target} has {size} bytes; it has {found}")


class _Page(HTMLParser):
    """The addresses and ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif name in _ADDRESS_ATTRIBUTES and value and not (tag == "link" and ("rel", "canonical") in attrs):
                self.addresses.append(value)
            elif name == "srcset" and value:
                self.addresses += [one.split()[0] for one in value.split(",") if one.strip()]


def _playlist_addresses(text: str) -> Iterator[tuple[str, int]]:
    """Every address of an HLS playlist with the end of the byte range it needs, 0 for the whole (RFC 8216)."""
    byte_range = ""
    end = 0
    for line in text.splitlines():
        if line.startswith("#EXT-X-BYTERANGE:"):
            byte_range = line.partition(":")[2]
        elif line.startswith("#"):
            for match in _PLAYLIST_URI.finditer(line):
                yield match[1], int(match[2]) + int(match[3]) if match[2] else 0
        elif line.strip():
            length, _, start = byte_range.partition("@")
            end = (int(start) if start else end) + int(length) if length else 0
            yield line.strip(), end
            byte_range = ""


def _resolve(base: str, address: str) -> str:
    return unquote(urlsplit(urljoin(f"http://site/{base}", address)).path).removeprefix("/")
