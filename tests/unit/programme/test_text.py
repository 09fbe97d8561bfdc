"""HTML and mixed text to safe Markdown."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.programme import text


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<p>A <b>bold</b> and <em>soft</em> word</p>", "A **bold** and *soft* word"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<ol><li>a<ul><li>x</li></ul></li><li>b</li></ol>", "1. a\n\n    - x\n\n2. b"),
        ('<p><a href="https://a.example/x">link</a></p>', "[link](<https://a.example/x>)"),
        ("<h2>Title</h2><p>Text</p>", "## Title\n\nText"),
        ("<pre>a  &lt; b\n  c</pre>", "```\na  < b\n  c\n```"),
        ("# Already *Markdown*\n\n- with a list", "# Already *Markdown*\n\n- with a list"),
        ("plain a < b and vector<int> x", "plain a < b and vector<int> x"),
        ("One<br />* two<br/>* three", "One\n* two\n* three"),
        ("<p>5 * 3 and _x_ and # no heading</p>", r"5 \* 3 and \_x\_ and # no heading"),
        ("<p># not a heading</p>", r"\# not a heading"),
        ("<p>vector&lt;int&gt; stays</p>", r"vector\<int\> stays"),
        ("<p>vector<int> stays</p>", r"vector\<int\> stays"),
        ("a\r\nb\x00\x1b[31m", "a\nb[31m"),
    ],
)
def test_markdown(written: str, expected: str) -> None:
    """Tags become Markdown; text that only looks like markup stays text."""
    assert text.markdown(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "<p>x</p><script>alert(1)</script>",
        '<p onclick="alert(1)">x</p>',
        '<p><a href="javascript:alert(1)">x</a></p>',
        '<p><a href=" JaVaScRiPt:alert(1)">x</a></p>',
        '<p><a href="data:text/html,alert(1)">x</a></p>',
        '<p>x<img src=x onerror="alert(1)"></p>',
        '<p>x</p><iframe src="https://evil.example/alert(1)"></iframe>',
        "<style>alert(1)</style><p>x</p>",
        "<p>x</p><svg onload=alert(1)></svg>",
    ],
)
def test_nothing_of_a_script_survives(written: str) -> None:
    """Scripts, handlers, dangerous addresses and frames are gone, the text stays."""
    result = text.markdown(written)
    assert "alert" not in result
    assert "x" in result


def test_one_line_has_no_tags_and_no_line_ends() -> None:
    """Titles lose tags and entities, and are one line."""
    assert text.line(" Q&amp;A:\n <i>what</i>\tnext? ") == "Q&A: what next?"
    assert text.line("AT&T <3 C++ <int>") == "AT&T <3 C++ <int>"


@given(st.text(alphabet="<>/abp= \"'&;*_#-\n!x", max_size=300))
def test_no_html_is_a_crash_and_no_known_tag_survives(written: str) -> None:
    """Any soup gives text; in HTML mode no tag of HTML is left that a browser would act on."""
    result = text.markdown(f"<p>{written}</p>")
    assert "<p>" not in result.replace("\\<", "")


@pytest.mark.parametrize(
    "unit", ["<!--", "<p", "<a href='", "&", "<b>", "</", "<![CDATA[", "<li>", "<blockquote>", "<a href='>", '<a b="']
)
def test_hostile_html_takes_bounded_time(unit: str) -> None:
    """50,000 characters of unfinished markup take less than two seconds of processor time."""
    begun = time.process_time()
    text.markdown("<p>" + unit * (50_000 // len(unit)))
    assert time.process_time() - begun < 2
