"""pretalx, Indico, iCalendar, SReview, EuroPython, pyvideo and JSON without a format."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from catalog.errors import InvalidDocumentError
from catalog.model import Kind
from catalog.programme import Options, Programme, read, read_many


def read_json(data: Any) -> Programme:
    return read("programme.json", json.dumps(data).encode())


def test_pretalx_submissions() -> None:
    """Localised names, opt-out, several slots, withdrawn ones and a missing page are all accounted for."""
    slot = {
        "room": {"name": {"en": "Room 1"}},
        "start": "2024-05-01T10:00:00+02:00",
        "end": "2024-05-01T10:30:00+02:00",
    }
    later = {
        "room": {"name": {"en": "Room 2"}},
        "start": "2024-05-02T10:00:00+02:00",
        "end": "2024-05-02T10:30:00+02:00",
    }
    one = {
        "code": "G9JGWY",
        "title": "Moss",
        "speakers": [{"code": "NQTF8Y", "name": "Ann Li"}],
        "submission_type": {"en": "Talk"},
        "track": {"name": {"en": "Green"}},
        "state": "confirmed",
        "content_locale": "en",
        "do_not_record": True,
        "slots": [slot, later],
        "resources": [{"resource": "https://x.example/deck.pdf", "description": "Slides"}],
    }
    gone = {"code": "AAAAAA", "title": "Gone", "speakers": [], "state": "withdrawn"}
    programme = read_json({"count": 5, "next": "https://pretalx.example/?page=2", "results": [one, gone]})
    assert (programme.format, programme.talks, programme.sessions) == ("pretalx API", 3, 2)
    first, second = programme.event.sessions
    assert first.id == "g9jgwy"
    assert second.id.startswith("g9jgwy-")
    assert (first.room, second.room, first.track, first.type) == ("Room 1", "Room 2", "Green", "Talk")
    assert first.do_not_record
    assert first.duration == timedelta(minutes=30)
    messages = [finding.message for finding in programme.findings]
    assert any("one page of several" in message for message in messages)
    assert any("5 records, but has 2" in message for message in messages)


def test_pretalx_pages_in_a_folder_are_one_programme() -> None:
    """Pages of the API join; codes and numbers instead of names are told, and are nobody's name."""
    record = {"title": "T", "speakers": ["NQTF8Y"], "state": "confirmed", "track": 5, "slots": [{"room": 7}]}
    pages = {
        f"page{number}.json": json.dumps(
            {"results": [{**record, "code": f"AAAA{number}{part}"} for part in "XY"]}
        ).encode()
        for number in (1, 2)
    }
    programme = read_many(pages)
    assert (programme.sessions, programme.people, programme.rooms) == (4, 0, 0)
    assert sum("?expand=speakers" in finding.hint for finding in programme.findings) == 2
    assert any("?expand=slots.room" in finding.hint for finding in programme.findings)


SESSIONIZE: dict[str, Any] = {
    "sessions": [
        {
            "id": "123",
            "title": "Opening",
            "description": "Welcome.",
            "startsAt": "2024-06-10T09:00:00",
            "endsAt": "2024-06-10T09:45:00",
            "speakers": ["a-1", "a-2", "gone"],
            "categoryItems": [11, 21, 31, 99],
            "roomId": 7,
            "liveUrl": "https://live.example/1",
            "recordingUrl": "https://youtu.be/dQw4w9WgXcQ",
            "status": "Accepted",
        },
        {"id": "9", "title": "Lunch", "startsAt": None, "endsAt": None, "speakers": [], "roomId": None},
        {"id": "8", "title": "Gone", "startsAt": None, "speakers": [], "status": "Declined"},
    ],
    "speakers": [
        {"id": "a-1", "firstName": "Ann", "lastName": "Li", "fullName": "Ann Li"},
        {"id": "a-2", "firstName": "Bo", "lastName": "Ek"},
    ],
    "categories": [
        {"id": 1, "title": "Track", "items": [{"id": 11, "name": "Data"}]},
        {"id": 2, "title": "Session format", "items": [{"id": 21, "name": "Panel"}]},
        {"id": 3, "title": "Language", "items": [{"id": 31, "name": "French"}]},
    ],
    "rooms": [{"id": 7, "name": "Main hall"}],
}


