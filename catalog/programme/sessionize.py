"""The JSON of Sessionize's API, views *All*, *Sessions* and *GridSmart*: talks that name rooms and people by number.

Views: https://sessionize.com/playbook/api.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from catalog.model import LinkKind
from catalog.programme import text, times, vocabulary
from catalog.programme.base import RawLink, RawPerson, RawRecording, RawTalk, Reading, Where
from catalog.programme.jsontree import entries, first, items, mapping, string
from catalog.programme.links import link_kind
from catalog.programme.videos import source_of

NAME = "Sessionize API"

_GONE = frozenset({"declined", "decline_queue", "withdrawn", "cancelled", "canceled"})


@dataclass
class _Tables:
    """What talks of the view *All* name by id."""

    rooms: dict[str, str] = field(default_factory=dict)
    people: dict[str, RawPerson] = field(default_factory=dict)
    categories: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Title of a category (``Track``, ``Level`` …) and name of the item, by the item's id."""


def matches(data: Any) -> bool:
    """Whether this is such a file: its talks have ``startsAt`` and lie in ``sessions`` beside what they refer to."""
    if isinstance(data, dict) and not ("speakers" in data and "rooms" in data):
        return False
    talks = [one for one, _ in _talks(data, Reading(""))]
    return bool(talks) and all("startsAt" in one and "speakers" in one and "title" in one for one in talks[:5])


def read(data: Any, reading: Reading) -> None:
    """Read a view."""
    tables = _tables(mapping(data))
    for entry, where in _talks(data, reading):
        status = first(entry, "status").casefold()
        if status in _GONE:
            reading.leave_out(where, f"{first(entry, 'title')[:80]!r} is marked as {status}")
        else:
            reading.add(_talk(entry, where, reading, tables))


def _talks(data: Any, reading: Reading) -> Iterator[tuple[dict[str, Any], Where]]:
    """Every talk once. Grids have each in its room and again in ``timeSlots``; those in every room come once."""
    if isinstance(data, dict):
        yield from entries(reading, data.get("sessions"), Where(path="sessions"))
        return
    for group, where in entries(reading, data, Where()):
        if "rooms" not in group:
            yield from entries(reading, group.get("sessions"), where.child("sessions"))
            continue
        seen: set[str] = set()
        for room, place in entries(reading, group["rooms"], where.child("rooms")):
            for entry, at in entries(reading, room.get("sessions"), place.child("sessions")):
                if not (key := first(entry, "id")) or key not in seen:
                    seen.add(key)
                    yield {"room": room.get("name"), **entry}, at


def _tables(data: dict[str, Any]) -> _Tables:
    tables = _Tables()
    for room in map(mapping, items(data.get("rooms"))):
        tables.rooms[first(room, "id")] = first(room, "name")
    for speaker in map(mapping, items(data.get("speakers"))):
        for person in _person(speaker):
            tables.people[person.key] = person
    for category in map(mapping, items(data.get("categories"))):
        for item in map(mapping, items(category.get("items"))):
            tables.categories[first(item, "id")] = first(category, "title"), first(item, "name")
    return tables


def _person(speaker: dict[str, Any]) -> list[RawPerson]:
    name = first(speaker, "fullName", "name") or f"{first(speaker, 'firstName')} {first(speaker, 'lastName')}".strip()
    return [RawPerson(name, first(speaker, "id"), role="speaker")] if name else []


def _talk(entry: dict[str, Any], where: Where, reading: Reading, tables: _Tables) -> RawTalk:
    start = times.moment(first(entry, "startsAt"))
    if start is None and first(entry, "startsAt"):
        reading.warn(where.child("startsAt"), "the time of this entry is not readable")
    said = _categories(entry, tables)
    live, shown = first(entry, "liveUrl"), first(entry, "recordingUrl")
    title = first(entry, "title")
    key, source = source_of(shown) if text.is_web_address(shown) else ("", "")
    return RawTalk(
        where=where,
        title=title,
        keys=(first(entry, "id"),),
        type=said.get("type", ""),
        start=start,
        duration=times.between(start, times.moment(first(entry, "endsAt"))),
        room=first(entry, "room") or tables.rooms.get(first(entry, "roomId"), ""),
        track=said.get("track", ""),
        language=said.get("language", ""),
        abstract=first(entry, "description"),
        people=tuple(_people(entry, where, reading, tables)),
        links=(RawLink(live, link_kind("", live, default=LinkKind.PAGE)),) if live else (),
        recordings=(RawRecording(key or source, title, source),) if source else (),
    )


def _people(entry: dict[str, Any], where: Where, reading: Reading, tables: _Tables) -> Iterator[RawPerson]:
    for one in items(entry.get("speakers")):
        if isinstance(one, dict):
            yield from _person(one)
        elif (known := tables.people.get(string(one))) is not None:
            yield known
        else:
            reading.warn(where.child("speakers"), f"no speaker in this file has the id {string(one)[:60]!r}")


def _categories(entry: dict[str, Any], tables: _Tables) -> dict[str, str]:
    """What the categories of a talk say of its track, type and language; organisers name them as they like."""
    referred = map(string, items(entry.get("categoryItems")))
    named = [tables.categories[key] for key in referred if key in tables.categories]
    for category in map(mapping, items(entry.get("categories"))):
        named += [
            (first(category, "name"), first(mapping(item), "name")) for item in items(category.get("categoryItems"))
        ]
    said: dict[str, list[str]] = {}
    for title, name in named:
        said.setdefault(vocabulary.field_of(title), []).append(name)
    return {kind: ", ".join(filter(None, names)) if kind != "language" else names[0] for kind, names in said.items()}
