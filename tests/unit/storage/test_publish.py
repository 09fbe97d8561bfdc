"""Publishing as a whole, over a store in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import StoreError
from pipeline.storage.memory import MemoryStore
from pipeline.storage.plan import phase_of
from pipeline.storage.protocol import Capabilities, Wanted
from pipeline.storage.state import read_remote
from tests.unit.storage.simulation import (
    TWO,
    Clock,
    Interruption,
    Journal,
    broken_references,
    catalog,
    content,
    keys,
    run,
    site,
)


def test_the_first_publish_makes_generation_one(store: Journal, clock: Clock) -> None:
    """Everything wanted is there, ``catalog.json`` names the record, and nothing else was written."""
    wanted = site(TWO)
    outcome = run(store, wanted, clock)
    document = json.loads(store.read("catalog.json").data)
    assert document["generation"] == outcome.generation == 1
    assert keys(store) == {one.key for one in wanted} | {"catalog.json", document["manifest"]}
    assert broken_references(store) == []


def test_nothing_changed_sends_nothing(store: Journal, clock: Clock) -> None:
    """A second publish of the same makes three requests, all reads, and says that there was nothing to do."""
    run(store, site(TWO), clock)
    store.log.clear()
    before = content(store)
    store.log.clear()
    outcome = run(store, site(TWO), clock)
    assert [line.split("-")[0] for line in store.log] == ["read catalog.json", "read state/1", "list"]
    assert outcome.plan.is_empty
    assert outcome.plan.summary().startswith("nothing to do")
    assert outcome.generation == 1
    assert content(store) == before


def test_the_order_is_media_pages_index_catalog(store: Journal, clock: Clock) -> None:
    """What is referred to is written before what refers to it; the record first, ``catalog.json`` last."""
    run(store, site(TWO), clock)
    written = [line.removeprefix("put ") for line in store.writes]
    assert written[0].startswith("state/1-")
    assert written[-1] == "catalog.json"
    assert written[1:-1] == sorted(written[1:-1], key=phase_of)
    assert [phase_of(key)[0].name for key in ("media/e/r/d/1.mp4", "media/e/r/d/1.m3u8", "e/s/r/index.html")] == [
        "MEDIA",
        "COMPANIONS",
        "PAGES",
    ]


def test_readers_are_never_let_down(store: Journal, clock: Clock) -> None:
    """Before every single write of every publish, all that is linked from the home page and the catalogue is there."""
    faults: list[str] = []

    def look(_operation: str, _key: str) -> None:
        reader = MemoryStore()
        reader._objects = store._objects
        faults.extend(broken_references(reader))

    store.before = look
    for recordings in (TWO, {"r1": "changed", "r2": "two"}, {"r2": "two"}, {**TWO, "r3": "new"}):
        run(store, site(recordings), clock)
        clock.pass_time(hours=2)
    assert faults == []


def test_what_is_not_wanted_waits_for_its_readers(store: Journal, clock: Clock) -> None:
    """Replaced media stay for the grace period after the commit and go in the first run after it."""
    run(store, site({"r1": "one"}), clock)
    old = {key for key in keys(store) if key.startswith("media/")}
    clock.pass_time(days=3)
    outcome = run(store, site({"r1": "changed"}), clock)
    assert old <= keys(store)
    assert {one.key for one in outcome.plan.waiting} >= old
    clock.pass_time(minutes=59)
    assert run(store, site({"r1": "changed"}), clock).plan.is_empty
    clock.pass_time(minutes=2)
    outcome = run(store, site({"r1": "changed"}), clock)
    assert not old & keys(store)
    assert outcome.generation == 2, "removing leftovers is no new generation"
    assert run(store, site({"r1": "changed"}), clock).plan.is_empty
    assert len([key for key in keys(store) if key.startswith("state/")]) == 1


def test_a_long_history_leaves_nothing_behind(store: Journal, clock: Clock) -> None:
    """After many publishes, each soon after the other, only the last generation remains once the grace is over."""
    for number in range(12):
        run(store, site({"r1": f"version {number}", f"r{number}": "x"}), clock)
        clock.pass_time(minutes=25)
    wanted = site({"r1": "version 11", "r11": "x"})
    clock.pass_time(hours=1)
    run(store, wanted, clock)
    assert len(keys(store)) == len(wanted) + 2
    assert broken_references(store) == []


def test_a_withdrawal_comes_first_and_at_once(store: Journal, clock: Clock) -> None:
    """Media and page go before anything is sent; the tombstone comes next; pages that showed it do not linger."""
    run(store, [*site(TWO), Wanted.of_bytes("search/part-of-two.json", b"words of two")], clock)
    store.log.clear()
    tombstone = Wanted.of_bytes("e/s/r2/index.html", b"[]")
    outcome = run(store, [*site({"r1": "one"}), tombstone], clock, withdrawn=("media/e/r2/", "e/s/r2/"))
    deleted = [line for line in store.writes if line.startswith("delete media/e/r2/")]
    assert len(deleted) == 3
    assert store.writes[:3] == deleted
    assert store.writes[3] == "put e/s/r2/index.html"
    assert "search/part-of-two.json" not in keys(store)
    assert not any("r2" in key and key != tombstone.key for key in keys(store))
    assert {"e/s/r2/index.html", *(line.removeprefix("delete ") for line in deleted)} <= set(outcome.changed)
    assert broken_references(store) == []
    clock.pass_time(hours=2)
    store.log.clear()
    again = run(store, [*site({"r1": "one"}), tombstone], clock, withdrawn=("media/e/r2/", "e/s/r2/"))
    assert again.plan.is_empty


def test_a_withdrawal_removes_what_nobody_remembers(store: Journal, clock: Clock) -> None:
    """Objects below a withdrawn prefix go although no record names them."""
    run(store, site({"r1": "one"}), clock)
    store.put(Wanted.of_bytes("media/e/r2/0123/720p.mp4", b"left by a publisher that was frozen"))
    run(store, site({"r1": "one"}), clock, withdrawn=("media/e/r2/",))
    assert not any(key.startswith("media/e/r2/") for key in keys(store))


def test_a_tombstone_does_not_shorten_the_grace_for_ever(store: Journal, clock: Clock) -> None:
    """Only the run that takes something back removes old pages at once, later runs give readers their time."""
    tombstone = Wanted.of_bytes("e/s/r2/index.html", b"[]")
    withdrawn = ("media/e/r2/", "e/s/r2/")
    run(store, [*site({"r1": "one"}), tombstone], clock, withdrawn=withdrawn)
    extra = Wanted.of_bytes("search/old.json", b"{}")
    run(store, [*site({"r1": "one"}), tombstone, extra], clock, withdrawn=withdrawn)
    run(store, [*site({"r1": "one"}), tombstone], clock, withdrawn=withdrawn)
    assert extra.key in keys(store)


def test_strangers_are_left_alone(store: Journal, clock: Clock) -> None:
    """What Aftertalk did not publish is counted and never touched, whatever happens around it."""
    run(store, site(TWO), clock)
    store.put(Wanted.of_bytes("holiday/photo.jpg", b"mine"))
    clock.pass_time(days=9)
    outcome = run(store, site({"r1": "one"}), clock)
    clock.pass_time(days=9)
    run(store, site({"r1": "one"}), clock)
    assert store.read("holiday/photo.jpg").data == b"mine"
    assert outcome.plan.strangers == 1


def test_a_first_publish_overwrites_nobody(store: Journal, clock: Clock) -> None:
    """Publishing over somebody's home page is refused before anything is written."""
    store.put(Wanted.of_bytes("index.html", b"my home page"))
    store.log.clear()
    with pytest.raises(StoreError, match=r"index\.html"):
        run(store, site(TWO), clock)
    assert store.writes == []


