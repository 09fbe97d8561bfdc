"""What a publish does, as data: uploads, deletes, and the plan that orders them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

from pipeline.storage.protocol import Wanted
from pipeline.storage.records import Record


class Phase(IntEnum):
    """The order of a publish. Everything of one phase is done before the next begins."""

    TAKE_BACK = 0
    """What was withdrawn goes first, and the pages that say so replace it."""
    RECORD = 1
    """The record of the generation to come, so that a run that is killed leaves nothing unaccounted for."""
    MEDIA = 2
    """Video and audio."""
    COMPANIONS = 3
    """Captions, posters, playlists, recording manifests: they name media."""
    ASSETS = 4
    """Style sheets, scripts, search index: pages name them."""
    PAGES = 5
    """Pages, the deepest first: lists name watch pages."""
    INDEX = 6
    """The home page, feeds and everything else that names pages."""
    COMMIT = 7
    """``catalog.json``: from here on the generation is public."""
    DELETE = 8
    """What no generation needs any more."""


@dataclass(frozen=True)
class Upload:
    """An object to send, and why."""

    wanted: Wanted
    phase: Phase
    rank: int
    """Order within the phase, lowest first."""
    reason: str
    etag: str | None
    """Of what the store has at this address; ``None`` where there is nothing."""

    @property
    def absent(self) -> bool:
        """Whether the store has nothing at this address."""
        return self.etag is None


class Kept(NamedTuple):
    """An object that is kept for a while, and why."""

    key: str
    reason: str


@dataclass(frozen=True)
class Delete:
    """An object to remove, and why."""

    key: str
    size: int
    reason: str
    all_versions: bool = False
    """Whether older versions that the store keeps go too."""


@dataclass(frozen=True)
class Plan:
    """Everything one publish does, in order."""

    generation: int
    """The generation that will be public."""
    commits: bool
    """Whether a new generation is made; otherwise ``generation`` is the one that is public already."""
    withdrawals: tuple[Delete, ...]
    """Removed before anything else, all their versions."""
    hidden: tuple[Delete, ...]
    """Not wanted, and they may show what is withdrawn: removed right before the commit, all their versions."""
    uploads: tuple[Upload, ...]
    """In order of phase and rank; the record and ``catalog.json`` are not among them."""
    skips: int
    """How many objects the store has already."""
    deletes: tuple[Delete, ...]
    """Removed after the commit, in this order."""
    waiting: tuple[Kept, ...]
    """No longer wanted, kept for readers of the generation before until the grace period is over."""
    strangers: int
    """Objects in the store that Aftertalk did not put there; they are left alone."""
    record_key: str
    record: bytes
    taken_back: tuple[str, ...]
    """Prefixes of what is public now and withdrawn by this: all versions below them go, and older ones of ``shown``."""
    kept: frozenset[str]
    """Everything wanted."""
    shown: tuple[str, ...]
    """Objects that could have named what is withdrawn: those whose address does not name their content."""
    after: Record
    """The record that is the public one's when all is done."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.commits or self.withdrawals or self.hidden or self.uploads or self.deletes)

    @property
    def upload_bytes(self) -> int:
        """Bytes to send."""
        return sum(one.wanted.size for one in self.uploads)

    def lines(self) -> Iterator[str]:
        """The plan in words, one action a line, in the order of execution."""
        for delete in self.withdrawals:
            yield f"withdraw {delete.key} ({delete.size} bytes): {delete.reason}"
        for upload in self.uploads:
            yield f"upload {upload.wanted.key} ({upload.wanted.size} bytes): {upload.reason}"
        for delete in self.hidden:
            yield f"delete {delete.key} ({delete.size} bytes): {delete.reason}"
        if self.commits:
            yield f"commit generation {self.generation}"
        for delete in self.deletes:
            yield f"delete {delete.key} ({delete.size} bytes): {delete.reason}"

    def summary(self) -> str:
        """The plan in one sentence."""
        if self.is_empty:
            return f"nothing to do: all {self.skips} objects of generation {self.generation} are public"
        removed = len(self.withdrawals) + len(self.hidden) + len(self.deletes)
        return (
            f"{len(self.uploads)} to upload ({self.upload_bytes} bytes), {self.skips} already there, "
            f"{removed} to remove"
        )


@dataclass(frozen=True)
class Rules:
    """What decides about removals.

    Attributes:
        withdrawn: prefixes of which nothing may remain except what is wanted.
        now: the present.
        grace: how long readers of an older generation can still find what it names.
        abandoned: age at which the leavings of a run that never finished are removed.
    """

    now: datetime
    withdrawn: tuple[str, ...] = ()
    grace: timedelta = timedelta(hours=1)
    abandoned: timedelta = timedelta(days=1)
