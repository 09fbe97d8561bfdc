"""JSON without a published format: talks are found by what their fields are called.

Covers EuroPython's and fortee's timetables, lists made by hand or by third-party tools, single records of pyvideo: any
object that has a title and something else a talk has (a time, people, an abstract, a video …) is an entry, wherever it
lies. Days and rooms around it count for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.programme import records, text, times, vocabulary
from catalog.programme.base import RawLink, Reading, Where
from catalog.programme.fields import one as text_of
from catalog.programme.jsontree import first

NAME = "JSON list of talks"

_TELLING = frozenset(
    {"start", "end", "date", "time", "duration", "people", "abstract", "description", "room", "track", "video"}
)
"""A title and one of these make a talk; a title and an address make a link."""
_PARTS = frozenset({"people", "video", "url", "slides", "organisation", "licence", "language"})
"""What lies in these belongs to a talk and is none itself."""
_EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class _Found:
    record: Mapping[str, Any]
    around: Mapping[str, str]
    where: Where


def matches(data: Any) -> bool:
    """Whether there is anything in it that looks like a talk."""
    return next(_talks(data, {}, Where(), ""), None) is not None


def read(data: Any, reading: Reading) -> None:
    """Read every talk, in the order of the file."""
    found = list(_talks(data, {}, Where(), ""))
    if isinstance(data, dict) and not any(one.record is data for one in found):
        _head(data, reading)
    unused: dict[str, None] = {}
    for one in found:
        known = vocabulary.fields_of(one.record)
        unused.update(dict.fromkeys(key for key in one.record if key not in known))
        values: dict[str, list[Any]] = {}
        for key, field in known.items():
            if one.record[key] not in _EMPTY:
                values.setdefault(field, []).append(one.record[key])
        for field, value in one.around.items():
            values.setdefault(field, [value])
        if gone := records.is_gone(values):
            reading.leave_out(one.where, f"{text_of(values, 'title')[:80]!r} is marked as {gone}")
        else:
            reading.add(records.talk(values, one.where, reading))
    if unused:
        reading.note(Where(), f"fields that were not used: {', '.join(repr(one[:40]) for one in list(unused)[:30])}")


def _talks(node: Any, around: Mapping[str, str], where: Where, key: str) -> Iterator[_Found]:
    """The talks within ``node``, which lies at ``key``; ``around`` is what the objects around it say."""
    if isinstance(node, list):
        for index, one in enumerate(node):
            yield from _talks(one, around, where.child(index), key)
    elif isinstance(node, dict):
        known = vocabulary.fields_of(node)
        here = {**around, **_context(node, known, key)}
        inner = False
        for name, value in node.items():
            if known.get(name) not in _PARTS and isinstance(value, (dict, list)):
                inside = {**here, "date": name} if times.day(name) else here
                if key == "rooms" and "room" not in here:
                    inside = {**inside, "room": name}
                for found in _talks(value, inside, where.child(name), name):
                    inner = True
                    yield found
        if not inner and _is_talk(node, known):
            yield _Found(node, around, where)


def _context(node: Mapping[str, Any], known: Mapping[str, str], key: str) -> dict[str, str]:
    """What an object says of the talks within it: its day, and its name where it is a room."""
    found = {}
    for name, field in known.items():
        if field == "date" and isinstance(node[name], str) and times.day(node[name][:10]):
            found["date"] = node[name][:10]
    if key == "rooms" and isinstance(node.get("name"), str):
        found["room"] = node["name"]
    return found


def _is_talk(record: Mapping[str, Any], known: Mapping[str, str]) -> bool:
    fields = {field for name, field in known.items() if record[name] not in _EMPTY}
    return "title" in fields and bool(fields & _TELLING)


def _head(data: dict[str, Any], reading: Reading) -> None:
    """What the outermost object says of the event."""
    for one in (data, *(data[key] for key in ("conference", "event", "meta") if isinstance(data.get(key), dict))):
        reading.event.title = reading.event.title or first(one, "title", "name", "conference", "event")
        reading.event.timezone = reading.event.timezone or first(one, "timezone", "time_zone_name", "time_zone")
        reading.event.key = reading.event.key or first(one, "acronym", "slug", "id")
        reading.event.abstract = reading.event.abstract or first(one, "description")
        reading.event.start = reading.event.start or times.day(first(one, "start_date", "start")[:10])
        reading.event.end = reading.event.end or times.day(first(one, "end_date", "end")[:10])
        if text.is_web_address(first(one, "url")) and not reading.event.links:
            reading.event.links = (RawLink(first(one, "url")),)
