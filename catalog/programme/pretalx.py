"""Submissions and talks as the API of pretalx returns them, one page or several joined.

API: https://docs.pretalx.org/api/. Old and new versions differ in how slots, rooms, types and speakers are nested.
"""

from __future__ import annotations

from typing import Any

from catalog.model import LinkKind
from catalog.programme import times
from catalog.programme.base import RawLink, RawTalk, Reading, Where
from catalog.programme.frab_json import read_duration, read_people
from catalog.programme.jsontree import entries, first, items, mapping, opted_out, string
from catalog.programme.links import link_kind

NAME = "pretalx API"

_GONE = frozenset({"rejected", "withdrawn", "canceled", "cancelled", "deleted", "draft", "submitted"})


def matches(data: Any) -> bool:
    """Whether this is such a dump: records with ``code`` and ``speakers``, alone or in ``results``."""
    records = _records(data)
    return bool(records) and all(
        isinstance(one, dict) and "code" in one and "title" in one and ("speakers" in one or "slots" in one)
        for one in records[:5]
    )


def _records(data: Any) -> list[Any]:
    found = data.get("results") if isinstance(data, dict) else data
    return found if isinstance(found, list) else []


def read(data: Any, reading: Reading) -> None:
    """Read a dump. A submission in several slots is a session in each of them."""
    at = Where(path="results" if isinstance(data, dict) else "")
    for entry, where in entries(reading, _records(data), at):
        state = first(entry, "state").casefold()
        if state in _GONE:
            reading.leave_out(where, f"{first(entry, 'title')[:80]!r} is marked as {state}")
            continue
        slots = _slots(entry)
        if len(slots) > 1:
            reading.note(where.child("slots"), f"this submission has {len(slots)} slots; each is a session")
        for slot in slots:
            reading.add(_talk(entry, slot, where, reading))
    if any(isinstance(one, str) for entry in _records(data) for one in items(mapping(entry).get("speakers"))):
        reading.warn(Where(path="speakers"), "speakers are named by code only", "export with ?expand=speakers")
    if any(isinstance(slot.get("room"), int) for entry in _records(data) for slot in _slots(mapping(entry))):
        reading.warn(Where(path="slots"), "rooms are named by number only", "export with ?expand=slots.room")
    head = mapping(data)
    if head.get("next"):
        reading.warn(Where(path="next"), "this is one page of several; talks on the other pages are missing")
    total, present = head.get("count"), len(_records(data))
    if isinstance(total, int) and total > present:
        reading.warn(Where(path="count"), f"the file says there are {total} records, but has {present}")


def _slots(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """The slots of a submission; one without any is an entry all the same."""
    return [slot for slot in items(entry.get("slots")) if isinstance(slot, dict)] or [mapping(entry.get("slot"))]


def _talk(entry: dict[str, Any], slot: dict[str, Any], where: Where, reading: Reading) -> RawTalk:
    start = times.moment(first(slot, "start"))
    length = times.duration(first(entry, "duration"))
    end = first(slot, "end")
    return RawTalk(
        where=where,
        title=first(entry, "title"),
        keys=(first(entry, "code"),),
        guid=first(slot, "guid") or first(entry, "guid"),
        type=_name(entry.get("submission_type") or entry.get("type")),
        start=start,
        duration=length or read_duration({"end": end}, where, start, reading),
        room=_name(slot.get("room")),
        track=_name(entry.get("track")),
        language=first(entry, "content_locale", "language"),
        abstract=first(entry, "abstract"),
        description=first(entry, "description"),
        people=tuple(read_people([one for one in items(entry.get("speakers")) if isinstance(one, dict)])),
        links=tuple(_resources(entry)),
        licence=first(entry, "recording_license"),
        do_not_record=opted_out(entry.get("do_not_record")),
    )


def _name(value: Any) -> str:
    """A name given as text, as ``{"en": …}``, or as an object with such a name."""
    if isinstance(value, int):
        return ""  # a number of pretalx's own database
    named = mapping(value)
    return string(named["name"]) if "name" in named else string(value)


def _resources(entry: dict[str, Any]) -> list[RawLink]:
    found = [RawLink(first(entry, "url", "public_url"))]
    for one in items(entry.get("resources")):
        if isinstance(one, dict):
            url, title = first(one, "resource", "link", "url"), first(one, "description", "title")
            found.append(RawLink(url, link_kind("", f"{title} {url}", default=LinkKind.DOCUMENT), title))
    return [one for one in found if one.url]
