"""What failed, per recording: so that ``status`` can say so, and a lasting fault is not tried again for ever.

A recording that failed is tried again by the next run, then after growing pauses; after the last of them it is parked
until its files, its entry in the programme or the settings change. Part of the workspace: without it, everything is
simply tried again.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Lock

from catalog.fields import Model
from pipeline.config import Settings
from pipeline.errors import AftertalkError, MachineError
from pipeline.stages import STAGES
from pipeline.stages.ingest import Item
from pipeline.workspace import write_atomically

PAUSES = (timedelta(0), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""Before the second try, the third, and so on; what fails after the last one is parked."""


class Failure(Model):
    """Why a recording failed."""

    message: str
    hint: str = ""
    at: datetime
    """When the run began."""
    since: datetime | None = None
    """When the first of the tries in a row began."""
    times: int = 1
    """Tries in a row."""
    inputs: str = ""
    """What was tried; see ``inputs_of``."""

    @property
    def next_try(self) -> datetime | None:
        """The earliest moment of the next try; ``None`` when it is parked."""
        return self.at + PAUSES[self.times - 1] if self.times <= len(PAUSES) else None

    @property
    def plan(self) -> str:
        """What happens next, in words."""
        if self.next_try is None:
            return f"parked after {self.times} tries, until its files or the settings change"
        if self.times == 1:
            return "the next run tries again"
        return f"failed {self.times} times, tried again after {self.next_try:%Y-%m-%d %H:%M %Z}"


def inputs_of(item: Item, settings: Settings) -> str:
    """A digest of everything whose change is a reason to try again at once; reads no file's content."""
    found = item.found
    files = [*found.parts, *(one.file for one in found.captions)] if found else []
    facts = {
        "files": [[one.shown, one.size, one.path.stat().st_mtime_ns] for one in files if one.path.exists()],
        "recording": item.recording.model_dump(mode="json"),
        "settings": settings.model_dump(mode="json", include={"transcode", "captions", "fetch", "ffmpeg"}),
        "stages": [[stage.name, stage.version] for stage in STAGES],
    }
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


class Failures:
    """The failures on record; one small file each. Only one run at a time writes them."""

    def __init__(self, workspace: Path) -> None:
        self._root = workspace / "failures"
        self._found: set[str] | None = None
        self._lock = Lock()

    def record(self, recording: str, error: AftertalkError, *, inputs: str, at: datetime) -> None:
        """Keep the failure of ``<event>/<recording>``, one more in a row if the same was tried before."""
        before = self.get(recording)
        again = before is not None and before.inputs == inputs
        is_its_own = not isinstance(error, MachineError)  # a full disk is no reason to park anything
        failure = Failure(
            message=f"{error.reference}: {error.message}",
            hint=error.hint,
            at=at,
            since=before.since if before and again else at,
            times=before.times + is_its_own if before and again else 1,
            inputs=inputs,
        )
        path = self._path(recording)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, failure.model_dump_json().encode())
        self._failing.add(recording)

    def resting(self, recording: str, *, inputs: str, now: datetime) -> Failure | None:
        """The failure because of which the recording is not tried now, if there is one."""
        failure = self.get(recording)
        if failure is None or failure.inputs != inputs or now < failure.at:  # the clock was wrong, then or now
            return None
        return failure if failure.next_try is None or now < failure.next_try else None

    def clear(self, recording: str) -> None:
        """Forget it: the recording is fine."""
        if recording in self._failing:
            with suppress(OSError):  # then the next run does it
                self._path(recording).unlink(missing_ok=True)
            self._failing.discard(recording)

    def get(self, recording: str) -> Failure | None:
        """The failure on record, if any."""
        if recording not in self._failing:
            return None
        try:
            return Failure.model_validate_json(self._path(recording).read_bytes())
        except (OSError, ValueError):
            return None

    @property
    def _failing(self) -> set[str]:
        """Recordings on record, looked for when that is first asked: then the run holds the workspace's lock."""
        with self._lock:
            if self._found is None:
                found = self._root.rglob("*.json")
                self._found = {path.relative_to(self._root).with_suffix("").as_posix() for path in found}
            return self._found

    def _path(self, recording: str) -> Path:
        return self._root / f"{recording}.json"
