"""The catalogue as a table and as pages of another site."""

from __future__ import annotations

import csv
import json
import zipfile
from dataclasses import replace
from io import BytesIO, StringIO

import pytest
import yaml

from catalog import document
from catalog.feeds import export
from catalog.feeds.scope import Scope
from catalog.render import build
from tests.unit.site import samples
from tests.unit.site.test_pages import hostile_catalogue

BASE = "https://meetings.example.org/archive/"


def test_table() -> None:
    """A spreadsheet finds one line a recording, with its page and files; formulas stay text."""
    catalogue = samples.catalogue()
    panel = catalogue.recordings[0]
    risky = replace(panel, recording=panel.recording.model_copy(update={"title": '=HYPERLINK("http://x")'}))
    content = export.table(Scope(replace(catalogue, recordings=(risky, *catalogue.recordings[1:]))))
    rows = list(csv.DictReader(StringIO(content.decode("utf-8-sig"))))
    assert [row["id"] for row in rows][:2] == ["nodes2021/panel", "nodes2021/welcome"]
    assert rows[0]["title"].startswith("'=")
    assert rows[0]["video"] == BASE + samples.media("panel", "720p.mp4")
    assert rows[0]["captions"] == "en es"
    history = next(row for row in rows if row["id"] == "nodes2021/history")
    assert (history["elsewhere"], history["video"], history["duration_s"]) == (
        "https://video.example.org/history",
        "",
        "720",
    )


def test_pages_for_jekyll_and_hugo() -> None:
    """The archive has the data and a page a session, whose front matter and body lead to the players."""
    objects = build(samples.catalogue())
    with zipfile.ZipFile(BytesIO(objects["nodes2021/jekyll.zip"])) as archive:
        names = archive.namelist()
        data = archive.read("_data/recordings.json")
        page = archive.read("_sessions/theme-1.md").decode()
    assert names[0] == "_data/recordings.json"
    assert "_sessions/farewell.md" in names
    assert data == objects["nodes2021/recordings.json"]
    _, head, body = page.split("---\n", 2)
    facts = yaml.safe_load(head)
    assert facts["title"] == "The role of nodes in the next strategic period"
    embed = facts["recordings"][0]["embed"]
    assert f'src="{embed}"' in body
    assert f"{embed.removeprefix(BASE)}index.html" in objects
    assert "nodes2021/theme-1/history/" in body
    assert json.loads(data)["sessions"][1]["recordings"][0]["captions"]["es"].endswith("captions/es.vtt")


def test_hostile_text_stays_inert_in_exported_pages() -> None:
    """No raw HTML of others, no end of the front matter, nothing that Liquid or Hugo would carry out."""
    catalogue = hostile_catalogue()
    event = catalogue.events[0]
    attack = "{% include secret %} {{ site.config }} {{< raw >}}\n---\n<script>x</script>"
    sessions = tuple(one.model_copy(update={"abstract": attack, "title": attack[:40]}) for one in event.sessions)
    event = event.model_copy(update={"sessions": sessions})
    with zipfile.ZipFile(BytesIO(export.pages(replace(catalogue, events=(event,)), event))) as archive:
        for name in archive.namelist()[1:]:
            page = archive.read(name).decode()
            _, head, body = page.split("\n---\n", 1)[0], *page.removeprefix("---\n").split("\n---\n", 1)
            assert yaml.safe_load(head)["layout"] == "session"
            assert "{" not in body
            assert "<script" not in body


def test_a_large_catalogue_has_a_table_for_each_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of one table of everything there is one that tells where those of the events are, linked to."""
    catalogue = samples.catalogue()
    small = build(catalogue)
    monkeypatch.setattr(document, "WHOLE", 1)
    large = build(catalogue)
    (row,) = csv.DictReader(large["events.csv"].decode("utf-8-sig").splitlines())
    assert (row["id"], row["start"]) == ("nodes2021", "2021-06-28")
    assert large[row["table"].removeprefix(catalogue.site.base_url)] == small["nodes2021/recordings.csv"]
    assert ("recordings.csv" in small, "events.csv" in small) == (True, False)
    assert ("recordings.csv" in large, "events.csv" in large) == (False, True)
    assert 'href="../recordings.csv"' in small["about/index.html"].decode()
    assert 'href="../events.csv"' in large["about/index.html"].decode()
