"""Indico's export JSON: an event with its contributions or sessions, and timetables.

API: https://docs.getindico.io/en/stable/http-api/. ``detail=contributions`` gives talks, ``detail=sessions`` groups
them, ``/export/timetable/`` gives days with nested blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from catalog.model import LinkKind
from catalog.programme import times
from catalog.programme.base import RawLink, RawPerson, RawTalk, Reading, Where
from catalog.programme.jsontree import entries, first, items, mapping
from catalog.programme.links import link_kind

NAME = "Indico export"

_PEOPLE = (
    ("speakers", "speaker"),
    ("presenters", "speaker"),
    ("primaryauthors", "author"),
    ("coauthors", "author"),
    ("conveners", "chair"),
    ("sessionConveners", "chair"),
)


def matches(data: Any) -> bool:
    """Whether this is such an export."""
    head = mapping(data)
    if head.get("_type") == "HTTPAPIResult":
        return True
    return isinstance(head.get("results"), (list, dict)) and any(
        isinstance(one, dict) and ("_fossil" in one or "startDate" in one) for one in items(head["results"])
    )


def read(data: Any, reading: Reading) -> None:
    """Read an export. Several events in one file become one programme."""
    results = data.get("results")
    if isinstance(results, dict):
        _timetable(results, reading)
        return
    for number, (event, where) in enumerate(entries(reading, results, Where(path="results"))):
        if number == 0:
            _head(event, reading)
        else:
            reading.note(where, "a further event in the same file; its talks are read as well")
        _talks(event, where, reading)


def _head(event: dict[str, Any], reading: Reading) -> None:
    into = reading.event
    into.title = first(event, "title")
    into.key = f"indico-{first(event, 'id')}" if first(event, "id") else ""
    into.abstract = first(event, "description")
    into.timezone = first(event, "timezone")
    into.place = ", ".join(filter(None, (first(event, "roomFullname", "room"), first(event, "location"))))
    into.base_url = first(event, "url")
    start, end = _moment(event.get("startDate")), _moment(event.get("endDate"))
    into.start, into.end = start.date() if start else None, end.date() if end else None
    into.links = (RawLink(into.base_url),) if into.base_url else ()


def _talks(event: dict[str, Any], where: Where, reading: Reading) -> None:
    seen: set[str] = set()
    for entry, place in entries(reading, event.get("contributions"), where.child("contributions")):
        _take(entry, place, reading, track=_session_title(entry), seen=seen)
    for session, place in entries(reading, event.get("sessions"), where.child("sessions")):
        inner = list(entries(reading, session.get("contributions"), place.child("contributions")))
        for entry, inner_place in inner:
            _take(entry, inner_place, reading, track=first(session, "title"), seen=seen)
        if not inner:
            reading.add(_talk(session, place, type_name="session", track="", prefix="s"))
    if "contributions" not in event and "sessions" not in event:
        if first(event, "type") in {"simple_event", "lecture"}:
            reading.add(_talk(event, where, type_name="lecture", track="", prefix=""))
        else:
            hint = "export it with ?detail=contributions"
            reading.warn(where, "this export has the event only, without its talks", hint)


def _take(entry: dict[str, Any], where: Where, reading: Reading, *, track: str, seen: set[str]) -> None:
    """A contribution and the talks within it; one that is listed twice, alone and in its session, counts once."""
    key = first(entry, "db_id", "id")
    if key and key in seen:
        reading.note(where, f"{first(entry, 'title')[:80]!r} is listed a second time in the same file")
        return
    seen.add(key)
    talk = _talk(entry, where, type_name="", track=track, prefix="")
    reading.add(talk)
    for part, place in entries(reading, entry.get("subContributions"), where.child("subContributions")):
        inner = _talk(part, place, type_name="subcontribution", track=talk.title, prefix=f"{key}-")
        reading.add(RawTalk(**{**vars(inner), "start": inner.start or talk.start, "room": inner.room or talk.room}))


def _session_title(entry: dict[str, Any]) -> str:
    return first(entry, "session") or first(mapping(entry.get("session")), "title")


def _talk(entry: dict[str, Any], where: Where, *, type_name: str, track: str, prefix: str) -> RawTalk:
    start, end = _moment(entry.get("startDate")), _moment(entry.get("endDate"))
    length = times.duration(first(entry, "duration")) or times.between(start, end)
    key = first(entry, "friendly_id", "id", "contributionId", "db_id")
    return RawTalk(
        where=where,
        title=first(entry, "title"),
        keys=(f"{prefix}{key}" if key else "", first(entry, "code")),
        guid=first(entry, "db_id"),
        type=type_name or first(mapping(entry.get("type")), "name") or first(entry, "type"),
        start=start,
        duration=length,
        room=first(entry, "roomFullname", "room") or "",
        track=first(mapping(entry.get("track")), "title") or first(entry, "track") or track,
        language=first(entry, "language"),
        abstract=first(entry, "description", "abstract"),
        people=tuple(_people(entry)),
        links=tuple(_links(entry)),
    )


def _moment(value: Any) -> datetime | None:
    """``{"date": "2011-06-23", "time": "08:00:00", "tz": "Europe/Zurich"}``, or ISO 8601."""
    if isinstance(value, str):
        return times.moment(value)
    parts = mapping(value)
    moment = times.moment(f"{first(parts, 'date')}T{first(parts, 'time')}")
    zone = first(parts, "tz")
    try:
        return moment.replace(tzinfo=ZoneInfo(zone)) if moment and zone else moment
    except (KeyError, ValueError, OSError):
        return moment


def _people(entry: dict[str, Any]) -> Iterator[RawPerson]:
    """Speakers first; authors only where nobody is named as speaker."""
    found = False
    for field, role in _PEOPLE:
        if found and role == "author":
            continue
        for one in items(entry.get(field)):
            person = mapping(one)
            full = first(person, "fullName", "name", "full_name")
            name = " ".join(filter(None, (first(person, "first_name"), first(person, "last_name"))))
            if not name and "," in full:
                last, _, given = full.partition(",")
                name = f"{given.strip()} {last.strip().title() if last.isupper() else last.strip()}".strip()
            affiliation = first(person, "affiliation")
            found = found or bool(name or full)
            # Indico's id of a person is one per contribution, so it does not identify anybody.
            yield RawPerson(name or full, role=role, organisation=affiliation)


def _links(entry: dict[str, Any]) -> list[RawLink]:
    found = [RawLink(first(entry, "url"))]
    for folder in items(entry.get("folders")) + items(entry.get("material")):
        for one in items(mapping(folder).get("attachments")) + items(mapping(folder).get("resources")):
            attachment = mapping(one)
            url = first(attachment, "download_url", "link_url", "url")
            title = first(attachment, "title", "name", "filename")
            found.append(RawLink(url, link_kind("", f"{title} {url}", default=LinkKind.DOCUMENT), title))
    return [one for one in found if one.url]


def _timetable(results: dict[str, Any], reading: Reading) -> None:
    """``{event id: {"20110623": {entry id: entry}}}``; blocks hold their contributions in ``entries``."""
    for event_id, days in results.items():
        reading.event.key = reading.event.key or f"indico-{event_id}"
        reading.event.title = reading.event.title or f"Indico event {event_id}"
        for day, blocks in mapping(days).items():
            for key, block in mapping(blocks).items():
                _block(mapping(block), Where(path=f"results.{event_id}.{day}.{key}"), reading)


def _block(block: dict[str, Any], where: Where, reading: Reading) -> None:
    inner = mapping(block.get("entries"))
    if not inner:
        kind = first(block, "entryType").casefold()
        reading.add(_talk(block, where, type_name="" if kind == "contribution" else kind, track="", prefix=kind[:1]))
        return
    for key, one in inner.items():
        entry = mapping(one)
        kind = first(entry, "entryType").casefold()
        track = first(block, "title", "slotTitle")
        type_name = "" if kind == "contribution" else kind
        reading.add(_talk(entry, where.child("entries").child(key), type_name=type_name, track=track, prefix=kind[:1]))
