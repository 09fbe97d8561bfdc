"""Objects wanted in lots: those that are public as a whole are not looked into, and all ends as if each had been."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import StoreError
from pipeline.storage import headers, records
from pipeline.storage import memo as memory
from pipeline.storage.lots import Lot
from pipeline.storage.memo import Memo
from pipeline.storage.memo_rows import Objects, Rows
from pipeline.storage.memory import MemoryStore
from pipeline.storage.protocol import Wanted
from pipeline.storage.state import Remote, read_remote
from tests.unit.storage.simulation import TWO, Clock, Journal, content, lots, run, site

THREE = {**TWO, "r3": "three"}


@pytest.fixture(autouse=True, scope="module")
def _large() -> Iterator[None]:
    """Whatever these stores hold counts as many objects, and records have bases."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "MANY", 0)
        patch.setattr(records, "LARGE", 8)
        patch.setattr(records, "SHARE", 2)
        yield


@pytest.fixture
def looked(store: Journal, clock: Clock, tmp_path: Path) -> Callable[[dict[str, str]], list[str]]:
    """Publishes recordings in lots; gives the keys of what was looked into."""

    def publish(recordings: dict[str, str]) -> list[str]:
        found: list[str] = []
        run(store, lots(site(recordings), found), clock, memo=Memo(tmp_path / "memo.db", "a place"))
        clock.pass_time(minutes=1)
        return sorted(found)

    return publish


def test_what_is_public_as_a_whole_is_not_looked_into(looked: Callable[[dict[str, str]], list[str]]) -> None:
    """At first everything is; then only the lots that changed or are new."""
    first = looked(TWO)
    assert first == sorted(one.key for one in site(TWO))
    assert looked(TWO) == []
    assert looked(THREE) == sorted({one.key for one in site(THREE)} - set(first) | {"index.html"})
    changed = looked({**THREE, "r1": "other"})
    assert "media/e/r2" not in "".join(changed)
    assert len(changed) == len([key for key in changed if "r1" in key])


