"""What the columns of spreadsheets and the fields of home-made JSON are called, in several languages.

The words are in ``words.yaml``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from catalog import documents
from catalog.programme.times import fold

_BELONGING = re.compile(r"^(?:session|talk|event|presentation|proposal|paper|submission|contribution|lecture) ")


@lru_cache(maxsize=4096)
def field_of(header: str) -> str:
    """The field a header means, empty when none.

    ``Start Time``, ``start_time``, ``StartTime`` and ``Beginn`` all mean ``start``.
    A number after it (``Speaker 2``) and a remark in brackets (``Duration (min)``) do not matter; one wrong letter
    in a long word does not either.
    """
    plain = plain_header(header)
    known = _known()
    bare = _without_brackets(header)
    for form in (plain, re.sub(r" \d{1,3}$", "", plain), bare, _BELONGING.sub("", plain), _BELONGING.sub("", bare)):
        if form in known:
            return known[form]
    close = difflib.get_close_matches(plain, known, n=1, cutoff=0.92) if 7 <= len(plain) <= 40 else []
    return known[close[0]] if close else ""


def plain_header(header: str) -> str:
    """A header without case, accents and punctuation."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", header[:100])
    return " ".join(re.findall(r"[^\W_]+", fold(spaced)))


def fields_of(headers: Iterable[str]) -> dict[str, str]:
    """Header -> field, for those that mean one; where none means the title, the likeliest other one does."""
    present = list(headers)
    fields = {header: field for header in present if (field := field_of(header))}
    if "title" not in fields.values():
        plain = {plain_header(header): header for header in reversed(present) if header not in fields}
        fields.update(
            {plain[word]: "title" for word in _title_words() if word in plain and "title" not in fields.values()}
        )
    return fields


def _without_brackets(header: str) -> str:
    return plain_header(re.sub(r"\([^()]*\)|\[[^\[\]]*\]", " ", header[:100]))


def words(name: str) -> frozenset[str]:
    """A list of words of ``words.yaml``."""
    return frozenset(word.strip() for word in _file()[name].split(","))


@cache
def _title_words() -> tuple[str, ...]:
    return tuple(word.strip() for word in _file()["title_words"].split(","))


@cache
def _known() -> dict[str, str]:
    known: dict[str, str] = {}
    for field, headers in _file()["headers"].items():
        for header in headers.split(","):
            known.setdefault(plain_header(header), field)
    return known


@cache
def _file() -> Any:
    name = "words.yaml"
    return documents.parse(name, resources.files(__package__).joinpath(name).read_bytes()).data
