"""What a programme can be filtered by, and the pages of each choice."""

from __future__ import annotations

import pytest
from lxml import html

from catalog import facets, programme_view
from catalog.facets import Facet
from catalog.render import build
from tests.unit.site import samples


def test_choices_are_those_that_make_a_difference() -> None:
    """Facets with one value only are left out; lengths stand from short to long."""
    catalogue = samples.catalogue()
    days = programme_view.days(catalogue, catalogue.events[0])
    found = facets.of_programme(days)
    assert {facet: [(one.slug, one.sessions) for one in choices] for facet, choices in found.items()} == {
        Facet.DAY: [("2021-06-28", 2), ("2021-06-29", 4)],
        Facet.SPOKEN: [("ar", 1), ("en", 2), ("fr", 1)],
        Facet.CAPTIONS: [("ar", 1), ("en", 1), ("es", 1), ("fr", 1)],
        Facet.KIND: [("live", 3), ("pre-recorded", 1)],
        Facet.LENGTH: [("short", 3), ("medium", 1)],
    }


def test_each_choice_has_a_page_without_scripts() -> None:
    """The event page links to it, it shows only the sessions that have it, and search engines leave it alone."""
    objects = build(samples.catalogue(languages=("en", "ar")))
    event = html.document_fromstring(objects["nodes2021/index.html"].decode())
    links = event.xpath("//details[contains(@class, 'filters')]//a/@href")
    assert "by/language/ar/" in links
    tree = html.document_fromstring(objects["nodes2021/by/language/ar/index.html"].decode())
    assert [one.strip() for one in tree.xpath("//li[contains(@class, 'slot')]//h3//bdi/text()")] == [
        "لقاء إقليمي: العقد في غرب آسيا"
    ]
    assert tree.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert tree.xpath("//p[@class='chosen']/a/@href") == ["../../../"]
    assert "ar/nodes2021/by/kind/live/index.html" in objects
    assert b"/by/" not in objects["sitemap.xml"]


def test_large_programmes_have_no_page_for_each_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number of sessions the pages would outweigh the programme."""
    monkeypatch.setattr(facets, "MOST_SESSIONS", 3)
    objects = build(samples.catalogue())
    assert not [key for key in objects if "/by/" in key]
    assert b"without-scripts" not in objects["nodes2021/index.html"]
