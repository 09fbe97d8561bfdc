"""Text in pictures, read by the real models in the confined process: subtitles that are pictures, and slides."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.manifest import Artifact, ArtifactFile
from pipeline.catalogue import load
from pipeline.errors import ToolError
from pipeline.media import ocr, subtitles
from pipeline.media.command import Command, Limits, Tools
from pipeline.media.probe import TextTrack
from pipeline.media.runner import Runner
from pipeline.programmes import import_programme
from pipeline.report import RecordingReporter
from pipeline.run import Options, publish
from pipeline.stages.enrich import slide_titles
from pipeline.stages.read_slides import ReadSlidesStage
from pipeline.status import states
from tests.media.bench import Workshop
from tests.media.decks import Deck, slide, write
from tests.media.pgs import sup
from tests.media.test_captions_embedded import captions
from tests.packs import pieces

pytestmark = pytest.mark.media

CAPTIONS = [(1000, 3000, "Le chat et la mer\net une autre ligne"), (3500, 5000, "Fin")]


@pytest.fixture(scope="module")
def pictured(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of six seconds with a PGS track in French."""
    folder = tmp_path_factory.mktemp("pictured")
    (folder / "t.sup").write_bytes(sup(CAPTIONS))
    argv = ("ffmpeg", "-v", "error", "-copyts", "-f", "lavfi", "-i", "testsrc=d=6:s=640x360:r=10", "-i", "/in/t.sup")
    copied = ("-map", "0:v", "-map", "1:0", "-c:v", "libx264", "-c:s", "copy", "-metadata:s:s:0", "language=fre")
    Runner(tools).run(Command((*argv, *copied, "a.mkv"), {"t.sup": folder / "t.sup"}, folder, limits=Limits(wall_s=60)))
    return folder / "a.mkv"


def test_a_track_of_pictures_becomes_captions(tools: Tools, tmp_path: Path, pictured: Path) -> None:
    """Text, lines and times come out of the pictures; the findings say that a machine read them."""
    data, cues = captions(tools, tmp_path / "work", pictured)
    assert [one["origin"] for one in data["tracks"]] == ["ocr"]
    assert cues == {"fr": [(start, end, text, "") for start, end, text in CAPTIONS]}
    (finding,) = data["findings"]
    assert "read by machine" in finding


def test_without_the_extra_the_track_is_named(
    tools: Tools, tmp_path: Path, pictured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is read, and the finding says how to have it read."""
    monkeypatch.setattr(ocr, "is_installed", lambda: False)
    data, cues = captions(tools, tmp_path / "work", pictured)
    assert cues == {}
    (finding,) = data["findings"]
    assert "pictures of text" in finding
    assert ocr.HINT in finding


def test_other_letters_are_not_read_as_nonsense(
    tools: Tools, tmp_path: Path, pictured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A track in a language whose letters the models do not know is left out."""
    monkeypatch.setattr(ocr, "can_read", lambda language: language != "fr")
    data, cues = captions(tools, tmp_path / "work", pictured)
    assert cues == {}
    assert "cannot be read by machine" in data["findings"][0]


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "index", "times"),
    [
        ("sample_MKV_ffmpeg_VobSub_no_duration.mkv", 0, [(0, 2000), (2000, 4000), (4000, 8000), (8000, 12_000)]),
        ("sample_XSUB.avi", 1, [(1000, 5000), (5000, 9000), (9000, 10_991)]),
    ],
)
def test_tracks_of_the_corpus(
    tools: Tools, tmp_path: Path, shared: Path, file: str, index: int, times: list[tuple[int, int]]
) -> None:
    """VobSub without durations, and XSUB: each picture until the next, with words in it."""
    source = shared / "media" / "subtitleedit" / file
    track = TextTrack(index=index, codec="dvdsub", language=None, title="", forced=False)
    runner = Runner(tools)
    runner.run(subtitles.render(source, source.stat().st_size, track, tmp_path))
    found = ocr.read_track(runner.run(ocr.track_reader(tmp_path / subtitles.RENDERED, 60)).stdout)
    assert [one[:2] for one in found[: len(times)]] == times
    assert all(any(letter.isalpha() for letter in one.text) for one in found)


