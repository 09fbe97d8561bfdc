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
from pipeline.storage.protocol import IF_ABSENT, Condition, ObjectStore, PreconditionFailedError, Wanted, at_hand
from pipeline.storage.state import record_generation

DEFAULT_WORKERS = 8


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


def prepare(store: ObjectStore, plan: Plan, *, workers: int = DEFAULT_WORKERS, on_progress: OnProgress) -> None:
    """Do everything before the commit: take back, then upload phase by phase.

    Raises:
        StoreError: an object could not be sent; nothing of a later phase was begun.
    """
    if plan.withdrawals:
        store.purge([one.key for one in plan.withdrawals])
    if plan.taken_back:
        store.purge_below(plan.taken_back, keep=plan.kept)
    if plan.commits:
        _upload(store, plan, workers=workers, on_progress=on_progress)
    if plan.hidden:
        store.purge([one.key for one in plan.hidden])
    if plan.taken_back:
        store.forget_versions(plan.shown)


def _upload(store: ObjectStore, plan: Plan, *, workers: int, on_progress: OnProgress) -> None:
    tally = _Tally(plan.uploads, on_progress)
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="publish") as pool:
        first = [one for one in plan.uploads if one.phase is Phase.TAKE_BACK]
        _send_all(pool, store, first, tally)
        store.put(Wanted.of_bytes(plan.record_key, plan.record))
        rest = plan.uploads[len(first) :]
        for _, group in groupby(rest, key=lambda one: (one.phase, one.rank)):
            _send_all(pool, store, list(group), tally)


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


def _send_all(pool: ThreadPoolExecutor, store: ObjectStore, uploads: Iterable[Upload], tally: _Tally) -> None:
    """Send objects in any order; at the first failure the rest is not begun."""
    futures: list[Future[None]] = [pool.submit(_send, store, upload, tally) for upload in uploads]
    try:
        wait(futures, return_when=FIRST_EXCEPTION)
        for future in futures:
            if future.done():
                future.result()
    finally:
        for future in futures:
            future.cancel()


def _send(store: ObjectStore, upload: Upload, tally: _Tally) -> None:
    with at_hand(upload.wanted) as wanted:
        _send_at_hand(store, wanted, tally, absent=upload.absent)


def _send_at_hand(store: ObjectStore, wanted: Wanted, tally: _Tally, *, absent: bool) -> None:
    sent = 0

    def on_bytes(count: int) -> None:
        nonlocal sent
        sent += count
        tally.add(wanted.key, sent=count)

    guard = absent and wanted.cache is Cache.IMMUTABLE and store.capabilities().creates
    try:
        store.put(wanted, condition=IF_ABSENT if guard else None, on_bytes=on_bytes)
    except PreconditionFailedError:
        present = store.head(wanted.key)  # another publisher sent the same; its address says what it contains
        if present is None or present.size != wanted.size or present.sha256 not in {None, wanted.sha256}:
            store.put(wanted, on_bytes=on_bytes)
    tally.add(wanted.key, sent=wanted.size - sent, finished=1)
