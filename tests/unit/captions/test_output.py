"""What is written: WebVTT that other readers take, SubRip, transcripts, playlists, and the figures of a track."""

from __future__ import annotations

import webvtt as webvtt_py
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.model import Cue
from catalog.transcript import paragraphs
from pipeline.captions import export, readers, webvtt
from pipeline.captions.report import report

ROWS = st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from("<>&- "), min_size=1, max_size=30)
LINES = ROWS.map(str.strip).filter(bool)


@st.composite
def cue_lists(draw: st.DrawFn) -> list[Cue]:
    cues, at = [], 0
    for _ in range(draw(st.integers(0, 8))):
        start = at + draw(st.integers(0, 5000))
        at = start + draw(st.integers(1, 400_000_000))
        text = "\n".join(draw(st.lists(LINES, min_size=1, max_size=2)))
        cues.append(
            Cue(start_ms=start, end_ms=at, text=text, speaker=draw(st.just("") | LINES.map(str.split).map(" ".join)))
        )
    return cues


@given(cue_lists())
@settings(max_examples=200, deadline=None)
def test_webvtt_reads_back_the_same(cues: list[Cue]) -> None:
    """Any text and any name, markup and arrows included, come back as they were; webvtt-py takes it in strict mode."""
    content = webvtt.write(cues, "en")
    assert webvtt.read_published(content) == tuple(cues)
    other = content.replace(b" --> ", b"  -->  ")  # not as we write it: read as anybody's file
    assert webvtt.read_published(other) == tuple(cues)
    assert len(webvtt_py.from_string(content.decode(), strict=True).captions) == len(cues)


@given(cue_lists())
@settings(max_examples=50, deadline=None)
def test_the_same_cues_give_the_same_bytes(cues: list[Cue]) -> None:
    """Files are made of nothing but their cues."""
    for make in (lambda: webvtt.write(cues, "fr"), lambda: export.subrip(cues), lambda: export.transcript(cues)):
        assert make() == make()


def cue(start: int, end: int, text: str, speaker: str = "") -> Cue:
    return Cue(start_ms=start, end_ms=end, text=text, speaker=speaker)


TALK = [
    cue(1000, 3000, "Good morning,\neverybody.", "Ana"),
    cue(3000, 4500, "Welcome to <GBIF> & friends.", "Ana"),
    cue(5000, 6000, "Thank you.", "Bo"),
    cue(20_000, 21_000, "Any questions?", "Bo"),
]


def test_webvtt_file() -> None:
    """Speakers are voices, everything is escaped."""
    assert webvtt.write(TALK[1:3], "en").decode() == (
        "WEBVTT\n\nNOTE Language: en\n\n"
        "00:00:03.000 --> 00:00:04.500\n<v Ana>Welcome to &lt;GBIF&gt; &amp; friends.\n\n"
        "00:00:05.000 --> 00:00:06.000\n<v Bo>Thank you.\n"
    )


def test_subrip_file_reads_back() -> None:
    """SubRip names a speaker where they begin; our own reader understands it."""
    content = export.subrip(TALK)
    assert content.decode().startswith("1\n00:00:01,000 --> 00:00:03,000\nAna: Good morning,\neverybody.\n\n2\n")
    (track,) = readers.read("talk.srt", content)
    assert [one[:2] for one in track.texts] == [(one.start_ms, one.end_ms) for one in TALK]


def test_transcript_has_a_paragraph_per_speaker_and_pause() -> None:
    """Lines are joined; another speaker or a long silence begins a paragraph."""
    assert export.transcript(TALK).decode() == (
        "Ana: Good morning, everybody. Welcome to <GBIF> & friends.\n\nBo: Thank you.\n\nBo: Any questions?\n"
    )
    assert [one.start_ms for one in paragraphs(TALK)] == [1000, 5000, 20_000]


def test_long_speech_is_divided_at_a_sentence() -> None:
    """A paragraph ends with the sentence in which it gets long."""
    cues = [cue(at * 1000, at * 1000 + 1000, "word " * 10 + ("end." if at % 5 == 4 else "and")) for at in range(60)]
    found = paragraphs(cues)
    assert len(found) > 2
    assert all(one.text.endswith("end.") for one in found)
    assert [one for paragraph in found for one in paragraph.cues] == cues


def test_hls_playlist() -> None:
    """One segment that lasts as long as the recording; the target duration is not less (RFC 8216, 4.3.3.1)."""
    assert export.hls_playlist("en.vtt", 61_234).decode().split("\n") == [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        "#EXT-X-TARGETDURATION:62",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXTINF:61.234,",
        "en.vtt",
        "#EXT-X-ENDLIST",
        "",
    ]


def test_report_counts_what_it_says() -> None:
    """Reading speed counts while a cue is shown; coverage is the share of the recording."""
    assert report(TALK, 55_000) == {
        "cues": 4,
        "words": 12,
        "speakers": 2,
        "characters_per_second": 13.8,
        "too_fast": 0,
        "covered": 0.1,
    }
    assert report([cue(0, 1000, "x" * 30)], 1000)["too_fast"] == 1
    assert report([], 0)["cues"] == 0
