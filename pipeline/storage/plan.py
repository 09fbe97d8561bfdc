"""The publish plan: from what is wanted and what the store holds, everything that must be done, as data. Pure.

The plan is what ``--dry-run`` prints and what ``execute`` carries out. Its order keeps readers whole at any moment:
what a page refers to is there before the page is, and what an old page refers to stays for a while after it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import replace
from pathlib import PurePosixPath

from catalog import urls
from pipeline.errors import StoreError
from pipeline.storage.actions import Delete, Phase, Plan, Rules, Upload
from pipeline.storage.headers import Cache
from pipeline.storage.protocol import Wanted, check_key
from pipeline.storage.records import Published, Record, record_key
from pipeline.storage.removals import (
    going_objects,
    hidden_objects,
    is_below,
    orphans,
    removals,
    retired_objects,
    spent_records,
)
from pipeline.storage.state import Remote

_TEXT_MEDIA = frozenset({".m3u8", ".vtt", ".txt", ".json", ".srt", ".jpg", ".jpeg", ".png", ".webp", ".avif"})
_NAMED = 5
"""How many objects a message names at most."""


def make_plan(
    wanted: Iterable[Wanted],
    remote: Remote,
    rules: Rules,
    *,
    catalog_changed: bool,
    kept: Set[str] = frozenset(),
) -> Plan:
    """Compare what is wanted with what the store holds.

    ``catalog_changed`` tells whether ``catalog.json`` would differ although no object does. ``kept`` are keys of what
    is wanted besides, just as it is public and intact: see ``lots.compare``.

    Raises:
        StoreError: an object is wanted that is neither here nor there, two have the same address, or a first
            publish would overwrite what somebody else put there.
    """
    before = remote.record.objects
    objects = _by_key(wanted, before, kept)
    new = {key: _as_published(one, before.get(key)) for key, one in objects.items()}
    published = {key: one for key, one in before.items() if key in kept} | new
    uploads = _uploads(objects, new, remote, is_below(rules.withdrawn))
    withdrawals = _withdrawals(remote, rules, published)
    commits = bool(uploads) or catalog_changed or _differs(published, remote)
    keep = published.keys() | {one.key for one in withdrawals}
    going = going_objects(remote) - published.keys()
    taken_back = tuple(one for one in rules.withdrawn if any(key.startswith(one) for key in going))
    hidden = hidden_objects(remote, keep=keep) if taken_back else ()
    record, base = _next_record(published, remote, anew=bool(taken_back)) if commits else (remote.record, [])
    keep |= {one.key for one in hidden} | {record.base}
    retired = retired_objects(remote, keep=keep, commits=commits, taking_back=bool(taken_back))
    data = replace(record, retired=retired).encode() if commits else b""
    key = record_key(record.generation, data) if commits else remote.record_key
    orphaned = orphans(remote, keep=keep)
    deletes, waiting = removals(remote, rules, retired, orphaned=orphaned)
    known = {*keep, *retired, *orphaned, *remote.unfinished, urls.CATALOG, urls.LEASE, remote.record_key}
    return Plan(
        generation=record.generation,
        commits=commits,
        withdrawals=withdrawals,
        hidden=hidden,
        uploads=tuple(sorted(uploads + base, key=lambda one: (one.phase, one.rank, -one.wanted.size, one.wanted.key))),
        skips=len(published) + remote.record.rest - len(uploads),
        deletes=deletes + spent_records(remote, rules, waiting, current=key, taking_back=bool(taken_back)),
        waiting=waiting,
        strangers=len(remote.entries.keys() - known),
        record_key=key,
        record=data,
        taken_back=taken_back,
        kept=frozenset(published),
        shown=tuple(key for key, one in published.items() if one.cache != Cache.IMMUTABLE) if taken_back else (),
        after=replace(record, retired=retired) if commits else remote.record,
    )


def _withdrawals(remote: Remote, rules: Rules, wanted: Collection[str]) -> tuple[Delete, ...]:
    """What is below a withdrawn prefix and not wanted."""
    if not rules.withdrawn:
        return ()
    is_withdrawn = is_below(rules.withdrawn)
    return tuple(
        Delete(key, entry.size, "its recording was withdrawn", all_versions=True)
        for key, entry in remote.entries.items()
        if is_withdrawn(key) and key not in wanted
    )


def _next_record(published: Mapping[str, Published], remote: Remote, *, anew: bool) -> tuple[Record, list[Upload]]:
    """The record of the next generation, without what it retires, and its base where the store has none.

    ``anew`` makes a base of its own, since an older one names what is taken back.
    """
    generation = remote.generation + 1
    before = Record(remote.generation) if anew else remote.record
    record, base = before.after(published, {}, generation).rebased()
    there = remote.entries.get(record.base)
    if not base or (there is not None and there.size == len(base)):
        return record, []
    reason = "the record of a large catalogue begins anew"
    return record, [Upload(Wanted.of_bytes(record.base, base), Phase.RECORD, 0, reason, there.etag if there else None)]


def phase_of(key: str) -> tuple[Phase, int]:
    """When an object is sent: its phase, and its rank within the phase."""
    name = PurePosixPath(key)
    if key.startswith(urls.MEDIA):
        if name.suffix == ".m3u8":
            return Phase.COMPANIONS, 1  # a playlist names captions and media
        if name.name == "manifest.json":
            return Phase.COMPANIONS, 2  # and a manifest names everything
        return (Phase.COMPANIONS if name.suffix in _TEXT_MEDIA else Phase.MEDIA), 0
    if key.startswith(urls.ASSETS):
        return Phase.ASSETS, 0
    if name.suffix == ".html" and len(name.parts) > 1:
        return Phase.PAGES, -len(name.parts)
    return Phase.INDEX, 1 if name.suffix == ".html" else 0


def _by_key(wanted: Iterable[Wanted], known: Mapping[str, Published], kept: Set[str]) -> dict[str, Wanted]:
    """Objects by address; those that are public already were looked at closely when they came."""
    objects: dict[str, Wanted] = {}
    for one in wanted:
        other = known[one.key] if one.key in kept else objects.setdefault(one.key, one)
        if other.sha256 != one.sha256:
            raise StoreError(one.key, "two different objects want this address")
    for key in objects:
        if key not in known:
            check_key(key)
            if key == urls.CATALOG or key.startswith(urls.STATE):
                raise StoreError(key, "this address belongs to the publish itself")
    return objects


def _as_published(wanted: Wanted, before: Published | None) -> Published:
    """The record of an object as it shall be; the very one of before where nothing differs."""
    if (
        before is not None
        and (before.sha256, before.size) == (wanted.sha256, wanted.size)
        and (before.content_type, before.cache) == (wanted.content_type, wanted.cache)
        and (before.md5 or not wanted.md5)
    ):
        return before
    return Published.of(wanted)


def _uploads(
    objects: Mapping[str, Wanted],
    published: Mapping[str, Published],
    remote: Remote,
    is_withdrawn: Callable[[str], bool],
) -> list[Upload]:
    """What must be sent of ``objects``, if all of it can and may be."""
    uploads = []
    for key, here in published.items():
        if remote.record.objects.get(key) is here and remote.intact(key, here):
            continue
        reason = _why_upload(key, here, remote)
        if reason is not None:
            phase, rank = (Phase.TAKE_BACK, 0) if is_withdrawn(key) else phase_of(key)
            present = remote.entries.get(key)
            uploads.append(Upload(objects[key], phase, rank, reason, present.etag if present else None))
    _refuse_missing(uploads, remote)
    _refuse_strangers(uploads, remote)
    return uploads


def _why_upload(key: str, here: Published, remote: Remote) -> str | None:
    """Why an object must be sent; ``None`` when the store has exactly this already."""
    before = remote.record.objects.get(key)
    if key not in remote.entries:
        return "new" if before is None else "missing from the store"
    if before is None:
        left = any(record.objects.get(key) == here for record in remote.unfinished.values())
        certain = here.cache == Cache.IMMUTABLE or here.md5 == remote.entries[key].etag
        if left and certain and remote.intact(key, here):
            return None
        return "left by a run that did not finish" if remote.is_ours else "not published by Aftertalk"
    if before.sha256 != here.sha256 or before.size != here.size:
        return "changed"
    if (before.content_type, before.cache) != (here.content_type, here.cache):
        return "served differently"
    return None if remote.intact(key, before) else "damaged in the store"


def _refuse_missing(uploads: Iterable[Upload], remote: Remote) -> None:
    missing = [one.wanted.key for one in uploads if one.wanted.source is None and one.wanted.elsewhere is None]
    if missing:
        raise StoreError(
            remote.address,
            f"{len(missing)} objects are neither in the store nor on this machine",
            context=_names(missing),
            hint="run the command again: what is missing is made anew",
        )


def _refuse_strangers(uploads: Iterable[Upload], remote: Remote) -> None:
    if remote.is_ours:
        return
    taken = [one.wanted.key for one in uploads if not one.absent]
    if taken:
        raise StoreError(
            remote.address,
            "there is something here already that Aftertalk did not publish, and it would be overwritten",
            context=_names(taken),
            hint="publish to an empty folder or prefix, or remove what is there",
        )


def _names(keys: list[str]) -> str:
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return ", ".join(sorted(keys)[:_NAMED]) + more


def _differs(published: Mapping[str, Published], remote: Remote) -> bool:
    """Whether other objects are wanted than the public record names."""
    return remote.record.generation != remote.generation or published.keys() != remote.record.objects.keys()


__all__ = ["Delete", "Phase", "Plan", "Rules", "Upload", "make_plan", "phase_of"]
