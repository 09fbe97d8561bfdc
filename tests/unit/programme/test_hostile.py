"""Programmes made to harm: refused or harmless, within bounded time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from catalog.errors import InvalidDocumentError
from catalog.programme import base, read, read_many

FRAB = (
    "<schedule><conference><title>M</title></conference>"
    '<day date="2024-05-01"><room name="A">{}</room></day></schedule>'
)
SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\x00\x1b\u202e"


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    """Every one of these takes less than ten seconds of processor time."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < 10


def test_entity_bombs_are_refused() -> None:
    """A billion laughs is refused before the first laugh."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = (
        f'<!DOCTYPE s [<!ENTITY l0 "lol">{entities}]><schedule><conference><title>&l9;</title></conference></schedule>'
    )
    with pytest.raises(InvalidDocumentError, match="entity declarations"):
        read("bomb.xml", bomb.encode())


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!ENTITY x SYSTEM "http://127.0.0.1:9/x">',
        '<!ENTITY % x SYSTEM "file:///etc/passwd">%x;',
    ],
)
def test_external_entities_are_refused(declaration: str) -> None:
    """No file is read and no address opened on behalf of a document."""
    document = f"<!DOCTYPE s [{declaration}]>" + FRAB.format("<event id='1'><title>&x;</title></event>")
    with pytest.raises(InvalidDocumentError, match="entity declarations"):
        read("x.xml", document.encode())


def test_an_external_document_type_is_not_fetched() -> None:
    """A DOCTYPE that points outside is refused; one that does not is passed over."""
    document = '<!DOCTYPE schedule SYSTEM "http://127.0.0.1:9/schedule.dtd">' + FRAB.format(
        "<event id='1'><title>T</title></event>"
    )
    with pytest.raises(InvalidDocumentError, match="references to other files"):
        read("x.xml", document.encode())
    assert read("x.xml", document.replace(' SYSTEM "http://127.0.0.1:9/schedule.dtd"', "").encode()).sessions == 1


@pytest.mark.parametrize(
    "content",
    [
        b"<a>" * 100_000,
        b"<schedule>" + b"<day>" * 50 + b"</day>" * 50 + b"</schedule>",
        b"<schedule><conference>" + b"<x/>" * 500_000 + b"</conference></schedule>",
        b"[" * 100_000,
        b'{"a":' * 70 + b"1" + b"}" * 70,
        b'{"a": ' + b"9" * 10_000 + b"}",
        b"<schedule><conference><title>\xff\xfe</title></conference></schedule>",
        b'<?xml version="1.0" encoding="no-such"?><schedule/>',
        b"<schedule><conference>",
        b'{"schedule": ',
        b"talks: &a [x]\nb: *a\n",
        b"talks: !!python/object/apply:os.system [id]\n",
        b"talks: {a: {b: " + b"{c: " * 100 + b"1" + b"}" * 102,
        b'title,start\n"' + b"x" * 300_000,
    ],
)
def test_deep_large_and_broken_documents_are_refused(content: bytes) -> None:
    """Each is refused with a message that names the file."""
    with pytest.raises(InvalidDocumentError) as caught:
        read("hostile", content)
    assert caught.value.reference == "hostile"
    assert caught.value.findings[0].message


def test_too_large_and_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limits nothing is parsed, or reading stops."""
    with pytest.raises(InvalidDocumentError, match="at most"):
        read("big.csv", b"title,start\n" + b"x" * base.MAX_BYTES)
    with pytest.raises(InvalidDocumentError, match="at most"):
        read_many({"a.md": b"x" * base.MAX_BYTES, "b.md": b"y"})
    entries = "".join(f"<event id='{n}'/>" for n in range(base.MAX_TALKS + 1))
    with pytest.raises(InvalidDocumentError, match=f"more than {base.MAX_TALKS} entries"):
        read("many.xml", FRAB.format(entries).encode())


def test_scripts_in_every_field_of_xml_are_inert() -> None:
    """No tag survives in titles and names; control characters are gone; addresses are of the web or absent."""
    escaped = SCRIPT.replace("&", "&amp;").replace("<", "&lt;").replace("\x00", "").replace("\x1b", "")
    names = (
        "title",
        "subtitle",
        "track",
        "type",
        "room",
        "abstract",
        "description",
        "language",
        "url",
        "start",
        "duration",
    )
    fields = "".join(f"<{name}>{escaped}</{name}>" for name in names)
    people = f"<persons><person id='1'>{escaped}</person></persons>"
    links = f'<links><link href="javascript:alert(1)">{escaped}</link></links>'
    programme = read("x.xml", FRAB.format(f"<event id='../../x'>{fields}{people}{links}</event>").encode())
    _assert_inert(programme.event.model_dump_json())
    (session,) = programme.event.sessions
    assert session.links == ()
    assert "/" not in session.id


def test_scripts_in_every_field_of_json_and_csv_are_inert() -> None:
    """The same for free-form records."""
    names = (
        "id",
        "title",
        "abstract",
        "room",
        "track",
        "type",
        "language",
        "speakers",
        "url",
        "video",
        "licence",
        "affiliation",
    )
    record = dict.fromkeys(names, SCRIPT) | {"start": "2024-05-01 10:00"}
    _assert_inert(read("x.json", json.dumps([record]).encode()).event.model_dump_json())
    row = ",".join('"' + SCRIPT.replace('"', '""').replace("\x00", "") + '"' for _ in names)
    _assert_inert(read("x.csv", f"{','.join(names)}\n{row}\n".encode()).event.model_dump_json())


def test_scripts_in_a_page_are_inert() -> None:
    """Front matter, headings, credits, embeddings and prose of a page."""
    page = (
        f"---\ntitle: x\n---\n# {SCRIPT}\n*Presenter: {SCRIPT}*\n{SCRIPT}\n## {SCRIPT}\n"
        + '{% include vimeo.html id="100000001" %}'
    )
    _assert_inert(read("x.md", page.encode()).event.model_dump_json())


def test_half_surrogates_and_strange_titles_have_safe_ids() -> None:
    """Titles without letters, with path parts, reserved or endless: an id below the prefix, each its own."""
    titles = ["../..", "日本語", "\ud800", "\ud800", "x" * 2000, "con", "index", "a/b", "A B", "a b", "-", "😀"]
    records = [{"title": title, "start": "2024-05-01 10:00"} for title in titles]
    programme = read("x.json", json.dumps(records).encode())
    ids = [session.id for session in programme.event.sessions]
    assert programme.sessions == len(titles)
    assert len(set(ids)) == len(ids)
    assert all(set(one) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_") and len(one) <= 80 for one in ids)


def test_findings_are_bounded() -> None:
    """A file with a mistake in every one of 10,000 entries gives a bounded list that tells how many more there are."""
    entries = "".join(f"<event id='{n}' guid='x'><title>T</title></event>" for n in range(10_000))
    programme = read("x.xml", FRAB.format(entries).encode())
    assert programme.sessions == 10_000
    assert len(programme.findings) <= base.MAX_FINDINGS + 1
    assert "further findings" in programme.findings[-1].message


def _assert_inert(written: str) -> None:
    assert "<script" not in written
    assert "<img" not in written
    assert "javascript:" not in written
    assert "\\u0000" not in written
    assert "\\u001b" not in written
