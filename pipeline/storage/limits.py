"""Limits on the traffic with a store: how fast at most, and how slow at least before it counts as stalled."""

from __future__ import annotations

import io
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
CONNECTIONS = 48
"""Requests at the same time, at most: more than objects and parts that are sent at the same time."""


@dataclass(frozen=True)
class Limits:
    """How a store is talked to.

    A time-out of a socket never fires while a byte trickles in now and then, so that every request also has a
    deadline: ``stall_s``, and longer for what it carries.
    """

    stall_s: float = 60.0
    """Seconds a request may take besides sending or receiving its content; one that takes longer is repeated."""
    slowest: int = 4096
    """bytes/s below which content counts as stalled."""
    bandwidth: int | None = None
    """bytes/s that all uploads together may use; ``None`` is unlimited."""

    def deadline_s(self, size: int) -> float:
        """Seconds that a request with ``size`` bytes of content may take, though others share the bandwidth with it."""
        slowest = min(self.slowest, self.bandwidth / CONNECTIONS) if self.bandwidth else self.slowest
        return self.stall_s + size / slowest


class StalledError(Exception):
    """A call did not end in time."""


def within(seconds: float, call: Callable[[], T]) -> T:
    """The result of ``call``; when it takes longer than ``seconds`` it is left alone in a thread that ends with us.

    Raises:
        StalledError: it took too long.
    """
    companion = _free_companion()
    try:
        result = companion.make(call, seconds)
    except Empty:
        companion.leave()
        raise StalledError(f"no answer within {seconds:.0f} s") from None
    except BaseException:  # an interrupt, of which the companion knows nothing
        companion.leave()
        raise
    _idle.append(companion)
    if isinstance(result, _Failure):
        raise result.error
    return result


@dataclass(frozen=True)
class _Failure:
    error: BaseException


class _Companion(threading.Thread):
    """Makes calls for others, one after another: starting a thread for each would cost more than signing a request."""

    def __init__(self) -> None:
        super().__init__(name="request", daemon=True)
        self._calls: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
        self._results: SimpleQueue[Any] = SimpleQueue()
        self.start()

    def make(self, call: Callable[[], T], seconds: float) -> T | _Failure:
        """The result of a call.

        Raises:
            Empty: it takes longer; then ``leave``.
        """
        self._calls.put(call)
        result: T | _Failure = self._results.get(timeout=seconds)
        return result

    def leave(self) -> None:
        """End as soon as the present call does."""
        self._calls.put(None)

    def run(self) -> None:
        """Make calls until told to leave."""
        while call := self._calls.get():
            try:
                result = call()
            except BaseException as error:
                result = _Failure(error)
            self._results.put(result)
            del call, result  # what is sent and received is large; nothing of it stays until the next call


_idle: deque[_Companion] = deque()
"""Companions that nobody needs at present: at most as many as there were calls at the same time."""


def _free_companion() -> _Companion:
    with suppress(IndexError):
        while not (companion := _idle.pop()).is_alive():  # in a forked process none of them is
            continue
        return companion
    return _Companion()


class Bandwidth:
    """Divides a bandwidth among all who send; ``None`` is unlimited."""

    def __init__(self, bytes_per_s: int | None) -> None:
        self._rate = bytes_per_s
        self._lock = threading.Lock()
        self._free_at = 0.0

    def spend(self, size: int) -> None:
        """Wait until ``size`` bytes may be sent."""
        if not self._rate:
            return
        with self._lock:
            begin = max(self._free_at, time.monotonic())
            self._free_at = begin + size / self._rate
        time.sleep(max(0.0, begin - time.monotonic()))


class Paced(io.BytesIO):
    """The body of a request. It is read twice: at full speed to be signed, then, once ``started``, at the pace allowed.

    Being a file, it is also sent in small blocks, each with a time-out of its own; bytes would have to go out as a
    whole within one time-out, which a slow line cannot do.
    """

    def __init__(self, data: bytes, bandwidth: Bandwidth) -> None:
        super().__init__(data)
        self.size = len(data)
        self._bandwidth = bandwidth
        self._is_started = False

    def start(self) -> None:
        """From here on what is read goes out to the store."""
        self._is_started = True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go back, to sign or to send again."""
        self._is_started = False
        return super().seek(offset, whence)

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, when it is their time."""
        data = super().read(size)
        if self._is_started:
            self._bandwidth.spend(len(data))
        return data