def test_sessionize_looks_up_what_talks_name_by_number() -> None:
    programme = read_json(SESSIONIZE)
    assert programme.format == "Sessionize API"
    opening, lunch = programme.event.sessions
    assert [(person.name, person.role) for person in opening.people] == [("Ann Li", "speaker"), ("Bo Ek", "speaker")]
    assert (opening.room, opening.track, opening.type, opening.language) == ("Main hall", "Data", "Panel", "fr")
    assert (opening.start, opening.duration) == (datetime(2024, 6, 10, 9), timedelta(minutes=45))
    assert [link.url for link in opening.links] == ["https://live.example/1"]
    assert [one.source for one in opening.recordings] == ["https://www.youtube.com/watch?v=dQw4w9WgXcQ"]
    assert (lunch.title, lunch.start, lunch.room) == ("Lunch", None, "")
    assert [one.message for one in programme.left_out] == ["'Gone' is marked as declined"]
    assert any("no speaker in this file has the id 'gone'" in one.message for one in programme.findings)


def test_a_sessionize_grid_names_every_talk_once() -> None:
    talk = {
        "id": "123",
        "title": "Opening",
        "startsAt": "2024-06-10T09:00:00Z",
        "endsAt": "2024-06-10T09:45:00Z",
        "speakers": [{"id": "a", "name": "Ann Li"}],
        "categories": [{"name": "Track", "categoryItems": [{"id": 11, "name": "Data"}]}],
        "room": "Main hall",
    }
    slot = {"slotStart": "09:00:00", "rooms": [{"name": "Main hall", "session": talk}]}
    rooms = [{"name": "Main hall", "sessions": [talk]}, {"name": "Annexe", "sessions": [talk]}]
    grid = read_json([{"date": "2024-06-10T00:00:00", "rooms": rooms, "timeSlots": [slot]}])
    groups = read_json([{"groupId": "1", "groupName": "All", "sessions": [talk]}])
    for programme in (grid, groups):
        assert programme.format == "Sessionize API"
        (session,) = programme.event.sessions
        assert (session.room, session.track, session.people[0].name) == ("Main hall", "Data", "Ann Li")
        assert session.start == datetime(2024, 6, 10, 9, tzinfo=UTC)


def test_europython_json() -> None:
    """Days as keys, events of several kinds, rooms as a list."""
    events = [
        {"event_type": "break", "title": "Tea", "duration": 30, "start": "2024-07-08T10:30:00+02:00", "rooms": []},
        {
            "event_type": "session",
            "code": "ABC123",
            "title": "Moss",
            "session_type": "Talk",
            "speakers": [{"code": "X", "name": "Ann Li", "website_url": "https://x.example/"}],
            "start": "2024-07-08T09:30:00+02:00",
            "duration": 45,
            "rooms": ["North", "South"],
        },
    ]
    programme = read_json({"days": {"2024-07-08": {"rooms": ["North", "South"], "events": events}}})
    moss, tea = programme.event.sessions
    assert (moss.id, moss.room, moss.duration, tea.title) == ("abc123", "North, South", timedelta(minutes=45), "Tea")
    assert [person.name for person in moss.people] == ["Ann Li"]


def contribution(number: str, title: str, **fields: Any) -> dict[str, Any]:
    start = {"date": "2024-06-03", "time": f"{8 + int(number):02d}:00:00", "tz": "Europe/Zurich"}
    return {"_type": "Contribution", "id": number, "title": title, "startDate": start, "duration": 20, **fields}


def test_indico_contributions_and_sessions() -> None:
    """Contributions of sessions, alone, twice listed, and talks within talks: each once."""
    inner = contribution("2", "In a session", subContributions=[{"id": "0", "title": "Part", "speakers": []}])
    event = {
        "_type": "Conference",
        "id": "99",
        "title": "Physics",
        "timezone": "Europe/Zurich",
        "contributions": [
            contribution("1", "Alone", speakers=[{"fullName": "LI, Ann", "affiliation": "ANU"}], roomFullname="Aula"),
            contribution("2", "In a session"),
        ],
        "sessions": [
            {"id": "5", "title": "Morning", "contributions": [inner]},
            {"id": "6", "title": "Poster walk", "contributions": [], "startDate": inner["startDate"]},
        ],
    }
    programme = read_json({"_type": "HTTPAPIResult", "results": [event]})
    assert sorted(session.title for session in programme.event.sessions) == ["Alone", "In a session", "Poster walk"]
    alone = programme.event.sessions[0]
    assert alone.start == datetime(2024, 6, 3, 9, tzinfo=ZoneInfo("Europe/Zurich"))
    assert (alone.room, alone.duration) == ("Aula", timedelta(minutes=20))
    assert [(person.name, person.organisation) for person in alone.people] == [("Ann Li", "ANU")]
    assert any("second time" in finding.message for finding in programme.findings)


