"""The programme of an event as iCalendar (RFC 5545)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from icalendar import Calendar
from icalendar import Event as Entry

from catalog import markdown, urls
from catalog.model import Event, Session
from catalog.published import Catalogue

CALENDAR = "calendar.ics"
_STAMP = datetime(2000, 1, 1, tzinfo=UTC)
"""The format asks for the moment of writing; a fixed one keeps two builds identical."""


def calendar(catalogue: Catalogue, event: Event) -> bytes:
    """Every session that has a time, with the address of its page."""
    result = Calendar()
    result.add("prodid", "-//Aftertalk//EN")
    result.add("version", "2.0")
    result.add("method", "PUBLISH")
    result.add("x-wr-calname", event.title)
    for session in event.sessions:
        if session.start is not None:
            result.add_component(_entry(catalogue, event, session, session.start))
    return bytes(result.to_ical())


def _entry(catalogue: Catalogue, event: Event, session: Session, start: datetime) -> Entry:
    address = catalogue.site.base_url + urls.session(event.id, session.id)
    entry = Entry()
    entry.add("uid", str(uuid.uuid5(uuid.NAMESPACE_URL, address)))
    entry.add("dtstamp", _STAMP)
    entry.add("dtstart", start.astimezone(UTC))
    if session.duration:
        entry.add("duration", session.duration)
    entry.add("summary", session.title)
    if session.room or event.place:
        entry.add("location", ", ".join(one for one in (session.room, event.place) if one))
    names = ", ".join(person.name for person in session.people)
    text = markdown.to_text(session.abstract)
    entry.add("description", "\n\n".join(one for one in (names, text, address) if one))
    entry.add("url", address)
    return entry
