"""Raw entries to sessions: the same for every format, so that every format gets the same care.

Nothing here fails because of one entry: what cannot be used is left away or replaced, and a finding says so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from catalog.fields import RESERVED_IDS, slugify
from catalog.model import Event, Link, Person, Recording, Session
from catalog.programme import text
from catalog.programme.base import (
    DAY_CHANGE,
    MAX_TEXT,
    Programme,
    RawLink,
    RawPerson,
    RawRecording,
    RawTalk,
    Reading,
    Where,
)
from catalog.programme.identity import Ids, People
from catalog.programme.languages import language_tag

TITLE_LENGTH = 1000
MAX_PEOPLE = 500
MAX_LINKS = 200


def assemble(reading: Reading, format_name: str) -> Programme:
    """Make the event of everything that was read."""
    zone = _timezone(reading)
    assembly = _Assembly(reading)
    talks = sorted(reading.talks, key=lambda talk: _order(talk.start, zone))
    sessions = tuple(assembly.session(talk) for talk in talks)
    raw = reading.event
    start, end = _dates(reading, sessions)
    title = text.line(raw.title)[:TITLE_LENGTH] or "Untitled event"
    language = language_tag(raw.language)
    given: dict[str, Any] = {"language": language} if language else {}
    event = Event(
        id=_event_id(raw.key, title),
        title=title,
        subtitle=text.line(raw.subtitle),
        start=start,
        end=end,
        timezone=zone,
        place=text.line(raw.place),
        abstract=text.markdown(raw.abstract)[:MAX_TEXT],
        day_change=raw.day_change or DAY_CHANGE,
        links=assembly.links(raw.links, Where()),
        sessions=sessions,
        **given,
    )
    if not sessions:
        reading.warn(Where(), "no talks were found in this file")
    used = {session.room for session in sessions}
    for room, where in reading.rooms.items():
        if text.line(room) not in used:
            reading.note(where, f"the room {text.line(room)[:80]!r} has no talks")
    if reading.suppressed:
        reading.note(Where(), "")
        last = replace(reading.findings[-1], line=0, field="", message=f"{reading.suppressed} further findings")
        reading.findings[-1] = last
    count = len(sessions) + len(reading.left_out)
    return Programme(event, format_name, count, tuple(reading.left_out), tuple(reading.findings))


class _Assembly:
    """Makes sessions of raw entries; remembers ids given out and people met."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.people = People(person for talk in reading.talks for person in _everyone(talk))
        self.sessions = Ids("session")
        self.recordings = Ids("recording")
        self.refused: set[str] = set()
        """Addresses that a finding names already."""

    def session(self, raw: RawTalk) -> Session:
        """The session of an entry."""
        where = raw.where
        title = self._title(raw.title, where)
        return Session(
            id=self._id(self.sessions, raw.keys, _fingerprint(raw), title, where),
            title=title,
            subtitle=text.line(raw.subtitle),
            guid=text.line(raw.guid),
            kind=raw.kind,
            type=text.line(raw.type),
            start=raw.start,
            duration=raw.duration,
            room=text.line(raw.room),
            track=text.line(raw.track),
            language=self._language(raw.language, where),
            abstract=self._text(raw.abstract, where, "abstract"),
            description=self._text(raw.description, where, "description"),
            people=self._people(raw.people, where),
            links=self.links(raw.links, where),
            licence=text.line(raw.licence),
            do_not_record=raw.do_not_record,
            recordings=tuple(self._recording(one, where) for one in raw.recordings),
        )

    def links(self, raw: tuple[RawLink, ...], where: Where) -> tuple[Link, ...]:
        """The links that lead somewhere on the web, each once."""
        found: dict[str, Link] = {}
        for one in raw[:MAX_LINKS]:
            address = self._address(one.url, where)
            if address and address not in found:
                found[address] = Link(url=address, kind=one.kind, title=text.line(one.title))
        if len(raw) > MAX_LINKS:
            self.reading.warn(where.child("links"), f"{len(raw)} links; the first {MAX_LINKS} are kept")
        return tuple(found.values())

    def _recording(self, raw: RawRecording, where: Where) -> Recording:
        title = self._title(raw.title, where)
        return Recording(
            id=self._id(self.recordings, (raw.key,), f"{raw.title}|{raw.source}", title, where),
            title=title,
            kind=raw.kind,
            source=raw.source,
            date=raw.date,
            guid=text.line(raw.key),
            people=self._people(raw.people, where),
            language=self._language(raw.language, where),
            abstract=self._text(raw.abstract, where, "abstract"),
            licence=text.line(raw.licence),
            links=self.links(raw.links, where),
        )

    def _id(self, ids: Ids, keys: tuple[str, ...], fingerprint: str, title: str, where: Where) -> str:
        wanted = next((key for key in keys if text.line(key)), "") or title
        identifier, collided = ids.take(text.line(wanted), fingerprint)
        if collided:
            message = f"another {ids.what} has the id {text.line(wanted)[:80]!r} too; this one became {identifier!r}"
            self.reading.warn(where, message, "give each its own id")
        return identifier

    def _title(self, raw: str, where: Where) -> str:
        title = text.line(raw)
        if not title:
            self.reading.warn(where.child("title"), "there is no title", "it is shown as 'Untitled'")
            return "Untitled"
        if len(title) > TITLE_LENGTH:
            self.reading.warn(where.child("title"), f"the title has {len(title)} characters and was cut")
        return title[:TITLE_LENGTH]

    def _text(self, raw: str, where: Where, field: str) -> str:
        if len(raw) > MAX_TEXT:
            self.reading.warn(where.child(field), f"the text has {len(raw)} characters; {MAX_TEXT} are kept")
        return text.markdown(raw[:MAX_TEXT])

    def _language(self, raw: str, where: Where) -> str | None:
        tag = language_tag(raw)
        if raw.strip() and not tag:
            self.reading.warn(where.child("language"), f"{text.line(raw)[:40]!r} is not a language that is known")
        return tag or None

    def _people(self, raw: tuple[RawPerson, ...], where: Where) -> tuple[Person, ...]:
        found: dict[str, Person] = {}
        for one in raw[:MAX_PEOPLE]:
            name = text.line(one.name)[:TITLE_LENGTH]
            if not name:
                self.reading.warn(where.child("people"), "a person has no name and was left out")
                continue
            person = Person(
                name=name,
                id=self.people.id_of(one),
                role=text.line(one.role),
                organisation=text.line(one.organisation),
                url=self._address(one.url, where) or None if one.url else None,
            )
            found.setdefault(person.id, person)
        if len(raw) > MAX_PEOPLE:
            self.reading.warn(where.child("people"), f"{len(raw)} people; the first {MAX_PEOPLE} are kept")
        return tuple(found.values())

    def _address(self, raw: str, where: Where) -> str:
        """An absolute web address, or nothing and a finding."""
        address = "".join(text.clean(raw).split())
        if not address:
            return ""
        if not text.is_web_address(address) and self.reading.event.base_url and ":" not in address.split("/")[0]:
            address = _joined(self.reading.event.base_url, address)
        if (not text.is_web_address(address) or len(address) > 2000) and address in self.refused:
            return ""
        if not text.is_web_address(address) or len(address) > 2000:
            self.refused.add(address)
            self.reading.warn(where.child("links"), f"{address[:200]!r} is not a web address and was left out")
            return ""
        return address


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:
        return ""


