"""Publish a set of objects to a store as one new generation, or find that there is nothing to do.

The caller says what shall be public, the rest follows::

    outcome = publish(
        store,
        wanted,                                  # every object but catalog.json: media, pages, manifests
        lambda generation, manifest: b"…",       # catalog.json of a generation; ``manifest`` goes into it
        Options(withdrawn=("media/e/r/", "e/s/r/")),
        on_plan=…, on_progress=…,
    )

- ``wanted`` must be complete: what is public now and not in it is removed (after a grace period). Objects that were
  made on another machine have ``source=None``; ``read_remote(store).holds(…)`` tells beforehand whether the store
  has them. A ``Lot`` of them that ``Options.memo`` knows to be public as a whole is not looked into.
- ``catalog`` must be pure, and its result must be a JSON object with ``generation`` and ``manifest`` as given.
- ``withdrawn`` are prefixes of recordings that may not be public (held, embargoed or withdrawn): whatever is below
  them and not wanted is removed before anything else, with all its versions. Name them in every run.

If another publisher commits first, the plan is made anew from what the store then holds, a bounded number of times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from catalog import urls
from pipeline.errors import StoreError
from pipeline.storage.execute import DEFAULT_WORKERS, Fence, OnProgress, Progress, clear_away, commit, prepare
from pipeline.storage.lots import Compared, Lot, compare
from pipeline.storage.memo import Memo
from pipeline.storage.noted import NotedStore
from pipeline.storage.plan import Plan, Rules, make_plan
from pipeline.storage.protocol import ObjectStore, PreconditionFailedError, Wanted
from pipeline.storage.state import Remote, read_remote

ATTEMPTS = 5

CatalogBuilder = Callable[[int, str], bytes]
"""From a generation and the key of its record to the bytes of ``catalog.json``."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Options:
    """How to publish; see ``plan.Rules`` for the periods."""

    withdrawn: tuple[str, ...] = ()
    dry_run: bool = False
    """Make the plan and stop."""
    grace: timedelta = Rules.grace
    abandoned: timedelta = Rules.abandoned
    workers: int = DEFAULT_WORKERS
    """How many objects are sent at the same time."""
    guard: Callable[[], None] | None = None
    """Raises when this run may not go on; asked before anything is written, committed, deleted or taken back, and
    before each object is sent. With it pages are replaced only as the plan knew them."""
    memo: Memo | None = None
    """What is remembered of the store, instead of listing it; what is taken back is looked for all the same."""
    seen: Remote | None = None
    """What the store held when this run began. It counts where the store refuses to replace what somebody else wrote
    since; elsewhere, or without it, the store is looked at now."""
    clock: Callable[[], datetime] = _utc_now
    """The present, with an offset."""

    def rules(self, now: datetime) -> Rules:
        """The rules for removals at a moment."""
        return Rules(now=now, withdrawn=self.withdrawn, grace=self.grace, abandoned=self.abandoned)


@dataclass(frozen=True)
class Outcome:
    """What a publish did."""

    plan: Plan
    """The plan that was carried out (or would be)."""
    generation: int
    """The generation that is public now."""
    attempts: int
    """1, or more when another publisher was faster."""
    changed: tuple[str, ...] = ()
    """Addresses whose content changed or went: what a CDN should purge."""
    notes: tuple[str, ...] = ()
    """What the store cannot do, in words."""


def publish(
    store: ObjectStore,
    wanted: Sequence[Wanted | Lot],
    catalog: CatalogBuilder,
    options: Options,
    *,
    on_plan: Callable[[Plan], None] = lambda _: None,
    on_progress: OnProgress = lambda _: None,
) -> Outcome:
    """Make ``wanted`` public. ``on_plan`` hears each plan before it is carried out.

    Raises:
        LockHeldError: ``guard`` raised it.
        StoreError: the store failed, or others kept publishing in between. The generation that was public before
            is still whole; running again continues where this run stopped.
    """
    memo = options.memo
    for attempt in range(1, ATTEMPTS + 1):
        begun = options.clock()
        remote = _look(store, options, begun) if attempt == 1 else read_remote(store)
        plan, found = _plan(wanted, catalog, remote, options.rules(begun))
        if memo and attempt == 1 and (plan.withdrawals or plan.taken_back):  # what is taken back is looked for itself
            remote = read_remote(store)
            plan, found = _plan(wanted, catalog, remote, options.rules(begun))
        on_plan(plan)
        if options.dry_run:
            return Outcome(plan, remote.generation, attempt)
        fence = Fence(None if plan.is_empty else options.guard)
        if memo and not plan.is_empty:
            memo.void()
        noted = NotedStore(store)
        try:
            fence.ask()
            prepare(noted, plan, fence=fence, workers=options.workers, on_progress=on_progress)
            if options.clock() - begun > options.abandoned / 2:
                continue  # so slow that others may have taken it for abandoned: see what is still there
            data = catalog(plan.generation, plan.record_key) if plan.commits else remote.catalog or b""
            if plan.commits:
                fence.ask()
                commit(noted, Wanted.of_bytes(urls.CATALOG, data), remote.catalog_etag)
        except PreconditionFailedError:
            continue
        if plan.deletes or options.withdrawn:
            fence.ask()
        _tidy(noted, plan, remote, options)
        if memo and (not plan.is_empty or found.lots != remote.lots):
            memo.follow(found.remote, plan, noted, data, found.lots)
        return _outcome(store, plan, attempt)
    raise StoreError(
        store.address,
        f"other runs published in between {ATTEMPTS} times",
        hint="let only one machine publish this catalogue, and run the command again",
    )


def _look(store: ObjectStore, options: Options, now: datetime) -> Remote:
    """What the store holds, from memory where that can be trusted."""
    if options.seen is not None and (options.dry_run or store.capabilities().guards_commit):
        return options.seen
    if options.memo is None:
        return read_remote(store)
    return options.memo.remote(store, now=now, may_keep=not options.dry_run)


def _plan(
    wanted: Sequence[Wanted | Lot], catalog: CatalogBuilder, remote: Remote, rules: Rules
) -> tuple[Plan, Compared]:
    """The plan, and what it was made from."""
    changed = remote.catalog is None or remote.catalog != catalog(remote.generation, remote.record_key)
    found = compare(wanted, remote)
    return make_plan(found.wanted, found.remote, rules, catalog_changed=changed, kept=found.kept), found


def _tidy(store: ObjectStore, plan: Plan, remote: Remote, options: Options) -> None:
    clear_away(store, plan)
    if not remote.is_remembered:  # looking once a day, and after a run that was cut short, is enough
        store.abandon(before=options.clock() - options.abandoned, withdrawn=options.withdrawn)


def _outcome(store: ObjectStore, plan: Plan, attempt: int) -> Outcome:
    replaced = [one.wanted.key for one in plan.uploads if not one.absent]
    removed = [one.key for one in (*plan.withdrawals, *plan.hidden, *plan.deletes)]
    changed = sorted({*replaced, *removed} | ({urls.CATALOG} if plan.commits else set()))
    notes = store.capabilities().notes if plan.commits else ()
    return Outcome(plan, plan.generation, attempt, tuple(changed), notes)


__all__ = ["ATTEMPTS", "CatalogBuilder", "Options", "Outcome", "Progress", "publish"]
