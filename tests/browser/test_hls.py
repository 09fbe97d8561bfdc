"""HLS by hls.js: loaded at the first play where the browser needs it, and done without where it is missing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route

from catalog.render import TEMPLATES
from tests.browser.conftest import Visiting
from tests.browser.test_watch import PANEL, PLAY, wait_until_past

pytestmark = pytest.mark.browser
VENDORED = (TEMPLATES / "vendor" / "hls.light.min.js").is_file()


@pytest.mark.skipif(not VENDORED, reason="built without hls.js: the page has nothing to load")
def test_hls_js_plays_from_the_first_play_on(visit: Visiting) -> None:
    """Chromium has no complete HLS of its own: the script comes at the first play, and a deep link still counts."""
    with visit(PANEL + "#t=9") as found:
        page = found.page
        page.evaluate(PLAY)
        wait_until_past(page, 9.2)
        assert page.evaluate("document.getElementById('player').src").startswith("blob:")
        assert [url for url in found.requests if url.endswith("master.m3u8")]


@pytest.mark.skipif(not VENDORED, reason="built without hls.js: the page has nothing to load")
def test_playback_survives_a_missing_hls_js(visit: Visiting) -> None:
    """Where the script cannot be fetched, the browser's own means play the recording."""
    with visit() as found:
        page = found.page

        def refuse(route: Route) -> None:
            route.abort()

        page.route("**/assets/hls*", refuse)
        page.goto(page.url + PANEL)
        page.evaluate(PLAY)
        wait_until_past(page, 0.5)
        assert not page.evaluate("document.getElementById('player').src")
        found.problems[:] = [one for one in found.problems if "ERR_FAILED" not in one]