def test_what_nothing_becomes_of_is_not_even_read(
    store: Journal, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a large store with one new recording, the memo gives a few objects, and the plan counts the others."""
    many = {f"r{number}": "same" for number in range(40)}
    path = tmp_path / "memo.db"
    run(store, lots(site(many)), clock, memo=Memo(path, "a place"))
    run(store, lots(site(many)), clock, memo=Memo(path, "a place"))  # and now the record has a base
    read: list[int] = []
    objects = Rows._objects

    def counted(rows: Rows, *query: Any) -> Objects:
        found = objects(rows, *query)
        read.append(len(found.entries))
        return found

    monkeypatch.setattr(Rows, "_objects", counted)
    plan = run(store, lots(site({**many, "new": "new"})), clock, memo=Memo(path, "a place")).plan
    assert len(plan.uploads) == 5
    assert plan.skips == 4 * 40 + 1
    assert sum(read) < 40
    monkeypatch.undo()
    assert read_remote(store).record.objects.keys() == {one.key for one in site({**many, "new": "new"})}


def test_another_generation_makes_them_unknown(
    store: Journal, clock: Clock, looked: Callable[[dict[str, str]], list[str]]
) -> None:
    """What another machine published is compared one by one; after that the lots are known again."""
    looked(TWO)
    run(store, site(THREE), clock)
    assert looked(THREE) == sorted(one.key for one in site(THREE))
    looked({**THREE, "r1": "other"})
    assert looked({**THREE, "r1": "other"}) == []


def test_they_are_known_after_a_listing(
    clock: Clock, looked: Callable[[dict[str, str]], list[str]], store: Journal
) -> None:
    """Once a day the store is listed; what is still there as it was published need not be compared again."""
    looked(TWO)
    clock.pass_time(days=2)
    assert looked(TWO) == []
    clock.pass_time(days=2)
    store.delete(["index.html"])
    assert looked(TWO) == sorted(one.key for one in site(TWO))
    assert "index.html" in content(store)


def test_other_names_for_the_same_are_learned(
    store: Journal, clock: Clock, tmp_path: Path, looked: Callable[[dict[str, str]], list[str]]
) -> None:
    """A later version may make the same bytes from other facts: nothing is sent, and the new names are remembered."""
    looked(TWO)
    writes, told = len(store.writes), list[str]()
    renamed = [Lot(f"new {lot.name}", lot.objects) for lot in lots(site(TWO), told)]
    for _ in range(2):
        assert run(store, renamed, clock, memo=Memo(tmp_path / "memo.db", "a place")).plan.is_empty
        clock.pass_time(minutes=1)
    assert sorted(told) == sorted(one.key for one in site(TWO))
    assert len(store.writes) == writes


def test_objects_that_are_served_otherwise_are_compared(
    monkeypatch: pytest.MonkeyPatch, looked: Callable[[dict[str, str]], list[str]]
) -> None:
    """A version that serves some addresses in another way looks at all of them."""
    looked(TWO)
    monkeypatch.setattr(headers, "rules", lambda: "others")
    assert looked(TWO) == sorted(one.key for one in site(TWO))


def test_no_two_lots_have_an_address_in_common(
    store: Journal, clock: Clock, tmp_path: Path, looked: Callable[[dict[str, str]], list[str]]
) -> None:
    """A new object cannot take the address of one that stays, whether that was looked at or not."""
    looked(TWO)
    wanted = [*lots(site(TWO)), Lot("other", lambda: [Wanted.of_bytes("index.html", b"[]")])]
    with pytest.raises(StoreError, match="two different objects want this address"):
        run(store, wanted, clock, memo=Memo(tmp_path / "memo.db", "a place"))


def test_a_memo_damaged_while_it_is_used_is_removed(
    store: Journal, clock: Clock, tmp_path: Path, looked: Callable[[dict[str, str]], list[str]]
) -> None:
    """The run ends with an error that says so; the next one lists the store and goes on."""
    looked(TWO)
    path = tmp_path / "memo.db"
    remote = Memo(path, "a place").remote(store, now=clock.now)
    with path.open("r+b") as file:
        file.write(b"?" * path.stat().st_size)
    with pytest.raises(StoreError, match=r"memo\.db: this file is damaged"):
        list(remote.entries.values())
    assert not path.exists()
    assert looked(THREE)
    assert looked(THREE) == []


def test_a_memo_without_lots_is_a_memo(
    clock: Clock, tmp_path: Path, looked: Callable[[dict[str, str]], list[str]]
) -> None:
    """Damaged lots are none: the run goes on, and knows them afterwards."""
    looked(TWO)
    with sqlite3.connect(tmp_path / "memo.db") as db:
        db.execute("DROP TABLE lots")
    assert looked(TWO) == sorted(one.key for one in site(TWO))
    looked(THREE)
    assert looked(THREE) == []


def remembered(remote: Remote) -> object:
    """What a memo has in common with a listing; of the object that is damaged here it need not know."""
    entries = sorted(one[:3] for one in remote.entries.values() if one.key != "index.html")
    return entries, remote.record


STEPS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["r1", "r2", "r3", "r4", "r5"]), st.sampled_from("ab"), max_size=5),
        st.sampled_from(["", "", "r1", "r2"]),
        st.sampled_from([0, 2, 30]),
        st.sampled_from(["", "", "", "forgotten", "other", "damaged"]),
    ),
    max_size=7,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_in_lots_the_same_happens(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[dict[str, str], str, int, str]]
) -> None:
    """Changes, withdrawals, pauses, a lost memo, others, damage: after each step the same bytes are there."""
    folder, clock = tmp_path_factory.mktemp("lots"), Clock()
    stores = [MemoryStore(clock=clock), MemoryStore(clock=clock)]
    for recordings, withdrawn, hours, event in steps:
        recordings.pop(withdrawn, None)
        forbidden = (f"media/e/{withdrawn}/", f"e/s/{withdrawn}/") if withdrawn else ()
        plans = []
        for number, store in enumerate(stores):
            path = folder / f"{number}.db"
            if event == "forgotten":
                path.unlink(missing_ok=True)
            elif event == "other":
                run(store, site({"r1": "a"}), clock)
            elif event == "damaged" and "index.html" in content(store):
                store.put(Wanted.of_bytes("index.html", b"?"))
            wanted = lots(site(recordings)) if number else site(recordings)
            plans.append(run(store, wanted, clock, memo=Memo(path, "a place"), withdrawn=forbidden).plan)
        clock.pass_time(hours=hours)
        one, other = plans
        assert list(one.lines()) == list(other.lines())
        assert (one.summary(), one.record, one.waiting) == (other.summary(), other.record, other.waiting)
        assert (one.strangers, one.taken_back) == (other.strangers, other.taken_back)
        assert content(stores[0]) == content(stores[1])
        memo = Memo(folder / "1.db", "a place")
        assert remembered(memo.remote(stores[1], now=clock.now, may_keep=False)) == remembered(read_remote(stores[1]))
