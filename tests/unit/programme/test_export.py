"""Programmes written as frab schedules and iCalendar."""

from __future__ import annotations

import json
import re
from datetime import datetime, time, timedelta
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.model import Event, Link, LinkKind, Person, Session
from catalog.programme import read
from catalog.programme.export import calendar, has_schedule, schedule_json, schedule_xml

BASE = "https://site.example/"
EVENT = Event(
    id="moss-24",
    title="Moss & Fern",
    timezone="Europe/Copenhagen",
    day_change=time(6),
    sessions=(
        Session(
            id="7",
            title="Spores <all> of them",
            subtitle="s",
            guid="11111111-2222-3333-4444-555555555555",
            type="talk",
            start=datetime(2024, 5, 1, 14),
            duration=timedelta(minutes=45),
            room="Hall",
            track="Life",
            language="de",
            abstract="**All** of them",
            people=(Person(name='Ann "A" Li'),),
            links=(
                Link(url="https://x.example/deck.pdf", kind=LinkKind.SLIDES, title="Deck"),
                Link(url="https://forum.example/1", kind=LinkKind.DISCUSSION),
            ),
            licence="CC-BY-4.0",
            do_not_record=True,
        ),
        Session(id="night", title="Night", start=datetime(2024, 5, 2, 1, 30), room="Hall"),
        Session(id="page", title="Only films"),
    ),
)


def test_what_is_written_reads_back() -> None:
    """XML and JSON carry every field of a session that has a time; iCalendar carries what it has fields for."""
    for name, content in (
        ("s.xml", schedule_xml(EVENT, base_url=BASE)),
        ("s.json", schedule_json(EVENT, base_url=BASE)),
    ):
        programme = read(name, content)
        assert programme.findings == ()
        talk, night = programme.event.sessions
        original = EVENT.localised().sessions[0]
        for field in ("id", "title", "subtitle", "guid", "type", "duration", "room", "track", "language", "abstract"):
            assert getattr(talk, field) == getattr(original, field)
        assert (talk.start, talk.licence, talk.do_not_record) == (original.start, "CC-BY-4.0", True)
        assert [person.name for person in talk.people] == ['Ann "A" Li']
        assert {link.url: link.kind for link in talk.links} == {
            "https://site.example/moss-24/7/": LinkKind.PAGE,
            "https://x.example/deck.pdf": LinkKind.SLIDES,
            "https://forum.example/1": LinkKind.DISCUSSION,
        }
        assert programme.event.day_of(night) == programme.event.day_of(talk)
    talk, _ = read("s.ics", calendar(EVENT, base_url=BASE)).event.sessions
    assert (talk.title, talk.room, talk.track) == ("Spores <all> of them", "Hall", "Life")
    assert (talk.guid, talk.duration) == (EVENT.sessions[0].guid, timedelta(minutes=45))
    assert talk.abstract == 'Ann "A" Li\n\nAll of them\n\nhttps://site.example/moss-24/7/'
    assert {link.url for link in talk.links} == {"https://site.example/moss-24/7/", "https://x.example/deck.pdf"}


def test_the_shape_of_the_xml() -> None:
    """Days begin at the change of day; ids are numbers, guids are UUIDs, slugs are the schema's."""
    root = ET.fromstring(schedule_xml(EVENT, base_url=BASE))
    (day,) = root.findall("day")
    assert (day.get("start"), day.get("end")) == ("2024-05-01T06:00:00+02:00", "2024-05-02T05:59:59+02:00")
    assert root.findtext("conference/acronym") == "moss_24"
    for event in root.iter("event"):
        assert int(event.get("id") or 0) > 0
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", event.get("guid") or "")
        assert re.fullmatch(r"[a-z0-9_]{4,}-[a-z0-9_-]{4,}", event.findtext("slug") or "")


def test_writing_is_repeatable_and_independent_of_order() -> None:
    """No clock and no chance: the same bytes twice, and the same ids with the sessions reversed."""
    backwards = EVENT.model_copy(update={"sessions": EVENT.sessions[::-1]})
    for write in (schedule_xml, schedule_json):
        assert write(EVENT, base_url=BASE) == write(EVENT, base_url=BASE) == write(backwards, base_url=BASE)
    assert calendar(EVENT, base_url=BASE) == calendar(EVENT, base_url=BASE)


def test_an_event_without_times_has_no_schedule() -> None:
    """Pages of films alone cannot be a timetable; the calendar is empty then."""
    films = EVENT.model_copy(update={"sessions": EVENT.sessions[2:]})
    assert has_schedule(EVENT)
    assert not has_schedule(films)
    assert b"VEVENT" not in calendar(films, base_url=BASE)


@settings(max_examples=60, deadline=None)
@given(
    st.text(min_size=1, max_size=80).filter(lambda text: text.strip() != ""),
    st.text(max_size=300),
    st.from_regex(r"[a-z0-9][a-z0-9_-]{0,40}", fullmatch=True),
)
def test_any_text_is_written_well_formed(title: str, abstract: str, identifier: str) -> None:
    """Whatever the texts hold, XML parses, JSON parses, iCalendar parses, and each has its one session."""
    try:
        session = Session(id=identifier, title=title, abstract=abstract, room=abstract, start=datetime(2024, 5, 1, 14))
    except ValueError:
        return
    event = EVENT.model_copy(update={"sessions": (session,)})
    assert read("s.xml", schedule_xml(event, base_url=BASE)).sessions == 1
    assert json.loads(schedule_json(event, base_url=BASE))["schedule"]["conference"]["days"]
    assert read("s.ics", calendar(event, base_url=BASE)).sessions == 1