def test_indico_sub_contributions_are_talks() -> None:
    """A talk within a contribution is a session that begins no earlier and names its contribution."""
    parts = [{"id": "0", "title": "Part", "speakers": []}]
    event = {
        "_type": "Conference",
        "id": "99",
        "title": "P",
        "contributions": [contribution("1", "Whole", subContributions=parts)],
    }
    programme = read_json({"_type": "HTTPAPIResult", "results": [event]})
    whole, part = programme.event.sessions
    assert (part.title, part.track, part.id, part.start) == ("Part", "Whole", "1-0", whole.start)


def test_indico_timetable() -> None:
    """Days hold blocks, blocks hold entries; breaks are entries too."""
    start = {"date": "2024-06-03", "time": "09:00:00", "tz": "UTC"}
    entries = {"c1": {"entryType": "Contribution", "id": "c1", "title": "Talk", "startDate": start, "duration": 30}}
    days = {
        "20240603": {
            "s1": {"entryType": "Session", "title": "Morning", "entries": entries},
            "b2": {"entryType": "Break", "id": "b2", "title": "Tea", "startDate": {**start, "time": "11:00:00"}},
        }
    }
    programme = read_json({"_type": "HTTPAPIResult", "results": {"99": days}})
    assert [(one.title, one.track, one.type) for one in programme.event.sessions] == [
        ("Talk", "Morning", ""),
        ("Tea", "", "break"),
    ]


def test_an_indico_export_without_talks_says_how_to_get_them() -> None:
    """The event alone is no programme; the finding names the parameter to export with."""
    programme = read_json({"_type": "HTTPAPIResult", "results": [{"_type": "Conference", "id": "1", "title": "E"}]})
    assert programme.sessions == 0
    assert any("detail=contributions" in finding.hint for finding in programme.findings)


ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Test//EN
X-WR-CALNAME:Moss 2024
X-WR-TIMEZONE:Europe/Paris
BEGIN:VEVENT
UID:one@moss
DTSTAMP:20240101T000000Z
DTSTART;TZID=Europe/Paris:20240501T100000
DURATION:PT45M
SUMMARY:Spores\\, and
  more
