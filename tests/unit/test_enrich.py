"""Chapters from marks, and the master playlist from artifacts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from catalog.manifest import Artifact, ArtifactFile
from pipeline.stages.enrich import master, slide_chapters, slide_titles, spans


def artifact(stage: str, data: dict[str, object], *names: str) -> Artifact:
    return Artifact(
        key=stage, stage=stage, files=tuple(ArtifactFile(name=n, bytes=1, sha256=n) for n in names), data=data
    )


def test_chapters_last_until_the_next_one() -> None:
    """Marks in any order; one behind the end is dropped; of two at one moment the last counts."""
    marks = [(5000, "Middle"), (0, "Start"), (5000, "Middle again"), (99_000, "Behind")]
    assert [(m.start_ms, m.end_ms, m.title) for m in spans(marks, 9000)] == [
        (0, 5000, "Start"),
        (5000, 9000, "Middle again"),
    ]


def test_slides_become_chapters() -> None:
    """Slides that are only leafed through belong to the chapter before; text that was read names a chapter."""
    slides = [
        {"start_ms": 0, "text": ""},
        {"start_ms": 5000, "text": "Leafed through"},
        {"start_ms": 30_000, "text": "Methods\nand more"},
        {"start_ms": 90_000, "text": ""},
    ]
    assert [(m.start_ms, m.end_ms, m.title) for m in slide_chapters(slides, 120_000)] == [
        (0, 30_000, "Slide 1"),
        (30_000, 90_000, "Methods"),
        (90_000, 120_000, "Slide 4"),
    ]


def test_titles_of_slides() -> None:
    """What stands on every slide, numbers, dates and addresses name no chapter; an upper line below them does."""
    header = "Open Meeting 2021"
    texts = [f"{header}\n{line}\nmore text of this slide" for line in ("Methods", "12", "Our results", "數據")]
    assert slide_titles(texts) == ["Methods", "", "Our results", "數據"]
    assert slide_titles(["https://example.org/talks\n12.06.2021\nA talk", "", "A talk\nby Ana"]) == [
        "A talk",
        "",
        "A talk",
    ]


def test_no_marks_no_chapters() -> None:
    """Nothing comes of nothing."""
    assert spans([], 9000) == ()


@given(st.lists(st.tuples(st.integers(-1000, 100_000), st.text(min_size=1, max_size=5))), st.integers(1, 90_000))
def test_chapters_cover_without_gaps_or_overlaps(marks: list[tuple[int, str]], duration_ms: int) -> None:
    """From the first mark to the end of the recording, each moment is in exactly one chapter."""
    chapters = spans(marks, duration_ms)
    for one, following in pairwise(chapters):
        assert one.end_ms == following.start_ms
    assert all(0 <= one.start_ms < one.end_ms <= duration_ms for one in chapters)
    if chapters:
        assert chapters[-1].end_ms == duration_ms


def test_the_master_playlist_names_files_by_digest(golden: Callable[[str, bytes], None]) -> None:
    """Its addresses lead from its own folder to those of the other artifacts; captions say who made them."""
    rendition = {
        "file": "360p.mp4",
        "playlist": "360p.m3u8",
        "codecs": "avc1.64001e,mp4a.40.2",
        "bandwidth": 300_000,
        "average_bandwidth": 200_000,
        "width": 640,
        "height": 360,
        "frame_rate": 25.0,
    }
    media = artifact("transcode", {"renditions": [rendition], "audio": []}, "360p.mp4", "360p.m3u8")
    track = {"file": "captions/fr.vtt", "playlist": "captions/fr.m3u8", "language": "fr", "origin": "asr"}
    captions = artifact("captions", {"tracks": [track]}, "captions/fr.vtt", "captions/fr.m3u8")
    text = master(media, [captions])
    golden("master.m3u8", text.encode())
    assert f"../{media.digest}/360p.m3u8" in text.splitlines()
    assert f'URI="../{captions.digest}/captions/fr.m3u8"' in text
    assert 'NAME="Français"' in text
    assert "RESOLUTION=640x360" in text


def test_av1_has_a_master_playlist_of_its_own() -> None:
    """The one for every player names H.264 only; the other begins with H.264, and names both."""
    plain = {"playlist": "a.m3u8", "bandwidth": 9, "average_bandwidth": 8, "width": 640, "height": 360}
    entries = [
        {**plain, "codecs": "avc1.64001e,mp4a.40.2", "frame_rate": 25.0},
        {**plain, "playlist": "b.m3u8", "codecs": "av01.0.01M.08,mp4a.40.2", "frame_rate": 25.0},
    ]
    media = artifact("transcode", {"renditions": entries[:1], "av1": entries[1:], "audio": []}, "a.m3u8", "b.m3u8")
    assert "av01" not in master(media, [])
    both = [line for line in master(media, [], av1=True).splitlines() if line.startswith("#EXT-X-STREAM-INF")]
    assert ["avc1" in line for line in both] == [True, False]
    assert 'CODECS="av01.0.01M.08,mp4a.40.2"' in both[1]


def test_a_recording_without_picture_has_a_playlist_of_its_sound() -> None:
    """Sound only: the audio's playlist is the only variant."""
    audio = {
        "file": "audio.m4a",
        "playlist": "audio.m3u8",
        "language": "en",
        "codecs": "mp4a.40.2",
        "bandwidth": 70_000,
    }
    media = artifact("transcode", {"renditions": [], "audio": [audio]}, "audio.m4a", "audio.m3u8")
    text = master(media, [artifact("captions", {"tracks": []})])
    assert f"../{media.digest}/audio.m3u8" in text.splitlines()
    assert "RESOLUTION" not in text
