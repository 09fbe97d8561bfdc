"""Makes things in several processes: the pages of a large site, and whatever else a large catalogue has very many of.

The processes are forked, because what things are made from is large and need not be copied. So nothing may be made in
them that needs a connection or a thread of this process. The result does not depend on how many there are: whatever
fails in one of them is tried again here, and fails here as if there were none.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from pipeline.media.launch import on_death_of

Made = TypeVar("Made")
WORTH = 150
"""Below so many things starting processes takes longer than it saves."""
MOST = 8
"""Processes; each may need some hundred megabytes of its own."""
COLLECT_AFTER = (100_000, 20, 100)
"""When garbage is collected (``gc.set_threshold``): seldom, as a large catalogue is millions of objects that stay."""
_MOST_OF_CHUNK = 20

_make: Callable[[int], Any]
"""In a forked process: what it makes."""


def made(
    count: int,
    make: Callable[[int], Made],
    *,
    processes: int | None = None,
    worth: int | None = None,
    chunk: int | None = None,
) -> list[Made]:
    """``[make(0), make(1), …]``.

    Args:
        count: how many to make.
        make: makes one, of a result that can be pickled.
        processes: at most so many; by default one for each processor that this process may use.
        worth: with fewer there is one process; by default ``WORTH``, for things that take some milliseconds each.
        chunk: how many a process makes in one go; by default such that all end at about the same time.

    Raises:
        Exception: what ``make`` raised.
    """
    processes = processes or min(MOST, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)
    with _collecting():
        if processes == 1 or count < (WORTH if worth is None else worth) or sys.platform != "linux":
            return [make(one) for one in range(count)]
        return _made_by_others(count, make, processes, chunk or max(1, min(_MOST_OF_CHUNK, count // processes // 8)))


@contextmanager
def _collecting() -> Iterator[None]:
    """Collect garbage of what is made here, and leave alone what was there before.

    A collection in a forked process would write to, and so copy, all that is shared.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _made_by_others(count: int, make: Callable[[int], Made], processes: int, chunk: int) -> list[Made]:
    found: dict[int, Made] = {}
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(os.getpid(), make))
    try:
        # The last first: what takes long (the words of the search index) is there, and nothing has to wait for it then.
        starts = range(0, count, chunk)[::-1]
        for future in [pool.submit(_chunk, start, min(count, start + chunk)) for start in starts]:
            found |= _result(future)
        pool.shutdown()
    finally:
        for child in set(multiprocessing.active_children()) - others:  # an interrupt does not wait for them
            child.terminate()
    return [found[one] if one in found else make(one) for one in range(count)]


def _result(future: Future[dict[int, Made]]) -> dict[int, Made]:
    try:
        return future.result()
    except BrokenProcessPool:  # killed, for want of memory perhaps
        return {}


def _begin(parent: int, make: Callable[[int], Any]) -> None:
    """In a forked process: remember what to make; leave interrupts to the parent, and do not outlive it."""
    global _make  # noqa: PLW0603 - a process of its own
    _make = make
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    on_death_of(parent, signal.SIGKILL)


def _chunk(start: int, end: int) -> dict[int, Any]:
    found = {}
    for one in range(start, end):
        try:
            found[one] = _make(one)
        except Exception:  # noqa: S112 - raised again where it can be told
            continue
    return found
