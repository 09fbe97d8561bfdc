"""schedule.xml as pentabarf, frab, pretalx, OSEM and Wafer write it.

Format: https://c3voc.de/wiki/schedule. Entries lie in ``schedule/day/room/event``. Older files lack ``<date>``,
offsets or guids.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from catalog.model import LinkKind
from catalog.programme import frab_rules, times
from catalog.programme.base import DAY_CHANGE, RawLink, RawPerson, RawTalk, Reading, Where
from catalog.programme.jsontree import opted_out
from catalog.programme.links import link_kind
from catalog.programme.xmltree import Element

NAME = "frab schedule.xml"


def matches(root: Element) -> bool:
    """Whether this is such a file: ``<schedule>`` with a conference, or with rooms in its days."""
    return root.tag == "schedule" and (
        root.child("conference") is not None or any(day.child("room") for day in root.all("day"))
    )


def read(root: Element, reading: Reading) -> None:
    """Read a document."""
    conference = root.child("conference") or root
    event = reading.event
    event.title = conference.get("title")
    event.key = conference.get("acronym")
    event.subtitle = conference.get("subtitle")
    event.start = times.day(conference.get("start")[:10])
    event.end = times.day(conference.get("end")[:10])
    event.timezone = conference.get("time_zone_name", "timezone")
    event.language = conference.get("language")
    event.place = ", ".join(part for part in (conference.get("venue"), conference.get("city")) if part)
    event.abstract = conference.get("description", "abstract")
    event.base_url = conference.get("base_url")
    event.day_change = _day_change(root, conference)
    if url := conference.get("url") or event.base_url:
        event.links = (RawLink(url),)
    for day in root.all("day"):
        on = times.day(day.attribute("date")[:10])
        for room in day.all("room"):
            reading.rooms.setdefault(room.attribute("name"), room.where)
            for entry in room.all("event"):
                reading.add(_talk(entry, room.attribute("name"), on, reading))
            for other in room:
                if other.tag != "event":
                    reading.warn(other.where, f"<{other.tag}> in a room is not an event")
        for stray in day.all("event"):
            reading.add(_talk(stray, "", on, reading))
    for note in frab_rules.check_xml(root):
        reading.note(note.where, note.message)


def _talk(entry: Element, room: str, on: date | None, reading: Reading) -> RawTalk:
    recording = entry.child("recording")
    licence = recording.get("license", "licence") if recording else entry.get("license", "recording_license")
    refused = (recording.get("optout") if recording else entry.get("optout"), entry.get("do_not_record"))
    return RawTalk(
        where=Where(entry.line, f"event[{entry.attribute('id')}]"),
        title=entry.get("title"),
        keys=(entry.attribute("id"), entry.attribute("code"), entry.get("slug"), entry.attribute("guid")),
        guid=entry.attribute("guid"),
        subtitle=entry.get("subtitle"),
        type=entry.get("type"),
        start=_start(entry, on, reading),
        duration=_duration(entry, reading),
        room=entry.get("room") or room,
        track=entry.get("track"),
        language=entry.get("language"),
        abstract=entry.get("abstract"),
        description=entry.get("description"),
        people=tuple(_people(entry)),
        links=tuple(_links(entry, recording)),
        licence=licence,
        do_not_record=any(opted_out(value) for value in refused),
    )


def _start(entry: Element, on: date | None, reading: Reading) -> datetime | None:
    """``<date>`` with a time of day; else the day and ``<start>``, the small hours belonging to the night after it."""
    start = entry.get("start")
    since = times.clock(start)
    full = times.moment(entry.get("date"))
    if full is not None:
        if since is not None and full.time() != (datetime.min + since % timedelta(days=1)).time():
            place = Where(entry.line, f"event[{entry.attribute('id')}].start")
            reading.warn(place, f"start {start} contradicts date {entry.get('date')}, which counts")
        return full
    on = times.day(entry.get("date")) or on
    if on is None or since is None:
        reading.warn(
            Where(entry.line, f"event[{entry.attribute('id')}].date"), "the time of this entry is not readable"
        )
        return None
    return times.at(on, since, day_change=reading.event.day_change or DAY_CHANGE)


def _duration(entry: Element, reading: Reading) -> timedelta | None:
    written = entry.get("duration")
    length = times.duration(written)
    if length is None and written and set(written) - set("0:"):
        reading.warn(
            Where(entry.line, f"event[{entry.attribute('id')}].duration"), f"{written[:40]!r} is not a duration"
        )
    return length


def _day_change(root: Element, conference: Element) -> time | None:
    """As given, or the time of day at which the days of the file are over."""
    if (given := times.time_of_day(conference.get("day_change"))) is not None:
        return given
    return times.day_change((day.attribute("start"), day.attribute("end")) for day in root.all("day"))


def _people(entry: Element) -> list[RawPerson]:
    persons = entry.child("persons") or entry.child("speakers")
    return [
        RawPerson(
            name=one.text.strip() or one.get("name", "public_name"),
            key=one.attribute("guid") or one.attribute("id") or one.attribute("code"),
            url=one.attribute("url"),
        )
        for one in (persons or [])
        if one.tag in {"person", "speaker"}
    ]


def _links(entry: Element, recording: Element | None) -> list[RawLink]:
    found = [RawLink(entry.get("url"))]
    for group, kind in (("attachments", LinkKind.DOCUMENT), ("links", LinkKind.PAGE)):
        for one in entry.child(group) or []:
            kind_of = link_kind(one.attribute("type"), f"{one.text} {one.attribute('href')}", default=kind)
            found.append(RawLink(one.attribute("href"), kind_of, one.text))
    if recording:
        found += [RawLink(recording.get("url"), LinkKind.VIDEO), RawLink(recording.get("link"), LinkKind.VIDEO)]
    found.append(RawLink(entry.get("video_download_url"), LinkKind.VIDEO))
    found.append(RawLink(entry.get("feedback_url"), LinkKind.PAGE, "Feedback"))
    return [one for one in found if one.url]
