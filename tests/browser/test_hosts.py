"""Catalogues on hosts of other kinds: one that knows no ranges, and the site of somebody else that embeds a player."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_watch import PANEL, PLAY, wait_until_past

pytestmark = pytest.mark.browser


class PlainHandler(SimpleHTTPRequestHandler):
    """The plainest of servers: whole files, no ranges."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class names it)
        """Stay quiet."""


@contextmanager
def plain_host(folder: Path) -> Iterator[str]:
    """The address of ``folder`` on a host that knows no ranges."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(PlainHandler, directory=str(folder))) as httpd:
        Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}/"
        httpd.shutdown()


def test_plays_from_a_host_without_ranges(browser: Browser, site_folder: Path) -> None:
    """Where a host sends whole files only, playback begins all the same."""
    with plain_host(site_folder) as host, browser.new_context() as context:
        page = context.new_page()
        page.goto(host + PANEL)
        page.evaluate(PLAY)
        wait_until_past(page, 1)


def test_embeds_in_a_page_of_another_site(browser: Browser, site: str, tmp_path: Path) -> None:
    """The embed page plays in a frame of another origin, and its link leads out of the frame to the watch page."""
    (tmp_path / "index.html").write_text(f'<!doctype html><iframe src="{site}{PANEL}embed/" width="640" height="400">')
    with plain_host(tmp_path) as host, browser.new_context() as context:
        page = context.new_page()
        page.goto(host)
        frame = next(one for one in page.frames if one.url.startswith(site))
        frame.evaluate(PLAY)
        page.wait_for_timeout(300)
        expect(frame.locator("h1")).to_have_text("Panel: the role of nodes")
        for _ in range(100):
            if frame.evaluate("document.getElementById('player').currentTime") > 0.5:
                break
            page.wait_for_timeout(50)
        assert frame.evaluate("document.getElementById('player').currentTime") > 0.5
        frame.get_by_role("link", name="Panel: the role of nodes").click()
        page.wait_for_url(site + PANEL)
