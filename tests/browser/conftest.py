"""A built catalogue with real media on a real server, and a real Chromium to look at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, Page

from catalog.pages import Catalogue
from catalog.render import build, catalog_document
from pipeline.serve import server
from tests.browser.media import write_media
from tests.unit.site import samples


def write_site(folder: Path, catalogue: Catalogue) -> None:
    """Write everything but media."""
    objects = build(catalogue) | {"catalog.json": catalog_document(catalogue, 1)}
    for key, content in objects.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of ``folder`` on 127.0.0.1."""
    with server(folder, 0) as httpd:
        Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}/"
        httpd.shutdown()


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample catalogue in three interface languages, with its media."""
    folder = tmp_path_factory.mktemp("site")
    catalogue = samples.catalogue(languages=("en", "ar", "zh"))
    write_site(folder, catalogue)
    write_media(folder, catalogue)
    return folder


@pytest.fixture(scope="session")
def site(site_folder: Path) -> Iterator[str]:
    """The address of the sample catalogue."""
    with serving(site_folder) as address:
        yield address


@dataclass
class Visit:
    """A page being looked at, with everything it complained of and asked for."""

    page: Page
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


class Visiting(Protocol):
    """Opens pages; keyword arguments are those of a browser context."""

    def __call__(self, path: str = "", **context: Any) -> AbstractContextManager[Visit]:
        """Open the page at ``path``."""


@pytest.fixture
def visit(browser: Browser, site: str) -> Visiting:
    """Open a page of the sample catalogue; it fails the test if the page broke its policy or wrote an error."""

    @contextmanager
    def opened(path: str = "", **context: Any) -> Iterator[Visit]:
        with browser.new_context(**context) as browser_context:
            page = browser_context.new_page()
            found = Visit(page)
            page.on(
                "console", lambda one: found.problems.append(one.text) if one.type in {"error", "warning"} else None
            )
            page.on("pageerror", lambda error: found.problems.append(str(error)))
            page.on("request", lambda request: found.requests.append(request.url))
            page.goto(site + path)
            yield found
            assert found.problems == []
            assert [url for url in found.requests if not url.startswith((site, "data:", "blob:"))] == []

    return opened
