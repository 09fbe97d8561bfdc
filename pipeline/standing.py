"""What stands: recordings that are public, and whose inputs are what they were when they were made public.

A run takes every recording through its stages to find out whether something has to be made. In a large archive nothing
has to be for nearly all of them, and finding that out for each takes milliseconds. So what a recording was made from is
noted by its description, the settings, the programs, and the size, inode and times of its files; as long as that is the
same, and the store has all of it, what was made of it is taken from the note. A cache: it may be deleted at any time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from catalog.model import Event, Session
from pipeline import forked, rows
from pipeline.catalogue import CatalogueDirectory
from pipeline.config import Settings
from pipeline.digests import SETTLED_NS
from pipeline.errors import ConfigurationError
from pipeline.media import asr
from pipeline.media.tools import Tools
from pipeline.ready import Note, Ready
from pipeline.settled import installation, stamp
from pipeline.stages.ingest import Item

_COLUMNS = (
    "recording TEXT PRIMARY KEY, inputs TEXT NOT NULL, "
    "manifest TEXT NOT NULL, made TEXT NOT NULL, lot TEXT NOT NULL, bytes INT NOT NULL"
)

WORTH = 2_000
"""Recordings that one process looks at sooner than several are started."""


class Standing:
    """The notes of one run, in the workspace; used by one thread under the workspace's lock, or only read."""

    def __init__(self, directory: CatalogueDirectory, tools: Tools, *, clock: Callable[[], int] = time.time_ns) -> None:
        """``clock`` gives nanoseconds since the epoch."""
        self._path = directory.workspace / "standing.db"
        self._newest = clock() - SETTLED_NS
        installed = [(path, state and stamp(state)) for path, state in installation(directory.settings)]
        self._house = _digest((directory.settings.model_dump_json(), tools, installed, _models(directory.settings)))
        self._around: dict[int, tuple[object, str]] = {}
        self._seen: dict[str, str] = {}
        known = rows.read(self._path, "SELECT recording, inputs, manifest, made, lot, bytes FROM notes")
        self._known = {name: (inputs, Note(*what)) for name, inputs, *what in known}

    def look(self, items: Sequence[Item]) -> None:
        """Look at what recordings are made from, before anything is made."""
        found = forked.made(len(items), lambda one: self._inputs(items[one]), worth=WORTH, chunk=WORTH // 2)
        self._seen = {item.id: inputs for item, inputs in zip(items, found, strict=True)}

    def note(self, item: Item) -> Note | None:
        """What was made of it when it was published, if nothing that it is made from changed until it was looked at."""
        inputs = self._seen.get(item.id, "")
        before, note = self._known.get(item.id, ("", None))
        try:
            return note if inputs and inputs == before and note and note.made else None
        except ValueError:  # it cannot be read: to be written again
            del self._known[item.id]
            return None

    def keep(self, public: Iterable[Ready]) -> None:
        """Note what is public now, each as it was when it was looked at before it was made.

        Not what a stage is to be tried again for by the next run.
        """
        new = [
            (one.item.id, inputs, one.note.manifest_json, one.note.made_json, one.note.lot, one.note.bytes)
            for one in public
            if one.note.is_complete
            if (inputs := self._seen.get(one.item.id)) and inputs != self._known.get(one.item.id, ("",))[0]
        ]
        if new:
            rows.write(self._path, "notes", new, _COLUMNS)

    def _inputs(self, item: Item) -> str:
        """A digest of everything the recording is made from; empty where that cannot be told from outside."""
        found = item.found
        if item.problem or item.address is not None or found is None:
            return ""
        files = [*found.parts, *(one.file for one in found.captions), *([found.poster] if found.poster else ())]
        try:
            states = [os.stat(one.path, follow_symlinks=False) for one in files]  # noqa: PTH116 (of very many files)
        except OSError:
            return ""
        if any(max(state.st_mtime_ns, state.st_ctime_ns) > self._newest for state in states):
            return ""
        captions = [(one.language, one.is_automatic, one.align) for one in found.captions]
        about = (
            sha256(item.recording.model_dump_json().encode()).digest(),
            self._of(item.session),
            self._of(item.event),
        )
        return _digest((self._house, *about, captions, [one.name for one in files], [stamp(one) for one in states]))

    def _of(self, around: Session | Event) -> str:
        """The session or the event of several recordings, without what else is in it."""
        known = self._around.get(id(around))
        if known is None:
            facts = around.model_dump_json(exclude={"recordings", "sessions"})
            said = sorted(around.model_fields_set)  # a language that is given counts for more than the same by default
            known = self._around[id(around)] = around, _digest((facts, said))
        return known[1]


def _models(settings: Settings) -> str:
    """The speech models that would be used, some of which are files of neither the catalogue nor the packages."""
    if not settings.captions.recognise:
        return ""
    try:
        return asr.find_models(settings.captions.model).identity
    except ConfigurationError as error:
        return str(error)


def _digest(facts: Iterable[object]) -> str:
    return sha256(repr(list(facts)).encode(errors="surrogatepass")).hexdigest()