def test_a_foreign_catalog_json_is_refused(store: Journal, clock: Clock) -> None:
    """A ``catalog.json`` that is not Aftertalk's stops the publish."""
    for data in (b"[1]", b"{}", b"not json", b'{"generation": "7"}', b"\xff"):
        store.put(Wanted.of_bytes("catalog.json", data))
        with pytest.raises(StoreError, match=r"catalog\.json"):
            run(store, site(TWO), clock)


def test_edits_behind_its_back_are_mended(store: Journal, clock: Clock) -> None:
    """A page that was edited (same size), media cut short, and a lost file are sent again, and nothing else is."""
    run(store, site(TWO), clock)
    before = {key: data for key, data in content(store).items() if not key.startswith(("catalog", "state"))}
    page = store.read("e/s/r1/index.html").data
    video = next(key for key in before if key.endswith(".mp4"))
    captions = next(key for key in before if key.endswith(".vtt"))
    store.put(Wanted.of_bytes("e/s/r1/index.html", b"X" * len(page)))
    store.put(Wanted.of_bytes(video, b"short"))
    store.delete([captions])
    outcome = run(store, site(TWO), clock)
    assert {one.wanted.key: one.reason for one in outcome.plan.uploads} == {
        "e/s/r1/index.html": "damaged in the store",
        video: "damaged in the store",
        captions: "missing from the store",
    }
    assert {key: data for key, data in content(store).items() if key in before} == before


