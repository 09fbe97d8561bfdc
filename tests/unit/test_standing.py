"""Recordings that stand: what is noted of them, and everything after which the note counts no more."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.manifest import Artifact, RecordingManifest
from pipeline.catalogue import CatalogueDirectory, load
from pipeline.flow import NOT_MADE
from pipeline.media.tools import Tools
from pipeline.programmes import import_programme
from pipeline.ready import Note, Ready
from pipeline.stages.ingest import Item, survey
from pipeline.standing import Standing

TOOLS = Tools(ffmpeg=Path("/usr/bin/ffmpeg"), ffmpeg_version="7.1", bwrap=None)
LATER_NS = 10_000_000_000
EVENT = """\
title: Meeting
sessions:
- id: opening
  title: Opening
  recordings:
  - {id: talk, title: Talk, source: talk.mp4, poster: still.jpg, captions: [{file: talk.vtt, language: en}]}
"""
MANIFEST = RecordingManifest(
    schema=1,
    recording="meeting/talk",
    source_sha256="0" * 64,
    artifacts=(
        Artifact(key="t", stage="transcode", data={"duration_ms": 1000, "renditions": [], "audio": []}),
        Artifact(key="c", stage="captions", data={"tracks": []}),
        Artifact(key="a", stage="transcribe", data={"tracks": []}),
        Artifact(key="e", stage="enrich", data={"master": None, "chapters": []}),
    ),
)
NOTE = Note.of(MANIFEST, host="")


class House:
    """A catalogue of one recording with captions and a picture, and the notes of one run after another."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.inbox = root / "meeting" / "recordings"
        self.inbox.mkdir(parents=True)
        (root / "catalogue.yaml").write_text(f"title: Meetings\ncaptions: {{model: {root / 'model'}}}\n")
        self.describe(EVENT)
        for name in ("talk.mp4", "still.jpg", "talk.vtt"):
            self.write(name, name)
        self.tools = TOOLS
        self.lead_ns = LATER_NS
        """How far the clock of a run is ahead of the files."""

    def write(self, name: str, text: str) -> None:
        """A file that nobody wrote to for a while, by its modification time."""
        (self.inbox / name).write_text(text)
        os.utime(self.inbox / name, (1_700_000_000, 1_700_000_000))

    def get_model(self) -> None:
        """The speech model that the settings name was not there before."""
        (self.root / "model").mkdir()
        for name in ("model.bin", "config.json"):
            (self.root / "model" / name).write_text("{}")

    def describe(self, text: str) -> None:
        (self.root / "meeting" / "event.yaml").write_text(text)

    def damage(self) -> None:
        with closing(sqlite3.connect(self.root / ".aftertalk" / "standing.db")) as db, db:
            db.execute("UPDATE notes SET made = '{'")

    def look(self) -> tuple[Standing, Item]:
        directory: CatalogueDirectory = load(self.root, import_programme)
        standing = Standing(directory, self.tools, clock=lambda: time.time_ns() + self.lead_ns)
        (item,) = survey(directory, now=datetime.now(UTC)).items
        standing.look([item])
        return standing, item

    def publish(self, note: Note = NOTE) -> None:
        standing, item = self.look()
        standing.note(item)
        standing.keep([Ready(item, note)])

    def stands(self) -> bool:
        standing, item = self.look()
        found = standing.note(item)
        assert found is None or found == NOTE
        return found is not None


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_what_was_published_stands(house: House) -> None:
    """Not before it was noted; then with the manifest it had, run after run, at any place of the folder's files."""
    assert not house.stands()
    house.publish()
    assert house.stands()
    assert house.stands()
    house.write("other.mp4", "of nobody")
    assert house.stands()


CHANGES: dict[str, Callable[[House], object]] = {
    "source": lambda house: house.write("talk.mp4", "TALK.MP4"),
    "captions": lambda house: house.write("talk.vtt", "TALK.VTT"),
    "picture": lambda house: house.write("still.jpg", "STILL.JPG"),
    "replaced": lambda house: (house.inbox / "other.mp4").replace(house.inbox / "talk.mp4"),
    "gone": lambda house: (house.inbox / "talk.mp4").unlink(),
    "title": lambda house: house.describe(EVENT.replace("title: Talk", "title: A talk")),
    "session": lambda house: house.describe(EVENT.replace("title: Opening", "title: Opening\n  language: fr")),
    "event": lambda house: house.describe(f"{EVENT}language: fr\n"),
    "caption language": lambda house: house.describe(EVENT.replace("language: en", "language: fr")),
    "language said": lambda house: house.describe(f"{EVENT}language: en\n"),
    "speech model": lambda house: house.get_model(),
    "settings": lambda house: (house.root / "catalogue.yaml").write_text("title: M\ncontact: a@example.org\n"),
    "program": lambda house: setattr(house, "tools", replace(TOOLS, ffmpeg_version="8.0")),
    "address": lambda house: house.describe(EVENT.replace("source: talk.mp4", "source: https://example.org/talk.mp4")),
    "damaged": lambda house: house.damage(),
    "lost": lambda house: (house.root / ".aftertalk" / "standing.db").write_text("no database"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_it_is_looked_at_again(house: House, change: str) -> None:
    """Every file, every fact of the recording and what is around it, the settings and the programs count."""
    house.write("other.mp4", "talk.mp4")
    house.publish()
    assert house.stands()
    CHANGES[change](house)
    assert not house.stands()
    house.publish()
    assert house.stands() == (change not in {"gone", "address"})


def test_a_file_that_may_still_change_is_not_relied_on(house: House) -> None:
    """One written a moment ago may be written again without another time."""
    house.lead_ns = 0
    house.publish()
    assert not house.stands()
    house.lead_ns = LATER_NS
    assert not house.stands()
    house.publish()
    assert house.stands()


def test_what_was_left_out_is_tried_again(house: House) -> None:
    """A recording without the result of an optional stage that failed does not stand."""
    failed = Artifact(key=NOT_MADE, stage="slides", data={})
    note = Note.of(MANIFEST.model_copy(update={"artifacts": (*MANIFEST.artifacts, failed)}), host="")
    house.publish(note)
    assert not house.stands()


def test_what_changes_while_it_is_made_does_not_stand(house: House) -> None:
    """What counts is what was there before the run, not what is there at its end."""
    standing, item = house.look()
    house.write("talk.mp4", "TALK.MP4")
    standing.keep([Ready(item, NOTE)])
    assert not house.stands()
