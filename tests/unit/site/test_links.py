"""Every full address that anything published names is one of something published; translations point at each other."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from lxml import html

from catalog import urls
from catalog.pages import Catalogue
from catalog.render import build
from tests.packs import pieces
from tests.unit.site import samples
from tests.unit.site.test_pages import hostile_catalogue, media_keys

BASE = samples.catalogue().site.base_url
ADDRESS = re.compile(re.escape(BASE) + r"[^\s\"'<>\\)\]}|,;]*")
ODD = ("日本語 の 名前", "../..", "con", "index", "Ünïcödé & <b>", "a" * 300, "العربية", "%2e%2e", "con.")


def odd_catalogue() -> Catalogue:
    """The sample with names of people and themes that make bad file names."""
    sessions = [
        one | {"track": ODD[number % len(ODD)], "people": [ODD[number % len(ODD)], ODD[-number - 1]]}
        for number, one in enumerate(samples.FACTS["sessions"])
    ]
    return samples.catalogue(samples.FACTS | {"sessions": sessions}, languages=("en", "ar"))


def catalogue(kind: str) -> Catalogue:
    if kind == "odd":
        return odd_catalogue()
    if kind == "hostile":
        return hostile_catalogue()
    return samples.catalogue(languages=("en", "ar", "zh"), link_files=kind == "files")


def named(key: str, data: bytes) -> set[str]:
    """Every full address of the catalogue in a file."""
    text = data.decode()
    if key.endswith(".ics"):
        text = text.replace("\r\n ", "")
    if key.endswith(".html"):  # what a browser makes of it; text that people wrote is not an address
        tree = html.document_fromstring(text)
        text = "\n".join((*tree.xpath("//@href | //@src | //@content"), *tree.xpath("//script/text()")))
    return {found.rstrip(".").partition("#")[0].partition("?")[0] for found in ADDRESS.findall(text)}


@pytest.mark.parametrize("kind", ["sample", "files", "hostile", "odd"])
def test_every_full_address_is_alive(kind: str) -> None:
    """In pages, feeds, sitemaps, calendars, citations, schedules and the API."""
    made = catalogue(kind)
    objects = build(made)
    there = objects.keys() | media_keys(made) | {urls.CATALOG}
    texts = {key: data for key, data in objects.items() if not key.endswith((".zip", ".png", ".bin"))}
    texts |= {
        f"{key} {at}": one for key in objects if key.endswith(".bin") for at, one in enumerate(pieces(objects[key]))
    }
    found = [(address, key) for key, data in texts.items() for address in named(key, data)]
    folders = {f"{urls.MEDIA}{event.id}" for event in made.events}  # that the API names as such
    dead = {
        address: key
        for address, key in found
        if not {path := unquote(address.removeprefix(BASE)), urls.object_key(path)} & (there | folders)
    }
    assert dead == {}
    assert {"html", "xml", "json", "ics", "bib", "csv", "txt"} <= {key.rpartition(".")[2] for _, key in found}
    assert len(found) > 490


@pytest.mark.parametrize("kind", ["sample", "files", "odd"])
def test_translations_point_at_each_other(kind: str) -> None:
    """Each language of a page names the same set, itself included, and says which one it is."""
    pages = {
        key: html.document_fromstring(data.decode())
        for key, data in build(catalogue(kind)).items()
        if key.endswith(".html")
    }
    checked = 0
    for key, tree in pages.items():
        found = {link.get("hreflang"): link.get("href") for link in tree.xpath("//link[@hreflang]")}
        if not found:
            continue
        (own,) = tree.xpath("//link[@rel='canonical']/@href")
        assert found[tree.get("lang")] == own, key
        assert "x-default" in found
        for address in found.values():
            other = pages[urls.object_key(unquote(address.removeprefix(BASE)))]
            assert {link.get("hreflang"): link.get("href") for link in other.xpath("//link[@hreflang]")} == found, key
        checked += 1
    assert checked > 30