@pytest.mark.parametrize("damage", ["missing", "garbage", "truncated"])
def test_a_lost_record_is_mended(store: Journal, clock: Clock, damage: str) -> None:
    """Without a usable record everything is sent once more; then all is as before, and what is dropped still goes."""
    run(store, site(TWO), clock)
    record = next(key for key in keys(store) if key.startswith("state/"))
    data = store.read(record).data
    if damage == "missing":
        store.delete([record])
    else:
        store.put(Wanted.of_bytes(record, b"x" if damage == "garbage" else data[:50]))
    outcome = run(store, site(TWO), clock)
    assert outcome.generation == 2
    assert broken_references(store) == []
    assert run(store, site(TWO), clock).plan.is_empty
    clock.pass_time(days=2)
    run(store, site(TWO), clock)
    assert len(keys(store)) <= len(site(TWO)) + 3


def test_content_elsewhere_is_enough_when_the_store_has_it(store: Journal, clock: Clock) -> None:
    """Media made on another machine need not be here; when the store lost them, the publish stops and names them."""
    wanted = site(TWO)
    run(store, wanted, clock)
    away = [
        Wanted(one.key, one.size, one.sha256, one.content_type, one.cache, None)
        if one.key.startswith("media/")
        else one
        for one in wanted
    ]
    assert run(store, away, clock).plan.is_empty
    store.delete([away[1].key])
    with pytest.raises(StoreError, match="neither in the store nor on this machine") as caught:
        run(store, away, clock)
    assert away[1].key in caught.value.context


def test_a_dry_run_writes_nothing_and_tells_everything(store: Journal, clock: Clock) -> None:
    """The plan of a dry run is the plan that is carried out."""
    planned = run(store, site(TWO), clock, dry_run=True)
    assert store.writes == []
    done = run(store, site(TWO), clock)
    assert planned.plan == done.plan
    assert len(list(done.plan.lines())) == len(site(TWO)) + 1


def test_a_failing_object_stops_the_commit(store: Journal, clock: Clock) -> None:
    """When one object cannot be sent, the error is raised and the public generation is as it was."""
    run(store, site(TWO), clock)
    before = content(store)

    def fail(operation: str, key: str) -> None:
        if operation == "put" and key.endswith(".vtt"):
            raise StoreError(key, "the store failed")

    store.before = fail
    with pytest.raises(StoreError, match=r"en\.vtt"):
        run(store, site({**TWO, "r3": "new"}), clock)
    after = content(store)
    assert {key: after[key] for key in before} == before
    assert broken_references(store) == []


def _killing(at: int) -> Callable[[str, str], None]:
    left = at

    def before(_operation: str, _key: str) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Interruption

    return before


