"""Straight from an object store: the example catalogue, media in a bucket of their own, no web server in between."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Response

from pipeline.catalogue import load
from pipeline.check import check_site
from pipeline.programmes import import_programme
from pipeline.report import RecordingReporter
from pipeline.run import Options, publish
from pipeline.storage import setup_bucket
from pipeline.targets import open_places, open_target
from tests.browser.test_watch import PLAY, wait_for, wait_until_past
from tests.store import servers

pytestmark = [pytest.mark.browser, pytest.mark.store, pytest.mark.media]
ONE = "gnm2021/regional-capacity"


@pytest.fixture
def seaweedfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[servers.Server]:
    """A server, and its credentials in the environment."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in servers.credentials().items():
        monkeypatch.setenv(name, value)
    with servers.seaweedfs(tmp_path / "server") as server:
        yield server


@pytest.mark.parametrize("only", [{ONE}, pytest.param(set(), marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
def test_the_example_plays_straight_from_a_store(
    browser: Browser, seaweedfs: servers.Server, root: Path, tmp_path: Path, only: set[str]
) -> None:
    """From the home page to a video with captions by links alone; media come by Range from another bucket."""
    shutil.copytree(
        root / "examples" / "gnm2021", tmp_path / "gnm", ignore=shutil.ignore_patterns(".aftertalk", "public")
    )
    address = f"{seaweedfs.endpoint}/{seaweedfs.bucket('site')}/talks/"
    media = f"{seaweedfs.endpoint}/{seaweedfs.bucket('media')}/"
    settings = tmp_path / "gnm" / "catalogue.yaml"
    lines = [line for line in settings.read_text().splitlines() if not line.startswith(("base_url:", "publish:"))]
    lines += [f"base_url: {address}", "publish: s3://site/talks", f"endpoint: {seaweedfs.endpoint}"]
    lines += [f"media: {{url: '{media}', publish: 's3://media'}}", "link_files: true"]
    settings.write_text("\n".join(lines) + "\n")
    directory = load(tmp_path / "gnm", import_programme)
    for place in open_places(directory):
        setup_bucket(place, apply=True)
    assert publish(directory, RecordingReporter(), Options(only=frozenset(only)), now=datetime.now(UTC)) == 0
    assert check_site(open_target(directory), deep=True, media_url=media).findings == ()
    _watch(browser, address, media)


def _watch(browser: Browser, address: str, media: str) -> None:
    problems: list[str] = []
    replies: list[Response] = []
    page = browser.new_page()
    page.on("console", lambda one: problems.append(one.text) if one.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("response", lambda one: replies.append(one))  # noqa: PLW0108 (Playwright refuses bound methods of lists)
    page.goto(f"{address}index.html")
    page.click("main a[href*='gnm2021/index.html']")
    page.click("main a[href*='regional-capacity/index.html']")
    page.evaluate("document.getElementById('player').muted = true")
    page.evaluate("document.getElementById('player').textTracks[0].mode = 'showing'")
    page.evaluate(PLAY)
    wait_until_past(page, 0.5)
    page.evaluate("document.getElementById('player').currentTime = 8")
    wait_until_past(page, 8.2)
    wait_for(page, "document.getElementById('player').textTracks[0].cues.length > 2")
    page.close()
    assert problems == []
    assert {one.status for one in replies} <= {200, 206}
    assert any(one.status == 206 and one.url.startswith(media) and ".mp4" in one.url for one in replies)
    types = {one.url.rpartition(".")[2]: one.headers.get("content-type") for one in replies}
    assert types["vtt"] == "text/vtt; charset=utf-8"
    assert all(one.url.startswith((address, media)) for one in replies if one.url.startswith("http"))
