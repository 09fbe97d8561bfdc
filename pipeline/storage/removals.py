"""Which objects may go, and when: retired ones after a grace period, leavings of unfinished runs after a day. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set

from catalog import urls
from pipeline.storage.actions import Delete, Rules, Skip
from pipeline.storage.state import Remote, record_generation

AT_ONCE = 0
"""Generation of retired objects that are removed without a grace period."""


def retired_objects(remote: Remote, *, keep: Set[str], commits: bool, taking_back: bool) -> dict[str, int]:
    """What the record of this publish says of objects that are there but not in ``keep`` (wanted, or just removed).

    Key -> the first generation without it, or ``AT_ONCE``. Something withdrawn may also stand in search indexes
    and old pages, so that these go without delay when a withdrawal meets the public record.
    """
    if not commits:
        return {key: since for key, since in remote.record.retired.items() if key in remote.entries.keys() - keep}
    retired: dict[str, int] = {}
    for key in _owned(remote) - keep:
        at_once = taking_back and not key.startswith(urls.MEDIA)
        retired[key] = AT_ONCE if at_once else remote.record.retired.get(key, remote.generation + 1)
    return retired


def _owned(remote: Remote) -> set[str]:
    """Objects in the store that some record names, and the public record itself."""
    owned = {remote.record_key}
    for record in remote.records():
        owned |= record.objects.keys() | record.retired.keys()
    return owned & remote.entries.keys()


def orphans(remote: Remote, *, keep: Set[str]) -> set[str]:
    """Objects that only runs which never finished know of."""
    known = remote.record.objects.keys() | remote.record.retired.keys() | {remote.record_key}
    return _owned(remote) - known - keep


def removals(
    remote: Remote, rules: Rules, retired: Mapping[str, int], *, orphaned: Collection[str]
) -> tuple[tuple[Delete, ...], tuple[Skip, ...]]:
    """Divide what is not wanted into what may go now and what must wait."""
    deletes, waiting = [], []
    for key in sorted(retired.keys() | orphaned):
        entry = remote.entries[key]
        if key in orphaned:
            due, reason = rules.now - entry.modified >= rules.abandoned, "left by a run that did not finish"
        elif retired[key] == AT_ONCE:
            due, reason = True, "it may show what was withdrawn"
        elif key in remote.record.retired:
            since = remote.committed_at(retired[key])
            due = since is not None and rules.now - since >= rules.grace
            reason = f"not part of the catalogue since generation {retired[key]}"
        else:
            due, reason = False, "was public until this publish"
        if due:
            deletes.append(Delete(key, entry.size, reason, all_versions=retired.get(key) == AT_ONCE))
        else:
            waiting.append(Skip(key, reason))
    deletes.sort(key=lambda one: (record_generation(one.key) is not None, one.all_versions))
    return tuple(deletes), tuple(waiting)


def spent_records(remote: Remote, rules: Rules, waiting: Iterable[Skip], *, current: str) -> tuple[Delete, ...]:
    """Records of unfinished runs that are old, and of which nothing is left that only they know."""
    needed = {one.key for one in waiting}
    return tuple(
        Delete(key, remote.entries[key].size, "record of a run that did not finish")
        for key, record in remote.unfinished.items()
        if key != current
        and rules.now - remote.entries[key].modified >= rules.abandoned
        and not needed & (record.objects.keys() | record.retired.keys())
    )
