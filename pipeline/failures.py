"""What failed in the last run, per recording, so that ``status`` can say so. Part of the workspace: a cache."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from catalog.fields import Model
from pipeline.errors import AftertalkError
from pipeline.workspace import write_atomically


class Failure(Model):
    """Why a recording failed."""

    message: str
    hint: str = ""
    at: datetime
    """When the run began."""


class Failures:
    """The failures on record; one small file each."""

    def __init__(self, workspace: Path) -> None:
        self._root = workspace / "failures"

    def record(self, recording: str, error: AftertalkError, *, at: datetime) -> None:
        """Keep the failure of ``<event>/<recording>``."""
        path = self._path(recording)
        path.parent.mkdir(parents=True, exist_ok=True)
        failure = Failure(message=f"{error.reference}: {error.message}", hint=error.hint, at=at)
        write_atomically(path, failure.model_dump_json().encode())

    def clear(self, recording: str) -> None:
        """Forget it: the recording is fine."""
        self._path(recording).unlink(missing_ok=True)

    def get(self, recording: str) -> Failure | None:
        """The failure on record, if any."""
        try:
            return Failure.model_validate_json(self._path(recording).read_bytes())
        except (OSError, ValueError):
            return None

    def _path(self, recording: str) -> Path:
        return self._root / f"{recording}.json"
