"""What the store remembers of recordings, so that no machine makes again what another one published."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock
from typing import Any

from catalog import urls
from catalog.document import part_keys
from catalog.manifest import Artifact, RecordingManifest
from pipeline.errors import StoreError
from pipeline.storage.memo import Memo
from pipeline.storage.protocol import ObjectStore, Wanted
from pipeline.storage.state import Remote


class StoreMedia:
    """What the store remembers of recordings (``flow.PublishedMedia``)."""

    def __init__(self, store: ObjectStore, memo: Memo) -> None:
        self.store = store
        self.memo = memo
        self._known: dict[str, RecordingManifest | None] = {}
        self._lock = Lock()

    @cached_property
    def remote(self) -> Remote:
        """What the store held when it was first asked for; a command that only looks leaves the memo as it is."""
        return self.memo.remote(self.store, now=datetime.now(UTC), may_keep=False)

    def look(self) -> None:
        """Find out what the store holds, and remember it; for a run that holds the workspace's lock."""
        self.remote = self.memo.remote(self.store, now=datetime.now(UTC))

    def manifest(self, recording: str) -> RecordingManifest | None:
        """See ``flow.PublishedMedia``."""
        with self._lock:
            if recording not in self._known:
                self._known[recording] = self._read_manifest(recording)
            return self._known[recording]

    def is_public(self, recording: str) -> bool:
        """Whether the public generation has a recording that is kept here; asks the store nothing more."""
        if self.remote.catalog is None:  # whatever lies there is of a publish that never came to its end
            return False
        objects = self.remote.record.objects or self.remote.entries  # a damaged record has none
        return urls.recording_manifest(*recording.split("/")) in objects

    def recordings(self) -> dict[str, dict[str, Any]]:
        """What ``catalog.json`` says of each recording kept here, by id; asks for each part of a large one.

        Raises:
            StoreError: it, or a part of it, cannot be read, or is damaged.
        """
        found, parts = self._parsed(urls.CATALOG, self.remote.catalog or b"{}")
        for key in parts:
            found |= self._parsed(key, self.read(key))[0]
        return found

    def _parsed(self, key: str, data: bytes) -> tuple[dict[str, dict[str, Any]], tuple[str, ...]]:
        """The recordings of a document, by id, and the parts that it names."""
        try:
            document = json.loads(data)
            return {one["id"]: one for one in document.get("recordings", [])}, part_keys(document)
        except (ValueError, KeyError, TypeError, AttributeError):
            hint = "run 'aftertalk publish': it sends again what is damaged"
            raise StoreError(f"{self.store.address}/{key}", "is damaged", hint=hint) from None

    def has(self, manifest: RecordingManifest) -> bool:
        """Whether just this is public; asks the store nothing more."""
        wanted = manifest_object(manifest)
        return self.remote.holds(wanted.key, size=wanted.size, sha256=wanted.sha256)

    def has_files(self, manifest: RecordingManifest) -> bool:
        """Whether every file that it names is public; asks the store nothing more."""
        event_id, _, recording_id = manifest.recording.partition("/")
        return all(self._is_whole(event_id, recording_id, one) for one in manifest.artifacts)

    def read(self, key: str) -> bytes:
        """See ``flow.PublishedMedia``."""
        return self.store.read(key).data

    def _read_manifest(self, recording: str) -> RecordingManifest | None:
        event_id, _, recording_id = recording.partition("/")
        key = urls.recording_manifest(event_id, recording_id)
        if key not in self.remote.entries:
            return None
        try:
            manifest = RecordingManifest.model_validate_json(self.read(key))
        except ValueError:  # damaged, or written by a later version: made again
            return None
        whole = tuple(one for one in manifest.artifacts if self._is_whole(event_id, recording_id, one))
        return manifest.model_copy(update={"artifacts": whole})

    def _is_whole(self, event_id: str, recording_id: str, artifact: Artifact) -> bool:
        return all(
            self.remote.holds(
                urls.artifact(event_id, recording_id, artifact.digest, one.name), size=one.bytes, sha256=one.sha256
            )
            for one in artifact.files
        )


def manifest_object(manifest: RecordingManifest) -> Wanted:
    """The object that remembers what was made of a recording."""
    event_id, _, recording_id = manifest.recording.partition("/")
    document = manifest.model_dump_json(by_alias=True, indent=1).encode() + b"\n"
    return Wanted.of_bytes(urls.recording_manifest(event_id, recording_id), document)
