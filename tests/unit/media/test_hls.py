"""HLS playlists by RFC 8216."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.media.hls import AudioRendition, Subtitles, Variant, bandwidths, master_playlist, media_playlist
from pipeline.media.mp4 import Segment

HD = Variant("720p.m3u8", "avc1.64001f,mp4a.40.2", 2_000_000, 900_000, 1280, 720, 25.0)
SMALL = Variant("360p.m3u8", "avc1.64001e,mp4a.40.2", 600_000, 300_000, 640, 360, 25.0)


def test_media_playlist() -> None:
    """Byte ranges of one file, its init file, and a target duration that no rounded duration exceeds."""
    text = media_playlist("720p.mp4", "720p.init.mp4", [Segment(100, 50, 6000), Segment(150, 30, 4400.5)])
    assert text.splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:6",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="720p.init.mp4"',
        "#EXTINF:6.000000,",
        "#EXT-X-BYTERANGE:50@100",
        "720p.mp4",
        "#EXTINF:4.400500,",
        "#EXT-X-BYTERANGE:30@150",
        "720p.mp4",
        "#EXT-X-ENDLIST",
    ]


def test_short_last_segment_is_no_peak() -> None:
    """A tiny segment with a key frame has a huge bit rate of its own; players never see it alone."""
    segments = [Segment(0, 6000, 6000), Segment(6000, 6000, 6000), Segment(12000, 500, 40)]
    peak, average = bandwidths(segments)
    assert average <= peak < 9000


@given(st.lists(st.tuples(st.integers(1, 10**6), st.floats(40, 12_000)), min_size=1, max_size=30))
def test_peak_is_never_below_average(rows: list[tuple[int, float]]) -> None:
    """BANDWIDTH is an upper bound of what AVERAGE-BANDWIDTH is the mean of."""
    peak, average = bandwidths([Segment(0, size, duration) for size, duration in rows])
    assert peak >= average > 0


def test_master_starts_with_a_modest_variant() -> None:
    """Players begin with the first variant listed: not the heaviest."""
    lines = master_playlist([HD, SMALL]).splitlines()
    assert lines[:3] == ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    assert lines[4] == "360p.m3u8"
    assert lines[5] == (
        "#EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=900000,"
        'CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=25.000'
    )


def test_master_with_languages_and_captions() -> None:
    """The main sound has no address of its own, since it is inside every variant; bandwidth counts the combination."""
    french = AudioRendition("audio.fr.m3u8", "fr", 'Fran"çais\n', "mp4a.40.2", 64_000)
    captions = [Subtitles("en.m3u8", "en", "English"), Subtitles("ar.m3u8", "ar", "العربية", automatic=True)]
    text = master_playlist([HD], [french], captions)
    media = [line for line in text.splitlines() if line.startswith("#EXT-X-MEDIA:TYPE=AUDIO")]
    assert len(media) == 2
    assert "URI=" not in media[0]
    assert "DEFAULT=YES" in media[0]
    assert 'NAME="Fran\'çais"' in media[1]
    assert "BANDWIDTH=2064000,AVERAGE-BANDWIDTH=964000" in text
    assert text.count("TYPE=SUBTITLES") == 2
    assert 'AUDIO="sound",SUBTITLES="captions"' in text


def test_master_needs_a_variant() -> None:
    """There is no presentation of nothing."""
    with pytest.raises(ValueError, match="variant"):
        master_playlist([])