@pytest.mark.parametrize("at", range(0, 40, 1))
def test_a_kill_at_any_write_ends_in_the_same_bytes(at: int) -> None:
    """Whatever write a run is killed at: readers are served, the next run ends as if nothing had happened."""
    stores = {}
    for killed in (False, True):
        clock = Clock()
        store = Journal(clock=clock)
        run(store, site(TWO), clock)
        clock.pass_time(hours=5)
        changed, withdrawn = site({"r1": "changed", "r3": "new"}), ("media/e/r2/", "e/s/r2/")
        if killed:
            store.before = _killing(at)
            try:
                run(store, changed, clock, withdrawn=withdrawn, workers=1)
            except Interruption:
                missing = broken_references(store)
                assert all("r2" in key for key in missing), "only what was withdrawn may be missing"
            store.before = lambda _operation, _key: None
        run(store, changed, clock, withdrawn=withdrawn)
        clock.pass_time(hours=5)
        run(store, changed, clock, withdrawn=withdrawn)
        assert run(store, changed, clock, withdrawn=withdrawn).plan.is_empty
        stores[killed] = content(store)
    assert stores[True] == stores[False]


def test_leavings_of_a_run_that_never_finished_go_after_a_day(store: Journal, clock: Clock) -> None:
    """A run that was killed and then wanted something else: its media are removed a day later, its record with them."""
    run(store, site({"r1": "one"}), clock)
    store.before = _killing(4)
    with pytest.raises(Interruption):
        run(store, site({"r1": "one", "r9": "never finished"}), clock, workers=1)
    store.before = lambda _operation, _key: None
    assert any("r9" in key for key in keys(store))
    clock.pass_time(hours=23)
    assert run(store, site({"r1": "one"}), clock).plan.is_empty
    clock.pass_time(hours=2)
    run(store, site({"r1": "one"}), clock)
    assert len(keys(store)) == len(site({"r1": "one"})) + 2


def test_a_record_stays_as_long_as_only_it_knows_of_something(store: Journal, clock: Clock) -> None:
    """A run that dies late leaves young media and an old record: the record goes with the last of them, not before."""
    run(store, site({"r1": "one"}), clock)

    def die_late(_operation: str, key: str) -> None:
        if key.startswith("media/e/r9/") and key.endswith(".mp4"):
            clock.pass_time(hours=20)
        if key.endswith("e/s/r9/index.html"):
            raise Interruption

    store.before = die_late
    with pytest.raises(Interruption):
        run(store, site({"r1": "one", "r9": "never finished"}), clock, workers=1)
    store.before = lambda _operation, _key: None
    clock.pass_time(hours=5)
    run(store, site({"r1": "one"}), clock)
    assert any("r9" in key for key in keys(store))
    clock.pass_time(hours=20)
    run(store, site({"r1": "one"}), clock)
    assert len(keys(store)) == len(site({"r1": "one"})) + 2


def test_frequent_publishes_do_not_prolong_the_grace(store: Journal, clock: Clock) -> None:
    """What was dropped waits an hour from then on, however often something else is published in between."""
    run(store, site({"r1": "one"}), clock)
    old = {key for key in keys(store) if key.startswith("media/")}
    for number in range(4):
        run(store, site({"r1": "other", "r2": f"version {number}"}), clock)
        assert old <= keys(store)
        clock.pass_time(minutes=25)
    run(store, site({"r1": "other", "r2": "last"}), clock)
    assert not old & keys(store)


def test_who_loses_the_swap_plans_again(store: Journal, clock: Clock) -> None:
    """Another machine commits in between: both catalogues' commits count, the later one is complete."""
    run(store, site({"r1": "one"}), clock)
    intruded = False

    def intrude(_operation: str, key: str) -> None:
        nonlocal intruded
        if key == "catalog.json" and not intruded:
            intruded = True
            run(store, site({"r1": "theirs"}), clock)

    store.before = intrude
    outcome = run(store, site(TWO), clock)
    assert (outcome.attempts, outcome.generation) == (2, 3)
    assert broken_references(store) == []
    store.before = lambda _operation, _key: None
    assert run(store, site(TWO), clock).plan.is_empty


