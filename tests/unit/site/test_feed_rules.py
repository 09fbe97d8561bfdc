"""Feeds against the rules that directories and readers hold them to: each is written down here once.

Sources: RSS 2.0 (rssboard.org/rss-specification), Apple's "Podcast RSS feed requirements", the Podcasting 2.0 namespace
(podcastindex.org/namespace/1.0), RFC 4287 (Atom), JSON Feed 1.1 (jsonfeed.org/version/1.1).
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest
from lxml import etree

from catalog.render import build
from catalog.site import Category
from tests.unit.site import samples
from tests.unit.site.test_pages import hostile_catalogue

NS = {
    "atom": "http://www.w3.org/2005/Atom",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
}
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
MEDIA = {"video/mp4", "audio/mp4", "application/vnd.apple.mpegurl"}
TRANSCRIPTS = {"text/vtt", "application/srt", "application/x-subrip", "application/json", "text/html", "text/plain"}


@pytest.fixture(scope="module", params=["sample", "hostile", "artwork"])
def objects(request: pytest.FixtureRequest) -> dict[str, bytes]:
    """A catalogue, built: an ordinary one, one full of hostile text, and one with settings for podcasts."""
    if request.param == "hostile":
        return build(hostile_catalogue())
    if request.param == "sample":
        return build(samples.catalogue())
    found = samples.catalogue(podcast={"category": "Science", "artwork": "art/square.png"})
    found.files["art/square.png"] = b"a picture"  # type: ignore[index]
    return build(found)


def named(objects: dict[str, bytes], *names: str) -> Iterator[tuple[str, bytes]]:
    """Every feed of these names: that of the whole catalogue and those of events."""
    found = [(key, data) for key, data in objects.items() if key.rpartition("/")[2] in names]
    assert len(found) >= 2 * len(names)
    yield from found


def texts(parent: etree._Element, path: str) -> list[str]:
    """The texts of elements; all must say something."""
    found = [element.text or "" for element in parent.xpath(path, namespaces=NS)]
    assert all(one.strip() for one in found), f"{path} is empty"
    return found


def one_text(parent: etree._Element, path: str) -> str:
    (found,) = texts(parent, path)
    return found


def is_address(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and not re.search(r"[\s<>\"]", value)


def moment(value: str) -> datetime:
    """A date of RFC 3339: with an offset, always."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value), value
    return datetime.fromisoformat(value)


def test_podcasts_have_what_directories_require(objects: dict[str, bytes]) -> None:
    """Channel: title, link, description, language, picture, category, explicit, its own address, a lasting guid."""
    guids = []
    for key, data in named(objects, "podcast.xml", "podcast-audio.xml"):
        root = etree.fromstring(data)
        assert (root.tag, root.get("version")) == ("rss", "2.0")
        (channel,) = root
        for path in ("title", "description", "itunes:author"):
            one_text(channel, path)
        assert is_address(one_text(channel, "link"))
        assert LANGUAGE.match(one_text(channel, "language"))
        assert one_text(channel, "itunes:explicit") in {"true", "false"}
        assert one_text(channel, "itunes:type") in {"episodic", "serial"}
        assert set(channel.xpath("itunes:category/@text", namespaces=NS)) <= set(get_args(Category))
        (own,) = channel.xpath("atom:link[@rel='self']/@href", namespaces=NS)
        assert own.endswith(key)
        guids.append(str(uuid.UUID(one_text(channel, "podcast:guid"))))
        assert one_text(channel, "podcast:medium") in {"video", "podcast"}
        if channel.xpath("item/itunes:image", namespaces=NS):
            (picture,) = channel.xpath("itunes:image/@href", namespaces=NS)
            assert is_address(picture)
            assert picture.rpartition(".")[2] in {"jpg", "jpeg", "png"}
    assert len(set(guids)) == len(guids)


def test_episodes_have_what_players_require(objects: dict[str, bytes]) -> None:
    """Item: title, one enclosure with address, length and type, a guid of its own, a date as mail writes it."""
    for _, data in named(objects, "podcast.xml", "podcast-audio.xml"):
        items = etree.fromstring(data).xpath("//item")
        assert items
        guids = [one_text(item, "guid") for item in items]
        assert len(set(guids)) == len(guids)
        for item in items:
            one_text(item, "title")
            assert is_address(one_text(item, "link"))
            (enclosure,) = item.xpath("enclosure")
            assert is_address(enclosure.get("url"))
            assert int(enclosure.get("length")) > 0
            assert enclosure.get("type") in MEDIA
            assert int(one_text(item, "itunes:duration")) > 0
            for date in texts(item, "pubDate"):
                assert parsedate_to_datetime(date).tzinfo is not None


