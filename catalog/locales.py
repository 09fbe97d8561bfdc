"""Languages of the interface: translations, and dates, sizes and names of languages in each."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError, dates, numbers, units
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from markupsafe import Markup

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


@lru_cache(maxsize=256)
def direction(tag: str) -> str:
    """``rtl`` or ``ltr``."""
    parts = tag.lower().split("-")
    if "arab" in parts or "hebr" in parts:
        return "rtl"
    return "rtl" if parts[0] in _RIGHT_TO_LEFT and "latn" not in parts else "ltr"


@lru_cache(maxsize=4096)
def language_name(tag: str, locale: Locale) -> str:
    """The name of language ``tag`` in ``locale``; the tag itself where no name is known."""
    try:
        return parse_exactly(tag).get_display_name(locale) or tag
    except (ValueError, UnknownLocaleError):
        return tag


@lru_cache(maxsize=256)
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


class Messages:
    """The texts of the interface in one language, as templates ask for them: HTML, with values escaped into it."""

    def __init__(self, translations: NullTranslations) -> None:
        self._translations = translations
        self._known: dict[str, Markup] = {}
        self._plain: dict[str, Markup] = {}
        """Without values, ready to be shown."""

    def gettext(self, message: str, **values: Any) -> Markup:
        """A text; ``%(name)s`` in it stands for a value."""
        if not values and (found := self._plain.get(message)) is not None:
            return found
        text = self._known.get(message)
        if text is None:
            text = self._known[message] = _html(self._translations.gettext(message))
        if values:
            return text % values
        return self._plain.setdefault(message, text % values)

    def ngettext(self, singular: str, plural: str, num: int, **values: Any) -> Markup:
        """The form of a text that goes with a number."""
        return _html(self._translations.ngettext(singular, plural, num)) % {"num": num, **values}

    def pgettext(self, context: str, message: str, **values: Any) -> Markup:
        """A text that is translated differently in other places."""
        return _html(str(self._translations.pgettext(context, message))) % values


def _html(text: str) -> Markup:
    return Markup(text)  # noqa: S704 - texts of our own and of the organiser, never of a recording


@lru_cache(maxsize=64)
def messages(folders: tuple[Path, ...], tag: str) -> Messages:
    """See ``translations``."""
    return Messages(translations(folders, tag))


def clock(ms: int) -> str:
    """Milliseconds as ``1:02:03`` or ``2:03``."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@lru_cache(maxsize=4096)
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


@lru_cache(maxsize=4096)
def size(count: int, locale: Locale) -> str:
    """A number of bytes in powers of 1000, e.g. ``2.5 MB``."""
    value, unit = count / 1000, 0
    while value >= 999.5 and unit < len(_BYTE_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    pattern = "0.#" if value < 10 else "0"
    return f"{numbers.format_decimal(max(value, 0.1), pattern, locale)}\N{NO-BREAK SPACE}{_BYTE_UNITS[unit]}"


def long_date(value: date | datetime, locale: Locale) -> str:
    """A date in words, e.g. ``28 June 2021``."""
    day = value.date() if isinstance(value, datetime) else value  # the same moment has several dates
    return _long_date(day, locale)


@lru_cache(maxsize=4096)
def _long_date(value: date, locale: Locale) -> str:
    return dates.format_date(value, "long", locale)


@lru_cache(maxsize=4096)
def day_name(value: date, locale: Locale) -> str:
    """A day of a programme, e.g. ``Monday 28 June``."""
    weekday = dates.format_date(value, "EEEE", locale)
    return f"{weekday} {dates.format_skeleton('MMMMd', value, locale=locale)}"


@lru_cache(maxsize=4096)
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
