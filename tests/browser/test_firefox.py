"""The watch page in Firefox, which plays no HLS by itself: hls.js, captions, transcript, search."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import firefox

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PANEL = "nodes2021/theme-1/panel/"
PLAYER = "document.getElementById('player')"


def test_firefox_plays_with_captions_and_seeks(site: str, tmp_path: Path) -> None:
    """It plays by HLS, shows captions in step, and seeks from the transcript, the line and the address."""
    with firefox.running(tmp_path) as browser:
        browser.visit(site + PANEL)
        browser.run("window.problems = []; addEventListener('error', (event) => problems.push(String(event.message)));")
        browser.run(f"const player = {PLAYER}; player.muted = true; player.textTracks[0].mode = 'showing'")
        browser.run(f"{PLAYER}.play().catch(() => {{}})")
        browser.wait_for(f"{PLAYER}.currentTime > 1.2")
        assert browser.run(f"return {PLAYER}.currentSrc").startswith("blob:"), "hls.js was not used"
        browser.wait_for(f"{PLAYER}.textTracks[0].activeCues.length === 1")
        browser.run("document.querySelector('.chapters li:last-child a').click()")
        browser.wait_for(f"{PLAYER}.currentTime > 16.2")
        browser.wait_for("document.querySelector('.chapters a.now').textContent.includes('Questions')")
        browser.run(
            "const line = document.querySelector('#seek input'); line.value = 9;"
            "for (const kind of ['input', 'change']) line.dispatchEvent(new Event(kind))"
        )
        browser.wait_for(f"{PLAYER}.currentTime > 9.2 && {PLAYER}.currentTime < 16")
        assert browser.run("return problems") == []
        browser.visit(f"{site}{PANEL}?t=7")
        browser.run(f"{PLAYER}.muted = true; {PLAYER}.play().catch(() => {{}})")
        browser.wait_for(f"{PLAYER}.currentTime > 7.2")


def test_firefox_searches(site: str, tmp_path: Path) -> None:
    """A search finds sentences and leads to their second."""
    with firefox.running(tmp_path) as browser:
        browser.visit(f"{site}search/?q=forum")
        browser.wait_for("document.querySelectorAll('.result').length > 0")
        assert "t=" in browser.run("return document.querySelector('.places a').href")
