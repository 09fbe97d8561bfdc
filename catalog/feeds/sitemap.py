"""What search engines read: the sitemap with its videos, and ``robots.txt``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from xml.etree import ElementTree as ET

from catalog.feeds.scope import summary
from catalog.feeds.xml import add, document
from catalog.published import Catalogue, PublishedRecording
from catalog.site import Site

SITEMAP = "sitemap.xml"
ROBOTS = "robots.txt"
MOST = 2_000
"""Addresses of one sitemap, on average at most; sitemaps.org allows 50,000, and 50 MB, which so many would exceed in
many languages. A sitemap is sent again whenever one of its pages is new."""
Entry = tuple[str, PublishedRecording | None]
"""The path of a page, and the recording that it shows."""
Make = Callable[[], dict[str, bytes]]
_NAMESPACES = {
    "xmlns": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "xmlns:video": "http://www.google.com/schemas/sitemap-video/1.1",
    "xmlns:xhtml": "http://www.w3.org/1999/xhtml",
}


def sitemaps(catalogue: Catalogue, paths: Sequence[str]) -> dict[str, bytes]:
    """One sitemap, or an index of several: see ``parts``."""
    return {key: content for _, make in parts(catalogue, paths) for key, content in make().items()}


def parts(catalogue: Catalogue, paths: Sequence[str]) -> Iterator[tuple[tuple[object, ...], Make]]:
    """One sitemap; where there are more than ``MOST`` addresses an index of several.

    Args:
        catalogue: what is public.
        paths: pages to be found, without the folder of the interface language.

    Yields:
        the facts that an object depends on, and what makes it.
    """
    videos = {one.page: one for one in catalogue.recordings}
    sections = {SITEMAP: tuple(paths)}
    if len(paths) * len(catalogue.site.languages) > MOST:
        sections = dict(_sections(catalogue, paths))
        yield ("sitemaps", tuple(sections)), partial(_index, catalogue.site, tuple(sections))
    for name, section in sections.items():
        entries = tuple((path, videos.get(path)) for path in section)
        yield ("sitemap", name, entries), partial(_sitemap, catalogue.site, name, entries)
    yield ("robots",), lambda: {ROBOTS: robots(catalogue)}


def _sections(catalogue: Catalogue, paths: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name of a sitemap -> its pages, in the order of their addresses: those of an event, of people, and others.

    Each kind is spread over as many files as it needs, by the digest of the address, so that a new page changes one
    of them; only when their number doubles all change.
    """
    own = {event.id for event in catalogue.events} | {"people"}
    gathered: dict[str, list[str]] = {}
    for path in sorted(paths):
        first = path.partition("/")[0]
        gathered.setdefault(first if first in own else "pages", []).append(path)
    for section, found in gathered.items():
        files = 1 << ((len(found) * len(catalogue.site.languages) - 1) // MOST).bit_length()
        spread: dict[int, list[str]] = {}
        for path in found:
            spread.setdefault(int.from_bytes(sha256(path.encode()).digest()) % files, []).append(path)
        for number in sorted(spread):
            yield f"sitemap-{section}-{number + 1}.xml", tuple(spread[number])


def _index(site: Site, names: tuple[str, ...]) -> dict[str, bytes]:
    index = ET.Element("sitemapindex", {"xmlns": _NAMESPACES["xmlns"]})
    for name in names:
        add(add(index, "sitemap"), "loc", site.base_url + name)
    return {SITEMAP: document(index)}


def _sitemap(site: Site, name: str, entries: tuple[Entry, ...]) -> dict[str, bytes]:
    folders = [(site.languages[0], ""), *((tag, f"{tag}/") for tag in site.languages[1:])]
    root = ET.Element("urlset", _NAMESPACES)
    for path, recording in entries:
        for _, folder in folders:
            _url(root, site, folders, (folder, path), recording)
    return {name: document(root)}


def robots(catalogue: Catalogue) -> bytes:
    """Everything may be read; the sitemap is named."""
    return f"User-agent: *\nAllow: /\n\nSitemap: {catalogue.site.base_url}{SITEMAP}\n".encode()


def _url(
    root: ET.Element,
    site: Site,
    folders: list[tuple[str, str]],
    place: tuple[str, str],
    recording: PublishedRecording | None,
) -> None:
    full = site.absolute
    folder, path = place
    url = add(root, "url")
    add(url, "loc", full(folder + path))
    if len(folders) > 1:
        for tag, other in folders:
            add(url, "xhtml:link", rel="alternate", hreflang=tag, href=full(other + path))
    if recording is not None and recording.made.poster is not None:
        _video(url, site, recording, recording.made.poster.url)


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
