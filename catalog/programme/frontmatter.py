"""The front matter of a page: YAML between ``---``, TOML between ``+++`` or JSON, and the fields of a session in it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import date, time
from typing import Any

from catalog import documents
from catalog.errors import InvalidDocumentError
from catalog.programme import text, videos
from catalog.programme.fields import Fields
from catalog.programme.jsontree import string
from catalog.programme.vocabulary import field_of

_FORM = re.compile(r"\A\ufeff?(---|\+\+\+)[ \t]*\n(.*?)\n(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_OF_A_SESSION = frozenset(
    {"date", "start", "end", "time", "timezone", "duration", "room", "track", "type", "people", "role", "organisation"}
    | {"video", "slides", "licence", "do_not_record", "may_record"}
)
"""Fields that sites write of a session; its title and texts are those of the page."""
_IDS = {"youtube": r"[\w-]{11}", "vimeo": r"\d{5,12}(?:/[0-9a-f]{6,12})?"}


def split(name: str, written: str) -> tuple[dict[str, Any], str, str]:
    """Front matter, the page below it, and what is wrong with the front matter."""
    match = _FORM.match(written)
    if match is None:
        return _json(written)
    data, problem = (_yaml if match[1] == "---" else _toml)(name, match[2])
    return data, written[match.end() :], problem


def fields(data: dict[str, Any]) -> Fields:
    """What the front matter says of a session; a ``date`` alone says when the page was written, and is none of it."""
    found: dict[str, list[Any]] = {}
    for key, value in data.items():
        field = field_of(key)
        if field in _OF_A_SESSION and value not in (None, "", [], {}):
            found.setdefault(field, []).append(value)
    if not found.keys() & {"start", "time"}:
        found.pop("date", None)
    return found


def videos_of(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Key and address of every video that the front matter names, by address or by its id on a known site."""
    for key, value in data.items():
        for written in map(string, value if isinstance(value, list) else [value]):
            site = key.casefold().removesuffix("_id").removesuffix("id")
            if site in _IDS and re.fullmatch(_IDS[site], written, re.ASCII):
                yield videos.youtube(written) if site == "youtube" else videos.vimeo(*written.split("/"))
            elif field_of(key) == "video" and text.is_web_address(written):
                yield videos.source_of(written)


def _yaml(name: str, written: str) -> tuple[dict[str, Any], str]:
    """The front matter; line by line where it is not valid YAML."""
    try:
        data = documents.parse(name, written.encode()).data
    except InvalidDocumentError as error:
        pairs = re.findall(r"(?m)^([A-Za-z_][\w-]*):[ \t]+(.+)$", written)
        return {key: value.strip().strip("\"'") for key, value in pairs}, error.findings[0].message
    return (data, "") if isinstance(data, dict) else ({}, "")


def _json(written: str) -> tuple[dict[str, Any], str, str]:
    """As ``split``, of a page that begins with an object in JSON, as Hugo allows; else a page without front matter."""
    begin = written.find("{")
    if written[:begin].strip("\ufeff \n") or not re.match(r"\{\s*[\"}]", written[begin:]):
        return {}, written, ""
    try:
        data, end = json.JSONDecoder().raw_decode(written, begin)
    except (ValueError, RecursionError):
        return {}, written, ""
    return data, written[end:], ""


def _toml(_: str, written: str) -> tuple[dict[str, Any], str]:
    """The front matter; line by line where it is not valid TOML."""
    try:
        return {key: _dates_as_text(value) for key, value in tomllib.loads(written).items()}, ""
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        pairs = re.findall(r"(?m)^([A-Za-z_][\w-]*)[ \t]*=[ \t]*(.+)$", written)
        return {key: value.strip().strip("\"'") for key, value in pairs}, str(error)


def _dates_as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_dates_as_text(item) for item in value]
    return value.isoformat() if isinstance(value, date | time) else value
