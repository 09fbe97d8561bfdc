"""What a page depends on, as a digest: as long as it is the same, the page need not be rendered again.

Facts are models and frozen dataclasses, made of plain values. Each is looked at once, however many pages show it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from catalog.published import PublishedRecording

_PACKAGES = ("babel", "jinja2", "markdown-it-py", "markupsafe", "nh3", "icalendar", "tzdata")
"""Libraries that have a part in what pages look like."""
_PLAIN = frozenset({type(None), str, int, float, bool, bytes, date, datetime, time, timedelta})
_LEFT_OUT: Mapping[str, Any] = {
    "CaptionTrack": {"cues"},  # the digest of their file is a field too
    "Made": {"captions": {"__all__": {"cues"}}},
    "Event": {"sessions"},  # what a page shows of them is in its context; whoever shows all of them names them
}
"""Fields of models, as pydantic's ``exclude`` has them."""


class Fingerprints:
    """Digests of facts, remembered by identity: facts are immutable, and kept as long as this is."""

    def __init__(self, *base: object) -> None:
        self._known: dict[int, tuple[object, bytes]] = {}
        self._base = self._of(base)

    def of(self, *facts: object) -> str:
        """The digest of ``facts`` and of what was given at the beginning.

        Raises:
            TypeError: a fact is, or holds, something that is no plain value.
        """
        return _digest([self._base, *map(self._of, facts)]).hex()

    def digest(self, fact: object) -> bytes:
        """The digest of one fact, whatever was given at the beginning; a recording may be told its own later.

        Raises:
            TypeError: see ``of``.
        """
        return self._of(fact)

    def _of(self, value: object) -> bytes:
        if type(value) in _PLAIN or isinstance(value, Enum):
            return f"{type(value).__name__} {value!r}".encode(errors="surrogatepass")
        if isinstance(value, PublishedRecording) and value.digest is not None:
            return value.digest
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = value, _digest(self._pieces(value))
        return known[1]

    def _pieces(self, value: object) -> Iterable[bytes]:
        name = type(value).__name__
        yield name.encode()
        if isinstance(value, BaseModel):
            yield value.model_dump_json(exclude=_LEFT_OUT.get(name)).encode()
        elif dataclasses.is_dataclass(value):
            yield from (self._of(getattr(value, field.name)) for field in dataclasses.fields(value) if field.compare)
        elif isinstance(value, Mapping):
            yield from (self._of(part) for item in value.items() for part in item)
        elif isinstance(value, set | frozenset):
            yield from sorted(map(self._of, value))
        elif isinstance(value, tuple | list):
            yield from map(self._of, value)
        else:
            raise TypeError(f"{name} is no fact that pages can depend on")


def _digest(pieces: Iterable[bytes]) -> bytes:
    told = b"".join(part for piece in pieces for part in (len(piece).to_bytes(8), piece))
    return blake2b(told, digest_size=20).digest()


def files_below(*folders: Path) -> tuple[tuple[str, bytes], ...]:
    """Every file of folders with the digest of its content: templates, translations, code."""
    return tuple(
        (path.relative_to(folder).as_posix(), blake2b(path.read_bytes(), digest_size=20).digest())
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    )


@cache
def versions() -> tuple[tuple[str, Any], ...]:
    """Versions of the libraries, and the code that fills the pages."""
    found: list[tuple[str, Any]] = []
    for name in _PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, ""))
    return (*found, *files_below(Path(__file__).parent))