def test_endless_competition_ends_in_a_message(store: Journal, clock: Clock) -> None:
    """When others commit every time, the publish gives up with an error instead of going on for ever."""
    number = 0

    def intrude(_operation: str, key: str) -> None:
        nonlocal number
        if key == "catalog.json":
            number += 1
            etag = store.head("catalog.json")
            MemoryStore.put(store, Wanted.of_bytes("catalog.json", catalog(number, f"{etag}")))

    store.before = intrude
    with pytest.raises(StoreError, match="in between"):
        run(store, site(TWO), clock)


def test_a_very_slow_run_looks_again_before_it_commits(store: Journal, clock: Clock) -> None:
    """After half a day its media may have been taken for abandoned: it checks what is there, and sends what is not."""
    slow = True

    def sleep(_operation: str, key: str) -> None:
        nonlocal slow
        if key == "index.html" and slow:
            slow = False
            clock.pass_time(hours=13)
            MemoryStore.delete(store, [site(TWO)[1].key])

    store.before = sleep
    outcome = run(store, site(TWO), clock)
    assert outcome.attempts == 2
    assert broken_references(store) == []


def test_two_objects_cannot_share_an_address(store: Journal, clock: Clock) -> None:
    """A collision of addresses is an error before anything is written; so is an address of the publish itself."""
    for wanted in (
        [Wanted.of_bytes("a.html", b"1"), Wanted.of_bytes("a.html", b"2")],
        [Wanted.of_bytes("catalog.json", b"{}")],
        [Wanted.of_bytes("state/1-x", b"")],
    ):
        with pytest.raises(StoreError):
            run(store, wanted, clock)
    assert store.writes == []


RECORDINGS = st.dictionaries(st.sampled_from(["r1", "r2", "r3"]), st.sampled_from(["x", "y", "z"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(RECORDINGS, st.integers(0, 30), st.integers(0, 90)), min_size=1, max_size=6))
def test_any_history_of_kills_and_changes_converges(history: list[tuple[dict[str, str], int, int]]) -> None:
    """Any sequence of catalogues, each publish killed at some write: the last clean runs leave what is wanted."""
    clock = Clock()
    store = Journal(clock=clock)
    for recordings, at, minutes in history:
        store.before = _killing(at)
        with suppress(Interruption):
            run(store, site(recordings), clock, workers=1)
        assert broken_references(store) == []
        clock.pass_time(minutes=minutes)
    store.before = lambda _operation, _key: None
    wanted = site(history[-1][0], title="last")
    run(store, wanted, clock)
    clock.pass_time(days=2)
    run(store, wanted, clock)
    assert broken_references(store) == []
    document = json.loads(store.read("catalog.json").data)
    assert keys(store) == {one.key for one in wanted} | {"catalog.json", document["manifest"]}


def test_a_file_is_published_from_its_path(store: Journal, clock: Clock, tmp_path: Path) -> None:
    """Media are read from where they are; their digest is believed until the store checks it."""
    path = tmp_path / "x.mp4"
    path.write_bytes(b"video")
    one = Wanted.of_bytes("media/e/r/0123/x.mp4", b"video")
    run(store, [Wanted.of_file(one.key, path, size=one.size, sha256=one.sha256)], clock)
    assert store.read(one.key).data == b"video"


@pytest.mark.parametrize("refuses", [True, False], ids=["refuses", "replaces anything"])
def test_what_was_seen_before_another_published(
    store: Journal, clock: Clock, monkeypatch: pytest.MonkeyPatch, *, refuses: bool
) -> None:
    """What a run saw counts only where the store refuses what is older; either way its plan ends on what is there."""
    monkeypatch.setattr(store, "capabilities", lambda: Capabilities(creates=refuses, swaps=refuses))
    run(store, site(TWO), clock)
    seen = read_remote(store)
    run(store, site(TWO, title="Of another"), clock)
    store.log.clear()
    outcome = run(store, site(TWO, title="Ours"), clock, seen=seen, guard=lambda: None)
    assert outcome.attempts == (2 if refuses else 1)
    assert outcome.generation == 3
    assert content(store)["index.html"] == site(TWO, title="Ours")[-1].source
    assert broken_references(store) == []
    assert "list" in store.log
