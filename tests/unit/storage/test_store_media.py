"""What the store tells of recordings, where what it holds is unfinished or damaged."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from catalog import urls
from pipeline.check import check_site
from pipeline.errors import StoreError
from pipeline.storage.memo import Memo
from pipeline.storage.memory import MemoryStore
from pipeline.storage.protocol import Wanted
from pipeline.store_media import StoreMedia


def test_what_a_first_publish_left_is_not_public(tmp_path: Path) -> None:
    """Without a catalogue nothing is public, whatever lies there."""
    store = MemoryStore()
    store.put(Wanted.of_bytes(urls.recording_manifest("meeting", "talk"), b"{}"))
    assert not StoreMedia(store, Memo(tmp_path / "memo.db", "place")).is_public("meeting/talk")


@pytest.mark.parametrize("part", [b"{", b"[]", b'{"recordings": [{}]}', b"\xff"])
def test_a_damaged_part_is_told_by_its_address(tmp_path: Path, part: bytes) -> None:
    """A part that is the one named and still makes no sense: an error for ``status``, a flaw for ``check``."""
    store = MemoryStore()
    named = {"url": "meeting/catalog.json", "bytes": len(part), "sha256": sha256(part).hexdigest()}
    root = {"schema": 2, "generation": 1, "base_url": "https://example.org/", "events": [{"catalog": named}]}
    store.put(Wanted.of_bytes(urls.CATALOG, json.dumps(root).encode()))
    store.put(Wanted.of_bytes("meeting/catalog.json", part))
    with pytest.raises(StoreError, match=r"meeting/catalog\.json.*damaged"):
        StoreMedia(store, Memo(tmp_path / "memo.db", "place")).recordings()
    assert [one.key for one in check_site(store, deep=False).findings] == ["meeting/catalog.json"]
