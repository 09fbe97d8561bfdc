"""frab schedules in XML and JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from catalog.errors import Severity
from catalog.model import LinkKind
from catalog.programme import read

CET = timezone(timedelta(hours=1))

XML = """<?xml version="1.0" encoding="utf-8"?>
<schedule>
  <version>1</version>
  <conference>
    <acronym>moss-2024</acronym><title>Moss &amp; Fern 2024</title>
    <start>2024-02-03</start><end>2024-02-04</end><base_url>https://moss.example/s/</base_url>
    <time_zone_name>Europe/Brussels</time_zone_name>
  </conference>
  <day index="1" date="2024-02-03" start="2024-02-03T06:00:00+01:00" end="2024-02-04T05:59:00+01:00">
    <room name="Hall">
      <event id="7" guid="11111111-2222-3333-4444-555555555555">
        <date>2024-02-03T10:00:00+01:00</date><start>10:00</start><duration>00:45</duration>
        <room>Hall</room><slug>moss-2024-7-spores</slug><url>https://moss.example/7</url>
        <title>Spores</title><subtitle>A love story</subtitle><track>Life</track><type>lecture</type>
        <language>de</language><abstract>&lt;p&gt;All &lt;b&gt;about&lt;/b&gt; spores&lt;/p&gt;</abstract>
        <description>Long</description>
        <persons><person id="3">Ann Li</person><person id="4">Bo Ek</person></persons>
        <recording><license>CC-BY-4.0</license><optout>true</optout></recording>
        <links><link href="https://forum.example/t/1">Discuss in the forum</link></links>
        <attachments><attachment href="files/spores.pdf" type="slides">Slides</attachment></attachments>
      </event>
      <event id="8" guid="21111111-2222-3333-4444-555555555555">
        <start>01:30</start><duration>1:00</duration><title>Night walk</title>
        <persons><person id="5">Ann Li</person></persons>
      </event>
    </room>
    <room name="Garden"/>
  </day>
