"""What was rendered is kept, and only what changed is rendered again."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from catalog.facets import Facet
from catalog.fingerprints import Fingerprints
from catalog.model import Event
from catalog.programme_view import Slot, SlotState
from catalog.published import Catalogue
from catalog.render import TEMPLATES, Part, build, parts
from pipeline import forked
from pipeline.errors import MachineError
from pipeline.site_cache import SiteCache
from pipeline.site_index import SiteIndex
from pipeline.storage.protocol import Piece, Wanted
from tests.unit.site import samples


def wanted(cache: SiteCache, found: Iterable[Part], **options: Any) -> list[Wanted]:
    """The objects of all lots."""
    return [one for lot in cache.lots(found, **options) for one in lot.objects()]


def damage_index(path: Path, *, is_later: bool) -> None:
    if not is_later:
        path.write_bytes(path.read_bytes()[:5000])
        return
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")


def contents(objects: list[Wanted]) -> dict[str, bytes]:
    return {one.key: read(one) for one in objects}


def read(one: Wanted) -> bytes:
    """The bytes of an object."""
    with one.open() as file:
        return file.read()


def file_of(one: Wanted) -> Path:
    """The file in which its bytes are."""
    assert isinstance(one.source, Piece)
    return Path(one.source.path)


def retitled(catalogue: Catalogue, number: int, title: str) -> Catalogue:
    """The catalogue with another title of one recording, everywhere."""
    one = catalogue.recordings[number]
    recording = one.recording.model_copy(update={"title": title})
    session = one.session.model_copy(
        update={"recordings": tuple(recording if r.id == recording.id else r for r in one.session.recordings)}
    )
    sessions = tuple(session if s.id == session.id else s for s in one.event.sessions)
    event = one.event.model_copy(update={"sessions": sessions})
    recordings = tuple(
        replace(
            each,
            event=event,
            session=session if each.session.id == session.id else each.session,
            recording=recording if each.key == one.key else each.recording,
        )
        for each in catalogue.recordings
    )
    return replace(catalogue, events=(event,), recordings=recordings)


def test_a_second_build_makes_nothing(tmp_path: Path) -> None:
    """The same catalogue: the same objects as a build without a cache, nothing made, nothing written."""
    catalogue = samples.catalogue(languages=("en", "ar"))
    first = SiteCache(tmp_path)
    assert contents(wanted(first, parts(catalogue))) == build(catalogue)
    assert first.made > 40
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    time.sleep(0.01)
    again = SiteCache(tmp_path)
    assert contents(wanted(again, parts(samples.catalogue(languages=("en", "ar"))))) == build(catalogue)
    assert again.made == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_change_makes_only_what_shows_it(tmp_path: Path) -> None:
    """Another title of one recording: the result is that of a build from nothing, and other watch pages are kept."""
    catalogue = samples.catalogue()
    wanted(SiteCache(tmp_path), parts(catalogue))
    changed = retitled(catalogue, 3, "Voices of the wood")
    cache, rendered = SiteCache(tmp_path), []

    def told(part: Part) -> Part:
        def make() -> dict[str, bytes]:
            found = part.make()
            rendered.extend(found)
            return found

        return Part(part.fingerprint, make)

    assert contents(wanted(cache, map(told, parts(changed)))) == build(changed)
    assert "nodes2021/regional/arabic/index.html" in rendered
    assert "nodes2021/radio/voices/index.html" not in rendered
    assert "nodes2021/index.html" in rendered
    assert "nodes2021/theme-1/panel/index.html" not in rendered
    assert "about/index.html" not in rendered


def test_what_is_not_wanted_any_more_is_forgotten(tmp_path: Path) -> None:
    """The folder holds the objects of the last build and no others: nothing of a withdrawn recording stays."""
    catalogue = samples.catalogue()
    wanted(SiteCache(tmp_path), parts(catalogue))
    fewer = replace(catalogue, recordings=catalogue.recordings[1:])
    fewest = wanted(SiteCache(tmp_path), parts(fewer))
    files = {path for path in tmp_path.rglob("*") if path.is_file() and path.parent != tmp_path}
    assert files == {file_of(one) for one in fewest}
    assert sum(path.stat().st_size for path in files) == sum(one.size for one in fewest)


@pytest.mark.parametrize(
    "damage", ["gone", "short", "index gone", "index broken", "index of a later version", "row broken"]
)
def test_a_damaged_cache_is_mended(tmp_path: Path, damage: str) -> None:
    """Whatever is lost is made again; the result is the same."""
    catalogue = samples.catalogue()
    one = wanted(SiteCache(tmp_path), parts(catalogue))[7]
    if damage == "gone":
        file_of(one).unlink()
    elif damage == "short":
        os.truncate(file_of(one), 10)
    elif damage == "index gone":
        (tmp_path / "index.db").unlink()
    elif damage == "row broken":
        with closing(sqlite3.connect(tmp_path / "index.db")) as db, db:
            db.execute("UPDATE parts SET objects = '[[1' WHERE fingerprint = (SELECT min(fingerprint) FROM parts)")
    else:
        damage_index(tmp_path / "index.db", is_later="later" in damage)
    assert contents(wanted(SiteCache(tmp_path), parts(catalogue))) == build(catalogue)


def test_what_is_public_need_not_be_here(tmp_path: Path) -> None:
    """What nobody will send is not made again because its bytes are lost; what somebody will is."""
    catalogue = samples.catalogue()
    first = wanted(SiteCache(tmp_path), parts(catalogue))
    for path in {file_of(one) for one in first}:
        path.unlink()
    cache, sent = SiteCache(tmp_path), first[7]
    again = wanted(cache, parts(catalogue), is_public=lambda one: one != sent)
    assert again == first
    assert cache.made == 1
    assert sha256(read(sent)).hexdigest() == sent.sha256


def test_a_lot_that_is_public_is_not_looked_into(tmp_path: Path) -> None:
    """Its name is enough; what it consists of is told when somebody asks, and what the index lost is made again."""
    catalogue = samples.catalogue()
    first = SiteCache(tmp_path).lots(parts(catalogue))
    objects = [lot.objects() for lot in first]
    for path in (tmp_path / "objects").rglob("*/*"):
        path.unlink()
    cache = SiteCache(tmp_path)
    again = cache.lots(parts(catalogue), has=lambda _: True)
    assert cache.made == 0
    assert [lot.name for lot in again] == [lot.name for lot in first]
    assert [lot.objects() for lot in again] == objects
    (tmp_path / "index.db").unlink()
    mended = SiteCache(tmp_path)
    assert [lot.objects() for lot in mended.lots(parts(catalogue), has=lambda _: True)] == objects
    assert mended.made == len(first)


def test_what_two_parts_share_stays_with_the_last(tmp_path: Path) -> None:
    """A file goes with its part, whatever others hold; what a run that died left behind goes with the next change."""
    one, same, other = (
        Part(name, lambda content=content: {f"{content!r}.html": content})  # type: ignore[misc]
        for name, content in (("one", b"1"), ("same", b"1"), ("other", b"2"))
    )

    def files() -> list[bytes]:
        return sorted(path.read_bytes() for path in (tmp_path / "objects").rglob("*/*"))

    SiteCache(tmp_path).lots([one, same, other])
    SiteCache(tmp_path).lots([same, other])
    assert files() == [b"1", b"2"]
    SiteCache(tmp_path).lots([other])
    assert files() == [b"2"]
    with pytest.raises(MachineError, match="no power"), SiteIndex(tmp_path / "index.db").changing(["other"], {}):
        raise OSError(5, "no power")
    (tmp_path / "objects" / "00").mkdir()
    (tmp_path / "objects" / "00" / "left").write_bytes(b"left")
    SiteCache(tmp_path).lots([one, other])
    assert files() == [b"1", b"2"]


def test_a_plan_needs_no_bytes(tmp_path: Path) -> None:
    """For a dry run sizes and digests are enough; nothing is written."""
    catalogue = samples.catalogue()
    planned = wanted(SiteCache(tmp_path / "none"), parts(catalogue), keep=False)
    real = wanted(SiteCache(tmp_path / "real"), parts(catalogue))
    assert [(one.key, one.size, one.sha256, one.md5) for one in planned] == [
        (one.key, one.size, one.sha256, one.md5) for one in real
    ]
    assert not (tmp_path / "none").exists()


def test_several_processes_make_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many processes render the pages, the objects, their order and their bytes are the same."""
    monkeypatch.setattr(forked, "WORTH", 1)
    catalogue = samples.catalogue(languages=("en", "ar"))
    alone = wanted(SiteCache(tmp_path / "1"), parts(catalogue), processes=1)
    together = wanted(SiteCache(tmp_path / "2"), parts(catalogue), processes=2)
    assert [(one.key, one.sha256) for one in alone] == [(one.key, one.sha256) for one in together]
    assert contents(together) == build(catalogue)


