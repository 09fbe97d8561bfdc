"""Content types and cache classes."""

from __future__ import annotations

import pytest

from pipeline.storage.headers import Cache, cache_class, content_type


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("media/e/r/0123/720p.mp4", "video/mp4"),
        ("media/e/r/0123/720p.init.mp4", "video/mp4"),
        ("media/e/r/0123/audio.m4a", "audio/mp4"),
        ("media/e/r/0123/master.m3u8", "application/vnd.apple.mpegurl"),
        ("media/e/r/0123/captions/en.vtt", "text/vtt; charset=utf-8"),
        ("e/podcast.xml", "application/rss+xml"),
        ("e/atom.xml", "application/atom+xml"),
        ("sitemap.xml", "application/xml"),
        ("e/calendar.ics", "text/calendar; charset=utf-8"),
        ("catalog.json", "application/json"),
        ("POSTER.JPG", "image/jpeg"),
        ("search/pagefind.en_1a2b.pf_meta", "application/octet-stream"),
        ("no-suffix", "application/octet-stream"),
    ],
)
def test_types_follow_names(key: str, expected: str) -> None:
    """Browsers, feed readers and HLS players get the type they ask for; text says that it is UTF-8."""
    assert content_type(key) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("media/e/r/0123456789abcdef/720p.mp4", Cache.IMMUTABLE),
        ("media/e/r/0123456789abcdef/captions/en.vtt", Cache.IMMUTABLE),
        ("media/e/r/0123456789abcdef/720p.m3u8", Cache.REVALIDATE),
        ("media/e/r/manifest.json", Cache.REVALIDATE),
        ("assets/site.1a2b3c4d.css", Cache.IMMUTABLE),
        ("assets/site.css", Cache.REVALIDATE),
        ("e/s/r/index.html", Cache.REVALIDATE),
        ("catalog.json", Cache.REVALIDATE),
    ],
)
def test_only_addresses_that_name_their_content_are_immutable(key: str, expected: Cache) -> None:
    """Media below a digest and hashed assets are kept for ever; all else is asked for again."""
    assert cache_class(key) is expected
