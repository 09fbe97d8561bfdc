"""Records of publishes."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.storage.records import Published, Record, record_generation, record_key

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
OBJECTS = st.builds(Published, st.integers(0, 2**50), TEXT, TEXT, TEXT, TEXT)
RECORDS = st.builds(
    Record, st.integers(1, 10**9), st.dictionaries(TEXT, OBJECTS), st.dictionaries(TEXT, st.integers(0, 10**9))
)


@given(RECORDS)
def test_a_record_survives_the_round_trip(record: Record) -> None:
    """Whatever is written is read back, and the same record always gives the same bytes and address."""
    data = record.encode()
    assert Record.decode(data) == record
    shuffled = Record(record.generation, dict(reversed(record.objects.items())), dict(reversed(record.retired.items())))
    assert shuffled.encode() == data
    assert record_generation(record_key(record.generation, data)) == record.generation


@given(st.binary(max_size=200) | RECORDS.map(lambda one: one.encode()[:-9]))
def test_damaged_records_are_known_as_such(data: bytes) -> None:
    """Anything that is not a whole record is a ``ValueError``, never something else."""
    with pytest.raises(ValueError, match=r"."):
        Record.decode(data)


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"schema": 2, "generation": 1, "objects": {}, "retired": {}},
        {"schema": 1, "generation": 1, "objects": {"a": [1]}, "retired": {}},
        {"schema": 1, "generation": 1, "objects": [], "retired": {}},
        {"schema": 1, "generation": None, "objects": {}, "retired": {}},
    ],
)
def test_other_documents_are_not_records(document: object) -> None:
    """JSON of another shape or a later schema is refused."""
    with pytest.raises(ValueError, match=r"."):
        Record.decode(gzip.compress(json.dumps(document).encode()))


@pytest.mark.parametrize(
    "key", ["state/x-0123456789abcdef.json.gz", "state/0-0123456789abcdef.json.gz", "state/1.json"]
)
def test_other_keys_are_no_records(key: str) -> None:
    """Only the exact shape of an address is a record's."""
    assert record_generation(key) is None
