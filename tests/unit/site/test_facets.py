"""What a programme can be filtered by, and the links of each choice."""

from __future__ import annotations

import re
from dataclasses import replace

from lxml import html

from catalog import facets, programme_view
from catalog.facets import Facet
from catalog.fields import slugify
from catalog.render import build
from tests.unit.site import samples


def test_choices_are_those_that_make_a_difference() -> None:
    """Facets of which every session has the same are left out; lengths stand from short to long."""
    catalogue = samples.catalogue()
    days = programme_view.days(catalogue, catalogue.events[0])
    found = facets.of_programme(days)
    assert {facet: [(one.slug, one.sessions) for one in choices] for facet, choices in found.items()} == {
        Facet.DAY: [("2021-06-28", 2), ("2021-06-29", 4)],
        Facet.THEME: [("strategy", 1)],
        Facet.TYPE: [("panel", 1)],
        Facet.SPOKEN: [("ar", 1), ("en", 2), ("fr", 1)],
        Facet.CAPTIONS: [("ar", 1), ("en", 1), ("es", 1), ("fr", 1)],
        Facet.KIND: [("live", 3), ("pre-recorded", 1)],
        Facet.LENGTH: [("short", 3), ("medium", 1)],
    }
    first = replace(days[0], slots=days[0].slots[1:])  # theme 1, with recordings in several languages
    assert facets.of_programme((first,)) == {}


def test_each_choice_is_a_link_without_scripts() -> None:
    """It leads to itself; the event's own style sheet then leaves the sessions that have it, in every language."""
    objects = build(samples.catalogue(languages=("en", "ar")))
    for key in ("nodes2021/index.html", "ar/nodes2021/index.html"):
        event = html.document_fromstring(objects[key].decode())
        links = event.xpath("//details[contains(@class, 'without-scripts')]//dd/a/@href")
        assert links == [f"#{one}" for one in event.xpath("//dd/@id")]
        assert "#by-language-ar" in links
        assert sorted(event.xpath("//link[@rel='stylesheet']/@href"))[-1].endswith("filters.css")
    rules = objects["nodes2021/filters.css"].decode().splitlines()
    assert len(rules) == len(links)
    assert [one for one in rules if "#by-language-ar:target" in one] == [
        'html:not(.js):has(#by-language-ar:target) .slot:not([data-language~="ar"]), '
        'html:not(.js):has(#by-language-ar:target) .day:not(:has([data-language~="ar"])) { display: none; }'
    ]


def test_names_of_themes_are_no_style() -> None:
    """Whatever a theme is called, the style sheet has its slug only."""
    choices = [
        facets.Choice(Facet.THEME, slugify(name, fallback="theme"), name) for name in ("a}*{x", "鳥", '"]</style>')
    ]
    style = facets.style_sheet({Facet.THEME: tuple(choices)}).decode()
    assert all(re.search(r"#by-theme-[a-z0-9-]+:target", rule) for rule in style.splitlines())
    assert style.count("{") == style.count("}") == len(choices)
    assert "<" not in style
