"""Lots: objects that are wanted together, under a name that stands for just these.

A large archive has hundreds of thousands of objects, nearly all of which are as they were. Comparing each with what the
store holds takes seconds. So they come in lots: the files of a recording, the pages that show the same facts. What the
workspace remembers of a store (``memo.py``) names the lots that are public as a whole; these need not be looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.storage.protocol import Wanted
from pipeline.storage.state import Remote


@dataclass(frozen=True)
class Lot:
    """Objects that are wanted together."""

    name: str
    """Another one whenever a key, the content or the number of the objects is another."""
    objects: Callable[[], Sequence[Wanted]]
    """Gives them; the same each time."""


class Compared(NamedTuple):
    """What is wanted, compared with the lots that a store is known to have."""

    wanted: list[Wanted]
    """Objects that have to be looked at one by one."""
    kept: frozenset[str]
    """Keys of all others, which are public as they are wanted."""
    lots: dict[str, str]
    """What the store has as a whole when all is done, as in ``Remote.lots``."""


def compare(wanted: Iterable[Wanted | Lot], remote: Remote) -> Compared:
    """Tell what stays as it is from what has to be looked at."""
    alone: list[Wanted] = []
    kept: set[str] = set()
    lots: dict[str, str] = {}
    for one in wanted:
        if isinstance(one, Wanted):
            alone.append(one)
        elif (keys := remote.lots.get(one.name)) is not None:
            lots[one.name] = keys
            kept.update(keys.split("\n") if keys else ())
        else:
            objects = one.objects()
            lots[one.name] = "\n".join(each.key for each in objects)
            alone += objects
    return Compared(alone, frozenset(kept), lots)
