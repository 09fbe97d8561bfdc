"""The fields of a record, and the texts in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.programme.jsontree import string

Fields = Mapping[str, list[Any]]
"""Field of the vocabulary -> its values that are not empty, in the order of the columns."""


def texts(fields: Fields, name: str) -> list[str]:
    """The texts of a field."""
    return [found for value in fields.get(name, ()) if (found := string(named(value)))]


def one(fields: Fields, name: str) -> str:
    """The text of a field, of its first value that has any."""
    return next(iter(texts(fields, name)), "")


def named(value: Any) -> Any:
    """``{"name": …}`` stands for its name; a list for its items."""
    if isinstance(value, dict):
        return next((value[key] for key in ("name", "title", "label") if value.get(key)), value)
    return [named(item) for item in value] if isinstance(value, list) else value
