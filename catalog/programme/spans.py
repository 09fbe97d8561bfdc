"""When a record takes place: day, start and end in any combination of columns."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from catalog.programme import times
from catalog.programme.base import Reading, Where
from catalog.programme.fields import Fields, one, texts

_RANGE = re.compile(r"(?<=[\dmMhHrRZ])\s*(?:-|–|—|~|～|〜|to|bis|à|a)\s*(?=\d)")
_UTC = re.compile(r"\s*\(?\b(?:UTC|GMT)\)?$")
_DAY_FIRST = "where the day comes first, set day_first: true (--day-first)"
_BEFORE_CLOCK = re.compile(r"[T,]? +(?=\d{1,2}[:.h]\d\d\b|\d{1,2} ?[ap]m)")


def span(fields: Fields, where: Where, reading: Reading) -> tuple[datetime | None, datetime | None]:
    """Start and end of a record; without an offset they are in the event's time zone.

    The start may be written in full, or as a day in one column and a time of day, or a range of times, in another.
    """
    days, starts, ends = texts(fields, "date"), texts(fields, "start"), texts(fields, "end")
    parts = [_RANGE.sub("\0", written, count=1).partition("\0") for written in texts(fields, "time")]
    on = _first_day([*days, *starts], reading)
    # A full moment in the column of the day counts before a time of day elsewhere, but midnight is only its day.
    full = [one for one in days if (moment := times.moment(one)) and moment.time() != time()]
    start = _first_moment([*full, *starts, *(part[0] for part in parts), *days], on, fields, reading)
    if start is None and (written := " ".join([*days, *starts, *texts(fields, "time")])):
        reading.warn(where.child("start"), f"the time {written[:60]!r} is not readable", _hint([*days, *starts], on))
    if not reading.options.day_first and any(map(times.is_ambiguous, [*days, *starts])):
        reading.warn_once(where, "dates such as 3/4/2021 are read as the 4th of March", _DAY_FIRST)
    end_day = _first_day(ends, reading) or (start.date() if start else on)
    end = _first_moment([*ends, *(part[2] for part in parts)], end_day, fields, reading)
    if start and end and (start.tzinfo is None) != (end.tzinfo is None):
        start, end = (one if one.tzinfo else one.replace(tzinfo=start.tzinfo or end.tzinfo) for one in (start, end))
    if start and end and end < start and end + timedelta(days=1) > start:
        end += timedelta(days=1)
    return start, end


def _hint(written: list[str], on: date | None) -> str:
    """How a time that is not readable can be put right."""
    if on:
        return "there is a day but no time of day"
    if any(times.day(one.split()[0], day_first=True) for one in written):
        return _DAY_FIRST
    return "write dates as 2021-06-28 and times as 14:00"


def _first_day(written: list[str], reading: Reading) -> date | None:
    found = (times.day(one, day_first=reading.options.day_first) for one in written)
    return next((day for day in found if day), None)


def _first_moment(written: list[str], on: date | None, fields: Fields, reading: Reading) -> datetime | None:
    return next((moment for one in written if (moment := _moment(one, on, fields, reading))), None)


def _moment(written: str, on: date | None, fields: Fields, reading: Reading) -> datetime | None:
    """A moment written in full, or a time of day on ``on``."""
    written = written.strip()
    if (full := times.moment(written)) is not None:
        return full if full.tzinfo else _zoned(full, fields, reading)
    utc = _UTC.search(written)
    written = written[: utc.start()] if utc else written
    since = times.clock(written)
    if since is None:
        head, _, tail = _BEFORE_CLOCK.sub("\0", written, count=1).partition("\0")
        on, since = times.day(head, day_first=reading.options.day_first), times.clock(tail)
    if on is None or since is None:
        return None
    found = times.at(on, since)
    return found.replace(tzinfo=UTC) if utc else _zoned(found, fields, reading)


def _zoned(moment: datetime, fields: Fields, reading: Reading) -> datetime:
    """The moment in the zone of the record's own time-zone column, where it has one."""
    name = one(fields, "timezone")
    zone = times.zone(name) if name else None
    if name and zone is None:
        hint = "write a name such as Europe/Copenhagen, or UTC+2"
        reading.warn_once(Where(), f"{name[:60]!r} is not a time zone that is known; that of the event counts", hint)
    return moment.replace(tzinfo=zone) if zone else moment
