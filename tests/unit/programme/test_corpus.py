"""Real programmes beside the checkout: what is read agrees with counts taken from the raw files in other ways."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from lxml import etree

from catalog.errors import InvalidDocumentError, Severity
from catalog.model import Kind
from catalog.programme import Programme, read, read_many
from catalog.programme.export import calendar, schedule_json, schedule_xml

pytestmark = pytest.mark.corpus

SCHEDULES = (
    "frab-xml/fosdem2024.xml",
    "frab-json/camp2019_frab.json",
    "frab-json/democon_pretalx.json",
    "frab-json/invalid_example.json",
    "ics/fosdem2024_selection_Arav.ics",
    "ics/pyconuk2015_schedule.ics",
    "indico/export_event_contributions_derived.json",
    "other-xml/europython2014_schedule.xml",
    "other-json/fosdem2024_fossy.json",
    "other-json/iosdc2022_fortee_ja.json",
    "yaml/sreview_schedule.yaml",
)


def programme(shared: Path, name: str) -> Programme:
    path = shared / "schedules" / name
    return read(path.name, path.read_bytes())


def counts(one: Programme) -> tuple[int, int, int, int]:
    """Talks, sessions, people, rooms."""
    return one.talks, one.sessions, one.people, one.rooms


def folder(path: Path) -> dict[str, bytes]:
    return {one.relative_to(path).as_posix(): one.read_bytes() for one in sorted(path.rglob("*")) if one.is_file()}


@pytest.mark.parametrize("name", SCHEDULES)
def test_talks_in_are_sessions_out(shared: Path, name: str) -> None:
    """Nothing is dropped in silence, and every id is given once."""
    one = programme(shared, name)
    assert one.talks == one.sessions + len(one.left_out)
    assert one.sessions > 0
    assert len({session.id for session in one.event.sessions}) == one.sessions


def test_frab_xml(shared: Path) -> None:
    """Counted with XPath; the notes are the two breaches that the published XSD finds, and the rooms without talks."""
    tree = etree.parse(str(shared / "schedules/frab-xml/fosdem2024.xml"))
    talks = tree.xpath("//day/room/event")
    people = set(tree.xpath("//persons/person/@id"))
    rooms = set(tree.xpath("//event/room/text()"))
    empty = set(tree.xpath("//day/room[not(event)]/@name")) - rooms
    one = programme(shared, "frab-xml/fosdem2024.xml")
    assert counts(one) == (len(talks), len(talks), len(people), len(rooms)) == (876, 876, 945, 29)
    xsd = etree.XMLSchema(etree.parse(str(shared / "schedules/schemas/schedule.xml.xsd")))
    assert not xsd.validate(tree)
    breaches = [finding for finding in one.findings if "the schema" in finding.message]
    assert len(breaches) == len(xsd.error_log) == 2
    assert {finding.line for finding in breaches} == {error.line for error in xsd.error_log}
    assert len(one.findings) == 2 + len(empty)
    by_id = {session.id: session for session in one.event.sessions}
    for talk in talks:
        session = by_id[talk.get("id")]
        assert session.guid == talk.get("guid")
        assert session.title == " ".join(talk.findtext("title").split())
        assert session.start is not None
        assert session.start.isoformat() == talk.findtext("date")
        assert len(session.people) == len({person.get("id") for person in talk.iterfind("persons/person")})


@pytest.mark.parametrize("name", ["camp2019_frab", "democon_pretalx", "invalid_example"])
def test_frab_json(shared: Path, name: str) -> None:
    """Counted from the parsed JSON; breaches agree with the published JSON Schema."""
    data = json.loads((shared / f"schedules/frab-json/{name}.json").read_bytes())
    talks = [
        entry for day in data["schedule"]["conference"]["days"] for room in day["rooms"].values() for entry in room
    ]
    people = {person.get("id") for entry in talks for person in entry["persons"]}
    one = programme(shared, f"frab-json/{name}.json")
    assert counts(one) == (len(talks), len(talks), len(people), len({entry["room"] for entry in talks}))
    schema = json.loads((shared / "schedules/schemas/schedule.schema.json").read_bytes())
    errors = list(jsonschema.Draft6Validator(schema).iter_errors(data))
    breaches = [finding for finding in one.findings if finding.severity is Severity.NOTE]
    if name != "invalid_example":  # there one wrong id breaks two rules of the schema
        assert len(breaches) == len(errors) == {"camp2019_frab": 80, "democon_pretalx": 0}[name]
    else:
        assert {"'answers'", "'2814'", "'dsadf'"} <= {
            word for f in breaches for word in re.findall(r"'\w+'", f.message)
        }
        assert one.event.sessions[0].do_not_record


@pytest.mark.parametrize(("name", "people"), [("fosdem2024_selection_Arav", 16), ("pyconuk2015_schedule", 0)])
def test_icalendar(shared: Path, name: str, people: int) -> None:
    """Counted in the unfolded text."""
    written = (shared / f"schedules/ics/{name}.ics").read_text("utf-8").replace("\r\n", "\n")
    unfolded = re.sub(r"\n[ \t]", "", written)
    talks = len(re.findall(r"(?m)^BEGIN:VEVENT$", unfolded))
    rooms = {room.strip() for room in re.findall(r"(?m)^LOCATION[^:]*:(.+)$", unfolded)}
    named = set(re.findall(r"(?m)^ATTENDEE[^\n]*CN=\"?([^\":;]+)", unfolded))
    assert len(named) == people
    assert counts(programme(shared, f"ics/{name}.ics")) == (talks, talks, people, len(rooms))


def test_europython_xml(shared: Path) -> None:
    """Counted with XPath; the reused ids of posters and talks are told apart."""
    tree = etree.parse(str(shared / "schedules/other-xml/europython2014_schedule.xml"))
    entries = tree.xpath("//day/entry")
    rooms = {" ".join(room.split()) for room in tree.xpath("//entry/room/text()") if room.strip()}
    one = programme(shared, "other-xml/europython2014_schedule.xml")
    assert counts(one) == (len(entries), len(entries), len(set(tree.xpath("//speaker/@id"))), len(rooms))
    ids = Counter(entry.get("id") for entry in entries if entry.get("id"))
    repeated = sum(count - 1 for count in ids.values())
    told = [finding for finding in one.findings if "another session has the id" in finding.message]
    assert len(told) >= repeated > 0


def test_fortee_and_flattened_json(shared: Path) -> None:
    """JSON of two third parties, one of them the same event as the XML: the same talks at the same times."""
    data = json.loads((shared / "schedules/other-json/iosdc2022_fortee_ja.json").read_bytes())["timetable"]
    speakers = {entry["speaker"]["name"].strip() for entry in data if "speaker" in entry}
    one = programme(shared, "other-json/iosdc2022_fortee_ja.json")
    assert counts(one) == (len(data), len(data), len(speakers), 0)
    flat = programme(shared, "other-json/fosdem2024_fossy.json").event
    full = programme(shared, "frab-xml/fosdem2024.xml").event
    assert [(s.id, s.start, s.duration, s.room) for s in flat.sessions] == [
        (s.id, s.start, s.duration, s.room) for s in sorted(full.sessions, key=_order_of(flat.sessions))
    ]


def _order_of(sessions: Any) -> Any:
    order = {session.id: index for index, session in enumerate(sessions)}
    return lambda session: order[session.id]


def test_indico(shared: Path) -> None:
    """The contributions, and the export that has none."""
    path = shared / "schedules/indico"
    data = json.loads((path / "export_event_contributions_derived.json").read_bytes())["results"][0]["contributions"]
    one = programme(shared, "indico/export_event_contributions_derived.json")
    assert counts(one) == (len(data), len(data), 0, 0)
    assert {session.title for session in one.event.sessions} == {entry["title"] for entry in data}
    assert programme(shared, "indico/export_event_events_derived.json").sessions == 0


def test_sreview(shared: Path) -> None:
    """Counted from the YAML."""
    talks = yaml.safe_load((shared / "schedules/yaml/sreview_schedule.yaml").read_bytes())["talks"]
    people = {s["name"] if isinstance(s, dict) else s for talk in talks for s in talk.get("speakers", ())}
    rooms = {talk["room"]["name"] if isinstance(talk["room"], dict) else talk["room"] for talk in talks}
    assert counts(programme(shared, "yaml/sreview_schedule.yaml")) == (len(talks), len(talks), len(people), len(rooms))


def test_w3c_workshop(shared: Path) -> None:
    """Pre-recorded talks: each a session with one recording, its people and its length in minutes and seconds."""
    data = json.loads((shared / "schedules/w3c-ml-workshop-2020/talks.json").read_bytes())
    talks = [talk for group in data for talk in group.values()]
    one = programme(shared, "w3c-ml-workshop-2020/talks.json")
    authors = {name.strip() for talk in talks for name in re.split(r" & |, ", talk["author"])}
    assert counts(one) == (len(talks), len(talks), len(authors), 0)
    assert {recording.source for _, recording in one.event.recordings()} == {talk["video"] for talk in talks}
    seconds = {int(m) * 60 + int(s) for m, s in (talk["duration"].split(":") for talk in talks)}
    assert {int(session.duration.total_seconds()) for session in one.event.sessions if session.duration} == seconds
    assert {session.kind for session in one.event.sessions} == {Kind.PRE_RECORDED}


def test_pyvideo(shared: Path) -> None:
    """Every category folder is a programme with one recording for each of its videos."""
    total = 0
    for path in sorted((shared / "pyvideo/subset").iterdir()):
        one = read_many(folder(path))
        videos = sorted((path / "videos").glob("*.json"))
        assert (one.talks, one.sessions, one.recordings) == (len(videos),) * 3
        data = [json.loads(video.read_bytes()) for video in videos]
        assert one.event.title == json.loads((path / "category.json").read_bytes())["title"].strip()
        assert {session.title for session in one.event.sessions} == {" ".join(d["title"].split()) for d in data}
        total += len(videos)
    assert total == len(list((shared / "pyvideo").rglob("videos/*.json"))) == 237


def test_the_final_session_pages_of_the_first_user(shared: Path) -> None:
    """13 sessions and 40 recordings, 30 of them pre-recorded, with titles, presenters, addresses and times."""
    path = shared / "gbif/gnm2021-jekyll-final-2021-09-20"
    one = read_many(folder(path))
    pages = sorted((path / "sessions").glob("*.md"))
    assert {session.id for session in one.event.sessions} == {page.stem for page in pages}
    assert (len(pages), one.sessions, one.recordings, one.left_out) == (13, 13, 40, ())
    ids = {page.stem: re.findall(r'vimeo\.html\s+id="(\d+)', page.read_text("utf-8")) for page in pages}
    headings = {heading for page in pages for heading in re.findall(r"(?m)^#+ (.*\S)\s*$", page.read_text("utf-8"))}
    times = {page.stem: min(re.findall(r"iso=([0-9T]+)", page.read_text("utf-8"))) for page in pages}
    kinds: Counter[Kind] = Counter()
    for session in one.event.sessions:
        assert [recording.source for recording in session.recordings] == [
            f"https://vimeo.com/{number}" for number in ids[session.id]
        ]
        assert session.start is not None
        assert f"{session.start:%Y%m%dT%H}" == times[session.id][:11]
        assert session.start.utcoffset() is not None
        for recording in session.recordings:
            kinds[recording.kind] += 1
            assert recording.people
            assert recording.title in {" ".join(heading.split()) for heading in headings}
    assert kinds == {Kind.PRE_RECORDED: 30, Kind.LIVE: 10}
    names = {person.name for _, recording in one.event.recordings() for person in recording.people}
    everything = "".join(page.read_text("utf-8") for page in pages)
    assert all(re.sub(r"\s+", " ", name) in re.sub(r"\s+", " ", everything) for name in names)
    assert not [name for name in names if re.search(r"Secretariat|Director|Officer|Node", name)]


@pytest.mark.parametrize("evening", ["2021-06-25", "2021-06-30"])
def test_the_pages_of_earlier_evenings(shared: Path, evening: str) -> None:
    """Every video of half-finished pages is a recording once, or twice where it has two titles."""
    path = shared / "gbif/gnm2021-history" / evening
    one = read_many(folder(path))
    written = "".join(page.read_text("utf-8") for page in path.rglob("*.md"))
    wanted = set(re.findall(r"(?:vimeo\.html\s+id=\"|player\.vimeo\.com/video/)(\d+)", written))
    found = {re.sub(r"\D", "", recording.source or "") for _, recording in one.event.recordings()}
    assert found == wanted


def test_later_sites_of_the_first_user(shared: Path) -> None:
    """The AsciiDoc form of the same pages has the same 40 videos; pages of slides alone are no programme."""
    root = shared / "gbif/globalnodes-antora-2026/en"
    old = read_many(folder(shared / "gbif/gnm2021-jekyll-final-2021-09-20"))
    new = read_many(folder(root / "2021gnm"))
    assert {one.source for _, one in new.event.recordings()} == {one.source for _, one in old.event.recordings()}
    with pytest.raises(InvalidDocumentError):
        read_many(folder(root / "prep"))


@pytest.mark.parametrize(
    "name", ["other/pyconuk2015_schedule.rst", "indico/http_api_event.rst", "indico/export_schema.yaml"]
)
def test_other_files_are_refused_with_the_known_formats(shared: Path, name: str) -> None:
    """Documentation and tables drawn by hand are no programmes."""
    with pytest.raises(InvalidDocumentError, match="known are"):
        programme(shared, name)


@pytest.mark.parametrize("name", SCHEDULES)
def test_exports_are_valid_by_the_published_schemas(shared: Path, name: str) -> None:
    """Whatever was read, the schedules written from it are strictly valid, and read back whole."""
    event = programme(shared, name).event
    timed = sum(1 for session in event.sessions if session.start)
    xml = schedule_xml(event, base_url="https://site.example/")
    xsd = etree.XMLSchema(etree.parse(str(shared / "schedules/schemas/schedule.xml.xsd")))
    assert xsd.validate(etree.fromstring(xml)), xsd.error_log
    data = schedule_json(event, base_url="https://site.example/")
    schema = json.loads((shared / "schedules/schemas/schedule.schema.json").read_bytes())
    validator = jsonschema.Draft6Validator(schema, format_checker=jsonschema.FormatChecker())
    assert list(validator.iter_errors(json.loads(data))) == []
    for file, content in (
        ("s.xml", xml),
        ("s.json", data),
        ("s.ics", calendar(event, base_url="https://site.example/")),
    ):
        again = read(file, content)
        assert again.sessions == timed
        assert sorted(one.title for one in again.event.sessions) == sorted(
            one.title for one in event.sessions if one.start
        )
