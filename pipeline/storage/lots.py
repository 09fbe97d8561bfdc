"""Lots: objects that are wanted together, under a name that stands for just these.

A large archive has hundreds of thousands of objects, nearly all of which are as they were. Comparing each with what the
store holds takes seconds. So they come in lots: the files of a recording, the pages that show the same facts. What the
workspace remembers of a store (``memo.py``) names the lots that are public as a whole; these need not be looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.storage import records
from pipeline.storage.protocol import Wanted
from pipeline.storage.state import Remote


@dataclass(frozen=True)
class Lot:
    """Objects that are wanted together."""

    name: str
    """Another one whenever a key, the content or the number of the objects is another."""
    objects: Callable[[], Sequence[Wanted]]
    """Gives them; the same each time."""


@dataclass(frozen=True)
class Compared:
    """What is wanted, compared with the lots that a store is known to have."""

    wanted: list[Wanted]
    """Objects that have to be looked at one by one."""
    kept: frozenset[str]
    """Keys of all others in ``remote``, which are public as they are wanted."""
    remote: Remote
    """The store, without others that nothing becomes of."""
    lots: Mapping[str, str]
    """What the store has as a whole when all is done, as in ``Remote.lots``."""


def compare(wanted: Sequence[Wanted | Lot], remote: Remote) -> Compared:
    """Tell what stays as it is from what has to be looked at."""
    objects: list[Wanted] = []
    lots: dict[str, str] = {}
    for one in wanted:
        if isinstance(one, Wanted):
            objects.append(one)
        elif (keys := remote.lots.get(one.name)) is not None:
            lots[one.name] = keys
        else:
            new = one.objects()
            lots[one.name] = "\n".join(each.key for each in new)
            objects += new
    remote, kept = _kept(objects, lots, remote)
    names = [each.key for each in objects]
    is_each_in_one = len(set(names)) == len(names) and kept.isdisjoint(names) and len(lots) == len(wanted)
    return Compared(objects, kept, remote, lots if is_each_in_one else {})


def _kept(objects: Sequence[Wanted], lots: Mapping[str, str], remote: Remote) -> tuple[Remote, frozenset[str]]:
    """The part of a store in which anything happens, and the keys in it of lots that stay."""
    if not remote.lots:
        return remote, frozenset()
    gone = {key for name in remote.lots.keys() - lots.keys() for key in _keys(remote.lots[name])}
    concerned = gone | {one.key for one in objects}
    small = (len(concerned) + len(remote.record.changed)) * records.SHARE < len(remote.record.objects)
    if remote.narrow and remote.record.base and small:
        remote = remote.narrow(concerned)
    return remote, frozenset(remote.record.objects.keys() - gone)


def _keys(lines: str) -> list[str]:
    return lines.split("\n") if lines else []
