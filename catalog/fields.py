"""The types of fields that models share: ids, languages, addresses, time zones, text free of control characters."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

ID_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")
ID_LENGTH = 80
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Unicode categories Cc (but for tab and line feed) and Cs."""
RESERVED_IDS = frozenset(
    {
        "index",
        "media",
        "events",
        "people",
        "feeds",
        "themes",
        "languages",
        "assets",
        "search",
        "embed",
        "about",
        "by",
        "state",
        "public",
        "v",
        "con",
        "prn",
        "aux",
        "nul",
    }
)


class Model(BaseModel):
    """Base of all models: frozen, no unknown fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
        coerce_numbers_to_str=True,
    )


class ShortForm(Model):
    """Base of models that may be written as the text of one field alone."""

    short_form: ClassVar[str]
    """The name of that field."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {cls.short_form: value} if isinstance(value, str) else value


_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@lru_cache(maxsize=1 << 12)
def slugify(text: str, *, fallback: str) -> str:
    """Make a stable, safe id of at most ``ID_LENGTH`` ASCII characters from any text.

    Text that has no ASCII letters (``日本語``), and text that gives a reserved name, gives ``fallback`` made
    unique by eight hexadecimal digits of the text's SHA-256.
    """
    if _SLUG.fullmatch(text) and len(text) <= ID_LENGTH and text not in RESERVED_IDS:
        return text  # as most names of files are
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")[:ID_LENGTH].rstrip("-")
    letters = sum(character.isalpha() for character in text)
    if slug and slug not in RESERVED_IDS and sum(c.isalpha() for c in slug) * 2 >= letters:
        return slug
    return f"{fallback}-{sha256(text.encode()).hexdigest()[:8]}"


def _check_id(value: str) -> str:
    if not ID_PATTERN.match(value):
        raise ValueError(
            f"{value!r} is not a usable id: use lower-case letters a-z, digits, '-' and '_', "
            f"for example {slugify(value, fallback='session')!r}"
        )
    if len(value) > ID_LENGTH:
        raise ValueError(f"an id has at most {ID_LENGTH} characters, this one has {len(value)}")
    if value in RESERVED_IDS:
        raise ValueError(f"{value!r} is a reserved name; choose another id")
    return value


@lru_cache(maxsize=1024)
def _check_language(value: str) -> str:
    try:
        Locale.parse(value, sep="-")
    except (ValueError, UnknownLocaleError) as error:
        raise ValueError(f"{value!r} is not a language tag; use for example en, fr, es, pt-BR or zh-Hans") from error
    return value


def _check_url(value: str) -> str:
    if not re.match(r"https?://[^\s/?#]+", value) or any(ord(character) < 32 for character in value):
        raise ValueError(f"{value!r} is not a web address; it must start with https:// or http://")
    return value


def _check_timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{value!r} is not a time zone; use a name such as Europe/Copenhagen or UTC") from error
    return value


_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,4}):([0-5]?\d(?:[.,]\d{1,9})?)\Z")
_UNITS = re.compile(r"(?:(\d{1,3}) ?h ?)?(?:(\d{1,4}) ?m(?:in)? ?)?(?:(\d{1,6}(?:[.,]\d{1,9})?) ?s?)?\Z")


def _milliseconds(value: object) -> int:
    """A time of a recording as people write it, in milliseconds: seconds, ``1:30``, ``01:02:03.500``, ``1h 2m 3s``."""
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        text = str(value).strip().lower()
        if text and (match := _CLOCK.match(text) or _UNITS.match(text)):
            hours, minutes, seconds = (Decimal((part or "0").replace(",", ".")) for part in match.groups())
            return int((hours * 3600 + minutes * 60 + seconds) * 1000)
    raise ValueError(f"{value!r} is not a time: write seconds (90.5) or a clock time (0:01:30.500)")


def clock(ms: int) -> str:
    """A time as people write it: ``1:02:03.500``."""
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def _clean_text(value: object) -> object:
    """Remove control characters that no text needs and that break XML; keep tabs and line ends."""
    if not isinstance(value, str):
        return value
    return _CONTROL.sub("", value).strip()


def _minutes(value: object) -> object:
    """``90`` and ``"1:30"`` as a duration; anything else as it is."""
    if isinstance(value, str) and (match := re.fullmatch(r"(\d{1,3}):([0-5]\d)", value.strip())):
        return timedelta(hours=int(match[1]), minutes=int(match[2]))
    if isinstance(value, int) and not isinstance(value, bool):
        return timedelta(minutes=value)
    return value


def _check_doi(value: str) -> str:
    doi = re.sub(r"(?i)\A(?:https?://(?:dx\.)?doi\.org/|doi:)", "", value.strip())
    if not re.fullmatch(r"10\.\d{4,9}(?:\.\d+)*/[^\s\"<>\\^`{|}]{1,200}", doi):
        raise ValueError(f"{value!r} is not a DOI; it begins with 10., for example 10.5281/zenodo.1234")
    return doi


def _check_colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError(f"{value!r} is not a colour; write it as #rrggbb in quotation marks, for example '#2f6b18'")
    return value.lower()


Id = Annotated[str, AfterValidator(_check_id)]
"""A stable id that is part of public addresses."""
Language = Annotated[str, AfterValidator(_check_language)]
"""A language tag by BCP 47."""
Url = Annotated[str, AfterValidator(_check_url)]
"""An absolute http or https address."""
Text = Annotated[str, BeforeValidator(_clean_text)]
"""Text of a person: hostile until escaped, free of control characters."""
Title = Annotated[str, BeforeValidator(_clean_text), Field(min_length=1, max_length=1000)]
"""Text that must not be empty."""
Duration = Annotated[timedelta, BeforeValidator(_minutes)]
"""Minutes, ``"1:30"`` in hours and minutes, or an ISO 8601 duration."""
Doi = Annotated[str, AfterValidator(_check_doi)]
"""A digital object identifier without the address of a resolver."""
Colour = Annotated[str, AfterValidator(_check_colour)]
"""A colour as ``#rrggbb``."""
TimeZone = Annotated[str, AfterValidator(_check_timezone)]
"""A name of the IANA time zone database."""
Milliseconds = Annotated[int, BeforeValidator(_milliseconds), PlainSerializer(clock)]
"""A moment of a recording or a length; written in seconds or as a clock time, kept in milliseconds."""
