"""Spreadsheets saved as CSV."""

from __future__ import annotations

import contextlib
import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.errors import InvalidDocumentError
from catalog.model import LinkKind
from catalog.programme import Options, read
from catalog.programme.vocabulary import field_of


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Title", "title"),
        ("Session title", "title"),
        ("TITEL", "title"),
        ("título", "title"),
        ("タイトル", "title"),
        ("start_time", "start"),
        ("StartTime", "start"),
        ("Beginn", "start"),
        ("Duration (min)", "duration"),
        ("Durée", "duration"),
        ("Speaker 2", "people"),
        ("Referent:innen", ""),
        ("Referent/in", "people"),
        ("Salle", "room"),
        ("Do not record?", "do_not_record"),
        ("Abstrct", "abstract"),
        ("abtract", "abstract"),
        ("Affiliation", "organisation"),
        ("Internal notes", ""),
    ],
)
def test_headers(header: str, field: str) -> None:
    """Case, accents, punctuation, numbers and one wrong letter do not matter; unknown headers are not guessed."""
    assert field_of(header) == field


def test_a_row_is_a_talk() -> None:
    """Every column arrives where it belongs."""
    written = (
        "Code;Titel;Datum;Beginn;Ende;Raum;Referenten;Sprache;Zusammenfassung;Folien;Nicht aufzeichnen\n"
        "A1;Moos;28.06.2021;14:00;15:30;Saal;Ann Li (ANU) und Bo Ek;Deutsch;Über Moos;https://x.example/deck;ja\n"
    )
    (talk,) = read("p.csv", written.encode()).event.sessions
    assert (talk.id, talk.title, talk.room, talk.language, talk.abstract) == ("a1", "Moos", "Saal", "de", "Über Moos")
    assert (talk.start, talk.duration) == (datetime(2021, 6, 28, 14), timedelta(minutes=90))
    assert [(person.name, person.organisation) for person in talk.people] == [("Ann Li", "ANU"), ("Bo Ek", "")]
    assert [(link.url, link.kind) for link in talk.links] == [("https://x.example/deck", LinkKind.SLIDES)]
    assert talk.do_not_record


@pytest.mark.parametrize(
    ("header", "row", "start", "minutes"),
    [
        ("Start,Duration", "2021-06-28 14:00,90", datetime(2021, 6, 28, 14), 90),
        ("Start,End", "2021-06-28T14:00Z,2021-06-28T15:00Z", datetime(2021, 6, 28, 14, tzinfo=UTC), 60),
        ("Date,Time", "2021-06-28,14:00 – 15:30", datetime(2021, 6, 28, 14), 90),
        ("Day,Time slot", "28 June 2021,2:00 pm - 3:30 pm", datetime(2021, 6, 28, 14), 90),
        ("Date,Start,End", "2021-06-28,23:30,00:15", datetime(2021, 6, 28, 23, 30), 45),
        ("Date,Start,Length", "2021-06-28,9h30,1:15", datetime(2021, 6, 28, 9, 30), 75),
        ("Start date,Start time,End time", "2021-06-28,14:00,15:30", datetime(2021, 6, 28, 14), 90),
        ("Start (time),Start (date)", "14:00,28 June 2021", datetime(2021, 6, 28, 14), None),
        ("Session Start,Session End", "2021-06-28 14:00,2021-06-29 00:30", datetime(2021, 6, 28, 14), 630),
        ("Date,Start", "2021-06-28 00:00:00,14:00", datetime(2021, 6, 28, 14), None),
        ("Date,Start", "2021-06-28T14:00:00Z,16:00", datetime(2021, 6, 28, 14, tzinfo=UTC), None),
        ("Date,Duration", "2021-06-28 14:00,20", datetime(2021, 6, 28, 14), 20),
        ("Start", "28.06.2021 14:00", datetime(2021, 6, 28, 14), None),
        ("Start", "June 28, 2021 2:00 pm", datetime(2021, 6, 28, 14), None),
        ("Start", "2021-06-28 14:00 UTC", datetime(2021, 6, 28, 14, tzinfo=UTC), None),
    ],
)
def test_times_in_any_combination_of_columns(header: str, row: str, start: datetime, minutes: int | None) -> None:
    """Day and time together or apart, ends or lengths, ranges, past midnight."""
    cells = ",".join(f'"{cell}"' for cell in (row.split(",") if header != "Start" else [row]))
    (talk,) = read("p.csv", f"Title,{header}\nMoss,{cells}\n".encode()).event.sessions
    assert talk.start == start
    assert talk.duration == (timedelta(minutes=minutes) if minutes else None)


