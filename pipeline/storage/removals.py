"""Which objects may go, and when: retired ones after a grace period, leavings of unfinished runs after a day. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Set

from catalog import urls
from pipeline.storage.actions import Delete, Kept, Rules
from pipeline.storage.records import is_state
from pipeline.storage.state import Remote

AT_ONCE = 0
"""Generation of retired objects that are removed without a grace period."""


def is_below(prefixes: Iterable[str]) -> Callable[[str], bool]:
    """Whether a key starts with one of many prefixes; those that end in a slash cost nothing each."""
    all_of_them = tuple(prefixes)
    folders = frozenset(one for one in all_of_them if one.endswith("/"))
    others = tuple(one for one in all_of_them if not one.endswith("/"))

    def look(key: str) -> bool:
        end = key.find("/") if folders else -1
        while end >= 0:
            if key[: end + 1] in folders:
                return True
            end = key.find("/", end + 1)
        return key.startswith(others)

    return look


def retired_objects(remote: Remote, *, keep: Set[str], commits: bool, taking_back: bool) -> dict[str, int]:
    """What the record of this publish says of objects that are there but not in ``keep`` (wanted, or just removed).

    Key -> the first generation without it, or ``AT_ONCE``: when something is taken back, the record before goes
    without delay, since it names what was there.
    """
    if not commits:
        return {key: at for key, at in remote.record.retired.items() if key in remote.entries and key not in keep}
    retired: dict[str, int] = {}
    for key in remote.owned - keep:
        at_once = taking_back and is_state(key)
        retired[key] = AT_ONCE if at_once else remote.record.retired.get(key, remote.generation + 1)
    return retired


def going_objects(remote: Remote) -> set[str]:
    """What is public now, or was left by a run that did not finish."""
    left = {key for record in remote.unfinished.values() for key in record.objects}
    return set(remote.record.objects) | (left & remote.entries.keys())


def hidden_objects(remote: Remote, *, keep: Set[str]) -> tuple[Delete, ...]:
    """What may show something that is taken back and is not wanted any more: search indexes, pages of its people.

    It goes before the commit, without a grace period, so that the new record need not even name it.
    """
    return tuple(
        Delete(key, remote.entries[key].size, "it may show what was withdrawn", all_versions=True)
        for key in sorted(remote.owned - keep)
        if not key.startswith(urls.MEDIA) and not is_state(key)
    )


def orphans(remote: Remote, *, keep: Set[str]) -> Set[str]:
    """Objects that only runs which never finished know of."""
    known = remote.record.objects.keys() | remote.record.retired.keys() | {remote.record_key, remote.record.base}
    return remote.owned - known - keep


def removals(
    remote: Remote, rules: Rules, retired: Mapping[str, int], *, orphaned: Collection[str]
) -> tuple[tuple[Delete, ...], tuple[Kept, ...]]:
    """Divide what is not wanted into what may go now and what must wait."""
    deletes, waiting = [], []
    for key in sorted(retired.keys() | orphaned):
        entry = remote.entries[key]
        if key in orphaned:
            at_once = retired.get(key) == AT_ONCE
            due = at_once or rules.now - entry.modified >= rules.abandoned
            reason = "left by a run that did not finish"
        elif retired[key] == AT_ONCE:
            due, reason = True, "it names what was withdrawn"
        elif key in remote.record.retired:
            since = remote.committed_at(retired[key])
            due = since is not None and rules.now - since >= rules.grace
            reason = f"not part of the catalogue since generation {retired[key]}"
        else:
            due, reason = False, "was public until this publish"
        if due:
            deletes.append(Delete(key, entry.size, reason, all_versions=retired.get(key) == AT_ONCE))
        else:
            waiting.append(Kept(key, reason))
    deletes.sort(key=lambda one: (is_state(one.key), one.all_versions))
    return tuple(deletes), tuple(waiting)


def spent_records(
    remote: Remote, rules: Rules, waiting: Iterable[Kept], *, current: str, taking_back: bool
) -> tuple[Delete, ...]:
    """Records of unfinished runs that are old, and of which nothing is left that only they know.

    When something is taken back, all of them: they may name it, and the new record knows of everything they do.
    """
    needed = {one.key for one in waiting}
    return tuple(
        Delete(key, remote.entries[key].size, "record of a run that did not finish", all_versions=taking_back)
        for key, record in remote.unfinished.items()
        if key != current
        and (taking_back or rules.now - remote.entries[key].modified >= rules.abandoned)
        and (taking_back or not needed & (record.objects.keys() | record.retired.keys()))
    )