def test_slides_are_read(tools: Tools, tmp_path: Path) -> None:
    """Each still has its text, the title first."""
    workshop = Workshop(tmp_path, tools)
    names = ["slide-001.webp", "slide-002.webp"]
    folder = tmp_path / "stills"
    folder.mkdir()
    for number, name in enumerate(names):
        slide(random.Random(number), Deck(dark=bool(number)), 2).save(folder / name, quality=60)
    (tmp_path / "source").touch()
    workshop.folders["transcode"] = folder
    job = replace(workshop.job(tmp_path / "source"), artifacts={"transcode": transcode(names)})
    texts = workshop.make(ReadSlidesStage(), job).data["texts"]
    assert sorted(texts) == names
    for title in slide_titles([texts[name] for name in names]):
        assert len(title.split()) == 4
        assert title.istitle()
    assert all("A meeting, 2021" in text for text in texts.values())


def transcode(names: list[str]) -> Artifact:
    files = tuple(ArtifactFile(name=name, bytes=1, sha256=name) for name in names)
    slides = [{"start_ms": 1000 * number, "file": name} for number, name in enumerate(names)]
    return Artifact(key="t", stage="transcode", files=files, data={"slides": slides})


def test_a_still_that_is_no_picture_is_an_error(tools: Tools, tmp_path: Path) -> None:
    """The process fails by name, and the recording goes on without: the stage says so and is tried again."""
    (tmp_path / "slide-001.webp").write_bytes(b"no picture")
    (tmp_path / "source").touch()
    workshop = Workshop(tmp_path / "work", tools)
    workshop.folders["transcode"] = tmp_path
    job = replace(workshop.job(tmp_path / "source"), artifacts={"transcode": transcode(["slide-001.webp"])})
    with pytest.raises(ToolError, match="text recognition") as failed:
        workshop.make(ReadSlidesStage(), job)
    assert ReadSlidesStage().without(failed.value)["texts"] == {}
    assert "tries again" in ReadSlidesStage().without(failed.value)["findings"][0]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_pictures_say_is_found_and_marked(tools: Tools, tmp_path: Path) -> None:
    """Slides and a track of pictures on their whole way to the public.

    The captions are marked as a machine's on the page, in ``catalog.json`` and by ``status``; the search finds them and
    the text on slides, each at its time.
    """
    inbox = tmp_path / "conference" / "recordings"
    inbox.mkdir(parents=True)
    starts = write(tools, tmp_path / "deck.mkv", Deck(seconds=(6, 9)), 3, 5)
    (tmp_path / "t.sup").write_bytes(sup(CAPTIONS))
    inputs = {name: tmp_path / name for name in ("deck.mkv", "t.sup")}
    argv = ("ffmpeg", "-v", "error", "-copyts", "-i", "/in/deck.mkv", "-i", "/in/t.sup", "-map", "0:v", "-map", "1:0")
    coded = ("-c", "copy", "-metadata:s:s:0", "language=fre", "talk.mkv")
    Runner(tools).run(Command((*argv, *coded), inputs, inbox, limits=Limits(wall_s=60)))
    (tmp_path / "catalogue.yaml").write_text("title: Test\n")
    sessions = "[{id: day, title: Day, recordings: [{id: talk, title: A talk}]}]"
    (tmp_path / "conference" / "event.yaml").write_text(f"title: Conference\nsessions: {sessions}\n")
    now = datetime(2021, 7, 1, tzinfo=UTC)
    assert publish(load(tmp_path, import_programme), RecordingReporter(), Options(), now=now) == 0

    public = tmp_path / "public"
    (recording,) = json.loads((public / "catalog.json").read_bytes())["recordings"]
    assert [(one["language"], one["origin"]) for one in recording["captions"]] == [("fr", "ocr")]
    page = (public / recording["page"] / "index.html").read_text("utf-8")
    assert "Français (automatic)" in page
    assert "Written by a machine" in page
    (row,) = states(load(tmp_path, import_programme), now=now)
    assert (row.captions, row.automatic_only) == (("fr (ocr)",), True)

    files = (file.read_bytes() for file in (public / "search" / "text").glob("*.bin"))
    blocks = [one for file in files for text in pieces(file) for one in json.loads(text)["blocks"]]
    packs = (file.read_bytes() for file in (public / "search").glob("*.bin"))
    shards = [json.loads(text)["words"] for file in packs for text in pieces(file) if text]
    for word, expected in (("chat", [1000]), ("meeting", [round(1000 * one) for one in starts])):
        assert any(word in shard for shard in shards)
        times = [start for start, text, *_ in blocks if word in text.lower()]
        assert len(times) == len(expected)
        assert all(abs(found - start) <= 1500 for found, start in zip(times, expected, strict=True))