def test_slashed_dates_follow_the_setting_only() -> None:
    """03/04 is March by default and April with the setting; 28/06 without it is reported, not guessed."""
    content = b"Title,Date,Start\nA,03/04/2021,10:00\n"
    assert read("p.csv", content).event.start == date(2021, 3, 4)
    assert read("p.csv", content, options=Options(day_first=True)).event.start == date(2021, 4, 3)
    odd = read("p.csv", b"Title,Date,Start\nA,28/06/2021,10:00\n")
    assert odd.event.sessions[0].start is None
    assert any("28/06/2021" in finding.message and finding.line == 2 for finding in odd.findings)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_separator_and_encoding(encoding: str, separator: str) -> None:
    """With or without a byte order mark, as Excel in any country saves it."""
    rows = [["Title", "Room", "Speaker"], ["Café", "Größe", "Zoë Li"]]
    written = "\r\n".join(separator.join(row) for row in rows)
    (talk,) = read("p.csv", written.encode(encoding)).event.sessions
    assert (talk.title, talk.room, talk.people[0].name) == ("Café", "Größe", "Zoë Li")


@pytest.mark.parametrize(
    ("header", "cell", "held"),
    [
        ("Do not record", "yes", True),
        ("Do not record", "please don't", True),
        ("Do not record", "no", False),
        ("Do not record", "", False),
        ("Recording allowed", "no", True),
        ("Recording allowed", "No, thanks", True),
        ("Recording allowed", "yes", False),
        ("Recording allowed", "Norway only", False),
        ("Recording", "nein", True),
        ("Recording", "https://x.example/a.mp4", False),
    ],
)
def test_an_opt_out_counts_unless_it_is_clearly_none(header: str, cell: str, held: bool) -> None:
    """What is not a clear no in an opt-out column, and a no in a consent column, keeps the talk from being recorded."""
    (talk,) = read("p.csv", f'Title,Room,{header}\nMoss,A,"{cell}"\n'.encode()).event.sessions
    assert talk.do_not_record is held


@pytest.mark.parametrize("header", ["Session,Speaker,Time", "Name,Presenter,Room", "Time,Activity,Room"])
def test_the_likeliest_column_is_the_title(header: str) -> None:
    """Where no column is called a title, ``Session``, ``Name`` or ``Activity`` is one."""
    (talk,) = read(
        "p.csv", f"{header}\n{','.join(('Moss', 'x', 'y') if header[0] != 'T' else ('x', 'Moss', 'y'))}\n".encode()
    ).event.sessions
    assert talk.title == "Moss"


def test_headers_below_a_banner_and_unknown_columns() -> None:
    """Title rows above the headers are passed over; columns that were not used are named."""
    written = "Programme of the meeting,,\n,,\nTitle,Start,Catering\nMoss,2021-06-28 10:00,soup\n"
    programme = read("p.csv", written.encode())
    assert programme.sessions == 1
    assert any("'Catering'" in finding.message for finding in programme.findings)


def test_cancelled_and_half_empty_rows_are_explained() -> None:
    """A cancelled row is left out with its line; a row without a title is a session; an empty row is nothing."""
    written = "Title,Room,Status\nMoss,A,confirmed\nGone,B,cancelled\n,,\n,C,confirmed\n"
    programme = read("p.csv", written.encode())
    assert (programme.talks, [one.title for one in programme.event.sessions]) == (3, ["Moss", "Untitled"])
    assert programme.left_out[0].line == 3


def test_an_open_quotation_mark_is_refused() -> None:
    """It would swallow the rows after it; the message names its line."""
    with pytest.raises(InvalidDocumentError) as caught:
        read("p.csv", b'Title,Room\nA,1\n"B,2\nC,3\n')
    assert caught.value.findings[0].line == 3


