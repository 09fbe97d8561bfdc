"""Doctests of the pure helpers, and markup that is broken."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from catalog import transcript
from pipeline.captions import language, lines, markup, webvtt
from pipeline.captions.markup import voice_runs


@pytest.mark.parametrize("module", [transcript, language, lines, markup, webvtt], ids=lambda one: one.__name__)
def test_examples_in_the_documentation(module: ModuleType) -> None:
    """The examples in the docstrings are true."""
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("a < b", "a < b"),
        ("<i><b><u>nested</b></i>", "nested"),
        ("<" * 500, ""),
        ("<<script>alert(1)</script>", "alert(1)"),
        ("<c.yellow.bg_blue>x</c>&nbsp;y&notanentity;", "x\u00a0y&notanentity;"),
        ("<00:00:01.000>timed <00:00:02.000>words", "timed words"),
        ("<ruby>a<rt>b</rt>c<rt>d</ruby>e", "a(b)c(d)e"),
        ("open <rt>end", "open (end)"),
    ],
)
def test_broken_markup_is_text_or_gone(payload: str, text: str) -> None:
    """Tags go, what stands between them stays, and nothing that looks like a tag is left to be run."""
    assert "".join(run.text for run in voice_runs(payload)) == text
