"""What search engines read: the sitemap with its videos, and ``robots.txt``."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from catalog.feeds.scope import summary
from catalog.feeds.xml import add, document
from catalog.published import Catalogue, PublishedRecording
from catalog.site import Site

SITEMAP = "sitemap.xml"
ROBOTS = "robots.txt"
MOST = 50_000
"""Addresses that one sitemap may have (sitemaps.org)."""
_NAMESPACES = {
    "xmlns": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "xmlns:video": "http://www.google.com/schemas/sitemap-video/1.1",
    "xmlns:xhtml": "http://www.w3.org/1999/xhtml",
}


def sitemaps(catalogue: Catalogue, paths: Iterable[str]) -> dict[str, bytes]:
    """One sitemap, or an index of several where there are more than ``MOST`` addresses.

    Args:
        catalogue: what is public.
        paths: pages to be found, without the folder of the interface language.
    """
    folders = [(catalogue.site.languages[0], ""), *((tag, f"{tag}/") for tag in catalogue.site.languages[1:])]
    videos = {one.page: one for one in catalogue.recordings}
    entries = [(path, tag, folder) for path in paths for tag, folder in folders]
    parts = [entries[start : start + MOST] for start in range(0, len(entries), MOST)] or [[]]
    made = []
    for part in parts:
        root = ET.Element("urlset", _NAMESPACES)
        for path, _, folder in part:
            _url(root, catalogue, folders, (folder, path), videos.get(path))
        made.append(document(root))
    if len(made) == 1:
        return {SITEMAP: made[0]}
    index = ET.Element("sitemapindex", {"xmlns": _NAMESPACES["xmlns"]})
    names = [f"sitemap-{number}.xml" for number in range(1, len(made) + 1)]
    for name in names:
        add(add(index, "sitemap"), "loc", catalogue.site.base_url + name)
    return {SITEMAP: document(index), **dict(zip(names, made, strict=True))}


def robots(catalogue: Catalogue) -> bytes:
    """Everything may be read; the sitemap is named."""
    return f"User-agent: *\nAllow: /\n\nSitemap: {catalogue.site.base_url}{SITEMAP}\n".encode()


def _url(
    root: ET.Element,
    catalogue: Catalogue,
    folders: list[tuple[str, str]],
    place: tuple[str, str],
    recording: PublishedRecording | None,
) -> None:
    full = catalogue.site.absolute
    folder, path = place
    url = add(root, "url")
    add(url, "loc", full(folder + path))
    if len(folders) > 1:
        for tag, other in folders:
            add(url, "xhtml:link", rel="alternate", hreflang=tag, href=full(other + path))
    if recording is not None and recording.made.poster is not None:
        _video(url, catalogue.site, recording, recording.made.poster.url)


def _video(url: ET.Element, site: Site, recording: PublishedRecording, poster: str) -> None:
    """A video is named by a file: a playlist is not understood here."""
    file = recording.plain_file
    if file is None:
        return
    video = add(url, "video:video")
    add(video, "video:thumbnail_loc", site.absolute(poster))
    add(video, "video:title", recording.recording.title)
    add(video, "video:description", summary(recording) or recording.recording.title)
    add(video, "video:content_loc", site.absolute(file.url))
    add(video, "video:duration", str(min(28_800, max(1, round(recording.made.duration_ms / 1000)))))
    if recording.date:
        add(video, "video:publication_date", recording.date.isoformat(timespec="seconds"))
