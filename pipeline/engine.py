"""Where orders are carried out: on this machine, at most ``slots`` at a time, or wherever an engine sends them."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from catalog.manifest import Artifact
from pipeline.making import Maker, Order
from pipeline.stages import Job

InputT = TypeVar("InputT")
OutputT = TypeVar("OutputT")


class Engine(Protocol):
    """Carries out orders; they are idempotent, so an engine may carry one out twice."""

    def map(self, function: Callable[[InputT], OutputT], items: Sequence[InputT]) -> list[OutputT]:
        """``function`` of every item, side by side; results belong to the items in their order.

        Light work: what is heavy is ordered with ``make``, and maps may be nested. The first exception is raised
        when all have ended.
        """

    def make(self, order: Order, *, keep: bool) -> Artifact:
        """Have an artifact made; with ``keep`` its files are in this machine's workspace afterwards.

        Raises:
            AftertalkError: it cannot be made.
        """

    def drop(self, keys: Sequence[str]) -> None:
        """Artifacts of these keys (parts, once joined) are not needed any more."""

    def release(self, job: Job) -> None:
        """A recording is made: what was kept for it elsewhere is not needed any more."""

    def close(self) -> None:
        """The run ends: leave nothing elsewhere."""


class LocalEngine:
    """This machine: threads that wait for processes. Only ``make`` occupies a slot."""

    def __init__(self, maker: Maker, slots: int | None = None) -> None:
        self.slots = slots or len(os.sched_getaffinity(0))
        self.maker = maker
        self._free = threading.BoundedSemaphore(self.slots)

    def map(self, function: Callable[[InputT], OutputT], items: Sequence[InputT]) -> list[OutputT]:
        """See ``Engine.map``."""
        return map_in_threads(function, items, 2 * self.slots)

    def make(self, order: Order, *, keep: bool) -> Artifact:  # noqa: ARG002 -- whatever is made here stays here
        """See ``Engine.make``."""
        with self._free:
            return self.maker.make(order)

    def drop(self, keys: Sequence[str]) -> None:
        """See ``Engine.drop``."""
        for key in keys:
            shutil.rmtree(self.maker.workspace.folder(key), ignore_errors=True)

    def release(self, job: Job) -> None:
        """See ``Engine.release``: there is no elsewhere."""

    def close(self) -> None:
        """See ``Engine.close``."""


def map_in_threads(function: Callable[[InputT], OutputT], items: Sequence[InputT], threads: int) -> list[OutputT]:
    """``Engine.map`` in at most ``threads`` threads."""
    if not items:
        return []
    with ThreadPoolExecutor(max_workers=min(len(items), threads)) as pool:
        futures = [pool.submit(function, item) for item in items]
    return [future.result() for future in futures]
