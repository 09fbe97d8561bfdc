"""schedule version 2, as the hub of the Chaos events writes it: a flat list of events with references."""

from __future__ import annotations

from typing import Any

from catalog.programme import times
from catalog.programme.base import RawTalk, Reading, Where
from catalog.programme.frab_json import read_conference, read_duration, read_links, read_people
from catalog.programme.jsontree import entries, first, items, mapping, opted_out

NAME = "hub schedule v2"

_GONE = frozenset({"REJECTED", "CANCELED", "CANCELLED", "WITHDRAWN", "DELETED", "DRAFT", "SUBMITTED"})
_NOT_RECORDED = frozenset({"RECORDING_FORBIDDEN", "NOT_RECORDED_BY_DEFAULT"})


def matches(data: Any) -> bool:
    """Whether this is such a file: ``schedule.events`` beside ``schedule.conference``."""
    schedule = mapping(mapping(data).get("schedule"))
    return "events" in schedule and "conference" in schedule


def read(data: Any, reading: Reading) -> None:
    """Read a document."""
    schedule = mapping(data["schedule"])
    conference = mapping(schedule.get("conference"))
    read_conference(schedule, conference, reading)
    rooms = _by_reference(conference.get("rooms"))
    tracks = _by_reference(conference.get("tracks"))
    talks = schedule.get("events")
    talks = list(talks.values()) if isinstance(talks, dict) else talks
    for entry, where in entries(reading, talks, Where(path="schedule.events")):
        state = first(entry, "state").upper()
        if state in _GONE:
            reading.leave_out(where, f"{first(entry, 'title')[:80]!r} is marked as {state.lower()}")
            continue
        reading.add(_talk(entry, where, reading, rooms, tracks))


def _talk(
    entry: dict[str, Any], where: Where, reading: Reading, rooms: dict[str, Any], tracks: dict[str, Any]
) -> RawTalk:
    start = times.moment(first(entry, "start", "date"))
    if start is None and first(entry, "start", "date"):
        reading.warn(where.child("start"), "the time of this entry is not readable")
    room = _resolve(entry.get("room"), rooms)
    forbidden = first(mapping(mapping(room).get("features")), "recording").upper() in _NOT_RECORDED
    return RawTalk(
        where=where,
        title=first(entry, "title"),
        keys=(first(entry, "code"), first(entry, "guid"), first(entry, "slug")),
        guid=first(entry, "guid"),
        subtitle=first(entry, "subtitle"),
        type=first(entry, "type").replace("_", " ").lower(),
        start=start,
        duration=read_duration(entry, where, start, reading),
        room=first(mapping(room), "name", "slug", "guid"),
        track=first(mapping(_resolve(entry.get("track"), tracks)), "name", "slug"),
        language=first(entry, "language"),
        abstract=first(entry, "abstract"),
        description=first(entry, "description"),
        people=tuple(read_people(items(entry.get("participants")) or items(entry.get("persons")))),
        links=tuple(read_links(entry)),
        licence=first(entry, "recording_license"),
        do_not_record=opted_out(entry.get("do_not_record")) or forbidden,
    )


def _by_reference(value: Any) -> dict[str, Any]:
    """Rooms or tracks by guid, slug and name."""
    found: dict[str, Any] = {}
    for one in items(value):
        for name in ("name", "slug", "guid"):
            if isinstance(one, dict) and (key := first(one, name)):
                found[key] = one
    return found


def _resolve(reference: Any, known: dict[str, Any]) -> dict[str, Any]:
    """What a reference (an object with guid, slug or name, or one of them as text) points to, else itself."""
    own = reference if isinstance(reference, dict) else {"name": reference}
    for name in ("guid", "slug", "name"):
        if (found := known.get(first(own, name))) is not None:
            return {**own, **mapping(found)}
    return own
