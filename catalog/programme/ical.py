"""iCalendar (RFC 5545): every VEVENT is an entry, and every time of one that repeats."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from icalendar import Calendar, Component, vUnknown

from catalog.model import LinkKind
from catalog.programme import text, times
from catalog.programme.base import RawLink, RawPerson, RawTalk, Reading, Where, refuse
from catalog.programme.links import link_kind
from catalog.programme.recurrence import Recurrence, instant
from catalog.programme.videos import is_video

NAME = "iCalendar"


def matches(content: bytes) -> bool:
    """Whether this is such a file."""
    return content.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].upper() == b"BEGIN:VCALENDAR"


def read(content: bytes, reading: Reading) -> None:
    """Read a calendar, or several one after another.

    Raises:
        InvalidDocumentError: its lines do not nest.
    """
    written = _decode(content, reading)
    lines = [number for number, line in enumerate(_lines(written), start=1) if line.upper().startswith("BEGIN:VEVENT")]
    try:
        calendars = Calendar.from_ical(_closed(written, reading), multiple=True)
    except (ValueError, IndexError, KeyError, RecursionError) as error:
        raise refuse(reading.name, f"this calendar cannot be read: {error}", "export it again") from error
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    for calendar in calendars:
        reading.event.title = reading.event.title or _text(calendar, "X-WR-CALNAME", "NAME")
        reading.event.abstract = reading.event.abstract or _text(calendar, "X-WR-CALDESC", "DESCRIPTION")
        reading.event.timezone = reading.event.timezone or _text(calendar, "X-WR-TIMEZONE")
    for _ in lines[len(events) :]:
        reading.leave_out(Where(), f"of {len(lines)} entries that begin in this file only {len(events)} are complete")
    repeated = Recurrence(reading)
    for event in events:
        if moment := _moment(event.get("RECURRENCE-ID")):
            repeated.replace(_text(event, "UID"), moment)
    for index, event in enumerate(events):
        where = Where(lines[index] if len(lines) == len(events) else 0, f"VEVENT[{_text(event, 'UID')[:60]}]")
        if _text(event, "STATUS").upper() == "CANCELLED":
            reading.leave_out(where, f"{_text(event, 'SUMMARY')[:80]!r} is marked as cancelled")
        else:
            _add(event, where, reading, repeated)


def _lines(written: str) -> list[str]:
    """Lines as iCalendar means them; ``str.splitlines`` would split texts at other characters too."""
    return written.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _closed(written: str, reading: Reading) -> str:
    """The text with every component ended that a cut or a slip left open: one such would cost all the others."""
    lines: list[str] = []
    open_parts: list[str] = []

    def close(down_to: int, number: int) -> None:
        for part in reversed(open_parts[down_to:]):
            reading.warn(Where(number), f"END:{part} is missing before this line", "export it again")
            lines.append(f"END:{part}")
        del open_parts[down_to:]

    number = 0
    for number, line in enumerate(_lines(written), start=1):
        # A line that begins with a space continues the one before it.
        keyword, _, part = line.rstrip().upper().partition(":")
        if keyword == "BEGIN":
            if part in {"VEVENT", "VCALENDAR"} and part in open_parts:
                close(open_parts.index(part), number)
            open_parts.append(part)
        elif keyword == "END":
            if part not in open_parts:
                continue
            close(len(open_parts) - open_parts[::-1].index(part), number)
            open_parts.pop()
        lines.append(line)
    close(0, number + 1)
    return "\r\n".join([*lines, ""])


def _decode(content: bytes, reading: Reading) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        reading.warn(Where(line), "the file is not UTF-8; it was read as Windows-1252", "save it as UTF-8")
        return content.decode("cp1252", errors="replace")


def _add(event: Component, where: Where, reading: Reading, repeated: Recurrence) -> None:
    """Add an entry, once for each time at which it takes place; each time has its own id, the first keeps the plain."""
    talk, again = _talk(event, where, reading), event.get("RECURRENCE-ID")
    if talk.start is None or again is not None:
        if getattr(again, "params", {}).get("RANGE"):
            reading.warn(where.child("RECURRENCE-ID"), "this changes later times too; only the one it names is changed")
        reading.add(talk)
        return
    for moment in repeated.times(event, talk.guid, talk.start, where):
        is_first = moment == talk.start
        key = talk.keys[0] if is_first else _key_of(talk.guid, moment)
        reading.add(replace(talk, start=moment, keys=(key,)))


def _key_of(uid: str, moment: datetime) -> str:
    """The id of one time of a repeating entry."""
    return f"{uid}-{instant(moment):%Y%m%dT%H%M}"


def _talk(event: Component, where: Where, reading: Reading) -> RawTalk:
    for name, problem in event.errors:
        reading.warn(where.child(str(name)), f"this line is not valid and was left out: {problem}")
    start = _moment(event.get("DTSTART"))
    zone = getattr(event.get("DTSTART"), "params", {}).get("TZID")
    if zone and start and start.tzinfo is None:
        reading.warn_once(
            where.child("DTSTART"),
            f"{str(zone)[:60]!r} is not a time zone that is known; the times are read in that of the event",
            "export it with a VTIMEZONE, or name the zone as Europe/Copenhagen",
        )
    if start is None:
        reading.warn(where.child("DTSTART"), "the time of this entry is missing or not readable")
    html = _text(event, "X-ALT-DESC")
    abstract = html if html else _text(event, "DESCRIPTION")
    url = _text(event, "URL")
    uid, again = _text(event, "UID"), _moment(event.get("RECURRENCE-ID"))
    return RawTalk(
        where=where,
        title=_text(event, "SUMMARY"),
        keys=(_key_of(uid, again) if again else uid,),
        guid=uid,
        start=start,
        duration=_duration(event, start),
        room=_text(event, "LOCATION"),
        track=", ".join(_categories(event)),
        abstract="" if abstract.strip() == url else abstract,
        people=tuple(_people(event)),
        links=tuple(_links(event, url)),
    )


def _text(component: Component, *names: str) -> str:
    """The text of the first of these properties that has any."""
    for name in names:
        value = component.get(name)
        first = value[0] if isinstance(value, list) and value else value
        if first is not None and str(first).strip():
            return (_unescaped(first) if isinstance(first, vUnknown) else str(first)).strip()
    return ""


def _unescaped(value: str) -> str:
    """The text (RFC 5545 section 3.3.11) of a property that the standard does not have: the library keeps it raw."""
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] in "nN" else match[1], value)


def _moment(value: Any) -> datetime | None:
    """A date-time; a date alone is its midnight."""
    found = _value(value[0] if isinstance(value, list) and value else value)
    if isinstance(found, datetime):
        return found
    return datetime.combine(found, time()) if isinstance(found, date) else None


def _value(written: Any) -> Any:
    """The time or length of a property; nothing for one that is broken."""
    try:
        return getattr(written, "dt", None)
    except ValueError:
        return None


def _duration(event: Component, start: datetime | None) -> timedelta | None:
    given = _value(event.get("DURATION"))
    if isinstance(given, timedelta):
        return given if timedelta() < given <= times.MAX_DURATION else None
    return times.between(start, _moment(event.get("DTEND")))


def _categories(event: Component) -> Iterable[str]:
    values = event.get("CATEGORIES")
    for one in values if isinstance(values, list) else [values] if values is not None else []:
        yield from (str(category) for category in getattr(one, "cats", [one]))


def _people(event: Component) -> Iterable[RawPerson]:
    """Attendees with a name; a bare mail address names nobody."""
    for name, role in (("ATTENDEE", "speaker"), ("X-SPEAKER", "speaker")):
        values = event.get(name)
        for one in values if isinstance(values, list) else [values] if values is not None else []:
            named = getattr(one, "params", {}).get("CN", "" if name == "ATTENDEE" else str(one))
            address = str(one)
            if named and "@" not in named:
                is_page = text.is_web_address(address)
                yield RawPerson(str(named), address if is_page else "", role, url=address if is_page else "")


def _links(event: Component, url: str) -> Iterable[RawLink]:
    if url:
        yield RawLink(url)
    values = event.get("ATTACH")
    for one in values if isinstance(values, list) else [values] if values is not None else []:
        address = str(one)
        if text.is_web_address(address):
            yield RawLink(address, link_kind("", address, default=LinkKind.DOCUMENT))
    for address in re.findall(r"https?://[^\s<>\"')]+", _text(event, "DESCRIPTION")):
        if address != url and is_video(address):
            yield RawLink(address, LinkKind.VIDEO)
