"""The site as a whole: complete, deterministic, movable, and inert whatever it is given."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from bench import synthetic
from catalog import directory, groups, programme_view, urls
from catalog.errors import AftertalkError
from catalog.model import Event, Person, Session
from catalog.pages import Catalogue, pages
from catalog.published import by_time
from catalog.render import asset_keys, assets, build, environment, parts, render
from tests.unit.site import samples
from tests.unit.site.test_search import texts_of

ROOT = "https://host.example/deep/folder/"


def parsed(objects: dict[str, bytes]) -> dict[str, html.HtmlElement]:
    return {
        key: html.document_fromstring(body.decode())
        for key, body in objects.items()
        if key.endswith(".html") and not key.startswith("public/")
    }


def test_every_kind_of_page_is_there() -> None:
    """Home, event, every session, every recording, people, tombstone and the page for missing addresses."""
    found = {page.address for page in pages(samples.catalogue())}
    assert {
        "",
        "nodes2021/",
        "nodes2021/theme-1/",
        "nodes2021/theme-1/panel/",
        "nodes2021/icebreaker/minutes/",
        "people/",
        "people/amina-okoye/",
        "404.html",
    } <= found
    assert "nodes2021/theme-1/values/" not in found


def test_two_builds_are_identical() -> None:
    """The same catalogue gives the same bytes, in the same order."""
    one, other = build(samples.catalogue()), build(samples.catalogue())
    assert list(one.items()) == list(other.items())


def test_every_link_leads_somewhere_wherever_the_tree_is_put() -> None:
    """All internal addresses are relative and exist: pages, assets, media, anchors; 404.html is bound to its host."""
    catalogue = samples.catalogue(languages=("en", "ar"))
    objects = build(catalogue)
    known = set(objects) | media_keys(catalogue) | {urls.CATALOG}
    documents = parsed(objects)
    anchors = {key: set(tree.xpath("//@id")) for key, tree in documents.items()}
    checked = 0
    for key, tree in documents.items():
        if key == "404.html":
            continue
        links = tree.xpath(
            "//a/@href | //link[@rel='stylesheet' or @rel='icon']/@href | //@src | //@data-src | //@poster"
        )
        for link in links:
            if link.startswith(("https://", "http://", "mailto:")):
                continue
            assert not link.startswith("/"), (key, link)
            target, fragment = urldefrag(urljoin(ROOT + key, link))
            assert target.startswith(ROOT), (key, link)
            path = urls.object_key(unquote(target.removeprefix(ROOT)))
            assert path in known, (key, link)
            if fragment and path in anchors:
                assert unquote(fragment) in anchors[path] or fragment.startswith("t="), (key, link)
            checked += 1
    assert checked > 400


def media_keys(catalogue: Catalogue) -> set[str]:
    """Every media object that the manifests name."""
    found: set[str] = set()
    for one in catalogue.recordings:
        made = one.made
        found |= {made.hls or "", made.storyboard or "", made.chapters_url or ""}
        found |= {made.poster.url, made.poster.thumbnail} if made.poster else set()
        found |= {slide.url for slide in made.slides}
        found |= {rendition.url for rendition in made.renditions} | {track.url for track in made.audio}
        found |= {key for track in made.captions for key in (track.url, track.transcript, track.subrip or "")}
    return found


def test_not_found_page_works_at_any_depth() -> None:
    """A host shows it for any address, so its links start at the root of the site."""
    tree = parsed(build(samples.catalogue()))["404.html"]
    assert all(link.startswith("/archive/") for link in tree.xpath("//link[@rel='stylesheet']/@href | //script/@src"))


def test_states_of_a_session() -> None:
    """The event page tells recorded, following, elsewhere, upcoming and not recorded apart."""
    catalogue = samples.catalogue()

    def states(now: datetime | None) -> dict[str, str]:
        event = next(page for page in pages(catalogue, now=now) if page.template == "event.html")
        return {slot.session.id: slot.state.value for day in event.context["days"] for slot in day.slots}

    assert states(None) == {
        "icebreaker": "not-recorded",
        "theme-1": "recorded",
        "regional": "recorded",
        "radio": "recorded",
        "evaluation": "expected",
        "farewell": "not-recorded",
    }
    during = states(datetime(2021, 6, 28, 12, tzinfo=UTC))
    assert (during["icebreaker"], during["farewell"]) == ("not-recorded", "upcoming")


def test_days_follow_the_event_s_time_zone() -> None:
    """A session after midnight but before the change of day stands under the evening before, in local time."""
    facts = {
        "id": "late",
        "title": "Late",
        "timezone": "Asia/Tokyo",
        "sessions": [
            {"id": "night", "title": "Night", "start": "2024-05-01T16:30:00+00:00"},  # 01:30 on the 2nd in Tokyo
            {"id": "morning", "title": "Morning", "start": "2024-05-02T09:00"},
            {"id": "open", "title": "Any time"},
        ],
    }
    catalogue = Catalogue(samples.catalogue().site, (Event.model_validate(facts).localised(),))
    event = next(page for page in pages(catalogue) if page.template == "event.html")
    assert [(day.anchor, [slot.session.id for slot in day.slots]) for day in event.context["days"]] == [
        ("2024-05-01", ["night"]),
        ("2024-05-02", ["morning"]),
        ("more", ["open"]),
    ]
    assert "01:30" in build(catalogue)["late/index.html"].decode()


HOSTILE = (
    """<script>alert(1)</script>"'><img src=x onerror=alert(1)></script><!--]]> [x](javascript:alert(1)) \u202eabc"""
)


