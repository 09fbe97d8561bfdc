"""The lease: one run at a time across machines, taken over when it expired, fenced off when it was lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from catalog import urls
from pipeline.errors import LockHeldError
from pipeline.storage.lease import Lease, held
from pipeline.storage.memory import MemoryStore
from pipeline.storage.protocol import Capabilities, Object, Wanted
from tests.unit.storage.simulation import Clock, Journal, keys, run, site

HOUR = timedelta(hours=1)


def take(store: MemoryStore, name: str, duration: timedelta = HOUR, clock: Clock | None = None):
    elapsed = {"clock": lambda: clock().timestamp()} if clock else {}
    return held(store, holder=f"run on {name}", workspace=name, duration=duration, **elapsed)


def test_the_second_run_is_told_who_holds_it() -> None:
    """While one holds it the other is refused, with the name of the first; afterwards nothing is left."""
    store = MemoryStore()
    with take(store, "one") as check:
        check()
        with pytest.raises(LockHeldError, match="run on one"), take(store, "other"):
            pytest.fail("two hold it")
        check()
        assert keys(store) == {urls.LEASE}
    assert keys(store) == set()
    with take(store, "other") as check:
        check()


def test_a_dead_run_holds_it_until_it_expires() -> None:
    """By the store's clock: not before its duration is over, and with a higher number then."""
    clock = Clock()
    store = MemoryStore(clock=clock)
    dead = Lease("run on dead", "dead", "1", 7, 0, 120)
    store.put(dead.wanted())
    clock.pass_time(seconds=119)
    with pytest.raises(LockHeldError, match="run on dead"), take(store, "other"):
        pytest.fail("it had not expired")
    clock.pass_time(seconds=2)
    with take(store, "other") as check:
        check()
        taken = Lease.of(store.read(urls.LEASE).data)
        assert taken is not None
        assert taken.number == 8


def test_the_same_workspace_takes_over_at_once() -> None:
    """Its own lock has told already that the run before is dead."""
    store = MemoryStore()
    store.put(Lease("run on here", "here", "1", 1, 0, 120).wanted())
    with take(store, "here") as check:
        check()


def test_a_damaged_lease_is_nobodys() -> None:
    """It keeps nobody out for ever."""
    store = MemoryStore()
    store.put(Wanted.of_bytes(urls.LEASE, b"{"))
    with take(store, "one") as check:
        check()


def test_it_is_renewed_and_outlives_its_duration() -> None:
    """A run longer than the duration keeps the lease; nobody gets it in between."""
    store = MemoryStore()
    with take(store, "one", timedelta(seconds=0.4)) as check:
        for _ in range(8):
            time.sleep(0.1)
            check()
            with pytest.raises(LockHeldError), take(store, "other"):
                pytest.fail("two hold it")


def test_it_is_looked_at_only_when_somebody_else_may_have_it() -> None:
    """A short run takes it and gives it back; for half its duration nobody has to ask whether that holds."""
    clock = Clock()
    store = Counting(clock=clock)
    with take(store, "one", timedelta(minutes=2), clock) as check:
        for _ in range(60):
            check()
            clock.pass_time(seconds=0.9)
        assert store.asked == ["put"]
        clock.pass_time(seconds=6)
        check()
        assert store.asked == ["put", "read"]
    assert store.asked == ["put", "read", "read", "delete"]
    with take(store, "one", timedelta(minutes=2), clock):
        store.asked.clear()
    assert store.asked == ["delete"]


def test_a_lease_that_could_not_be_renewed_is_looked_at() -> None:
    """Somebody removed it: the next renewal finds out, and from then on the run may not go on."""
    store = MemoryStore()
    with take(store, "one", timedelta(seconds=1)) as check:
        store.delete([urls.LEASE])
        time.sleep(0.4)
        with pytest.raises(LockHeldError, match="nobody any more"):
            check()


class Counting(MemoryStore):
    """A store that tells what it is asked."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.asked: list[str] = []

    def read(self, key: str, **more: Any) -> Object:
        self.asked.append("read")
        return super().read(key, **more)

    def put(self, wanted: Wanted, **more: Any) -> str:
        self.asked.append("put")
        return super().put(wanted, **more)

    def delete(self, keys: Sequence[str]) -> None:
        self.asked.append("delete")
        super().delete(keys)


def test_a_frozen_run_is_stopped_before_it_writes() -> None:
    """It was taken over meanwhile: the first run fails, what the second published stays, and its lease too."""
    clock = Clock()
    store = Journal(clock=clock)
    with take(store, "frozen", clock=clock) as check:
        clock.pass_time(hours=2)
        with take(store, "other") as other:
            run(store, site({"r1": "new"}), clock, guard=other)
            before = {key: store.read(key).data for key in keys(store)}
            with pytest.raises(LockHeldError, match="run on other"):
                run(store, site({"r1": "old"}), clock, guard=check)
            assert {key: store.read(key).data for key in keys(store)} == before
    assert urls.LEASE not in keys(store)


class Freezing(MemoryStore):
    """A store whose client is frozen in the middle of replacing a page, and thawed after others were at work."""

    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    def put(self, wanted: Wanted, **more: Any) -> str:
        if wanted.key.endswith(".html"):
            self.meanwhile, others = staticmethod(lambda: None), self.meanwhile
            others()
        return super().put(wanted, **more)


def test_a_run_frozen_in_the_middle_overwrites_nothing() -> None:
    """Thawed after another published, not even the page it was sending replaces what is public now."""
    clock = Clock()
    store = Freezing(clock=clock)
    run(store, site({"r1": "old", "r2": "old"}), clock)
    latest = site({"r1": "new", "r2": "new"})
    with take(store, "frozen", clock=clock) as check:

        def others() -> None:
            clock.pass_time(hours=2)
            with take(store, "other") as other:
                run(store, latest, clock, guard=other)

        store.meanwhile = others
        with pytest.raises(LockHeldError):
            run(store, site({"r1": "late", "r2": "late"}), clock, guard=check)
    assert {one.key: store.read(one.key).data for one in latest} == {one.key: one.source for one in latest}


def test_of_many_that_reach_for_it_one_gets_it() -> None:
    """Sixteen threads at the same moment: never two at once."""
    store = MemoryStore()
    holding: list[str] = []
    most: list[int] = []
    begin = threading.Barrier(16)

    def reach(name: str) -> None:
        begin.wait()
        try:
            with take(store, name):
                holding.append(name)
                most.append(len(holding))
                time.sleep(0.01)
                holding.remove(name)
        except LockHeldError:
            pass

    threads = [threading.Thread(target=reach, args=(f"m{number}",)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}


def test_without_conditional_writes_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that ignores conditions cannot keep runs apart; nothing is written that pretends to."""
    store = MemoryStore()
    monkeypatch.setattr(store, "capabilities", lambda: Capabilities(creates=True, swaps=False))
    with take(store, "one") as check, take(store, "other"):
        check()
        assert keys(store) == set()
