"""Where a frab schedule breaks the published schema (https://c3voc.de/wiki/schedule), as findings with positions.

Written from the rules of the XSD and the JSON Schema (v1). Breaches lose nothing: the readers are lenient.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.programme.base import Where
from catalog.programme.xmltree import Element


@dataclass(frozen=True)
class Breach:
    """One breach of the published schema."""

    where: Where
    message: str


@dataclass(frozen=True)
class _Shape:
    """What the schema says of one kind of object."""

    known: frozenset[str]
    required: frozenset[str] = frozenset()
    patterns: tuple[tuple[str, str], ...] = ()


_DATE_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d{1,2}:\d\d)"
_DATE = rf"\d{{4}}-\d\d-\d\d|{_DATE_TIME}"
_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_WEB = r"https?://\S*"
_NUMBER = r"[0-9]*[1-9][0-9]*"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_XML_SCHEDULE = _Shape(_names("generator url version conference day"), _names("version conference day"))
_XML_CONFERENCE = _Shape(
    _names("title acronym start end days timeslot_duration base_url logo url time_zone_name color track"),
    patterns=(
        ("acronym", r"[a-z0-9_-]{4,}"),
        ("start", _DATE),
        ("end", _DATE),
        ("days", r"[+-]?\d+"),
        ("timeslot_duration", r"\d{1,2}:\d\d(:\d{1,2})?"),
        ("base_url", _WEB),
        ("url", _WEB),
        ("logo", _WEB),
    ),
)
_XML_DAY = _Shape(_names("room"))
_XML_ROOM = _Shape(_names("event"))
_XML_EVENT = _Shape(
    _names("room title subtitle type date start duration abstract slug track logo persons language description")
    | _names("recording links attachments video_download_url url feedback_url origin_url"),
    _names("room title type date start duration abstract track"),
    (
        ("date", _DATE_TIME),
        ("start", r"[0-2]\d:[0-5]\d(:[0-5]\d)?"),
        ("duration", r"\d{1,2}:\d\d(:\d{1,2})?"),
        ("slug", r"[a-z0-9_]{4,}-[a-z0-9_-]{4,}"),
        ("logo", rf"({_WEB})?"),
        ("url", _WEB),
        ("feedback_url", _WEB),
        ("origin_url", _WEB),
        ("video_download_url", _WEB),
    ),
)
_XML_RECORDING = _Shape(_names("license optout url link"), _names("license optout"), (("optout", r"true|false|0|1"),))

_JSON_CONFERENCE = _Shape(
    _names("acronym title description start end daysCount timeslot_duration time_zone_name logo colors keywords url")
    | _names("tracks rooms meta days"),
    _names("title acronym days daysCount start end timeslot_duration"),
    (
        ("acronym", r"[a-z0-9_-][a-z0-9_]{3,}(-2[0-9]{3}-[a-z]+)?"),
        ("time_zone_name", r"([A-Z][a-z]+/[A-Z][a-z]+.*)|(.*UTC)"),
    ),
)
_JSON_DAY = _Shape(_names("index date day_start day_end rooms"), _names("date day_end day_start index rooms"))
_JSON_EVENT = _Shape(
    _names("guid code id logo date start end duration room slug url title subtitle track type language abstract")
    | _names(
        "description recording_license do_not_record do_not_stream persons links feedback_url origin_url attachments"
    ),
    _names("abstract date duration guid id language links persons room slug start subtitle title track type url"),
    (
        ("slug", r"[a-z0-9_-]+[a-z0-9]"),
        ("start", r"(0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]"),
        ("duration", r"[0-9]+:[0-9]{2}"),
        ("code", r"[A-Z0-9]+"),
    ),
)


def check_xml(root: Element) -> Iterator[Breach]:
    """Breaches of the XSD in a schedule.xml, in the order of the file."""
    yield from _element(root, _XML_SCHEDULE)
    if conference := root.child("conference"):
        yield from _element(conference, _XML_CONFERENCE)
    seen: dict[str, set[str]] = {"id": set(), "guid": set(), "code": set(), "slug": set()}
    for day in root.all("day"):
        yield from _element(day, _XML_DAY)
        yield from _attributes(day, (("start", _DATE_TIME), ("end", _DATE_TIME), ("index", _NUMBER)))
        for room in day.all("room"):
            yield from _element(room, _XML_ROOM)
            yield from _attributes(room, (("name", r"(?s:.*)"),))
            for event in room.all("event"):
                yield from _event(event, seen)


def _event(event: Element, seen: dict[str, set[str]]) -> Iterator[Breach]:
    yield from _element(event, _XML_EVENT)
    yield from _attributes(event, (("id", _NUMBER), ("guid", _UUID)))
    if recording := event.child("recording"):
        yield from _element(recording, _XML_RECORDING)
    values = {name: event.attribute(name) for name in ("id", "guid", "code")} | {"slug": event.get("slug")}
    for name, value in values.items():
        if value and value in seen[name]:
            yield Breach(event.where, f"the schema wants each {name} once; {value[:60]!r} is repeated")
        seen[name].add(value)


def _element(element: Element, shape: _Shape) -> Iterator[Breach]:
    tags = [child.tag for child in element]
    if unknown := [tag for tag in dict.fromkeys(tags) if tag not in shape.known]:
        line = next(child.line for child in element if child.tag == unknown[0])
        yield Breach(Where(line, element.tag), f"the schema knows no {_list(unknown)} in <{element.tag}>")
    if missing := sorted(shape.required - set(tags)):
        yield Breach(element.where, f"the schema wants {_list(missing)} in <{element.tag}>")
    patterns = dict(shape.patterns)
    for child in element:
        value = child.text.strip()
        if child.tag in patterns and not re.fullmatch(patterns[child.tag], value, re.ASCII):
            yield Breach(child.where, f"{value[:60]!r} has not the form the schema wants")


def _attributes(element: Element, patterns: Iterable[tuple[str, str]]) -> Iterator[Breach]:
    for name, pattern in patterns:
        value = element.attributes.get(name)
        place = Where(element.line, f"{element.tag}.{name}")
        if value is None:
            yield Breach(place, f"the schema wants the attribute {name}")
        elif not re.fullmatch(pattern, value, re.ASCII):
            yield Breach(place, f"{value[:60]!r} has not the form the schema wants")


def check_conference(conference: Mapping[str, Any], where: Where) -> Iterator[Breach]:
    """Breaches of the JSON Schema in the head of a schedule.json."""
    yield from _object(conference, _JSON_CONFERENCE, where)


def check_day(day: Mapping[str, Any], where: Where) -> Iterator[Breach]:
    """Breaches in a day."""
    yield from _object(day, _JSON_DAY, where)


def check_event(event: Mapping[str, Any], where: Where) -> Iterator[Breach]:
    """Breaches in an entry."""
    yield from _object(event, _JSON_EVENT, where)
    if "id" in event and (not isinstance(event["id"], int) or isinstance(event["id"], bool)):
        yield Breach(where.child("id"), f"the schema wants a number, not {str(event['id'])[:60]!r}")
    for index, person in enumerate(event["persons"] if isinstance(event.get("persons"), list) else ()):
        if isinstance(person, dict) and not isinstance(person.get("id", 0), int):
            place = where.child("persons").child(index).child("id")
            yield Breach(place, f"the schema wants a number, not {str(person['id'])[:60]!r}")


def _object(value: Mapping[str, Any], shape: _Shape, where: Where) -> Iterator[Breach]:
    if unknown := [key for key in value if key not in shape.known]:
        yield Breach(where, f"the schema knows no {_list(unknown)} here")
    for name in sorted(shape.required - set(value)):
        yield Breach(where, f"the schema wants {name!r}")
    for name, pattern in shape.patterns:
        text = value.get(name)
        if isinstance(text, str) and not re.fullmatch(pattern, text, re.ASCII):
            yield Breach(where.child(name), f"{text[:60]!r} has not the form the schema wants")


def _list(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(repr(name[:40]) for name in shown[:8]) + (" …" if len(shown) > 8 else "")