def hostile(value: object, field: str = "") -> object:
    """The facts with every text of people made hostile."""
    texts = {"title", "subtitle", "abstract", "place", "room", "track", "type", "name", "role", "organisation"}
    if isinstance(value, dict):
        return {key: hostile(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [hostile(one, "name" if field == "people" else field) for one in value]
    return f"{value} {HOSTILE}" if field in texts and isinstance(value, str) else value


def hostile_catalogue() -> Catalogue:
    """The sample with hostile text in every field that people write, captions and chapters included."""
    event = Event.model_validate(hostile(samples.FACTS)).localised()
    plain = samples.catalogue(title=f"Site {HOSTILE}", description=HOSTILE, contact=f"a@b.example{HOSTILE}")
    by_id = {one.id: (session, one) for session, one in event.recordings()}
    recordings = []
    for one in plain.recordings:
        session, recording = by_id[one.recording.id]
        tracks = tuple(
            track.model_copy(
                update={
                    "cues": tuple(cue.model_copy(update={"text": HOSTILE, "speaker": HOSTILE}) for cue in track.cues)
                }
            )
            for track in one.made.captions
        )
        chapters = tuple(chapter.model_copy(update={"title": HOSTILE}) for chapter in one.made.chapters)
        made = one.made.model_copy(update={"captions": tracks, "chapters": chapters})
        people = recording.people or session.people
        recordings.append(
            replace(one, event=event, session=session, recording=recording, made=made, people=people, licence=HOSTILE)
        )
    gone = tuple(one._replace(event=event, session=event.sessions[0], reason=HOSTILE) for one in plain.withdrawn)
    return replace(plain, events=(event,), recordings=tuple(recordings), withdrawn=gone)


def test_hostile_text_is_inert_everywhere() -> None:
    """Markup in any field of any page ends as text: no foreign script, handler, picture or script address."""
    for key, tree in parsed(build(hostile_catalogue())).items():
        for script in tree.xpath("//script"):
            kind = script.get("type", "")
            assert kind == "application/ld+json" or (not script.text and "/assets/" in "/" + script.get("src")), key
        assert not tree.xpath("//@*[starts-with(name(), 'on')]"), key
        assert not tree.xpath("//@style | //style | //iframe | //object | //base"), key
        assert not [link for link in tree.xpath("//@href | //@src") if urlsplit(link.strip()).scheme == "javascript"], (
            key
        )
        assert not tree.xpath("//img[@src='x']"), key
        assert not tree.xpath("//comment()"), key


def test_policy_forbids_everything_foreign() -> None:
    """Each page states a policy without inline or foreign scripts and styles."""
    for key, tree in parsed(build(samples.catalogue())).items():
        (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert policy.startswith("default-src 'none'"), key
        assert "unsafe" not in policy, key
        assert "http" not in policy, key


def test_media_sources_in_the_order_browsers_need() -> None:
    """HLS first, then the file for an ordinary line, then the others; captions in the language spoken first."""
    tree = parsed(build(samples.catalogue()))["nodes2021/theme-1/panel/index.html"]
    assert [url.rpartition("/")[2] for url in tree.xpath("//video//source/@src")] == [
        "master.m3u8",
        "720p.mp4",
        "360p.mp4",
        "1080p.mp4",
    ]
    assert tree.xpath("(//video//source)[1]/@type") == ["application/vnd.apple.mpegurl"]
    assert tree.xpath("//video/@preload") == ["none"]
    tracks = [(one.get("kind"), one.get("srclang")) for one in tree.xpath("//track")]
    assert tracks == [("captions", "en"), ("subtitles", "es"), ("chapters", "en")]
    assert "automatic" in tree.xpath("//track[@srclang='es']/@label")[0]
    assert "automatic" not in tree.xpath("//track[@srclang='en']/@label")[0]


def test_captions_by_machine_are_said_to_be_so() -> None:
    """A transcript that a machine wrote says so on the page; one by people does not."""
    built = build(samples.catalogue())
    note = b"Written by a machine"
    assert note in built["nodes2021/theme-1/welcome/index.html"]
    panel = html.document_fromstring(built["nodes2021/theme-1/panel/index.html"].decode())
    (shown,) = panel.xpath("//p[@id='by-machine']")
    assert shown.get("hidden") is not None, "said only when the automatic transcript in Spanish is chosen"
    assert note not in built["nodes2021/regional/arabic/index.html"]


def test_transcripts_in_every_language_and_form() -> None:
    """Each language has its captions twice, its transcript as text, and as a page whose times lead to the recording."""
    objects = parsed(build(samples.catalogue()))
    folder = "nodes2021/theme-1/panel"
    saved = objects[f"{folder}/index.html"].xpath("//dl[@class='downloads']//a[@download]/@download")
    for language in ("en", "es"):
        assert {f"nodes2021-panel.{language}.{kind}" for kind in ("vtt", "srt", "txt", "html")} <= set(saved)
    page = objects[f"{folder}/transcript.es.html"]
    (text,) = page.xpath("//article[@lang='es']")
    assert "mistakes" in page.xpath("string(//p[@class='note'])")
    assert [one.get("href").partition("#")[0] for one in text.xpath(".//a")] == ["./"] * len(text.xpath("p"))
    assert text.xpath("string(p[1]/b)") == "Amina Okoye"


def test_one_chapter_is_not_shown() -> None:
    """A single chapter says nothing that the title does not say: the page shows the slides instead."""
    catalogue = samples.catalogue()
    panel = catalogue.recordings[0]
    made = panel.made.model_copy(update={"chapters": panel.made.chapters[:1]})
    objects = parsed(build(replace(catalogue, recordings=(replace(panel, made=made), *catalogue.recordings[1:]))))
    page = objects["nodes2021/theme-1/panel/index.html"]
    assert not page.xpath("//section[@aria-labelledby='chapters-title']")
    assert len(page.xpath("//section[@aria-labelledby='slides-title']//li")) == 3


def test_av1_is_offered_besides() -> None:
    """Scripts find the presentation with both codings; it can be kept; what every browser reads names H.264 only."""
    catalogue = samples.catalogue()
    panel = catalogue.recordings[0]
    name = samples.media("panel", "1080p-av1.mp4")
    av1 = panel.made.renditions[0].model_copy(update={"url": name, "codecs": "av01.0.08M.08,mp4a.40.2"})
    made = panel.made.model_copy(update={"av1": (av1,), "hls_av1": samples.media("panel", "master-av1.m3u8")})
    objects = build(replace(catalogue, recordings=(replace(panel, made=made), *catalogue.recordings[1:])))
    page = html.document_fromstring(objects["nodes2021/theme-1/panel/index.html"].decode())
    assert page.xpath("//video/@data-all-codecs")[0].endswith("master-av1.m3u8")
    assert "nodes2021-panel-1080p-av1.mp4" in page.xpath("//dl[@class='downloads']//a/@download")
    assert not [one for one in page.xpath("//source/@src") if "av1" in one]
    other = html.document_fromstring(objects["nodes2021/theme-1/welcome/index.html"].decode())
    assert not other.xpath("//video/@data-all-codecs")
    files = [one for body in objects.values() if b"h264-hd" in body for one in _folders(body)]
    assert "av1-hd" in files


def _folders(body: bytes) -> list[str]:
    return [one["folder"] for one in json.loads(body).get("recordings", ())]


def test_budget_of_a_long_talk() -> None:
    """Markup, style and scripts before play stay within 60 kB, a full hour of transcript included."""
    catalogue = samples.catalogue()
    words = tuple(" ".join(f"word{(7 * index + one) % 1999}" for one in range(9)) + "." for index in range(97))
    track = samples.captions("panel", "en").model_copy(update={"cues": samples.cues(700, words, 5000)})
    panel = catalogue.recordings[0]
    long = replace(panel, made=panel.made.model_copy(update={"captions": (track,)}))
    objects = build(replace(catalogue, recordings=(long, *catalogue.recordings[1:])))
    page = objects["nodes2021/theme-1/panel/index.html"]
    extras = [body for key, body in objects.items() if key.endswith((".css", ".js")) and "hls" not in key]
    assert len(gzip.compress(page)) + sum(len(gzip.compress(body)) for body in extras) <= 60_000
    small = objects["nodes2021/radio/voices/index.html"]
    assert len(gzip.compress(small)) + sum(len(gzip.compress(body)) for body in extras) <= 30_000


def test_a_folder_of_the_catalogue_overrides_templates_styles_and_words(tmp_path: Path) -> None:
    """Templates, static files and translations of the organiser come before ours."""
    (tmp_path / "static").mkdir()
    (tmp_path / "translations").mkdir()
    (tmp_path / "404.html").write_text("{% extends 'base.html' %}{% block content %}<h1>Lost</h1>{% endblock %}")
    (tmp_path / "static" / "icon.svg").write_text("<svg/>")
    (tmp_path / "translations" / "en.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "People"\nmsgstr "Speakers"\n'
    )
    objects = build(samples.catalogue(), tmp_path)
    assert b"<h1>Lost</h1>" in objects["404.html"]
    assert b"<svg/>" in [body for key, body in objects.items() if key.endswith(".svg")]
    assert b"<h1>Speakers</h1>" in objects["people/index.html"]


def test_logo_of_the_theme() -> None:
    """A logo given with the catalogue is published under its digest and shown with the organisation's name."""
    catalogue = samples.catalogue(theme={"logo": "brand/logo.png", "organisation": "The network"})
    objects = build(replace(catalogue, files={"brand/logo.png": b"\x89PNG"}))
    (key,) = [key for key in objects if key.endswith(".png")]
    assert key.startswith("assets/logo.")
    tree = parsed(objects)["nodes2021/index.html"]
    assert tree.xpath("//img[@class='logo']/@src") == [f"../{key}"]


def test_event_that_hides_a_language_folder_is_refused() -> None:
    """An event with the id of an interface language would collide with its pages."""
    event = Event(id="fr", title="Fête")
    with pytest.raises(AftertalkError, match="interface language"):
        pages(Catalogue(samples.catalogue(languages=("en", "fr")).site, (event,)))


def test_empty_catalogue_has_a_home_page() -> None:
    """Before the first event there is a page that says so."""
    objects = build(Catalogue(samples.catalogue().site, ()))
    assert b"There are no events yet" in objects["index.html"]
    assert "people/index.html" not in objects


def test_pages_may_link_to_files() -> None:
    """For stores that serve nothing for a folder: every link to a page names its file, full addresses too."""
    catalogue = samples.catalogue(languages=("en", "ar"))
    site = catalogue.site.model_copy(update={"link_files": True})
    objects = build(replace(catalogue, site=site))
    links = {link for tree in parsed(objects).values() for link in tree.xpath("//a/@href | //link/@href")}
    assert any(link.endswith("nodes2021/theme-1/panel/index.html") for link in links)
    assert any(link.startswith(site.base_url) and link.endswith("/index.html") for link in links)
    own = [link for link in links if not urlsplit(link).scheme or link.startswith(site.base_url)]
    assert not [link for link in own if link.endswith("/")]
    assert b"<loc>" + site.base_url.encode() + b"index.html</loc>" in objects["sitemap.xml"]


def test_hero_picture_of_the_theme() -> None:
    """The home page shows the picture below a veil, with the line of its licence; other pages do not."""
    catalogue = samples.catalogue(theme={"hero": "brand/wide.jpg", "hero_credit": "Ada, CC BY 4.0"})
    objects = build(replace(catalogue, files={"brand/wide.jpg": b"\xff\xd8"}))
    tree = parsed(objects)["index.html"]
    assert tree.xpath("//div[@class='hero pictured']/img/@src")[0].startswith("assets/wide.")
    assert tree.xpath("//p[contains(@class, 'credit')]/text()")[0].strip() == "Picture: Ada, CC BY 4.0"
    assert "pictured" not in objects["nodes2021/index.html"].decode()


def test_recording_kept_elsewhere_is_a_full_member() -> None:
    """It has a page, a card, a citation and a place in lists and feeds; nothing claims that it can be played here."""
    objects = build(samples.catalogue())
    folder = "nodes2021/theme-1/history/"
    tree = parsed(objects)[f"{folder}index.html"]
    assert tree.xpath("//a[@class='button']/@href") == ["https://video.example.org/history"]
    assert {key.removeprefix(folder) for key in objects if key.startswith(folder)} == {
        "index.html",
        "cite.bib",
        "cite.json",
        "datacite.json",
    }
    assert "history/" in objects["nodes2021/index.html"].decode()
    assert f"/{folder}" in objects["nodes2021/atom.xml"].decode()
    assert f"/{folder}" not in objects["podcast.xml"].decode() + objects["podcast-audio.xml"].decode()
    assert any("A short history" in text for text in texts_of(objects))


def without_themes(event: Event, keep: int) -> Event:
    """The event with a theme on so many of its sessions, and one more session, of which there is nothing to watch."""
    sessions = [
        one.model_copy(update={"track": one.track if at < keep else ""}) for at, one in enumerate(event.sessions)
    ]
    idle = sessions[0].model_copy(update={"id": "idle", "track": "", "recordings": (), "people": ()})
    return event.model_copy(update={"sessions": (*sessions, idle)})


def test_long_lists_lead_to_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain links lead to the programmes, each narrowed to the sessions with such recordings.

    Also where only one theme is used, or only one language spoken.
    """
    monkeypatch.setattr(groups, "MOST", 2)
    monkeypatch.setattr(synthetic, "OF_EVENT", 8)
    monkeypatch.setattr(synthetic, "SPOKEN", ("en", "en", "en", "en", "fr", "ru", "ar", "zh"))
    made = synthetic.catalogue(19, ("en",))
    events = tuple(without_themes(one, keep) for one, keep in zip(made.events, (1, 2, 9), strict=True))
    sessions = {(event.id, one.id): (event, one) for event in events for one in event.sessions}
    recordings = []
    for one in made.recordings:
        event, session = sessions[one.event.id, one.session.id]
        recordings.append(replace(one, event=event, session=session))
    catalogue = replace(made, events=events, recordings=tuple(recordings))
    trees = parsed(build(catalogue))
    long = set()
    for group in (*groups.languages(catalogue), *groups.themes(catalogue)):
        kind = "themes" if group.name else "languages"
        tree = trees[f"{kind}/{group.id}/index.html"]
        links = [urljoin(f"{kind}/{group.id}/", href) for href in tree.xpath("//main//li/a[1]/@href")]
        if len(group.recordings) <= 2:
            assert links == []
            assert len(tree.xpath("//article")) == len(group.recordings)
            continue
        assert tree.xpath("//article") == []
        long.add(group.id)
        wanted = {one.page for one in group.recordings}
        shown = set()
        for link in links:
            for slot in shown_by(trees, link):
                found = {urljoin(link, href) for href in slot.xpath(".//article//h4/a/@href")}
                assert found & wanted, (link, slot.xpath("string(.//h3)"))
                shown |= found
        assert wanted <= shown
        assert len(links) == len({one.event.id for one in group.recordings})
    assert long >= {"en", "theme-0", "theme-1"}


def shown_by(trees: dict[str, html.HtmlElement], link: str) -> list[html.HtmlElement]:
    """The sessions that a link into a programme leaves: where its end names nothing there, all of them."""
    page, _, anchor = link.partition("#")
    _, facet, value = anchor.split("-", 2)
    tree = trees[f"{page}index.html"]
    has = f"[contains(concat(' ', @data-{facet}, ' '), ' {value} ')]" if tree.xpath(f"//*[@id='{anchor}']") else ""
    return list(tree.xpath(f"//li[contains(@class, 'slot ')]{has}"))


def test_a_language_of_captions_alone_leads_to_what_has_them() -> None:
    """Where a language is spoken by none and read by some, the link narrows to captions; where both, there are two."""
    catalogue = samples.catalogue()
    *others, last = catalogue.recordings
    catalogue = replace(catalogue, recordings=(*others, replace(last, language="es")))
    found = {
        group.id: {one.anchor for place in group.places() for one in place.choices}
        for group in groups.languages(catalogue)
    }
    for tag, anchors in found.items():
        spoken = any(one.language.lower() == tag for one in catalogue.recordings)
        others = (one for one in catalogue.recordings if one.language.lower() != tag)
        read = any(track.language.lower() == tag for one in others for track in one.made.captions)
        assert (f"by-language-{tag}" in anchors, f"by-captions-{tag}" in anchors) == (spoken, read)
    assert found["es"] == {"by-language-es", "by-captions-es"}
    assert found["en"] == {"by-language-en"}


def test_the_choice_that_leaves_most_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The title of an event leads to what most of the recordings have; both links say which that is."""
    monkeypatch.setattr(groups, "MOST", 0)
    catalogue = samples.catalogue()
    first, *others, last = catalogue.recordings
    tracks = (samples.captions("panel", "es"),)
    read = [replace(one, made=one.made.model_copy(update={"captions": tracks})) for one in others]
    for recordings, order in (
        ((first, *read, replace(last, language="es")), ["captions", "language"]),
        ((first, *(replace(one, language="es") for one in (*others, last))), ["language", "captions"]),
    ):
        tree = parsed(build(replace(catalogue, recordings=recordings)))["languages/es/index.html"]
        (line,) = tree.xpath("//ul[@class='directory']/li")
        assert line.xpath("a/@href") == [f"../../nodes2021/#by-{facet}-es" for facet in order]
        names = {"captions": "Captions", "language": "Spoken language"}
        assert line.xpath("string(span)").endswith(names[order[0]])
        assert line.xpath("string(a[2])").startswith(names[order[1]])


def test_many_events_and_themes_have_lists_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The home page names the newest events and largest themes; plain links lead to all others, by year and name."""
    monkeypatch.setattr(directory, "HOME", 3)
    monkeypatch.setattr(synthetic, "OF_EVENT", 2)
    catalogue = synthetic.catalogue(19, ("en", "ar"))
    undated = catalogue.events[0].model_copy(update={"start": None, "end": None})
    catalogue = replace(catalogue, events=(undated, *catalogue.events[1:]))
    themes = tuple(f"Theme {number}" for number in range(10))
    recordings = tuple(
        replace(one, session=one.session.model_copy(update={"track": themes[int(one.event.id.partition("-")[2])]}))
        for one in catalogue.recordings
    )
    catalogue = replace(catalogue, recordings=recordings)
    hashed = asset_keys(assets(catalogue))
    trees = {
        urls.object_key(one.address): html.document_fromstring(render(one, environment(), hashed).decode())
        for page in pages(catalogue)
        if page.template in {"home.html", "directory.html", "search.html"}
        for one in page.everywhere()
    }
    linked = {key: {urljoin(key, href) for href in tree.xpath("//main//a/@href")} for key, tree in trees.items()}
    events = {f"{event.id}/" for event in catalogue.events}
    assert linked["index.html"] & events == {"meeting-7/", "meeting-8/", "meeting-9/"}
    assert {"events/", "themes/"} <= linked["index.html"]
    years = linked["events/index.html"]
    assert years == {"events/2000.html", "events/2001.html", "events/2002.html", "events/others.html"}
    assert linked["events/others.html"] - years == {"meeting-0/"}
    assert set().union(*(linked[year] for year in years)) - years == events
    of_themes = {f"themes/theme-{number}/" for number in range(10)}
    assert len(linked["index.html"] & of_themes) == 3
    assert "themes/theme-9/" not in linked["index.html"]  # it has one recording less than the others
    assert linked["themes/index.html"] == of_themes
    assert trees["events/2002.html"].xpath("//nav[@class='days']//a[@aria-current]/text()") == ["2002"]
    assert trees["search/index.html"].xpath("//select[@id='in-event']") == []
    assert trees["ar/search/index.html"].xpath("//select[@id='in-year']/option/text()")[1:] == ["2002", "2001", "2000"]


def changes(count: int, languages: tuple[str, ...] = ("en",)) -> dict[str, bytes]:
    """What one recording more changes in a catalogue of ``count``: the new content; only what differs is made."""
    before, after = (
        {part.fingerprint: part for part in parts(synthetic.catalogue(number, languages))}
        for number in (count, count + 1)
    )
    old: dict[str, bytes] = {}
    for fingerprint in before.keys() - after.keys():
        old |= before[fingerprint].make()
    new: dict[str, bytes] = {}
    for fingerprint in after.keys() - before.keys():
        new |= after[fingerprint].make()
    return {key: new.get(key, b"") for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


def test_a_new_recording_leaves_pages_of_others_alone() -> None:
    """Added to a session, it changes no other watch page, no page of a long list, and no text of others."""
    changed = changes(402)
    new = synthetic.catalogue(403, ("en",)).recordings[-1]
    assert f"{new.page}index.html" in changed
    assert not {key for key in changed if "/talk-" in key and not key.startswith(("media/", new.page))}
    assert not {key for key in changed if key.startswith("languages/en/")}
    texts = {key: content for key, content in changed.items() if key.startswith("search/text/")}
    assert {json.loads(text)["page"] for text in texts_of(texts)} == {new.page}


def test_what_a_new_recording_changes_in_seven_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own files, its session, event and people, the start page, feeds and interfaces, two files of the search."""
    monkeypatch.setattr(groups, "MOST", 0)
    languages = ("en", "ar", "es", "fr", "pt", "ru", "zh")
    changed = changes(22, languages)
    new = synthetic.catalogue(23, languages).recordings[-1]
    pages = Counter(re.sub("^(ar|es|fr|pt|ru|zh)/", "", key) for key in changed if key.endswith("index.html"))
    people = {key: pages.pop(key) for key in list(pages) if key.startswith("people/")}
    people.pop("people/index.html", None)  # somebody new is in it
    assert people == {f"people/{person.id}/index.html": 7 for person in new.people}
    event, session = f"{new.event.id}/", f"{new.event.id}/{new.session.id}/"
    named = ("", event, session, new.page)
    aside = (f"{new.page}embed/", f"v/{new.event.id}-{new.recording.id}/")
    assert pages == {**{f"{one}index.html": 7 for one in named}, **{f"{one}index.html": 1 for one in aside}}
    others = [key for key in changed if not key.endswith(".html")]
    assert len([key for key in others if key.startswith("search/")]) == 2
    assert len(others) <= 28


def test_pages_lead_to_the_sessions_around() -> None:
    """The links at the end of a watch page follow the clock, over breaks and what may not be recorded."""
    catalogue = samples.catalogue()
    event = catalogue.events[0]
    talk = next(one for one in event.sessions if one.id == "theme-1")
    assert talk.start

    def slot(name: str, hours: int, **fields: object) -> Session:
        given = {"id": name, "title": name.title(), "start": talk.start + timedelta(hours=hours), "recordings": ()}
        return talk.model_copy(update=given | fields)

    sessions = (
        slot("later", 4),
        slot("undated", 0, start=None),
        slot("lunch", 2, people=()),
        talk,
        slot("earlier", -2, start=(talk.start - timedelta(hours=2)).replace(tzinfo=None)),
        slot("private", 3, do_not_record=True),
        slot("first", -3),
    )
    shown = event.model_copy(update={"sessions": sessions})
    days = programme_view.days(Catalogue(catalogue.site, (shown,)), shown)
    order = ["first", "earlier", "theme-1", "lunch", "private", "later", "undated"]
    assert [one.session.id for day in days for one in day.slots] == order
    recordings = tuple(replace(one, event=shown) for one in catalogue.recordings if one.session.id == talk.id)
    catalogue = replace(catalogue, events=(shown,), recordings=recordings)
    objects = build(catalogue)
    assert len(recordings) == 3
    for one in recordings:
        around = [(found.title, found.page) for found in catalogue.neighbours(one) if found]
        assert around == [("Earlier", f"{event.id}/earlier/"), ("Later", f"{event.id}/later/")]
        tree = html.document_fromstring(objects[f"{one.page}index.html"])
        links = [urljoin(one.page, href) for href in tree.xpath("//nav[@class='pager']/a/@href")]
        assert links == [page for _, page in around]


@given(st.lists(st.none() | st.datetimes(datetime(2024, 10, 24), datetime(2024, 10, 30)), max_size=12))
def test_the_programme_and_its_pager_have_one_order(starts: list[datetime | None]) -> None:
    """Whatever the times, also where clocks go back: the page of the event lists sessions as watch pages lead on."""
    slots = [{"id": f"s{number}", "title": "A talk", "start": start} for number, start in enumerate(starts)]
    event = Event.model_validate({"id": "e", "title": "E", "timezone": "Europe/Berlin", "sessions": slots}).localised()
    days = programme_view.days(Catalogue(samples.catalogue().site, (event,)), event)
    assert [one.session for day in days for one in day.slots] == by_time(event)
    assert [day.date for day in days] == sorted({one.date for one in days}, key=lambda day: (day is None, str(day)))


def test_many_people_have_a_page_for_each_initial(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list leads to the letters, each person stands on one page; a newcomer changes only one page."""
    monkeypatch.setattr(directory, "MOST", 1)
    catalogue = samples.catalogue()
    names = ("Ada", "Boris", "Борис", "王芳", "김", "3D Lab", "أحمد", "ნინო", "ʿAbd", "Åsa")
    one = catalogue.recordings[0]

    def built(count: int) -> dict[str, bytes]:
        people = tuple(Person(name=name, id=f"p{number}") for number, name in enumerate(names[:count]))
        recording = one.recording.model_copy(update={"people": people})
        session = one.session.model_copy(update={"people": people, "recordings": (recording,)})
        event = one.event.model_copy(update={"sessions": (session,)})
        shown = replace(one, event=event, session=session, recording=recording, people=people)
        return build(replace(catalogue, events=(event,), recordings=(shown,)))

    after, before = built(len(names)), built(len(names) - 1)
    listed = {
        key: html.document_fromstring(content.decode()).xpath("//ul[@class='directory']//bdi/text()")
        for key, content in after.items()
        if key.startswith("people/") and key.count("/") == 1
    }
    first = {"people/index.html": [], "people/0041.html": ["Ada", "Åsa", "ʿAbd"], "people/0042.html": ["Boris"]}
    others = {
        "people/0044.html": ["3D Lab"],
        "people/0411.html": ["Борис"],
        "people/0627.html": ["أحمد"],
        "people/10dc.html": ["ნინო"],
    }
    assert listed == first | others | {"people/others.html": ["김", "王芳"]}
    letters = html.document_fromstring(after["people/index.html"].decode()).xpath("//nav[@class='days']//a")
    assert [f"people/{one.get('href')}" for one in letters] == list(listed)[1:]
    assert {key for key in listed if after[key] != before.get(key)} == {"people/0041.html"}
