"""A lease in the store: one run at a time, whatever machine it is on.

The lease is one small object. It is taken, renewed and given back by conditional writes, so that of two runs that
reach for it one gets it. Its age is judged by the store's own clock. A run that dies leaves it behind: another machine
takes it over once it was not renewed for its whole duration, the same workspace at once (its own lock tells that the
run before is dead). A run that was frozen for longer than that finds, when it looks, that the lease is another's, and
stops before it commits or deletes anything; the swap of ``catalog.json`` by its generation fences off what comes too
late even so. Nobody has to look as long as the last renewal is so recent that nobody can have taken the lease over.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from catalog import urls
from pipeline.errors import LockHeldError, StoreError
from pipeline.storage.protocol import (
    IF_ABSENT,
    Condition,
    NoSuchObjectError,
    ObjectStore,
    PreconditionFailedError,
    Wanted,
)

DURATION = timedelta(minutes=2)
_RENEWALS = 4
"""How often a lease is renewed within its duration."""
_ATTEMPTS = 5
_NEVER = float("-inf")


def _elapsed() -> float:
    """Seconds by a clock that goes on while the process is frozen and the machine asleep."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True)
class Lease:
    """What the object says.

    Attributes:
        holder: the run that has it, in words.
        workspace: identity of its workspace.
        nonce: of this taking of it.
        number: counts takings; each is higher than those before it.
        renewals: counts renewals, so that each makes other bytes and another ETag.
        seconds: how long it holds after the last renewal.
    """

    holder: str
    workspace: str
    nonce: str
    number: int
    renewals: int
    seconds: float

    def wanted(self) -> Wanted:
        """As an object."""
        return Wanted.of_bytes(urls.LEASE, json.dumps(asdict(self)).encode() + b"\n")

    @classmethod
    def of(cls, data: bytes) -> Lease | None:
        """Read one; ``None`` when it is damaged, and then nobody's."""
        try:
            return cls(**json.loads(data))
        except (ValueError, TypeError):
            return None


@contextmanager
def held(
    store: ObjectStore,
    *,
    holder: str,
    workspace: str,
    duration: timedelta = DURATION,
    clock: Callable[[], float] = _elapsed,
) -> Iterator[Callable[[], None]]:
    """Hold the lease of ``store``; gives a check that raises ``LockHeldError`` when it was lost.

    The check costs a request only when the lease was not renewed for half its duration. ``clock`` gives seconds, by a
    clock of this machine that never stops. On a store that ignores conditional writes there is no lease, and the check
    does nothing.

    Raises:
        LockHeldError: another run holds it; the message says which.
        StoreError: the store cannot be read or written.
    """
    if not store.capabilities().guards_commit:
        yield lambda: None
        return
    lease = Lease(holder, workspace, secrets.token_hex(8), 1, 0, duration.total_seconds())
    keeper = _Keeper(store, lease, clock)
    keeper.take()
    keeper.start()
    try:
        yield keeper.check
    finally:
        keeper.stop()


class _Keeper:
    """Takes one lease, renews it in a thread of its own, and gives it back."""

    def __init__(self, store: ObjectStore, lease: Lease, clock: Callable[[], float]) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock
        self._etag = ""
        self._written = _NEVER
        """When the lease was written for the last time, or before that."""
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def take(self) -> None:
        """Put it there, unless somebody else's is there and holds."""
        condition = IF_ABSENT  # nearly always
        for _ in range(_ATTEMPTS):
            try:
                self._write(self._lease, condition)
            except PreconditionFailedError:
                condition = self._free()
            else:
                return
        raise self._is_held("another run, which began at the same moment")

    def start(self) -> None:
        """Renew it from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Give it back, if it is still ours; when the store does not answer it expires by itself."""
        self._ending.set()
        self._thread.join()
        with suppress(StoreError, LockHeldError):
            self.check()
            self._store.delete([urls.LEASE])

    def check(self) -> None:
        """Look whether it is still ours.

        Raises:
            LockHeldError: it is not.
            StoreError: the store does not answer.
        """
        if self._clock() - self._written < self._lease.seconds / 2:
            return
        found = self._read()
        lease = found[0] if found else None
        if lease is None or lease.nonce != self._lease.nonce:
            raise self._is_held(lease.holder if lease else "nobody any more: this run was stopped for too long")

    def _write(self, lease: Lease, condition: Condition) -> None:
        begun = self._clock()
        self._etag = self._store.put(lease.wanted(), condition=condition)
        self._lease, self._written = lease, begun

    def _free(self) -> Condition:
        """The condition for taking it from whoever has it; adapts the number.

        Raises:
            LockHeldError: somebody holds it.
        """
        found = self._read()
        if found is None:
            return IF_ABSENT
        lease, etag, modified = found
        if lease is not None:
            age = self._store_time() - modified
            if lease.workspace != self._lease.workspace and age < timedelta(seconds=lease.seconds):
                raise self._is_held(lease.holder)
            self._lease = replace(self._lease, number=lease.number + 1)
        return Condition(etag)

    def _read(self) -> tuple[Lease | None, str, datetime] | None:
        try:
            found = self._store.read(urls.LEASE)
        except NoSuchObjectError:
            return None
        return Lease.of(found.data), found.entry.etag, found.entry.modified

    def _store_time(self) -> datetime:
        """The store's clock, from the date of an object written now."""
        key = f"{urls.LEASE}.{self._lease.nonce}"
        try:
            self._store.put(Wanted.of_bytes(key, b"What time is it?\n"))
            return self._store.read(key).entry.modified
        finally:
            self._store.delete([key])

    def _renew(self) -> None:
        while not self._ending.wait(self._lease.seconds / _RENEWALS):
            renewed = replace(self._lease, renewals=self._lease.renewals + 1)
            try:
                self._write(renewed, Condition(self._etag))
            except PreconditionFailedError:
                self._written = _NEVER  # lost: ``check`` tells it
                return
            except StoreError:
                continue  # tried again; it may expire meanwhile, which ``check`` tells, too

    def _is_held(self, holder: str) -> LockHeldError:
        hint = "wait until it has ended; what it leaves behind if it was killed counts for two minutes"
        return LockHeldError(self._store.address, f"another run publishes to this place: {holder}", hint=hint)
