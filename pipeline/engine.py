"""Where tasks run: on this machine, at most ``slots`` at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

InputT = TypeVar("InputT")
OutputT = TypeVar("OutputT")


class Engine(Protocol):
    """Runs work; the work itself is idempotent, so an engine may run a piece twice."""

    def map(self, function: Callable[[InputT], OutputT], items: Sequence[InputT]) -> list[OutputT]:
        """``function`` of every item, side by side; results belong to the items in their order.

        The first exception is raised when all have ended.
        """

    def run(self, work: Callable[[], OutputT]) -> OutputT:
        """Run one heavy piece of work in a slot."""


class LocalEngine:
    """This machine: threads that wait for processes. Only ``run`` occupies a slot, so maps may be nested."""

    def __init__(self, slots: int | None = None) -> None:
        self.slots = slots or len(os.sched_getaffinity(0))
        self._free = threading.BoundedSemaphore(self.slots)

    def map(self, function: Callable[[InputT], OutputT], items: Sequence[InputT]) -> list[OutputT]:
        """See ``Engine.map``."""
        if not items:
            return []
        with ThreadPoolExecutor(max_workers=min(len(items), 2 * self.slots)) as pool:
            futures = [pool.submit(function, item) for item in items]
        return [future.result() for future in futures]

    def run(self, work: Callable[[], OutputT]) -> OutputT:
        """See ``Engine.run``."""
        with self._free:
            return work()
