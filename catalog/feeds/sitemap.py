"""What search engines read: the sitemap with its videos, and ``robots.txt``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from xml.etree import ElementTree as ET

from catalog.feeds.scope import summary
from catalog.feeds.xml import add, document
from catalog.published import Catalogue, PublishedRecording
from catalog.site import Site

SITEMAP = "sitemap.xml"
ROBOTS = "robots.txt"
MOST = 10_000
"""Addresses of one sitemap; sitemaps.org allows 50,000, and 50 MB, which so many would exceed in many languages."""
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
    """One sitemap; where there are more than ``MOST`` addresses an index, and sitemaps by event.

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
    """Name of a sitemap -> its pages: those of an event, of people, and others, in files of ``MOST`` addresses.

    People are told apart by the first letter of their address, so that somebody new changes one file.
    """
    own = {event.id for event in catalogue.events}
    gathered: dict[str, list[str]] = {}
    for path in paths:
        first, _, rest = path.partition("/")
        section = f"people-{rest[0]}" if first == "people" and rest else first if first in own else "pages"
        gathered.setdefault(section, []).append(path)
    size = max(1, MOST // len(catalogue.site.languages))
    for section, found in gathered.items():
        for number, start in enumerate(range(0, len(found), size), 1):
            yield f"sitemap-{section}-{number}.xml", tuple(found[start : start + size])


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
