"""Session pages of static sites."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.errors import InvalidDocumentError
from catalog.model import Kind, LinkKind
from catalog.programme import read, read_many
from catalog.programme.videos import source_of

TIME = "https://www.timeanddate.com/worldclock/fixedtime.html?msg=Moss&iso=20240501T14&p1=69&ah=1&am=30"

PAGE = f"""---
title: Moss
layout: documentation
---
# Moss in the nodes
*Panel moderator: Ann Li, ANU*
<div class="intro-block">
  <a class="tag is-primary" href="{TIME}">
  Wednesday 1 14:00–15:30 CEST (UTC+2)
  </a>
  <span class="tag is-panel">Panel discussion</span>
</div>

**Goal**

To look at moss. See the [forum](https://discourse.example/t/1).

{{: .notification .is-info}}
Come early.

### Growing moss
*Presentation by Bo Ek, Head of Moss, KTH*
> Read the [background document](/assets/moss.pdf)
{{% include vimeo.html id="100000001" %}}

### Selling moss
*By Cy van der Roy, Plazi*
{{% include vimeo.html id="100000002
" title="Old title" %}}

### Panel discussion: moss
*Panel moderator: Ann Li*
<iframe src="https://player.vimeo.com/video/100000003?badge=0&amp;x=1" title="t"></iframe>
"""

SITE = {
    "_config.yml": b"title: Moss 2024\nurl: https://moss.example\ndescription: All of it\n",
    "sessions/wednesday-moss.md": PAGE.encode(),
    "home.md": b"---\ntitle: Welcome\n---\nHello",
    "schedule.md": f"## Wednesday\n+ [14:00]({TIME}) [Moss](/sessions/wednesday-moss)\n".encode(),
}


def test_a_page_is_a_session_and_its_videos_are_recordings() -> None:
    """Title, type, time with zone, people, prose and links of the page; overviews are no sessions."""
    programme = read_many(SITE)
    assert (programme.event.id, programme.event.title, programme.event.timezone) == (
        "moss-2024",
        "Moss 2024",
        "Europe/Copenhagen",
    )
    (session,) = programme.event.sessions
    assert (session.id, session.title, session.type) == ("wednesday-moss", "Moss in the nodes", "Panel discussion")
    assert session.start == datetime(2024, 5, 1, 14, tzinfo=ZoneInfo("Europe/Copenhagen"))
    assert session.duration == timedelta(minutes=90)
    assert [(person.name, person.role, person.organisation) for person in session.people] == [
        ("Ann Li", "moderator", "ANU")
    ]
    assert (
        session.abstract
        == "**Goal**\n\nTo look at moss. See the [forum](https://discourse.example/t/1).\n\nCome early."
    )
    assert [(link.url, link.kind) for link in session.links] == [("https://discourse.example/t/1", LinkKind.DISCUSSION)]


def test_recordings_of_a_page() -> None:
    """Heading, credit line, video address and kind of each; a title of the embedding does not win over the heading."""
    recordings = read_many(SITE).event.sessions[0].recordings
    assert [(one.id, one.title, one.source, one.kind) for one in recordings] == [
        ("vimeo-100000001", "Growing moss", "https://vimeo.com/100000001", Kind.PRE_RECORDED),
        ("vimeo-100000002", "Selling moss", "https://vimeo.com/100000002", Kind.PRE_RECORDED),
        ("vimeo-100000003", "Panel discussion: moss", "https://vimeo.com/100000003", Kind.LIVE),
    ]
    assert [(one.people[0].name, one.people[0].organisation) for one in recordings] == [
        ("Bo Ek", "Head of Moss, KTH"),
        ("Cy van der Roy", "Plazi"),
        ("Ann Li", ""),
    ]
    assert [(link.url, link.kind) for link in recordings[0].links] == [
        ("https://moss.example/assets/moss.pdf", LinkKind.DOCUMENT)
    ]


def test_an_overview_that_repeats_the_videos_of_a_page_adds_none() -> None:
    """The page with fewer videos has them; the other is explained."""
    overview = "# All\n" + "".join(f'## T{n}\n{{% include vimeo.html id="10000000{n}" %}}\n' for n in (1, 2, 3))
    other = '# Fern\n## Fern\n*By Ann Li*\n{% include youtube.html id="abcdefghijk" %}\n'
    programme = read_many({**SITE, "sessions/fern.md": other.encode(), "sessions.md": overview.encode()})
    assert (programme.sessions, programme.recordings) == (2, 4)
    assert "shows only videos that 'sessions/wednesday-moss.md' has" in programme.left_out[0].message


def test_one_video_under_two_headings_is_two_recordings_and_a_warning() -> None:
    """A copied video id loses no presentation."""
    page = '# M\n## One\n{% include vimeo.html id="100000001" %}\n## Two\n{% include vimeo.html id="100000001" %}\n'
    programme = read("m.md", page.encode())
    assert [one.title for one in programme.event.sessions[0].recordings] == ["One", "Two"]
    assert any("has the id 'vimeo-100000001' too" in finding.message for finding in programme.findings)


def test_videos_without_headings_take_the_line_after_them() -> None:
    """Pages that put the title below the film."""
    frame = '<iframe src="https://player.vimeo.com/video/10000000{}" title="x"></iframe>\n{}\n\n---------\n'
    page = "# Films\n" + frame.format(1, "Growing moss") + frame.format(2, "Selling moss")
    recordings = read("m.md", page.encode()).event.sessions[0].recordings
    assert [one.title for one in recordings] == ["Growing moss", "Selling moss"]


@pytest.mark.parametrize(
    ("embed", "source"),
    [
        ("{% include vimeo.html id='100000001' %}", "https://vimeo.com/100000001"),
        ("{% vimeo 100000001 %}", "https://vimeo.com/100000001"),
        ("{{< youtube abcdefghijk >}}", "https://www.youtube.com/watch?v=abcdefghijk"),
        (
            '<iframe src="//www.youtube-nocookie.com/embed/abcdefghijk?rel=0"></iframe>',
            "https://www.youtube.com/watch?v=abcdefghijk",
        ),
        (
            '<iframe src="https://player.vimeo.com/video/100000001?h=1f3018b8de"></iframe>',
            "https://vimeo.com/100000001/1f3018b8de",
        ),
        ('<video src="https://x.example/a/film.mp4" controls></video>', "https://x.example/a/film.mp4"),
    ],
)
def test_embeddings(embed: str, source: str) -> None:
    """Includes, shortcodes and frames of the usual hosts give the address to fetch from."""
    (recording,) = read("m.md", f"# T\n## Film\n{embed}\n".encode()).event.sessions[0].recordings
    assert recording.source == source


@pytest.mark.parametrize(
    "embed",
    [
        '<iframe src="https://docs.google.com/presentation/d/e/1/embed"></iframe>',
        '<iframe src="javascript:alert(1)"></iframe>',
        '{% include vimeo.html id="../../x" %}',
        '<!-- {% include vimeo.html id="100000001" %} -->',
        "[a link](https://vimeo.com/100000001)",
    ],
)
def test_no_embeddings(embed: str) -> None:
    """Slides, scripts, odd ids, comments and plain links are no recordings."""
    with pytest.raises(InvalidDocumentError, match="none of its 1 files"):
        read("m.md", f"# T\n{embed}\n".encode())


def test_asciidoc_pages() -> None:
    """Antora's pages: bold lines as titles, people under a heading, the heading above tells what is live."""
    page = """= Theme 1 - Moss

== Panel moderator

Ann Li, ANU

== Presentations

*Growing moss*

Presentation by Bo Ek, KTH

video::100000001[vimeo]

== Panel discussion

*Moss for all*

video::100000002[vimeo]
"""
    (session,) = read("theme.adoc", page.encode()).event.sessions
    assert session.title == "Theme 1 - Moss"
    assert [(person.name, person.role) for person in session.people] == [("Ann Li", "moderator")]
    assert [(one.title, one.kind) for one in session.recordings] == [
        ("Growing moss", Kind.PRE_RECORDED),
        ("Moss for all", Kind.LIVE),
    ]


def test_times_take_their_zone_from_the_text_where_the_place_is_not_known() -> None:
    """``p1`` of an unknown city: the offset beside the link counts; with neither, a warning."""
    link = "https://www.timeanddate.com/worldclock/fixedtime.html?iso=20240501T1430&p1=99999"
    shown = read("m.md", f'# M\n<a href="{link}">14:30 (UTC+5:30)</a>\n'.encode()).event.sessions[0]
    assert shown.start is not None
    assert shown.start.utcoffset() == timedelta(hours=5, minutes=30)
    bare = read("m.md", f'# M\n<a href="{link}">14:30</a>\n'.encode())
    assert any("time zone of the time is not known" in finding.message for finding in bare.findings)


def test_broken_front_matter_is_read_line_by_line() -> None:
    """A colon too many in a title costs neither the title nor the page."""
    page = '---\ntitle: Moss: a story\nlang: fr\n---\n{% include vimeo.html id="100000001" %}\n'
    programme = read("m.md", page.encode())
    assert programme.event.sessions[0].title == "Moss: a story"
    assert programme.event.sessions[0].language == "fr"
    assert any("line by line" in finding.message for finding in programme.findings)


@pytest.mark.parametrize(
    "address", ["https://[", "https://vimeo.com/", "https://youtu.be/short", "https://x.example/a?b=c"]
)
def test_any_address_has_a_key(address: str) -> None:
    """Addresses of unknown or broken form stay as they are."""
    assert source_of(address)[1] == address


@pytest.mark.parametrize(
    "front",
    [
        "---\ntitle: Moss\nspeakers:\n  - name: Ann Li\n    affiliation: ANU\nstart: 2024-05-01T10:00+02:00\n"
        "duration: 30\nroom: Hall\nyoutube: w7Ft2ymGmfc\n---\n",
        '+++\ntitle = "Moss"\nstart = 2024-05-01T10:00:00+02:00\nduration = 30\nroom = "Hall"\n'
        'video = ["https://youtu.be/w7Ft2ymGmfc"]\n[[speakers]]\nname = "Ann Li"\naffiliation = "ANU"\n+++\n',
    ],
    ids=["YAML", "TOML"],
)
def test_front_matter_as_conference_sites_write_it(front: str) -> None:
    """Time, room, people and video of the front matter count as if the page showed them."""
    (session,) = read_many({"talks/moss.md": f"{front}All about moss.\n".encode()}).event.sessions
    assert (session.id, session.title, session.room) == ("moss", "Moss", "Hall")
    assert (session.start, session.duration) == (datetime(2024, 5, 1, 8, tzinfo=UTC), timedelta(minutes=30))
    assert [(one.name, one.organisation) for one in session.people] == [("Ann Li", "ANU")]
    (recording,) = session.recordings
    assert (recording.title, recording.source) == ("Moss", "https://www.youtube.com/watch?v=w7Ft2ymGmfc")


def test_the_date_of_a_post_is_no_session() -> None:
    """Front matter that says only when a page was written makes no session, and gives none its time."""
    post = b"---\ntitle: News\ndate: 2024-05-01 10:00\n---\n"
    with pytest.raises(InvalidDocumentError):
        read_many({"post.md": post + b"We meet.\n"})
    (session,) = read_many({"post.md": post + b"{{< vimeo 146022717 >}}\n"}).event.sessions
    assert session.start is None


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["---", "+++"]), st.text(max_size=200))
def test_any_front_matter_is_read_or_told(fence: str, written: str) -> None:
    """Whatever stands between the fences, the video below is a recording."""
    programme = read_many(
        {"a.md": f"{fence}\n{written}\n{fence}\n{{{{< vimeo 146022717 >}}}}\n".encode(errors="replace")}
    )
    assert "https://vimeo.com/146022717" in {one.source for _, one in programme.event.recordings()}


def test_pages_that_are_not_published_are_left_out() -> None:
    time = "start: 2024-06-03T09:00:00Z"
    files = {
        "draft.md": b'+++\ntitle = "Secret"\ndraft = true\nstart = "2024-06-03T09:00:00Z"\n+++\nText\n',
        "hidden.md": f"---\ntitle: Hidden\npublished: false\n{time}\n---\nText\n".encode(),
        "shown.md": f"---\ntitle: Shown\ndraft: false\n{time}\n---\nText\n".encode(),
    }
    programme = read_many(files)
    assert [session.title for session in programme.event.sessions] == ["Shown"]
    assert sorted((one.file, one.message) for one in programme.left_out) == [
        ("draft.md", "the page is not published: it says draft: true"),
        ("hidden.md", "the page is not published: it says published: false"),
    ]
    alone = read_many({"draft.md": files["draft.md"]})
    assert (alone.sessions, len(alone.left_out)) == (0, 1)


def test_front_matter_in_json() -> None:
    page = b'{"title": "Opening", "start": "2024-06-03T09:00:00Z", "speakers": ["Ann Li"]}\n\nThe text.\n'
    (session,) = read_many({"a.md": page}).event.sessions
    assert (session.title, session.people[0].name, session.abstract) == ("Opening", "Ann Li", "The text.")
