"""schedule.json, version 1: as frab and pretalx write it. Format: https://c3voc.de/wiki/schedule."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from catalog.model import LinkKind
from catalog.programme import frab_rules, times
from catalog.programme.base import DAY_CHANGE, RawLink, RawPerson, RawTalk, Reading, Where
from catalog.programme.jsontree import entries, first, items, mapping, opted_out, string
from catalog.programme.links import link_kind

NAME = "frab schedule.json"


def matches(data: Any) -> bool:
    """Whether this is such a file: days with rooms in ``schedule.conference``."""
    conference = mapping(mapping(mapping(data).get("schedule")).get("conference"))
    return bool(conference) and "events" not in mapping(data["schedule"])


def read(data: Any, reading: Reading) -> None:
    """Read a document."""
    schedule = mapping(data["schedule"])
    conference = mapping(schedule.get("conference"))
    at = Where(path="schedule.conference")
    read_conference(schedule, conference, reading)
    breaches = list(frab_rules.check_conference(conference, at))
    for day, where in entries(reading, conference.get("days"), at.child("days")):
        breaches += frab_rules.check_day(day, where)
        on = times.day(first(day, "date")[:10])
        rooms = day.get("rooms")
        if not isinstance(rooms, dict):
            reading.warn(where.child("rooms"), "there are no rooms in this day")
        for room, talks in mapping(rooms).items():
            for entry, place in entries(reading, talks, where.child("rooms").child(room)):
                reading.add(_talk(entry, place, room, on, reading))
                breaches += frab_rules.check_event(entry, place)
    for breach in breaches:
        reading.note(breach.where, breach.message)


def read_conference(schedule: dict[str, Any], conference: dict[str, Any], reading: Reading) -> None:
    """The head of a schedule, versions 1 and 2."""
    event = reading.event
    event.title = first(conference, "title")
    event.key = first(conference, "acronym")
    event.subtitle = first(conference, "subtitle")
    event.abstract = first(conference, "description")
    event.start = times.day(first(conference, "start")[:10])
    event.end = times.day(first(conference, "end")[:10])
    event.timezone = first(conference, "time_zone_name")
    event.language = first(mapping(conference.get("defaults")), "language")
    event.base_url = first(schedule, "base_url") or first(conference, "url", "base_url")
    days = [one for one in items(conference.get("days")) if isinstance(one, dict)]
    event.day_change = times.day_change(
        (first(day, "day_start", "start"), first(day, "day_end", "end")) for day in days
    )
    if url := first(conference, "url") or event.base_url:
        event.links = (RawLink(url),)


def _talk(entry: dict[str, Any], where: Where, room: str, on: date | None, reading: Reading) -> RawTalk:
    start = _start(entry, where, on, reading)
    return RawTalk(
        where=where,
        title=first(entry, "title"),
        keys=(first(entry, "id"), first(entry, "code"), first(entry, "slug"), first(entry, "guid")),
        guid=first(entry, "guid"),
        subtitle=first(entry, "subtitle"),
        type=first(entry, "type"),
        start=start,
        duration=read_duration(entry, where, start, reading),
        room=first(entry, "room") or room,
        track=first(entry, "track"),
        language=first(entry, "language"),
        abstract=first(entry, "abstract"),
        description=first(entry, "description"),
        people=tuple(read_people(items(entry.get("persons")))),
        links=tuple(read_links(entry)),
        licence=first(entry, "recording_license"),
        do_not_record=opted_out(entry.get("do_not_record")) or opted_out(mapping(entry.get("recording")).get("optout")),
    )


def _start(entry: dict[str, Any], where: Where, on: date | None, reading: Reading) -> datetime | None:
    start, written = first(entry, "start"), first(entry, "date")
    if (full := times.moment(written)) is not None:
        return full
    on, since = times.day(written) or on, times.clock(start)
    if on is None or since is None:
        reading.warn(where.child("date"), "the time of this entry is not readable")
        return None
    return times.at(on, since, day_change=reading.event.day_change or DAY_CHANGE)


def read_duration(entry: dict[str, Any], where: Where, start: datetime | None, reading: Reading) -> timedelta | None:
    """``duration``, else the time from start to ``end``."""
    if (length := times.duration(first(entry, "duration"))) is not None:
        return length
    end = times.moment(first(entry, "end"))
    if (length := times.between(start, end)) is not None:
        return length
    written = first(entry, "duration", "end")
    if set(written) - set("0:"):
        reading.warn(where.child("duration"), f"the length of this entry is not readable: {written[:40]!r}")
    return None


def read_people(persons: list[Any]) -> list[RawPerson]:
    """People as frab, pretalx and hub write them."""
    found = []
    for one in persons:
        person = one if isinstance(one, dict) else {"name": string(one)}
        found.append(
            RawPerson(
                name=first(person, "public_name", "name", "full_public_name", "full_name", "display_name"),
                key=first(person, "guid", "code", "id"),
                role=first(person, "role").casefold(),
                organisation=first(person, "organization", "organisation", "affiliation", "company"),
                url=first(person, "url"),
            )
        )
    return found


def read_links(entry: dict[str, Any]) -> list[RawLink]:
    """The page of an entry, its attachments and links, its video."""
    found = [RawLink(first(entry, "url", "public_url"))]
    for group, default in (("attachments", LinkKind.DOCUMENT), ("links", LinkKind.PAGE)):
        for one in items(entry.get(group)):
            link = one if isinstance(one, dict) else {"url": string(one)}
            url, title = first(link, "url", "href"), first(link, "title", "name")
            found.append(RawLink(url, link_kind(first(link, "type"), f"{title} {url}", default=default), title))
    found.append(RawLink(first(entry, "video_download_url"), LinkKind.VIDEO))
    found.append(RawLink(first(entry, "feedback_url"), LinkKind.PAGE, "Feedback"))
    return [one for one in found if one.url]
