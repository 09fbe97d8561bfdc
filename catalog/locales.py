"""Languages of the interface: translations, and dates, sizes and names of languages in each."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError, dates, numbers, units
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "syr", "ug", "ur", "yi"})
_BYTE_UNITS = "kB", "MB", "GB", "TB"


@lru_cache(maxsize=256)
def parse(tag: str) -> Locale:
    """The locale of a language tag; English where Babel knows nothing of it.

    Plain English means the international kind: days before months, 24 hours.
    """
    try:
        return Locale.parse("en-GB" if tag == "en" else tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale.parse("en-GB", sep="-")


def direction(tag: str) -> str:
    """``rtl`` or ``ltr``."""
    parts = tag.lower().split("-")
    if "arab" in parts or "hebr" in parts:
        return "rtl"
    return "rtl" if parts[0] in _RIGHT_TO_LEFT and "latn" not in parts else "ltr"


def language_name(tag: str, locale: Locale) -> str:
    """The name of language ``tag`` in ``locale``; the tag itself where no name is known."""
    try:
        return parse_exactly(tag).get_display_name(locale) or tag
    except (ValueError, UnknownLocaleError):
        return tag


def own_name(tag: str) -> str:
    """The name of a language in that language, with a capital."""
    name = language_name(tag, parse(tag))
    return name[:1].upper() + name[1:]


def parse_exactly(tag: str) -> Locale:
    """The locale of a language tag.

    Raises:
        ValueError: it is not a language tag.
        UnknownLocaleError: Babel knows nothing of the language.
    """
    return Locale.parse(tag, sep="-")


@lru_cache(maxsize=64)
def translations(folders: tuple[Path, ...], tag: str) -> NullTranslations:
    """The translations in ``<tag>.po``, those of the first folder before the next; English where there are none."""
    name = f"{tag.replace('-', '_')}.po"
    found: NullTranslations = NullTranslations()
    for path in reversed([folder / name for folder in folders if (folder / name).is_file()]):
        compiled = BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=tag.replace("-", "_")))
        compiled.seek(0)
        loaded = Translations(compiled)
        loaded.add_fallback(found)
        found = loaded
    return found


def clock(ms: int) -> str:
    """Milliseconds as ``1:02:03`` or ``2:03``."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def length_in_words(ms: int, locale: Locale) -> str:
    """Milliseconds as hours and minutes in words, e.g. ``13 hrs 5 mins``; at least one minute."""
    hours, minutes = divmod(max(1, round(ms / 60_000)), 60)
    parts = ((hours, "duration-hour"), (minutes, "duration-minute"))
    return " ".join(units.format_unit(value, unit, "short", locale=locale) for value, unit in parts if value)


def iso_duration(ms: int) -> str:
    """Milliseconds as an ISO 8601 duration in whole seconds, e.g. ``PT1H2M3S``; at least one second."""
    minutes, seconds = divmod(max(1, round(ms / 1000)), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    return "PT" + "".join(f"{value}{unit}" for value, unit in parts if value)


def size(count: int, locale: Locale) -> str:
    """A number of bytes in powers of 1000, e.g. ``2.5 MB``."""
    value, unit = count / 1000, 0
    while value >= 999.5 and unit < len(_BYTE_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    pattern = "0.#" if value < 10 else "0"
    return f"{numbers.format_decimal(max(value, 0.1), pattern, locale)}\N{NO-BREAK SPACE}{_BYTE_UNITS[unit]}"


def long_date(value: date | datetime, locale: Locale) -> str:
    """A date in words, e.g. ``28 June 2021``."""
    return dates.format_date(value, "long", locale)


def day_name(value: date, locale: Locale) -> str:
    """A day of a programme, e.g. ``Monday 28 June``."""
    weekday = dates.format_date(value, "EEEE", locale)
    return f"{weekday} {dates.format_skeleton('MMMMd', value, locale=locale)}"


def date_range(start: date | None, end: date | None, locale: Locale) -> str:
    """From ``start`` to ``end`` in words; empty where neither is known."""
    first, last = start or end, end or start
    if first is None or last is None:
        return ""
    if first == last:
        return long_date(first, locale)
    return str(dates.format_interval(first, last, "yMMMMd", locale=locale))


def time_of_day(value: datetime, zone: tzinfo, locale: Locale) -> str:
    """The time in ``zone``, e.g. ``14:00``, by the locale's habit."""
    return str(dates.format_time(value.astimezone(zone), "short", locale=locale))


def zone_name(value: datetime, zone: tzinfo) -> str:
    """The offset of ``zone`` at that moment, e.g. ``UTC+2`` or ``UTC+5:45``."""
    offset = value.astimezone(zone).utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return "UTC" + (f"{sign}{hours}" + (f":{rest:02}" if rest else "") if minutes else "")
