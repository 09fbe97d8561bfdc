"""Decisions of ``aftertalk withdraw``: ``releases.yaml`` beside ``catalogue.yaml`` counts before everything else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from catalog import documents
from catalog.fields import Model
from catalog.model import Event, Release, ReleaseState
from pipeline.errors import ConfigurationError
from pipeline.workspace import write_atomically

if TYPE_CHECKING:
    from pipeline.catalogue import CatalogueDirectory

RELEASES_FILE = "releases.yaml"
_HEADER = "# Written by 'aftertalk withdraw'. These decisions count before those in event.yaml.\n"


class Releases(Model):
    """Releases by recording id (``<event>/<recording>``)."""

    releases: dict[str, Release] = Field(default_factory=dict)


def load(root: Path) -> Releases:
    """Read the decisions; none where there is no file.

    Raises:
        InvalidDocumentError: the file has mistakes.
    """
    path = root / RELEASES_FILE
    if not path.is_file():
        return Releases()
    return documents.validate(documents.parse(RELEASES_FILE, path.read_bytes()), Releases)


def apply(event: Event, decided: Releases) -> Event:
    """The event with the decisions in force."""
    if not any(recording.startswith(f"{event.id}/") for recording in decided.releases):
        return event
    sessions = tuple(
        session.model_copy(
            update={
                "recordings": tuple(
                    one.model_copy(update={"release": decided.releases.get(f"{event.id}/{one.id}", one.release)})
                    for one in session.recordings
                )
            }
        )
        for session in event.sessions
    )
    return event.model_copy(update={"sessions": sessions})


def withdraw(directory: CatalogueDirectory, recording: str, reason: str) -> Path:
    """Record that ``recording`` is withdrawn.

    Raises:
        ConfigurationError: there is no such recording.
    """
    known = [f"{event.id}/{one.id}" for event in directory.events for _, one in event.recordings()]
    if recording not in known:
        raise ConfigurationError(
            recording, "there is no such recording", hint=f"one of: {', '.join(known[:20]) or 'none yet'}"
        )
    decided = dict(load(directory.root).releases)
    decided[recording] = Release(state=ReleaseState.WITHDRAWN, reason=reason)
    values = {"releases": {key: value.model_dump(mode="json", exclude_unset=True) for key, value in decided.items()}}
    path = directory.root / RELEASES_FILE
    write_atomically(path, (_HEADER + json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode())
    return path
