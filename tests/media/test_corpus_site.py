"""A catalogue of real programmes: talks that others keep, and a talk with real captions and an index of its slides."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
import yaml
from icalendar import Calendar
from lxml import html

from pipeline import report
from pipeline.catalogue import load
from pipeline.check import check_site
from pipeline.programmes import import_programme
from pipeline.run import Options, publish
from pipeline.storage import open_store

pytestmark = [pytest.mark.media, pytest.mark.corpus, pytest.mark.slow]
TALK = "ay_tensorflow"


def catalogue_of(shared: Path, root: Path) -> Path:
    """Every conference of pyvideo's data, and a W3C talk over the recording of another."""
    (root / "catalogue.yaml").write_text("title: Corpus\nlanguages: [en, ar]\ndescription: Everything there is.\n")
    for conference in sorted((shared / "pyvideo" / "subset").iterdir()):
        event = root / conference.name
        shutil.copytree(conference, event / "programme")
        (event / "event.yaml").write_text("programme: {file: programme, link_only: true}\n")
    inbox = root / "w3c-ml" / "recordings"
    inbox.mkdir(parents=True)
    shutil.copy(shared / "talks" / "slides-talk-1080p.mp4", inbox / f"{TALK}.mp4")
    shutil.copy(shared / "captions" / "vtt-talks-w3c-ml2020" / f"{TALK}.vtt", inbox / f"{TALK}.en.vtt")
    index = json.loads((shared / f"schedules/w3c-ml-workshop-2020/slide-index/{TALK}.json").read_text())
    chapters = [{"start_ms": _ms(one["start"]), "title": one["title"]} for one in index]
    recording = {"id": "talk", "title": "A talk", "source": f"{TALK}.mp4", "chapters": chapters}
    sessions = [{"id": "talks", "title": "Talks", "recordings": [recording]}]
    (root / "w3c-ml" / "event.yaml").write_text(yaml.safe_dump({"title": "Workshop", "sessions": sessions}))
    return root


def _ms(clock: str) -> int:
    minutes, seconds = clock.split(":")
    return (int(minutes) * 60 + int(seconds)) * 1000


@pytest.mark.timeout(2400)
def test_real_programmes_make_one_catalogue(shared: Path, tmp_path: Path) -> None:
    """Every talk has a page that leads to it; links, feeds and calendars hold; captions and slides are read along."""
    root = catalogue_of(shared, tmp_path)
    reporter = report.RecordingReporter()
    failed = publish(load(root, import_programme), reporter, Options(), now=datetime(2026, 1, 1, tzinfo=UTC))
    assert failed == 0, [one for one in reporter.messages if isinstance(one, report.RecordingFailed)]
    public = root / "public"
    document = json.loads((public / "catalog.json").read_bytes())
    assert len(document["elsewhere"]) == len(list((shared / "pyvideo").rglob("videos/*.json"))) == 237
    for one in document["elsewhere"]:
        page = html.document_fromstring((public / one["page"] / "index.html").read_text("utf-8"))
        assert page.xpath("//div[contains(@class, 'player')]//a/@href") == one["links"], one["id"]
    assert check_site(open_store("./public", base=root), deep=False).findings == ()
    for feed in (*public.rglob("podcast*.xml"), *public.rglob("atom.xml")):
        assert not feedparser.parse(feed.read_bytes()).bozo, feed
    for calendar in public.rglob("calendar.ics"):
        Calendar.from_ical(calendar.read_bytes())
    (talk,) = document["recordings"]
    page = html.document_fromstring((public / talk["page"] / "index.html").read_text("utf-8"))
    assert len(page.xpath("//section[@class='chapters']//li")) >= 3
    assert len(page.xpath("string(//div[@id='transcript'])").split()) > 200
