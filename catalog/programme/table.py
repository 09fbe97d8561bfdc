"""Tables: headers in many languages, one row for each talk; and spreadsheets saved as CSV with any separator."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from catalog.programme import records, vocabulary
from catalog.programme.base import MAX_TALKS, Reading, Where, refuse
from catalog.programme.fields import one

NAME = "spreadsheet (CSV)"

_SEPARATORS = ",;\t|"
HEADER_ROWS = 30
"""The row of headers is looked for in so many rows; people put titles above it."""
_ENCODINGS = ("cp1252", "cp1251", "cp1250", "cp1253", "cp1256", "cp932", "gb18030", "cp949", "big5")
"""What spreadsheets save where it is not UTF-8; the one in which most headers are understood, the first of equals."""
CELL = 200_000
"""Characters of a cell at most."""
Row = tuple[int, tuple[str, ...]]
"""A line number, counted from 1, and the cells."""


@dataclass(frozen=True)
class Table:
    """A table whose headers were understood."""

    headers: tuple[str, ...]
    fields: dict[str, str]
    rows: tuple[Row, ...]
    """Line number and cells of every row below the headers."""
    encoding: str = "utf-8"
    sheet: str = ""
    """Of a workbook."""


def find(name: str, content: bytes) -> Table | None:
    """The table in a file; ``None`` when no row looks like the headers of a programme (a title and something else).

    Raises:
        InvalidDocumentError: there are such headers, but a cell below them is not closed or is too large.
    """
    best: tuple[int, int, str, str, str] | None = None
    for written, encoding in _decoded(content):
        for separator in _SEPARATORS:
            found = header(_rows(written, separator))
            if found and (best is None or found[0] > best[0]):
                best = *found, written, encoding, separator
    if best is None:
        return None
    score, index, written, encoding, separator = best
    rows = list(islice(_rows(written, separator), MAX_TALKS + HEADER_ROWS + 1))
    _check_quotes(name, written, separator)
    return under(rows, (score, index), encoding=encoding)


def header(rows: Iterable[Row]) -> tuple[int, int] | None:
    """The row that looks most like headers of a programme: how many are understood, and its index."""
    best: tuple[int, int] | None = None
    for index, (_, cells) in enumerate(islice(rows, HEADER_ROWS)):
        understood = set(vocabulary.fields_of(cells).values())
        if "title" in understood and len(understood) > 1 and (best is None or len(understood) > best[0]):
            best = len(understood), index
    return best


def under(rows: Sequence[Row], found: tuple[int, int], *, encoding: str = "utf-8", sheet: str = "") -> Table:
    """The table below the headers that ``header`` found."""
    (_, headers), *below = rows[found[1] :]
    return Table(headers, vocabulary.fields_of(headers), tuple(below), encoding, sheet)


def read(table: Table, reading: Reading) -> None:
    """Read the rows of a table."""
    at = Where(1, table.sheet)
    if table.encoding != "utf-8":
        reading.warn(at, f"the file is not UTF-8; it was read as {table.encoding}", "save it as 'CSV UTF-8'")
    if unused := [header for header in table.headers if header.strip() and header not in table.fields]:
        reading.note(at, f"columns that were not used: {', '.join(repr(one[:40]) for one in unused[:20])}")
    for line, cells in table.rows:
        where = Where(line, table.sheet)
        if not any(cell.strip() for cell in cells):
            continue
        values: dict[str, list[str]] = {}
        for header, cell in zip(table.headers, cells, strict=False):
            if header in table.fields and cell.strip():
                values.setdefault(table.fields[header], []).append(cell.strip())
        if extra := [cell for cell in cells[len(table.headers) :] if cell.strip()]:
            reading.warn(where, f"{len(extra)} cells are beyond the last column: {extra[0][:60]!r}")
        if not values:
            reading.leave_out(where, "nothing in this row is in a column that was understood")
        elif gone := records.is_gone(values):
            reading.leave_out(where, f"{one(values, 'title')[:80]!r} is marked as {gone}")
        else:
            reading.add(records.talk(values, where, reading))


def _decoded(content: bytes) -> Iterator[tuple[str, str]]:
    """The text and its encoding: by byte order mark, else UTF-8, else in every one that it may be."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            with suppress(UnicodeDecodeError):
                yield content.decode("utf-8-sig" if encoding == "utf-8" else encoding), "utf-8"
            return
    with suppress(UnicodeDecodeError):
        if b"\0" not in content:
            yield content.decode("utf-8"), "utf-8"
            return
    for encoding in _ENCODINGS if b"\0" not in content else ("utf-16-le", "utf-16-be"):
        with suppress(UnicodeDecodeError):
            yield content.decode(encoding, "replace" if encoding == "cp1252" else "strict"), encoding


def _rows(written: str, separator: str) -> Iterator[Row]:
    """Rows with the line they begin on; ends early where the text cannot be a table."""
    csv.field_size_limit(CELL)
    reader = csv.reader(io.StringIO(written, newline=""), delimiter=separator)
    start = 1
    try:
        for cells in reader:
            yield start, tuple(cells)
            start = reader.line_num + 1
    except csv.Error:
        return


def _check_quotes(name: str, written: str, separator: str) -> None:
    """Refuse a table in which a quotation mark is never closed: it would swallow the rows after it."""
    reader = csv.reader(io.StringIO(written, newline=""), delimiter=separator)
    start, last, final = 1, 1, [""]
    try:
        for cells in reader:
            last, start, final = start, reader.line_num + 1, cells
    except csv.Error as error:
        raise refuse(
            name, f"a cell cannot be read: {error}", "look for a missing quotation mark", Where(start)
        ) from error
    if final and not written.endswith(('"', '"\n', '"\r\n', '"\r')) and "\n" in final[-1]:
        hint = "add the missing quotation mark on this line"
        raise refuse(name, "a cell that begins with a quotation mark is never closed", hint, Where(last))
