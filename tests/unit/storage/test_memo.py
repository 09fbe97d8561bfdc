"""What a workspace remembers of a store: when it is believed, and when the store is listed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.storage import memo as memory
from pipeline.storage import records
from pipeline.storage.memo import Memo
from pipeline.storage.memory import MemoryStore
from pipeline.storage.protocol import Wanted
from pipeline.storage.state import read_remote
from tests.unit.storage.simulation import (
    TWO,
    Clock,
    Interruption,
    Journal,
    broken_references,
    content,
    keys,
    lots,
    run,
    site,
)


@pytest.fixture(autouse=True, scope="module")
def _large() -> Iterator[None]:
    """Whatever these stores hold counts as many objects."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "MANY", 0)
        yield


@pytest.fixture
def reopened(tmp_path: Path) -> Callable[[], Memo]:
    """The memo as a later run finds it."""
    return lambda: Memo(tmp_path / "memo.db", "a place")


def lists(store: Journal) -> int:
    """How often the whole store was listed since the last question."""
    found = store.log.count("list")
    store.log.clear()
    return found


@pytest.fixture
def published(store: Journal, clock: Clock, reopened: Callable[[], Memo]) -> Journal:
    """Published once, two hours ago."""
    run(store, site(TWO), clock, memo=reopened())
    clock.pass_time(hours=2)
    store.log.clear()
    return store


def test_after_a_publish_nothing_is_listed(published: Journal, clock: Clock, reopened: Callable[[], Memo]) -> None:
    """The next runs look at ``catalog.json`` and the records only, whether there is something to do or not."""
    assert run(published, site(TWO), clock, memo=reopened()).plan.is_empty
    changed = run(published, site({**TWO, "r3": "three"}), clock, memo=reopened())
    assert changed.generation == 2
    assert run(published, site({**TWO, "r3": "three"}), clock, memo=reopened()).plan.is_empty
    assert lists(published) == 0
    assert broken_references(published) == []


def test_a_lease_is_not_remembered(store: Journal, clock: Clock, reopened: Callable[[], Memo]) -> None:
    """The store is listed while a run holds its lease, and that lease is gone when the next run looks."""
    lease = Wanted.of_bytes("state/lease.json", b"{}")
    run(store, site(TWO), clock)
    store.put(lease)
    reopened().remote(store, now=clock.now)
    store.delete([lease.key])
    lists(store)
    assert run(store, site(TWO), clock, memo=reopened()).plan.is_empty
    assert lists(store) == 0


def test_memory_is_what_a_listing_would_give(published: Journal, clock: Clock, reopened: Callable[[], Memo]) -> None:
    """After any publish the memo says of every object what the store would; only dates are those of the commit."""
    for recordings in ({"r1": "other", "r2": "two"}, {"r2": "two"}, {**TWO, "r4": "four"}):
        run(published, site(recordings), clock, memo=reopened())
        clock.pass_time(hours=2)
        known, found = reopened().remote(published, now=clock.now), read_remote(published)
        assert known.record == found.record
        assert {key: one[:3] for key, one in known.entries.items()} == {k: one[:3] for k, one in found.entries.items()}
        assert (known.catalog, known.catalog_etag, known.record_key) == (
            found.catalog,
            found.catalog_etag,
            found.record_key,
        )
        assert known.md5_etags


def test_the_store_is_listed_once_a_day(published: Journal, clock: Clock, reopened: Callable[[], Memo]) -> None:
    """What somebody removed by hand is put back by the first run after a day, however many runs there were."""
    lost = next(key for key in keys(published) if key.endswith("720p.mp4"))
    published.delete([lost])
    published.log.clear()
    for hour in range(21):
        clock.pass_time(hours=1)
        title = f"Hour {hour}"
        run(published, site(TWO, title=title), clock, memo=reopened())
    assert lists(published) == 0
    clock.pass_time(hours=1)
    outcome = run(published, site(TWO, title=title), clock, memo=reopened())
    assert lists(published) == 1
    assert [one.wanted.key for one in outcome.plan.uploads] == [lost]
    clock.pass_time(days=-3)
    run(published, site(TWO, title=title), clock, memo=reopened())
    assert lists(published) == 1, "a clock that went back"


