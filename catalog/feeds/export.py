"""The catalogue for other programs: a table (CSV), and an event as data and pages for Jekyll or Hugo."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterable
from io import BytesIO, StringIO
from typing import Any

import yaml

from catalog import markdown, urls
from catalog.feeds import structured
from catalog.feeds.citation import address
from catalog.feeds.scope import Scope, dump, summary
from catalog.model import Event, Session
from catalog.published import Catalogue, PublishedRecording

CSV = "recordings.csv"
EVENTS = "events.csv"
"""Of a large catalogue: where the table of each event is."""
JSON = "recordings.json"
PAGES = "jekyll.zip"
_FORMULA = re.compile(r"[=+\-@\t\r]")
_LONG_AGO = 1980, 1, 1, 0, 0, 0
"""The earliest time a ZIP archive can say; a fixed one keeps two builds identical."""
_COLUMNS = (
    "id", "event", "session", "kind", "title", "people", "language", "date", "duration_s", "track", "captions",
    "licence", "doi", "page", "video", "audio", "elsewhere",
)  # fmt: skip
_EVENT_COLUMNS = "id", "title", "start", "end", "place", "language", "page", "table"


def table(scope: Scope) -> bytes:
    """One line for each recording, UTF-8 with a byte order mark (spreadsheets ask for it).

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    recordings = scope.catalogue.of_event(scope.event) if scope.event else scope.catalogue.recordings
    return _table(_COLUMNS, (_row(scope, one) for one in recordings))


def tables(catalogue: Catalogue) -> bytes:
    """One line for each event: where its ``table`` is. Without numbers, so that a new recording leaves it alone."""
    return _table(_EVENT_COLUMNS, (_event_row(catalogue, one) for one in catalogue.events))


def _table(columns: tuple[str, ...], rows: Iterable[dict[str, object]]) -> bytes:
    out = StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def data(catalogue: Catalogue, event: Event) -> bytes:
    """The recordings of an event by session, for a site's ``_data/`` (Jekyll) or ``data/`` (Hugo) folder."""
    sessions = [_session(catalogue, event, one) for one in event.sessions]
    return dump({"event": event.id, "title": event.title, "page": _page(catalogue, event), "sessions": sessions})


def pages(catalogue: Catalogue, event: Event) -> bytes:
    """A ZIP archive: ``_data/recordings.json`` and, for every session, a page with front matter and players."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(f"_data/{JSON}", _LONG_AGO), data(catalogue, event))
        for session in event.sessions:
            name = zipfile.ZipInfo(f"_sessions/{session.id}.md", _LONG_AGO)
            archive.writestr(name, _document(catalogue, event, session))
    return out.getvalue()


def _page(catalogue: Catalogue, event: Event) -> str:
    return catalogue.site.absolute(urls.event(event.id))


def _row(scope: Scope, one: PublishedRecording) -> dict[str, object]:
    file, made = one.plain_file, one.made
    return {
        "id": one.key,
        "event": one.event.title,
        "session": one.session.title,
        "kind": one.recording.kind.value,
        "title": one.recording.title,
        "people": "; ".join(person.name for person in one.people),
        "language": one.language,
        "date": one.date.isoformat() if one.date else "",
        "duration_s": round(made.duration_ms / 1000) or "",
        "track": one.session.track,
        "captions": " ".join(track.language for track in made.captions),
        "licence": one.licence,
        "doi": one.recording.doi or "",
        "page": scope.absolute(one.page),
        "video": scope.absolute(file.url) if file else "",
        "audio": scope.absolute(made.audio[0].url) if made.audio else "",
        "elsewhere": one.watch_links[0].url if one.is_elsewhere and one.watch_links else "",
    }


def _event_row(catalogue: Catalogue, event: Event) -> dict[str, object]:
    return {
        "id": event.id,
        "title": event.title,
        "start": event.start.isoformat() if event.start else "",
        "end": event.end.isoformat() if event.end else "",
        "place": event.place,
        "language": event.language,
        "page": _page(catalogue, event),
        "table": catalogue.site.absolute(urls.event(event.id) + CSV),
    }


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _session(catalogue: Catalogue, event: Event, session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "title": session.title,
        "start": session.start.isoformat() if session.start else None,
        "track": session.track,
        "people": [person.name for person in session.people],
        "page": catalogue.site.absolute(urls.session(event.id, session.id)),
        "recordings": [_recording(catalogue, one) for one in catalogue.of_session(event, session)],
    }


def _recording(catalogue: Catalogue, one: PublishedRecording) -> dict[str, Any]:
    full, made, file = catalogue.site.absolute, one.made, one.plain_file
    return {
        "id": one.recording.id,
        "title": one.recording.title,
        "people": [person.name for person in one.people],
        "language": one.language,
        "summary": summary(one),
        "seconds": round(made.duration_ms / 1000),
        "page": full(one.page),
        "cite": address(catalogue, one),
        "embed": None if one.is_elsewhere else full(one.page + structured.EMBED),
        "poster": full(made.poster.url) if made.poster else None,
        "video": full(file.url) if file else None,
        "audio": full(made.audio[0].url) if made.audio else None,
        "captions": {track.language: full(track.url) for track in made.captions},
        "elsewhere": [link.url for link in one.watch_links] if one.is_elsewhere else [],
    }


def _document(catalogue: Catalogue, event: Event, session: Session) -> str:
    facts = {"layout": "session", "event": event.title, **_session(catalogue, event, session)}
    head = yaml.safe_dump(facts, allow_unicode=True, sort_keys=False, width=10_000)
    players = (
        structured.frame(one["embed"])
        if one["embed"]
        else f'<p><a href="{one["page"]}">{markdown.escape(one["title"])}</a></p>'
        for one in facts["recordings"]
    )
    body = "\n\n".join((str(markdown.to_html(session.abstract)).strip(), *players))
    return f"---\n{head}---\n\n{_inert(body)}\n"


def _inert(html: str) -> str:
    """HTML in which neither Liquid nor Hugo finds anything to carry out."""
    return html.replace("{", "&#123;")
