"""Fixtures for all tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.install import find

ROOT = Path(__file__).parent.parent
CHROMIUM_OPTIONS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]

hypothesis.settings.register_profile("house", deadline=None)  # a busy machine is not a failure
hypothesis.settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--golden`` writes expected outputs instead of comparing with them."""
    parser.addoption("--golden", action="store_true", help="write the golden files anew")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, bytes], None]:
    """Compares bytes with a kept file beside the test; ``make golden`` writes it anew."""
    folder = request.path.parent / "golden"

    def compare(name: str, content: bytes) -> None:
        path = folder / name
        if request.config.getoption("--golden"):
            folder.mkdir(exist_ok=True)
            path.write_bytes(content)
        assert content.decode() == path.read_text(encoding="utf-8"), f"{name} changed; see 'make golden'"

    return compare


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real media, captions and programmes kept beside the checkout; tests that need them are left out without them."""
    path = ROOT.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip("the shared corpus is not beside this checkout: corpus tests were left out")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of this machine, else Playwright's own; one for all tests of a worker, as Playwright wants it."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find(), args=CHROMIUM_OPTIONS)
        yield chromium
        chromium.close()
