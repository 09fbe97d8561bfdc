"""schedule.xml as EuroPython wrote it: ``schedule/day/entry`` with ``start`` as HHMM and ``duration`` in minutes."""

from __future__ import annotations

from datetime import date

from catalog.programme import times
from catalog.programme.base import RawLink, RawPerson, RawTalk, Reading, Where
from catalog.programme.xmltree import Element

NAME = "EuroPython XML"


def matches(root: Element) -> bool:
    """Whether this is such a file."""
    return root.tag == "schedule" and any(day.child("entry") for day in root.all("day"))


def read(root: Element, reading: Reading) -> None:
    """Read a document."""
    reading.event.title = root.get("title", "name") or root.attribute("title") or root.attribute("name")
    reading.event.timezone = root.attribute("timezone") or root.get("timezone")
    for day in root.all("day"):
        on = times.day(day.attribute("date")[:10])
        for entry in day:
            if entry.tag == "entry":
                reading.add(_talk(entry, on, reading))
            else:
                reading.warn(entry.where, f"<{entry.tag}> in a day is not an entry")


def _talk(entry: Element, on: date | None, reading: Reading) -> RawTalk:
    key = entry.attribute("id")
    where = Where(entry.line, f"entry[{key}]")
    since = times.clock(entry.get("start"))
    if on is None or since is None:
        reading.warn(Where(entry.line, f"{where.path}.start"), f"the time {entry.get('start')[:40]!r} is not readable")
    topics = [topic.text.strip() for topic in entry.child("topics") or [] if topic.text.strip()]
    abstract, description = entry.get("abstract"), entry.get("description")
    return RawTalk(
        where=where,
        title=entry.get("title"),
        keys=(key,),
        type=entry.get("category", "type"),
        start=times.at(on, since) if on is not None and since is not None else None,
        duration=times.duration(entry.get("duration")),
        room=entry.get("room"),
        track=entry.get("track") or ", ".join(topics),
        language=entry.get("language"),
        abstract=abstract or description,
        description=description if abstract and description != abstract else "",
        people=tuple(_person(one) for one in entry.child("speakers") or []),
        links=tuple(RawLink(url) for url in (entry.get("url", "link"),) if url),
    )


def _person(speaker: Element) -> RawPerson:
    return RawPerson(
        name=speaker.get("name") or speaker.text.strip(),
        key=speaker.attribute("id"),
        role="speaker",
        organisation=speaker.get("company", "organisation", "affiliation"),
        url=speaker.get("profile", "url"),
    )
