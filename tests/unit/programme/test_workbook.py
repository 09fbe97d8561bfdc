"""Spreadsheets saved as XLSX."""

from __future__ import annotations

import contextlib
import csv
import io
import zipfile
from datetime import date, datetime, time, timedelta
from functools import cache

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.errors import InvalidDocumentError
from catalog.programme import read, workbook


def book(**sheets: list[list[object]]) -> bytes:
    """A workbook with the rows of each sheet."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


HEADERS: list[object] = ["Code", "Title", "Date", "Start", "Duration", "Room", "Speakers", "Do not record"]


def test_every_sheet_of_talks_is_read() -> None:
    """Real dates, times, lengths, numbers and yes or no; a banner above the headers; a sheet for each day."""
    content = book(
        Monday=[
            ["Programme of the meeting"],
            [],
            HEADERS,
            [7, "Moss", date(2024, 5, 1), time(9, 30), timedelta(minutes=45), "Hall", "Ann Li; Bo Ek", True],
            ["b", "Fern", datetime(2024, 5, 1), 0.5, 30.0, "Hall", "Ann Li", False],
        ],
        Tuesday=[HEADERS[:4], ["c", "Lichen", "2024-05-02", datetime(2024, 5, 2, 14)]],
        Notes=[["to do"], ["order coffee"]],
    )
    programme = read("p.xlsx", content)
    assert (programme.format, programme.talks) == (workbook.NAME, 3)
    moss, fern, lichen = sorted(programme.event.sessions, key=lambda one: one.id)
    assert (moss.id, moss.start, moss.duration) == ("7", datetime(2024, 5, 1, 9, 30), timedelta(minutes=45))
    assert (moss.do_not_record, fern.do_not_record) == (True, False)
    assert [one.name for one in moss.people] == ["Ann Li", "Bo Ek"]
    assert fern.duration == timedelta(minutes=30)
    assert lichen.start == datetime(2024, 5, 2, 14)
    (passed,) = [one for one in programme.findings if one.field == "Notes"]
    assert "passed over" in passed.message


def test_a_finding_names_sheet_and_row() -> None:
    """People look for the row that their program shows, empty rows counted."""
    content = book(Talks=[["Title", "Start"], [], [], ["Moss", "tomorrow"]])
    (finding,) = [one for one in read("p.xlsx", content).findings if "tomorrow" in one.message]
    assert (finding.line, finding.field.split(".")[0]) == (4, "Talks")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (book(A=[["nothing"], ["here"]]), "no sheet"),
        (book(A=[]), "no sheet"),
        (b"PK\x03\x04" + bytes(100), "not read"),
        (b"\xd0\xcf\x11\xe0" + bytes(100), "XLS"),
        (book(A=[HEADERS])[:-60], "not read"),
    ],
)
def test_what_is_no_programme_is_refused(content: bytes, message: str) -> None:
    """Other sheets, other packed files, the old format, a damaged file: refused with what to do."""
    with pytest.raises(InvalidDocumentError, match=message) as caught:
        read("p.xlsx", content)
    assert "CSV" in caught.value.findings[0].hint


def test_a_bomb_is_refused_unopened() -> None:
    """A part that would unpack to more than is allowed."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<x/>")
        packed.writestr("xl/sharedStrings.xml", bytes(workbook.MAX_UNPACKED))
    with pytest.raises(InvalidDocumentError, match="at most"):
        read("p.xlsx", content.getvalue())


def test_a_cell_far_away_costs_nothing() -> None:
    """A sheet whose last cell is the last one possible is read like any other."""
    made = openpyxl.Workbook()
    made.active.append(["Title", "Start"])
    made.active.append(["Moss", "2024-05-01 10:00"])
    made.active.cell(1_048_576, 16_384, "x")
    content = io.BytesIO()
    made.save(content)
    assert read("p.xlsx", content.getvalue()).sessions == 1


@cache
def one_talk() -> bytes:
    """A workbook with a talk; made once, because it holds the time when it was made, and so differs in length."""
    return book(Talks=[HEADERS, ["a", "Moss", date(2024, 5, 1), time(9, 30), 30, "Hall", "Ann Li", "no"]])


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_is_refused_or_read(data: st.DataObject) -> None:
    """Bytes changed anywhere in the packed file, or in a part of it: never a crash."""
    content = bytearray(one_talk())
    for _ in range(3):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InvalidDocumentError):
        programme = read("p.xlsx", bytes(content))
        assert programme.talks == programme.sessions + len(programme.left_out)


WORDS = st.text(st.characters(exclude_categories=("Cc", "Cn", "Cs"), exclude_characters="="), min_size=1, max_size=12)
"""Without the sign that would make a formula of a cell."""


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS, st.integers(1, 600)), min_size=1, max_size=5))
def test_it_reads_as_the_same_sheet_saved_as_csv(rows: list[tuple[str, str, int]]) -> None:
    """Whatever the cells hold, both forms of a sheet give the same sessions."""
    table: list[list[object]] = [["Title", "Room", "Duration"], *(list(row) for row in rows)]
    text = io.StringIO()
    csv.writer(text).writerows(table)
    from_csv = read("p.csv", text.getvalue().encode())
    assert read("p.xlsx", book(Talks=table)).event.sessions == from_csv.event.sessions
