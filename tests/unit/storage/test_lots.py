"""Objects wanted in lots: those that are public as a whole are not looked into, and all ends as if each had been."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import StoreError
from pipeline.storage import headers, records
from pipeline.storage import memo as memory
from pipeline.storage.lots import Lot
from pipeline.storage.memo import Memo
from pipeline.storage.memory import MemoryStore
from pipeline.storage.protocol import Wanted
from tests.unit.storage.simulation import TWO, Clock, Journal, content, lots, run, site

THREE = {**TWO, "r3": "three"}


@pytest.fixture(autouse=True, scope="module")
def _large() -> Iterator[None]:
    """Whatever these stores hold counts as many objects, and records have bases."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "MANY", 0)
        patch.setattr(records, "LARGE", 8)
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
        assert [list(plan.lines()) for plan in plans[:1]] == [list(plan.lines()) for plan in plans[1:]]
        assert (plans[0].summary(), plans[0].after) == (plans[1].summary(), plans[1].after)
        assert content(stores[0]) == content(stores[1])
