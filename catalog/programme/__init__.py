"""Programmes in the formats organisers have, read into one model.

    read(name, content) -> Programme        one file
    read_many({name: content}) -> Programme  several files of one programme

Every reader is pure (bytes in, event and findings out), finds its format by what the file contains, and loses no talk:
what does not become a session is listed in ``Programme.left_out``. ``docs/programmes.md`` says how fields map.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from catalog import documents
from catalog.errors import InvalidDocumentError
from catalog.programme import (
    europython_xml,
    frab_json,
    frab_xml,
    hub,
    ical,
    indico,
    jsontree,
    other_json,
    pages,
    pretalx,
    pyvideo,
    sessionize,
    sreview,
    table,
    workbook,
    xmltree,
)
from catalog.programme.assemble import assemble
from catalog.programme.base import MAX_BYTES, Options, Programme, Reading, Where, refuse

__all__ = ["Options", "Programme", "read", "read_many"]


@dataclass(frozen=True)
class _Format:
    """A format of a family: what its parsed documents look like, and how they are read."""

    name: str
    matches: Callable[[Any], bool]
    read: Callable[[Any, Reading], None]


_XML = (
    _Format(frab_xml.NAME, frab_xml.matches, frab_xml.read),
    _Format(europython_xml.NAME, europython_xml.matches, europython_xml.read),
)
_JSON = (
    _Format(hub.NAME, hub.matches, hub.read),
    _Format(frab_json.NAME, frab_json.matches, frab_json.read),
    _Format(indico.NAME, indico.matches, indico.read),
    _Format(pretalx.NAME, pretalx.matches, pretalx.read),
    _Format(sessionize.NAME, sessionize.matches, sessionize.read),
    _Format(pyvideo.NAME, pyvideo.matches, pyvideo.read),
    _Format(other_json.NAME, other_json.matches, other_json.read),
)
_YAML = (_Format(sreview.NAME, sreview.matches, sreview.read),)


def read(name: str, content: bytes, *, options: Options | None = None) -> Programme:
    """Read a programme.

    Args:
        name: how messages name the file; its ending is not looked at.
        content: the bytes of the file.
        options: what the file cannot say of itself.

    Raises:
        InvalidDocumentError: the file cannot be read at all: unknown format, broken, hostile or too large.
    """
    if len(content) > MAX_BYTES:
        raise refuse(name, f"the file has {len(content)} bytes; at most {MAX_BYTES} are read")
    if pages.is_page(name):
        return read_many({name: content}, options=options)
    reading = Reading(name, options or Options())
    return assemble(reading, _read_into(reading, content))


def read_many(files: Mapping[str, bytes], *, options: Options | None = None) -> Programme:
    """Read a programme that consists of several files: session pages of a static site, or one file for each talk.

    Args:
        files: names (relative to the folder, ``/`` as separator) and bytes; what is no programme is passed over.
        options: what the files cannot say of themselves.

    Raises:
        InvalidDocumentError: there is no talk in any of them, or they are several whole programmes.
    """
    total = sum(len(content) for content in files.values())
    if total > MAX_BYTES:
        raise refuse("the folder", f"its files have {total} bytes; at most {MAX_BYTES} are read")
    reading = Reading(next(iter(files), "the folder"), options or Options())
    pages.read(files, reading)
    formats = [pages.NAME] if reading.talks or reading.left_out else []
    if not formats:
        formats = _read_each(files, reading)
    if not formats:
        raise refuse("the folder", f"none of its {len(files)} files is a programme", _hint())
    return assemble(reading, formats[0])


def _read_each(files: Mapping[str, bytes], reading: Reading) -> list[str]:
    """Read every file that holds talks; those with one talk each make one programme together."""
    formats: list[str] = []
    several: list[str] = []
    for name, content in sorted(files.items()):
        own = Reading(name, reading.options)
        try:
            form = _read_into(own, content)
        except InvalidDocumentError as error:
            reading.note(Where(), f"{name} was passed over: {error.findings[0].message}")
            continue
        formats.append(form)
        several += [name] if len(own.talks) + len(own.left_out) > 1 else []
        reading.talks += own.talks
        reading.findings += own.findings
        reading.left_out += own.left_out
        if own.event.title and not reading.event.title:
            reading.event = own.event
    if several and len(formats) > 1 and set(formats) != {pretalx.NAME}:
        raise refuse("the folder", f"it has several programmes: {', '.join(several[:10])}", "name the one to read")
    return formats


def _read_into(reading: Reading, content: bytes) -> str:
    """Read one file by the format its content has; returns the name of the format."""
    name = reading.name
    start = content.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    if not start:
        raise refuse(name, "the file is empty", "export it again")
    if start == b"<":
        return _with(_XML, xmltree.parse(name, content), reading)
    if start in (b"{", b"["):
        return _with(_JSON, jsontree.parse(name, content), reading)
    if workbook.looks_like(content):
        workbook.read(content, reading)
        return workbook.NAME
    if ical.matches(content):
        ical.read(content, reading)
        return ical.NAME
    if (found := table.find(name, content)) is not None:
        table.read(found, reading)
        return table.NAME
    if sreview.looks_like(content):
        return _with(_YAML, documents.parse(name, content), reading)
    raise _unknown(name)


def _with(formats: tuple[_Format, ...], document: Any, reading: Reading) -> str:
    for form in formats:
        if form.matches(document):
            form.read(document, reading)
            return form.name
    raise _unknown(reading.name)


def _unknown(name: str) -> InvalidDocumentError:
    return refuse(name, "this is not a programme in a format that is known", _hint())


def _hint() -> str:
    known = [one.name for one in (*_XML, *_JSON, *_YAML)]
    return f"known are: {', '.join((*known, ical.NAME, table.NAME, workbook.NAME, pages.NAME))}"
