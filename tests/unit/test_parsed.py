"""What is remembered of parsed documents: the same data, the same mistakes at the same lines."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from catalog import documents
from catalog.documents import Document
from catalog.errors import InvalidDocumentError
from catalog.programme import native
from pipeline import parsed
from pipeline.catalogue import load
from pipeline.parsed import ParsedDocuments
from pipeline.programmes import import_programme

EVENT = """\
title: "2021"
start: 2021-06-28
abstract: |
  Yes: no, "1.50" and ~
sessions:
- id: opening
  title: Ouverture été 🌍
  languages: [no, 1, 1.50, true, null, "true", ~]
"""


@pytest.fixture(autouse=True)
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every document counts as a large one."""
    monkeypatch.setattr(parsed, "WORTH", 0)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of documents that were parsed."""
    names: list[str] = []
    parse = documents.parse

    def told(name: str, content: bytes) -> Document:
        names.append(name)
        return parse(name, content)

    monkeypatch.setattr(documents, "parse", told)
    return names


def read(path: Path, content: str) -> Document:
    """As one run does."""
    known = ParsedDocuments(path)
    document = known.document("meeting/event.yaml", content.encode())
    known.keep()
    return document


def test_a_document_is_parsed_once(tmp_path: Path, counted: list[str]) -> None:
    """The data are the same, of each type; another text is parsed, and so is what only looks remembered."""
    path = tmp_path / "documents.db"
    first = read(path, EVENT)
    assert read(path, EVENT).data == first.data == documents.parse("x", EVENT.encode()).data
    assert len(counted) == 2
    assert json.dumps(read(path, EVENT.replace("2021-06", "2022-06")).data) != json.dumps(first.data)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE documents SET data = '{'")
    assert read(path, EVENT).data == first.data
    path.write_bytes(b"no database")
    assert read(path, EVENT).data == first.data
    counted.clear()
    assert read(path, EVENT).data == first.data
    assert counted == []


def test_mistakes_keep_their_lines(tmp_path: Path) -> None:
    """Whether it was parsed now or earlier, a mistake is told with its line and field."""
    told = []
    for _ in range(2):
        document = read(tmp_path / "documents.db", EVENT)
        with pytest.raises(InvalidDocumentError) as caught:
            native.read(document, folder="meeting")
        told.append([(one.line, one.field, one.message) for one in caught.value.findings])
    assert told[0] == told[1]
    assert {line for line, _, _ in told[0]} == {8}


def test_a_catalogue_without_a_workspace_gets_none(tmp_path: Path, counted: list[str]) -> None:
    """Reading a catalogue leaves nothing behind; where there is a workspace, the next reading is faster."""
    (tmp_path / "catalogue.yaml").write_text("title: Meetings\n")
    (tmp_path / "meeting").mkdir()
    (tmp_path / "meeting" / "event.yaml").write_text("title: Meeting\n")
    first = load(tmp_path, import_programme)
    assert not (tmp_path / ".aftertalk").exists()
    (tmp_path / ".aftertalk").mkdir()
    load(tmp_path, import_programme)
    counted.clear()
    assert load(tmp_path, import_programme).events == first.events
    assert "meeting/event.yaml" not in counted
