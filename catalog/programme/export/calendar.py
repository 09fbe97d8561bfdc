"""A programme as iCalendar (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, datetime

from icalendar import Calendar
from icalendar import Event as Entry

from catalog import markdown, urls
from catalog.model import Event, LinkKind, Session
from catalog.programme.export.guids import guids

_ATTACHED = {LinkKind.VIDEO, LinkKind.SLIDES, LinkKind.DOCUMENT}


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
    uids = guids(event)
    for session in event.sessions:
        if session.start:
            entry = _entry(event, session, session.start.astimezone(UTC), base_url)
            entry.add("uid", uids[session.id])
            document.add_component(entry)
    return bytes(document.to_ical(sorted=True))


def _entry(event: Event, session: Session, start: datetime, base_url: str) -> Entry:
    entry = Entry()
    # The time of writing is required; the start stands in for it, so that the same programme gives the same bytes.
    entry.add("dtstamp", start)
    entry.add("dtstart", start)
    if session.duration:
        entry.add("dtend", start + session.duration)
    entry.add("summary", session.title)
    page = base_url + urls.session(event.id, session.id)
    entry.add("description", _description(session, page))
    entry.add("url", page)
    if place := ", ".join(one for one in (session.room, event.place) if one):
        entry.add("location", place)
    if session.track:
        entry.add("categories", [session.track])
    for link in session.links:
        if link.kind in _ATTACHED:
            entry.add("attach", link.url)
    return entry


def _description(session: Session, page: str) -> str:
    """Plain text. People are named here: an attendee in a published calendar is an error (RFC 5545, 3.8.4.1)."""
    people = ", ".join(person.name for person in session.people)
    texts = (markdown.to_text(session.abstract), markdown.to_text(session.description))
    return "\n\n".join(part for part in (people, *texts, page) if part)
