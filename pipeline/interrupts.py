"""Ctrl-C and a service manager's stop: what runs is killed at once, then the command ends as interrupted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` when the user or the system interrupts, and raise ``KeyboardInterrupt``.

    Threads wait for processes, and Python waits for its threads: without this an encoder would be waited for. Signals
    belong to the main thread; elsewhere nothing is changed.
    """

    def interrupt(_: int, __: FrameType | None) -> None:
        stop()
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, interrupt) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
