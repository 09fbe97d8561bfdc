"""Any value of a programme replaced by anything: read, or refused, never a crash, and no talk lost in silence."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.errors import InvalidDocumentError
from catalog.programme import read
from tests.unit.programme.test_formats import ICS
from tests.unit.programme.test_frab import XML

START = {"date": "2024-06-03", "time": "09:00:00", "tz": "UTC"}
PERSON = {"id": 1, "code": "ABCDEF", "name": "Ann Li", "public_name": "Ann Li", "url": "https://x.example/"}
ENTRY = {
    "id": 1,
    "guid": "g",
    "code": "ABCDEF",
    "title": "T",
    "date": "2024-06-03T09:00:00+02:00",
    "start": "09:00",
    "end": "2024-06-03T10:00:00+02:00",
    "duration": "01:00",
    "room": "A",
    "persons": [PERSON],
    "speakers": [PERSON],
    "participants": [PERSON],
    "links": [{"url": "https://x.example/", "title": "x", "type": "web"}],
    "attachments": [{"url": "a.pdf"}],
    "abstract": "a",
    "language": "en",
    "track": {"slug": "t", "name": "T"},
}
DAY = {"index": 1, "date": "2024-06-03", "day_start": "2024-06-03T06:00:00+02:00", "rooms": {"A": [ENTRY]}}
CONFERENCE = {
    "title": "C",
    "acronym": "conf",
    "start": "2024-06-03",
    "days": [DAY],
    "rooms": [{"name": "A", "guid": "r"}],
}
SLOT = {"start": "2024-06-03T09:00:00+02:00", "end": "2024-06-03T10:00:00+02:00", "room": {"name": {"en": "A"}}}
INDICO = {"_type": "Conference", "id": "9", "title": "P", "startDate": START, "timezone": "UTC"}
END = {**START, "time": "10:00:00"}
CONTRIBUTION = {
    "id": "1",
    "title": "T",
    "startDate": START,
    "endDate": END,
    "duration": 20,
    "speakers": [{"fullName": "LI, Ann"}],
}
DOCUMENTS: dict[str, Any] = {
    "frab": {"schedule": {"version": "1", "base_url": "https://x.example/", "conference": CONFERENCE}},
    "hub": {"schedule": {"version": "2", "conference": CONFERENCE, "events": [ENTRY]}},
    "pretalx": {"count": 1, "next": None, "results": [{**ENTRY, "slots": [SLOT], "resources": [{"resource": "x"}]}]},
    "indico": {
        "_type": "HTTPAPIResult",
        "results": [
            {**INDICO, "contributions": [CONTRIBUTION], "sessions": [{"title": "S", "contributions": [CONTRIBUTION]}]}
        ],
    },
    "timetable": {"_type": "HTTPAPIResult", "results": {"9": {"20240603": {"s1": {"entries": {"c1": CONTRIBUTION}}}}}},
    "pyvideo": {
        "title": "T",
        "speakers": ["Ann Li"],
        "recorded": "2024-06-03",
        "duration": 60,
        "videos": [{"type": "youtube", "url": "https://youtu.be/abcdefghijk"}],
        "related_urls": ["https://x.example/", {"url": "https://y.example/", "label": "y"}],
    },
    "list": {"days": [{"date": "2024-06-03", "rooms": [{"name": "A", "talks": [ENTRY]}]}]},
}
MOMENTS = st.sampled_from(
    ["2024-06-03T09:00", "2024-06-03T09:00+02:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00Z"]
)
TEXTS = st.text(max_size=30) | st.just("\ud800")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | MOMENTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


def value_at(node: Any, path: tuple[Any, ...]) -> Any:
    """The value at a path."""
    for key in path:
        node = node[key]
    return node


def replaced(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy with the value at ``path`` replaced."""
    if not path:
        return value
    node = copy.deepcopy(node)
    parent = node
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return node


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_value_of_any_json_may_be_anything(name: str, data: st.DataObject) -> None:
    """Values replaced by arbitrary JSON, entries doubled: talks in are sessions out or explained."""
    document = DOCUMENTS[name]
    lists = [path for path in places(document) if isinstance(value_at(document, path), list)]
    for path in data.draw(st.lists(st.sampled_from(lists), max_size=1)):
        document = replaced(document, path, value_at(document, path) * 2)
    for _ in range(2):
        document = replaced(document, data.draw(st.sampled_from(places(document))), data.draw(ANYTHING))
    with contextlib.suppress(InvalidDocumentError):
        programme = read("x.json", json.dumps(document).encode())
        assert programme.talks == programme.sessions + len(programme.left_out)


@pytest.mark.parametrize("written", [XML, ICS.replace("\n", "\r\n")], ids=["xml", "ics"])
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_any_piece_of_any_text_may_be_missing_or_doubled(written: str, data: st.DataObject) -> None:
    """A piece cut out, doubled or overwritten anywhere: read or refused."""
    start = data.draw(st.integers(0, len(written)))
    stop = data.draw(st.integers(start, min(len(written), start + 60)))
    piece = data.draw(st.sampled_from(["", written[start:stop] * 2, "\x00", "9" * 30, "\n", "é"]))
    with contextlib.suppress(InvalidDocumentError):
        programme = read("x", (written[:start] + piece + written[stop:]).encode())
        assert programme.talks == programme.sessions + len(programme.left_out)
