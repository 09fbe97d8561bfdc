"""What templates can do with values: dates, sizes, languages and Markdown, in the language of the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from functools import partial
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import jinja2
from babel import Locale, numbers
from jinja2.runtime import Context
from markupsafe import Markup

from catalog import facets, licences, locales, markdown, transcript, watch
from catalog.feeds import structured
from catalog.manifest import CaptionTrack
from catalog.wording import Worded, Wording

T = TypeVar("T")
_MOST_REMEMBERED = 20_000
"""Cards, of some 1.5 kB each."""


def _locale(context: Context) -> Locale:
    locale = context["locale"]
    assert isinstance(locale, Locale)  # noqa: S101 - set by render(), no user input
    return locale


@jinja2.pass_context
def _long_date(context: Context, value: date) -> str:
    return locales.long_date(value, _locale(context))


@jinja2.pass_context
def _day_name(context: Context, value: date) -> str:
    return locales.day_name(value, _locale(context))


@jinja2.pass_context
def _day_of_programme(context: Context, anchor: str) -> str:
    """A day by the anchor it has on the page of its event."""
    return locales.day_name(date.fromisoformat(anchor), _locale(context))


@jinja2.pass_context
def _date_range(context: Context, start: date | None, end: date | None) -> str:
    return locales.date_range(start, end, _locale(context))


@jinja2.pass_context
def _time_of_day(context: Context, value: datetime, zone: tzinfo) -> str:
    return locales.time_of_day(value, zone, _locale(context))


@jinja2.pass_context
def _number(context: Context, value: float) -> str:
    return str(numbers.format_decimal(value, locale=_locale(context)))


@jinja2.pass_context
def _length_in_words(context: Context, ms: int) -> str:
    return locales.length_in_words(ms, _locale(context))


@jinja2.pass_context
def _size(context: Context, count: int) -> str:
    return locales.size(count, _locale(context))


@jinja2.pass_context
def _language_name(context: Context, tag: str) -> str:
    return locales.language_name(tag, _locale(context))


def _seconds(ms: int) -> str:
    """Milliseconds as seconds for a media fragment: ``83.12``, without needless zeros."""
    whole, rest = divmod(ms, 1000)
    return f"{whole}.{rest:03}".rstrip("0").rstrip(".")


def _host(url: str) -> str:
    """The host of a web address, without ``www.``."""
    return (urlsplit(url).hostname or url).removeprefix("www.")


def _summary(text: str, limit: int = 200) -> str:
    return markdown.to_text(text, limit)


def _markdown(text: str) -> Markup:
    return markdown.to_html(text)


@jinja2.pass_context
def _worded(context: Context, thing: Worded, field: str = "title") -> Wording:
    """A text of an event, session or recording in the language of the page where it is given in that."""
    return thing.worded(field, context["page"].language)


class _Remembered(Generic[T]):
    """A function of a recording or a track that remembers its last answer: all languages of a page ask the same."""

    def __init__(self, function: Callable[..., T]) -> None:
        self._function = function
        self._last: tuple[tuple[object, ...], T] | None = None

    def __call__(self, *subject: object) -> T:
        last = self._last
        if last is None or any(one is not other for one, other in zip(last[0], subject, strict=True)):
            last = self._last = subject, self._function(*subject)
        return last[1]


class _Macros:
    """Calls macros that show nothing of the page but its language, and remembers what they gave."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], tuple[object, object]] = {}

    @jinja2.pass_context
    def __call__(self, context: Context, macro: Callable[..., str], subject: object, *plain: object) -> object:
        key = context["page"].language, getattr(macro, "name", ""), id(subject), *plain
        known = self._known.get(key)
        if known is None:
            while len(self._known) >= _MOST_REMEMBERED:
                del self._known[next(iter(self._known))]
            known = self._known[key] = subject, macro(subject, *plain)
        return known[1]


def _spoken(env: jinja2.Environment, track: CaptionTrack) -> Markup:
    """The text of a transcript as HTML; the same in every language of the interface."""
    return Markup(env.get_template("spoken.html").render(track=track))  # noqa: S704 - the template escapes


def install(env: jinja2.Environment) -> None:
    """Add the filters, tests and functions that templates use to ``env``."""
    env.filters.update(
        clock=locales.clock,
        iso_duration=locales.iso_duration,
        direction=locales.direction,
        own_name=locales.own_name,
        zone_name=locales.zone_name,
        long_date=_long_date,
        day_name=_day_name,
        day_of_programme=_day_of_programme,
        time_of_day=_time_of_day,
        length_in_words=_length_in_words,
        number=_number,
        size=_size,
        language_name=_language_name,
        seconds=_seconds,
        host=_host,
        joined=transcript.joined,
        paragraphs=transcript.paragraphs,
        summary=_summary,
        markdown=_markdown,
        licence=licences.describe,
        track_kind=watch.track_kind,
        facets_of=facets.of_slot,
        worded=_worded,
    )
    env.globals["date_range"] = _date_range
    env.globals["remembered"] = _Macros()
    env.globals["spoken"] = _Remembered(partial(_spoken, env))
    env.globals["structured_data"] = _Remembered(structured.recording)
    env.tests["automatic"] = watch.is_automatic
