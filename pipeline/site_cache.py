"""What has been rendered of the site, kept in the workspace.

A page whose facts did not change is neither rendered nor read again, unless it has to be sent; nor is it looked for
where the store has it. ``objects/`` holds the bytes by their SHA-256; ``index.db`` says which objects a fingerprint
stands for. Both are a cache: without them everything is rendered anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from catalog.render import Part
from pipeline import forked
from pipeline.site_index import SiteIndex, SiteObject
from pipeline.storage.lots import Lot
from pipeline.storage.protocol import Wanted
from pipeline.workspace import writing

LARGE = 5_000
"""Parts of a site of which some (an index, a table) take as long as starting a process, or far longer."""


class SiteCache:
    """The cache in ``folder``; one run at a time uses it."""

    def __init__(self, folder: Path) -> None:
        self._objects = folder / "objects"
        self._index = SiteIndex(folder / "index.db")
        self._folders: set[Path] = set()
        """Of objects; those that are known to be there."""
        self.made = 0
        """Parts that had to be made so far."""

    def lots(
        self,
        parts: Iterable[Part],
        *,
        has: Callable[[str], bool] = lambda _: False,
        is_public: Callable[[Wanted], bool] = lambda _: False,
        keep: bool = True,
        processes: int | None = None,
    ) -> list[Lot]:
        """The objects of all parts, each a lot; what is not known yet is made. Forgets whatever is of none of them.

        Without ``keep`` nothing is written, and objects that are not known come without their bytes: enough for a plan.

        Args:
            parts: what to make.
            has: tells which lots need not be looked into, since all of their objects are public.
            is_public: tells which objects need not be here, since nobody will send them.
            keep: whether to remember what is made.
            processes: see ``forked.made``.

        Raises:
            MachineError: the cache cannot be written.
        """
        asked = {part.fingerprint: part for part in parts}
        before = self._index.fingerprints()
        objects = self._index.objects(name for name in asked if not has(name))
        found = {name: self._wanted(these, keep=keep) for name, these in objects.items()}

        def stands(name: str) -> bool:
            if name not in found:
                return has(name) and name in before
            return all(is_public(one) or self._is_here(one) for one in found[name])

        missing = [part for name, part in asked.items() if not stands(name)]
        self.made += len(missing)
        made = forked.made(
            len(missing),
            lambda one: self._make(missing[one], keep=keep),
            processes=processes,
            worth=2 if len(asked) >= LARGE else None,
        )
        new = {part.fingerprint: these for part, these in zip(missing, made, strict=True)}
        if keep and (new or before != asked.keys()):
            if new:
                os.sync()  # before the index says that they are there: a page of zeros would be published for ever
            with self._index.changing(asked, new) as unused:
                self._prune(unused)
        found |= {name: self._wanted(these, keep=keep) for name, these in new.items()}

        def of_lot(name: str) -> Sequence[Wanted]:
            """Of one that nobody had to look into it is read when somebody has to."""
            known = found.get(name)
            return self._wanted(self._index.objects([name])[name], keep=keep) if known is None else known

        return [Lot(name, partial(of_lot, name)) for name in asked]

    def _make(self, part: Part, *, keep: bool) -> tuple[SiteObject, ...]:
        found = []
        for key, content in part.make().items():
            one = SiteObject.of(key, content)
            found.append(one)
            if keep:
                self._keep(one, content)
        return tuple(found)

    def _wanted(self, objects: Iterable[SiteObject], *, keep: bool) -> list[Wanted]:
        found = [
            Wanted.of_file(one.key, self._path(one.sha256), size=one.size, sha256=one.sha256, md5=one.md5)
            for one in objects
        ]
        return found if keep else [replace(one, source=b"") for one in found]

    def _path(self, digest: str) -> str:
        """Text, since joining paths for each of very many objects takes seconds."""
        return f"{self._objects}/{digest[:2]}/{digest}"

    def _is_here(self, one: Wanted) -> bool:
        """Whether an object's file is here, and whole: one that a crash cut short has fewer bytes than it should."""
        try:
            return os.stat(self._path(one.sha256)).st_size == one.size  # noqa: PTH116 (of very many files)
        except OSError:
            return False

    def _keep(self, one: SiteObject, content: bytes) -> None:
        """Write an object so that its name never stands for half of it; what a crash loses is made again."""
        path = Path(self._path(one.sha256))
        temporary = path.with_suffix(f".{os.getpid()}")  # several processes may be at it
        with writing(path.parent):
            if path.parent not in self._folders:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._folders.add(path.parent)
            try:
                temporary.write_bytes(content)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise

    def _prune(self, unused: Iterable[str] | None) -> None:
        """Remove objects; if nobody knows what lies there, all but those of the index."""
        if unused is not None:
            for digest in unused:
                Path(self._path(digest)).unlink(missing_ok=True)
            return
        used = self._index.used()
        for folder in self._objects.iterdir() if self._objects.is_dir() else ():
            for path in folder.iterdir():
                if path.name not in used:
                    path.unlink(missing_ok=True)
