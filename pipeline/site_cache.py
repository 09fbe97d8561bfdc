"""What has been rendered of the site, kept in the workspace.

A page whose facts did not change is neither rendered nor read again, unless it has to be sent; nor is it looked for
where the store has it. ``objects/`` holds the bytes by their SHA-256; ``index.json`` says which objects a fingerprint
stands for. Both are a cache: without them everything is rendered anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from hashlib import md5, sha256
from pathlib import Path
from typing import NamedTuple

from pydantic_core import from_json

from catalog.render import Part
from pipeline import site_workers
from pipeline.storage.protocol import Wanted
from pipeline.workspace import write_atomically, writing

SCHEMA = 1


class _Object(NamedTuple):
    """An object of a part."""

    key: str
    size: int
    sha256: str
    md5: str

    @classmethod
    def of(cls, key: str, content: bytes) -> _Object:
        digest = md5(content, usedforsecurity=False).hexdigest()
        return cls(key, len(content), sha256(content).hexdigest(), digest)


class SiteCache:
    """The cache in ``folder``; one run at a time uses it."""

    def __init__(self, folder: Path) -> None:
        self._objects = folder / "objects"
        self._index = folder / "index.json"
        self.made = 0
        """Parts that had to be made so far."""

    def wanted(
        self,
        parts: Iterable[Part],
        *,
        is_public: Callable[[Wanted], bool] = lambda _: False,
        keep: bool = True,
        processes: int | None = None,
    ) -> list[Wanted]:
        """The objects of all parts; what is not known yet is made. Forgets whatever is of none of them.

        Without ``keep`` nothing is written, and objects that are not known come without their bytes: enough for a plan.

        Args:
            parts: what to make.
            is_public: tells which objects need not be here, since nobody will send them.
            keep: whether to remember what is made.
            processes: see ``site_workers.made``.

        Raises:
            MachineError: the cache cannot be written.
        """
        known = self._read()
        now: dict[str, tuple[_Object, ...]] = {}
        wanted: dict[str, list[Wanted]] = {}
        missing: list[Part] = []
        for part in parts:
            now[part.fingerprint] = known.get(part.fingerprint, ())
            wanted[part.fingerprint] = objects = [self._wanted(one) for one in now[part.fingerprint]]
            if part.fingerprint not in known or not all(is_public(one) or _is_here(one) for one in objects):
                missing.append(part)
        self.made += len(missing)
        new = site_workers.made(len(missing), lambda one: self._make(missing[one], keep=keep), processes=processes)
        for part, found in zip(missing, new, strict=True):
            now[part.fingerprint], wanted[part.fingerprint] = found, [self._wanted(one) for one in found]
        if keep and missing:
            os.sync()  # before the index says that they are there: a page of zeros would be published for ever
        if keep and now != known:
            self._write(now)
            self._prune({one.sha256 for found in now.values() for one in found})
        every = [one for found in wanted.values() for one in found]
        return every if keep else [replace(one, source=b"") for one in every]

    def _make(self, part: Part, *, keep: bool) -> tuple[_Object, ...]:
        found = []
        for key, content in part.make().items():
            one = _Object.of(key, content)
            found.append(one)
            if keep:
                self._keep(one, content)
        return tuple(found)

    def _wanted(self, one: _Object) -> Wanted:
        return Wanted.of_file(one.key, self._path(one.sha256), size=one.size, sha256=one.sha256, md5=one.md5)

    def _path(self, digest: str) -> str:
        """Text, since joining paths for each of very many objects takes seconds."""
        return f"{self._objects}/{digest[:2]}/{digest}"

    def _keep(self, one: _Object, content: bytes) -> None:
        """Write an object so that its name never stands for half of it; what a crash loses is made again."""
        path = Path(self._path(one.sha256))
        temporary = path.with_suffix(f".{os.getpid()}")  # several processes may be at it
        with writing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                temporary.write_bytes(content)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise

    def _prune(self, digests: Collection[str]) -> None:
        """Remove all objects but these."""
        for folder in self._objects.iterdir() if self._objects.is_dir() else ():
            for name in os.listdir(folder):  # noqa: PTH208 (of very many files)
                if name not in digests:
                    (folder / name).unlink(missing_ok=True)

    def _read(self) -> dict[str, tuple[_Object, ...]]:
        try:
            document = from_json(self._index.read_bytes())
            if document["schema"] != SCHEMA:
                return {}
            return {key: tuple(map(_Object._make, found)) for key, found in document["parts"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _write(self, parts: dict[str, tuple[_Object, ...]]) -> None:
        with writing(self._index.parent):
            self._index.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._index, json.dumps({"schema": SCHEMA, "parts": parts}, ensure_ascii=False).encode())


def _is_here(one: Wanted) -> bool:
    """Whether an object's file is here, and whole: one that a crash cut short has fewer bytes than it should."""
    try:
        return os.stat(str(one.source)).st_size == one.size  # noqa: PTH116 (of very many files)
    except OSError:
        return False
