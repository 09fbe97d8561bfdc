"""The programme in a real browser: filters that can be linked to, and the visitor's own time."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visiting

pytestmark = pytest.mark.browser
EVENT = "nodes2021/"


def test_filters_narrow_the_programme_and_make_an_address(visit: Visiting) -> None:
    """Filters hide what does not fit, days too, say how much is left, and stand in the address."""
    with visit(EVENT) as found:
        page = found.page
        page.get_by_label("Show").select_option("recorded")
        expect(page.locator(".slot:visible")).to_have_count(3)
        page.get_by_label("Spoken language").select_option("ar")
        expect(page.locator(".slot:visible")).to_have_count(1)
        expect(page.get_by_role("status")).to_have_text("Sessions shown: 1")
        expect(page.get_by_role("heading", name="Monday 28 June")).to_be_hidden()
        assert page.url.endswith("?state=recorded&language=ar")


def test_filtered_address(visit: Visiting) -> None:
    """An address with filters shows the filtered programme; unknown ones are ignored."""
    with visit(EVENT + "?captions=es&state=nonsense") as found:
        expect(found.page.locator(".slot:visible")).to_have_count(1)
        expect(found.page.get_by_label("Captions")).to_have_value("es")


def test_times_of_the_visitor(visit: Visiting) -> None:
    """A visitor elsewhere reads the event's time and their own; one in the same zone reads it once."""
    with visit(EVENT, timezone_id="America/Costa_Rica") as found:
        expect(found.page.locator(".slot .time").nth(1)).to_contain_text("14:00–15:30")
        expect(found.page.locator(".slot .your-time").nth(1)).to_have_text("Your time: Mon 06:00")
    with visit(EVENT, timezone_id="Europe/Oslo") as found:
        expect(found.page.locator(".your-time")).to_have_count(0)


def test_programme_without_scripts(visit: Visiting) -> None:
    """Without scripts the whole programme is there, and no filter that could not work."""
    with visit(EVENT, java_script_enabled=False) as found:
        expect(found.page.locator(".slot:visible")).to_have_count(6)
        expect(found.page.locator("#filters")).to_be_hidden()
        found.page.locator(".without-scripts summary").click()
        found.page.get_by_role("link", name="Pre-recorded").click()
        expect(found.page.locator(".slot:visible")).to_have_count(1)
        found.page.get_by_role("link", name="Show all sessions").click()
        expect(found.page.locator(".slot:visible")).to_have_count(6)


def test_language_switch_keeps_the_page(visit: Visiting) -> None:
    """The switch leads to the same page in the other language, and on from there within it."""
    with visit(EVENT) as found:
        page = found.page
        page.locator(".languages summary").click()
        page.get_by_role("link", name="中文").click()
        page.wait_for_url("**/zh/nodes2021/")
        expect(page.locator("html")).to_have_attribute("lang", "zh")
        page.get_by_role("link", name="Panel: the role of nodes").click()
        page.wait_for_url("**/zh/nodes2021/theme-1/panel/")


def test_what_is_kept_can_be_forgotten(visit: Visiting) -> None:
    """The page about the catalogue empties what earlier pages kept on the device."""
    with visit("nodes2021/theme-1/panel/") as found:
        page = found.page
        page.get_by_label("Speed").select_option("2")
        assert page.evaluate("localStorage.length") == 1
        page.get_by_role("link", name="About this catalogue").click()
        page.get_by_role("button", name="Forget what is kept on this device").click()
        expect(page.get_by_text("Forgotten.")).to_be_visible()
        assert page.evaluate("localStorage.length") == 0


def test_on_a_phone_the_filters_wait_until_they_are_wanted(visit: Visiting) -> None:
    """The programme comes first there; an address that names a filter opens them."""
    phone = {"width": 390, "height": 844}
    with visit("nodes2021/", viewport=phone) as found:
        expect(found.page.locator("#filters")).to_be_hidden()
        found.page.locator("#filter-box summary").click()
        expect(found.page.locator("#filters")).to_be_visible()
    with visit("nodes2021/?kind=live", viewport=phone) as found:
        expect(found.page.locator("#filters")).to_be_visible()
