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
    "filtered": "nodes2021/?kind=live",
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


FOCUSED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  if (one === document.body) return null;
  const ringed = (found) => found && getComputedStyle(found).outlineStyle !== "none";
  return {
    place: [...document.querySelectorAll("*")].indexOf(one),
    name: `${one.tagName} ${one.getAttribute("aria-label") ?? one.textContent.trim().slice(0, 40)}`,
    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
    ring: one.matches("video, audio") || ringed(one) || ringed(one.closest(".card, .event-card")),
  };
}"""
"""Where the focus is. The browser itself marks the controls inside a player."""
CONTROLS = {"link", "button", "combobox", "checkbox", "searchbox", "textbox", "slider", "DisclosureTriangle"}


@pytest.mark.parametrize("kind", ["home", "event", "watch", "people"])
def test_keyboard_walk(visit: Visiting, kind: str) -> None:
    """Tab visits a page in the order in which it is read, shows where it is, and leaves at the end."""
    with visit(PAGES[kind], reduced_motion="reduce") as found:
        places: list[int] = []
        while len(places) < 100:
            found.page.keyboard.press("Tab")
            focused = found.page.evaluate(FOCUSED)
            if focused is None or (places and focused["place"] == places[0]):
                break
            assert focused["seen"], focused["name"]
            assert focused["ring"], focused["name"]
            places.append(focused["place"])
        assert 5 < len(places) < 100
        assert places == sorted(places)


def test_the_player_shows_that_it_has_the_focus(visit: Visiting) -> None:
    """The ring stands around the player, whose corners would cut off one of the video."""
    with visit(PAGES["watch"]) as found:
        while found.page.evaluate("document.activeElement.id") != "player":
            found.page.keyboard.press("Tab")
        assert found.page.evaluate("getComputedStyle(document.querySelector('.player')).outlineStyle") == "solid"


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_every_control_has_a_name(visit: Visiting, path: str) -> None:
    """A screen reader can name each control: none is without one in Chromium's accessibility tree."""
    with visit(path) as found:
        tree = found.page.context.new_cdp_session(found.page).send("Accessibility.getFullAXTree")
        nodes = [one for one in tree["nodes"] if not one["ignored"] and one["role"]["value"] in CONTROLS]
        assert len(nodes) > 5
        assert [one for one in nodes if not one.get("name", {}).get("value", "").strip()] == []


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
