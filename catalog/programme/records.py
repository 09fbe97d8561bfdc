"""Records with named fields to entries: shared by spreadsheets and by JSON without a published format."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from catalog.model import Kind, LinkKind
from catalog.programme import times
from catalog.programme.base import RawLink, RawPerson, RawRecording, RawTalk, Reading, Where
from catalog.programme.jsontree import items, string, truth
from catalog.programme.links import link_kind
from catalog.programme.names import split_names
from catalog.programme.videos import source_of

Fields = Mapping[str, list[Any]]
"""Field of the vocabulary -> its values that are not empty."""

GONE = frozenset(
    {"cancelled", "canceled", "withdrawn", "rejected", "deleted", "abgesagt", "annule", "cancelado", "annullato"}
)
_RANGE = re.compile(r"(?<=[\dmMhHrRZ])\s*(?:-|–|—|~|～|〜|to|bis|à|a)\s*(?=\d)")


def talk(fields: Fields, where: Where, reading: Reading) -> RawTalk:
    """The entry of a record."""
    start, end = _span(fields, where, reading)
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
        room=", ".join(
            dict.fromkeys(string(part) for value in fields.get("room", ()) for part in items(_named(value)))
        ),
        track=one(fields, "track"),
        language=one(fields, "language"),
        abstract=one(fields, "abstract"),
        description=one(fields, "description"),
        people=tuple(_people(fields)),
        links=tuple(_links(fields)),
        licence=one(fields, "licence"),
        do_not_record=any(truth(value) for value in fields.get("do_not_record", ()))
        or any(_refuses(value) for value in fields.get("may_record", ())),
        recordings=_recordings(videos, title, fields, start),
    )


def is_gone(fields: Fields) -> str:
    """The status of a record that was cancelled; else empty."""
    status = times.fold(one(fields, "status"))
    return status if status in GONE else ""


def one(fields: Fields, name: str) -> str:
    """The text of a field, of its first value that has any."""
    return next((found for value in fields.get(name, ()) if (found := string(_named(value)))), "")


def _named(value: Any) -> Any:
    """``{"name": …}`` stands for its name; a list for its items."""
    if isinstance(value, dict):
        return next((value[key] for key in ("name", "title", "label") if value.get(key)), value)
    return [_named(item) for item in value] if isinstance(value, list) else value


def _refuses(value: Any) -> bool:
    return value is False or (
        isinstance(value, str) and times.fold(value) in {"no", "false", "0", "n", "nein", "non", "nao"}
    )


def _uuid(value: str) -> str:
    return value if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value) else ""


def _span(fields: Fields, where: Where, reading: Reading) -> tuple[datetime | None, datetime | None]:
    """Start and end from columns of any combination: date and time, date and range, full moments."""
    dates = [string(value) for value in fields.get("date", ())]
    full_dates = [written for written in dates if times.moment(written)]
    known_day = next((on for written in dates if (on := _day(written, reading))), None)
    if known_day is None and full_dates and (full := times.moment(full_dates[0])):
        known_day = full.date()
    start_text, end_text = one(fields, "start"), one(fields, "end")
    if not start_text:
        start_text, _, range_end = _RANGE.sub("\0", one(fields, "time"), count=1).partition("\0")
        end_text = end_text or range_end
    if (full_dates and times.clock(start_text) is not None) or not start_text:
        start_text = next(iter(full_dates), start_text)
    start = _moment(start_text, known_day, fields, reading)
    if start is None and (start_text or one(fields, "date")):
        written = " ".join(part for part in (one(fields, "date"), start_text) if part)
        hint = "write dates as 2021-06-28 and times as 14:00" if start_text else "there is a day but no time of day"
        reading.warn(where.child("start"), f"the time {written[:60]!r} is not readable", hint)
    end = _moment(end_text, start.date() if start else known_day, fields, reading)
    if start and end and (start.tzinfo is None) != (end.tzinfo is None):
        start, end = (one if one.tzinfo else one.replace(tzinfo=start.tzinfo or end.tzinfo) for one in (start, end))
    if start and end and end < start and end + timedelta(days=1) > start:
        end += timedelta(days=1)
    return start, end


def _moment(written: str, on: date | None, fields: Fields, reading: Reading) -> datetime | None:
    """A moment written in full, or a time of day on ``on``."""
    written = written.strip()
    if (full := times.moment(written)) is not None:
        return full if full.tzinfo else _zoned(full, fields)
    utc = re.search(r"\s*\(?\b(?:UTC|GMT)\)?$", written)
    written = written[: utc.start()] if utc else written
    if (since := times.clock(written)) is not None and on is not None:
        found = times.at(on, since)
    else:
        head, _, tail = re.sub(r"[T,]? +(?=\d{1,2}[:.h]\d\d\b|\d{1,2} ?[ap]m)", "\0", written, count=1).partition("\0")
        own_day, since = _day(head, reading), times.clock(tail)
        if own_day is None or since is None:
            return None
        found = times.at(own_day, since)
    return found.replace(tzinfo=UTC) if utc else _zoned(found, fields)


def _zoned(moment: datetime, fields: Fields) -> datetime:
    """The moment in the zone of the record's own time-zone column, where it has one."""
    name = one(fields, "timezone")
    try:
        return moment.replace(tzinfo=ZoneInfo(name)) if name else moment
    except (KeyError, ValueError, OSError):
        return moment


def _day(written: str, reading: Reading) -> date | None:
    return times.day(written, day_first=reading.options.day_first)


def _duration(
    fields: Fields, start: datetime | None, end: datetime | None, where: Where, reading: Reading
) -> timedelta | None:
    written = one(fields, "duration")
    if (length := times.duration(written)) is not None:
        # "11:05" of a film without a place in the timetable is minutes and seconds.
        return length / 60 if start is None and fields.get("video") and re.fullmatch(r"\d+:\d\d", written) else length
    if start and end and (start.tzinfo is None) == (end.tzinfo is None) and start < end <= start + times.MAX_DURATION:
        return end - start
    if written and set(written) - set("0:. "):
        reading.warn(where.child("duration"), f"{written[:40]!r} is not a duration", "write minutes, or 1:30")
    return None


def _people(fields: Fields) -> list[RawPerson]:
    organisations = [string(_named(value)) for value in fields.get("organisation", ())]
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
