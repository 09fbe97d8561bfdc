"""Search in a real browser: from words to the second they are said."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from catalog import directory
from catalog.model import Recording
from catalog.words import words
from tests.browser.conftest import Visit, Visiting, serving, write_site
from tests.unit.site import samples, test_wording

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
    """A list of all events would be long; the years of the recordings are offered instead, early ones too."""
    monkeypatch.setattr(directory, "HOME", 0)
    catalogue = samples.catalogue()
    first, *others = catalogue.recordings
    assert first.date
    older = replace(first, date=first.date.replace(year=1965))
    write_site(tmp_path, replace(catalogue, recordings=(older, *others)))
    with serving(tmp_path) as address, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}search/?q=four%20museums")
        expect(page.locator("#results > li")).to_have_count(3)
        expect(page.get_by_label("Event")).to_have_count(0)
        page.get_by_label("Year").select_option("1965")
        expect(page.locator("#results > li")).to_have_count(1)
        expect(page.locator("#results h2")).to_contain_text(first.recording.title)
        page.get_by_label("Year").select_option("2021")
        expect(page.locator("#results > li")).to_have_count(2)


def index_files(found: Visit) -> list[str]:
    """What was asked for of the index, in order."""
    return [url.partition("search/")[2] for url in found.requests if url.endswith((".json", ".bin"))]


def test_only_what_a_query_needs_is_fetched(visit: Visiting) -> None:
    """Nothing of the index is fetched before the first query; then a piece per word and one to three per result."""
    sizes: list[int] = []
    with visit("search/") as found:
        found.page.wait_for_timeout(200)
        assert index_files(found) == []
        found.page.on("response", lambda one: sizes.append(int(one.headers["content-length"])))
        found.page.get_by_role("searchbox").fill("forum")
        found.page.keyboard.press("Enter")
        expect(found.page.locator("#results > li").first).to_be_visible()
        results = found.page.locator("#results > li").count()
        asked = index_files(found)
        assert asked[0] == "index.json"
        assert asked[1:3] == ["0.bin"] * 2
        assert all(one.startswith("text/") for one in asked[3:])
        assert len(asked) <= 3 + 2 * results
        assert sizes.count(8) == 1 + results  # a place, before each piece


def ask(page: Page, query: str) -> None:
    page.get_by_role("searchbox").fill(query)
    page.keyboard.press("Enter")


def test_a_host_that_knows_no_ranges(visit: Visiting) -> None:
    """Whole files are as good, each fetched once, however many words and results ask for pieces of it at once."""
    answers: list[int] = []
    with visit("search/") as found:

        def whole(route: Route) -> None:
            headers = {name: value for name, value in route.request.headers.items() if name != "range"}
            route.continue_(headers=headers)

        found.page.route("**/*.bin", whole)
        found.page.on("response", lambda one: answers.append(one.status) if one.url.endswith(".bin") else None)
        ask(found.page, "four museum")
        expect(found.page.get_by_role("status")).to_have_text("Recordings found: 3")
        expect(found.page.locator("#results > li")).to_have_count(3)
        ask(found.page, "museum four")
        expect(found.page.locator("#results > li")).to_have_count(3)
        ask(found.page, "patience")
        expect(found.page.locator("#results > li").first).to_be_visible()
        files = Counter(index_files(found))
        assert set(files.values()) == {1}, files
        assert answers == [200] * (len(files) - 1)
        assert len(answers) >= 4


def test_more_results_may_fail_and_be_asked_for_again(browser: Browser, tmp_path: Path) -> None:
    """Without a connection the page says so; what is shown stays, and the button leads on when there is one again."""
    catalogue = samples.catalogue()
    one = catalogue.recordings[0]
    many = (
        replace(one, recording=one.recording.model_copy(update={"id": f"talk-{number}", "title": f"Talk {number}"}))
        for number in range(12)
    )
    write_site(tmp_path, replace(catalogue, recordings=tuple(many)))
    with serving(tmp_path) as address, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}search/?q=museums")
        results, more = page.locator("#results > li"), page.get_by_role("button", name="More results")
        expect(results).to_have_count(10)
        page.route("**/search/**", lambda route: route.abort())
        more.click()
        expect(page.get_by_role("status")).to_contain_text("could not be carried out")
        expect(results).to_have_count(10)
        page.unroute("**/search/**")
        more.click()
        expect(results).to_have_count(12)
        expect(page.get_by_role("status")).to_have_text("Recordings found: 12")
        expect(more).to_be_hidden()


def test_descriptions_in_other_languages(browser: Browser, tmp_path: Path) -> None:
    """What is said comes before what is written, in any language; of a description the one with the word is shown."""
    catalogue = test_wording.catalogue()
    first, *others = catalogue.recordings
    abstract = {"en": "In full.", "fr": "Cinq museums, en entier."}
    facts = first.recording.model_dump(exclude_unset=True) | {"abstract": abstract}
    told = replace(first, recording=Recording.model_validate(facts))
    write_site(tmp_path, replace(catalogue, recordings=(told, *others)))
    with serving(tmp_path) as address, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}search/?q=entier")
        excerpt = page.locator("#results .places > li")
        expect(excerpt).to_have_text("Cinq museums, en entier.")
        expect(excerpt).to_have_attribute("lang", "fr")
        page.goto(f"{address}search/?q=%22five%20museums%22")
        expect(page.get_by_role("status")).to_contain_text("Nothing was found")
        page.goto(f"{address}search/?q=museums")
        panel = page.locator("#results > li", has=page.locator("a[href*='/panel/']"))
        expect(panel.locator(".places > li").first.locator("a.t")).to_have_count(1)


def test_files_that_are_replaced_meanwhile_are_asked_for_again(visit: Visiting) -> None:
    """A publish between two requests gives pieces that do not fit: the query begins anew, once."""
    with visit("search/") as found:
        wrong = 0

        def replaced(route: Route) -> None:
            nonlocal wrong
            wrong += 1
            if wrong == 1:
                route.fulfill(status=206, body=b"\x00\x00\x00\x00\x05\x00\x00\x00")
            else:
                route.continue_()

        found.page.route("**/0.bin", replaced)
        ask(found.page, "four museum")
        expect(found.page.locator("#results > li")).to_have_count(3)
        found.page.unroute("**/0.bin")
        found.page.route("**/text/*.bin", lambda route: route.fulfill(status=206, body=b"\x01" * 8))
        found.page.reload()
        ask(found.page, "four museum")
        expect(found.page.get_by_role("status")).to_contain_text("could not be carried out")


def test_without_scripts_the_page_says_where_to_look(visit: Visiting) -> None:
    """Without scripts the page leads to the lists."""
    with visit("search/", java_script_enabled=False) as found:
        expect(found.page.get_by_text("Searching needs scripts")).to_be_visible()
