"""Carry out a publish plan. Thin: the order was decided by ``plan``, the promises are kept by the store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import groupby

from catalog import urls
from pipeline.storage.actions import Delete
from pipeline.storage.headers import Cache
from pipeline.storage.plan import Phase, Plan, Upload
from pipeline.storage.protocol import (
    IF_ABSENT,
    Capabilities,
    Condition,
    ObjectStore,
    PreconditionFailedError,
    Wanted,
    at_hand,
)
from pipeline.storage.records import record_generation

DEFAULT_WORKERS = 16


@dataclass(frozen=True)
class Progress:
    """How far the uploads of a plan are."""

    done_bytes: int
    total_bytes: int
    done_objects: int
    total_objects: int
    key: str
    """The object that was last worked on."""


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class Fence:
    """Keeps a run that was frozen, or cut off, from overwriting what another published meanwhile.

    A run that is thawed finds out before it sends the next object. What it was sending at that moment is refused by
    the store, since pages are replaced only while they are what the plan was made from.
    """

    guard: Callable[[], None] | None

    @property
    def stands(self) -> bool:
        """Whether this run is the only one by agreement; without that each may overwrite the other's pages."""
        return self.guard is not None

    def ask(self) -> None:
        """Ask whether this run may go on.

        Raises:
            LockHeldError: it may not.
        """
        if self.guard is not None:
            self.guard()


def prepare(
    store: ObjectStore, plan: Plan, *, fence: Fence, workers: int = DEFAULT_WORKERS, on_progress: OnProgress
) -> None:
    """Do everything before the commit: take back, then upload phase by phase.

    Raises:
        LockHeldError: this run may not go on.
        PreconditionFailedError: another publisher changed a page that was to be replaced.
        StoreError: an object could not be sent; nothing of a later phase was begun.
    """
    if plan.withdrawals:
        store.purge([one.key for one in plan.withdrawals])
    if plan.taken_back:
        store.purge_below(plan.taken_back, keep=plan.kept)
    if plan.commits:
        _upload(store, plan, fence, workers=workers, on_progress=on_progress)
    if plan.hidden:
        store.purge([one.key for one in plan.hidden])
    if plan.taken_back:
        store.forget_versions(plan.shown)


def _upload(store: ObjectStore, plan: Plan, fence: Fence, *, workers: int, on_progress: OnProgress) -> None:
    tally = _Tally(plan.uploads, on_progress)

    def send(upload: Upload) -> None:
        fence.ask()
        with at_hand(upload.wanted) as wanted:
            _send(store, upload, wanted, tally, fenced=fence.stands)

    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="publish") as pool:
        first = [one for one in plan.uploads if one.phase is Phase.TAKE_BACK]
        _send_all(pool, first, send)
        store.put(Wanted.of_bytes(plan.record_key, plan.record))
        rest = plan.uploads[len(first) :]
        for _, group in groupby(rest, key=lambda one: (one.phase, one.rank)):
            _send_all(pool, list(group), send)


def commit(store: ObjectStore, catalog: Wanted, etag: str | None) -> None:
    """Make a generation public: swap ``catalog.json``, which had ``etag`` when the plan was made (``None``: absent).

    Raises:
        PreconditionFailedError: another publisher was faster.
    """
    if not store.capabilities().guards_commit:
        present = store.head(catalog.key)
        if etag != (present.etag if present else None):
            raise PreconditionFailedError(f"{store.address}/{catalog.key}", "another publisher changed it")
        store.put(catalog)
    else:
        store.put(catalog, condition=IF_ABSENT if etag is None else Condition(etag))


def clear_away(store: ObjectStore, plan: Plan) -> None:
    """Delete what no generation needs; records last, so that what they name is never without an owner."""
    if any(one.all_versions for one in plan.deletes):  # they are still there if a run was killed before this
        store.forget_versions([urls.CATALOG])
    for (_, all_versions), group in groupby(plan.deletes, key=_way):
        (store.purge if all_versions else store.delete)([one.key for one in group])


def _way(delete: Delete) -> tuple[bool, bool]:
    """Objects that can be deleted in one go have the same."""
    return record_generation(delete.key) is not None, delete.all_versions


class _Tally:
    """Adds up progress from several threads."""

    def __init__(self, uploads: Sequence[Upload], on_progress: OnProgress) -> None:
        self._total_bytes = sum(one.wanted.size for one in uploads)
        self._total_objects = len(uploads)
        self._bytes = self._objects = 0
        self._lock = threading.Lock()
        self._on_progress = on_progress

    def add(self, key: str, *, sent: int = 0, finished: int = 0) -> None:
        with self._lock:
            self._bytes += sent
            self._objects += finished
            self._on_progress(Progress(self._bytes, self._total_bytes, self._objects, self._total_objects, key))


def _send_all(pool: ThreadPoolExecutor, uploads: Iterable[Upload], send: Callable[[Upload], None]) -> None:
    """Send objects in any order; at the first failure the rest is not begun."""
    futures: list[Future[None]] = [pool.submit(send, upload) for upload in uploads]
    try:
        wait(futures, return_when=FIRST_EXCEPTION)
        for future in futures:
            if future.done():
                future.result()
    finally:
        for future in futures:
            future.cancel()


def _send(store: ObjectStore, upload: Upload, wanted: Wanted, tally: _Tally, *, fenced: bool) -> None:
    sent = 0

    def on_bytes(count: int) -> None:
        nonlocal sent
        sent += count
        tally.add(wanted.key, sent=count)

    try:
        store.put(wanted, condition=_condition(upload, store.capabilities(), fenced=fenced), on_bytes=on_bytes)
    except PreconditionFailedError:
        if wanted.cache is not Cache.IMMUTABLE:
            raise
        present = store.head(wanted.key)  # another publisher sent the same; its address says what it contains
        if present is None or present.size != wanted.size or present.sha256 not in {None, wanted.sha256}:
            store.put(wanted, on_bytes=on_bytes)
    tally.add(wanted.key, sent=wanted.size - sent, finished=1)


def _condition(upload: Upload, can: Capabilities, *, fenced: bool) -> Condition | None:
    """What must hold for an object to be sent.

    An address that names its content is filled once; a page is replaced only as the plan knew it.
    """
    if upload.wanted.cache is Cache.IMMUTABLE:
        return IF_ABSENT if upload.absent and can.creates else None
    if not (fenced and can.guards_commit):
        return None
    return IF_ABSENT if upload.etag is None else Condition(upload.etag)
