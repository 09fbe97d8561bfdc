"""Feeds, calendars, sitemap and API, read back by the programs of others."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import jsonschema
import pytest
from icalendar import Calendar
from lxml import etree, html

from bench import synthetic
from catalog.feeds import api, files, podcast, scope, sitemap
from catalog.feeds.scope import Scope, guid
from catalog.programme import read
from catalog.published import Catalogue
from catalog.render import build
from tests.unit.site import samples
from tests.unit.site.test_pages import hostile_catalogue

BASE = "https://meetings.example.org/archive/"
NS = {
    "podcast": "https://podcastindex.org/namespace/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "video": "http://www.google.com/schemas/sitemap-video/1.1",
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "xhtml": "http://www.w3.org/1999/xhtml",
}


@pytest.fixture(scope="module")
def objects() -> dict[str, bytes]:
    """The sample, built."""
    return build(samples.catalogue(languages=("en", "ar")))


@pytest.mark.parametrize("key", ["podcast.xml", "nodes2021/podcast.xml"])
def test_video_podcast(objects: dict[str, bytes], key: str) -> None:
    """A podcast client finds every recording with a picture: file, length, people, transcript, chapters."""
    feed = feedparser.parse(objects[key])
    assert not feed.bozo
    assert feed.feed.language == "en"
    assert {entry.title for entry in feed.entries} == {
        "Panel: the role of nodes",
        "Bienvenue et introduction à la réunion",
        "التنوع البيولوجي في غرب آسيا",
    }
    panel = next(entry for entry in feed.entries if entry.title.startswith("Panel"))
    assert panel.link == BASE + "nodes2021/theme-1/panel/"
    assert panel.enclosures[0].href == BASE + samples.media("panel", "720p.mp4")
    assert (panel.enclosures[0].type, panel.enclosures[0].length) == ("video/mp4", str(720 * 3000))
    assert panel.published_parsed[:5] == (2021, 6, 28, 12, 0)
    assert panel.itunes_duration == "24"
    item = etree.fromstring(objects[key]).xpath("//item[starts-with(title, 'Panel')]")[0]
    assert item.xpath("podcast:person/text()", namespaces=NS) == ["Amina Okoye"]
    assert item.xpath("podcast:transcript/@language", namespaces=NS) == ["en", "es"]
    assert len(item.xpath("podcast:alternateEnclosure", namespaces=NS)) == 5
    (address,) = item.xpath("podcast:chapters/@url", namespaces=NS)
    chapters = json.loads(objects[address.removeprefix(BASE)])
    assert [one["startTime"] for one in chapters["chapters"]] == [0, 8, 16]


def test_audio_podcast_has_the_sound_of_all(objects: dict[str, bytes]) -> None:
    """The audio feed has every recording that has a sound file, those without a picture too."""
    feed = feedparser.parse(objects["podcast-audio.xml"])
    assert {entry.enclosures[0].type for entry in feed.entries} == {"audio/mp4"}
    assert "Voices of the field" in {entry.title for entry in feed.entries}
    assert len(feed.entries) == 4


def test_newest_first_and_bounded() -> None:
    """Feeds begin with the newest; that of the whole catalogue is bounded, an event's is complete."""
    catalogue = samples.catalogue()
    many = []
    for number in range(350):
        one = catalogue.recordings[0]
        recording = one.recording.model_copy(update={"id": f"r{number}"})
        many.append(
            replace(one, recording=recording, date=datetime(2021, 6, 28, number % 24, number // 24, tzinfo=UTC))
        )
    whole = Scope(replace(catalogue, recordings=tuple(many))).recordings
    dates = [one.date for one in whole if one.date]
    assert dates == sorted(dates, reverse=True)
    assert scope.ARCHIVE <= len(whole) < 2 * scope.ARCHIVE


def test_atom_and_json_feed(objects: dict[str, bytes]) -> None:
    """Readers find title, date, people and files in both."""
    feed = feedparser.parse(objects["nodes2021/atom.xml"])
    assert not feed.bozo
    assert feed.version == "atom10"
    assert len(feed.entries) == 5
    panel = next(entry for entry in feed.entries if entry.title.startswith("Panel"))
    assert panel.author == "Amina Okoye"
    assert {link.type for link in panel.links if link.rel == "enclosure"} == {"video/mp4", "audio/mp4"}
    data = json.loads(objects["nodes2021/feed.json"])
    assert data["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["id"] for item in data["items"]] == [entry.id.removeprefix("urn:uuid:") for entry in feed.entries]


def test_calendar(objects: dict[str, bytes]) -> None:
    """A calendar program finds every session at its moment, wherever it is."""
    calendar = Calendar.from_ical(objects["nodes2021/calendar.ics"])
    events = {str(one["summary"]): one for one in calendar.walk("VEVENT")}
    assert len(events) == 6
    panel = events["The role of nodes in the next strategic period"]
    assert panel.decoded("dtstart") == datetime(2021, 6, 28, 12, tzinfo=UTC)
    assert panel.decoded("dtend") == datetime(2021, 6, 28, 13, 30, tzinfo=UTC)
    assert [str(one) for one in panel["attach"]][:2] == [
        BASE + "nodes2021/theme-1/panel/",
        BASE + "nodes2021/theme-1/welcome/",
    ]
    assert str(panel["url"]) == BASE + "nodes2021/theme-1/"
    assert len({str(one["uid"]) for one in events.values()}) == 6


def test_programme_names_public_recordings_only(objects: dict[str, bytes]) -> None:
    """Both schedules read back, link to the page of each public recording, and name no other."""
    for name in ("schedule.xml", "schedule.json"):
        understood = read(name, objects[f"nodes2021/{name}"])
        assert understood.findings == ()
        links = {one.id: {link.url for link in one.links} for one in understood.event.sessions}
        assert {BASE + "nodes2021/theme-1/panel/", BASE + "nodes2021/theme-1/welcome/"} <= set().union(*links.values())
        assert understood.sessions == 6
        for hidden in (b"theme-1/values", b"closing", b"minutes"):  # approved but not made, and withdrawn
            assert hidden not in objects[f"nodes2021/{name}"]
    assert BASE + "nodes2021/schedule.xml" in objects["public/conferences/nodes2021"].decode()


def test_programme_is_valid_by_the_published_schemas(shared: Path, objects: dict[str, bytes]) -> None:
    """The published schedules, plain and with hostile texts, satisfy the XSD and the JSON Schema of frab's world."""
    folder = shared / "schedules/schemas"
    xsd = etree.XMLSchema(etree.parse(str(folder / "schedule.xml.xsd")))
    schema = json.loads((folder / "schedule.schema.json").read_bytes())
    validator = jsonschema.Draft6Validator(schema, format_checker=jsonschema.FormatChecker())
    for found in (objects, build(hostile_catalogue())):
        assert xsd.validate(etree.fromstring(found["nodes2021/schedule.xml"])), xsd.error_log
        assert list(validator.iter_errors(json.loads(found["nodes2021/schedule.json"]))) == []


def test_sitemap_names_pages_languages_and_videos(objects: dict[str, bytes]) -> None:
    """Every indexed page in every language, none that asks not to be indexed, and each video by a file."""
    root = etree.fromstring(objects["sitemap.xml"])
    locations = set(root.xpath("//s:loc/text()", namespaces=NS))
    assert {BASE, BASE + "ar/nodes2021/", BASE + "nodes2021/theme-1/panel/"} <= locations
    assert not [one for one in locations if "404" in one or "minutes" in one or "/embed/" in one]
    for location in locations:
        key = location.removeprefix(BASE)
        assert f"{key}index.html" in objects
    alternates = root.xpath("//s:url[1]/xhtml:link/@hreflang", namespaces=NS)
    assert alternates == ["en", "ar"]
    videos = root.xpath("//video:content_loc/text()", namespaces=NS)
    assert all(one.endswith(".mp4") for one in videos)
    assert BASE + samples.media("panel", "720p.mp4") in videos
    assert f"Sitemap: {BASE}sitemap.xml".encode() in objects["robots.txt"]


def test_large_sitemaps_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    """More addresses than one sitemap may have make an index of several; each kind of pages has its own."""
    monkeypatch.setattr(sitemap, "MOST", 10)
    paths = [*(f"nodes2021/p{number}/" for number in range(25)), "about/", "people/", "people/ana/", "people/bo/"]
    made = sitemap.sitemaps(samples.catalogue(), paths)
    assert made.keys() > {"sitemap.xml", "robots.txt", "sitemap-pages-1.xml", "sitemap-people-1.xml"}
    names = etree.fromstring(made["sitemap.xml"]).xpath("//s:loc/text()", namespaces=NS)
    assert {one.removeprefix(BASE) for one in names} == made.keys() - {"sitemap.xml", "robots.txt"}
    found = [at for name in names for at in locations(made[name.removeprefix(BASE)])]
    assert sorted(found) == sorted(BASE + path for path in paths)
    assert len([name for name in names if "nodes2021" in name]) == 4  # 25 addresses


def test_a_new_page_changes_one_sitemap_wherever_it_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise somebody new in a large catalogue would change the sitemaps of everybody listed later."""
    monkeypatch.setattr(sitemap, "MOST", 100)
    people = [f"people/person-{number}/" for number in range(2000)]
    before = sitemap.sitemaps(samples.catalogue(), people)
    assert max(len(locations(one)) for name, one in before.items() if "people" in name) < 200
    for new in ("people/a/", "people/person-17a/", "people/z/"):
        after = sitemap.sitemaps(samples.catalogue(), sorted([*people, new]))
        assert len([name for name in after if after[name] != before[name]]) == 1
        assert sitemap.sitemaps(samples.catalogue(), [new, *reversed(people)]) == after


def locations(content: bytes) -> list[str]:
    return etree.fromstring(content).xpath("//s:url/s:loc/text()", namespaces=NS)


def news(catalogue: Catalogue) -> dict[str, bytes]:
    """The feeds of the whole catalogue."""
    found = (make() for depends, make in files.parts(catalogue, []) if depends[0] == "news")
    return {key: content for one in found for key, content in one.items()}


@pytest.mark.parametrize("name", ["atom.xml", "podcast.xml", "podcast-audio.xml", "feed.json"])
def test_older_recordings_are_in_archived_feeds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the feed that readers know, links lead to every recording; a new one changes no archived part."""
    monkeypatch.setattr(scope, "ARCHIVE", 10)
    catalogue = synthetic.catalogue(35, ("en",))
    after, page, seen = news(catalogue), name, []
    while page:
        feed = feedparser.parse(after[page]) if name != "feed.json" else json.loads(after[page])
        if name == "feed.json":
            seen += [one["id"] for one in feed["items"]]
            page = feed.get("next_url", "").removeprefix(catalogue.site.base_url)
        else:
            assert (b"<fh:archive" in after[page]) == (page != name)
            links = {one["rel"]: one["href"].removeprefix(catalogue.site.base_url) for one in feed.feed.links}
            assert links["self"] == page
            assert page == name or links["current"] == name
            seen += [one["id"] for one in feed.entries]
            page = links.get("prev-archive", "")
    assert len(set(seen)) == len(seen) == 35
    before = news(replace(catalogue, recordings=catalogue.recordings[:-1]))
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert changed == {"atom.xml", "podcast.xml", "podcast-audio.xml", "feed.json"}


def test_conference_api(objects: dict[str, bytes]) -> None:
    """From the list of conferences a client reaches every file of every talk, in the shape it knows."""
    conferences = json.loads(objects["public/conferences/index.html"])["conferences"]
    assert [one["acronym"] for one in conferences] == ["nodes2021"]
    conference = json.loads(objects["public/conferences/nodes2021"])
    assert len(conference["events"]) == 4
    recent = json.loads(objects["public/events/recent"])["events"]
    assert recent[0]["date"] == "2021-06-29T11:30:00+02:00"
    talk = json.loads(objects[conference["events"][0]["url"].removeprefix(BASE)])
    assert (talk["title"], talk["original_language"], talk["length"]) == ("Panel: the role of nodes", "eng", 24)
    uuid.UUID(talk["guid"])
    kinds = [(one["mime_type"], one["folder"], one["language"]) for one in talk["recordings"]]
    assert kinds == [
        ("video/mp4", "h264-hd", "eng"),
        ("video/mp4", "h264-hd", "eng"),
        ("video/mp4", "h264-sd", "eng"),
        ("audio/mp4", "aac", "eng"),
        ("text/vtt", "subtitles", "eng"),
        ("text/vtt", "subtitles", "spa"),
    ]
    assert [one["high_quality"] for one in talk["recordings"]] == [True, False, False, False, False, False]


@pytest.mark.parametrize(
    ("tag", "code"), [("de", "deu"), ("fr-CA", "fra"), ("zh-Hans", "zho"), ("ar", "ara"), ("fa", "fas"), ("qqx", "qqx")]
)
def test_three_letter_codes(tag: str, code: str) -> None:
    """Terminological codes of ISO 639-2, macrolanguages rather than their parts."""
    assert api.three_letters(tag) == code


def test_guids_stay() -> None:
    """A given UUID is kept; another is made of address and id, and does not depend on the title."""
    catalogue = samples.catalogue()
    panel = catalogue.recordings[0]
    given = "5ee95fc9-b13b-4f6a-9e0a-2b1c5f1f0c11"
    kept = replace(panel, recording=panel.recording.model_copy(update={"guid": given}))
    renamed = replace(panel, recording=panel.recording.model_copy(update={"title": "Another title"}))
    assert guid(catalogue, kept) == given
    assert guid(catalogue, renamed) == guid(catalogue, panel)
    assert len({guid(catalogue, one) for one in catalogue.recordings}) == 5


def test_structured_data_of_a_recording(objects: dict[str, bytes]) -> None:
    """A search engine finds the file, the chapters as clips that open at their second, captions, and the event."""
    tree = html.document_fromstring(objects["nodes2021/theme-1/panel/index.html"].decode())
    data = json.loads(tree.xpath("//script[@type='application/ld+json']/text()")[0])
    assert data["@type"] == "VideoObject"
    assert data["contentUrl"] == BASE + samples.media("panel", "720p.mp4")
    assert data["uploadDate"] == "2021-06-28T14:00:00+02:00"
    assert [one["url"] for one in data["hasPart"]][1] == BASE + "nodes2021/theme-1/panel/?t=8"
    assert data["potentialAction"]["target"] == BASE + "nodes2021/theme-1/panel/?t={seek_to_second_number}"
    assert tree.xpath("//meta[@property='og:video']/@content") == [data["contentUrl"]]
    sound = html.document_fromstring(objects["nodes2021/radio/voices/index.html"].decode())
    assert json.loads(sound.xpath("//script[@type='application/ld+json']/text()")[0])["@type"] == "AudioObject"


def test_oembed_leads_to_a_page_that_exists(objects: dict[str, bytes]) -> None:
    """The answer found from the watch page frames the embed page."""
    page = html.document_fromstring(objects["nodes2021/theme-1/panel/index.html"].decode())
    (address,) = page.xpath("//link[@type='application/json+oembed']/@href")
    answer = json.loads(objects[address.removeprefix(BASE)])
    (frame,) = html.fragment_fromstring(answer["html"], create_parent=True).xpath("//iframe/@src")
    assert f"{frame.removeprefix(BASE)}index.html" in objects
    assert page.xpath("//textarea/text()")[0] == answer["html"]


def test_hostile_text_stays_text() -> None:
    """Feeds stay well-formed, data stays data, and no JSON could be taken for markup."""
    objects = build(hostile_catalogue())
    for key, content in objects.items():
        if key.endswith(".xml"):
            root = etree.fromstring(content)
            assert not root.xpath("//*[local-name()='script' or local-name()='img']"), key
        elif key.startswith("public/") or (key.endswith(".json") and "nodes2021" in key):
            json.loads(content)
            assert b"<" not in content, key
        elif key.endswith("index.html"):
            for text in html.document_fromstring(content.decode()).xpath(
                "//script[@type='application/ld+json']/text()"
            ):
                json.loads(text)
    assert "nodes2021/podcast.xml" in objects
    Calendar.from_ical(objects["nodes2021/calendar.ics"])


def test_medium_without_files_is_left_out() -> None:
    """A recording without a picture is not in the video podcast."""
    feed = podcast.feed(Scope(samples.catalogue()), podcast.Medium.VIDEO)
    assert b"Voices of the field" not in feed
