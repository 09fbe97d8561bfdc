"""Fixtures for tests that run the real ffmpeg."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.media.tools import Tools, find_tools
from tests.media.bench import Workshop


@pytest.fixture(scope="session")
def tools() -> Tools:
    """The programs of this machine; a missing one fails every test that needs it."""
    return find_tools()


@pytest.fixture
def workshop(tmp_path: Path, tools: Tools) -> Workshop:
    """Probe and transcode with the default settings."""
    return Workshop(tmp_path / "workshop", tools)


@pytest.fixture
def workshop_with(tmp_path: Path, tools: Tools) -> Callable[[Settings], Workshop]:
    """Probe and transcode with settings of the test's own."""
    return lambda settings: Workshop(tmp_path / "workshop", tools, settings)