def test_a_small_store_is_listed_each_time(
    published: Journal, clock: Clock, reopened: Callable[[], Memo], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody removed or overwrote by hand is put back by the next run; while nothing did, the memo stands."""
    monkeypatch.setattr(memory, "MANY", 5_000)
    assert reopened().stands(published, now=clock.now)
    whole = content(published)
    page, film = (next(key for key in sorted(whole) if key.endswith(end)) for end in (".html", "720p.mp4"))
    published.put(Wanted.of_bytes(page, b"#" * len(whole[page])))
    assert not reopened().stands(published, now=clock.now)
    published.delete([film])
    assert not run(published, site(TWO), clock, memo=reopened()).plan.is_empty
    assert {page: content(published)[page], film: content(published)[film]} == {page: whole[page], film: whole[film]}


def test_another_publisher_is_noticed(published: Journal, clock: Clock, reopened: Callable[[], Memo]) -> None:
    """Another machine published in between: the store is listed, and the result is as if nothing was remembered."""
    run(published, site({"r1": "theirs", "r3": "three"}), clock)
    lists(published)
    run(published, site(TWO), clock, memo=reopened())
    assert lists(published) == 1
    clock.pass_time(hours=2)
    run(published, site(TWO), clock, memo=reopened())
    assert lists(published) == 0
    assert {key for key in keys(published) if "/r" in key} == {one.key for one in site(TWO) if "/r" in one.key}


def test_a_run_of_others_that_failed_is_noticed(published: Journal, clock: Clock, reopened: Callable[[], Memo]) -> None:
    """Another machine replaced a page and died before its commit: its record tells, and the page is put right."""

    def die(operation: str, key: str) -> None:
        if key == "catalog.json":
            raise Interruption

    published.before = die
    with suppress(Interruption):
        run(published, site({"r1": "theirs", "r2": "two"}), clock)
    published.before = lambda _operation, _key: None
    lists(published)
    run(published, site(TWO), clock, memo=reopened())
    assert lists(published) == 1
    page = next(one for one in site(TWO) if one.key == "e/s/r1/index.html")
    assert published.read(page.key).data == page.source


@pytest.mark.parametrize("at", range(1, 12))
def test_a_killed_run_leaves_no_memory(at: int, tmp_path: Path) -> None:
    """Killed before any write of a publish, whatever the next run finds it ends in the same bytes."""
    clock, writes = Clock(), 0
    store = Journal(clock=clock)
    run(store, site(TWO), clock, memo=Memo(tmp_path / "memo.db", "a place"))

    def die(_operation: str, _key: str) -> None:
        nonlocal writes
        writes += 1
        if writes == at:
            raise Interruption

    store.before = die
    wanted = site({"r1": "changed", "r3": "three"})
    with suppress(Interruption):
        run(store, wanted, clock, memo=Memo(tmp_path / "memo.db", "a place"))
    store.before = lambda _operation, _key: None
    store.log.clear()
    run(store, wanted, clock, memo=Memo(tmp_path / "memo.db", "a place"))
    assert lists(store) >= 1
    for _ in range(2):
        clock.pass_time(days=2)
        run(store, wanted, clock, memo=Memo(tmp_path / "memo.db", "a place"))
    assert len(keys(store)) == len(wanted) + 2
    assert broken_references(store) == []


def test_what_is_withdrawn_is_looked_for(published: Journal, clock: Clock, reopened: Callable[[], Memo]) -> None:
    """A withdrawal lists the store although the memo stands, and takes back what the memo knows nothing of."""
    published.put(Wanted.of_bytes("media/e/r2/0123/720p.mp4", b"left by a publisher that was frozen"))
    lists(published)
    run(published, site({"r1": "one"}), clock, memo=reopened(), withdrawn=("media/e/r2/", "e/s/r2/"))
    assert lists(published) == 1
    assert not any("r2" in key for key in keys(published))
    lists(published)
    again = run(published, site({"r1": "one"}), clock, memo=reopened(), withdrawn=("media/e/r2/", "e/s/r2/"))
    assert lists(published) == 1, "the run after it looks for itself"
    assert again.plan.is_empty


def test_a_dry_run_neither_writes_nor_forgets(
    published: Journal, clock: Clock, reopened: Callable[[], Memo], tmp_path: Path
) -> None:
    """It reads the memo, and leaves it as it is."""
    before = (tmp_path / "memo.db").read_bytes()
    run(published, site({"r1": "new"}), clock, memo=reopened(), dry_run=True)
    assert (tmp_path / "memo.db").read_bytes() == before
    assert lists(published) == 0
    assert Memo(tmp_path / "none.db", "x").remote(published, now=clock.now, may_keep=False).generation == 1
    assert not (tmp_path / "none.db").exists()


def test_each_place_has_its_own(published: Journal, clock: Clock, tmp_path: Path) -> None:
    """A file that was written for another place is not believed, even where ``catalog.json`` is the same."""
    mirror = Journal(clock=clock)
    mirror._objects = {"catalog.json": published._objects["catalog.json"]}
    assert Memo(tmp_path / "memo.db", "another").remote(mirror, now=clock.now).entries.keys() == {"catalog.json"}


def test_a_damaged_memo_is_no_memo(
    published: Journal, clock: Clock, reopened: Callable[[], Memo], tmp_path: Path
) -> None:
    """Whatever lies there instead, the store is listed and the memo made anew."""
    path = tmp_path / "memo.db"
    for damage in (b"", b"no database", path.read_bytes()[:5000]):
        path.write_bytes(damage)
        run(published, site(TWO), clock, memo=reopened())
        assert lists(published) == 1
        run(published, site(TWO), clock, memo=reopened())
        assert lists(published) == 0
    with sqlite3.connect(path) as db:
        db.execute("UPDATE facts SET value = X'00' WHERE name = 'catalog'")
    run(published, site(TWO), clock, memo=reopened())
    assert lists(published) == 1


CHANGES = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["r1", "r2", "r3", "r4"]), st.sampled_from("abc"), max_size=4),
        st.integers(0, 40),
        st.sampled_from([0, 1, 30]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(CHANGES)
def test_any_history_ends_as_without_memory(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[dict[str, str], int, int, bool, bool]]
) -> None:
    """Publishes of two machines, kills and pauses: in the end all is as a publish without memory would leave it."""
    folder, clock = tmp_path_factory.mktemp("memo"), Clock()
    store = Journal(clock=clock)
    writes = 0

    def die(_operation: str, _key: str) -> None:
        nonlocal writes
        writes -= 1
        if writes == 0:
            raise Interruption

    store.before = die
    memos = [folder / "one.db", folder / "other.db"]
    for recordings, kill, hours, other, in_lots in history:
        writes = kill
        wanted = site(recordings)
        with suppress(Interruption):
            run(store, lots(wanted) if in_lots else wanted, clock, memo=Memo(memos[other], "a place"))
        clock.pass_time(hours=hours)
    writes = 0
    for memo in (*memos, *memos):
        run(store, lots(site(TWO)), clock, memo=Memo(memo, "a place"))
        clock.pass_time(days=2)
    run(store, site(TWO), clock, memo=Memo(memos[0], "a place"))
    fresh = MemoryStore(clock=clock)
    run(fresh, site(TWO), clock)
    ours = {key: data for key, data in content(store).items() if not key.startswith(("state/", "catalog"))}
    assert ours == {key: data for key, data in content(fresh).items() if not key.startswith(("state/", "catalog"))}
    assert len([key for key in keys(store) if key.startswith("state/")]) == 1


@pytest.fixture
def small_bases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of more than ten objects have a base."""
    monkeypatch.setattr(records, "LARGE", 10)


def many(number: int, **changed: str) -> list[Wanted]:
    """A catalogue of so many recordings, some of them changed."""
    return site({f"r{one}": "same" for one in range(number)} | changed)


@pytest.mark.usefixtures("small_bases")
def test_a_large_record_sends_what_changed(published: Journal, clock: Clock, reopened: Callable[[], Memo]) -> None:
    """The base is sent once and stays; each publish adds a record of a few objects, and readers of it see them all."""
    run(published, many(80), clock, memo=reopened())
    clock.pass_time(hours=2)
    run(published, many(80), clock, memo=reopened())
    bases = {key for key in keys(published) if key.startswith("state/base-")}
    assert len(bases) == 1
    for version in ("a", "b", "c"):
        published.log.clear()
        wanted = many(81, r7=version)
        run(published, wanted, clock, memo=reopened())
        assert not any("base" in line for line in published.writes)
        clock.pass_time(hours=2)
        assert run(published, wanted, clock, memo=reopened()).plan.taken_back == ()
        found = read_remote(published)
        assert found.record.objects.keys() == {one.key for one in wanted}
        assert found.record.changed < found.record.objects.keys() | found.record.changed
        assert reopened().remote(published, now=clock.now).record == found.record
    assert {key for key in keys(published) if key.startswith("state/base-")} == bases
    run(published, many(160), clock, memo=reopened())
    clock.pass_time(hours=2)
    run(published, many(160), clock, memo=reopened())
    later = {key for key in keys(published) if key.startswith("state/base-")}
    assert len(later) == 1
    assert later != bases
    assert len(keys(published)) == len(many(160)) + 3


@pytest.mark.usefixtures("small_bases")
def test_no_base_names_what_was_withdrawn(published: Journal, clock: Clock, reopened: Callable[[], Memo]) -> None:
    """Taking back makes a new base at once and removes the one before, of unfinished runs, too."""
    run(published, many(80), clock, memo=reopened())
    before = {key for key in keys(published) if key.startswith("state/")}
    wanted = [one for one in many(80) if "/r7/" not in one.key]
    run(published, wanted, clock, memo=reopened(), withdrawn=("media/e/r7/", "e/s/r7/"))
    after = {key for key in keys(published) if key.startswith("state/")}
    assert not before & after
    assert len(after) == 2
    assert not any("/r7/" in key for key in read_remote(published).record.objects)


@pytest.mark.usefixtures("small_bases")
@pytest.mark.parametrize("what", ["state/base-", "state/"])
def test_a_lost_base_is_mended(published: Journal, clock: Clock, reopened: Callable[[], Memo], what: str) -> None:
    """Everything is sent once more, and the next run has nothing to do."""
    published.delete(list(keys(published)))
    run(published, many(40), clock, memo=reopened())
    published.delete([key for key in keys(published) if key.startswith(what)])
    run(published, many(40), clock, memo=reopened())
    clock.pass_time(hours=2)
    run(published, many(40), clock, memo=reopened())
    assert run(published, many(40), clock, memo=reopened()).plan.is_empty
    assert len(keys(published)) == len(many(40)) + 3
