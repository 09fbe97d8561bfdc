"""Spreadsheets saved as XLSX by Excel, LibreOffice, Google Sheets: every sheet with the headers of a programme."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from catalog.programme import table
from catalog.programme.base import MAX_TALKS, Reading, Where, refuse

NAME = "spreadsheet (XLSX)"
MAX_UNPACKED = 64 * 1024 * 1024
"""Bytes that the parts of a workbook may have when they are unpacked."""
MAX_SHEETS = 100
MAX_COLUMNS = 500
_OTHERS = {
    b"\xd0\xcf\x11\xe0": "the old Excel format (XLS)",
    b"PK\x03\x04": "a ZIP file, or a spreadsheet of another kind",
}
_HINT = "open it in a spreadsheet program and save it as XLSX or CSV"


def looks_like(content: bytes) -> bool:
    """Whether this is a packed document: a workbook, or something that ``read`` refuses with what to do."""
    return content[:4] in _OTHERS


def read(content: bytes, reading: Reading) -> None:
    """Read every sheet that has the headers of a programme.

    Raises:
        InvalidDocumentError: it is not such a workbook, is damaged or too large, or no sheet has such headers.
    """
    import openpyxl  # noqa: PLC0415 (it takes long to load, and few programmes are workbooks)

    _check(content, reading.name)
    tables = []
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets[:MAX_SHEETS]:
            rows = list(islice(_rows(sheet), MAX_TALKS + table.HEADER_ROWS))
            found = table.header(rows)
            tables += [table.under(rows, found, sheet=str(sheet.title))] if found else []
            if rows and not found:
                reading.note(
                    Where(path=str(sheet.title)), "this sheet has no headers of a programme; it was passed over"
                )
    except Exception as error:  # the library documents none, and a damaged file raises many
        raise refuse(reading.name, f"this workbook cannot be read: {error}"[:300], _HINT) from error
    if not tables:
        raise refuse(reading.name, "no sheet has a row with the headers of a programme: a title and one other", _HINT)
    for one in tables:
        table.read(one, reading)


def _check(content: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = {part.filename: part.file_size for part in packed.infolist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        parts = {}
    if "xl/workbook.xml" not in parts:
        raise refuse(name, f"this is {_OTHERS[content[:4]]}, which is not read", _HINT)
    if sum(parts.values()) > MAX_UNPACKED:  # a part cannot unpack to more than it says: zipfile stops there
        raise refuse(name, f"unpacked it has {sum(parts.values())} bytes; at most {MAX_UNPACKED} are read")


def _rows(sheet: Any) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Rows that are not empty, with their number."""
    sheet.reset_dimensions()  # what the file says of its size is often wrong
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        texts = tuple(_text(cell) for cell in cells[:MAX_COLUMNS])
        if any(texts):
            yield number, texts


def _text(cell: Any) -> str:
    """A cell as a person sees it: dates without the midnight that a workbook stores with them."""
    value = cell.value
    if isinstance(value, datetime):
        has_time = value.time() != time() or "h" in str(cell.number_format).lower()
        return value.isoformat(" ", "minutes") if has_time else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat() if isinstance(value, date) else value.isoformat("minutes")
    if isinstance(value, timedelta):
        minutes = round(value / timedelta(minutes=1))
        return f"{minutes // 60}:{minutes % 60:02d}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)[: table.CELL]
