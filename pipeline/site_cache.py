"""What has been rendered of the site, kept in the workspace.

A page whose facts did not change is neither rendered nor read again, unless it has to be sent; nor is it looked for
where the store has it. ``objects/`` has a file for each part, named by its fingerprint, with the bytes of its objects
one after the other: creating a file for each object would take as long as rendering many of them. ``index.db`` says
which objects these are. Both are a cache: without them everything is rendered anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate
from pathlib import Path

from catalog.render import Part
from pipeline import forked
from pipeline.site_index import SiteIndex, SiteObject
from pipeline.storage.lots import Lot
from pipeline.storage.protocol import Piece, Wanted
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
        found = {name: self._wanted(name, these, keep=keep) for name, these in objects.items()}

        def stands(name: str) -> bool:
            if name not in found:
                return has(name) and name in before
            return all(is_public(one) for one in found[name]) or self._is_here(name, found[name])

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
            with self._index.changing(asked, new) as forgotten:
                self._prune(forgotten)
        found |= {name: self._wanted(name, these, keep=keep) for name, these in new.items()}

        def of_lot(name: str) -> Sequence[Wanted]:
            """Of one that nobody had to look into it is read when somebody has to."""
            known = found.get(name)
            return self._wanted(name, self._index.objects([name])[name], keep=keep) if known is None else known

        return [Lot(name, partial(of_lot, name)) for name in asked]

    def _make(self, part: Part, *, keep: bool) -> tuple[SiteObject, ...]:
        contents = part.make()
        if keep:
            self._keep(part.fingerprint, contents.values())
        return tuple(map(SiteObject.of, contents.keys(), contents.values()))

    def _wanted(self, name: str, objects: Sequence[SiteObject], *, keep: bool) -> list[Wanted]:
        """The objects of a part; without ``keep`` they have no bytes."""
        path, starts = self._path(name), accumulate((one.size for one in objects), initial=0)
        found = [
            Wanted.of_file(one.key, Piece(path, start), size=one.size, sha256=one.sha256, md5=one.md5)
            for one, start in zip(objects, starts, strict=False)  # the last is where the file ends
        ]
        return found if keep else [replace(one, source=b"") for one in found]

    def _path(self, name: str) -> str:
        """Text, since joining paths for each of very many files takes seconds."""
        return f"{self._objects}/{name[:2]}/{name}"

    def _is_here(self, name: str, objects: Iterable[Wanted]) -> bool:
        """Whether the file of a part is here, and whole: one that a crash cut short has fewer bytes than it should."""
        try:
            return os.stat(self._path(name)).st_size == sum(one.size for one in objects)  # noqa: PTH116 (of very many)
        except OSError:
            return False

    def _keep(self, name: str, contents: Iterable[bytes]) -> None:
        """Write a part so that its name never stands for half of it; what a crash loses is made again."""
        path = Path(self._path(name))
        temporary = path.with_suffix(f".{os.getpid()}")  # several processes may be at it
        with writing(path.parent):
            if path.parent not in self._folders:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._folders.add(path.parent)
            try:
                with temporary.open("wb") as file:
                    file.writelines(contents)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise

    def _prune(self, forgotten: Iterable[str] | None) -> None:
        """Remove the files of parts; if nobody knows what lies there, all but those of the index."""
        if forgotten is not None:
            for name in forgotten:
                Path(self._path(name)).unlink(missing_ok=True)
            return
        known = self._index.fingerprints()
        for folder in self._objects.iterdir() if self._objects.is_dir() else ():
            for path in folder.iterdir():
                if path.name not in known:
                    path.unlink(missing_ok=True)
