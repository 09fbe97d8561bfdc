"""A programme as iCalendar (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, datetime

from icalendar import Calendar, vCalAddress, vText
from icalendar import Event as Entry

from catalog import urls
from catalog.model import Event, Session


def calendar(event: Event, *, base_url: str) -> bytes:
    """Every session that has a time, as an iCalendar file; times are in UTC, so it needs no zone definitions.

    Args:
        event: the event.
        base_url: where the catalogue is published, ``/`` at the end.
    """
    event = event.localised()
    document = Calendar()
    document.add("prodid", "-//Aftertalk//EN")
    document.add("version", "2.0")
    document.add("x-wr-calname", event.title)
    document.add("x-wr-timezone", event.timezone)
    for session in event.sessions:
        if session.start:
            document.add_component(_entry(event, session, session.start.astimezone(UTC), base_url))
    return bytes(document.to_ical(sorted=True))


def _entry(event: Event, session: Session, start: datetime, base_url: str) -> Entry:
    entry = Entry()
    entry.add("uid", f"{session.id}@{event.id}")
    # The time of writing is required; the start stands in for it, so that the same programme gives the same bytes.
    entry.add("dtstamp", start)
    entry.add("dtstart", start)
    if session.duration:
        entry.add("dtend", start + session.duration)
    entry.add("summary", session.title)
    description = "\n\n".join(part for part in (session.abstract, session.description) if part)
    for name, value in (
        ("description", description),
        ("location", session.room),
        ("url", base_url + urls.session(event.id, session.id)),
    ):
        if value:
            entry.add(name, value)
    if session.track:
        entry.add("categories", [session.track])
    for person in session.people:
        attendee = vCalAddress(base_url + urls.person(person.id))
        # Quotation marks cannot be written in a parameter at all (RFC 5545, 3.2).
        attendee.params["CN"] = vText(person.name.replace('"', "'").replace("\n", " "))
        entry.add("attendee", attendee, encode=False)
    return entry
