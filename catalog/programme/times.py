"""Moments and durations in the forms that programmes write them. Everything returns ``None`` for what it is not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

MAX_DURATION = timedelta(days=31)

_ISO = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})"
    r"(?:[T ]+(\d{1,2})(?::?(\d{2}))?(?::?(\d{2})(?:[.,]\d{1,9})?)?\s*(Z|[+-]\d{1,2}(?::?\d{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)
_NUMERIC_DATE = re.compile(r"(\d{1,4})[./-] ?(\d{1,2})[./-] ?(\d{1,4})", re.ASCII)
_WORD_DATE = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th|er|\.|º)? ?(?:de )?)?([^\W\d_]{3,12})\.? ?(?:de )?"
    r"(?:(\d{1,2})(?:st|nd|rd|th)?,? )?(\d{4})"
)
_DASHED_DATE = re.compile(r"(\d{1,2})-([^\W\d_]{3,12})-(\d{4}|\d{2})")
"""As spreadsheets write it: ``3-Jun-24``."""
_EASTERN_DATE = re.compile(r"(\d{4})[年년] ?(\d{1,2})[月월] ?(\d{1,2})[日일]?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?(?::(\d{2})(?:\.\d+)?)? ?(?:h|uhr)? ?([ap]\.?m\.?)?", re.ASCII)
_OFFSET = re.compile(r"(?:UTC|GMT) ?([+-]\d{1,2}(?::?\d{2})?)", re.ASCII)
_ISO_DURATION = re.compile(
    r"P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})(?:\.\d+)?S)?)?",
    re.ASCII | re.IGNORECASE,
)
_CLOCK_DURATION = re.compile(r"(\d{1,3}):([0-5]?\d)(?::([0-5]?\d))?", re.ASCII)
_WORD_DURATION = re.compile(
    r"(?:(\d{1,3})(?:[.,](\d{1,2}))? ?(?:h|hrs?|hours?|std\.?|stunden?|heures?|horas?|or[ae]|uur|時間))?"
    r"(?: ?(\d{1,5}) ?(?:m|'|mins?\.?|minutes?|minuten?|minutos?|minut[io]|分)?)?",
    re.ASCII,
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january janvier enero janeiro gennaio januari ledna stycznia января",
            "feb februar february fevrier febrero fevereiro febbraio februari unora lutego февраля",
            "mar marz march mars marzo marco maart marts brezna marca марта",
            "apr april avril abril aprile dubna kwietnia апреля",
            "may mai mayo maio maggio mei maj kvetna maja мая",
            "jun juni june juin junio junho giugno cervna czerwca июня",
            "jul juli july juillet julio julho luglio cervence lipca июля",
            "aug august aout agosto augustus augusti srpna sierpnia августа",
            "sep sept september septembre septiembre setembro settembre zari wrzesnia сентября",
            "oct okt oktober october octobre octubre outubro ottobre rijna pazdziernika октября",
            "nov november novembre noviembre novembro listopadu listopada ноября",
            "dec dez dezember december decembre diciembre dezembro dicembre prosince grudnia декабря",
        ),
        start=1,
    )
    for name in names.split()
}


def fold(text: str) -> str:
    """Lower case without accents, one space between words."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


def moment(text: str) -> datetime | None:
    """A date and time of day by ISO 8601, extended or basic form, with or without an offset."""
    match = _ISO.fullmatch(text.strip())
    if not match or match[4] is None:
        return None
    try:
        day = datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=_offset(match[7]))
        clock = _time(int(match[4]), int(match[5] or 0), int(match[6] or 0))
        return None if clock is None else day + clock
    except (ValueError, OverflowError):
        return None


