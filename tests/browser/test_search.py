"""Search in a real browser: from words to the second they are said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from catalog import directory
from catalog.words import words
from tests.browser.conftest import Visiting, serving, write_site
from tests.unit.site import samples

pytestmark = pytest.mark.browser

TEXTS = [
    "Élève über NAÏVE nodes data glass bus",
    "生物多样性 GBIF的数据 データの公開",
    "في المكتبة والمعلومات مُحَمَّد أحمد إلى للعقد",
    "Ёлка и ЕЖ Ελλάδος ΟΔΟΣ İstanbul STRASSE straße",
    "हिन्दी भाषा ภาษาไทย ខ្មែរ 한국어 שָׁלוֹם",
    "ﬁle № ２０２１ don't-stop e\u0301 x\u200dy 😀 a_b",
]


def test_words_are_those_of_the_index(visit: Visiting) -> None:
    """The script makes the same words of a query as the builder makes of the recordings."""
    with visit("search/") as found:
        for text in TEXTS:
            made = found.page.evaluate("text => document.getElementById('search').words(text)", text)
            assert made == list(words(text)), text


def test_from_words_to_the_second(visit: Visiting) -> None:
    """A result names recording and sentence, marks the words, and its link starts there."""
    with visit("search/") as found:
        page = found.page
        page.get_by_role("searchbox").fill("four museum")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("Recordings found: 3")
        first = page.locator("#results > li").first
        expect(first.locator("mark").first).to_be_visible()
        assert "q=four+museum" in page.url
        first.locator("a.t").first.click()
        page.wait_for_url("**/nodes2021/**#t=*")
        expect(page.locator("#player")).to_be_visible()


def test_address_with_a_query_answers_it(visit: Visiting) -> None:
    """A search can be linked to; Arabic is found without its article."""
    with visit("search/?q=تنوع") as found:
        expect(found.page.locator("#results > li")).to_have_count(1)
        expect(found.page.locator("#results h2")).to_contain_text("التنوع")


def test_phrase_and_language(visit: Visiting) -> None:
    """Quotation marks ask for neighbouring words; the spoken language narrows the results."""
    with visit("search/?q=%22four%20museums%22") as found:
        page = found.page
        expect(page.locator("#results > li")).to_have_count(3)
        page.get_by_label("Spoken language").select_option("fr")
        expect(page.locator("#results > li")).to_have_count(1)
        page.get_by_role("searchbox").fill('"museums four"')
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Nothing was found")


def test_where_there_are_many_events_years_narrow_the_results(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of all events would be long; the years of the recordings are offered instead."""
    monkeypatch.setattr(directory, "HOME", 0)
    catalogue = samples.catalogue()
    first, *others = catalogue.recordings
    assert first.date
    older = replace(first, date=first.date.replace(year=2019))
    write_site(tmp_path, replace(catalogue, recordings=(older, *others)))
    with serving(tmp_path) as address, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}search/?q=four%20museums")
        expect(page.locator("#results > li")).to_have_count(3)
        expect(page.get_by_label("Event")).to_have_count(0)
        page.get_by_label("Year").select_option("2019")
        expect(page.locator("#results > li")).to_have_count(1)
        expect(page.locator("#results h2")).to_contain_text(first.recording.title)
        page.get_by_label("Year").select_option("2021")
        expect(page.locator("#results > li")).to_have_count(2)


def test_only_what_a_query_needs_is_fetched(visit: Visiting) -> None:
    """Nothing of the index is fetched before the first query; then few per word and one per result."""
    with visit("search/") as found:
        found.page.wait_for_timeout(200)
        assert not [url for url in found.requests if url.endswith(".json")]
        found.page.get_by_role("searchbox").fill("forum")
        found.page.keyboard.press("Enter")
        expect(found.page.locator("#results > li").first).to_be_visible()
        assert len([url for url in found.requests if url.endswith(".json")]) <= 3 + 4


def test_without_scripts_the_page_says_where_to_look(visit: Visiting) -> None:
    """Without scripts the page leads to the lists."""
    with visit("search/", java_script_enabled=False) as found:
        expect(found.page.get_by_text("Searching needs scripts")).to_be_visible()
