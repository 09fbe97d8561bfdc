"""``event.yaml``: times in the event's zone, short forms, inline entries over an imported programme."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from catalog import documents
from catalog.errors import InvalidDocumentError
from catalog.fields import slugify
from catalog.model import Event, ReleaseState
from catalog.programme import native


def read(text: str, imported: Event | None = None) -> Event:
    return native.read(documents.parse("event.yaml", text.encode()), folder="meeting", imported=imported)


PROGRAMME = """
title: Meeting
start: 2021-06-28
timezone: Europe/Copenhagen
sessions:
  - id: panel
    title: Panel
    start: 2021-06-28T14:00
    duration: 90
    people: [Ada, {name: Bo, role: moderator}]
    recordings:
      - {id: talk, title: Talk, kind: pre-recorded, release: after 2021-07-01}
  - {id: night, title: Night, start: 2021-06-29T01:30, duration: "1:15"}
"""


def test_times_are_in_the_events_zone() -> None:
    """14:00 in Copenhagen in June is 12:00 UTC; an embargo date begins at local midnight."""
    event = read(PROGRAMME)
    session = event.sessions[0]
    assert session.start == datetime(2021, 6, 28, 12, 0, tzinfo=UTC)
    assert session.end == datetime(2021, 6, 28, 13, 30, tzinfo=UTC)
    release = session.recordings[0].release
    assert release is not None
    assert (release.state, release.after) == (ReleaseState.AFTER, datetime(2021, 6, 30, 22, 0, tzinfo=UTC))


def test_a_session_after_midnight_belongs_to_the_evening_before() -> None:
    """The programme day changes at 04:00."""
    event = read(PROGRAMME)
    assert event.day_of(event.sessions[1]) == date(2021, 6, 28)
    assert event.sessions[1].duration == timedelta(minutes=75)


def test_the_folder_gives_the_id() -> None:
    """An event that names no id has its folder's."""
    assert read(PROGRAMME).id == "meeting"


def test_people_by_name_only() -> None:
    """A plain name is a person with an id of its own; the same name always gives the same id."""
    people = read(PROGRAMME).sessions[0].people
    assert [(one.id, one.role) for one in people] == [("ada", ""), ("bo", "moderator")]


def test_inline_entries_override_imported_ones_field_by_field() -> None:
    """An override names only what differs; the order of the programme stays; new sessions come last."""
    text = (
        "sessions:\n  - {id: panel, room: Hall, recordings: [{id: talk, release: held}, {id: live, title: Live}]}\n"
        "  - {id: extra, title: Extra}\n"
    )
    event = read(text, read(PROGRAMME))
    assert [one.id for one in event.sessions] == ["panel", "night", "extra"]
    panel = event.sessions[0]
    assert (panel.title, panel.room, len(panel.people)) == ("Panel", "Hall", 2)
    assert [(one.id, one.title) for one in panel.recordings] == [("talk", "Talk"), ("live", "Live")]
    assert panel.recordings[0].release is not None
    assert panel.recordings[0].release.state is ReleaseState.HELD


def test_repeated_ids_are_refused() -> None:
    """Two recordings of one id, even in different sessions, are a mistake that names the id."""
    text = PROGRAMME + "  - {id: z, title: Z, recordings: [{id: talk, title: Again}]}\n"
    with pytest.raises(InvalidDocumentError, match="two recordings have the id 'talk'"):
        read(text)


@pytest.mark.parametrize("title", ["../..", "日本語", "", "x" * 500, "con", "index", "a/b\\c", "\u202e", "🎤"])
def test_slugs_are_safe_whatever_the_title(title: str) -> None:
    """Ids made from titles are short, lower-case ASCII, never reserved, and the same every time."""
    slug = slugify(title, fallback="talk")
    assert slug == slugify(title, fallback="talk")
    assert 0 < len(slug) <= 80
    assert slug.replace("-", "").isalnum()
    assert slug.isascii()
    assert slug not in {"con", "index"}


def test_different_titles_without_latin_letters_have_different_slugs() -> None:
    """Two Japanese titles do not collide."""
    assert slugify("日本語", fallback="talk") != slugify("中国語", fallback="talk")


@pytest.mark.parametrize("release", ["soon", "after", "after tomorrow", "approved 2021-01-01"])
def test_releases_that_say_nothing_are_refused(release: str) -> None:
    """A release that is not one of the four is a mistake, never a silent approval."""
    with pytest.raises(InvalidDocumentError, match="release"):
        read(f"title: M\nsessions: [{{id: a, title: A, recordings: [{{id: r, title: R, release: {release}}}]}}]\n")


def test_a_language_that_nobody_gives_is_not_given() -> None:
    """The usual language is assumed, and it can be told from one that somebody wrote."""
    silent = read("title: Meeting\n")
    assert silent.language == "en"
    assert "language" not in silent.model_fields_set
    imported = Event(id="meeting", title="Meeting", language="fr")
    assert "language" in read("title: Meeting\n", imported).model_fields_set
    assert "language" in read("title: Meeting\nlanguage: en\n").model_fields_set
