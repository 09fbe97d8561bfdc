"""Records with named fields to entries: shared by spreadsheets and by JSON without a published format."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from catalog.model import Kind, LinkKind
from catalog.programme import times
from catalog.programme.base import RawLink, RawPerson, RawRecording, RawTalk, Reading, Where
from catalog.programme.fields import Fields, named, one
from catalog.programme.jsontree import items, opted_out, says_no, string
from catalog.programme.links import link_kind
from catalog.programme.names import split_names
from catalog.programme.spans import span
from catalog.programme.videos import source_of

GONE = frozenset(
    {"cancelled", "canceled", "withdrawn", "rejected", "deleted", "abgesagt", "annule", "cancelado", "annullato"}
)


def talk(fields: Fields, where: Where, reading: Reading) -> RawTalk:
    """The entry of a record."""
    start, end = span(fields, where, reading)
    videos = [address for value in fields.get("video", ()) for address in _addresses(value)]
    title = one(fields, "title")
    return RawTalk(
        where=where,
        title=title,
        keys=(one(fields, "id"), one(fields, "guid")),
        guid=one(fields, "guid") or _uuid(one(fields, "id")),
        subtitle=one(fields, "subtitle"),
        type=one(fields, "type"),
        kind=Kind.PRE_RECORDED if videos and start is None else Kind.LIVE,
        start=start,
        duration=_duration(fields, start, end, where, reading),
        room=", ".join(dict.fromkeys(string(part) for value in fields.get("room", ()) for part in items(named(value)))),
        track=one(fields, "track"),
        language=one(fields, "language"),
        abstract=one(fields, "abstract"),
        description=one(fields, "description"),
        people=tuple(_people(fields)),
        links=tuple(_links(fields)),
        licence=one(fields, "licence"),
        do_not_record=any(opted_out(value) for value in fields.get("do_not_record", ()))
        or any(_refuses(value) for field in ("may_record", "video") for value in fields.get(field, ())),
        recordings=_recordings(videos, title, fields, start),
    )


def is_gone(fields: Fields) -> str:
    """The status of a record that was cancelled; else empty."""
    status = times.fold(one(fields, "status"))
    return status if status in GONE else ""


def _refuses(value: Any) -> bool:
    """Whether the answer to "may it be recorded?" is no, in one word or in the first of several."""
    return says_no(value) or (
        isinstance(value, str) and re.match(r"(?:no|not|do not|don.t|nein|non|never)\b", times.fold(value)) is not None
    )


def _uuid(value: str) -> str:
    return value if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value) else ""


def _duration(
    fields: Fields, start: datetime | None, end: datetime | None, where: Where, reading: Reading
) -> timedelta | None:
    written = one(fields, "duration")
    if (length := times.duration(written)) is not None:
        # "11:05" of a film without a place in the timetable is minutes and seconds.
        return length / 60 if start is None and fields.get("video") and re.fullmatch(r"\d+:\d\d", written) else length
    if (length := times.between(start, end)) is not None:
        return length
    if written and set(written) - set("0:. "):
        reading.warn(where.child("duration"), f"{written[:40]!r} is not a duration", "write minutes, or 1:30")
    return None


def _people(fields: Fields) -> list[RawPerson]:
    organisations = [string(named(value)) for value in fields.get("organisation", ())]
    organisation = organisations[0] if len(organisations) == 1 else ""
    people = [person for value in fields.get("people", ()) for person in people_of(value)]
    for first, last in zip(fields.get("first_name", ()), fields.get("last_name", ()), strict=False):
        people.append(RawPerson(f"{string(first)} {string(last)}", role=one(fields, "role")))
    return [
        RawPerson(one_.name, one_.key, one_.role or one(fields, "role"), one_.organisation or organisation, one_.url)
        for one_ in people
    ]


def people_of(value: Any) -> list[RawPerson]:
    """People from a text, an object with a name, or a list of them."""
    if isinstance(value, list):
        return [person for item in value for person in people_of(item)]
    if isinstance(value, dict):
        name = next((string(value[key]) for key in ("name", "public_name", "full_name", "title") if value.get(key)), "")
        name = name or " ".join(filter(None, (string(value.get("first_name")), string(value.get("last_name")))))
        organisation = next(
            (string(value[key]) for key in ("affiliation", "organisation", "company") if value.get(key)), ""
        )
        url = string(value.get("url"))
        key = next((string(value[key]) for key in ("id", "code", "guid", "uuid") if value.get(key)), "")
        return [RawPerson(name, key, string(value.get("role")), organisation, url)] if name else []
    return split_names(string(value))


def _links(fields: Fields) -> list[RawLink]:
    found = []
    for field, kind in (("url", LinkKind.PAGE), ("slides", LinkKind.SLIDES)):
        for value in fields.get(field, ()):
            for address in _addresses(value):
                guessed = link_kind("", address, default=kind) if kind is LinkKind.PAGE else kind
                found.append(RawLink(address, guessed))
    return found


def _addresses(value: Any) -> list[str]:
    if isinstance(value, list):
        return [address for item in value for address in _addresses(item)]
    if isinstance(value, dict):
        return _addresses(value.get("url") or value.get("href") or value.get("link"))
    return re.findall(r"https?://[^\s<>\"']+", string(value))


def _recordings(videos: list[str], title: str, fields: Fields, start: datetime | None) -> tuple[RawRecording, ...]:
    """The recording of a talk; of several addresses, which show the same, the best known site's is the source."""
    if not videos:
        return ()
    best, others = best_source(videos)
    key, source = source_of(best)
    kind = Kind.LIVE if start else Kind.PRE_RECORDED
    return (RawRecording(key or source, title, source, kind, licence=one(fields, "licence"), links=others),)


def best_source(videos: list[str]) -> tuple[str, tuple[RawLink, ...]]:
    """Of several addresses of the same video the one on the best known site, and links to the others."""
    known = [address for address in videos if source_of(address)[0].startswith(("vimeo-", "youtube-"))]
    best = next(iter([*known, *videos]))
    return best, tuple(RawLink(address, LinkKind.VIDEO) for address in dict.fromkeys(videos) if address != best)
