"""Every kind of page against axe-core, in scripts of both directions, light and dark, phone and desktop."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import Visiting

pytestmark = pytest.mark.browser

PAGES = {
    "home": "",
    "event": "nodes2021/",
    "session": "nodes2021/theme-1/",
    "watch": "nodes2021/theme-1/panel/",
    "watch-rtl": "nodes2021/regional/arabic/",
    "listen": "nodes2021/radio/voices/",
    "elsewhere": "nodes2021/theme-1/history/",
    "filtered": "nodes2021/by/kind/live/",
    "language": "languages/en/",
    "withdrawn": "nodes2021/icebreaker/minutes/",
    "people": "people/",
    "person": "people/amina-okoye/",
    "theme": "themes/strategy/",
    "about": "about/",
    "search": "search/?q=forum",
}
SCREENS = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 860}}


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_axe_finds_nothing(visit: Visiting, language: str, scheme: str, screen: str) -> None:
    """No violation of WCAG 2.2 A and AA or of axe's best practices on any kind of page."""
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    folder = "" if language == "en" else f"{language}/"
    with visit(folder, color_scheme=scheme, viewport=SCREENS[screen]) as found:
        home = found.page.url
        for name, path in PAGES.items():
            found.page.goto(home + path)
            result = Axe().run(found.page, options=options)
            assert result.violations_count == 0, f"{name}: {result.generate_report()}"


def test_axe_finds_nothing_in_the_embedded_player(visit: Visiting) -> None:
    """The page for frames of other sites is held to the same rules."""
    with visit(PAGES["watch"] + "embed/") as found:
        result = Axe().run(found.page)
        assert result.violations_count == 0, result.generate_report()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_no_sideways_scrolling(visit: Visiting, path: str) -> None:
    """At 320 px, which is also 400 % zoom on a desktop, nothing needs scrolling in two directions."""
    with visit(path, viewport={"width": 320, "height": 640}) as found:
        assert found.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_skip_link(visit: Visiting) -> None:
    """The first Tab shows a link that leads past the header."""
    with visit("nodes2021/") as found:
        found.page.keyboard.press("Tab")
        expect(found.page.locator(".skip")).to_be_focused()
        found.page.keyboard.press("Enter")
        expect(found.page.locator("#content")).to_be_focused()


def test_right_to_left(visit: Visiting) -> None:
    """In Arabic the brand stands at the right, the languages at the left; the player stays left to right."""
    with visit("ar/nodes2021/theme-1/panel/") as found:
        page = found.page
        brand, menu = page.locator(".brand").bounding_box(), page.locator(".site-header .languages").bounding_box()
        assert brand is not None
        assert menu is not None
        assert brand["x"] > menu["x"]
        assert page.evaluate("getComputedStyle(document.querySelector('.player')).direction") == "ltr"