def test_what_fails_in_another_process_fails_here() -> None:
    """An error is the one that would be raised without processes; a process that is killed costs time only."""
    parent = os.getpid()

    def broken(number: int) -> int:
        if number == 77:
            raise ValueError("number 77")
        return number

    def killed(number: int) -> int:
        if number == 333 and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    with pytest.raises(ValueError, match="number 77"):
        forked.made(500, broken, processes=2)
    assert forked.made(500, killed, processes=2) == list(range(500))
    assert not multiprocessing.active_children()


def test_own_templates_may_show_anything(tmp_path: Path) -> None:
    """With templates of the organiser's own every page depends on the whole catalogue, and on every file of theirs."""
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "about.html").write_text("{{ catalogue.recordings[3].recording.title }}")
    catalogue = samples.catalogue()
    cache = tmp_path / "cache"
    wanted(SiteCache(cache), parts(catalogue, folder))
    changed = retitled(catalogue, 3, "Voices of the wood")
    assert contents(wanted(SiteCache(cache), parts(changed, folder)))["about/index.html"] == b"Voices of the wood"
    (folder / "about.html").write_text("new")
    assert contents(wanted(SiteCache(cache), parts(changed, folder)))["about/index.html"] == b"new"


def test_our_templates_show_nothing_of_the_catalogue_that_is_not_in_their_context() -> None:
    """Pages are rendered again when their context changed: whatever else they showed would grow old."""
    for path in TEMPLATES.glob("*.html"):
        used = set(re.findall(r"\bcatalogue\.\w+", path.read_text(encoding="utf-8")))
        assert used <= {"catalogue.recordings", "catalogue.files"}, path.name


