"""Programmes in the formats organisers have, read into one model.

    read(name, content) -> Programme        one file
    read_many({name: content}) -> Programme  several files of one programme

Every reader is pure (bytes in, event and findings out), finds its format by what the file contains, and loses no talk:
what does not become a session is listed in ``Programme.left_out``. ``docs/programmes.md`` says how fields map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catalog import documents
from catalog.programme import (
    europython_xml,
    frab_json,
    frab_xml,
    hub,
    ical,
    indico,
    jsontree,
    other_json,
    pretalx,
    sreview,
    table,
    xmltree,
)
from catalog.programme.assemble import assemble
from catalog.programme.base import MAX_BYTES, Options, Programme, Reading, refuse

__all__ = ["Options", "Programme", "read"]


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
    reading = Reading(name, options or Options())
    start = content.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    if not start:
        raise refuse(name, "the file is empty", "export it again")
    if start == b"<":
        return _with(_XML, xmltree.parse(name, content), reading)
    if start in (b"{", b"["):
        return _with(_JSON, jsontree.parse(name, content), reading)
    if ical.matches(content):
        ical.read(content, reading)
        return assemble(reading, ical.NAME)
    if (found := table.find(name, content)) is not None:
        table.read(found, reading)
        return assemble(reading, table.NAME)
    return _with(_YAML, documents.parse(name, content), reading)


def _with(formats: tuple[_Format, ...], document: Any, reading: Reading) -> Programme:
    for form in formats:
        if form.matches(document):
            form.read(document, reading)
            return assemble(reading, form.name)
    known = ", ".join(one.name for one in (*_XML, *_JSON, *_YAML)) + f", {ical.NAME}, {table.NAME}"
    raise refuse(reading.name, "this is not a programme in a format that is known", f"known are: {known}")
