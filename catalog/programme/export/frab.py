"""schedule.xml and schedule.json (v1), valid by the published schemas. Format: https://c3voc.de/wiki/schedule."""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from catalog import urls
from catalog.feeds.scope import dump
from catalog.model import Event, Link, LinkKind, Session
from catalog.programme.export.guids import guids

_VERSION = "1"
_SLOT = "00:05"
_NO_ROOM = "-"
_ATTACHED = {LinkKind.SLIDES: "slides", LinkKind.DOCUMENT: "paper"}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def has_schedule(event: Event) -> bool:
    """Whether any session has a time."""
    return any(session.start for session in event.sessions)


def schedule_xml(event: Event, *, base_url: str) -> bytes:
    """The programme as schedule.xml.

    Args:
        event: with at least one session that has a time.
        base_url: where the catalogue is published, ``/`` at the end.
    """
    data = _schedule(event, base_url)
    conference = data["conference"]
    root = ET.Element("schedule")
    _add(root, "version", data["version"])
    head = ET.SubElement(root, "conference")
    for name in ("acronym", "title", "start", "end"):
        _add(head, name, conference[name])
    _add(head, "days", str(conference["daysCount"]))
    _add(head, "timeslot_duration", _SLOT)
    _add(head, "base_url", data["base_url"])
    _add(head, "time_zone_name", event.timezone)
    for day in conference["days"]:
        element = ET.SubElement(
            root,
            "day",
            {"index": str(day["index"]), "date": day["date"], "start": day["day_start"], "end": day["day_end"]},
        )
        for room, entries in day["rooms"].items():
            into = ET.SubElement(element, "room", {"name": _xml_text(room)})
            for entry in entries:
                _add_event(into, entry)
    ET.indent(root)
    written: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{written}\n'.encode()


def schedule_json(event: Event, *, base_url: str) -> bytes:
    """The programme as schedule.json; see ``schedule_xml`` for the arguments."""
    data = {"$schema": "https://c3voc.de/schedule/schema.json", "schedule": _schedule(event, base_url)}
    return dump(data)


def _schedule(event: Event, base_url: str) -> dict[str, Any]:
    """The value of ``schedule`` in a schedule.json."""
    event = event.localised()
    numbers, uuids = _numbers(event), guids(event)
    days: dict[date, list[Session]] = {}
    for session in sorted((one for one in event.sessions if one.start), key=lambda one: (one.start, one.id)):
        days.setdefault(event.day_of(session) or date.min, []).append(session)
    conference: dict[str, Any] = {
        "acronym": _acronym(event.id),
        "title": event.title,
        "start": (event.start or min(days)).isoformat(),
        "end": (event.end or max(days)).isoformat(),
        "daysCount": len(days),
        "timeslot_duration": _SLOT,
        "url": base_url + urls.event(event.id),
    }
    if re.match(r"[A-Z][a-z]+/[A-Z][a-z]+|UTC\Z", event.timezone):
        conference["time_zone_name"] = event.timezone
    conference["days"] = [
        _day(event, index, on, [_entry(event, one, numbers[one.id], uuids[one.id], base_url) for one in sessions])
        for index, (on, sessions) in enumerate(sorted(days.items()), start=1)
    ]
    return {"version": _VERSION, "base_url": base_url + urls.event(event.id), "conference": conference}


def _day(event: Event, index: int, on: date, entries: list[dict[str, Any]]) -> dict[str, Any]:
    rooms: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        rooms.setdefault(entry["room"], []).append(entry)
    zone = ZoneInfo(event.timezone)
    start = datetime.combine(on, event.day_change, zone)
    end = datetime.combine(on + timedelta(days=1), event.day_change, zone) - timedelta(seconds=1)
    return {
        "index": index,
        "date": on.isoformat(),
        "day_start": start.isoformat(),
        "day_end": end.isoformat(),
        "rooms": rooms,
    }


def _entry(event: Event, session: Session, number: int, guid: str, base_url: str) -> dict[str, Any]:
    start = (session.start or datetime.min).astimezone(ZoneInfo(event.timezone)).replace(microsecond=0)
    page = base_url + urls.session(event.id, session.id)
    attached = [link for link in session.links if link.kind in _ATTACHED]
    others = [link for link in session.links if link.kind not in _ATTACHED]
    return {
        "guid": guid,
        "id": number,
        "date": start.isoformat(),
        "start": f"{start:%H:%M}",
        "duration": _duration(session.duration),
        "room": session.room or _NO_ROOM,
        "slug": f"{_acronym(event.id)}-session-{session.id}{'' if session.id[-1].isalnum() else '0'}",
        "url": page,
        "title": session.title,
        "subtitle": session.subtitle,
        "track": session.track,
        "type": session.type or session.kind.value,
        "language": session.language or event.language,
        "abstract": session.abstract,
        "description": session.description,
        "recording_license": session.licence,
        "do_not_record": session.do_not_record,
        "persons": [
            {"guid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"aftertalk:person:{person.id}")), "name": person.name}
            | ({"url": person.url} if person.url else {})
            for person in session.people
        ],
        "links": [_reference(link, "media" if link.kind is LinkKind.VIDEO else "web") for link in others],
        "attachments": [_reference(link, _ATTACHED[link.kind]) for link in attached],
    }


def _reference(link: Link, kind: str) -> dict[str, str]:
    return {"type": kind, "url": link.url, "title": link.title or link.url}


def _add_event(room: ET.Element, entry: Mapping[str, Any]) -> None:
    element = ET.SubElement(room, "event", {"id": str(entry["id"]), "guid": entry["guid"]})
    for name in ("date", "start", "duration", "room", "slug", "url", "title", "subtitle", "track", "type", "language"):
        _add(element, name, entry[name])
    _add(element, "abstract", entry["abstract"])
    _add(element, "description", entry["description"])
    recording = ET.SubElement(element, "recording")
    _add(recording, "license", entry["recording_license"])
    _add(recording, "optout", "true" if entry["do_not_record"] else "false")
    persons = ET.SubElement(element, "persons")
    for person in entry["persons"]:
        _add(persons, "person", person["name"], guid=person["guid"])
    for group in ("links", "attachments"):
        into = ET.SubElement(element, group)
        for one in entry[group]:
            _add(into, group[:-1], one["title"], href=one["url"], type=one["type"])


def _add(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    element = ET.SubElement(parent, name, {key: _xml_text(value) for key, value in attributes.items()})
    element.text = _xml_text(text)


def _xml_text(text: str) -> str:
    """Text without the few characters that XML cannot hold."""
    return _NOT_XML.sub("", text)


def _acronym(event_id: str) -> str:
    """At least four of ``a-z0-9_``: what both schemas accept."""
    return event_id.replace("-", "_").ljust(4, "_")


def _numbers(event: Event) -> dict[str, int]:
    """A positive number for each session: its id where that is a number, else one made from it."""
    numbers = {one.id: int(one.id) for one in event.sessions if re.fullmatch(r"[1-9][0-9]{0,8}", one.id, re.ASCII)}
    taken = set(numbers.values())
    for session in event.sessions:
        if session.id not in numbers:
            number = int(sha256(f"{event.id}/{session.id}".encode()).hexdigest()[:8], 16) % 2**30 + 10**9
            while number in taken:
                number += 1
            taken.add(number)
            numbers[session.id] = number
    return numbers


def _duration(length: timedelta | None) -> str:
    """``HH:MM``; the format has room for 99 hours."""
    minutes = min(round((length or timedelta()) / timedelta(minutes=1)), 99 * 60 + 59)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
