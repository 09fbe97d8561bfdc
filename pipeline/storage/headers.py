"""How objects are served: content types by name, and cache classes by address. Pure."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path

from catalog import urls

_UTF8 = "; charset=utf-8"
_FEEDS = {"podcast.xml": "application/rss+xml", "rss.xml": "application/rss+xml", "atom.xml": "application/atom+xml"}
_TYPES = {
    ".aac": "audio/aac",
    ".avif": "image/avif",
    ".bib": "application/x-bibtex",
    ".css": "text/css",
    ".csv": "text/csv",
    ".gif": "image/gif",
    ".gz": "application/gzip",
    ".html": "text/html",
    ".ico": "image/vnd.microsoft.icon",
    ".ics": "text/calendar",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4a": "audio/mp4",
    ".m4s": "video/iso.segment",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".srt": "application/x-subrip",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".vtt": "text/vtt",
    ".wasm": "application/wasm",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
    ".zip": "application/zip",
}
_HASHED_NAME = re.compile(r"[._-][0-9a-f]{8,64}\.")
_MEDIA_DEPTH = 5
"""Parts of ``media/<event>/<recording>/<digest>/<file>``."""


class Cache(StrEnum):
    """How long a reader may keep an object without asking again; the value is the ``Cache-Control`` header."""

    IMMUTABLE = "public, max-age=31536000, immutable"
    """The address names the content: it never changes."""
    REVALIDATE = "no-cache"
    """Ask each time whether it changed (usually answered by 304, without a body)."""


def content_type(key: str) -> str:
    """The content type an object is served with, from its name; text is UTF-8.

    >>> content_type("media/e/r/0123/captions/en.vtt")
    'text/vtt; charset=utf-8'
    """
    if key.startswith(urls.API):  # addresses of an interface: without a suffix, or an index that is not a page
        return _TYPES[".json"]
    name = key[key.rfind("/") + 1 :]
    return _FEEDS.get(name) or _by_suffix(_suffix(name))


@cache
def rules() -> str:
    """A digest of this module and of how addresses are made: with the same, every address is served the same way."""
    return sha256(b"".join(Path(str(one)).read_bytes() for one in (urls.__file__, __file__))).hexdigest()


@lru_cache(maxsize=256)
def _by_suffix(suffix: str) -> str:
    kind = _TYPES.get(suffix.lower(), "application/octet-stream")
    return kind + _UTF8 if kind.startswith("text/") else kind


def cache_class(key: str) -> Cache:
    """The cache class of an object, from its address.

    Files below a content digest and assets with a digest in their name never change. Playlists, pages, feeds and
    everything else are asked for again.
    """
    if key.endswith(".m3u8"):
        return Cache.REVALIDATE
    if key.startswith(urls.MEDIA):
        return Cache.IMMUTABLE if key.count("/") >= _MEDIA_DEPTH - 1 else Cache.REVALIDATE
    hashed = key.startswith(urls.ASSETS) and _HASHED_NAME.search(key.rpartition("/")[2])
    return Cache.IMMUTABLE if hashed else Cache.REVALIDATE


def _suffix(name: str) -> str:
    """As ``PurePath.suffix``, which takes far longer; a publish asks for every object."""
    dot = name.rfind(".")
    return name[dot:] if 0 < dot < len(name) - 1 else ""