LOCATION:Hall
CATEGORIES:Life,Green
DESCRIPTION:plain
X-ALT-DESC;FMTTYPE=text/html:<p>rich <b>text</b></p>
URL:https://moss.example/1
ATTENDEE;CN="Ann Li":https://moss.example/people/ann
ATTENDEE;CN=boss@example.org:mailto:boss@example.org
END:VEVENT
BEGIN:VEVENT
UID:two@moss
DTSTAMP:20240101T000000Z
DTSTART:20240501T120000Z
DTEND:20240501T123000Z
SUMMARY:Gone
STATUS:CANCELLED
END:VEVENT
BEGIN:VEVENT
UID:three@moss
DTSTAMP:20240101T000000Z
DTSTART;VALUE=DATE:20240502
SUMMARY:Excursion
RRULE:FREQ=DAILY;COUNT=3
END:VEVENT
END:VCALENDAR
"""


def test_icalendar() -> None:
    """Zones, folded lines, HTML alternatives, people with names, cancelled and repeating entries."""
    programme = read("x.ics", ICS.replace("\n", "\r\n").encode())
    assert (programme.event.title, programme.event.timezone) == ("Moss 2024", "Europe/Paris")
    assert (programme.talks, programme.sessions) == (5, 4)
    talk = programme.event.sessions[0]
    assert (talk.id, talk.guid, talk.title) == ("one-moss", "one@moss", "Spores, and more")
    assert talk.start == datetime(2024, 5, 1, 8, tzinfo=UTC)
    assert (talk.duration, talk.room, talk.track) == (timedelta(minutes=45), "Hall", "Life, Green")
    assert talk.abstract == "rich **text**"
    assert [person.name for person in talk.people] == ["Ann Li"]
    assert programme.left_out[0].line == 21
    assert [one.id for one in programme.event.sessions[1:]] == [
        "three-moss",
        "three-moss-20240503t0000",
        "three-moss-20240504t0000",
    ]


def test_icalendar_with_an_unknown_zone_and_escaped_texts() -> None:
    event = (
        'BEGIN:VEVENT\r\nUID:{0}\r\nSUMMARY:A\\, b\r\nDTSTART;TZID="(UTC+01:00) Amsterdam, Bern":20240603T090000\r\n'
        "X-ALT-DESC;FMTTYPE=text/html:<p>One\\, two</p>\\n<p>C:\\\\new</p>\r\nEND:VEVENT\r\n"
    )
    head = "BEGIN:VCALENDAR\r\nX-WR-CALNAME:My\\, meeting\r\n"
    programme = read("p.ics", f"{head}{event.format(1)}{event.format(2)}END:VCALENDAR\r\n".encode())
    assert programme.event.title == "My, meeting"
    assert [session.title for session in programme.event.sessions] == ["A, b", "A, b"]
    assert programme.event.sessions[0].abstract == "One, two\n\nC:\\\\new"
    (said,) = [one for one in programme.findings if "Amsterdam" in one.message]
    assert "not a time zone that is known" in said.message


def test_icalendar_cut_short() -> None:
    """A file that ends within an entry, or an entry that never ends, costs no talk and is told."""
    cut = ICS.partition("RRULE")[0]
    slip = ICS.replace("END:VEVENT\n", "", 1)
    for written, talks in ((cut, 3), (slip, 5)):
        programme = read("x.ics", written.replace("\n", "\r\n").encode())
        assert (programme.talks, programme.sessions) == (talks, talks - 1)
        assert any("END:VEVENT is missing" in finding.message for finding in programme.findings)


def test_sreview_yaml() -> None:
    """Ids by SReview's own rule; lengths or end times; speakers as names or records."""
    written = """
name: Moss
talks:
  - title: Spores and more
    starttime: 2024-05-01 10:00
    length_minutes: 55
    speakers: [{name: Ann Li, email: ann@example.org}, Bo Ek]
    room: {name: main, altname: m}
  - title: Late
    id: foobar
    starttime: 2024-05-01 11:00 Europe/Paris
    endtime: 2024-05-01 11:15 Europe/Paris
    room: main
  - just text
"""
    programme = read("s.yaml", written.encode(), options=Options(timezone="Europe/Paris"))
    assert (programme.talks, programme.sessions) == (3, 2)
    assert [session.id for session in programme.event.sessions] == ["spores-and-more", "foobar"]
    assert [session.duration for session in programme.event.sessions] == [timedelta(minutes=55), timedelta(minutes=15)]
    assert [person.name for person in programme.event.sessions[0].people] == ["Ann Li", "Bo Ek"]
    assert programme.event.timezone == "Europe/Paris"
    assert programme.left_out[0].line == 14


def test_europython_xml() -> None:
    """Times as HHMM, minutes as length, entries without ids, people with ids and pages."""
    written = """<schedule><day date="2024-07-21">
<entry id="1"><category>Talk</category><start>0930</start><duration>30</duration><room id="2">C01</room>
<title>Moss</title><description>d</description>
<speakers><speaker id="7"><name>Ann Li</name><profile>https://ep.example/7</profile></speaker></speakers></entry>
<entry><start>1300</start><duration>60</duration><room>C01</room><title>Lunch</title></entry>
</day></schedule>"""
    programme = read("ep.xml", written.encode())
    talk, lunch = programme.event.sessions
    assert (talk.id, talk.type, talk.start, talk.room) == ("1", "Talk", datetime(2024, 7, 21, 9, 30), "C01")
    assert str(talk.people[0].url) == "https://ep.example/7"
    assert (lunch.id, lunch.duration) == ("lunch", timedelta(hours=1))