def _everyone(talk: RawTalk) -> list[RawPerson]:
    return [*talk.people, *(person for recording in talk.recordings for person in recording.people)]


def _fingerprint(talk: RawTalk) -> str:
    """What tells entries with the same id apart: the same in every export."""
    return "|".join((talk.guid, talk.start.isoformat() if talk.start else "", talk.room, talk.title, *talk.keys))


def _event_id(key: str, title: str) -> str:
    identifier = slugify(text.line(key) or title, fallback="event")
    return f"event-{identifier}" if identifier in RESERVED_IDS else identifier


def _order(start: datetime | None, zone: str) -> tuple[bool, datetime]:
    if start is None:
        return True, datetime.max.replace(tzinfo=UTC)
    aware = start if start.tzinfo else start.replace(tzinfo=ZoneInfo(zone))
    # A year at either end of the calendar has no equivalent in another zone.
    return False, aware if 1 < start.year < 9999 else start.replace(tzinfo=UTC)


def _timezone(reading: Reading) -> str:
    """The event's zone: the file's, else the one asked for, else the one offset all times have, else UTC."""
    for name in (reading.event.timezone.strip(), reading.options.timezone):
        if name and _is_zone(name):
            return name
        if name:
            reading.warn(Where(), f"{name[:60]!r} is not a time zone that is known")
    offsets = {talk.start.utcoffset() for talk in reading.talks if talk.start and talk.start.tzinfo}
    zones = {getattr(talk.start.tzinfo, "key", "") for talk in reading.talks if talk.start and talk.start.tzinfo}
    if len(zones) == 1 and (zone := zones.pop()) and _is_zone(zone):
        return zone
    offset = offsets.pop() if len(offsets) == 1 else None
    if offset and offset % timedelta(hours=1) == timedelta():
        hours = offset // timedelta(hours=1)
        name = f"Etc/GMT{-hours:+d}"  # the tz database counts these westward
        if _is_zone(name):
            reading.note(Where(), f"no time zone is named; all times have {hours:+d} h, so {name} is used", "name one")
            return name
    if any(talk.start and not talk.start.tzinfo for talk in reading.talks):
        reading.warn(Where(), "the times have no time zone; they are read as UTC", "give the event a timezone")
    return "UTC"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _dates(reading: Reading, sessions: tuple[Session, ...]) -> tuple[date | None, date | None]:
    """First and last day: the file's, else those of the sessions."""
    days = [session.start.date() for session in sessions if session.start]
    days = days or [one.date.date() for session in sessions for one in session.recordings if one.date]
    start = reading.event.start or (min(days) if days else None)
    end = reading.event.end or (max(days) if days else None)
    if start and end and end < start:
        reading.warn(Where(), f"the event ends ({end}) before it starts ({start}); the days of its talks are used")
        return (min(days), max(days)) if days else (start, None)
    return start, end
