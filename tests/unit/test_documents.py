"""YAML documents: bounded, without tags and anchors, every mistake at once with its line."""

from __future__ import annotations

import codecs

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from catalog import documents
from catalog.errors import InvalidDocumentError
from catalog.model import Event
from pipeline.config import Settings


def mistakes(error: InvalidDocumentError) -> list[tuple[int, str]]:
    return [(finding.line, finding.field) for finding in error.findings]


def test_every_mistake_is_reported_with_line_field_and_suggestion() -> None:
    """Three mistakes in one file are three findings; a misspelt field names the field that was meant."""
    text = b"title: Talks\nlicense: CC-BY-4.0\nbase_url: ftp://x\ndefaults:\n  relaese: held\n"
    with pytest.raises(InvalidDocumentError) as caught:
        documents.validate(documents.parse("catalogue.yaml", text), Settings)
    assert sorted(mistakes(caught.value)) == [(2, "license"), (3, "base_url"), (5, "defaults.relaese")]
    assert "did you mean 'licence'?" in str(caught.value)
    assert "did you mean 'release'?" in str(caught.value)


def test_missing_required_field_is_named() -> None:
    """An empty catalogue says that its title is missing."""
    with pytest.raises(InvalidDocumentError, match="title: this field is required"):
        documents.validate(documents.parse("catalogue.yaml", b"description: x\n"), Settings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"a: &x [1]\nb: *x\n", "anchors and aliases"),
        (b"a: !!python/object/apply:os.system ['true']\n", "tags"),
        (2 * codecs.BOM_UTF8 + b"&a b\n", "anchors and aliases"),
        (b"a: 1\na: 2\n", "given twice"),
        (b"a: [1\nb: 2\n", "not valid YAML"),
        (b"a: \xff\n", "not UTF-8"),
        (b"a: \x00\n", "not valid YAML"),
        (b"x: " + b"[" * 60 + b"]" * 60, "levels deep"),
        (b"#" * (documents.MAX_BYTES + 1), "bytes"),
    ],
)
def test_hostile_documents_are_refused(text: bytes, message: str) -> None:
    """Bombs, tags, repeated keys, broken text and endless nesting end in one clear message."""
    with pytest.raises(InvalidDocumentError, match=message):
        documents.parse("event.yaml", text)


def test_a_yaml_bomb_is_refused_before_it_grows() -> None:
    """Nine levels of ten aliases each would be 10^9 values; the first anchor is refused."""
    lines = [b"a0: &a0 [x]"] + [b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 10)]
    with pytest.raises(InvalidDocumentError, match="anchors"):
        documents.parse("event.yaml", b"\n".join(lines))


def test_only_core_types() -> None:
    """``no`` is Norwegian, a date is text until the model reads it, quoted numbers stay text."""
    data = documents.parse("x", b"language: no\nstart: 2021-06-28\na: '12'\nb: 12\nc: 1.5\nd: true\ne: ~\n").data
    assert data == {"language": "no", "start": "2021-06-28", "a": "12", "b": 12, "c": 1.5, "d": True, "e": None}


def test_byte_order_mark_is_accepted() -> None:
    """Editors that write a byte order mark do no harm."""
    assert documents.parse("x", "\ufefftitle: é\n".encode()).data == {"title": "é"}


def test_line_of_a_list_entry() -> None:
    """A mistake in the second session is reported on its own line."""
    text = b"id: e\ntitle: E\nsessions:\n  - id: a\n    title: A\n  - id: 'B B'\n    title: B\n"
    with pytest.raises(InvalidDocumentError) as caught:
        documents.validate(documents.parse("event.yaml", text), Event)
    assert mistakes(caught.value) == [(6, "sessions.1.id")]


_MARKS = st.text(st.sampled_from("&*!ab<>%|:-?#,[]{}'\"\\\n\t \u2028\ufeffé"), max_size=24)


@given(st.one_of(_MARKS, st.builds("{}{}{}".format, _MARKS, st.sampled_from(["&a b", "*a", "!t b", "!<t> b"]), _MARKS)))
def test_no_anchor_hides_from_the_quick_look(text: str) -> None:
    """Every document with an anchor, an alias or a tag is one that is looked at event by event."""
    try:
        events = list(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError:
        return
    if any(getattr(one, "anchor", None) or getattr(one, "tag", None) for one in events):
        with pytest.raises(InvalidDocumentError, match=r"anchors|tags"):
            documents.parse("event.yaml", text.encode())
