"""Schedules of SReview in YAML: ``name`` and ``talks``, as its ``SReview::Schedule::Yaml`` reads them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from catalog.documents import Document
from catalog.fields import slugify
from catalog.programme import times
from catalog.programme.base import RawPerson, RawTalk, Reading, Where
from catalog.programme.jsontree import first, items, mapping, string

NAME = "SReview YAML"


def looks_like(content: bytes) -> bool:
    """Whether it is worth parsing as YAML: a line begins with ``talks:``."""
    return re.search(rb"(?m)^talks[ \t]*:", content) is not None


def matches(document: Document) -> bool:
    """Whether this is such a file."""
    return isinstance(mapping(document.data).get("talks"), list)


def read(document: Document, reading: Reading) -> None:
    """Read a document."""
    data = mapping(document.data)
    reading.event.title = first(data, "name", "title")
    reading.event.key = first(data, "id", "slug", "acronym")
    reading.event.timezone = first(data, "timezone")
    for index, entry in enumerate(data["talks"]):
        where = Where(document.line(("talks", index)), f"talks.{index}")
        if isinstance(entry, dict):
            reading.add(_talk(entry, where, reading))
        else:
            reading.leave_out(where, f"a talk was expected here, not {str(entry)[:60]!r}")


def _talk(entry: dict[str, Any], where: Where, reading: Reading) -> RawTalk:
    start, end = _moment(first(entry, "starttime", "start")), _moment(first(entry, "endtime", "end"))
    if start is None:
        reading.warn(where.child("starttime"), "the time of this talk is missing or not readable")
    length = times.duration(first(entry, "length_minutes", "length", "duration")) or times.between(start, end)
    title = first(entry, "title")
    return RawTalk(
        where=where,
        title=title,
        # SReview's own rule: the id, else the slug, else a slug of the title.
        keys=(first(entry, "id"), first(entry, "slug"), slugify(title, fallback="session") if title else ""),
        subtitle=first(entry, "subtitle"),
        start=start,
        duration=length,
        room=_name(entry.get("room")),
        track=_name(entry.get("track")),
        language=first(entry, "language"),
        abstract=first(entry, "abstract", "description"),
        description=first(entry, "description") if first(entry, "abstract") else "",
        people=tuple(RawPerson(_name(one), role="speaker") for one in items(entry.get("speakers"))),
    )


def _name(value: Any) -> str:
    return first(value, "name") if isinstance(value, dict) else string(value)


def _moment(written: str) -> datetime | None:
    """ISO 8601, optionally with the name of a time zone after it."""
    if (found := times.moment(written)) is not None:
        return found
    match = re.fullmatch(r"(.+?) ([A-Z][\w+/-]+)", written)
    found = times.moment(match[1]) if match else None
    if match is None or found is None or found.tzinfo:
        return None
    try:
        return found.replace(tzinfo=UTC if match[2] == "UTC" else ZoneInfo(match[2]))
    except (KeyError, ValueError, OSError):
        return None
