"""Fixtures of tests that publish to a store in memory."""

from __future__ import annotations

import pytest

from tests.unit.storage.simulation import Clock, Journal


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> Journal:
    return Journal(clock=clock)
