"""Aftertalk's own programme: ``event.yaml``, inline or laid over an imported programme.

Inline sessions and recordings override imported ones of the same id, field by field; the others are added after them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from catalog import documents
from catalog.documents import Document
from catalog.fields import Model, ShortForm, TimeZone
from catalog.model import Event, Link, LinkKind, Recording, Session


class ProgrammeSource(ShortForm):
    """The ``programme:`` field: where the programme is imported from. A plain file name or address is enough."""

    short_form: ClassVar[str] = "file"
    file: str
    """A file beside ``event.yaml``, a folder of session pages, or an http(s) address."""
    timezone: TimeZone | None = None
    """Time zone of times that have none; the event's when not given."""
    link_only: bool = False
    """Whether recordings that the programme names by address are listed with it and not fetched."""
    day_first: bool = False
    """Whether dates such as 03/04/2021 mean the third of April (spreadsheets only)."""


class EventFile(Event):
    """An event as ``event.yaml`` describes it."""

    programme: ProgrammeSource | None = None


class _ZoneOfEvent(Model):
    timezone: TimeZone | None = None


def programme_of(document: Document) -> ProgrammeSource | None:
    """What the document imports.

    Raises:
        InvalidDocumentError: the field is not usable.
    """
    data = document.data if isinstance(document.data, dict) else {}
    if data.get("programme") is None:
        return None
    event = documents.validate(document, _ZoneOfEvent, {"timezone": data.get("timezone")})
    source = documents.validate(document, ProgrammeSource, data["programme"])
    return source.model_copy(update={"timezone": source.timezone or event.timezone})


def kept_elsewhere(event: Event) -> Event:
    """The event with every recording that has an address listed with it as a link, and nothing to fetch.

    The only recording of a session lasts as long as the programme says the session does.
    """

    def linked(session: Session, one: Recording) -> Recording:
        if not (one.source or "").startswith(("http://", "https://")):
            return one
        links = (Link(url=one.source or "", kind=LinkKind.VIDEO), *one.links)
        only = len(session.recordings) == 1
        length = one.duration or (session.duration if only else None)
        return one.model_copy(update={"source": "none", "links": links, "duration": length})

    def changed(session: Session) -> Session:
        return session.model_copy(update={"recordings": tuple(linked(session, one) for one in session.recordings)})

    return event.model_copy(update={"sessions": tuple(changed(one) for one in event.sessions)})


def read(document: Document, *, folder: str, imported: Event | None = None) -> Event:
    """Read an event; ``folder`` is its id when it gives none.

    Raises:
        InvalidDocumentError: with every mistake and its line.
    """
    data = document.data if isinstance(document.data, dict) else {}
    base = imported.model_dump(exclude_unset=True) if imported else {}
    inline = data.get("sessions") or []
    merged = {**base, "id": folder, **data}
    if isinstance(inline, list):
        merged["sessions"] = [_overlay(one, base.get("sessions", ()), _overlay_recordings) for one in inline]
    read_in = documents.validate(document, EventFile, merged)
    sessions = _in_order(imported.sessions if imported else (), read_in.sessions)
    # What nobody said stays unsaid: whether a language was given matters.
    said = read_in.model_fields_set - {"sessions"}
    fields = {name: getattr(read_in, name) for name in Event.model_fields if name in said}
    whole = {**fields, "sessions": sessions}
    return documents.validate(document, Event, whole).localised()


def _overlay(inline: Any, bases: Iterable[Mapping[str, Any]], inner: Any = None) -> Any:
    """``inline`` with what it leaves out taken from the entry of ``bases`` that has the same id."""
    if not isinstance(inline, dict):
        return inline
    base = next((one for one in bases if one["id"] == inline.get("id")), {})
    merged = {**base, **inline}
    return inner(merged, base) if inner else merged


def _overlay_recordings(session: dict[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    recordings = session.get("recordings")
    if isinstance(recordings, list):
        session["recordings"] = [_overlay(one, base.get("recordings", ())) for one in recordings]
    return session


def _in_order(imported: tuple[Session, ...], inline: tuple[Session, ...]) -> tuple[Session, ...]:
    """Imported sessions in their order, each replaced by its inline override; then the sessions only given inline."""
    by_id = {one.id: one for one in inline}
    kept = [_with_other_recordings(by_id.pop(one.id, one), one) for one in imported]
    return (*kept, *by_id.values())


def _with_other_recordings(session: Session, imported: Session) -> Session:
    """``session`` with the imported recordings that it does not name, in the imported order."""
    own: dict[str, Recording] = {one.id: one for one in session.recordings}
    kept = [own.pop(one.id, one) for one in imported.recordings]
    return session.model_copy(update={"recordings": (*kept, *own.values())})
