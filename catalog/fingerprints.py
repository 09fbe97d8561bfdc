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
from pydantic_core import to_json

from catalog.published import PublishedRecording

_PACKAGES = ("babel", "jinja2", "markdown-it-py", "markupsafe", "nh3", "icalendar", "tzdata")
"""Libraries that have a part in what pages look like."""
_PLAIN = frozenset({type(None), str, int, float, bool, bytes, date, datetime, time, timedelta})
_LEFT_OUT: Mapping[str, Any] = {
    "CaptionTrack": {"cues"},  # the digest of their file is a field too
    "Made": {"captions": {"__all__": {"cues"}}},
    "Event": {"sessions"},  # what a page shows of them is in its context; whoever shows all of them names them
    "Session": {"recordings"},  # not here: see _APART
}
"""Fields of models, as pydantic's ``exclude`` has them."""
_APART: Mapping[str, str] = {"Session": "recordings"}
"""Fields of models that hold facts which others show too, so that their digests are known anyway."""


class Fingerprints:
    """Digests of facts, remembered by identity: facts are immutable, and kept as long as this is."""

    def __init__(self, *base: object, known: Fingerprints | None = None) -> None:
        """``known`` has looked at some of the facts already, whatever its base."""
        self._known: dict[int, tuple[object, list[str]]] = known._known if known else {}
        self._base = _digest(repr(self._all(base)))

    def of(self, *facts: object) -> str:
        """The digest of ``facts`` and of what was given at the beginning.

        Raises:
            TypeError: a fact is, or holds, something that is no plain value.
        """
        return _digest(repr(self._all(facts)), self._base).hex()

    def digest(self, fact: object) -> bytes:
        """The digest of one fact alone, whatever was given at the beginning; of a recording, the one that it brings.

        Raises:
            TypeError: see ``of``.
        """
        if isinstance(fact, PublishedRecording):
            return _digest(repr(self._all(_held(fact)))) if fact.digest is None else fact.digest
        if isinstance(fact, BaseModel):
            name = type(fact).__name__
            apart = self._all(getattr(fact, _APART[name])) if name in _APART else ()
            return _digest(repr((name, apart)), to_json(fact, exclude=_LEFT_OUT.get(name)))
        return _digest(repr(self._all((fact,))))

    def _plain(self, value: object) -> object:
        """What stands for a value: two are the same only where what ``repr`` says of these is.

        A tuple stands for itself, a list that holds a digest for a model or a recording, which many pages show, a
        dictionary of one entry, which names the type, for anything else.
        """
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        if type(value) is tuple:
            return self._all(value)
        name = type(value).__name__
        if isinstance(value, Enum):
            return {name: value.name}
        if isinstance(value, set | frozenset):
            return {name: sorted(map(repr, self._all(value)))}
        if isinstance(value, BaseModel | PublishedRecording):
            digest = [self.digest(value).hex()]
            self._known[id(value)] = value, digest
            return digest
        return {name: self._all(_held(value))}

    def _all(self, values: Iterable[object]) -> tuple[object, ...]:
        return tuple([one if type(one) in _PLAIN else self._plain(one) for one in values])


def _held(value: object) -> Iterable[object]:
    """What a collection or dataclass holds."""
    kind: Any = type(value)
    if isinstance(value, Mapping):
        return value.items()
    if isinstance(value, tuple | list):
        return value
    if dataclasses.is_dataclass(value):
        return [getattr(value, field) for field in _fields(kind)]
    raise TypeError(f"{kind.__name__} is no fact that pages can depend on")


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    """The names of those fields of a dataclass that make it what it is."""
    return tuple(field.name for field in dataclasses.fields(kind) if field.compare)


def _digest(text: str, more: bytes = b"") -> bytes:
    return blake2b(text.encode(errors="surrogatepass") + b"\n" + more, digest_size=20).digest()


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