</schedule>"""


def schedule(*entries: dict[str, Any], **conference: Any) -> bytes:
    """A schedule.json with these entries in one room of one day."""
    day = {
        "index": 1,
        "date": "2024-02-03",
        "day_start": "2024-02-03T06:00:00+01:00",
        "day_end": "",
        "rooms": {"A": entries},
    }
    head = {"acronym": "moss_2024", "title": "Moss", "days": [day], **conference}
    return json.dumps({"schedule": {"version": "1", "base_url": "https://moss.example/", "conference": head}}).encode()


def test_everything_of_an_xml_entry_is_carried_over() -> None:
    """Ids, texts, times, people, links, licence and opt-out arrive; HTML arrives as Markdown."""
    programme = read("schedule.xml", XML.encode())
    event = programme.event
    assert (programme.format, programme.talks, programme.sessions) == ("frab schedule.xml", 2, 2)
    assert (event.id, event.title, event.timezone) == ("moss-2024", "Moss & Fern 2024", "Europe/Brussels")
    assert (event.start, event.end) == (date(2024, 2, 3), date(2024, 2, 4))
    talk = event.sessions[0]
    assert (talk.id, talk.guid) == ("7", "11111111-2222-3333-4444-555555555555")
    assert (talk.title, talk.subtitle, talk.track, talk.type, talk.language) == (
        "Spores",
        "A love story",
        "Life",
        "lecture",
        "de",
    )
    assert (talk.start, talk.duration) == (datetime(2024, 2, 3, 10, tzinfo=CET), timedelta(minutes=45))
    assert (talk.abstract, talk.description, talk.licence, talk.room) == (
        "All **about** spores",
        "Long",
        "CC-BY-4.0",
        "Hall",
    )
    assert talk.do_not_record
    assert [(link.url, link.kind) for link in talk.links] == [
        ("https://moss.example/7", LinkKind.PAGE),
        ("https://moss.example/s/files/spores.pdf", LinkKind.SLIDES),
        ("https://forum.example/t/1", LinkKind.DISCUSSION),
    ]


def test_the_day_lasts_until_it_changes() -> None:
    """An entry at 01:30 without a date belongs to the night after the programme day, and the day is still that one."""
    event = read("schedule.xml", XML.encode()).event.localised()
    night = event.sessions[1]
    assert night.start is not None
    assert night.start.replace(tzinfo=None) == datetime(2024, 2, 4, 1, 30)
    assert event.day_of(night) == date(2024, 2, 3)


def test_two_people_with_one_name_are_told_apart_by_the_file() -> None:
    """Persons 3 and 5 are both Ann Li: two public ids, the smaller number keeps the plain one."""
    sessions = read("schedule.xml", XML.encode()).event.sessions
    assert [person.id for session in sessions for person in session.people] == ["ann-li", "bo-ek", "ann-li-5"]


def test_a_room_without_talks_is_noted() -> None:
    """An empty room is not a room of the event, and a note says so."""
    programme = read("schedule.xml", XML.encode())
    assert programme.rooms == 1
    assert any("'Garden' has no talks" in finding.message for finding in programme.findings)


def test_breaches_of_the_schema_are_notes_with_their_line() -> None:
    """What the XSD forbids is told, and costs nothing."""
    broken = XML.replace("<version>1</version>", "<version>1</version><tracks/>").replace("00:45", "45 min")
    findings = read("schedule.xml", broken.encode()).findings
    by_message = {finding.message: finding for finding in findings}
    assert by_message["the schema knows no 'tracks' in <schedule>"].line == 3
    duration = by_message["'45 min' has not the form the schema wants"]
    assert (duration.line, duration.severity) == (12, Severity.NOTE)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<date>2024-02-03T10:00:00+01:00</date><start>10:00</start>", "<start>soon</start>", "not readable"),
        ("<title>Spores</title>", "<title> </title>", "there is no title"),
        ("<duration>00:45</duration>", "<duration>long</duration>", "not a duration"),
        ("<language>de</language>", "<language>klingon</language>", "not a language"),
        ('id="8"', 'id="7"', "has the id '7' too"),
        ("https://moss.example/7</url>", "javascript:alert(1)</url>", "not a web address"),
        ("<start>10:00</start>", "<start>11:00</start>", "contradicts"),
    ],
)
def test_no_odd_value_drops_a_talk(old: str, new: str, message: str) -> None:
    """Each odd value is reported, and every talk is still a session."""
    assert old in XML
    programme = read("schedule.xml", XML.replace(old, new).encode())
    assert programme.sessions == 2
    assert any(message in finding.message for finding in programme.findings)


def test_ids_do_not_depend_on_the_order_of_the_file() -> None:
    """A talk put in before two that share an id changes no id but its own."""
    one = {"id": 9, "guid": "a", "date": "2024-02-03T10:00:00+01:00", "title": "One", "duration": "00:30"}
    two = {"id": 9, "guid": "b", "date": "2024-02-03T11:00:00+01:00", "title": "Two", "duration": "00:30"}
    new = {"id": 10, "guid": "c", "date": "2024-02-03T09:00:00+01:00", "title": "New", "duration": "00:30"}
    before = {session.title: session.id for session in read("s.json", schedule(one, two)).event.sessions}
    after = {session.title: session.id for session in read("s.json", schedule(new, one, two)).event.sessions}
    assert before["One"] == "9"
    assert before["Two"].startswith("9-")
    assert after == {**before, "New": "10"}


def test_json_entries_are_carried_over() -> None:
    """The fields of a pretalx schedule.json arrive, opt-out and people with codes included."""
    entry = {
        "id": 25,
        "guid": "8079583e-8321-506c-95af-fd2903a5f075",
        "date": "2024-02-03T09:00:00Z",
        "duration": "00:30",
        "room": "Gray Room",
        "title": "Focus",
        "language": "pt_BR",
        "do_not_record": True,
        "recording_license": "CC0-1.0",
        "persons": [{"code": "NQTF8Y", "public_name": "Bo Ek", "id": 4}],
        "links": [{"url": "https://x.example/", "title": "x"}],
        "attachments": [{"url": "/media/a.pdf", "type": "paper"}, "https://y.example/talk.mp4"],
    }
    programme = read("s.json", schedule(entry, start="2024-02-03", time_zone_name="UTC"))
    (talk,) = programme.event.sessions
    assert (talk.id, talk.room, talk.language, talk.licence) == ("25", "Gray Room", "pt-BR", "CC0-1.0")
    assert talk.start == datetime(2024, 2, 3, 9, tzinfo=UTC)
    assert talk.do_not_record
    assert [(link.url, link.kind) for link in talk.links] == [
        ("https://moss.example/media/a.pdf", LinkKind.DOCUMENT),
        ("https://y.example/talk.mp4", LinkKind.VIDEO),
        ("https://x.example/", LinkKind.PAGE),
    ]


def test_what_is_no_entry_is_left_out_with_its_path() -> None:
    """Text among the entries is counted and explained, never dropped in silence."""
    programme = read("s.json", schedule({"id": 1, "title": "One", "date": "2024-02-03T10:00:00Z"}, "lunch"))  # type: ignore[arg-type]
    assert (programme.talks, programme.sessions) == (2, 1)
    assert programme.left_out[0].field == "schedule.conference.days.0.rooms.A.1"
    assert "'lunch'" in programme.left_out[0].message


def test_json_breaches_have_their_path() -> None:
    """A wrong slug and a missing field are notes at their place."""
    programme = read(
        "s.json", schedule({"id": "x", "slug": "Bad Slug", "title": "One", "date": "2024-02-03T10:00:00Z"})
    )
    notes = {(finding.field, finding.message) for finding in programme.findings}
    place = "schedule.conference.days.0.rooms.A.0"
    assert (f"{place}.slug", "'Bad Slug' has not the form the schema wants") in notes
    assert (f"{place}.id", "the schema wants a number, not 'x'") in notes
    assert (place, "the schema wants 'guid'") in notes


def test_hub_schedules_resolve_their_references() -> None:
    """Version 2: rooms and tracks by reference, localised texts, cancelled events explained, forbidden rooms held."""
    data = {
        "schedule": {
            "version": "2",
            "conference": {
                "acronym": "hub24",
                "title": "Hub",
                "start": "2024-12-27T10:00:00+01:00",
                "end": "2024-12-30T18:00:00+01:00",
                "rooms": [
                    {"guid": "r-1", "name": "Saal 1"},
                    {"guid": "r-2", "name": "Quiet", "features": {"recording": "RECORDING_FORBIDDEN"}},
                ],
                "tracks": [{"slug": "art", "name": "Art & Play"}],
                "days": [{"index": 1, "date": "2024-12-27", "start": "2024-12-27T06:00:00+01:00", "end": ""}],
            },
            "events": [
                {
                    "guid": "e-1",
                    "code": "ABCDEF",
                    "title": "Opening",
                    "start": "2024-12-27T11:00:00+01:00",
                    "end": "2024-12-27T11:40:00+01:00",
                    "room": {"guid": "r-1"},
                    "track": {"slug": "art"},
                    "type": "LIGHTNING_TALK",
                    "abstract": {"de": "Hallo", "en": "Hello"},
                    "participants": [{"guid": "p-1", "name": "Ann Li", "role": "HOST"}],
                },
                {"guid": "e-2", "title": "Gone", "state": "CANCELED", "start": "2024-12-27T12:00:00+01:00"},
                {"guid": "e-3", "title": "Hush", "start": "2024-12-27T13:00:00+01:00", "room": {"guid": "r-2"}},
            ],
        }
    }
    programme = read("schedule2.json", json.dumps(data).encode())
    opening, hush = programme.event.sessions
    assert (programme.talks, programme.sessions) == (3, 2)
    assert "'Gone' is marked as canceled" in programme.left_out[0].message
    assert (opening.id, opening.room, opening.track, opening.type) == (
        "abcdef",
        "Saal 1",
        "Art & Play",
        "lightning talk",
    )
    assert (opening.abstract, opening.duration) == ("Hello", timedelta(minutes=40))
    assert [(person.name, person.role) for person in opening.people] == [("Ann Li", "host")]
    assert hush.do_not_record
    assert not opening.do_not_record
