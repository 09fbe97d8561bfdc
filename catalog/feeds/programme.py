"""The programme of an event for the programs of others: iCalendar, schedule.xml and schedule.json.

Sessions name the pages of those recordings that are public, and of no others.
"""

from __future__ import annotations

from catalog.model import Event, Link, LinkKind, Session
from catalog.programme.export import calendar, has_schedule, schedule_json, schedule_xml
from catalog.published import Catalogue

CALENDAR = "calendar.ics"
XML = "schedule.xml"
JSON = "schedule.json"


def files(catalogue: Catalogue, event: Event) -> dict[str, bytes]:
    """The programme in every form, by name; without any session that has a time, an empty calendar is all."""
    base = catalogue.site.base_url
    sessions = tuple(_with_recordings(catalogue, event, session) for session in event.sessions)
    shown = event.model_copy(update={"sessions": sessions})
    found = {CALENDAR: calendar(shown, base_url=base)}
    if has_schedule(shown):
        found |= {XML: schedule_xml(shown, base_url=base), JSON: schedule_json(shown, base_url=base)}
    return found


def _with_recordings(catalogue: Catalogue, event: Event, session: Session) -> Session:
    """The session with a link to each of its public recordings, and the licence these have."""
    public = catalogue.of_session(event, session)
    pages = tuple(
        Link(url=catalogue.site.absolute(one.page), kind=LinkKind.VIDEO, title=one.recording.title) for one in public
    )
    licence = session.licence or (public[0].licence if public else "")
    return session.model_copy(update={"links": (*pages, *session.links), "licence": licence})
