"""JSON within bounds, and careful access to values that may have any type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from catalog.programme.base import Reading, Where, refuse

MAX_DEPTH = 60


def parse(name: str, content: bytes) -> Any:
    """Parse a document.

    Raises:
        InvalidDocumentError: it is not UTF-8/16/32, not JSON, or nested too deep.
    """
    try:
        data = json.loads(content.decode(json.detect_encoding(content)).lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        raise refuse(name, f"this is not valid JSON: {error.msg}", "export it again", Where(error.lineno)) from error
    except UnicodeDecodeError as error:
        raise refuse(name, "the file is not UTF-8 text", "save it as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise refuse(name, f"this JSON cannot be read: {type(error).__name__}", "export it again") from error
    if _depth_exceeds(data, MAX_DEPTH):
        raise refuse(name, f"nested more than {MAX_DEPTH} levels deep")
    return data


def _depth_exceeds(data: Any, limit: int) -> bool:
    level = [data]
    for _ in range(limit):
        level = [
            inner
            for one in level
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The value if it is an array; the values of an object; nothing for null; else the value alone."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return list(value.values())
    return [] if value is None or value == "" else [value]


def string(value: Any, *languages: str) -> str:
    """Text of a value: of a string or number, or of ``{"en": …, "de": …}`` in the first of ``languages`` it has."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, dict):
        texts = {key: one for key, one in value.items() if isinstance(one, str) and one.strip()}
        for key in (*languages, "en", *texts):
            if key in texts:
                return texts[key].strip()
        return string(value["name"], *languages) if isinstance(value.get("name"), dict) else ""
    return ""


def first(record: dict[str, Any], *names: str) -> str:
    """Text of the first of these fields that has any."""
    for name in names:
        if text := string(record.get(name)):
            return text
    return ""


def opted_out(value: Any) -> bool:
    """Whether an opt-out field keeps a talk from being recorded.

    Only a clear no (``false``, ``0``, ``"nein"`` …) or nothing at all lets it be: ``"please not"`` means what it says.
    """
    return not says_no(value) and value not in (None, "", [], {}) and str(value).strip() != ""


def says_no(value: Any) -> bool:
    """Whether a value clearly means no."""
    if isinstance(value, str):
        return value.strip().casefold() in _NO
    return value is False or value == 0


_NO = frozenset(
    {"no", "n", "false", "f", "0", "-", "nein", "non", "não", "nao", "nej", "nee", "off", "none", "null", "否"}
)


def entries(reading: Reading, value: Any, where: Where) -> Iterator[tuple[dict[str, Any], Where]]:
    """The objects of a list, each with its position; anything else in it is left out with a finding."""
    if value is not None and not isinstance(value, list):
        reading.leave_out(where, f"a list was expected here, not {type(value).__name__}")
        return
    for index, one in enumerate(value or []):
        if isinstance(one, dict):
            yield one, where.child(index)
        else:
            reading.leave_out(where.child(index), f"an entry was expected here, not {str(one)[:60]!r}")