def test_episodes_keep_the_rules_of_podcasting_2(objects: dict[str, bytes]) -> None:
    """Transcripts, chapters, people, licence and other files as the namespace defines them."""
    for _, data in named(objects, "podcast.xml", "podcast-audio.xml"):
        for item in etree.fromstring(data).xpath("//item"):
            for transcript in item.xpath("podcast:transcript", namespaces=NS):
                assert is_address(transcript.get("url"))
                assert transcript.get("type") in TRANSCRIPTS
                assert LANGUAGE.match(transcript.get("language"))
            for chapters in item.xpath("podcast:chapters", namespaces=NS):
                assert is_address(chapters.get("url"))
                assert chapters.get("type") == "application/json+chapters"
            assert all(len(name) <= 128 for name in texts(item, "podcast:person"))
            assert len(texts(item, "podcast:license")) <= 1
            others = item.xpath("podcast:alternateEnclosure", namespaces=NS)
            assert [one.get("default") for one in others].count("true") == 1
            for other in others:
                assert other.get("type") in MEDIA
                assert int(other.get("length", "1")) > 0
                sources = other.xpath("podcast:source/@uri", namespaces=NS)
                assert sources
                assert all(is_address(one) for one in sources)


def test_atom_keeps_rfc_4287(objects: dict[str, bytes]) -> None:
    """One id, title and date for the feed and for each entry; somebody wrote it; a link where there is no content."""
    for key, data in named(objects, "atom.xml"):
        feed = etree.fromstring(data)
        assert feed.tag == f"{{{NS['atom']}}}feed"
        (own,) = feed.xpath("atom:link[@rel='self']/@href", namespaces=NS)
        assert own.endswith(key)
        assert texts(feed, "atom:author/atom:name")
        entries = feed.xpath("atom:entry", namespaces=NS)
        assert entries
        assert len({one_text(entry, "atom:id") for entry in entries}) == len(entries)
        for part in (feed, *entries):
            assert urlsplit(one_text(part, "atom:id")).scheme
            one_text(part, "atom:title")
            moment(one_text(part, "atom:updated"))
            assert len([moment(one) for one in texts(part, "atom:published")]) <= 1
            assert len(texts(part, "atom:summary")) <= 1
            links = part.xpath("atom:link", namespaces=NS)
            assert all(is_address(link.get("href")) for link in links)
            pages = [(link.get("type"), link.get("hreflang")) for link in links if link.get("rel") == "alternate"]
            assert pages
            assert len(set(pages)) == len(pages)
            assert all(int(link.get("length")) > 0 for link in links if link.get("rel") == "enclosure")


def test_json_feed_keeps_its_specification(objects: dict[str, bytes]) -> None:
    """Version and title; every item has an id of its own and says something; attachments have address and type."""
    for key, data in named(objects, "feed.json"):
        feed: dict[str, Any] = json.loads(data)
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert feed["title"]
        assert feed["feed_url"].endswith(key)
        assert is_address(feed["home_page_url"])
        assert LANGUAGE.match(feed["language"])
        ids = [item["id"] for item in feed["items"]]
        assert ids
        assert len(set(ids)) == len(ids)
        for item in feed["items"]:
            assert isinstance(item["id"], str)
            assert item.get("content_html") or item.get("content_text")
            assert is_address(item["url"])
            assert all(author["name"] for author in (*feed["authors"], *item["authors"]))
            if "date_published" in item:
                moment(item["date_published"])
            for file in item["attachments"]:
                assert is_address(file["url"])
                assert file["mime_type"] in MEDIA
                assert isinstance(file["size_in_bytes"], int)


def test_the_artwork_given_is_the_picture_of_every_podcast() -> None:
    """``podcast: {artwork, category}`` reach the feeds, and the picture is published under the address they name."""
    catalogue = samples.catalogue(podcast={"category": "Science", "artwork": "art/square.png"})
    catalogue.files["art/square.png"] = b"a picture"  # type: ignore[index]
    objects = build(catalogue)
    for _, data in named(objects, "podcast.xml", "podcast-audio.xml"):
        channel = etree.fromstring(data)[0]
        assert channel.xpath("itunes:category/@text", namespaces=NS) == ["Science"]
        (picture,) = channel.xpath("itunes:image/@href", namespaces=NS)
        assert objects[picture.removeprefix(catalogue.site.base_url)] == b"a picture"