def test_pyvideo_folders_are_one_programme() -> None:
    """One file a video and a category file: seconds, dates without a time of day, alternative addresses."""
    video = {
        "title": "Ellipses",
        "slug": "ellipses",
        "speakers": ["Ann Li"],
        "recorded": "2023-05-11",
        "duration": 900,
        "language": "eng",
        "copyright_text": "CC BY",
        "description": "d",
        "videos": [
            {"type": "archive", "url": "https://archive.example/x.mp4"},
            {"type": "youtube", "url": "https://youtu.be/abcdefghijk"},
        ],
    }
    files = {
        "category.json": json.dumps(
            {"title": "Chi", "start_date": "2023-05-11", "url": "https://chi.example/"}
        ).encode(),
        "videos/ellipses.json": json.dumps(video).encode(),
        "videos/other.json": json.dumps({**video, "slug": "other", "title": "Other"}).encode(),
        "README": b"nothing",
    }
    programme = read_many(files)
    assert (programme.event.title, programme.sessions, programme.recordings) == ("Chi", 2, 2)
    session = programme.event.sessions[0]
    assert (session.start, session.duration, session.language) == (None, timedelta(minutes=15), "en")
    recording = session.recordings[0]
    assert (recording.id, recording.source) == ("youtube-abcdefghijk", "https://www.youtube.com/watch?v=abcdefghijk")
    assert recording.date == datetime(2023, 5, 11)
    assert [link.url for link in recording.links] == ["https://archive.example/x.mp4"]


def test_free_form_json() -> None:
    """Talks are found wherever they lie, with the room and the day around them; links and people are no talks."""
    programme = read_json(
        {
            "title": "Moss",
            "timezone": "Asia/Tokyo",
            "days": [
                {
                    "date": "2024-05-01",
                    "rooms": [
                        {
                            "name": "Hall",
                            "sessions": [
                                {
                                    "uuid": "u-1",
                                    "title": "胞子",
                                    "starts_at": "2024-05-01T10:00:00+09:00",
                                    "length_min": 20,
                                    "speaker": {"name": "かっくん", "title": "Dr", "kana": "カ"},
                                    "links": [{"title": "A link", "url": "https://x.example/"}],
                                },
                                {"title": "Afternoon", "time": "14:00 - 15:30", "speakers": ["Ann Li", "Bo Ek"]},
                            ],
                        }
                    ],
                }
            ],
        }
    )
    one, two = programme.event.sessions
    assert (one.title, one.room, one.duration) == ("胞子", "Hall", timedelta(minutes=20))
    assert [person.name for person in one.people] == ["かっくん"]
    assert (two.start, two.duration) == (datetime(2024, 5, 1, 14), timedelta(minutes=90))
    assert (programme.event.title, programme.event.timezone) == ("Moss", "Asia/Tokyo")


def test_cancelled_records_are_explained() -> None:
    """A record whose status says so is left out, with its path and title."""
    programme = read_json([{"title": "Gone", "room": "A", "status": "Cancelled"}, {"title": "Moss", "room": "A"}])
    assert (programme.talks, programme.sessions) == (2, 1)
    assert (programme.left_out[0].field, programme.left_out[0].message) == ("0", "'Gone' is marked as cancelled")


def test_free_form_json_with_videos() -> None:
    """A keyed list of pre-recorded films: minutes and seconds, affiliations, a misspelt field."""
    films = {"moss": {"title": "Moss", "author": "Ann Li & Bo Ek", "affiliation": "ANU", "abtract": "All of it"}}
    films["moss"] |= {"video": "https://player.example/embed/media/x1", "duration": "11:30"}
    (session,) = read_json([films]).event.sessions
    assert (session.kind, session.duration) == (Kind.PRE_RECORDED, timedelta(minutes=11, seconds=30))
    assert [(person.name, person.organisation) for person in session.people] == [("Ann Li", "ANU"), ("Bo Ek", "ANU")]
    assert session.abstract == "All of it"
    assert session.recordings[0].source == "https://player.example/embed/media/x1"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"hello",
        b"<html><body>no</body></html>",
        b'{"a": 1}',
        b"[]",
        b"42",
        b"a: 1",
        b"\x89PNG\r\n\x1a\n\0\0",
    ],
)
def test_what_is_no_programme_is_refused(content: bytes) -> None:
    """The message says that the format is unknown or the file empty, and lists what is known."""
    with pytest.raises(InvalidDocumentError) as caught:
        read("thing", content)
    assert any(word in str(caught.value) for word in ("is empty", "known are"))


def test_several_whole_programmes_in_a_folder_are_refused() -> None:
    """Two schedules of one event would double every talk."""
    csv = b"title,start\nOne,2024-05-01 10:00\nTwo,2024-05-01 11:00\n"
    with pytest.raises(InvalidDocumentError, match="several programmes"):
        read_many({"a.csv": csv, "b.csv": csv})
