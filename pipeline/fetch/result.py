"""What was fetched, kept whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import Field, ValidationError

from catalog.fields import Model
from catalog.model import Chapter
from pipeline.digests import sha256_file
from pipeline.errors import SourceError

RECORD = "fetched.json"
WORK = "work"
"""The folder in which a fetch works; it keeps what a broken one left."""
_SECRET = ("auth", "key", "pass", "pwd", "secret", "sig", "token")
"""Parts of names of query values that are not shown."""


class FetchedSubtitle(Model):
    """Subtitles that came with a source."""

    file: str
    """Name in the folder of the fetched file."""
    language: str
    automatic: bool
    """Whether a machine made them."""


class Fetched(Model):
    """A source that was fetched, whole."""

    url: str
    folder: Path
    """Holds all its files; it belongs to the fetched version and never changes."""
    file: str
    sha256: str
    bytes: int
    title: str = ""
    upload_date: str | None = None
    """``YYYYMMDD``, as the site says."""
    language: str | None = None
    chapters: tuple[Chapter, ...] = ()
    subtitles: tuple[FetchedSubtitle, ...] = ()
    thumbnail: str | None = None
    """Name of its picture in the folder."""
    remote: dict[str, Any] = Field(default_factory=dict)
    """What tells this version of the remote file from others."""
    note: str = ""
    """What a person should know, e.g. that the source could not be asked whether it changed."""

    @property
    def path(self) -> Path:
        """The media file."""
        return self.folder / self.file


def recall(folder: Path, url: str) -> Fetched | None:
    """What was fetched from ``url`` before, if it is all there."""
    try:
        known = Fetched.model_validate_json((folder / RECORD).read_bytes())
        known = known.model_copy(update={"folder": folder / known.folder.name})  # the catalogue may have been moved
        is_whole = known.url == url and known.path.stat().st_size == known.bytes
    except (OSError, ValidationError):
        return None
    return known if is_whole else None


def keep(folder: Path, url: str, outcome: dict[str, Any]) -> Fetched:
    """Move what a fetch made in ``WORK`` to its place, and remember it.

    Args:
        folder: the source's own.
        url: its address.
        outcome: fields of ``Fetched``, as the worker prints them.

    Raises:
        SourceError: files are lacking, or what the site says cannot be read.
    """
    work = folder / WORK
    names = [outcome["file"], outcome.get("thumbnail"), *(one["file"] for one in outcome.get("subtitles", ()))]
    for name in filter(None, names):
        path = work / str(name)
        if path.parent != work or path.is_symlink() or not path.is_file():
            raise SourceError(shown_url(url), f"the fetching process left no file {str(name)!r}")
    media = work / outcome["file"]
    digest = sha256_file(media)
    place = folder / digest[:16]
    try:
        fetched = Fetched.model_validate(
            {**outcome, "url": url, "folder": place, "sha256": digest, "bytes": media.stat().st_size}
        )
    except ValidationError as error:
        raise SourceError(shown_url(url), "what its site says of it cannot be read", context=str(error)) from error
    shutil.rmtree(place, ignore_errors=True)
    work.rename(place)
    temporary = folder / f"{RECORD}.new"
    with temporary.open("w", encoding="utf-8") as handle:
        handle.write(fetched.model_dump_json(indent=1))
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(folder / RECORD)
    for other in folder.iterdir():
        if other.is_dir() and other != place:
            with contextlib.suppress(OSError):
                shutil.rmtree(other)
    return fetched


def shown_url(url: str) -> str:
    """An address for people, without passwords and tokens."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0]
    query = [
        (name, "***" if any(word in name.lower() for word in _SECRET) else value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(query, safe="*/:"), parts.fragment))
