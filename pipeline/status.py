"""``aftertalk status``: every recording of the catalogue with its state, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from catalog.edits import Trim
from catalog.locales import clock
from catalog.manifest import BY_MACHINE, RecordingManifest
from catalog.release import Verdict
from pipeline.catalogue import CatalogueDirectory
from pipeline.errors import AftertalkError
from pipeline.flow import manifest_of
from pipeline.report import RecordingReporter
from pipeline.stages import Job
from pipeline.stages.ingest import Item, survey
from pipeline.workshop import Workshop, open_workshop


class State(StrEnum):
    """Where a recording stands."""

    PUBLISHED = "published"
    CHANGED = "changed"
    """Public, but something about it is newer than what is public."""
    READY = "ready"
    """Made, not yet public."""
    NEW = "new"
    """Not made yet."""
    FAILED = "failed"
    MISSING = "missing"
    """There is no media file for it."""
    ELSEWHERE = "elsewhere"
    """Listed with its links only."""
    HELD = "held"
    EMBARGOED = "embargoed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Row:
    """One recording."""

    recording: str
    title: str
    state: State
    reason: str
    captions: tuple[str, ...] = ()
    """Language and origin of each caption track, e.g. ``en (sidecar)``."""
    automatic_only: bool = False
    """Whether it has captions and a machine wrote all of them."""
    trim: dict[str, str] = field(default_factory=dict)
    """What could be cut off, as ``trim`` in ``event.yaml``: nothing is to be seen or heard there. Only a hint."""

    def as_dict(self) -> dict[str, object]:
        """Plain JSON."""
        return asdict(self)


def states(directory: CatalogueDirectory, *, now: datetime) -> list[Row]:
    """The state of every recording, in programme order. Nothing is made or changed.

    Raises:
        StoreError: the store cannot be read.
    """
    return _Status(open_workshop(directory, RecordingReporter())).rows(now)


class _Standing(NamedTuple):
    state: State
    reason: str
    trim: dict[str, str] | None = None


class _Status:
    def __init__(self, shop: Workshop) -> None:
        self._shop = shop

    def rows(self, now: datetime) -> list[Row]:
        published = self._shop.published.recordings()
        return [self._row(item, published.get(item.id)) for item in survey(self._shop.directory, now=now).items]

    def _row(self, item: Item, published: dict[str, object] | None) -> Row:
        standing = self._standing(item, is_public=published is not None)
        tracks = published.get("captions", []) if published else []
        known = [(one["language"], one["origin"]) for one in tracks] if isinstance(tracks, list) else []
        captions = tuple(f"{language} ({origin})" for language, origin in known)
        automatic = bool(known) and all(origin in BY_MACHINE for _, origin in known)
        return Row(
            item.id, item.recording.title, standing.state, standing.reason, captions, automatic, standing.trim or {}
        )

    def _standing(self, item: Item, *, is_public: bool) -> _Standing:
        if item.verdict in {Verdict.HELD, Verdict.WITHDRAWN}:
            return _Standing(State(item.verdict.value), item.decision.reason)
        if item.recording.is_elsewhere:
            return _Standing(State.ELSEWHERE, "it has no source here, only links")
        found = self._progress(item, is_public=is_public)
        if item.verdict is Verdict.EMBARGOED and found.state is not State.FAILED:
            return _Standing(State.EMBARGOED, f"{item.decision.reason}; {found.reason}", found.trim)
        return found

    def _progress(self, item: Item, *, is_public: bool) -> _Standing:
        if item.problem:
            note = "; it stays public as it was made" if is_public else ""
            return _Standing(State.MISSING, item.problem + note)
        try:
            job = self._shop.flow.is_made(self._shop.job(item))
        except AftertalkError as error:
            return _Standing(State.FAILED, f"{error.message} ({error.hint})" if error.hint else error.message)
        if isinstance(job, Job):
            return _Standing(*self._made(manifest_of(job), is_public=is_public), trim_hint(job))
        if (failure := self._shop.failures.get(item.id)) is not None:
            hint = f"{failure.hint}; " if failure.hint else ""
            return _Standing(State.FAILED, f"{failure.message} ({hint}{failure.plan})")
        return _Standing(State.CHANGED if is_public else State.NEW, job)

    def _made(self, manifest: RecordingManifest, *, is_public: bool) -> tuple[State, str]:
        if not is_public:
            return State.READY, "made; the next publish makes it public"
        if not self._shop.published.has(manifest):
            return State.CHANGED, "made again; the next publish makes it public"
        return State.PUBLISHED, "up to date"


def trim_hint(job: Job) -> dict[str, str]:
    """What of a made recording could be cut off, as ``trim`` in ``event.yaml``; nothing where that says something."""
    if job.recording.trim != Trim():
        return {}
    found: dict[str, int] = job.artifacts["transcode"].data.get("trim_hint", {})
    return {name.removesuffix("_ms"): clock(ms) for name, ms in found.items()}
