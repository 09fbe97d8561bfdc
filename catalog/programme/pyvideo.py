"""Videos of pyvideo.org's data: one JSON file for each video, ``category.json`` for the event.

Format: the schemas of https://github.com/pyvideo/data. Durations are in seconds.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from catalog.model import LinkKind
from catalog.programme import times
from catalog.programme.base import RawLink, RawRecording, RawTalk, Reading, Where
from catalog.programme.jsontree import first, items, mapping, string
from catalog.programme.links import link_kind
from catalog.programme.records import best_source, people_of
from catalog.programme.videos import source_of

NAME = "pyvideo JSON"

_CATEGORY = frozenset({"alias", "description", "title", "url", "start_date", "end_date"})


def matches(data: Any) -> bool:
    """Whether this is a video or a category."""
    record = mapping(data)
    is_video = {"title", "speakers", "videos", "recorded"} <= set(record)
    return is_video or ("title" in record and set(record) <= _CATEGORY)


def read(data: dict[str, Any], reading: Reading) -> None:
    """Read a video, or the head of the event."""
    if "videos" not in data:
        _category(data, reading)
        return
    written = first(data, "recorded")
    start, on = times.moment(written), times.day(written[:10])
    if written and start is None and on is None:
        reading.warn(Where(path="recorded"), f"{written[:40]!r} is not a date")
    seconds = data.get("duration")
    length = timedelta(seconds=seconds) if isinstance(seconds, int) and 0 < seconds < 10**7 else None
    if length is not None and length > timedelta(days=1):
        reading.warn(Where(path="duration"), f"{seconds} seconds are more than a day; the length was left out")
        length = None
    date = start or (datetime.combine(on, time()) if on else None)
    reading.add(
        RawTalk(
            where=Where(),
            title=first(data, "title"),
            keys=(first(data, "slug"), first(data, "id")),
            start=start,
            duration=length,
            language=first(data, "language"),
            abstract=first(data, "summary") or first(data, "description"),
            description=first(data, "description") if first(data, "summary") else "",
            people=tuple(person for speaker in items(data.get("speakers")) for person in people_of([speaker])),
            links=tuple(_links(data)),
            licence=first(data, "copyright_text"),
            recordings=_recordings(data, date),
        )
    )


def _category(data: dict[str, Any], reading: Reading) -> None:
    event = reading.event
    event.title = first(data, "title")
    event.abstract = first(data, "description")
    event.start, event.end = times.day(first(data, "start_date")), times.day(first(data, "end_date"))
    event.links = (RawLink(first(data, "url")),) if first(data, "url") else ()


def _recordings(data: dict[str, Any], date: datetime | None) -> tuple[RawRecording, ...]:
    addresses = [address for video in items(data.get("videos")) if (address := first(mapping(video), "url"))]
    if not addresses:
        return ()
    best, others = best_source(addresses)
    key, source = source_of(best)
    title = first(data, "title")
    return (RawRecording(key or source, title, source, date=date, links=others),)


def _links(data: dict[str, Any]) -> list[RawLink]:
    found = []
    for one in items(data.get("related_urls")):
        url, label = (first(one, "url"), first(one, "label")) if isinstance(one, dict) else (string(one), "")
        found.append(RawLink(url, link_kind("", f"{label} {url}", default=LinkKind.PAGE), label))
    return found
