"""Markdown, licences, colours, numbers and names in the languages of the interface."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from catalog import licences, locales, markdown, palette


@given(st.text(alphabet=st.sampled_from("<>\"'&[]()!javscript:/img onerror=*_`#\n-x1"), max_size=80))
def test_markdown_never_gives_a_way_in(text: str) -> None:
    """Whatever is written, only harmless elements and web addresses come out."""
    tree = html.fragment_fromstring(str(markdown.to_html(text)), create_parent="div")
    assert not tree.xpath("//script | //img | //iframe | //style")
    assert not tree.xpath("//@*[name() != 'href' and name() != 'start' and name() != 'rel']")
    assert all(link.lower().startswith(("http://", "https://", "mailto:")) for link in tree.xpath("//@href"))


def test_markdown_keeps_what_it_should() -> None:
    """Paragraphs, emphasis, lists, links; headings step back behind those of the page."""
    shown = str(markdown.to_html("# Plan\n\nSee **this** [page](https://example.org/a?b=1&c=2)\n\n1. one"))
    assert "<h3>Plan</h3>" in shown
    assert '<a href="https://example.org/a?b=1&amp;c=2" rel="noopener">page</a>' in shown
    assert "<strong>this</strong>" in shown
    assert "<ol>" in shown


@pytest.mark.parametrize(
    "text", ["![x](https://tracker.example/p.gif)", "[x](/relative)", "[x](//evil.example)", "<b>x</b>"]
)
def test_markdown_refuses(text: str) -> None:
    """No pictures (requests to third parties), no relative addresses, no raw HTML."""
    assert not {"<img", "href", "<b>"} & set(str(markdown.to_html(text)).replace("<b>", " <b> ").split())


@given(st.text(max_size=400), st.integers(min_value=10, max_value=200))
def test_summary_has_its_length(text: str, limit: int) -> None:
    """A summary is one line of at most the length asked for."""
    shown = markdown.to_text(text, limit)
    assert len(shown) <= limit
    assert "\n" not in shown


def test_summary_is_text() -> None:
    """Markup is gone, entities are characters again, the cut is between words."""
    assert (
        markdown.to_text("**Fish & chips** for [all](https://e.org)\n\n- one\n- two") == "Fish & chips for all one two"
    )
    assert markdown.to_text("alpha beta gamma", 12) == "alpha beta…"


@pytest.mark.parametrize(
    ("identifier", "name", "url"),
    [
        ("CC-BY-4.0", "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
        ("cc-by-nc-sa-3.0", "CC BY-NC-SA 3.0", "https://creativecommons.org/licenses/by-nc-sa/3.0/"),
        ("CC0-1.0", "CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("All rights reserved", "All rights reserved", None),
        ("CC-BY-9.9", "CC-BY-9.9", None),
        ("https://example.org/terms", "https://example.org/terms", "https://example.org/terms"),
        ("javascript:alert(1)", "javascript:alert(1)", None),
    ],
)
def test_licences(identifier: str, name: str, url: str | None) -> None:
    """Identifiers become names with the text to read; anything else stays as it is."""
    licence = licences.describe(identifier)
    assert (licence.name, licence.url) == (name, url)


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_any_colour_gives_readable_pages(colour: str) -> None:
    """Text in the derived colours has 4.5:1 on every surface, lines 3:1, white on the band 7:1."""
    light, dark = palette.variables(colour)
    for shades, surfaces in ((light, palette.LIGHT_SURFACES), (dark, palette.DARK_SURFACES)):
        for surface in surfaces:
            assert palette.contrast(shades["accent"], surface) >= 4.5
            assert palette.contrast(shades["line"], surface) >= 3
        assert palette.contrast(shades["on-accent"], shades["accent"]) >= 4.5
        assert palette.contrast("#ffffff", shades["band"]) >= 7


def test_contrast_is_that_of_the_norm() -> None:
    """Known ratios: black on white is 21, the first user's green is too weak for text."""
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.contrast("#4c9c2e", "#ffffff") == pytest.approx(3.4, abs=0.05)


def test_a_colour_that_is_none() -> None:
    """The message says how to write one."""
    with pytest.raises(ValueError, match="#rrggbb"):
        palette.parse("green")


@pytest.mark.parametrize(
    ("ms", "clock", "iso"),
    [
        (0, "0:00", "PT1S"),
        (61_000, "1:01", "PT1M1S"),
        (3_600_000, "1:00:00", "PT1H"),
        (45_296_789, "12:34:56", "PT12H34M57S"),
    ],
)
def test_durations(ms: int, clock: str, iso: str) -> None:
    """For people as a clock, for machines by ISO 8601."""
    assert (locales.clock(ms), locales.iso_duration(ms)) == (clock, iso)


def test_sizes_and_dates_follow_the_language() -> None:
    """Numbers, days and times are written as the language does."""
    german, english = locales.parse("de"), locales.parse("en")
    assert locales.size(2_492_263, german) == "2,5\N{NO-BREAK SPACE}MB"
    assert locales.size(999_999, english) == "1\N{NO-BREAK SPACE}MB"
    assert locales.day_name(date(2021, 6, 28), english) == "Monday 28 June"
    assert locales.day_name(date(2021, 6, 28), locales.parse("fr")) == "lundi 28 juin"
    assert locales.date_range(date(2021, 6, 28), None, english) == "28 June 2021"
    noon = datetime(2021, 6, 28, 12, tzinfo=UTC)
    assert locales.time_of_day(noon, ZoneInfo("Europe/Copenhagen"), english) == "14:00"
    assert locales.zone_name(noon, ZoneInfo("Asia/Kathmandu")) == "UTC+5:45"
    assert locales.zone_name(noon, ZoneInfo("UTC")) == "UTC"


@pytest.mark.parametrize(
    ("tag", "direction"), [("ar", "rtl"), ("he-IL", "rtl"), ("en", "ltr"), ("az-Arab", "rtl"), ("ar-Latn", "ltr")]
)
def test_direction(tag: str, direction: str) -> None:
    """Scripts written from right to left, by language or by the script named."""
    assert locales.direction(tag) == direction


def test_names_of_languages() -> None:
    """A language has a name in the reader's language and its own; an unknown one keeps its tag."""
    assert locales.language_name("fr", locales.parse("en")) == "French"
    assert locales.own_name("fr") == "Français"
    assert locales.language_name("qqx", locales.parse("en")) == "qqx"
