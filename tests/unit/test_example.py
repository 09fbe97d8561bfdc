"""The example catalogue: it is what a newcomer publishes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog import documents
from catalog.model import Event, Kind, ReleaseState
from pipeline.config import load_settings

BUDGET = 5_000_000


@pytest.fixture(scope="module")
def example(root: Path) -> Path:
    return root / "examples" / "gnm2021"


@pytest.fixture(scope="module")
def event(example: Path) -> Event:
    path = example / "gnm2021" / "event.yaml"
    return documents.validate(documents.parse(str(path), path.read_bytes()), Event)


def test_settings_are_valid(example: Path) -> None:
    """The catalogue's settings are read without a mistake, and publish to a folder beside them."""
    assert load_settings(example).publish == "./public"


def test_it_shows_every_kind_of_session_and_recording(event: Event) -> None:
    """Two days; sessions with no, one and many recordings; live, pre-recorded, held and elsewhere; three languages."""
    recordings = [recording for _, recording in event.recordings()]
    assert {event.day_of(session) for session in event.sessions} == {event.start, event.end}
    assert {min(len(session.recordings), 2) for session in event.sessions} == {0, 1, 2}
    assert {recording.kind for recording in recordings} == set(Kind)
    assert any(one.release and one.release.state is ReleaseState.HELD for one in recordings)
    assert any(one.is_elsewhere for one in recordings)
    assert {"fr", "es"} <= {one.language for one in recordings}


def test_every_recording_has_its_file_and_captions_and_no_file_is_left_over(example: Path, event: Event) -> None:
    """Each recording that is not elsewhere has one media file of its name; the published ones have captions."""
    inbox = example / "gnm2021" / "recordings"
    files = sorted(path.name for path in inbox.iterdir())
    for _, recording in event.recordings():
        own = [name for name in files if name.split(".")[0] == recording.id]
        files = [name for name in files if name not in own]
        captions = [name for name in own if name.endswith((".vtt", ".srt"))]
        assert len(own) - len(captions) == (0 if recording.is_elsewhere else 1), recording.id
        assert bool(captions) == (not recording.is_elsewhere and recording.release is None), recording.id
    assert files == []


def test_it_is_small(root: Path) -> None:
    """Cloning the project stays quick: the examples have at most 5 MB."""
    published = root / "examples" / "gnm2021" / "gnm2021"
    assert sum(path.stat().st_size for path in published.rglob("*") if path.is_file()) <= BUDGET