NAMES = st.sampled_from(["Ann Li", "Bo Ek", "Zoë van der Berg", "かっくん", "O'Neil Ray"])
CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
ROW = st.fixed_dictionaries(
    {
        "Title": CELL.filter(lambda cell: cell.strip() != ""),
        "Room": CELL,
        "Start": st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda one: one.replace(microsecond=0)),
        "Duration": st.integers(1, 600),
        "Speakers": st.lists(NAMES, min_size=1, max_size=4, unique=True),
        "Abstract": st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=200),
    }
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(ROW, min_size=1, max_size=8),
    st.sampled_from(",;\t|"),
    st.permutations(["Title", "Room", "Start", "Duration", "Speakers", "Abstract"]),
)
def test_every_row_of_any_table_is_a_session(rows: list[dict[str, object]], separator: str, order: list[str]) -> None:
    """Whatever the cells, the order of columns and the separator: rows in are sessions out, with their values."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(order)
    for row in rows:
        values = {**row, "Speakers": "; ".join(row["Speakers"]), "Start": row["Start"].isoformat(" ")}  # type: ignore[arg-type, attr-defined]
        writer.writerow([values[name] for name in order])
    programme = read("p.csv", out.getvalue().encode())
    assert (programme.talks, programme.sessions, programme.left_out) == (len(rows), len(rows), ())
    assert len({session.id for session in programme.event.sessions}) == len(rows)
    wanted = sorted((row["Start"], timedelta(minutes=row["Duration"]), tuple(row["Speakers"])) for row in rows)  # type: ignore[arg-type]
    found = sorted(
        (one.start, one.duration, tuple(person.name for person in one.people)) for one in programme.event.sessions
    )
    assert found == wanted


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_no_bytes_are_a_crash(content: bytes) -> None:
    """Any file is a programme or is refused with a message; talks in are sessions out and explanations."""
    for name in ("p.csv", "p.md"):
        with contextlib.suppress(InvalidDocumentError):
            programme = read(name, b"title,start\n" + content)
            assert programme.talks == programme.sessions + len(programme.left_out)


@pytest.mark.parametrize(
    ("encoding", "header", "title", "speaker"),
    [
        ("cp1251", "Название,Докладчик,Зал", "Открытие", "Иван Петров"),
        ("cp932", "題名,講演者,会場", "生物多様性の表示", "山田太郎"),
        ("gb18030", "标题,演讲者,地点", "生物多样性", "王伟"),
        ("cp949", "제목,연사,장소", "생물 다양성", "김민수"),
        ("utf-16-le", "Titel,Sprecher,Raum", "Über Käfer", "Jörg Ähle"),
        ("utf-16-be", "Titel,Sprecher,Raum", "Über Käfer", "Jörg Ähle"),
    ],
)
def test_old_encodings_are_told_by_the_headers_they_give(encoding: str, header: str, title: str, speaker: str) -> None:
    programme = read("p.csv", f"{header}\n{title},{speaker},A1\n".encode(encoding))
    (session,) = programme.event.sessions
    assert (session.title, session.people[0].name, session.room) == (title, speaker, "A1")
    assert any(f"it was read as {encoding}" in one.message for one in programme.findings)


def test_dates_in_figures_say_how_they_were_read() -> None:
    programme = read("p.csv", b"Title,Date,Start\nA,3/4/2024,9:00\nB,3/5/2024,9:00\nC,13/4/2024,9:00\n")
    said = [one for one in programme.findings if "the 4th of March" in one.message]
    assert len(said) == 1
    assert "--day-first" in said[0].hint
    (unread,) = [one for one in programme.findings if "is not readable" in one.message]
    assert (unread.line, "--day-first" in unread.hint) == (4, True)
    certain = read("p.csv", b"Title,Date,Start\nA,3/4/2024,9:00\n", options=Options(day_first=True))
    assert not any("March" in one.message for one in certain.findings)


def test_the_zone_of_a_row_may_be_an_offset_and_an_unknown_one_is_named() -> None:
    rows = "A,2024-06-03,09:00,UTC+2\nB,2024-06-03,09:00,Mars\nC,2024-06-03,09:00,Mars\n"
    programme = read("p.csv", f"Title,Date,Time,Time zone\n{rows}".encode())
    offsets = {session.title: session.start and session.start.utcoffset() for session in programme.event.sessions}
    assert offsets == {"A": timedelta(hours=2), "B": None, "C": None}
    assert sum("'Mars' is not a time zone" in one.message for one in programme.findings) == 1


def test_the_name_of_an_event_is_a_title() -> None:
    assert read("p.csv", b"Event Name,Start\nOpening,2024-06-03 09:00\n").event.sessions[0].title == "Opening"
