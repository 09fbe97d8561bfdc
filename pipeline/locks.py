"""A lock for each key, so that threads that want the same thing do not make it twice."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class KeyedLocks:
    """Locks that come into being when they are asked for, and stay (a key is small)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @contextmanager
    def hold(self, key: str) -> Iterator[None]:
        """Wait until nobody else holds ``key``, then hold it."""
        with self._lock:
            lock = self._locks[key]
        with lock:
            yield
