"""Recordings that can be published, and what was made of each: from its stages, or from the note of an earlier run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from catalog.manifest import Made, RecordingManifest
from pipeline.flow import NOT_MADE, artifacts_by_stage
from pipeline.made import made
from pipeline.stages.ingest import Item
from pipeline.store_media import manifest_object


@dataclass(frozen=True)
class Note:
    """What was made of a recording, as text: reading all of it takes long for very many, and is seldom needed."""

    manifest_json: str
    """A ``RecordingManifest``."""
    made_json: str
    """The ``Made`` that follows from it, without the cues of its captions."""
    lot: str
    """Name of what is published of it: its files, and the manifest."""
    bytes: int
    """Of its files."""
    is_complete: bool = True
    """Whether no stage was left out because it failed, to be tried again by the next run."""

    @classmethod
    def of(cls, manifest: RecordingManifest, *, host: str) -> Note:
        """Of what was made.

        Args:
            manifest: with all stages.
            host: see ``made.made``.

        Raises:
            KeyError: a stage, or a file that one names, is missing.
        """
        artifacts = artifacts_by_stage(manifest)
        return cls(
            manifest_json=manifest.model_dump_json(by_alias=True),
            made_json=made(manifest.recording, manifest.source_sha256, artifacts, host=host).model_dump_json(),
            lot=manifest_object(manifest).sha256,
            bytes=sum(file.bytes for one in manifest.artifacts for file in one.files),
            is_complete=all(one.key != NOT_MADE for one in manifest.artifacts),
        )

    @cached_property
    def manifest(self) -> RecordingManifest:
        """The artifacts."""
        return RecordingManifest.model_validate_json(self.manifest_json)

    @cached_property
    def made(self) -> Made:
        """The same as the pages show it, without cues."""
        return Made.model_validate_json(self.made_json)


@dataclass(frozen=True)
class Ready:
    """A recording that can be published."""

    item: Item
    note: Note