def test_fingerprints_tell_values_apart() -> None:
    """Neither type nor place of a value gets lost; a thing that cannot be compared is refused."""
    facts: list[tuple[object, ...]] = [(1,), ("1",), (True,), (None,), ("",), (1.0,), (b"1",), (Facet.DAY,), ("day",)]
    facts += [((),), ([],), ({},), (frozenset(),), (("a", "b"),), (["a", "b"],), (("ab",),), ("a", "b"), ({"a": "b"},)]
    assert len({Fingerprints().of(*one) for one in facts}) == len(facts)
    assert Fingerprints("x").of(1) != Fingerprints("y").of(1)
    event = Event.model_validate(samples.FACTS)
    slot = Slot(event, event.sessions[0], SlotState.RECORDED, (), (), ())
    others = (replace(slot, state=SlotState.EXPECTED), replace(slot, session=event.sessions[1]), event, (event,))
    digest = Fingerprints().digest(event)
    assert len({Fingerprints().of(one) for one in (slot, *others, digest, [digest.hex()], (digest.hex(),))}) == 8
    assert Fingerprints().of(event) == Fingerprints().of(Event.model_validate(samples.FACTS))
    assert Fingerprints().of(event) != Fingerprints().of(event.model_copy(update={"title": "Another"}))
    with pytest.raises(TypeError, match="no fact"):
        Fingerprints().of(object())


def test_a_recording_may_bring_its_digest() -> None:
    """What it says of itself is taken for the digest of the whole recording, and is no fact of its own."""
    one = samples.catalogue().recordings[3]
    facts = Fingerprints("x")
    told = replace(one, digest=Fingerprints("y").digest(one))
    assert told == one
    assert facts.of("page", told) == facts.of("page", one)
    assert facts.of("page", replace(one, digest=b"another")) != facts.of("page", one)
    assert facts.digest((one, 1)) == Fingerprints().digest((told, 1)) != facts.digest((one, 2))


def test_a_change_of_a_recording_changes_its_session() -> None:
    """A page that shows a session may show any of its recordings, and those of them that are not public yet."""
    session = next(one for one in Event.model_validate(samples.FACTS).sessions if one.recordings)
    recording = session.recordings[0].model_copy(update={"title": "Another"})
    other = session.model_copy(update={"recordings": (recording, *session.recordings[1:])})
    assert Fingerprints().of(other) != Fingerprints().of(session)