def day(text: str, *, day_first: bool = False) -> date | None:
    """A date: ISO 8601, with month names in several languages, or in figures (``day_first`` says how to read those)."""
    text = fold(text)
    try:
        if match := _ISO.fullmatch(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _EASTERN_DATE.fullmatch(text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _NUMERIC_DATE.fullmatch(text):
            return _numeric(match[1], match[2], match[3], day_first=day_first or "." in text)
        if (match := _DASHED_DATE.fullmatch(text)) and match[2] in _MONTHS:
            return date(_year(match[3]), _MONTHS[match[2]], int(match[1]))
        return _worded(text)
    except ValueError:
        return None


def is_ambiguous(text: str) -> bool:
    """Whether a date in figures is another one when its day comes first."""
    month_first, day_first = day(text), day(text, day_first=True)
    return month_first is not None and day_first is not None and month_first != day_first


def zone(name: str) -> tzinfo | None:
    """A time zone by its name in the tz database, or an offset such as ``UTC+2`` or ``GMT-03:30``."""
    if match := _OFFSET.fullmatch(name.strip().replace("−", "-")):
        return _offset(match[1])
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def clock(text: str) -> timedelta | None:
    """A time of day as the time since midnight: ``9:30``, ``0930``, ``9h30``, ``2 pm``, ``25:30``."""
    text = fold(text)
    if re.fullmatch(r"[0-2]\d[0-5]\d", text, re.ASCII):
        text = f"{text[:2]}:{text[2:]}"
    match = _CLOCK.fullmatch(text)
    if not match or (match[2] is None and match[4] is None and not re.search(r"h|uhr", text)):
        return None
    hour = int(match[1])
    if match[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[4].startswith("p") else 0)
    return _time(hour, int(match[2] or 0), int(match[3] or 0))


def time_of_day(text: str) -> time | None:
    """A time of day before midnight."""
    since = clock(text)
    return (datetime.min + since).time() if since is not None and since < timedelta(days=1) else None


def duration(text: str) -> timedelta | None:
    """A length: ``1:30`` (hours and minutes), ``PT1H30M``, ``90 min``, ``1h 30``, or a number of minutes."""
    text = fold(text)
    if match := _CLOCK_DURATION.fullmatch(text):
        return _length(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3] or 0))
    if len(text) > 1 and (match := _ISO_DURATION.fullmatch(text)):
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return _length(days=weeks * 7 + days, hours=hours, minutes=minutes, seconds=seconds)
    if re.fullmatch(r"\d{1,5}(\.0+)?", text, re.ASCII):
        return _length(minutes=int(text.partition(".")[0]))
    if text and (match := _WORD_DURATION.fullmatch(" ".join(re.sub(r"\b(?:and|und|et|y|e)\b", " ", text).split()))):
        tenths = int((match[2] or "0").ljust(2, "0")) * 36
        return _length(hours=int(match[1] or 0), minutes=int(match[3] or 0), seconds=tenths)
    return None


def between(start: datetime | None, end: datetime | None) -> timedelta | None:
    """The length from one moment to another; ``None`` where it is no length of a talk, or their zones are not known."""
    if start is None or end is None or (start.tzinfo is None) != (end.tzinfo is None):
        return None
    length = end - start
    return length if timedelta() < length <= MAX_DURATION else None


def at(on: date, since_midnight: timedelta, *, day_change: time | None = None) -> datetime:
    """The moment of a programme day: times before ``day_change`` belong to the night after it."""
    start = datetime(on.year, on.month, on.day) + since_midnight
    change = timedelta(hours=day_change.hour, minutes=day_change.minute) if day_change else timedelta()
    return start + timedelta(days=1) if since_midnight < change else start


def day_change(days: Iterable[tuple[str, str]]) -> time | None:
    """The time of day at which programme days (their start and end as written) are over; ``None`` when unclear.

    Days that end after midnight end at the latest of their ends; else they begin at the earliest of their starts,
    where that is in the morning's small hours.
    """
    ends, starts = [], []
    for first, last in days:
        start, end = moment(first), moment(last)
        if start and end and end.time() < start.time() <= time(12):
            ends.append(_next_minute(end) if end.minute % 10 == 9 else end.time().replace(second=0))
        starts += [start.time()] if start else []
    if ends:
        return max(ends)
    return min(starts) if starts and min(starts) <= time(6) else None


def _next_minute(end: datetime) -> time:
    """03:59 and 03:59:59 mean 04:00."""
    return (end.replace(second=0) + timedelta(minutes=1)).time()


def _offset(text: str | None) -> tzinfo | None:
    """A fixed offset such as ``Z``, ``+02:00``, ``+0200`` or ``+2``."""
    if not text:
        return None
    if text in "Zz":
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    amount = timedelta(hours=hours, minutes=minutes)
    return timezone(-amount if text[0] == "-" else amount)


def _time(hour: int, minute: int, second: int) -> timedelta | None:
    """Time since midnight; programmes write up to 29:59 for the small hours of the next day."""
    if hour >= 30 or minute >= 60 or second >= 60:
        return None
    return timedelta(hours=hour, minutes=minute, seconds=second)


def _length(*, days: int = 0, hours: int = 0, minutes: int = 0, seconds: int = 0) -> timedelta | None:
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return length if timedelta() < length <= MAX_DURATION else None


def _numeric(first: str, second: str, third: str, *, day_first: bool) -> date | None:
    if len(first) == 4 and len(third) <= 2:
        return date(int(first), int(second), int(third))
    if len(first) > 2 or len(third) not in {2, 4}:
        return None
    day_part, month = (int(first), int(second)) if day_first else (int(second), int(first))
    return date(_year(third), month, day_part)


def _year(written: str) -> int:
    """A year of two figures is one of this century."""
    return int(written) + (2000 if len(written) == 2 else 0)


def _worded(text: str) -> date | None:
    weekday = re.match(r"[^\W\d_]{2,12}\.?,? (?=\d|[^\W\d_])", text)
    for candidate in (text, text[weekday.end() :] if weekday else ""):
        match = _WORD_DATE.fullmatch(candidate)
        if match and (match[1] or match[3]) and match[2] in _MONTHS:
            return date(int(match[4]), _MONTHS[match[2]], int(match[1] or match[3]))
    return None
